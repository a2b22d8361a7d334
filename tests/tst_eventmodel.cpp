// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/agentmodel.h"
#include "models/eventmodel.h"
#include "models/format.h"
#include "tests/fleetsamples.h"

#include <QAbstractItemModelTester>
#include <QDateTime>
#include <QSignalSpy>
#include <QTest>

using namespace plimsoll;
using namespace plimsoll::samples;

namespace {

constexpr qint64 cent = 10'000'000'000;

QStringList shown(const EventModel& model)
{
    QStringList lines;
    for (int row = 0; row < model.rowCount(); ++row) {
        lines << QStringLiteral("%1 %2: %3")
                     .arg(model.index(row, EventModel::AgentColumn).data().toString(),
                          model.index(row, EventModel::KindColumn).data().toString(),
                          model.index(row, EventModel::TextColumn).data().toString());
    }
    return lines;
}

Event said(int number, const QString& text, qint64 atMs = nowMs)
{
    return about(number, Logged{LogKind::Text, text, {}, false, {}, -1, 0}, atMs);
}

Event used(int number, Count contextTokens, Count costPico = std::nullopt, qint64 atMs = nowMs)
{
    return about(number, UsageChanged{usage(contextTokens, 200'000, costPico)}, atMs);
}

} // namespace

class TestEventModel : public QObject
{
    Q_OBJECT

private slots:
    void showsEveryKind();
    void rolesTellWhereTheRestIs();
    void foreignTextIsPlainAndShort();
    void usageOfOneAgentSharesARow();
    void usageRowsEnd();
    void usageRowsInOneFrame();
    void ringDropsTheOldestInSlices();
    void frameLargerThanTheRing();
    void namesFollow();
    void clears();
    void randomEventsKeepItSound();
};

void TestEventModel::showsEveryKind()
{
    AgentModel agents;
    EventModel model;
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    QSignalSpy inserted(&model, &EventModel::rowsInserted);
    Agent first = agent(1, AgentState::Executing, QStringLiteral("api"));
    first.usage = usage(228'000, 258'400, 4 * cent);

    model.apply(
        {added(first),
         about(1, Logged{LogKind::Prompt, QStringLiteral("Go"), {}, false, {}, -1, 0}),
         about(1,
               Logged{LogKind::ToolUse, QStringLiteral("ls -l"), QStringLiteral("Bash"), false, {}, -1, 0}),
         about(
             1,
             Logged{
                 LogKind::ToolResult, QStringLiteral("37 files"), QStringLiteral("Bash"), false, {}, -1, 0}),
         about(1, Logged{LogKind::Thinking, QStringLiteral("Hm"), {}, false, {}, -1, 0}),
         about(1, Logged{LogKind::Error, QStringLiteral("No"), {}, false, {}, -1, 0}),
         about(1, Logged{LogKind::Result, QStringLiteral("Done"), {}, false, {}, -1, 0}),
         used(1, 231'000, 8 * cent),
         about(1, Compacted{{nowMs, 167'000, 34'000, QStringLiteral("auto")}}),
         about(1, Compacted{{nowMs, 167'000, std::nullopt, {}}}),
         about(1, PermissionAsked{QStringLiteral("r"),
                                  PermissionKind::Permission,
                                  QStringLiteral("Bash"),
                                  QStringLiteral("npm run migrate"),
                                  {}}),
         about(1, PermissionAnswered{QStringLiteral("r"), QStringLiteral("allowed")}),
         about(1, StateChanged{AgentState::Blocked, StateSource::Registry,
                               QStringLiteral("permission prompt"), nowMs}),
         about(1, AlertRaised{FillLevel::Critical, 0.912}),
         about(1, TextStreamed{QStringLiteral("x"), true}),
         {0, nowMs, {}, SpendChanged{}}},
        agents);

    QCOMPARE(shown(model),
             (QStringList{QStringLiteral("api prompt: Go"), QStringLiteral("api tool: Bash ls -l"),
                          QStringLiteral("api tool: Bash → 37 files"), QStringLiteral("api thinking: Hm"),
                          QStringLiteral("api error: No"), QStringLiteral("api result: Done"),
                          QStringLiteral("api usage: context 228k → 231k · +$0.04"),
                          QStringLiteral("api compaction: context 167k → 34k freed 133k (auto)"),
                          QStringLiteral("api compaction: context 167k → –"),
                          QStringLiteral("api permission: Bash npm run migrate"),
                          QStringLiteral("api permission: Request allowed"),
                          QStringLiteral("api state: needs you · permission prompt"),
                          QStringLiteral("api state: context at 91% of its limit")}));
    QCOMPARE(inserted.size(), 1);
    for (int row = 0; row < model.rowCount(); ++row)
        QVERIFY(EventModel::tags().contains(model.tagAt(row)));
}

void TestEventModel::rolesTellWhereTheRestIs()
{
    AgentModel agents;
    agents.reset({agent(1)});
    EventModel model;
    model.apply(
        {about(
            1,
            Logged{
                LogKind::Text, QStringLiteral("two\nlines"), {}, true, QStringLiteral("/a.jsonl"), 77, 2})},
        agents);

    const QModelIndex index = model.index(0, EventModel::TextColumn);
    QCOMPARE(index.data(EventModel::AtRole).toLongLong(), nowMs);
    QCOMPARE(index.data(EventModel::AgentRole).value<AgentId>(), idOf(1));
    QCOMPARE(index.data(EventModel::AgentNameRole).toString(), QStringLiteral("agent-1"));
    QCOMPARE(index.data(EventModel::TextRole).toString(), QStringLiteral("two lines"));
    QCOMPARE(index.data(EventModel::WholeTextRole).toString(), QStringLiteral("two\nlines"));
    QCOMPARE(index.data(EventModel::TruncatedRole).toBool(), true);
    QCOMPARE(index.data(EventModel::FileRole).toString(), QStringLiteral("/a.jsonl"));
    QCOMPARE(index.data(EventModel::OffsetRole).toLongLong(), 77);
    QCOMPARE(index.data(EventModel::BlockRole).toInt(), 2);
    QCOMPARE(index.data(Qt::AccessibleTextRole).toString(),
             moment(nowMs, QDateTime::currentMSecsSinceEpoch()) +
                 QStringLiteral(", agent-1, text, two lines"));
    QCOMPARE(model.headerData(EventModel::KindColumn, Qt::Horizontal, Qt::DisplayRole).toString(),
             QStringLiteral("Kind"));
    QCOMPARE(model.roleNames().value(EventModel::WholeTextRole), QByteArray("wholeText"));
}

void TestEventModel::foreignTextIsPlainAndShort()
{
    AgentModel agents;
    EventModel model;
    model.apply({said(1, QStringLiteral("<b>a</b>\x1b[31m\u202E")), said(1, QString(8000, QLatin1Char('x')))},
                agents);

    QCOMPARE(model.index(0, 3).data().toString(), QStringLiteral("<b>a</b>␛[31m‹U+202E›"));
    QVERIFY(model.index(1, 3).data().toString().size() <= 300);
    QCOMPARE(model.index(1, 3).data(EventModel::WholeTextRole).toString().size(), 8000);
}

void TestEventModel::usageOfOneAgentSharesARow()
{
    AgentModel agents;
    EventModel model;
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    model.apply({used(1, 100'000, 0), used(2, 50'000)}, agents);
    QSignalSpy inserted(&model, &EventModel::rowsInserted);
    QSignalSpy changed(&model, &EventModel::dataChanged);

    model.apply({used(1, 110'000, cent), used(1, 120'000, 3 * cent), used(2, 50'000)}, agents);

    QCOMPARE(shown(model),
             (QStringList{QStringLiteral(" usage: context 120k"), QStringLiteral(" usage: context 50k")}));
    QCOMPARE(inserted.size(), 0);
    QCOMPARE(changed.size(), 1);
    QCOMPARE(changed.first().at(0).toModelIndex().row(), 0);
    QCOMPARE(changed.first().at(1).toModelIndex().row(), 0);
    QVERIFY(changed.first().at(2).value<QList<int>>().contains(EventModel::TextRole));

    model.apply({said(2, QStringLiteral("b")), used(2, 50'001)}, agents); // looks the same: no arrow
    QCOMPARE(shown(model).last(), QStringLiteral(" usage: context 50k"));
    model.apply({said(1, QStringLiteral("a")), used(1, 130'000, 7 * cent), used(1, 140'000, 9 * cent)},
                agents);
    QCOMPARE(shown(model).last(), QStringLiteral(" usage: context 120k → 140k · +$0.06"));
    QCOMPARE(model.rowCount(), 6);
}

void TestEventModel::usageRowsEnd()
{
    AgentModel agents;
    EventModel model;
    model.apply({used(1, 100'000), used(1, 101'000, std::nullopt, nowMs + 59'000),
                 used(1, 102'000, std::nullopt, nowMs + 61'000)},
                agents);
    QCOMPARE(shown(model), (QStringList{QStringLiteral(" usage: context 101k"),
                                        QStringLiteral(" usage: context 101k → 102k")}));
}

void TestEventModel::usageRowsInOneFrame()
{
    AgentModel agents;
    EventModel model;
    Events events;
    for (int i = 0; i < 50; ++i)
        events << used(1, 1000 + i) << used(2, 2000 + i);
    events << said(1, QStringLiteral("between")) << used(1, 90'000) << used(1, 91'000);
    model.apply(events, agents);

    QCOMPARE(shown(model),
             (QStringList{QStringLiteral(" usage: context 1.0k"), QStringLiteral(" usage: context 2.0k"),
                          QStringLiteral(" text: between"), QStringLiteral(" usage: context 1.0k → 91k")}));
}

void TestEventModel::ringDropsTheOldestInSlices()
{
    AgentModel agents;
    EventModel model(160);
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    QSignalSpy removed(&model, &EventModel::rowsRemoved);
    for (int i = 0; i < 200; ++i)
        model.apply({said(1, QString::number(i))}, agents);

    QVERIFY(model.rowCount() <= 160);
    QVERIFY(model.rowCount() >= 150);
    QCOMPARE(removed.size(), 4); // ten at a time
    QCOMPARE(model.index(model.rowCount() - 1, 3).data().toString(), QStringLiteral("199"));
    QCOMPARE(model.index(0, 3).data().toString(), QString::number(200 - model.rowCount()));
}

void TestEventModel::frameLargerThanTheRing()
{
    AgentModel agents;
    EventModel model(10);
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    model.apply({said(1, QStringLiteral("old")), used(1, 1)}, agents);
    Events events{used(1, 5)};
    for (int i = 0; i < 25; ++i)
        events << said(2, QString::number(i));
    events << used(2, 7'000) << used(1, 9'000);
    model.apply(events, agents);

    QCOMPARE(model.rowCount(), 10);
    QCOMPARE(shown(model).at(8), QStringLiteral(" text: 24"));
    QCOMPARE(shown(model).last(), QStringLiteral(" usage: context 7.0k"));
    model.apply({used(1, 9'500), used(2, 8'000)},
                agents); // the first one's row is gone, the other's still there
    QCOMPARE(shown(model).last(), QStringLiteral(" usage: context 9.0k → 9.5k"));
    QCOMPARE(shown(model).at(8), QStringLiteral(" usage: context 8.0k"));
    QCOMPARE(model.rowCount(), 10);
}

void TestEventModel::namesFollow()
{
    AgentModel agents;
    EventModel model;
    model.apply({added(agent(1)), said(1, QStringLiteral("a"))}, agents);
    QSignalSpy changed(&model, &EventModel::dataChanged);
    AgentInfo info;
    info.name = QStringLiteral("a better title");

    model.apply({about(1, AgentChanged{info})}, agents);
    model.apply({about(1, AgentChanged{info})}, agents);

    QCOMPARE(model.index(0, EventModel::AgentColumn).data().toString(), QStringLiteral("a better title"));
    QCOMPARE(changed.size(), 1);
    QVERIFY(changed.first().at(2).value<QList<int>>().contains(EventModel::AgentNameRole));
}

void TestEventModel::clears()
{
    AgentModel agents;
    EventModel model;
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    model.apply({used(1, 5), said(1, QStringLiteral("a"))}, agents);
    model.clear();
    QCOMPARE(model.rowCount(), 0);
    model.apply({used(1, 9)}, agents);
    QCOMPARE(shown(model), (QStringList{QStringLiteral(" usage: context 9")}));
}

void TestEventModel::randomEventsKeepItSound()
{
    QRandomGenerator random(31);
    AgentModel agents;
    EventModel model(64);
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    int rows = 0;
    connect(&model, &EventModel::rowsInserted, this,
            [&](const QModelIndex&, int first, int last) { rows += last - first + 1; });
    connect(&model, &EventModel::rowsRemoved, this,
            [&](const QModelIndex&, int first, int last) { rows -= last - first + 1; });
    for (int frame = 0; frame < 500; ++frame) {
        Events events;
        for (int i = 0; i < random.bounded(frame % 50 == 0 ? 200 : 10); ++i)
            events << randomEvent(random, 6);
        agents.apply(events);
        model.apply(events, agents);
        QCOMPARE(model.rowCount(), rows);
        QVERIFY(rows <= 64);
        for (int row = 0; row < rows; ++row)
            QVERIFY(!model.index(row, EventModel::KindColumn).data().toString().isEmpty());
    }
}

QTEST_GUILESS_MAIN(TestEventModel)
#include "tst_eventmodel.moc"
