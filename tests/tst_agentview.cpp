// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/agentmodel.h"
#include "models/agentproxy.h"
#include "tests/fleet.h"
#include "ui/agentview.h"
#include "ui/theme.h"

#include <QDateTime>
#include <QSignalSpy>
#include <QTest>

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

/// Counts which rows are painted, and still paints them.
class CountingDelegate : public AgentDelegate
{
public:
    using AgentDelegate::AgentDelegate;

    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override
    {
        painted.append(index.row());
        AgentDelegate::paint(painter, option, index);
    }

    mutable QList<int> painted;
};

struct Fleet
{
    AgentModel agents;
    AgentProxy rows{agents};
    AgentView view{agents, rows};
    BarMotion motion;
    CountingDelegate counting{agents, rows, motion};
    qint64 nowMs = QDateTime::currentMSecsSinceEpoch();

    /// One that needs its operator, then `working`, then two finished ones.
    explicit Fleet(int working = 5)
    {
        Events events{added(agentOf(1, QStringLiteral("asks"), AgentState::Blocked, 100'000, nowMs))};
        for (int i = 0; i < working; ++i)
            events.append(added(
                agentOf(10 + i, QStringLiteral("works-%1").arg(i), AgentState::Executing, 50'000, nowMs)));
        events.append(added(agentOf(900, QStringLiteral("done-1"), AgentState::Complete, 50'000, nowMs)));
        events.append(added(agentOf(901, QStringLiteral("done-2"), AgentState::Complete, 50'000, nowMs)));
        agents.apply(events);
        view.resize(340, 700);
        view.show();
    }

    [[nodiscard]] bool isShown() { return QTest::qWaitForWindowExposed(&view); }

    void setContext(int number, qint64 tokens)
    {
        const Agent* agent = agents.agent(idOf(number));
        Usage usage = agent->usage;
        usage.contextTokens = tokens;
        agents.apply({{0, nowMs, agent->id, UsageChanged{usage}}});
    }

    [[nodiscard]] QPoint headingOf(int row) const
    {
        return view.visualRect(rows.index(row, 0)).topLeft() + QPoint(30, 8);
    }
};

} // namespace

class TestAgentView : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase() { applyTheme(true); }

    void oneChangedRowPaintsOneRow_data()
    {
        QTest::addColumn<int>("number");
        QTest::addColumn<int>("row");
        QTest::addRow("first row") << 1 << 0;
        QTest::addRow("first of a group") << 10 << 1;
        QTest::addRow("in the middle") << 12 << 3;
    }

    void oneChangedRowPaintsOneRow()
    {
        QFETCH(const int, number);
        QFETCH(const int, row);
        Fleet fleet;
        fleet.view.setItemDelegate(&fleet.counting);
        fleet.view.setReducedMotion(true);
        QVERIFY(fleet.isShown());
        QTRY_VERIFY(fleet.counting.painted.size() >= 6);
        QCOMPARE(fleet.rows.indexOf(idOf(number)).row(), row);
        // The first change of the first row tells the tree its height, which costs one full painting.
        fleet.setContext(1, 90'000);
        QCoreApplication::processEvents();
        fleet.counting.painted.clear();

        fleet.setContext(number, 120'000);

        QTRY_VERIFY(!fleet.counting.painted.isEmpty());
        QCoreApplication::processEvents();
        QCOMPARE(fleet.counting.painted, QList<int>{row});
    }

    void aRowOffScreenPaintsNothing()
    {
        Fleet fleet(100);
        fleet.view.setItemDelegate(&fleet.counting);
        QVERIFY(fleet.isShown());
        QTRY_VERIFY(!fleet.counting.painted.isEmpty());
        QCoreApplication::processEvents();
        fleet.counting.painted.clear();

        fleet.setContext(100, 120'000);
        fleet.setContext(10, 120'000); // visible: proves that painting goes on

        QTRY_VERIFY(!fleet.counting.painted.isEmpty());
        QCoreApplication::processEvents();
        QCOMPARE(fleet.counting.painted, QList<int>{1});
    }

    void rowsHaveTheHeightOfWhatTheyShow()
    {
        Fleet fleet;
        QVERIFY(fleet.isShown());
        const auto height = [&](int row) { return fleet.view.visualRect(fleet.rows.index(row, 0)).height(); };
        const AgentMetrics metrics(fleet.view.font());
        QCOMPARE(height(0), metrics.headingHeight + metrics.bodyHeight);
        QCOMPARE(height(1), metrics.headingHeight + metrics.bodyHeight);
        QCOMPARE(height(2), metrics.bodyHeight);
        QCOMPARE(fleet.rows.rowCount(), 7);
        QCOMPARE(height(6), metrics.headingHeight); // finished: closed
    }

    void aClickOnAHeadingClosesAndOpens()
    {
        Fleet fleet;
        QVERIFY(fleet.isShown());
        fleet.view.setCurrentAgent(idOf(1));
        const QSignalSpy selected(&fleet.view, &AgentView::agentSelected);
        QTest::mouseClick(fleet.view.viewport(), Qt::LeftButton, {}, fleet.headingOf(1));
        QVERIFY(fleet.rows.isCollapsed(AgentProxy::Working));
        QCOMPARE(fleet.rows.rowCount(), 3);
        QCOMPARE(fleet.view.currentAgent(), idOf(1));
        QCOMPARE(selected.size(), 0);

        QTest::mouseClick(fleet.view.viewport(), Qt::LeftButton, {}, fleet.headingOf(1));
        QCOMPARE(fleet.rows.rowCount(), 7);
    }

    void aClickOnARowSelects()
    {
        Fleet fleet;
        QVERIFY(fleet.isShown());
        QSignalSpy selected(&fleet.view, &AgentView::agentSelected);
        const QRect row = fleet.view.visualRect(fleet.rows.index(2, 0));
        QTest::mouseClick(fleet.view.viewport(), Qt::LeftButton, {}, row.center());
        QCOMPARE(selected.size(), 1);
        QCOMPARE(selected.at(0).at(0).value<AgentId>(), idOf(11));
        QCOMPARE(fleet.view.currentAgent(), idOf(11));
    }

    void theKeyboardDoesTheSame()
    {
        Fleet fleet;
        QVERIFY(fleet.isShown());
        fleet.view.setCurrentAgent(idOf(1));
        QTest::keyClick(&fleet.view, Qt::Key_Down);
        QCOMPARE(fleet.view.currentAgent(), idOf(10));
        QTest::keyClick(&fleet.view, Qt::Key_Down);
        QTest::keyClick(&fleet.view, Qt::Key_Left);
        QVERIFY(fleet.rows.isCollapsed(AgentProxy::Working));
        // The closed group's heading has the keyboard, and stands for no agent.
        QCOMPARE(fleet.view.currentIndex().row(), 1);
        QVERIFY(fleet.view.currentAgent().isNull());
        QTest::keyClick(&fleet.view, Qt::Key_Right);
        QVERIFY(!fleet.rows.isCollapsed(AgentProxy::Working));
        QTest::keyClick(&fleet.view, Qt::Key_Up);
        QCOMPARE(fleet.view.currentAgent(), idOf(1));
    }

    void aStateChangeKeepsTheSelection()
    {
        Fleet fleet;
        QVERIFY(fleet.isShown());
        fleet.view.setCurrentAgent(idOf(12));
        fleet.agents.apply(
            {{0, fleet.nowMs, idOf(12),
              StateChanged{AgentState::Blocked, StateSource::Hook, QStringLiteral("asks"), fleet.nowMs}}});
        QTRY_COMPARE(fleet.rows.indexOf(idOf(12)).data(AgentProxy::GroupRole).toInt(),
                     int(AgentProxy::NeedsYou));
        QCOMPARE(fleet.view.currentAgent(), idOf(12));
    }

    void everyRowReadsItselfOut()
    {
        Fleet fleet;
        QVERIFY(!fleet.view.accessibleName().isEmpty());
        for (int row = 0; row < fleet.rows.rowCount(); ++row)
            QVERIFY(
                fleet.rows.index(row, 0).data(Qt::AccessibleTextRole).toString().contains(QLatin1Char(',')));
    }

    void barGlidesAndComesToRest()
    {
        BarMotion motion;
        const QSignalSpy moved(&motion, &BarMotion::moved);
        QCOMPARE(motion.painted(idOf(1), 0.25), 0.25);
        motion.retarget(idOf(1), 0.75);
        QVERIFY(motion.isRunning());
        const double first = motion.painted(idOf(1), 0.75);
        QVERIFY(first >= 0.25 && first < 0.75);
        QTRY_VERIFY(!motion.isRunning());
        QVERIFY(!moved.empty());
        QCOMPARE(motion.painted(idOf(1), 0.75), 0.75);
    }

    void whatWasNeverSeenDoesNotGlide()
    {
        BarMotion motion;
        motion.retarget(idOf(1), 0.75);
        QVERIFY(!motion.isRunning());
        QCOMPARE(motion.painted(idOf(1), 0.75), 0.75);
    }

    void noMotionForWhoWantsNone()
    {
        BarMotion motion;
        (void)motion.painted(idOf(1), 0.25);
        motion.setEnabled(false);
        motion.retarget(idOf(1), 0.75);
        QVERIFY(!motion.isRunning());
        QCOMPARE(motion.painted(idOf(1), 0.75), 0.75);
    }
};

QTEST_MAIN(TestAgentView)
#include "tst_agentview.moc"
