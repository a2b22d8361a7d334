// SPDX-License-Identifier: GPL-3.0-or-later
// What may go wrong around the logs while the whole engine runs. bench_faults does the same at full size.
#include "app/orchestrator.h"
#include "models/apply.h"
#include "models/format.h"
#include "tests/faults.h"

#include <QTemporaryDir>
#include <QtTest>

#include <random>

using namespace plimsoll;
using namespace plimsoll::test;

class TestFaults : public QObject
{
    Q_OBJECT

private slots:
    void init() { m_temp = std::make_unique<QTemporaryDir>(); }

    void eventsThatTheKernelDropsLoseNothing()
    {
        const int queue = inotifyQueueLength();
        if (queue <= 0 || queue > 100'000)
            QSKIP("the event queue of this machine is too long to fill");
        GrowingHome home(m_temp->path(), 20);
        // In this thread: while the test writes, nobody reads events.
        const Catalogue catalogue = Catalogue::builtIn();
        Tally tally;
        Handover<WatchCommand> commands;
        Handover<Event> events;
        Handover<WatchNotice> notices;
        Handover<LogRecord> records;
        records.disconnect(); // nobody keeps them
        events.connectTo(this, [&tally](const std::vector<Event>& list) {
            for (const Event& event : list)
                tally.take({event});
        });
        bool scanned = false;
        notices.connectTo(this, [&scanned](const std::vector<WatchNotice>& list) {
            for (const WatchNotice& notice : list) {
                const auto* progress = std::get_if<Progress>(&notice);
                scanned = scanned || (progress != nullptr && !progress->running);
            }
        });
        Watcher watcher(catalogue, m_temp->path(), agentHomes(m_temp->path(), false), commands, events,
                        notices, records);
        watcher.start();
        commands.push(BeginScan{});
        QTRY_VERIFY(scanned);
        QTRY_COMPARE(tally.outputTokens(), home.outputTokens());
        // Two logs in turn: the kernel merges events of one file that stand side by side.
        for (int i = 0; i < queue + 100; ++i)
            QVERIFY(home.grow(i % 2));
        for (int i = 2; i < home.sessions(); ++i)
            QVERIFY(home.grow(i)); // these events are surely lost
        QTRY_COMPARE_WITH_TIMEOUT(tally.outputTokens(), home.outputTokens(), 60'000);
        events.disconnect();
        notices.disconnect();
    }

    void manyLogsGrowAtOnce()
    {
        GrowingHome home(m_temp->path(), 400);
        Engine engine(m_temp->path());
        QTRY_VERIFY_WITH_TIMEOUT(engine.isScanned(), 60'000);
        for (int round = 0; round < 5; ++round) {
            for (int i = 0; i < 100; ++i)
                QVERIFY(home.grow(i * 4));
            QTRY_COMPARE_WITH_TIMEOUT(engine.tally().outputTokens(), home.outputTokens(), 60'000);
        }
    }

    void rotationsUnderTheEngine()
    {
        GrowingHome home(m_temp->path(), 3);
        Engine engine(m_temp->path());
        QTRY_VERIFY(engine.isScanned());
        std::mt19937 random(20261125);
        for (int i = 0; i < 60; ++i) {
            QVERIFY(home.rotate(i % 3, random));
            QTRY_COMPARE_WITH_TIMEOUT(engine.tally().outputTokens(), home.outputTokens(), 20'000);
        }
    }

    void aLineOfAHundredMegabytes()
    {
        GrowingHome home(m_temp->path(), 1);
        Engine engine(m_temp->path());
        QTRY_VERIFY(engine.isScanned());
        QVERIFY(home.growLongLine(0, 100'000'000));
        QVERIFY(home.grow(0));
        QTRY_COMPARE_WITH_TIMEOUT(engine.tally().outputTokens(), home.outputTokens(), 60'000);
    }

    void clocksThatJumpGiveNoNegativeTime()
    {
        const Catalogue catalogue = Catalogue::builtIn();
        Fleet fleet(catalogue, m_temp->path());
        fleet.setLiveMode();
        const QList<LogRoot> roots = logRoots(agentHomes(m_temp->path(), false));
        const QString path = GrowingHome::pathIn(m_temp->path(), 0);
        std::mt19937_64 random(7);
        const auto jumped = [&random] { // up to ten years either way
            constexpr qint64 tenYearsMs = 10LL * 365 * 86'400'000;
            return baseMs + qint64(random() % quint64(2 * tenYearsMs)) - tenYearsMs;
        };
        QVERIFY(writeBytes(path, promptLine(QStringLiteral("Paint"), baseMs)));
        const QByteArray relative = QFile::encodeName(path.mid(roots[0].path.size() + 1));
        const size_t index = fleet.addFile(makeLogFile(*logAt(roots[0], relative)));
        Agent agent;
        for (int i = 0; i < 300; ++i) {
            const QByteArray id = "msg_" + QByteArray::number(i);
            QVERIFY(appendBytes(path,
                                answerLine({id, 10, 1, 0, i % 2 == 0 ? "tool_use" : "end_turn"}, jumped())));
            const ReadResult result = readNew(fleet.file(index), true);
            fleet.absorb(index, result.batch);
            const qint64 nowMs = jumped();
            fleet.recheckStates(nowMs);
            const Events events = fleet.takeEvents(nowMs);
            for (const Event& event : events)
                apply(agent, event);
            QCOMPARE(agent.usage.outputTokens, Count(i + 1));
            QVERIFY(agent.info.updatedAtMs >= agent.info.createdAtMs);
            const QStringList told{ago(agent.info.updatedAtMs, nowMs), ago(agent.stateSinceMs, nowMs),
                                   duration(nowMs - agent.stateSinceMs),
                                   duration(agent.info.updatedAtMs - agent.info.createdAtMs)};
            QVERIFY2(!told.join(QLatin1Char('|')).contains(QLatin1Char('-')),
                     qPrintable(told.join(QLatin1Char('|'))));
        }
    }

private:
    std::unique_ptr<QTemporaryDir> m_temp;
};

QTEST_GUILESS_MAIN(TestFaults)
#include "tst_faults.moc"
