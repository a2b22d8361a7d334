// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/agentproxy.h"
#include "tests/fleetsamples.h"

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QTest>

#include <algorithm>

using namespace plimsoll;
using namespace plimsoll::samples;

namespace {

/// The proxy as lines: "# Needs you 1" for a heading, one row below it per agent, indented by depth.
QStringList shown(const AgentProxy& proxy)
{
    QStringList lines;
    for (int row = 0; row < proxy.rowCount(); ++row) {
        const QModelIndex index = proxy.index(row, 0);
        if (index.data(AgentProxy::GroupFirstRole).toBool()) {
            const auto group = AgentProxy::Group(index.data(AgentProxy::GroupRole).toInt());
            lines << QStringLiteral("# %1 %2")
                         .arg(AgentProxy::groupLabel(group))
                         .arg(index.data(AgentProxy::GroupCountRole).toInt());
        }
        if (!index.data(AgentProxy::CollapsedRole).toBool())
            lines << QString(index.data(AgentProxy::DepthRole).toInt() * 2, QLatin1Char(' ')) +
                         index.data().toString();
    }
    return lines;
}

Agent child(int number, int parent, AgentState state)
{
    Agent result = agent(number, state);
    result.info.parentId = idOf(parent);
    return result;
}

QStringList lines(const char* text)
{
    return QString::fromLatin1(text).split(QLatin1Char('|'));
}

} // namespace

class TestAgentProxy : public QObject
{
    Q_OBJECT

private slots:
    void init();
    void cleanup();
    void groupsByState();
    void unknownIsIdleForADay();
    void familiesStayTogether();
    void ringsOfParentsDoNoHarm();
    void movesAtOnceWithTheState();
    void timeAloneMovesNobodyAtOnce();
    void collapses();
    void finishedAloneIsOpen();
    void whoReadsFinishedIsNotDisturbed();
    void filters();
    void counts();
    void tellsNewHeadings();
    void equalTimesKeepTheOrderOfIds();
    void randomEventsKeepTheOrder();

private:
    std::unique_ptr<AgentModel> m_model;
    std::unique_ptr<AgentProxy> m_proxy;
    std::unique_ptr<QAbstractItemModelTester> m_tester;
    qint64 m_nowMs = nowMs;
};

void TestAgentProxy::init()
{
    m_nowMs = nowMs;
    m_model = std::make_unique<AgentModel>();
    m_proxy = std::make_unique<AgentProxy>(*m_model);
    m_proxy->setClock([this] { return m_nowMs; });
    m_tester = std::make_unique<QAbstractItemModelTester>(
        m_proxy.get(), QAbstractItemModelTester::FailureReportingMode::QtTest);
}

void TestAgentProxy::cleanup()
{
    m_tester.reset();
    m_proxy.reset();
    m_model.reset();
}

void TestAgentProxy::groupsByState()
{
    m_model->apply({added(agent(1, AgentState::Idle)), added(agent(2, AgentState::Executing)),
                    added(agent(3, AgentState::Blocked)), added(agent(4, AgentState::Waiting)),
                    added(agent(5, AgentState::Complete)), added(agent(6, AgentState::Failed)),
                    added(agent(7, AgentState::Unknown))});
    m_proxy->setCollapsed(AgentProxy::Finished, false);

    QCOMPARE(shown(*m_proxy), lines("# Needs you 1|agent-3|# Working 2|agent-2|agent-4|# Idle "
                                    "2|agent-1|agent-7|# Finished 2|agent-5|agent-6"));
}

void TestAgentProxy::unknownIsIdleForADay()
{
    m_model->apply({added(agent(1, AgentState::Unknown))});
    QCOMPARE(shown(*m_proxy), lines("# Idle 1|agent-1"));

    m_nowMs = nowMs + 25 * 3600 * 1000;
    m_proxy->refreshOrder();

    QCOMPARE(shown(*m_proxy), lines("# Finished 1|agent-1"));
    QCOMPARE(m_proxy->counts().agents, 0);
}

void TestAgentProxy::familiesStayTogether()
{
    m_model->apply({added(agent(1, AgentState::Idle)), added(agent(2, AgentState::Executing)),
                    added(child(9, 2, AgentState::Complete)), added(child(8, 2, AgentState::Executing)),
                    added(child(7, 1, AgentState::Blocked)), added(child(6, 9, AgentState::Complete))});

    QCOMPARE(shown(*m_proxy),
             lines("# Needs you 1|agent-1|  agent-7|# Working 2|agent-2|  agent-8|  agent-9|    agent-6"));

    m_model->apply({about(7, AgentRemoved{})});
    QCOMPARE(shown(*m_proxy), lines("# Working 2|agent-2|  agent-8|  agent-9|    agent-6|# Idle 1|agent-1"));

    m_model->apply({about(2, AgentRemoved{})}); // its children stand for themselves
    QCOMPARE(shown(*m_proxy), lines("# Working 1|agent-8|# Idle 1|agent-1|# Finished 2"));
}

