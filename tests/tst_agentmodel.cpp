// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/agentmodel.h"
#include "models/format.h"
#include "tests/fleetsamples.h"

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QTest>

#include <map>

using namespace plimsoll;
using namespace plimsoll::samples;

namespace {

/// One dataChanged: first row, last row, roles.
struct Change
{
    int first = 0;
    int last = 0;
    QList<int> roles;
    bool operator==(const Change&) const = default;
};

QList<Change> changesIn(const QSignalSpy& spy)
{
    QList<Change> changes;
    for (const QList<QVariant>& call : spy)
        changes << Change{call.at(0).toModelIndex().row(), call.at(1).toModelIndex().row(),
                          call.at(2).value<QList<int>>()};
    return changes;
}

QString text(const QList<Change>& changes)
{
    QStringList lines;
    for (const Change& change : changes) {
        QStringList roles;
        for (const int role : change.roles)
            roles << QString::number(role);
        lines << QStringLiteral("%1-%2: %3")
                     .arg(change.first)
                     .arg(change.last)
                     .arg(roles.join(QLatin1Char(' ')));
    }
    return lines.join(QLatin1Char('\n'));
}

} // namespace

class TestAgentModel : public QObject
{
    Q_OBJECT

private slots:
    void addsOnceAndInOrder();
    void tellsExactlyTheChangedRoles();
    void joinsNeighboursWithTheSameRoles();
    void sameNumbersSayNothing();
    void removesInRuns();
    void comesBackInOneFrame();
    void unknownIsNoValue();
    void speaksForScreenReaders();
    void everyRoleHasAName();
    void randomEventsGiveTheReference();
};

void TestAgentModel::addsOnceAndInOrder()
{
    AgentModel model;
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    QSignalSpy inserted(&model, &AgentModel::rowsInserted);
    Agent later = agent(1);
    later.state = AgentState::Blocked;

    model.apply({added(agent(1)), added(agent(2)), added(later)});

    QCOMPARE(inserted.size(), 1);
    QCOMPARE(model.rowCount(), 2);
    QCOMPARE(model.at(0), later);
    QCOMPARE(model.rowOf(idOf(2)), 1);
    QCOMPARE(model.rowOf(idOf(3)), -1);
    QVERIFY(model.agent(idOf(3)) == nullptr);
}

