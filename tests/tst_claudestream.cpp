// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/agents/claude/claudestream.h"

#include <QFile>
#include <QJsonDocument>
#include <QRandomGenerator>
#include <QtTest>

using namespace plimsoll;
using Kind = ClaudeFrame::Kind;

namespace {

QByteArray askLine(const QByteArray& input)
{
    return R"({"type":"control_request","request_id":"r1","request":{"subtype":"can_use_tool","tool_name":"Bash","input":)" +
           input +
           R"(,"permission_suggestions":[{"type":"addRules","rules":[{"toolName":"Bash","ruleContent":"touch a"}],"behavior":"allow","destination":"localSettings"},{"type":"setMode","mode":"acceptEdits","destination":"session"}]}})";
}

ClaudeFrame parsed(const QByteArray& line)
{
    return parseClaudeFrame(line).value_or(ClaudeFrame());
}

/// A JSON object as a client may write it: odd spacing, escapes, raw characters of all kinds.
QByteArray randomInput(QRandomGenerator& random)
{
    static const QByteArrayList pieces{
        // NOLINTNEXTLINE(misc-misleading-bidirectional)
        "a",     "\\u202e", "\u202e",         "\\n", "\\\"", "ü",   "\u200b", "\\u0000", "}", "{",
        ",\\\\", "日",      "\\ud83d\\ude00", "'",   "$(x)", "\\/", "😀",      "]",       ":"};
    QByteArray input = "{";
    for (int i = 0; i < random.bounded(4); ++i) {
        input += QByteArray(i > 0 ? "," : "") + QByteArray(random.bounded(3), ' ') + "\"k" +
                 QByteArray::number(i) + "\" :\"";
        for (int j = 0; j < random.bounded(8); ++j)
            input += pieces.at(random.bounded(int(pieces.size())));
        input += '"';
    }
    return input + QByteArray(random.bounded(2), ' ') + '}';
}

} // namespace

class TestClaudeStream : public QObject
{
    Q_OBJECT

private slots:
    void kinds_data()
    {
        QTest::addColumn<QByteArray>("line");
        QTest::addColumn<int>("kind");
        QTest::addColumn<QString>("text");
        const auto row = [](const char* name, const char* line, Kind kind, const char* text) {
            QTest::newRow(name) << QByteArray(line) << int(kind) << QString::fromUtf8(text);
        };
        row("state", R"({"type":"system","subtype":"session_state_changed","state":"running"})",
            Kind::SessionState, "running");
        row("status", R"({"subtype":"status","status":null,"type":"system"})", Kind::Status, "");
        row("delta",
            R"({"type":"stream_event","parent_tool_use_id":null,"event":{"type":"content_block_delta","delta":{"type":"text_delta","text":"Hé"}}})",
            Kind::TextDelta, "Hé");
        row("delta of a subagent",
            R"({"type":"stream_event","parent_tool_use_id":"t","event":{"type":"content_block_delta","delta":{"type":"text_delta","text":"x"}}})",
            Kind::Other, "");
        row("end", R"({"type":"stream_event","event":{"type":"message_stop"}})", Kind::TextEnd, "");
        row("failed",
            R"({"result":"prompt is too long","subtype":"success","is_error":true,"type":"result"})",
            Kind::Result, "prompt is too long");
        row("unknown request",
            R"({"type":"control_request","request_id":"r","request":{"subtype":"elicitation"}})",
            Kind::OtherRequest, "elicitation");
        row("retry",
            R"({"type":"system","subtype":"api_retry","attempt":2,"max_retries":10,"error":"overloaded"})",
            Kind::Retry, "attempt 2 of 10: overloaded");
        row("plan",
            R"({"type":"assistant","message":{"content":[{"type":"tool_use","id":"t","name":"ExitPlanMode","input":{"plan":"sail"}}]}})",
            Kind::Plan, "sail");
        row("plan of a subagent",
            R"({"type":"assistant","parent_tool_use_id":"p","message":{"content":[{"type":"tool_use","id":"t","name":"ExitPlanMode","input":{"plan":"sail"}}]}})",
            Kind::Other, "");
        row("answer", R"({"type":"assistant","message":{"content":"no list"}})", Kind::Other, "");
        row("task", R"({"type":"system","subtype":"task_started","task_id":"a"})", Kind::Task,
            "task_started");
        row("lifecycle", R"({"type":"command_lifecycle","command_uuid":"u","state":"started"})",
            Kind::Lifecycle, "started");
        row("unknown", R"({"type":"brand_new"})", Kind::Other, "");
        row("wrong types", R"({"type":5,"subtype":[]})", Kind::Other, "");
    }

    void kinds()
    {
        QFETCH(QByteArray, line);
        QFETCH(int, kind);
        QFETCH(QString, text);
        QCOMPARE(int(parsed(line).kind), kind);
        QCOMPARE(parsed(line).text, text);
    }

    void interruptedIsNoFailure()
    {
        const ClaudeFrame frame = parsed(
            R"({"type":"result","subtype":"error_during_execution","is_error":true,"terminal_reason":"aborted_streaming"})");
        QCOMPARE(frame.kind, Kind::Result);
        QVERIFY(!frame.isError);
    }

    void notJsonIsNothing()
    {
        for (const char* line : {"", "x", "[1]", "{\"type\":", "\x00\xff", "12"})
            QVERIFY(!parseClaudeFrame(line));
    }