void TestAgentProxy::ringsOfParentsDoNoHarm()
{
    m_model->apply({added(child(1, 2, AgentState::Idle)), added(child(2, 1, AgentState::Idle)),
                    added(child(3, 3, AgentState::Idle))});

    QCOMPARE(shown(*m_proxy), lines("# Idle 3|agent-1|  agent-2|agent-3"));
}

void TestAgentProxy::movesAtOnceWithTheState()
{
    m_model->apply({added(agent(1)), added(agent(2)), added(agent(3))});
    QSignalSpy moved(m_proxy.get(), &AgentProxy::layoutChanged);
    const QPersistentModelIndex third = m_proxy->indexOf(idOf(3));

    m_model->apply({about(3, StateChanged{AgentState::Blocked, StateSource::Hook, {}, 0})});

    QCOMPARE(shown(*m_proxy), lines("# Needs you 1|agent-3|# Idle 2|agent-1|agent-2"));
    QCOMPARE(third.row(), 0);
    QCOMPARE(third.data().toString(), QStringLiteral("agent-3"));
    QCOMPARE(moved.size(), 1);
}

void TestAgentProxy::timeAloneMovesNobodyAtOnce()
{
    m_model->apply({added(agent(1)), added(agent(2))});
    QSignalSpy moved(m_proxy.get(), &AgentProxy::layoutChanged);
    AgentInfo info = m_model->agent(idOf(2))->info;
    info.updatedAtMs = nowMs + 5;

    m_model->apply({about(2, AgentChanged{info}), about(1, UsageChanged{usage(7)})});
    QCOMPARE(shown(*m_proxy), lines("# Idle 2|agent-1|agent-2"));

    m_proxy->refreshOrder();
    QCOMPARE(shown(*m_proxy), lines("# Idle 2|agent-2|agent-1"));
    m_proxy->refreshOrder();
    QCOMPARE(moved.size(), 1); // nothing moved the second time
}

void TestAgentProxy::collapses()
{
    m_model->apply(
        {added(agent(1)), added(agent(2, AgentState::Complete)), added(agent(3, AgentState::Failed))});
    QVERIFY(m_proxy->isCollapsed(AgentProxy::Finished));
    QCOMPARE(m_proxy->rowCount(), 2);
    QCOMPARE(shown(*m_proxy), lines("# Idle 1|agent-1|# Finished 2"));
    QVERIFY(!m_proxy->indexOf(idOf(3)).isValid());

    m_proxy->setCollapsed(AgentProxy::Finished, false);
    QCOMPARE(shown(*m_proxy), lines("# Idle 1|agent-1|# Finished 2|agent-2|agent-3"));

    m_proxy->setCollapsed(AgentProxy::Idle, true);
    QCOMPARE(shown(*m_proxy), lines("# Idle 1|# Finished 2|agent-2|agent-3"));
}

void TestAgentProxy::finishedAloneIsOpen()
{
    m_model->apply({added(agent(1, AgentState::Complete)), added(agent(2, AgentState::Failed))});
    QCOMPARE(shown(*m_proxy), lines("# Finished 2|agent-1|agent-2"));
    QVERIFY(m_proxy->isCollapsedByChoice(AgentProxy::Finished));

    m_model->apply({added(agent(3, AgentState::Idle))});
    QCOMPARE(shown(*m_proxy), lines("# Idle 1|agent-3|# Finished 2"));

    m_model->apply({about(3, AgentRemoved{})});
    QCOMPARE(shown(*m_proxy), lines("# Finished 2|agent-1|agent-2"));
    m_proxy->setCollapsed(AgentProxy::Finished, true);
    QCOMPARE(shown(*m_proxy), lines("# Finished 2"));
    m_proxy->setCollapsed(AgentProxy::Finished, false);
    QCOMPARE(shown(*m_proxy), lines("# Finished 2|agent-1|agent-2"));
    QVERIFY(!m_proxy->isCollapsedByChoice(AgentProxy::Finished));
}

void TestAgentProxy::whoReadsFinishedIsNotDisturbed()
{
    m_model->apply({added(agent(1, AgentState::Complete))});
    m_proxy->keepOpen();
    m_model->apply({added(agent(2, AgentState::Idle))});
    QCOMPARE(shown(*m_proxy), lines("# Idle 1|agent-2|# Finished 1|agent-1"));
    QVERIFY(m_proxy->isCollapsedByChoice(AgentProxy::Finished));
    m_proxy->setCollapsed(AgentProxy::Finished, true);
    QCOMPARE(shown(*m_proxy), lines("# Idle 1|agent-2|# Finished 1"));
}

