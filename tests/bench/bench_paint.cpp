// SPDX-License-Identifier: GPL-3.0-or-later
// From the start of the process to the first picture on screen, on a home with 2,000 logs; beside it an empty
// window. bench_paint [HOME]
#include "tests/bench/childrun.h"
#include "tests/bench/corpus.h"
#include "tests/bench/watchedchild.h"

#include <QCoreApplication>
#include <QTemporaryDir>

#include <cstdio>
#include <tuple>

using namespace plimsoll::bench;

int main(int argc, char** argv)
{
    const QCoreApplication application(argc, argv);
    const QTemporaryDir temporary;
    if (!temporary.isValid())
        return 1;
    QString home = temporary.path();
    constexpr int64_t corpusBytes = 200'000'000;
    constexpr int corpusFiles = 2000;
    if (argc > 1)
        home = QString::fromLocal8Bit(argv[1]);
    else
        std::ignore = writeCorpus(home.toStdString(), corpusBytes, corpusFiles, 1);

    const HiddenScreen screen;
    std::vector<double> bare;
    std::vector<double> ours;
    std::vector<double> oursCpu;
    constexpr int runs = 5;
    for (int run = 0; run <= runs; ++run) {
        WatchedChild window(QStringLiteral(BARE_WINDOW), {}, temporary.path(), screen);
        const double bareMs = window.waitFor("first paint");
        WatchedChild program(QStringLiteral(PLIMSOLL_PROGRAM),
                             {QStringLiteral("--verbose"), QStringLiteral("--home"), home,
                              QStringLiteral("--data-dir"), temporary.filePath(QStringLiteral("data"))},
                             temporary.path(), screen);
        const double oursMs = program.waitFor("first paint");
        const double cpuMs = program.account().cpuMs;
        if (bareMs < 0 || oursMs < 0) {
            std::fputs("bench_paint: a window did not come\n", stderr);
            return 1;
        }
        if (run == 0)
            continue; // brings programs, fonts and logs into the page cache
        bare.push_back(bareMs);
        ours.push_back(oursMs);
        oursCpu.push_back(cpuMs);
    }
    std::printf("paint_bare_window_%s %.1f ms\n", screen.name(), medianOf(bare));
    std::printf("paint_first_%s %.1f ms\n", screen.name(), medianOf(ours));
    std::printf("paint_first_cpu_%s %.1f ms\n", screen.name(), medianOf(oursCpu));
    return 0;
}
