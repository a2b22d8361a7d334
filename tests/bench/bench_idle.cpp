// SPDX-License-Identifier: GPL-3.0-or-later
// What the program costs while nothing happens: its window is shown, 2,000 logs are watched, all of them
// changed today. Beside it an empty window. bench_idle [SECONDS [HOME]]
#include "tests/bench/corpus.h"
#include "tests/bench/watchedchild.h"

#include <QCoreApplication>
#include <QTemporaryDir>
#include <QThread>

#include <cstdio>
#include <cstdlib>
#include <tuple>

using namespace plimsoll::bench;

namespace {

void print(const char* name, const HiddenScreen& screen, const ProcessAccount& from, const ProcessAccount& to,
           int seconds)
{
    std::printf("idle_%s_cpu_%s %.4f %%\n", name, screen.name(), (to.cpuMs - from.cpuMs) / (seconds * 10.0));
    std::printf("idle_%s_wakeups_%s %.3f /s\n", name, screen.name(),
                double(to.wakeUps - from.wakeUps) / seconds);
    std::printf("idle_%s_read_%s %lld B\n", name, screen.name(), to.bytesRead - from.bytesRead);
}

} // namespace

int main(int argc, char** argv)
{
    const QCoreApplication application(argc, argv);
    const QTemporaryDir temporary;
    if (!temporary.isValid())
        return 1;
    const int seconds = argc > 1 ? std::max(1, std::atoi(argv[1])) : 60;
    QString home = temporary.path();
    constexpr int64_t corpusBytes = 200'000'000;
    constexpr int corpusFiles = 2000;
    if (argc > 2)
        home = QString::fromLocal8Bit(argv[2]);
    else
        std::ignore = writeCorpus(home.toStdString(), corpusBytes, corpusFiles, 1);

    const HiddenScreen screen;
    const WatchedChild bare(QStringLiteral(BARE_WINDOW), {}, temporary.path(), screen);
    const WatchedChild program(QStringLiteral(PLIMSOLL_PROGRAM),
                               {QStringLiteral("--home"), home, QStringLiteral("--data-dir"),
                                temporary.filePath(QStringLiteral("data"))},
                               temporary.path(), screen);
    if (!bare.waitUntilQuiet() || !program.waitUntilQuiet()) {
        std::fputs("bench_idle: a program did not come to rest\n", stderr);
        return 1;
    }
    QThread::sleep(8); // the last single-shot timers of the start, the order of the list among them
    const ProcessAccount bareFrom = bare.account();
    const ProcessAccount from = program.account();
    QThread::sleep(static_cast<unsigned long>(seconds));
    print("bare_window", screen, bareFrom, bare.account(), seconds);
    print("window", screen, from, program.account(), seconds);
    return 0;
}