void TestAgentProxy::filters()
{
    Agent other = agent(3, AgentState::Complete, QStringLiteral("Total rewrite"));
    other.info.workingDir = QStringLiteral("/home/dev/shop");
    m_model->apply({added(agent(1)), added(child(2, 1, AgentState::Idle)), added(other),
                    added(child(4, 1, AgentState::Idle))});

    m_proxy->setFilterText(QStringLiteral("agent-2"));
    QCOMPARE(shown(*m_proxy), lines("# Idle 2|agent-1|  agent-2")); // its parent stays

    m_proxy->setFilterText(QStringLiteral("SHOP total")); // both words; a filter opens what is collapsed
    QCOMPARE(shown(*m_proxy), lines("# Finished 1|Total rewrite"));

    m_proxy->setFilterText(QStringLiteral("nothing"));
    QCOMPARE(m_proxy->rowCount(), 0);

    AgentInfo info = other.info;
    info.summary = QStringLiteral("nothing to do");
    m_model->apply({about(3, AgentChanged{info})});
    QCOMPARE(shown(*m_proxy), lines("# Finished 1|Total rewrite"));

    m_proxy->setFilterText({});
    QCOMPARE(shown(*m_proxy), lines("# Idle 3|agent-1|  agent-2|  agent-4|# Finished 1"));
}

void TestAgentProxy::counts()
{
    QSignalSpy changed(m_proxy.get(), &AgentProxy::countsChanged);
    m_model->apply({added(agent(1, AgentState::Blocked)), added(child(2, 1, AgentState::Executing)),
                    added(agent(3, AgentState::Complete)), added(agent(4, AgentState::Waiting))});
    m_proxy->setFilterText(QStringLiteral("no such agent"));

    QCOMPARE(m_proxy->counts(), (FleetCounts{3, 2, 1, 4}));
    QCOMPARE(changed.size(), 1);

    m_model->reset({});
    QCOMPARE(m_proxy->counts(), FleetCounts());
}

void TestAgentProxy::tellsNewHeadings()
{
    m_model->apply({added(agent(1)), added(agent(2))});
    QSignalSpy changed(m_proxy.get(), &AgentProxy::dataChanged);

    m_model->apply({about(1, AgentRemoved{})});

    QCOMPARE(changed.size(), 1);
    QVERIFY(changed.first().at(2).value<QList<int>>().contains(AgentProxy::GroupFirstRole));
    QVERIFY(m_proxy->index(0, 0).data(AgentProxy::GroupFirstRole).toBool());
}

void TestAgentProxy::equalTimesKeepTheOrderOfIds()
{
    Events events;
    for (const int number : {5, 2, 4, 1, 3}) {
        Agent same = agent(number);
        same.info.updatedAtMs = nowMs;
        events << added(same);
    }
    m_model->apply(events);

    QCOMPARE(shown(*m_proxy), lines("# Idle 5|agent-1|agent-2|agent-3|agent-4|agent-5"));
}

void TestAgentProxy::randomEventsKeepTheOrder()
{
    QRandomGenerator random(99);
    for (int frame = 0; frame < 400; ++frame) {
        Events events;
        for (int i = 0; i < random.bounded(12); ++i)
            events << randomEvent(random, 15);
        m_model->apply(events);
        if (random.bounded(20) == 0)
            m_proxy->setCollapsed(AgentProxy::Group(random.bounded(4)), random.bounded(2) == 0);
        if (random.bounded(20) == 0)
            m_proxy->setFilterText(random.bounded(2) == 0 ? QString() : QStringLiteral("a"));
        if (random.bounded(50) == 0)
            m_model->reset(m_model->agents());

        // A proxy made anew shows the same, but for the times that this one takes slowly.
        m_proxy->refreshOrder();
        AgentProxy fresh(*m_model);
        fresh.setClock([this] { return m_nowMs; });
        for (int group = 0; group < AgentProxy::groupCount; ++group)
            fresh.setCollapsed(AgentProxy::Group(group), m_proxy->isCollapsed(AgentProxy::Group(group)));
        fresh.setFilterText(m_proxy->filterText());
        QCOMPARE(shown(*m_proxy), shown(fresh));

        int lastGroup = -1;
        for (int row = 0; row < m_proxy->rowCount(); ++row) {
            const QModelIndex index = m_proxy->index(row, 0);
            const int group = index.data(AgentProxy::GroupRole).toInt();
            QCOMPARE(index.data(AgentProxy::GroupFirstRole).toBool(), group != lastGroup);
            QVERIFY(group >= lastGroup);
            lastGroup = group;
        }
    }
}

QTEST_GUILESS_MAIN(TestAgentProxy)
#include "tst_agentproxy.moc"
