// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/agentmodel.h"
#include "tests/fleet.h"
#include "ui/notices.h"
#include "ui/tray.h"

#include <QTest>

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

constexpr qint64 now = 1'800'000'000'000;

/// Applies events to a model and asks the rules about them, as the window does.
struct Desk
{
    AgentModel agents;
    NoticeRules rules;
    NoticeSwitches wanted;

    explicit Desk(AgentState state = AgentState::Executing, qint64 sinceMs = now - 90'000)
    {
        Agent agent = agentOf(1, QStringLiteral("api"), state, 170'000, now);
        agent.stateSinceMs = sinceMs;
        (void)take(added(agent));
    }

    QList<Notice> take(const Event& event)
    {
        agents.apply({event});
        return rules.take({event}, agents, wanted, now);
    }

    QList<Notice> turn(AgentState state, qint64 atMs = now)
    {
        return take(
            {0, atMs, idOf(1), StateChanged{state, StateSource::Registry, QStringLiteral("why"), atMs}});
    }
};

} // namespace

class TestTray : public QObject
{
    Q_OBJECT

private slots:
    void needsYouIsToldOnce()
    {
        Desk desk;
        const auto notices = desk.turn(AgentState::Blocked);
        QCOMPARE(notices.size(), 1);
        QCOMPARE(notices.at(0).kind, NoticeKind::NeedsYou);
        QCOMPARE(notices.at(0).title, QStringLiteral("api needs you"));
        QCOMPARE(notices.at(0).agent, idOf(1));
        QVERIFY(desk.turn(AgentState::Blocked).isEmpty());
    }

    void anotherSourceForTheSameStateSaysNothing()
    {
        Desk desk;
        QVERIFY(desk.turn(AgentState::Executing, now - 1000).isEmpty());
        // Still the turn that began 90 s ago.
        QCOMPARE(desk.turn(AgentState::Idle).size(), 1);
    }

    void onlyLongTurnsAreTold_data()
    {
        QTest::addColumn<qint64>("sinceMs");
        QTest::addColumn<int>("count");
        QTest::addRow("61 s") << now - 61'000 << 1;
        QTest::addRow("59 s") << now - 59'000 << 0;
        QTest::addRow("unknown") << qint64(0) << 0;
    }

    void onlyLongTurnsAreTold()
    {
        QFETCH(const qint64, sinceMs);
        Desk desk(AgentState::Executing, sinceMs);
        QTEST(int(desk.turn(AgentState::Idle).size()), "count");
    }

    void subagentsFinishInSilence()
    {
        Desk desk;
        Agent child = agentOf(2, QStringLiteral("explore"), AgentState::Executing, 1000, now);
        child.stateSinceMs = now - 90'000;
        child.info.parentId = idOf(1);
        (void)desk.take(added(child));
        QVERIFY(desk.take({0, now, idOf(2), StateChanged{AgentState::Complete, StateSource::Log, {}, now}})
                    .isEmpty());
    }

    void failureLevelAndCompactionAreTold()
    {
        Desk desk;
        QCOMPARE(desk.take({0, now, idOf(1), AlertRaised{FillLevel::Warning, 0.82}}).at(0).kind,
                 NoticeKind::Level);
        QVERIFY(desk.take({0, now, idOf(1), AlertRaised{FillLevel::Critical, 0.93}})
                    .at(0)
                    .text.contains(QStringLiteral("93%")));
        QVERIFY(desk.take({0, now, idOf(1), AlertRaised{FillLevel::Calm, 0.3}}).isEmpty());
        const auto compacted =
            desk.take({0, now, idOf(1), Compacted{{now, 167'000, 34'000, QStringLiteral("auto")}}});
        QCOMPARE(compacted.at(0).text, QStringLiteral("167k → 34k tokens"));
        QCOMPARE(desk.turn(AgentState::Failed).at(0).kind, NoticeKind::Failed);
    }

    void everyKindCanBeSwitchedOff()
    {
        Desk desk;
        desk.wanted = {false, false, false, false, false, 60};
        QVERIFY(desk.take({0, now, idOf(1), AlertRaised{FillLevel::Critical, 0.93}}).isEmpty());
        QVERIFY(desk.take({0, now, idOf(1), Compacted{{now, 167'000, 34'000, {}}}}).isEmpty());
        QVERIFY(desk.turn(AgentState::Blocked).isEmpty());
        QVERIFY(desk.turn(AgentState::Executing, now - 80'000).isEmpty());
        QVERIFY(desk.turn(AgentState::Idle).isEmpty());
        QVERIFY(desk.turn(AgentState::Failed).isEmpty());
    }

    void theFirstScanIsSilent()
    {
        Desk desk;
        QVERIFY(desk.turn(AgentState::Blocked, now - 61'000).isEmpty());
        Desk again;
        again.rules.reset({agentOf(1, QStringLiteral("api"), AgentState::Blocked, 1, now)});
        QVERIFY(again.turn(AgentState::Blocked).isEmpty());
    }

    void foreignTextCannotWriteMarkup()
    {
        Desk desk;
        AgentInfo info = desk.agents.at(0).info;
        info.name = QStringLiteral("<b>x</b>&amp;");
        (void)desk.take({0, now, idOf(1), AgentChanged{info}});
        const auto notices = desk.turn(AgentState::Blocked);
        QVERIFY(!notices.at(0).title.contains(QLatin1Char('<')));
        QVERIFY(!notices.at(0).title.contains(QLatin1Char('&')));
    }

    void theTrayShowsTheFullestLivingAgent()
    {
        const Agent calm = agentOf(1, QStringLiteral("calm"), AgentState::Executing, 20'000, now);
        const Agent full = agentOf(2, QStringLiteral("full"), AgentState::Blocked, 160'000, now);
        const Agent dead = agentOf(3, QStringLiteral("dead"), AgentState::Complete, 199'000, now);
        const TrayState state = trayState({calm, full, dead});
        QCOMPARE(state.fullest, QStringLiteral("full"));
        QCOMPARE(state.level, FillLevel::Critical);
        QCOMPARE(state.needsYou, 1);
        QCOMPARE(trayText(state), QStringLiteral("Plimsoll: 1 agent needs you · fullest: full, 96%"));
        QCOMPARE(trayState({}), TrayState{});
        QCOMPARE(trayText({}), QStringLiteral("Plimsoll"));
    }

    void theIconHasABadgeWhenNeeded()
    {
        TrayState state{0.5, FillLevel::Calm, QStringLiteral("a"), 0};
        const QImage calm = trayIcon(state).pixmap(32, 32).toImage();
        state.needsYou = 1;
        const QImage needed = trayIcon(state).pixmap(32, 32).toImage();
        QVERIFY(calm != needed);
        QCOMPARE(needed.pixelColor(needed.width() * 3 / 4, needed.height() / 4).name(),
                 QStringLiteral("#f0a03c"));
    }
};

QTEST_MAIN(TestTray)
#include "tst_tray.moc"
