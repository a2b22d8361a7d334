// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/agentmodel.h"
#include "tests/askedhost.h"
#include "tests/childprocess.h"
#include "tests/fleet.h"
#include "ui/agentdetails.h"
#include "ui/detailspanel.h"
#include "ui/permissioncard.h"
#include "ui/resumecommand.h"

#include <QApplication>
#include <QClipboard>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTemporaryDir>
#include <QTest>

using namespace plimsoll;
using plimsoll::test::added;
using plimsoll::test::agentOf;
using plimsoll::test::AskedHost;
using plimsoll::test::idOf;

namespace {

constexpr qint64 baseMs = 1'700'000'000'000;
constexpr qint64 cent = 10'000'000'000; // pico-USD

Agent claude(int number)
{
    Agent agent = agentOf(number, QStringLiteral("api-migration"), AgentState::Executing, 171'000, baseMs);
    agent.info.sessionId = QStringLiteral("8a7c-11_Z");
    agent.info.workingDir = QStringLiteral("/home/ada/shop");
    return agent;
}

QString valueOf(const QList<DetailRow>& rows, const char* label)
{
    for (const DetailRow& row : rows) {
        if (row.label == QLatin1String(label))
            return row.value;
    }
    return QStringLiteral("(no row)");
}

bool shows(const QWidget& widget, const QString& part)
{
    for (const QLabel* label : widget.findChildren<QLabel*>()) {
        if (label->isVisibleTo(&widget) && label->text().contains(part))
            return true;
    }
    return false;
}

QPushButton* button(const QWidget& widget, const char* text)
{
    for (QPushButton* candidate : widget.findChildren<QPushButton*>()) {
        if (candidate->text() == QLatin1String(text))
            return candidate;
    }
    return nullptr;
}

} // namespace

class TestDetailsPanel : public QObject
{
    Q_OBJECT

private slots:
    void resumeCommands_data();
    void resumeCommands();
    void subagentResumesItsParent();
    void shellReadsTheQuotedWord_data();
    void shellReadsTheQuotedWord();
    void numbersSayWhatIsUnknown();
    void notInTheLog();
    void treeCostNeedsEveryPart();
    void compactionsNewestFirst();
    void modelsOnlyWhereMany();

