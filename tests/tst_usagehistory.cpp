// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/usagehistory.h"
#include "tests/fleetsamples.h"

#include <QJsonArray>
#include <QTest>

#include <algorithm>

using namespace plimsoll;
using namespace plimsoll::samples;

namespace {

QList<UsageSample> all(const UsageHistory& history, int number = 1)
{
    return history.visible(idOf(number), 0, nowMs * 2, 1'000'000);
}

QList<qint64> fills(const QList<UsageSample>& samples)
{
    QList<qint64> list;
    for (const UsageSample& sample : samples)
        list << sample.contextTokens;
    return list;
}

bool ascending(const QList<UsageSample>& samples)
{
    return std::is_sorted(samples.begin(), samples.end(),
                          [](const UsageSample& a, const UsageSample& b) { return a.atMs <= b.atMs; });
}

Event used(int number, qint64 atMs, Count contextTokens)
{
    return about(number, UsageChanged{usage(contextTokens)}, atMs);
}

} // namespace

class TestUsageHistory : public QObject
{
    Q_OBJECT

private slots:
    void gathersSamples();
    void risesOfOneSecondAreOneSample();
    void compactionFallsStraightDown();
    void lateSamplesFindTheirPlace();
    void loadedHistoryComesWithoutDoubles();
    void visibleReachesTheEdges();
    void thinningKeepsDrops();
    void staysBounded();
    void forgetsRemovedAgents();
    void readsCurveReplies();
};

