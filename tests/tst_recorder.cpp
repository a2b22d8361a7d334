// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/recorder.h"
#include "tests/fleet.h"

#include <QSignalSpy>
#include <QThread>
#include <QtTest>

#include <thread>

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

Event usageOf(int agent, qint64 context)
{
    Usage usage;
    usage.contextTokens = context;
    return {0, 1, idOf(agent), UsageChanged{usage}};
}

Event lineOf(int agent, const QString& text)
{
    Logged logged;
    logged.text = text;
    return {0, 1, idOf(agent), logged};
}

/// "1:u20" for a usage of agent 1, "2:done" for a line of agent 2.
QString brief(const Event& event)
{
    QString what = QStringLiteral("?");
    if (const auto* usage = std::get_if<UsageChanged>(&event.body))
        what = QStringLiteral("u%1").arg(usage->usage.contextTokens.value_or(-1));
    else if (const auto* logged = std::get_if<Logged>(&event.body))
        what = logged->text;
    else if (const auto* changed = std::get_if<AgentChanged>(&event.body))
        what = QStringLiteral("i") + changed->info.name;
    else if (std::holds_alternative<SpendChanged>(event.body))
        what = QStringLiteral("spend");
    return QString::number(event.agent.uuid.data1) + QLatin1Char(':') + what;
}

} // namespace

class TestRecorder : public QObject
{
    Q_OBJECT

private slots:
    void init()
    {
        m_frames.clear();
        m_receiver = std::make_unique<QObject>();
        m_out = Handover<Events>();
        m_in = Handover<Event>();
        m_out.connectTo(m_receiver.get(), [this](std::vector<Events> frames) {
            for (Events& frame : frames)
                m_frames.append(std::move(frame));
        });
        m_recorder = std::make_unique<Recorder>(m_in, QList{m_out});
        m_recorder->start();
    }

    void cleanup()
    {
        m_recorder.reset();
        m_out.disconnect();
    }

    void numbersWithoutGaps()
    {
        m_recorder->record(lineOf(1, QStringLiteral("a")));
        m_recorder->record(lineOf(2, QStringLiteral("b")));
        QTRY_COMPARE(m_frames.size(), 1);
        m_recorder->record(lineOf(1, QStringLiteral("c")));
        QTRY_COMPARE(m_frames.size(), 2);
        const Events all = m_frames[0] + m_frames[1];
        QCOMPARE(all.size(), 3);
        for (qsizetype i = 0; i < all.size(); ++i)
            QCOMPARE(all[i].seq, quint64(i + 1));
    }

    void oneFrameForWhatGathers()
    {
        for (int i = 0; i < 100; ++i)
            m_in.push(lineOf(i % 3, QString::number(i)));
        QVERIFY(m_frames.isEmpty()); // nothing before the event loop runs
        QTRY_COMPARE(m_frames.size(), 1);
        QCOMPARE(m_frames[0].size(), 100);
        QCOMPARE(brief(m_frames[0][99]), QStringLiteral("0:99"));
    }

    void newerTotalReplacesTheOneThatWaits()
    {
        for (const qint64 context : {10, 20, 30}) {
            m_recorder->record(usageOf(1, context));
            m_recorder->record(usageOf(2, context + 1)); // other agents do not matter
        }
        QTRY_COMPARE(m_frames.size(), 1);
        const QStringList expected{QStringLiteral("1:u30"), QStringLiteral("2:u31")};
        QCOMPARE(briefs(), expected);
        QCOMPARE(m_frames[0][0].seq, 1U);
        QCOMPARE(m_frames[0][1].seq, 2U);
    }

    void nothingIsReplacedAcrossSomethingElse()
    {
        AgentInfo info;
        info.name = QStringLiteral("boat");
        m_recorder->record(usageOf(1, 10));
        m_recorder->record(lineOf(1, QStringLiteral("a")));
        m_recorder->record(usageOf(1, 20));
        m_recorder->record({0, 1, idOf(1), AgentChanged{info}});
        m_recorder->record(usageOf(1, 30));
        m_recorder->record(usageOf(1, 40));
        QTRY_COMPARE(m_frames.size(), 1);
        const QStringList expected{QStringLiteral("1:u10"), QStringLiteral("1:a"), QStringLiteral("1:u20"),
                                   QStringLiteral("1:iboat"), QStringLiteral("1:u40")};
        QCOMPARE(briefs(), expected);
    }