    void nothingChosenIsCalm();
    void blockedAgentShowsWhatItAsks();
    void blockedWithoutAQuestionShowsTheReason();
    void drivenAgentIsAnsweredHere();
    void hostileTextStaysPlain();
    void missingFolderIsRefused();
    void resumeCommandIsCopied();
    void everyFocusableWidgetHasAName();
};

void TestDetailsPanel::resumeCommands_data()
{
    QTest::addColumn<AgentKind>("kind");
    QTest::addColumn<QString>("session");
    QTest::addColumn<QString>("folder");
    QTest::addColumn<QString>("command");
    const auto row = [](const char* name, AgentKind kind, const QString& session, const QString& folder,
                        const QString& command) {
        QTest::newRow(name) << kind << session << folder << command;
    };
    const QString id = QStringLiteral("8a7c-11_Z");
    const QString dir = QStringLiteral("/home/ada/shop");
    row("claude", AgentKind::ClaudeCode, id, dir,
        QStringLiteral("cd '/home/ada/shop' && claude --resume 8a7c-11_Z"));
    row("codex", AgentKind::Codex, id, dir, QStringLiteral("cd '/home/ada/shop' && codex resume 8a7c-11_Z"));
    row("no folder", AgentKind::Codex, id, {}, QStringLiteral("codex resume 8a7c-11_Z"));
    row("quote in the folder", AgentKind::Codex, id, QStringLiteral("/a'b $(x) `y`"),
        QStringLiteral("cd '/a'\\''b $(x) `y`' && codex resume 8a7c-11_Z"));
    row("other kind", AgentKind::Other, id, dir, {});
    row("no id", AgentKind::Codex, {}, dir, {});
    row("command in the id", AgentKind::Codex, QStringLiteral("a;rm -rf ~"), dir, {});
    row("line in the id", AgentKind::Codex, QStringLiteral("abc\n"), dir, {});
    row("option as id", AgentKind::Codex, QStringLiteral("--yolo"), dir, {});
    row("line in the folder", AgentKind::Codex, id, QStringLiteral("/a\nb"), {});
    row("relative folder", AgentKind::Codex, id, QStringLiteral("-P"), {});
}

void TestDetailsPanel::resumeCommands()
{
    QFETCH(AgentKind, kind);
    QFETCH(QString, session);
    QFETCH(QString, folder);
    QFETCH(QString, command);
    Agent agent = claude(1);
    agent.info.kind = kind;
    agent.info.sessionId = session;
    agent.info.workingDir = folder;

    const ResumeCommand resume = resumeCommand(agent, nullptr);

    QCOMPARE(resume.command, command);
    QCOMPARE(resume.reason.isEmpty(), !command.isEmpty());
}

void TestDetailsPanel::subagentResumesItsParent()
{
    Agent child = claude(2);
    child.info.sessionId = QStringLiteral("8a7c-11_Z/agent-1");
    child.info.parentId = idOf(1);
    const Agent parent = claude(1);

    QCOMPARE(resumeCommand(child, &parent).command, resumeCommand(parent, nullptr).command);
    QVERIFY(resumeCommand(child, nullptr).command.isEmpty());
}

void TestDetailsPanel::shellReadsTheQuotedWord_data()
{
    QTest::addColumn<QString>("word");
    QTest::newRow("plain") << QStringLiteral("/home/ada");
    QTest::newRow("space") << QStringLiteral("/home/ada lovelace");
    QTest::newRow("quotes") << QStringLiteral("it's \"so\" ''");
    QTest::newRow("commands") << QStringLiteral("$(touch /tmp/x) `id` ; & | > < \\ ! * ? ~ #");
    QTest::newRow("empty") << QString();
}

void TestDetailsPanel::shellReadsTheQuotedWord()
{
    NEEDS_CHILD_PROCESSES();
    QFETCH(QString, word);
    QProcess shell;

    shell.start(QStringLiteral("/bin/sh"),
                {QStringLiteral("-c"), QStringLiteral("printf %s ") + shellQuoted(word)});

    QVERIFY(shell.waitForFinished());
    QCOMPARE(QString::fromUtf8(shell.readAllStandardOutput()), word);
}

void TestDetailsPanel::numbersSayWhatIsUnknown()
{
    Agent agent;
    const QList<DetailRow> unknown = numberRows(agent, std::nullopt);
    for (const char* label : {"Peak", "Input, uncached", "Output", "Turns", "Cost"})
        QCOMPARE(valueOf(unknown, label), QStringLiteral("–"));

    const QList<DetailRow> known = numberRows(claude(1), std::nullopt);
    QCOMPARE(valueOf(known, "Context"), QStringLiteral("171k (86%)"));
    QCOMPARE(valueOf(known, "Compacts at"), QStringLiteral("167k (83.5%)"));
    QCOMPARE(known.first().basis, QStringLiteral("reported"));
    QVERIFY(!known.first().tip.isEmpty());
}

void TestDetailsPanel::notInTheLog()
{
    Agent agent = claude(1);
    agent.usage.reportedTreeCostPico = 500 * cent;

    QCOMPARE(valueOf(numberRows(agent, 418 * cent), "Not in the log"), QStringLiteral("$0.82"));
    QCOMPARE(valueOf(numberRows(agent, 510 * cent), "Log above report"), QStringLiteral("$0.10"));
    QCOMPARE(valueOf(numberRows(agent, std::nullopt), "Not in the log"), QStringLiteral("(no row)"));
    agent.usage.reportedTreeCostPico.reset();
    QCOMPARE(valueOf(numberRows(agent, 418 * cent), "Reported cost of the tree"), QStringLiteral("(no row)"));
}

void TestDetailsPanel::treeCostNeedsEveryPart()
{
    Agent top = claude(1);
    Agent child = claude(2);
    child.info.parentId = top.id;
    Agent grandchild = claude(3);
    grandchild.info.parentId = child.id;
    const Agent other = claude(4);
    const qint64 each = *top.usage.costPico;

    QCOMPARE(treeCost({top, child, grandchild, other}, top.id), Count(3 * each));
    QCOMPARE(treeCost({top, child, grandchild, other}, child.id), Count(2 * each));
    grandchild.usage.costPico.reset();
    QCOMPARE(treeCost({top, child, grandchild}, top.id), Count());
    grandchild.usage.costPico = each;
    top.info.parentId = grandchild.id; // a circle ends
    QCOMPARE(treeCost({top, child, grandchild}, top.id), Count(3 * each));
    QCOMPARE(treeCost({}, top.id), Count());
}

void TestDetailsPanel::compactionsNewestFirst()
{
    Agent agent = claude(1);
    agent.info.compactions = {{baseMs, 167'000, 34'000, QStringLiteral("auto")},
                              {baseMs + 1000, {}, 31'000, {}}};

    const QList<DetailRow> rows = compactionRows(agent);

    QCOMPARE(rows.size(), 2);
    QCOMPARE(rows.at(0).value, QStringLiteral("– → 31k"));
    QCOMPARE(rows.at(1).value, QStringLiteral("167k → 34k"));
    QCOMPARE(rows.at(1).basis, QStringLiteral("auto"));
}

void TestDetailsPanel::modelsOnlyWhereMany()
{
    Agent agent = claude(1);
    agent.usage.byModel = {{QStringLiteral("claude-opus-4-5-20251101"), 100, 20, 1000, 0, 0, 0, 4 * cent}};
    QVERIFY(modelRows(agent).isEmpty());
    agent.usage.byModel.prepend({QStringLiteral("claude-haiku-4-5"), 1, 2, 3, 4, 5, 6, std::nullopt});

    const QList<DetailRow> rows = modelRows(agent);

    QCOMPARE(rows.size(), 2);
    QCOMPARE(rows.at(0).label, QStringLiteral("haiku-4-5"));
    QCOMPARE(rows.at(0).value, QStringLiteral("in 13 · out 2 · –"));
}

void TestDetailsPanel::nothingChosenIsCalm()
{
    AskedHost host;
    AgentModel agents;
    DetailsPanel panel(host, agents);
    panel.show();

    QVERIFY(shows(panel, QStringLiteral("Choose an agent")));
    panel.setAgent(idOf(9)); // not known
    QVERIFY(shows(panel, QStringLiteral("Choose an agent")));
    QVERIFY(host.asked.isEmpty());
    agents.apply({added(claude(9))});
    panel.apply({added(claude(9))});
    QVERIFY(shows(panel, QStringLiteral("api-migration")));
    QCOMPARE(host.askedFor(QStringLiteral("history")).size(), 1);
    agents.reset({});
    panel.reset();
    QVERIFY(shows(panel, QStringLiteral("Choose an agent")));
}

void TestDetailsPanel::blockedAgentShowsWhatItAsks()
{
    AskedHost host;
    AgentModel agents;
    DetailsPanel panel(host, agents);
    panel.show();
    const Agent agent = claude(1);
    const QString command = QStringLiteral("rm -rf build && npm run migrate");
    const Events events{
        added(agent),
        {0, baseMs, agent.id,
         StateChanged{AgentState::Blocked, StateSource::Registry, QStringLiteral("permission"), baseMs}},
        {0, baseMs, agent.id,
         PermissionAsked{QStringLiteral("r1"), PermissionKind::Permission, QStringLiteral("Bash"), command,
                         QStringLiteral("/home/ada/shop")}}};
    agents.apply(events);
    panel.apply(events);
    panel.setAgent(agent.id);

    const auto* card = panel.findChild<PermissionCard*>();
    QVERIFY(card->isVisible());
    QCOMPARE(card->findChild<QPlainTextEdit*>()->toPlainText(), command);
    QVERIFY(shows(*card, QStringLiteral("Permission needed")));
    QVERIFY(shows(*card, QStringLiteral("own terminal")));
    for (const auto* button : card->findChildren<QPushButton*>())
        QVERIFY(!button->isVisible()); // nothing to press that would do nothing

    const Events answered{
        {0, baseMs + 1, agent.id, PermissionAnswered{QStringLiteral("r1"), QStringLiteral("allowed")}},
        {0, baseMs + 1, agent.id,
         StateChanged{AgentState::Executing, StateSource::Registry, {}, baseMs + 1}}};
    agents.apply(answered);
    panel.apply(answered);
    QVERIFY(!card->isVisible());
}

void TestDetailsPanel::blockedWithoutAQuestionShowsTheReason()
{
    AskedHost host;
    AgentModel agents;
    Agent agent = claude(1);
    agent.state = AgentState::Blocked;
    agent.stateReason = QStringLiteral("waits for a permission");
    agents.apply({added(agent)});
    DetailsPanel panel(host, agents);
    panel.setAgent(agent.id);
    panel.show();

    const auto* card = panel.findChild<PermissionCard*>();
    QVERIFY(card->isVisible());
    QCOMPARE(card->findChild<QPlainTextEdit*>()->toPlainText(), QStringLiteral("waits for a permission"));
}

void TestDetailsPanel::drivenAgentIsAnsweredHere()
{
    AskedHost host;
    host.about.commands = QStringList{QStringLiteral("answer_permission")};
    AgentModel agents;
    DetailsPanel panel(host, agents);
    panel.show();
    const Agent agent = claude(1);
    PermissionAsked first{QStringLiteral("r1"), PermissionKind::Permission, QStringLiteral("Bash"),
                          QStringLiteral("{}"), QStringLiteral("/home/ada/shop")};
    first.options = {{QStringLiteral("allow_once"), {}, QStringLiteral("allow_once")},
                     {QStringLiteral("deny"), {}, QStringLiteral("deny")}};
    PermissionAsked second = first;
    second.requestId = QStringLiteral("r2");
    const Events events{added(agent), {0, baseMs, agent.id, first}, {0, baseMs, agent.id, second}};
    agents.apply(events);
    panel.apply(events);
    panel.setAgent(agent.id);
    auto* card = panel.findChild<PermissionCard*>();
    QVERIFY(card->isVisible());
    QCOMPARE(card->requestId(), QStringLiteral("r1"));
    QVERIFY(shows(*card, QStringLiteral("1 more behind it")));

    QTRY_VERIFY(button(*card, "Allow once")->isEnabled());
    button(*card, "Allow once")->click();
    const auto asked = host.askedFor(QStringLiteral("answer_permission"));
    QCOMPARE(asked.size(), 1);
    QCOMPARE(asked.constFirst().params.value(QLatin1String("request_id")).toString(), QStringLiteral("r1"));
    host.refuse(asked.constFirst().id, QStringLiteral("there is no link"));
    QVERIFY(shows(*card, QStringLiteral("there is no link")));

    // Somebody else answers one, then the agent withdraws the other.
    panel.apply({{0, baseMs, agent.id, PermissionAnswered{QStringLiteral("r1"), QStringLiteral("denied")}}});
    QCOMPARE(card->requestId(), QStringLiteral("r2"));
    QVERIFY(!shows(*card, QStringLiteral("there is no link")));
    panel.apply({{0, baseMs, agent.id, PermissionAnswered{QStringLiteral("r2"), QStringLiteral("gone")}}});
    QVERIFY(!card->isVisible());
}

void TestDetailsPanel::hostileTextStaysPlain()
{
    AskedHost host;
    AgentModel agents;
    const QString hostile = QStringLiteral("<img src='file:///etc/passwd'><b>x</b>\u202e\u0007");
    Agent agent = claude(1);
    agent.state = AgentState::Blocked;
    agent.stateReason = hostile;
    agent.info.name = hostile;
    agent.info.summary = hostile;
    agent.info.workingDir = QStringLiteral("/") + hostile;
    agent.info.gitBranch = hostile;
    agent.info.sessionId = hostile;
    agent.info.role = hostile;
    agent.info.notes = {hostile};
    agent.info.files = {hostile};
    agents.apply({added(agent)});
    DetailsPanel panel(host, agents);
    panel.setAgent(agent.id);
    panel.show();

    int seen = 0;
    for (const QLabel* label : panel.findChildren<QLabel*>()) {
        QCOMPARE(label->textFormat(), Qt::PlainText);
        QVERIFY(!label->text().contains(QChar(0x202e)) && !label->text().contains(QChar(7)));
        seen += label->text().contains(QLatin1String("<b>x</b>")) ? 1 : 0;
    }
    QVERIFY(seen >= 6);
    for (const QWidget* widget : panel.findChildren<QWidget*>())
        QVERIFY2(!widget->toolTip().contains(QLatin1String("<img")), qPrintable(widget->toolTip()));
    QVERIFY(!button(panel, "Copy resume command")->isEnabled());
}

void TestDetailsPanel::missingFolderIsRefused()
{
    AskedHost host;
    AgentModel agents;
    const QTemporaryDir folder;
    Agent there = claude(1);
    there.info.workingDir = folder.path();
    Agent gone = claude(2);
    gone.info.workingDir = folder.filePath(QStringLiteral("gone"));
    agents.apply({added(there), added(gone)});
    DetailsPanel panel(host, agents);
    panel.show();
    const QPushButton* open = button(panel, "Open folder");

    panel.setAgent(there.id);
    QVERIFY(open->isEnabled());
    panel.setAgent(gone.id);
    QVERIFY(!open->isEnabled());
    QVERIFY(open->toolTip().contains(QLatin1String("not on this machine")));
}

void TestDetailsPanel::resumeCommandIsCopied()
{
    AskedHost host;
    AgentModel agents;
    agents.apply({added(claude(1))});
    DetailsPanel panel(host, agents);
    panel.setAgent(idOf(1));
    panel.show();

    button(panel, "Copy resume command")->click();

    QCOMPARE(QApplication::clipboard()->text(),
             QStringLiteral("cd '/home/ada/shop' && claude --resume 8a7c-11_Z"));
}

void TestDetailsPanel::everyFocusableWidgetHasAName()
{
    AskedHost host;
    AgentModel agents;
    Agent agent = claude(1);
    agent.state = AgentState::Blocked;
    agents.apply({added(agent)});
    DetailsPanel panel(host, agents);
    panel.setAgent(agent.id);
    panel.show();
    for (const QWidget* widget : panel.findChildren<QWidget*>()) {
        if ((widget->focusPolicy() & Qt::TabFocus) != 0 && widget->isVisible())
            QVERIFY2(!widget->accessibleName().isEmpty(), widget->metaObject()->className());
    }
}

QTEST_MAIN(TestDetailsPanel)
#include "tst_detailspanel.moc"