void TestAgentModel::tellsExactlyTheChangedRoles()
{
    AgentModel model;
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    Agent first = agent(1);
    first.usage = usage(100'000);
    model.reset({first});
    QSignalSpy changed(&model, &AgentModel::dataChanged);

    Usage more = first.usage;
    more.outputTokens = 12;
    model.apply({about(1, UsageChanged{more})});
    QCOMPARE(text(changesIn(changed)), text({{0, 0, {AgentModel::usageRole(&Usage::outputTokens)}}}));

    changed.clear();
    more.contextTokens = 185'000;
    model.apply({about(1, UsageChanged{more})});
    QCOMPARE(text(changesIn(changed)),
             text({{0,
                    0,
                    {Qt::AccessibleTextRole, AgentModel::FractionRole, AgentModel::LevelRole,
                     AgentModel::usageRole(&Usage::contextTokens)}}}));

    changed.clear();
    model.apply({about(1, StateChanged{AgentState::Executing, StateSource::None, {}, 0})});
    QCOMPARE(text(changesIn(changed)), text({{0, 0, {Qt::AccessibleTextRole, AgentModel::StateRole}}}));

    changed.clear();
    AgentInfo info = first.info;
    info.name = QStringLiteral("other");
    info.gitBranch = QStringLiteral("main");
    model.apply({about(1, AgentChanged{info})});
    QCOMPARE(
        text(changesIn(changed)),
        text({{0,
               0,
               {Qt::DisplayRole, Qt::AccessibleTextRole, AgentModel::NameRole, AgentModel::BranchRole}}}));
}

void TestAgentModel::joinsNeighboursWithTheSameRoles()
{
    AgentModel model;
    model.reset({agent(1), agent(2), agent(3), agent(4), agent(5)});
    QSignalSpy changed(&model, &AgentModel::dataChanged);
    QSignalSpy applied(&model, &AgentModel::applied);
    Usage calls;
    calls.toolCalls = 1;
    Usage turns;
    turns.turns = 1;
    Events events;
    for (int i = 0; i < 100; ++i) {
        calls.toolCalls = i;
        events << about(2, UsageChanged{calls}) << about(1, UsageChanged{calls})
               << about(5, UsageChanged{calls});
    }
    events << about(3, UsageChanged{turns});

    model.apply(events);

    const QList<int> callsRole{AgentModel::usageRole(&Usage::toolCalls)};
    const QList<int> turnsRole{AgentModel::usageRole(&Usage::turns)};
    QCOMPARE(text(changesIn(changed)), text({{0, 1, callsRole}, {2, 2, turnsRole}, {4, 4, callsRole}}));
    QCOMPARE(applied.size(), 1);
}

void TestAgentModel::sameNumbersSayNothing()
{
    AgentModel model;
    Agent first = agent(1);
    first.usage = usage(5);
    model.reset({first});
    QSignalSpy changed(&model, &AgentModel::dataChanged);

    model.apply({about(1, UsageChanged{first.usage}), added(first), about(1, AgentChanged{first.info}),
                 about(1, Compacted{}), about(9, UsageChanged{usage(7)})});

    QCOMPARE(changed.size(), 0);
    QCOMPARE(model.rowCount(), 1);
}

void TestAgentModel::removesInRuns()
{
    AgentModel model;
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    model.reset({agent(1), agent(2), agent(3), agent(4), agent(5)});
    QSignalSpy removed(&model, &AgentModel::rowsRemoved);

    model.apply({about(2, AgentRemoved{}), about(5, AgentRemoved{}), about(3, AgentRemoved{}),
                 about(3, UsageChanged{usage(3)}), about(9, AgentRemoved{})});

    QCOMPARE(removed.size(), 2);
    QCOMPARE(model.rowCount(), 2);
    QCOMPARE(model.at(0).id, idOf(1));
    QCOMPARE(model.rowOf(idOf(4)), 1);
    QCOMPARE(model.rowOf(idOf(3)), -1);
}

void TestAgentModel::comesBackInOneFrame()
{
    AgentModel model;
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    model.reset({agent(1), agent(2)});

    model.apply({about(1, AgentRemoved{}), added(agent(1, AgentState::Failed)), added(agent(3)),
                 about(3, StateChanged{AgentState::Blocked, StateSource::Hook, {}, 0}), added(agent(4)),
                 about(4, AgentRemoved{})});

    QCOMPARE(model.rowCount(), 3);
    QCOMPARE(model.agent(idOf(1))->state, AgentState::Failed);
    QCOMPARE(model.agent(idOf(3))->state, AgentState::Blocked);
    QVERIFY(model.agent(idOf(4)) == nullptr);
}

void TestAgentModel::unknownIsNoValue()
{
    AgentModel model;
    model.reset({agent(1)});
    const QModelIndex index = model.index(0);

    QVERIFY(!model.data(index, AgentModel::usageRole(&Usage::costPico)).isValid());
    QVERIFY(!model.data(index, AgentModel::FractionRole).isValid());
    QVERIFY(!model.data(index, AgentModel::ParentRole).isValid());
    QVERIFY(!model.data(index, AgentModel::CreatedRole).isValid());
    QVERIFY(!model.data(index, Qt::ToolTipRole).isValid());
    QCOMPARE(model.data(index, AgentModel::LevelRole).toInt(), int(FillLevel::Unknown));

    model.apply({about(1, UsageChanged{usage(0, 100, 0)})});
    QCOMPARE(model.data(index, AgentModel::usageRole(&Usage::costPico)), QVariant::fromValue<qint64>(0));
    QCOMPARE(model.data(index, AgentModel::FractionRole).toDouble(), 0.0);
}

void TestAgentModel::speaksForScreenReaders()
{
    AgentModel model;
    Agent first = agent(1, AgentState::Blocked, QStringLiteral("api-migration"));
    first.usage = usage(171'000, 200'000, 4'180'000'000'000);
    model.reset({first});

    QCOMPARE(model.index(0).data(Qt::AccessibleTextRole).toString(),
             QStringLiteral(
                 "api-migration, Claude Code, needs you, context 86 percent, 171k of 200k, cost $4.18"));
}

void TestAgentModel::everyRoleHasAName()
{
    const QHash<int, QByteArray> names = AgentModel().roleNames();
    QCOMPARE(names.value(AgentModel::StateSinceRole), QByteArray("stateSince"));
    for (const UsageField& field : usageFields)
        QCOMPARE(names.value(AgentModel::usageRole(field.member)), QByteArray(field.key));
}

void TestAgentModel::randomEventsGiveTheReference()
{
    QRandomGenerator random(4711);
    AgentModel model;
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    std::map<AgentId, Agent> reference;
    QHash<QString, QVariant> seen; // what a view knows: it reads again only what it is told of
    const QList<int> roles = AgentModel().roleNames().keys();
    const auto key = [](const AgentId& id, int role) { return id.toString() + QString::number(role); };
    const auto read = [&](int first, int last, const QList<int>& which) {
        for (int row = first; row <= last; ++row) {
            for (const int role : which)
                seen.insert(key(model.at(row).id, role), model.index(row).data(role));
        }
    };
    connect(&model, &AgentModel::rowsInserted, this,
            [&](const QModelIndex&, int first, int last) { read(first, last, roles); });
    connect(&model, &AgentModel::dataChanged, this,
            [&](const QModelIndex& first, const QModelIndex& last, const QList<int>& which) {
                QVERIFY(!which.isEmpty());
                read(first.row(), last.row(), which);
            });

    for (int frame = 0; frame < 300; ++frame) {
        Events events;
        for (int i = 0; i < random.bounded(20); ++i)
            events << randomEvent(random, 12);
        for (const Event& event : std::as_const(events)) {
            if (const auto* fresh = std::get_if<AgentAdded>(&event.body))
                reference[fresh->agent.id] = fresh->agent;
            else if (std::holds_alternative<AgentRemoved>(event.body))
                reference.erase(event.agent);
            else if (const auto found = reference.find(event.agent); found != reference.end())
                plimsoll::apply(found->second, event);
        }
        model.apply(events);

        QCOMPARE(size_t(model.rowCount()), reference.size());
        for (int row = 0; row < model.rowCount(); ++row) {
            QCOMPARE(model.at(row), reference.at(model.at(row).id));
            QCOMPARE(model.rowOf(model.at(row).id), row);
            for (const int role : roles)
                QCOMPARE(seen.value(key(model.at(row).id, role)), model.index(row).data(role));
        }
    }
}

QTEST_GUILESS_MAIN(TestAgentModel)
#include "tst_agentmodel.moc"
