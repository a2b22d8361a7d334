// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/agentmodel.h"
#include "tests/askedhost.h"
#include "tests/fleet.h"
#include "ui/oldersessions.h"

#include <QTest>

using namespace plimsoll;
using plimsoll::test::agentOf;
using plimsoll::test::AskedHost;

namespace {

QList<Agent> fleetOf(int count)
{
    QList<Agent> agents;
    agents.reserve(count);
    for (int i = 1; i <= count; ++i)
        agents.append(agentOf(i, QStringLiteral("agent"), AgentState::Complete, 1, 1'700'000'000'000));
    return agents;
}

QJsonObject told(int count, int left)
{
    return {{QStringLiteral("count"), count}, {QStringLiteral("left"), left}};
}

struct Column
{
    Column() { window.show(); }

    AskedHost host;
    AgentModel agents;
    QWidget window;
    OlderSessions button{host, agents, &window};
};

} // namespace

class TestOlderSessions : public QObject
{
    Q_OBJECT

private slots:
    void fewAgentsAreAll()
    {
        Column column;
        column.agents.reset(fleetOf(999));
        QVERIFY(!column.button.isVisible());
        QVERIFY(column.host.asked.isEmpty());
    }

    void onePressIsOneQuestion()
    {
        Column column;
        column.agents.reset(fleetOf(1000));
        QVERIFY(column.button.isVisible());
        QVERIFY(column.host.asked.isEmpty()); // nothing is asked before a press

        QTest::mouseClick(&column.button, Qt::LeftButton);
        QTest::mouseClick(&column.button, Qt::LeftButton); // the page has not come yet
        QCOMPARE(column.host.askedFor(QStringLiteral("agents")).size(), 1);

        column.host.answer(column.host.asked.last().id, told(200, 1947));
        QVERIFY(column.button.isEnabled());
        QVERIFY(column.button.text().contains(QStringLiteral("1947 more")));
        QVERIFY(!column.button.accessibleName().isEmpty());
    }

    void itGoesWithTheLastOfThem()
    {
        Column column;
        column.agents.reset(fleetOf(1000));
        QTest::mouseClick(&column.button, Qt::LeftButton);
        column.host.answer(column.host.asked.last().id, told(3, 0));
        QVERIFY(!column.button.isVisible());

        column.button.reset();
        QVERIFY(column.button.isVisible());
    }

    void aRefusalCanBeTriedAgain()
    {
        Column column;
        column.agents.reset(fleetOf(1000));
        QTest::mouseClick(&column.button, Qt::LeftButton);
        column.host.refuse(column.host.asked.last().id, QStringLiteral("<b>busy</b>"));
        QVERIFY(column.button.isEnabled());
        QVERIFY(column.button.toolTip().contains(QStringLiteral("&lt;b&gt;busy")));
        QTest::mouseClick(&column.button, Qt::LeftButton);
        QCOMPARE(column.host.asked.size(), 2);
    }
};

QTEST_MAIN(TestOlderSessions)
#include "tst_oldersessions.moc"
