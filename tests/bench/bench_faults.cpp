// SPDX-License-Identifier: GPL-3.0-or-later
// tst_faults at full size, with times: 1,000 rotations under the running engine, a full event queue with
// 10,000 logs, a line of 100 MB live and in a scan. Lines of "name value unit"; ends with 1 if anything was
// lost or doubled. bench_faults [ROTATIONS]
#include "tests/bench/childrun.h"
#include "tests/faults.h"

#include <QCoreApplication>
#include <QElapsedTimer>
#include <QEventLoop>
#include <QTemporaryDir>
#include <QTimer>

#include <cstdio>
#include <cstdlib>

using namespace plimsoll;
using namespace plimsoll::test;
using namespace plimsoll::bench;

namespace {

constexpr qint64 longLineBytes = 100'000'000;

void print(const char* name, double value, const char* unit)
{
    std::printf("faults_%s %.1f %s\n", name, value, unit);
    std::fflush(stdout);
}

/// Runs the event loop until it holds, at most two minutes.
template <typename Condition>
bool waitFor(const Condition& condition)
{
    QElapsedTimer clock;
    clock.start();
    while (!condition()) {
        if (clock.elapsed() > 120'000)
            return false;
        QEventLoop loop;
        QTimer::singleShot(1, Qt::PreciseTimer, &loop, &QEventLoop::quit);
        loop.exec();
    }
    return true;
}

bool waitForTally(const Engine& engine, const GrowingHome& home)
{
    return waitFor([&] { return engine.tally().outputTokens() == home.outputTokens(); });
}

/// Largest resident set since the last call, 10^6 bytes.
double peakMb()
{
    QFile status(QStringLiteral("/proc/self/status"));
    double peak = 0;
    if (status.open(QIODevice::ReadOnly)) {
        for (const QByteArray& line : status.readAll().split('\n')) {
            if (line.startsWith("VmHWM:"))
                peak = line.mid(6).simplified().split(' ').first().toDouble() * 1024 / 1e6;
        }
    }
    QFile reset(QStringLiteral("/proc/self/clear_refs"));
    if (reset.open(QIODevice::WriteOnly))
        reset.write("5");
    return peak;
}

bool rotations(int count)
{
    const QTemporaryDir temporary;
    GrowingHome home(temporary.path(), 10);
    const Engine engine(temporary.path());
    if (!waitFor([&] { return engine.isScanned(); }))
        return false;
    std::mt19937 random(20261125);
    int done = 0;
    bool fine = true;
    for (; fine && done < count; ++done)
        fine = home.rotate(int(random() % 10), random) && waitForTally(engine, home);
    const qint64 difference = engine.tally().outputTokens() - home.outputTokens();
    print("rotations", done, "times");
    print("rotations_lost", double(std::max<qint64>(0, -difference)), "responses");
    print("rotations_doubled", double(std::max<qint64>(0, difference)), "responses");
    return fine;
}

bool overflow()
{
    const QTemporaryDir temporary;
    GrowingHome home(temporary.path(), 10'000);
    const Engine engine(temporary.path());
    // Only the newest are told of at the start; each that grows is.
    if (!waitFor([&] { return engine.isScanned(); }))
        return false;
    // One burst over all logs: as many events as the queue holds, and more in the next.
    bool fine = true;
    for (int i = 0; i < 2 * home.sessions(); ++i)
        fine = home.grow(i % home.sessions()) && fine;
    QElapsedTimer clock;
    clock.start();
    fine = waitForTally(engine, home) && fine;
    print("burst_10000_logs_settled", double(clock.elapsed()), "ms");
    return fine;
}

bool longLineLive()
{
    const QTemporaryDir temporary;
    GrowingHome home(temporary.path(), 1);
    const Engine engine(temporary.path());
    if (!waitFor([&] { return engine.isScanned(); }) || !waitForTally(engine, home))
        return false;
    peakMb();
    const double before = peakMb();
    bool fine = home.growLongLine(0, longLineBytes) && home.grow(0);
    QElapsedTimer clock;
    clock.start();
    fine = waitForTally(engine, home) && fine;
    print("long_line_live", double(clock.elapsed()), "ms");
    print("long_line_live_memory", peakMb() - before, "MB");
    return fine;
}

bool longLineScanned()
{
    const QTemporaryDir temporary;
    GrowingHome home(temporary.path() + QStringLiteral("/home"), 1);
    const auto scan = [&temporary] {
        return runChild({PLIMSOLL_PROGRAM, "status", "--json", "--home",
                         temporary.filePath(QStringLiteral("home")).toStdString()},
                        "/dev/null", temporary.path().toStdString());
    };
    const ChildCost before = scan();
    const bool fine = home.growLongLine(0, longLineBytes) && home.grow(0);
    const ChildCost after = scan();
    print("long_line_scan", (after.wallSec - before.wallSec) * 1e3, "ms");
    print("long_line_scan_memory", after.peakMb - before.peakMb, "MB");
    return fine && before.ok && after.ok;
}

} // namespace

int main(int argc, char** argv)
{
    const QCoreApplication application(argc, argv);
    const int count = argc > 1 ? std::max(1, std::atoi(argv[1])) : 1000;
    // The child's peak is never less than what we have held ourselves: it goes first.
    const bool fine = longLineScanned() && longLineLive() && rotations(count) && overflow();
    if (!fine)
        std::fputs("bench_faults: something was lost or doubled, or could not be written\n", stderr);
    return fine ? 0 : 1;
}
