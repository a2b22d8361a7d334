// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/agentmodel.h"
#include "tests/askedhost.h"
#include "tests/fleet.h"
#include "ui/contextplot.h"
#include "ui/plotlines.h"

#include <QDateTime>
#include <QJsonArray>
#include <QLabel>
#include <QSignalSpy>
#include <QTest>
#include <QToolButton>

using namespace plimsoll;
using plimsoll::test::added;
using plimsoll::test::agentOf;
using plimsoll::test::AskedHost;
using plimsoll::test::idOf;

namespace {

constexpr qint64 hourMs = 3'600'000;

qint64 nowMs()
{
    return QDateTime::currentMSecsSinceEpoch();
}

FillLine lineOf(int number, const QList<FillPoint>& points)
{
    return {idOf(number), QStringLiteral("agent %1").arg(number), number, points};
}

Event usageOf(const Agent& agent, qint64 atMs, qint64 context)
{
    Usage usage = agent.usage;
    usage.contextTokens = context;
    return {0, atMs, agent.id, UsageChanged{usage}};
}

QJsonObject curve(const QList<std::pair<qint64, qint64>>& points)
{
    QJsonArray array;
    for (const auto& [atMs, tokens] : points)
        array.append(QJsonArray{atMs, tokens});
    return {{QStringLiteral("points"), array}, {QStringLiteral("windows"), 200'000}};
}

} // namespace

class TestContextPlot : public QObject
{
    Q_OBJECT

private slots:
    void dropsAreVertical();
    void lastFillStandsUntilNow();
    void axisGrowsPastTheWindow();
    void picksTheNearestLine();
    void labelsKeepApart();
    void liveSpanFollowsTheClock();
    void spanByHandIsBounded();
    void summarySaysWhatIsDrawn();

    void drawsLinesOfThoseWithAWindow();
    void asksEachCurveOnce();
    void asksNoMoreThanItDraws();
    void loadedCurveIsDrawn();
    void restsWhenNothingChanges();
    void drawsAtMostFiveTimesASecond();
    void hiddenPlotDoesNotDraw();
    void keysPanAndComeBack();
    void emptyTimeIsASentence();
    void whoHasNoWindowIsNamed();
    void theWholeHistoryIsAPressAway();
};

void TestContextPlot::dropsAreVertical()
{
    const QList<FillPoint> points{{0, 20, 100}, {1000, 80, 100}, {2000, 10, 100}, {3000, 30, 100}};

    const QList<FillPoint> line = withDrops(points, std::nullopt);

    const QList<FillPoint> expected{
        {0, 20, 100}, {1000, 80, 100}, {2000, 80, 100}, {2000, 10, 100}, {3000, 30, 100}};
    QCOMPARE(line, expected);
}

void TestContextPlot::lastFillStandsUntilNow()
{
    const QList<FillPoint> expected{{0, 20, 100}, {5000, 20, 100}};
    QCOMPARE(withDrops({{0, 20, 100}}, 5000), expected);
    QCOMPARE(withDrops({{6000, 20, 100}}, 5000), (QList<FillPoint>{{6000, 20, 100}}));
    QVERIFY(withDrops({}, 5000).isEmpty());
}

void TestContextPlot::axisGrowsPastTheWindow()
{
    QCOMPARE(upperPercent({}), 100.0);
    QCOMPARE(upperPercent({lineOf(1, {{0, 99, 100}})}), 100.0);
    QCOMPARE(upperPercent({lineOf(1, {{0, 101, 100}})}), 125.0);
}

void TestContextPlot::picksTheNearestLine()
{
    const QList<FillLine> lines{lineOf(1, {{0, 10, 100}, {100, 10, 100}}),
                                lineOf(2, {{0, 50, 100}, {100, 50, 100}})};
    const auto toPixel = [](const FillPoint& point) { return QPointF(double(point.atMs), point.percent()); };

    const auto picked = pick(lines, {80, 45}, 8, toPixel);

    QVERIFY(picked.has_value());
    QCOMPARE(picked->line, 1);
    QCOMPARE(picked->point, 1); // the nearer end
    QVERIFY(!pick(lines, {80, 30}, 8, toPixel).has_value());
    QVERIFY(!pick({}, {0, 0}, 8, toPixel).has_value());
}

void TestContextPlot::labelsKeepApart()
{
    const QList<double> placed = spreadLabels({50, 10, 52, 99}, 10, 0, 100);

    QCOMPARE(placed, (QList<double>{50, 10, 60, 99}));
    const QList<double> low = spreadLabels({98, 99, 100}, 10, 0, 100);
    QCOMPARE(low, (QList<double>{80, 90, 100}));
}

void TestContextPlot::liveSpanFollowsTheClock()
{
    const TimeSpan span = liveSpan(PlotRange::ThreeHours, 100 * hourMs, std::nullopt);

    QCOMPARE(span.fromMs, 97 * hourMs);
    QVERIFY(span.toMs > 100 * hourMs && span.toMs < 100 * hourMs + hourMs / 10);
    QVERIFY(liveSpan(PlotRange::All, 100 * hourMs, 3 * hourMs).fromMs < 3 * hourMs);
}

void TestContextPlot::spanByHandIsBounded()
{
    const TimeSpan narrow = boundedSpan({1000, 1001});
    QCOMPARE(narrow.toMs - narrow.fromMs, 20'000);
    const TimeSpan wide = boundedSpan({0, 1000 * 24 * hourMs});
    QCOMPARE(wide.toMs - wide.fromMs, 400 * 24 * hourMs);
    const TimeSpan good{5000, 65'000};
    QCOMPARE(boundedSpan(good), good);
}

void TestContextPlot::summarySaysWhatIsDrawn()
{
    // A name that looks like a place marker must not swallow the number.
    FillLine line = lineOf(1, {{0, 10, 100}, {10, 86, 100}});
    line.name = QStringLiteral("run %2");

    QCOMPARE(plotSummary({line}, QStringLiteral("last 3 h")),
             QStringLiteral("Context fill, last 3 h: run %2 86 percent"));
    QCOMPARE(plotSummary({}, QStringLiteral("last 3 h")),
             QStringLiteral("Context fill, last 3 h: nothing to show"));
}

void TestContextPlot::drawsLinesOfThoseWithAWindow()
{
    AskedHost host;
    AgentModel agents;
    const Agent known = agentOf(1, QStringLiteral("known"), AgentState::Executing, 50'000, nowMs());
    Agent blind = agentOf(2, QStringLiteral("blind"), AgentState::Executing, 50'000, nowMs());
    blind.usage.contextWindow.reset();
    const Events events{added(known), added(blind), usageOf(known, nowMs(), 100'000)};
    ContextPlot plot(host, agents);
    plot.resize(600, 300);
    plot.show();

    agents.apply(events);
    plot.apply(events);

    QTRY_COMPARE(plot.lines().size(), 1);
    QCOMPARE(plot.lines().first().name, QStringLiteral("known"));
    QCOMPARE(plot.lines().first().points.last().percent(), 50.0);
    QVERIFY(plot.accessibleDescription().contains(QLatin1String("known 50 percent")));
    QVERIFY(!plot.accessibleName().isEmpty());
}

void TestContextPlot::asksEachCurveOnce()
{
    AskedHost host;
    AgentModel agents;
    const Agent agent = agentOf(1, QStringLiteral("one"), AgentState::Idle, 50'000, nowMs());
    ContextPlot plot(host, agents);
    plot.resize(600, 300);
    plot.show();
    agents.apply({added(agent)});
    plot.apply({added(agent)});
    QTRY_COMPARE(host.askedFor(QStringLiteral("curve")).size(), 1);
    const int before = plot.drawCount();

    plot.apply({usageOf(agent, nowMs(), 60'000)});

    QTRY_VERIFY(plot.drawCount() > before);
    QCOMPARE(host.askedFor(QStringLiteral("curve")).size(), 1);
    QCOMPARE(host.asked.first().params.value(QLatin1String("agent_id")).toString(), agent.id.toString());
}

void TestContextPlot::asksNoMoreThanItDraws()
{
    AskedHost host;
    AgentModel agents;
    Events events;
    for (int i = 1; i <= 60; ++i)
        events.append(added(agentOf(i, QStringLiteral("a%1").arg(i), AgentState::Idle, 1000 * i, nowMs())));
    ContextPlot plot(host, agents);
    plot.setSelectedAgent(idOf(60));
    plot.resize(600, 300);
    plot.show();

    agents.apply(events);
    plot.apply(events);

    QTRY_COMPARE(host.asked.size(), ContextPlot::maxLines);
    // The selected one first, then the newest: agentOf() makes those with low numbers newer.
    QCOMPARE(host.asked.first().params.value(QLatin1String("agent_id")).toString(), idOf(60).toString());
    QCOMPARE(host.asked.at(1).params.value(QLatin1String("agent_id")).toString(), idOf(1).toString());
}

void TestContextPlot::loadedCurveIsDrawn()
{
    AskedHost host;
    AgentModel agents;
    const qint64 now = nowMs();
    const Agent agent = agentOf(1, QStringLiteral("one"), AgentState::Complete, 50'000, now);
    ContextPlot plot(host, agents);
    plot.resize(600, 300);
    plot.show();
    agents.apply({added(agent)});
    plot.apply({added(agent)});
    QTRY_COMPARE(host.asked.size(), 1);

    host.answer(host.asked.first().id,
                curve({{now - hourMs, 20'000}, {now - hourMs / 2, 160'000}, {now - hourMs / 4, 40'000}}));

    QTRY_VERIFY(!plot.lines().isEmpty() && plot.lines().first().points.size() >= 4);
    const QList<FillPoint>& points = plot.lines().first().points;
    QCOMPARE(points.at(1).percent(), 80.0);
    QCOMPARE(points.at(2).atMs, points.at(3).atMs); // the compaction
}

void TestContextPlot::restsWhenNothingChanges()
{
    AskedHost host;
    AgentModel agents;
    ContextPlot plot(host, agents);
    plot.resize(600, 300);
    plot.show();
    QSignalSpy drawn(&plot, &ContextPlot::drawn);
    QVERIFY(drawn.wait());
    while (drawn.wait(300)) {
    } // showing and sizing may each ask for one

    plot.apply({});

    QVERIFY(!drawn.wait(450));
}

void TestContextPlot::drawsAtMostFiveTimesASecond()
{
    AskedHost host;
    AgentModel agents;
    const Agent agent = agentOf(1, QStringLiteral("one"), AgentState::Executing, 50'000, nowMs());
    agents.apply({added(agent)});
    ContextPlot plot(host, agents);
    plot.resize(600, 300);
    plot.show();
    QTRY_VERIFY(plot.drawCount() > 0);
    const int before = plot.drawCount();
    QElapsedTimer watch;
    watch.start();

    while (watch.elapsed() < 500) {
        plot.apply({usageOf(agent, nowMs(), 50'000 + watch.elapsed())});
        QCoreApplication::processEvents();
    }

    const auto most = int(watch.elapsed() / 200) + 1;
    QVERIFY2(plot.drawCount() - before <= most, qPrintable(QString::number(plot.drawCount() - before)));
    QVERIFY(plot.drawCount() > before);
}

void TestContextPlot::hiddenPlotDoesNotDraw()
{
    AskedHost host;
    AgentModel agents;
    const Agent agent = agentOf(1, QStringLiteral("one"), AgentState::Executing, 50'000, nowMs());
    agents.apply({added(agent)});
    ContextPlot plot(host, agents);
    QSignalSpy drawn(&plot, &ContextPlot::drawn);

    plot.apply({added(agent)});

    QVERIFY(!drawn.wait(300));
    QVERIFY(host.asked.isEmpty());
    plot.show();
    QVERIFY(drawn.wait());
}

void TestContextPlot::keysPanAndComeBack()
{
    AskedHost host;
    AgentModel agents;
    ContextPlot plot(host, agents);
    plot.resize(600, 300);
    plot.show();
    QTRY_VERIFY(plot.drawCount() > 0);
    const TimeSpan before = plot.span();
    QSignalSpy live(&plot, &ContextPlot::liveChanged);

    QTest::keyClick(&plot, Qt::Key_Left);

    QVERIFY(!plot.isLive());
    QVERIFY(plot.span().fromMs < before.fromMs);
    QTest::keyClick(&plot, Qt::Key_Plus);
    QVERIFY(plot.span().toMs - plot.span().fromMs < before.toMs - before.fromMs);
    QTest::keyClick(&plot, Qt::Key_Escape);
    QVERIFY(plot.isLive());
    QCOMPARE(live.size(), 2);
}

void TestContextPlot::emptyTimeIsASentence()
{
    AskedHost host;
    AgentModel agents;
    agents.apply(
        {added(agentOf(1, QStringLiteral("old"), AgentState::Complete, 50'000, nowMs() - 24 * hourMs))});
    ContextPlot plot(host, agents);
    plot.resize(600, 300);
    plot.show();

    QTRY_COMPARE(plot.note(),
                 QStringLiteral("Nothing changed in the last 3 h.\nChoose All to see what was before."));
    plot.setRange(PlotRange::All);
    QTRY_COMPARE(plot.lines().size(), 1);
    QVERIFY(plot.note().isEmpty());
    QVERIFY(emptyPlotNote(std::nullopt, 0).contains(QStringLiteral("chosen time")));
}

void TestContextPlot::whoHasNoWindowIsNamed()
{
    AskedHost host;
    AgentModel agents;
    Agent blind = agentOf(1, QStringLiteral("blind"), AgentState::Executing, 50'000, nowMs());
    blind.usage.contextWindow.reset();
    agents.apply(
        {added(blind), added(agentOf(2, QStringLiteral("sees"), AgentState::Executing, 50'000, nowMs()))});
    ContextPlot plot(host, agents);
    plot.resize(600, 300);
    plot.show();

    const auto foot = [&plot] {
        const auto labels = plot.findChildren<QLabel*>();
        for (const QLabel* label : labels) {
            if (label->isVisible() && label->text() == withoutWindowNote(1))
                return label->toolTip();
        }
        return QString();
    };
    QTRY_VERIFY(foot().contains(QStringLiteral("blind")));
    QCOMPARE(withoutWindowNote(0), QString());
    QCOMPARE(withoutWindowNote(2), QStringLiteral("2 agents without a known window are not drawn"));
    QVERIFY(emptyPlotNote(PlotRange::ThreeHours, 2).startsWith(withoutWindowNote(2)));
}

void TestContextPlot::theWholeHistoryIsAPressAway()
{
    AskedHost host;
    AgentModel agents;
    const Agent old = agentOf(1, QStringLiteral("old"), AgentState::Complete, 50'000, nowMs() - 24 * hourMs);
    agents.apply({added(old)});
    ContextPlot plot(host, agents);
    plot.resize(600, 300);
    plot.show();
    auto* button = plot.findChild<QToolButton*>();
    QTRY_VERIFY(plot.drawCount() > 0);
    QVERIFY(!button->isVisible());

    plot.setSelectedAgent(idOf(1));
    QTRY_VERIFY(button->isVisible());
    QTest::mouseClick(button, Qt::LeftButton);

    QVERIFY(plot.span().fromMs <= old.info.createdAtMs);
    QVERIFY(plot.span().toMs >= old.info.updatedAtMs);
    QVERIFY(!plot.isLive());
    QTRY_VERIFY(!button->isVisible());
}

QTEST_MAIN(TestContextPlot)
#include "tst_contextplot.moc"
