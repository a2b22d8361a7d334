// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFileInfo>
#include <QProcess>
#include <QTest>

// The runtime of clang 14's ThreadSanitizer ends the program at the clone() that QProcess uses.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define PLIMSOLL_NO_CHILDREN
#endif
#endif

/// In a test that starts a child process: skips it where that cannot be done.
#ifdef PLIMSOLL_NO_CHILDREN
#define NEEDS_CHILD_PROCESSES() QSKIP("child processes cannot be started under ThreadSanitizer")
#else
#define NEEDS_CHILD_PROCESSES() (void)0
#endif

/// In the set-up of a test that starts the program: skips all of it where there is none, or where no child
/// process can be started.
#define NEEDS_PROGRAM()                                                                                      \
    NEEDS_CHILD_PROCESSES();                                                                                 \
    if (!QFileInfo::exists(QStringLiteral(PLIMSOLL_PROGRAM)))                                                \
    QSKIP("the program is not built here")
