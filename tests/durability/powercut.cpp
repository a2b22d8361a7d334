// SPDX-License-Identifier: GPL-3.0-or-later
// Cuts the power of a simulated disk under a store, again and again, and looks each time what is left:
//
//   durability_powercut CUTS [SEED]
//
// A program fills a store, in several runs, while fsrecorder writes down its file system calls. Then the
// folder is built anew as it would be after a power cut at a random call. The same with PRAGMA synchronous =
// OFF shows that the simulation finds what is lost.
#include "app/store/database.h"
#include "tests/durability/fstrace.h"
#include "tests/durability/storecheck.h"

#include <QCoreApplication>
#include <QDir>
#include <QElapsedTimer>
#include <QProcess>
#include <QProcessEnvironment>
#include <QTemporaryDir>

#include <algorithm>
#include <cstdio>
#include <tuple>

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

constexpr int waitMs = 240'000;
constexpr int mostComplaints = 10;

struct Trace
{
    QByteArray dir;
    std::vector<TracedCall> calls;
    QString fault;
};

struct Tally
{
    int cuts = 0;
    int lost = 0;    ///< cuts after which something answered for is not there, or is there twice
    int corrupt = 0; ///< cuts after which the store is damaged or does not open
};

/// Lets durability_ingest fill a new folder, one run after the other.
Trace record(const QString& temp, const QList<QStringList>& runs)
{
    const QString programs = QCoreApplication::applicationDirPath();
    const QString dir = temp + QStringLiteral("/data");
    const QString log = temp + QStringLiteral("/trace");
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert(QStringLiteral("LD_PRELOAD"),
                       programs + QStringLiteral("/libdurability_fsrecorder.so"));
    environment.insert(QStringLiteral("PLIMSOLL_TRACE"), log);
    environment.insert(QStringLiteral("PLIMSOLL_TRACE_DIR"), dir);
    Trace trace;
    trace.dir = dir.toUtf8();
    if (!QDir().mkpath(dir))
        trace.fault = QStringLiteral("there is no room for a folder in %1").arg(temp);
    for (const QStringList& run : runs) {
        QProcess child;
        child.setProcessEnvironment(environment);
        child.setProcessChannelMode(QProcess::ForwardedErrorChannel);
        child.start(programs + QStringLiteral("/durability_ingest"),
                    QStringList(run).replaceInStrings(QStringLiteral("DIR"), dir));
        if (!child.waitForFinished(waitMs) || child.exitStatus() != QProcess::NormalExit ||
            child.exitCode() != 0)
            trace.fault =
                QStringLiteral("the program that fills the store ended with %1").arg(child.exitCode());
        child.kill();
    }
    if (trace.fault.isEmpty())
        trace.calls = readTrace(log);
    if (trace.fault.isEmpty() && trace.calls.empty())
        trace.fault = QStringLiteral("no calls were recorded");
    return trace;
}

/// Half of the cuts fall anywhere; the others where little happens and much can go wrong: before the first
/// answer, and while pages go from the log into the store.
std::vector<size_t> chooseCuts(const Trace& trace, int count, QRandomGenerator& random)
{
    std::vector<size_t> checkpoints;
    size_t answered = 0;
    QHash<int, QByteArray> names;
    for (size_t i = 0; i < trace.calls.size(); ++i) {
        const TracedCall& call = trace.calls[i];
        if (call.head.call == FsCall::Open)
            names.insert(call.head.fd, call.first);
        const bool isStore = names.value(call.head.fd).endsWith("/plimsoll.db");
        if (isStore && (call.head.call == FsCall::Write || call.head.call == FsCall::Sync))
            checkpoints.push_back(i);
        if (answered == 0 && call.head.call == FsCall::Say && call.first.startsWith("A "))
            answered = i;
    }
    std::vector<size_t> cuts;
    for (int i = 0; i < count; ++i) {
        if (i % 4 == 0 && answered > 0)
            cuts.push_back(random.bounded(quint32(answered)));
        else if (i % 4 == 1 && !checkpoints.empty())
            cuts.push_back(checkpoints[random.bounded(quint32(checkpoints.size()))]);
        else
            cuts.push_back(random.bounded(quint32(trace.calls.size())));
    }
    std::sort(cuts.begin(), cuts.end());
    return cuts;
}