void TestUsageHistory::gathersSamples()
{
    UsageHistory history;
    Agent second = agent(2);
    second.usage = usage(70);

    history.apply({used(1, nowMs, 10), used(1, nowMs + 5000, 20), used(1, nowMs + 5000, 21),
                   used(1, nowMs + 9000, std::nullopt), added(second)});

    QCOMPARE(all(history), (QList<UsageSample>{{nowMs, 10, 200'000}, {nowMs + 5000, 21, 200'000}}));
    QCOMPARE(all(history, 2), (QList<UsageSample>{{second.info.updatedAtMs, 70, 200'000}}));
    QCOMPARE(history.agents(), (QList<AgentId>{idOf(1), idOf(2)}));
    QCOMPARE(history.firstMs(), second.info.updatedAtMs);
}

void TestUsageHistory::risesOfOneSecondAreOneSample()
{
    UsageHistory history;
    for (int i = 0; i < 100; ++i)
        history.apply({used(1, nowMs + i * 10, 100 + i)});
    QCOMPARE(fills(all(history)), (QList<qint64>{100, 199}));

    history.apply({used(1, nowMs + 995, 50), used(1, nowMs + 998, 60)}); // a drop is never swallowed
    QCOMPARE(fills(all(history)), (QList<qint64>{100, 199, 50, 60}));
}

void TestUsageHistory::compactionFallsStraightDown()
{
    UsageHistory history;
    history.apply({used(1, nowMs, 150),
                   about(1, Compacted{{nowMs + 60'000, 167, 34, QStringLiteral("auto")}}, nowMs + 61'000),
                   used(1, nowMs + 70'000, 40)});

    QCOMPARE(all(history), (QList<UsageSample>{{nowMs, 150, 200'000},
                                               {nowMs + 59'999, 167, 200'000},
                                               {nowMs + 60'000, 34, 200'000},
                                               {nowMs + 70'000, 40, 200'000}}));

    history.apply(
        {about(1, Compacted{{nowMs + 80'000, std::nullopt, std::nullopt, {}}}), about(1, Compacted{})});
    QCOMPARE(all(history).size(), 4); // what is unknown is no point
}

void TestUsageHistory::lateSamplesFindTheirPlace()
{
    UsageHistory history;
    history.apply({used(1, nowMs + 9000, 3), used(1, nowMs, 1), used(1, nowMs + 5000, 2)});
    QCOMPARE(fills(all(history)), (QList<qint64>{1, 2, 3}));
}

void TestUsageHistory::loadedHistoryComesWithoutDoubles()
{
    UsageHistory history;
    history.apply({used(1, nowMs, 50), used(1, nowMs + 10'000, 60)});

    history.setCurve(
        idOf(1), {{nowMs, 50, 200'000}, {nowMs - 20'000, 30, 200'000}, {nowMs - 9000, -1, {}}, {0, 7, {}}});
    QCOMPARE(fills(all(history)), (QList<qint64>{30, 50, 60}));

    history.setCurve(idOf(1), {});
    QCOMPARE(fills(all(history)), (QList<qint64>{30, 50, 60}));
}

void TestUsageHistory::visibleReachesTheEdges()
{
    UsageHistory history;
    QList<UsageSample> curve;
    for (int i = 0; i < 10; ++i)
        curve << UsageSample{nowMs + i * 1000, i, {}};
    history.setCurve(idOf(1), curve);

    QCOMPARE(fills(history.visible(idOf(1), nowMs + 3500, nowMs + 5500, 100)), (QList<qint64>{3, 4, 5, 6}));
    QCOMPARE(fills(history.visible(idOf(1), nowMs - 9000, nowMs - 1, 100)), (QList<qint64>{0}));
    QCOMPARE(fills(history.visible(idOf(1), nowMs + 90'000, nowMs + 99'000, 100)), (QList<qint64>{9}));
    QVERIFY(history.visible(idOf(1), nowMs + 5000, nowMs, 100).isEmpty());
    QVERIFY(history.visible(idOf(7), 0, nowMs * 2, 100).isEmpty());
}

void TestUsageHistory::thinningKeepsDrops()
{
    UsageHistory history;
    QList<UsageSample> curve;
    for (int i = 0; i < 3000; ++i)
        curve << UsageSample{nowMs + i * 1000, 1000 + i % 500, {}};
    curve[1777].contextTokens = 3;
    curve[2222].contextTokens = 9999;
    history.setCurve(idOf(1), curve);

    const QList<UsageSample> few = history.visible(idOf(1), nowMs, nowMs + 3'000'000, 400);

    QVERIFY(few.size() <= 404);
    QVERIFY(ascending(few));
    QVERIFY(fills(few).contains(3));
    QVERIFY(fills(few).contains(9999));
    QCOMPARE(few.first(), curve.first());
    QCOMPARE(few.last(), curve.last());
    QCOMPARE(history.visible(idOf(1), nowMs, nowMs, 1).size(), 2);
}

void TestUsageHistory::staysBounded()
{
    UsageHistory history;
    QRandomGenerator random(5);
    for (int i = 0; i < 3 * UsageHistory::maxSamples; ++i)
        history.apply({used(1, nowMs + i * 2000, i == 100 ? 1 : 1000 + random.bounded(1000))});

    const QList<UsageSample> samples = all(history);
    QVERIFY(samples.size() <= UsageHistory::maxSamples);
    QVERIFY(samples.size() > UsageHistory::maxSamples / 4);
    QVERIFY(ascending(samples));
    QVERIFY(fills(samples).contains(1));
}

void TestUsageHistory::forgetsRemovedAgents()
{
    UsageHistory history;
    history.apply({used(1, nowMs, 50), about(1, AgentRemoved{})});
    QVERIFY(history.agents().isEmpty());
    QCOMPARE(history.firstMs(), 0);

    Agent second = agent(2);
    second.usage = usage(70);
    history.apply({used(1, nowMs, 50)});
    history.reset({second});
    QCOMPARE(history.agents(), (QList<AgentId>{idOf(2)}));
}

void TestUsageHistory::readsCurveReplies()
{
    const QJsonArray points{QJsonArray{nowMs, 5}, QJsonArray{nowMs + 1000, 7},           QJsonArray{}, 3,
                            QJsonArray{-4, 5},    QJsonArray{nowMs, QStringLiteral("x")}};
    QCOMPARE(samplesFromCurve({{QStringLiteral("points"), points}, {QStringLiteral("windows"), 200'000}}),
             (QList<UsageSample>{{nowMs, 5, 200'000}, {nowMs + 1000, 7, 200'000}}));
    QVERIFY(samplesFromCurve({{QStringLiteral("points"), 4}}).isEmpty());
}

QTEST_GUILESS_MAIN(TestUsageHistory)
#include "tst_usagehistory.moc"
