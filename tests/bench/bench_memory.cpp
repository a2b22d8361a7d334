// SPDX-License-Identifier: GPL-3.0-or-later
// Resident memory with and without a window, when all logs have been read and nothing happens; beside it an
// empty program. bench_memory [HOME]: that home in place of corpora made here.
#include "tests/bench/corpus.h"
#include "tests/bench/watchedchild.h"

#include <QCoreApplication>
#include <QTemporaryDir>

#include <cstdio>
#include <tuple>

using namespace plimsoll::bench;

namespace {

/// Prints what a program needs when it has come to rest. \param home empty: the program gets no arguments
bool measure(const QString& name, const QString& program, const QString& home, bool headless,
             const HiddenScreen& screen)
{
    const QTemporaryDir temporary;
    QStringList arguments;
    if (headless)
        arguments << QStringLiteral("--headless");
    if (!home.isEmpty())
        arguments << QStringLiteral("--home") << home << QStringLiteral("--data-dir") << temporary.path();
    const WatchedChild child(program, arguments, temporary.path(), screen);
    if (!child.waitUntilQuiet())
        return false;
    const ProcessAccount account = child.account();
    const QByteArray label = name.toLatin1() + '_' + (headless ? "headless" : screen.name());
    std::printf("memory_%s_resident %.1f MB\n", label.constData(), account.residentMb);
    std::printf("memory_%s_peak %.1f MB\n", label.constData(), account.peakMb);
    std::fflush(stdout);
    return true;
}

bool measureBoth(const QString& name, const QString& home, const HiddenScreen& screen)
{
    const QString program = QStringLiteral(PLIMSOLL_PROGRAM);
    return measure(name, program, home, true, screen) && measure(name, program, home, false, screen);
}

/// \param bytes of all logs
bool measureCorpus(int files, int64_t bytes, const HiddenScreen& screen)
{
    const QTemporaryDir temporary;
    if (!temporary.isValid())
        return false;
    std::ignore = writeCorpus(temporary.path().toStdString(), bytes, files, 1);
    return measureBoth(QString::number(files), temporary.path(), screen);
}

} // namespace

int main(int argc, char** argv)
{
    const QCoreApplication application(argc, argv);
    const HiddenScreen screen;
    const QString bare = QStringLiteral(BARE_WINDOW);
    bool done = measure(QStringLiteral("bare"), bare, {}, true, screen) &&
                measure(QStringLiteral("bare"), bare, {}, false, screen);
    constexpr int64_t megabyte = 1'000'000;
    if (argc > 1) {
        done = done && measureBoth(QStringLiteral("given"), QString::fromLocal8Bit(argv[1]), screen);
    } else {
        done = done && measureCorpus(2000, 1000 * megabyte, screen) &&
               measureCorpus(10'000, 2000 * megabyte, screen);
    }
    if (!done)
        std::fputs("bench_memory: a program did not come to rest\n", stderr);
    return done ? 0 : 1;
}