/// The next start of Plimsoll: it must open, hold everything, and take more.
QStringList startAgain(StoreCheck& check, const QString& dir)
{
    QString fault;
    {
        Database database;
        std::vector<LogRecord> logs;
        QHash<AgentId, Agent> agents;
        fault = database.open(dir, Database::Access::ReadWrite);
        if (fault.isEmpty())
            fault = database.loadLogs({}, logs);
        if (fault.isEmpty())
            fault = database.loadAgents(agents);
        quint64 seq = 0;
        if (fault.isEmpty())
            fault = database.loadLastSeq(seq);
        StoreBatch more;
        more.events.append({seq + 1, 1, {}, AlertRaised{}});
        if (fault.isEmpty())
            fault = database.write(more);
    }
    return fault.isEmpty() ? check.verify(dir, true) : QStringList{QStringLiteral("corrupt: ") + fault};
}

Tally cutAll(const Trace& trace, const std::vector<size_t>& cuts, bool tells, QRandomGenerator& random)
{
    SimulatedFolder folder(trace.dir);
    StoreCheck check;
    Tally tally;
    size_t next = 0;
    for (const size_t cut : cuts) {
        for (; next <= cut; ++next) {
            const TracedCall& call = trace.calls[next];
            folder.apply(call);
            if (call.head.call == FsCall::Start)
                check.begin();
            else if (call.head.call == FsCall::Say)
                check.hear(call.first);
        }
        const QTemporaryDir left;
        const auto kind = CutKind(random.bounded(4));
        ++tally.cuts;
        const QStringList wrong = folder.cut(left.path(), kind, random)
                                      ? startAgain(check, left.path())
                                      : QStringList{QStringLiteral("the folder cannot be built")};
        const bool corrupt = wrong.join(QLatin1Char('\n')).contains(QLatin1String("corrupt: "));
        tally.corrupt += corrupt ? 1 : 0;
        tally.lost += !corrupt && !wrong.isEmpty() ? 1 : 0;
        for (qsizetype i = 0; tells && i < wrong.size() && tally.lost + tally.corrupt < mostComplaints; ++i)
            std::ignore = std::fprintf(stderr, "cut at call %zu, kind %d: %s\n", cut, int(kind),
                                       qUtf8Printable(wrong[i]));
    }
    for (const QString& problem : check.problems())
        std::ignore = std::fprintf(stderr, "%s\n", qUtf8Printable(problem));
    tally.lost += check.problems().isEmpty() ? 0 : 1;
    return tally;
}

/// Ends the program where the trace is none.
void requireTrace(const Trace& trace)
{
    if (trace.fault.isEmpty())
        return;
    std::ignore = std::fprintf(stderr, "%s\n", qUtf8Printable(trace.fault));
    std::exit(2);
}

} // namespace

int main(int argc, char** argv)
{
    const QCoreApplication application(argc, argv);
    const int count = QCoreApplication::arguments().value(1).toInt();
    if (count <= 0) {
        std::ignore = std::fputs("usage: durability_powercut CUTS [SEED]\n", stderr);
        return 2;
    }
    QRandomGenerator random(QCoreApplication::arguments().value(2, QStringLiteral("1")).toUInt());
    QElapsedTimer timer;
    timer.start();
    const QTemporaryDir temp;
    const QString mode = QStringLiteral("record");
    const QString dir = QStringLiteral("DIR");
    // Runs that end well take the store apart and put it together; others leave the log to the next one.
    const Trace trace = record(
        temp.path(), {{mode, dir, QStringLiteral("1"), QStringLiteral("40")},
                      {mode, dir, QStringLiteral("2"), QStringLiteral("60"), QStringLiteral("abrupt")},
                      {mode, dir, QStringLiteral("3"), QStringLiteral("400"), QStringLiteral("abrupt")},
                      {mode, dir, QStringLiteral("4"), QStringLiteral("60")}});
    requireTrace(trace);
    const Tally tally = cutAll(trace, chooseCuts(trace, count, random), true, random);

    const QTemporaryDir controlTemp;
    const Trace control = record(controlTemp.path(), {{QStringLiteral("plain"), dir, QStringLiteral("1"),
                                                       QStringLiteral("400"), QStringLiteral("OFF")}});
    requireTrace(control);
    const Tally off = cutAll(control, chooseCuts(control, std::min(count, 100), random), false, random);

    std::ignore = std::printf("calls %zu count\ncuts %d count\nlost %d cuts\ncorrupt %d cuts\n",
                              trace.calls.size(), tally.cuts, tally.lost, tally.corrupt);
    std::ignore =
        std::printf("unsynced_cuts %d count\nunsynced_lost %d cuts\nunsynced_corrupt %d cuts\ncut %lld ms\n",
                    off.cuts, off.lost, off.corrupt, timer.elapsed() / (tally.cuts + off.cuts));
    if (off.lost + off.corrupt == 0)
        std::ignore =
            std::fputs("nothing was lost without any sync: the simulation proves nothing\n", stderr);
    return tally.lost + tally.corrupt == 0 && off.lost + off.corrupt > 0 ? 0 : 1;
}
