// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/askedhost.h"
#include "tests/fleet.h"
#include "ui/agentactions.h"
#include "ui/palettedialog.h"
#include "ui/promptinput.h"

#include <QAction>
#include <QJsonArray>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTest>

using namespace plimsoll;
using plimsoll::test::agentOf;
using plimsoll::test::AskedHost;

namespace {

constexpr qint64 baseMs = 1'700'000'000'000;

Agent driven(int number, AgentState state)
{
    Agent agent = agentOf(number, QStringLiteral("api-migration"), state, 100'000, baseMs);
    agent.info.commands = {QStringLiteral("command_agent"), QStringLiteral("interrupt_agent"),
                           QStringLiteral("compact_agent"), QStringLiteral("stop_agent"),
                           QStringLiteral("delete_agent")};
    return agent;
}

void mayAll(AskedHost& host)
{
    host.about.commands = driven(1, AgentState::Idle).info.commands;
    host.about.commands << QStringLiteral("resume_agent");
}

QPushButton* button(const QWidget& input, const char* text)
{
    for (QPushButton* candidate : input.findChildren<QPushButton*>()) {
        if (candidate->text() == QLatin1String(text) && candidate->isVisible())
            return candidate;
    }
    return nullptr;
}

bool shows(const QWidget& input, const char* part)
{
    for (const QLabel* label : input.findChildren<QLabel*>()) {
        if (label->isVisible() && label->text().contains(QString::fromUtf8(part)))
            return true;
    }
    return false;
}

QPlainTextEdit* edit(const QWidget& input)
{
    return input.findChild<QPlainTextEdit*>();
}

} // namespace

class TestPromptInput : public QObject
{
    Q_OBJECT

private slots:
    void observedAgentTakesNothing();
    void textStaysUntilItIsTaken();
    void runningTurnIsSteeredQueuedOrInterrupted();
    void tokensAreCounted();
    void historyComesBack();
    void eachAgentHasItsDraft();
    void endedAgentIsResumed();
    void whoMayNotActIsToldWhy();
    void menuCommands();
    void modelsAndModesAreOffered();
};

void TestPromptInput::observedAgentTakesNothing()
{
    AskedHost host;
    mayAll(host);
    PromptInput input(host);

    input.setAgent(agentOf(1, QStringLiteral("seen"), AgentState::Idle, 1, baseMs));

    QVERIFY(!input.isVisible());
}

void TestPromptInput::textStaysUntilItIsTaken()
{
    AskedHost host;
    mayAll(host);
    PromptInput input(host);
    input.setAgent(driven(1, AgentState::Idle));
    QVERIFY(!button(input, "Send")->isEnabled());

    edit(input)->setPlainText(QStringLiteral("run the tests\nthen stop"));
    QTest::keyClick(edit(input), Qt::Key_Return, Qt::ControlModifier);

    const auto first = host.askedFor(QStringLiteral("command_agent"));
    QCOMPARE(first.size(), 1);
    QCOMPARE(first.constFirst().params.value(QLatin1String("text")).toString(),
             QStringLiteral("run the tests\nthen stop"));
    QCOMPARE(first.constFirst().params.value(QLatin1String("agent_id")).toString(),
             driven(1, AgentState::Idle).id.toString());
    QVERIFY(!button(input, "Send")->isEnabled()); // not twice
    host.refuse(first.constFirst().id, QStringLiteral("it does not take messages now"));
    QVERIFY(shows(input, "it does not take messages now"));
    QVERIFY(!edit(input)->toPlainText().isEmpty());

    button(input, "Send")->click();
    host.answer(host.asked.constLast().id, {});
    QVERIFY(edit(input)->toPlainText().isEmpty());
    QVERIFY(!shows(input, "it does not take messages now"));
}

void TestPromptInput::runningTurnIsSteeredQueuedOrInterrupted()
{
    AskedHost host;
    mayAll(host);
    PromptInput input(host);
    input.setAgent(driven(1, AgentState::Executing));
    edit(input)->setPlainText(QStringLiteral("use the other table"));

    QVERIFY(button(input, "Queue")->isEnabled());
    button(input, "Steer")->click();
    QCOMPARE(host.asked.constLast().params.value(QLatin1String("mode")).toString(), QStringLiteral("steer"));
    button(input, "Interrupt")->click();
    QCOMPARE(host.asked.constLast().method, QStringLiteral("interrupt_agent"));

    input.setAgent(driven(1, AgentState::Idle));
    QVERIFY(button(input, "Steer") == nullptr);
    QVERIFY(!button(input, "Interrupt")->isEnabled());
}

void TestPromptInput::tokensAreCounted()
{
    AskedHost host;
    mayAll(host);
    PromptInput input(host);
    input.setAgent(driven(1, AgentState::Idle)); // 100k of 200k are free
    const auto answer = [&host](qint64 tokens) {
        host.answer(host.asked.constLast().id, {{QStringLiteral("tokens"), tokens},
                                                {QStringLiteral("basis"), QStringLiteral("estimated")}});
    };

    edit(input)->setPlainText(QStringLiteral("some words"));
    QVERIFY(shows(input, "counting…"));
    QVERIFY(host.askedFor(QStringLiteral("tokens")).isEmpty()); // not at each key
    QTRY_COMPARE(host.askedFor(QStringLiteral("tokens")).size(), 1);
    const quint64 old = host.asked.constLast().id;
    answer(12);
    QVERIFY(shows(input, "~12 tokens"));

    edit(input)->setPlainText(QStringLiteral("other words"));
    host.answer(old, {{QStringLiteral("tokens"), 7}});
    QVERIFY(shows(input, "counting…"));
    QTRY_COMPARE(host.askedFor(QStringLiteral("tokens")).size(), 2);
    answer(79'999);
    QVERIFY(!shows(input, "left"));
    edit(input)->setPlainText(QStringLiteral("more words"));
    QTRY_COMPARE(host.askedFor(QStringLiteral("tokens")).size(), 3);
    answer(80'000);
    QVERIFY(shows(input, "fills what is left"));
    edit(input)->setPlainText(QStringLiteral("too many words"));
    QTRY_COMPARE(host.askedFor(QStringLiteral("tokens")).size(), 4);
    answer(95'000);
    QVERIFY(shows(input, "hardly fits"));

    edit(input)->clear();
    QVERIFY(!shows(input, "tokens") && !shows(input, "counting…"));
}

void TestPromptInput::historyComesBack()
{
    AskedHost host;
    mayAll(host);
    PromptInput input(host);
    input.setAgent(driven(1, AgentState::Idle));
    for (const char* text : {"first", "second"}) {
        edit(input)->setPlainText(QLatin1String(text));
        button(input, "Send")->click();
        host.answer(host.asked.constLast().id, {});
    }
    edit(input)->setPlainText(QStringLiteral("draft"));

    QTest::keyClick(edit(input), Qt::Key_Up);
    QCOMPARE(edit(input)->toPlainText(), QStringLiteral("second"));
    QTest::keyClick(edit(input), Qt::Key_Up);
    QTest::keyClick(edit(input), Qt::Key_Up);
    QCOMPARE(edit(input)->toPlainText(), QStringLiteral("first"));
    QTest::keyClick(edit(input), Qt::Key_Down);
    QTest::keyClick(edit(input), Qt::Key_Down);
    QCOMPARE(edit(input)->toPlainText(), QStringLiteral("draft"));
}

void TestPromptInput::eachAgentHasItsDraft()
{
    AskedHost host;
    mayAll(host);
    PromptInput input(host);
    input.setAgent(driven(1, AgentState::Idle));
    edit(input)->setPlainText(QStringLiteral("for the first"));

    input.setAgent(driven(2, AgentState::Idle));
    QVERIFY(edit(input)->toPlainText().isEmpty());
    input.setAgent(driven(1, AgentState::Idle));
    QCOMPARE(edit(input)->toPlainText(), QStringLiteral("for the first"));
}

void TestPromptInput::endedAgentIsResumed()
{
    AskedHost host;
    mayAll(host);
    PromptInput input(host);
    Agent agent = driven(1, AgentState::Complete);
    agent.info.commands = {QStringLiteral("resume_agent"), QStringLiteral("delete_agent")};
    input.setAgent(agent);

    QVERIFY(!edit(input)->isVisible());
    button(input, "Resume")->click();

    QCOMPARE(host.asked.constLast().method, QStringLiteral("resume_agent"));
}

void TestPromptInput::whoMayNotActIsToldWhy()
{
    AskedHost host;
    host.about.refusal = QStringLiteral("This link has the role viewer");
    PromptInput input(host);
    input.setAgent(driven(1, AgentState::Executing));
    edit(input)->setPlainText(QStringLiteral("text"));

    QVERIFY(shows(input, "the role viewer"));
    for (const char* text : {"Queue", "Steer", "Interrupt"})
        QVERIFY(!button(input, text)->isEnabled());
    QTest::keyClick(edit(input), Qt::Key_Return, Qt::ControlModifier);
    QVERIFY(host.askedFor(QStringLiteral("command_agent")).isEmpty());

    mayAll(host);
    emit host.capabilitiesChanged();
    QVERIFY(!shows(input, "the role viewer"));
    QVERIFY(button(input, "Steer")->isEnabled());
}

void TestPromptInput::menuCommands()
{
    AskedHost host;
    mayAll(host);
    PromptInput input(host);
    input.setAgent(driven(1, AgentState::Idle));

    QStringList methods;
    for (QAction* action : input.findChildren<QAction*>()) {
        if (action->text().startsWith(QLatin1String("Compact")) ||
            action->text().startsWith(QLatin1String("End"))) {
            action->trigger();
            methods << host.asked.constLast().method;
        }
    }

    QCOMPARE(methods, (QStringList{QStringLiteral("compact_agent"), QStringLiteral("stop_agent")}));
}

/// As the agent tells them; the choice goes to the host, and what is refused is said.
void TestPromptInput::modelsAndModesAreOffered()
{
    AskedHost host;
    mayAll(host);
    host.about.commands << QStringLiteral("set_model") << QStringLiteral("set_permission_mode");
    PromptInput input(host);
    Agent agent = driven(1, AgentState::Idle);
    agent.info.commands << QStringLiteral("set_model") << QStringLiteral("set_permission_mode");
    input.setAgent(agent);
    input.show();
    const QJsonObject opus{{QStringLiteral("value"), QStringLiteral("opus")},
                           {QStringLiteral("name"), QStringLiteral("Opus & friends")}};
    host.answer(host.askedFor(QStringLiteral("agent_menu")).constLast().id,
                {{QStringLiteral("models"), QJsonArray{opus}},
                 {QStringLiteral("permission_mode"), QStringLiteral("plan")}});

    const QList<PaletteEntry> entries = actionEntries(menuActions(*input.actions().menu()));
    QHash<QString, PaletteEntry> byText;
    for (const PaletteEntry& entry : entries)
        byText.insert(entry.text, entry);
    QVERIFY(byText.contains(QStringLiteral("Model: Opus & friends")));
    QVERIFY(byText.contains(QStringLiteral("Permissions: Plan only")));
    QVERIFY(!byText.value(QStringLiteral("Interrupt")).refusal.isEmpty()); // no turn runs
    QAction* checked = nullptr;
    for (QAction* action : menuActions(*input.actions().menu()))
        checked = action->isChecked() ? action : checked;
    QVERIFY(checked != nullptr);
    QCOMPARE(checked->text(), QStringLiteral("Plan only"));

    byText.value(QStringLiteral("Model: Opus & friends")).run();
    QCOMPARE(host.asked.constLast().method, QStringLiteral("set_model"));
    QCOMPARE(host.asked.constLast().params.value(QStringLiteral("model")),
             QJsonValue(QStringLiteral("opus")));
    byText.value(QStringLiteral("Permissions: Let it edit files")).run();
    QCOMPARE(host.asked.constLast().params.value(QStringLiteral("mode")),
             QJsonValue(QStringLiteral("acceptEdits")));
    host.refuse(host.asked.constLast().id, QStringLiteral("not for you"));
    QVERIFY(shows(input, "not for you"));
}

QTEST_MAIN(TestPromptInput)
#include "tst_promptinput.moc"
