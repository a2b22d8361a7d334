// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QByteArrayView>
#include <QList>

#include <optional>

namespace plimsoll {

// Which Codex threads a process has loaded, by the locks on `thread-writer-locks/<threadId>.lock`. The file
// alone proves nothing: it stays after SIGKILL. Pure functions on bytes; no lock is ever taken.

/// One `flock` that is held, as /proc/locks tells it.
struct FlockHolder
{
    qint64 pid = 0;
    quint64 dev = 0; ///< of the file system: on btrfs and overlays not what stat says of the file
    quint64 inode = 0;

    bool operator==(const FlockHolder&) const = default;
};

/// Those who hold a FLOCK; waiters, other kinds of locks and lines that make no sense are left out.
[[nodiscard]] QList<FlockHolder> parseFlocks(QByteArrayView lockTable);

/// The thread of a lock file; nothing where the name is not `<threadId>.lock`.
[[nodiscard]] std::optional<QByteArray> threadOfLockName(QByteArrayView fileName);

struct LockFile
{
    QByteArray threadId;
    quint64 dev = 0; ///< as stat says
    quint64 inode = 0;

    bool operator==(const LockFile&) const = default;
};

struct LoadedThread
{
    QByteArray threadId;
    qint64 pid = 0; ///< who has it loaded; of a shared background server, its pid
    quint64 dev = 0;
    quint64 inode = 0;
    bool isSure = false; ///< false: only the inode matches; ask whether the process has the file open

    bool operator==(const LoadedThread&) const = default;
};

/// The lock files that are held. A surely matching holder wins; else every possible one is given.
[[nodiscard]] QList<LoadedThread> loadedThreads(const QList<LockFile>& files,
                                                const QList<FlockHolder>& holders);

} // namespace plimsoll