    void linesAreNeverReplaced()
    {
        for (int i = 0; i < 3; ++i)
            m_recorder->record(lineOf(1, QStringLiteral("same")));
        QTRY_COMPARE(m_frames.size(), 1);
        QCOMPARE(m_frames[0].size(), 3);
    }

    void nothingIsReplacedAcrossFrames()
    {
        m_recorder->record(usageOf(1, 10));
        QTRY_COMPARE(m_frames.size(), 1);
        m_recorder->record(usageOf(1, 20));
        QTRY_COMPARE(m_frames.size(), 2);
        QCOMPARE(brief(m_frames[1][0]), QStringLiteral("1:u20"));
        QCOMPARE(m_frames[1][0].seq, 2U);
    }

    void idleMeansNoTimer()
    {
        const QList<QTimer*> timers = m_recorder->findChildren<QTimer*>();
        QCOMPARE(timers.size(), 1);
        QVERIFY(!timers[0]->isActive());
        m_recorder->record(usageOf(1, 10));
        QVERIFY(timers[0]->isActive());
        QTRY_COMPARE(m_frames.size(), 1);
        QVERIFY(!timers[0]->isActive());
    }

    void flushLetsOutAtOnceAndNothingTwice()
    {
        m_recorder->flush();
        m_recorder->record(usageOf(1, 10));
        m_recorder->flush();
        QVERIFY(!m_recorder->findChild<QTimer*>()->isActive());
        m_recorder->flush();
        QTRY_COMPARE(m_frames.size(), 1);
        m_recorder->record(usageOf(1, 20));
        QTRY_COMPARE(m_frames.size(), 2);
        QCOMPARE(m_frames[1][0].seq, 2U);
    }

    void manyThreadsLoseNothingAndKeepTheirOrder()
    {
        constexpr int threads = 8;
        constexpr int each = 5000;
        std::vector<std::thread> pushers;
        pushers.reserve(threads);
        for (int t = 0; t < threads; ++t) {
            pushers.emplace_back([in = m_in, t]() mutable {
                for (int i = 0; i < each; ++i)
                    in.push(lineOf(t, QString::number(i)));
            });
        }
        QTRY_COMPARE_WITH_TIMEOUT(count(), threads * each, 20000);
        for (std::thread& pusher : pushers)
            pusher.join();
        std::array<int, threads> next{};
        quint64 seq = 0;
        for (const Events& frame : std::as_const(m_frames)) {
            for (const Event& event : frame) {
                QCOMPARE(event.seq, ++seq);
                int& expected = next.at(event.agent.uuid.data1);
                QCOMPARE(std::get<Logged>(event.body).text.toInt(), expected);
                ++expected;
            }
        }
    }

    void handoverKeepsWhatCameBeforeItsReceiver()
    {
        Handover<int> handover;
        handover.push(1);
        handover.push(2);
        QObject receiver;
        std::vector<int> got;
        handover.connectTo(&receiver, [&](const std::vector<int>& values) {
            got.insert(got.end(), values.begin(), values.end());
        });
        handover.push(3);
        const std::vector<int> expected{1, 2, 3};
        QTRY_COMPARE(got, expected);
    }

    void handoverDropsWhatComesAfterItsReceiver()
    {
        Handover<std::shared_ptr<int>> handover;
        QObject receiver;
        int taken = 0;
        handover.connectTo(&receiver, [&](const auto& values) { taken += int(values.size()); });
        const auto before = std::make_shared<int>();
        handover.push(before);
        handover.disconnect();
        const auto after = std::make_shared<int>();
        handover.push(after);
        QCoreApplication::processEvents();
        QCOMPARE(taken, 0);
        QCOMPARE(before.use_count(), 1L); // not kept either
        QCOMPARE(after.use_count(), 1L);
    }

private:
    [[nodiscard]] QStringList briefs() const
    {
        QStringList out;
        for (const Events& frame : m_frames) {
            for (const Event& event : frame)
                out << brief(event);
        }
        return out;
    }

    [[nodiscard]] int count() const
    {
        int sum = 0;
        for (const Events& frame : m_frames)
            sum += int(frame.size());
        return sum;
    }

    Handover<Event> m_in;
    Handover<Events> m_out;
    std::unique_ptr<QObject> m_receiver;
    std::unique_ptr<Recorder> m_recorder;
    QList<Events> m_frames;
};

QTEST_GUILESS_MAIN(TestRecorder)
#include "tst_recorder.moc"
