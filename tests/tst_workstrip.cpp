// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/askedhost.h"
#include "tests/fleet.h"
#include "ui/workstrip.h"

#include <QLabel>
#include <QTest>
#include <QToolButton>

using namespace plimsoll;
using plimsoll::test::agentOf;
using plimsoll::test::AskedHost;
using plimsoll::test::idOf;

namespace {

QJsonObject todo(const char* text, const char* state)
{
    return {{QStringLiteral("text"), QLatin1String(text)}, {QStringLiteral("state"), QLatin1String(state)}};
}

QJsonObject task(const char* id, const char* state)
{
    return {{QStringLiteral("id"), QLatin1String(id)},
            {QStringLiteral("kind"), QStringLiteral("shell")},
            {QStringLiteral("description"), QStringLiteral("<b>make</b>")},
            {QStringLiteral("state"), QLatin1String(state)}};
}

Agent driven()
{
    Agent agent = agentOf(1, QStringLiteral("api"), AgentState::Executing, 1000, 1'700'000'000'000);
    agent.info.commands = {QStringLiteral("stop_task")};
    return agent;
}

QToolButton* button(const QWidget& strip, const char* text)
{
    for (QToolButton* candidate : strip.findChildren<QToolButton*>()) {
        if (candidate->text() == QLatin1String(text) && candidate->isVisible())
            return candidate;
    }
    return nullptr;
}

} // namespace

class TestWorkStrip : public QObject
{
    Q_OBJECT

private slots:
    void linesStandAroundWhatIsBeingDone()
    {
        QJsonArray todos;
        for (int i = 0; i < 10; ++i)
            todos.append(todo("step", i < 6 ? "completed" : i == 6 ? "in_progress" : "pending"));
        QCOMPARE(todoText(todos, 3), QStringLiteral("… 5 before\n☑ step\n▶ step\n☐ step\n… 2 more"));
        QCOMPARE(todoText({}, 3), QString());
        QCOMPARE(todoText({todo("a\nb", "pending")}, 3).count(QLatin1Char('\n')), 0);
    }

    void showsWhatThereIs()
    {
        AskedHost host;
        host.about.commands = {QStringLiteral("stop_task")};
        WorkStrip strip(host);
        strip.setAgent(driven());
        QTRY_COMPARE(host.askedFor(QStringLiteral("todos")).size(), 1);
        QVERIFY(strip.isHidden());
        host.answer(host.askedFor(QStringLiteral("todos")).constLast().id,
                    {{QStringLiteral("todos"), QJsonArray{todo("write", "in_progress")}}});
        host.answer(host.askedFor(QStringLiteral("tasks")).constLast().id,
                    {{QStringLiteral("tasks"), QJsonArray{task("t1", "completed"), task("t2", "running")}}});
        QVERIFY(strip.isVisible());
        QCOMPARE(strip.findChild<QLabel*>()->text(), QStringLiteral("▶ write"));

        button(strip, "Stop")->click(); // of the one that runs, which stands first
        QCOMPARE(host.asked.constLast().method, QStringLiteral("stop_task"));
        QCOMPARE(host.asked.constLast().params.value(QStringLiteral("task_id")),
                 QJsonValue(QStringLiteral("t2")));
        button(strip, "Output")->click();
        QCOMPARE(host.asked.constLast().method, QStringLiteral("task_output"));
        QTRY_VERIFY(host.askedFor(QStringLiteral("tasks")).size() > 1); // it is asked again, while one runs
    }

    void answersOfAnotherAgentAreDropped()
    {
        AskedHost host;
        host.about.commands = {QStringLiteral("stop_task")};
        WorkStrip strip(host);
        strip.setAgent(driven());
        QTRY_COMPARE(host.askedFor(QStringLiteral("tasks")).size(), 1);
        strip.setAgent(agentOf(2, QStringLiteral("seen"), AgentState::Idle, 1000, 1'700'000'000'000));
        host.answer(host.askedFor(QStringLiteral("tasks")).constLast().id,
                    {{QStringLiteral("tasks"), QJsonArray{task("t1", "running")}}});
        QVERIFY(strip.isHidden());
    }

    void aRefusedStopIsSaid()
    {
        AskedHost host;
        host.about.commands = {QStringLiteral("stop_task")};
        WorkStrip strip(host);
        strip.setAgent(driven());
        QTRY_COMPARE(host.askedFor(QStringLiteral("tasks")).size(), 1);
        host.answer(host.askedFor(QStringLiteral("tasks")).constLast().id,
                    {{QStringLiteral("tasks"), QJsonArray{task("t1", "running")}}});
        button(strip, "Stop")->click();
        host.refuse(host.asked.constLast().id, QStringLiteral("<b>no such task</b>\u202e"));
        bool said = false;
        for (const QLabel* label : strip.findChildren<QLabel*>())
            said =
                said || (label->isVisible() && label->text().contains(QStringLiteral("<b>no such task</b>")));
        QVERIFY(said);
    }

    void observedOnesHaveNoTasks()
    {
        AskedHost host;
        WorkStrip strip(host);
        strip.setAgent(agentOf(2, QStringLiteral("seen"), AgentState::Idle, 1000, 1'700'000'000'000));
        QTRY_COMPARE(host.askedFor(QStringLiteral("todos")).size(), 1);
        QVERIFY(host.askedFor(QStringLiteral("tasks")).isEmpty());
        host.answer(host.askedFor(QStringLiteral("todos")).constLast().id,
                    {{QStringLiteral("todos"), QJsonArray()}});
        QVERIFY(strip.isHidden());
        const Logged used{
            LogKind::ToolUse, QStringLiteral("x"), QStringLiteral("TodoWrite"), false, {}, -1, 0};
        // A tool that writes the list has it read again; others do not.
        strip.apply({{0, 1, idOf(2), used}});
        strip.apply({{0, 1, idOf(3), used}});
        QTRY_COMPARE(host.askedFor(QStringLiteral("todos")).size(), 2);
    }
};

QTEST_MAIN(TestWorkStrip)
#include "tst_workstrip.moc"