    /// What is shown, what is hashed and what is sent back are the bytes that came.
    void inputStaysByteForByte()
    {
        QRandomGenerator random(7);
        for (int i = 0; i < 100'000; ++i) {
            const QByteArray input = randomInput(random);
            const ClaudeFrame frame = parsed(askLine(input));
            QCOMPARE(frame.kind, Kind::Question);
            QCOMPARE(frame.question.input, input);
            QCOMPARE(QString::fromUtf8(frame.question.input).toUtf8(), input);
            const QByteArray reply = permissionReply(
                QStringLiteral("r1"), {DriveAnswer::Effect::AllowOnce, frame.question.input, {}, {}}, {});
            QVERIFY(reply.contains("\"updatedInput\":" + input + "}"));
            QCOMPARE(reply.count('\n'), 1);
            QVERIFY(QJsonDocument::fromJson(reply).isObject());
        }
    }

    void inputThatCannotBeShownIsRefused()
    {
        QCOMPARE(parsed(askLine("{\"command\":\"\xff\"}")).kind == Kind::Question, false);
        QCOMPARE(parsed(askLine("\"text\"")).kind, Kind::OtherRequest);
        QCOMPARE(
            parsed(
                R"({"type":"control_request","request_id":"r1","request":{"subtype":"can_use_tool","tool_name":"X"}})")
                .kind,
            Kind::OtherRequest);
    }

    void sessionMeansRulesOfThisSessionOnly()
    {
        const ClaudeFrame frame = parsed(askLine("{}"));
        QCOMPARE(frame.question.sessionLabel, QStringLiteral("Bash(touch a)"));
        const QJsonArray rules = sessionRules(frame.suggestions);
        QCOMPARE(rules.size(), 1); // no change of mode: that would allow more than is shown
        QCOMPARE(rules.first().toObject().value(QStringLiteral("destination")).toString(),
                 QStringLiteral("session"));
        const QByteArray reply =
            permissionReply(QStringLiteral("r1"), {DriveAnswer::Effect::AllowSession, "{}", {}, {}}, rules);
        QVERIFY(reply.contains("updatedPermissions"));
        QVERIFY(!permissionReply(QStringLiteral("r1"), {DriveAnswer::Effect::AllowOnce, "{}", {}, {}}, rules)
                     .contains("updatedPermissions"));
    }

    /// A person would agree to the part that he sees.
    void sessionRuleThatIsTooLongToBeSeenIsNotOffered()
    {
        const QByteArray shown = askLine("{}");
        QByteArray rule = shown;
        QVERIFY(rule.contains("touch a"));
        rule.replace("touch a", QByteArray(480, 'a'));
        QVERIFY(!parsed(rule).question.sessionLabel.isEmpty());
        rule = shown;
        rule.replace("touch a", QByteArray(600, 'a'));
        QCOMPARE(parsed(rule).question.sessionLabel, QString());
    }

    void denialsSayWhyAndMayStop()
    {
        const auto response = [](const QByteArray& line) {
            return QJsonDocument::fromJson(line)
                .object()
                .value(QStringLiteral("response"))
                .toObject()
                .value(QStringLiteral("response"))
                .toObject();
        };
        const QJsonObject denied = response(permissionReply(
            QStringLiteral("r"), {DriveAnswer::Effect::Deny, {}, {}, QStringLiteral("no\n\"way\"")}, {}));
        QCOMPARE(denied.value(QStringLiteral("behavior")).toString(), QStringLiteral("deny"));
        QCOMPARE(denied.value(QStringLiteral("message")).toString(), QStringLiteral("no\n\"way\""));
        QVERIFY(!denied.contains(QStringLiteral("interrupt")));
        QVERIFY(
            response(permissionReply(QStringLiteral("r"), {DriveAnswer::Effect::DenyAndStop, {}, {}, {}}, {}))
                .value(QStringLiteral("interrupt"))
                .toBool());
    }

    void answersAreAddedToTheQuestion()
    {
        const QByteArray reply = permissionReply(QStringLiteral("r"),
                                                 {DriveAnswer::Effect::AllowOnce,
                                                  R"({"questions":[{"question":"Which?"}] })",
                                                  {{QStringLiteral("Which?"), QStringLiteral("Red")}},
                                                  {}},
                                                 {});
        const QJsonObject input = QJsonDocument::fromJson(reply)
                                      .object()
                                      .value(QStringLiteral("response"))
                                      .toObject()
                                      .value(QStringLiteral("response"))
                                      .toObject()
                                      .value(QStringLiteral("updatedInput"))
                                      .toObject();
        QCOMPARE(input.value(QStringLiteral("answers")).toObject().value(QStringLiteral("Which?")).toString(),
                 QStringLiteral("Red"));
        QCOMPARE(input.value(QStringLiteral("questions")).toArray().size(), 1);
    }

    void recordedSessionsAreUnderstood()
    {
        QFile file(QStringLiteral(SHARED_DIR
                                  "/reference/claude-code/samples/wire/permissions-and-interrupts.jsonl"));
        if (!file.open(QIODevice::ReadOnly))
            QSKIP("the samples of ../shared are not here");
        int questions = 0;
        int results = 0;
        int withdrawn = 0;
        while (!file.atEnd()) {
            const QJsonObject entry = QJsonDocument::fromJson(file.readLine()).object();
            if (entry.value(QStringLiteral("dir")).toString() != QLatin1String("out"))
                continue;
            const auto frame = parseClaudeFrame(
                QJsonDocument(entry.value(QStringLiteral("line")).toObject()).toJson(QJsonDocument::Compact));
            QVERIFY(frame);
            questions += frame->kind == Kind::Question ? 1 : 0;
            results += frame->kind == Kind::Result ? 1 : 0;
            withdrawn += frame->kind == Kind::Withdrawn ? 1 : 0;
        }
        QVERIFY(questions >= 5);
        QVERIFY(results >= 5);
        QVERIFY(withdrawn >= 1);
    }
};

QTEST_GUILESS_MAIN(TestClaudeStream)
#include "tst_claudestream.moc"
