// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/orchestrator.h"
#include "models/apply.h"
#include "tests/childprocess.h"
#include "tests/claudelines.h"

#include <QDir>
#include <QTemporaryDir>
#include <QtTest>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <string>
#include <tuple>
#include <unistd.h>

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

/// Prints one line of the stream, and it is on its way.
void sayLine(const QByteArray& line)
{
    std::ignore = std::fwrite(line.constData(), 1, size_t(line.size()), stdout);
    std::ignore = std::fputc('\n', stdout);
    std::ignore = std::fflush(stdout);
}

void sayState(const char* state)
{
    sayLine(QByteArray(R"({"type":"system","subtype":"session_state_changed","state":")") + state + "\"}");
}

QString argumentAfter(const QStringList& arguments, const char* option)
{
    const qsizetype at = arguments.indexOf(QLatin1String(option));
    return at < 0 ? QString() : arguments.value(at + 1);
}

/// A stand-in for Claude Code: answers its prompts as their first word says, and writes its log.
class FakeAgent
{
public:
    explicit FakeAgent(const QStringList& arguments)
        : m_session(argumentAfter(arguments, "--session-id"))
    {
        if (m_session.isEmpty())
            m_session = argumentAfter(arguments, "--resume");
        const QString folder = qEnvironmentVariable("HOME") + QStringLiteral("/.claude/projects/-boat");
        QDir().mkpath(folder);
        m_log = folder + QLatin1Char('/') + m_session + QStringLiteral(".jsonl");
    }

    int run()
    {
        std::string text;
        while (m_exit < 0 && std::getline(std::cin, text))
            take(QJsonDocument::fromJson(QByteArray::fromStdString(text)).object());
        return std::max(m_exit, 0);
    }

private:
    void take(const QJsonObject& line)
    {
        const QString type = line.value(QStringLiteral("type")).toString();
        if (type == QLatin1String("control_request"))
            reply(line);
        else if (type == QLatin1String("control_response"))
            answered(line.value(QStringLiteral("response")).toObject());
        else
            turn(
                line.value(QStringLiteral("message")).toObject().value(QStringLiteral("content")).toString());
    }

    void reply(const QJsonObject& line)
    {
        const QString subtype =
            line.value(QStringLiteral("request")).toObject().value(QStringLiteral("subtype")).toString();
        const QJsonObject response = subtype == QLatin1String("get_context_usage")
                                         ? QJsonObject{{QStringLiteral("rawMaxTokens"), 123'456},
                                                       {QStringLiteral("autoCompactThreshold"), 100'000}}
                                         : QJsonObject();
        sayLine(QJsonDocument(QJsonObject{{QStringLiteral("type"), QStringLiteral("control_response")},
                                          {QStringLiteral("response"),
                                           QJsonObject{{QStringLiteral("subtype"), QStringLiteral("success")},
                                                       {QStringLiteral("request_id"),
                                                        line.value(QStringLiteral("request_id"))},
                                                       {QStringLiteral("response"), response}}}})
                    .toJson(QJsonDocument::Compact));
        if (subtype == QLatin1String("interrupt"))
            finish(
                R"({"type":"result","subtype":"error_during_execution","is_error":true,"terminal_reason":"aborted_streaming"})");
    }

    void turn(const QString& text)
    {
        ++m_turn;
        sayState("running");
        sayLine(R"({"type":"system","subtype":"init","session_id":")" + m_session.toUtf8() + "\"}");
        append(promptLine(text, baseMs + m_turn * 10));
        if (text.startsWith(QLatin1String("die"))) {
            std::ignore = std::fputs("out of paint\n", stderr);
            m_exit = 3;
        } else if (text.startsWith(QLatin1String("ask"))) {
            sayState("requires_action");
            sayLine(
                R"({"type":"control_request","request_id":"q1","request":{"subtype":"can_use_tool","tool_name":"Bash","input":{"command":"touch  a"},"permission_suggestions":[]}})");
        } else if (text.startsWith(QLatin1String("withdraw"))) {
            sayLine(
                R"({"type":"control_request","request_id":"q2","request":{"subtype":"can_use_tool","tool_name":"Bash","input":{}}})");
            sayLine(R"({"type":"control_cancel_request","request_id":"q2"})");
            finish(R"({"type":"result","subtype":"success"})");
        } else if (text.startsWith(QLatin1String("garbage"))) {
            sayLine("no json \x00\xff\xfe");
            sayLine(QByteArray(2'000'000, 'x'));
            std::ignore = std::fputs("half a line", stdout);
            std::ignore = std::fflush(stdout);
            m_exit = 1;
        } else if (!text.startsWith(QLatin1String("hang"))) {
            for (const char* piece : {"all ", "well"})
                sayLine(
                    QByteArray(
                        R"({"type":"stream_event","parent_tool_use_id":null,"event":{"type":"content_block_delta","delta":{"type":"text_delta","text":")") +
                    piece + "\"}}}");
            sayLine(R"({"type":"stream_event","parent_tool_use_id":null,"event":{"type":"message_stop"}})");
            append(answerLine({m_session.toUtf8() + QByteArray::number(m_turn), m_turn * 1000, 7},
                              baseMs + m_turn * 10 + 1));
            finish(R"({"type":"result","subtype":"success","is_error":false})");
        }
    }

    void answered(const QJsonObject& response)
    {
        // What it was told, for the test to see: as the words of its answer.
        const QJsonObject answer = response.value(QStringLiteral("response")).toObject();
        append(jsonLine(promptObject(
            QStringLiteral("told ") + QString::fromUtf8(QJsonDocument(answer).toJson(QJsonDocument::Compact)),
            baseMs + 500)));
        finish(R"({"type":"result","subtype":"success","is_error":false})");
    }

    static void finish(const char* result)
    {
        sayLine(result);
        sayState("idle");
    }

    void append(const QByteArray& line) { QVERIFY(appendBytes(m_log, line)); }

    QString m_session;
    QString m_log;
    int m_turn = 0;
    int m_exit = -1;
};

} // namespace

class TestDriveDesk : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase() { NEEDS_CHILD_PROCESSES(); }

    void init()
    {
        m_temp = std::make_unique<QTemporaryDir>();
        begin();
    }

    void cleanup() { m_host.reset(); }

    void oneAgentOneRowOneCount()
    {
        const AgentId id = create(QStringLiteral("boat"), QStringLiteral("hello"));
        QTRY_COMPARE(m_agents.value(id).usage.inputTokens, Count(1000));
        QTRY_COMPARE(m_agents.value(id).state, AgentState::Idle);
        command(id, QStringLiteral("again"));
        QTRY_COMPARE(m_agents.value(id).usage.inputTokens, Count(3000));
        QTRY_COMPARE(m_agents.value(id).state, AgentState::Idle);
        const Agent& agent = m_agents[id];
        QCOMPARE(m_agents.size(), 1);
        QCOMPARE(agent.info.name, QStringLiteral("boat"));
        QCOMPARE(agent.usage.outputTokens, Count(14));
        QCOMPARE(agent.usage.contextTokens, Count(2000));
        QTRY_COMPARE(m_agents.value(id).usage.contextWindow, Count(123'456)); // as it reports it itself
        QCOMPARE(m_agents.value(id).usage.windowBasis, Basis::Reported);
        QCOMPARE(m_agents.value(id).usage.compactAtTokens, Count(100'000));
        QCOMPARE(m_streamed, QStringLiteral("all well|all well|"));
        QVERIFY(m_agents.value(id).info.commands.contains(QStringLiteral("command_agent")));
    }

    void permissionIsAskedAndAllowed()
    {
        const AgentId id = create(QStringLiteral("boat"), QStringLiteral("ask"));
        QTRY_COMPARE(m_asked.size(), 1);
        QTRY_COMPARE(m_agents.value(id).state, AgentState::Blocked);
        QCOMPARE(m_asked.first().input, QStringLiteral("{\"command\":\"touch  a\"}"));
        QVERIFY(m_asked.first().expiresAtMs > 0);
        const QJsonObject params{{QStringLiteral("request_id"), m_asked.first().requestId},
                                 {QStringLiteral("decision"), QStringLiteral("allow")}};
        QCOMPARE(ask(QStringLiteral("answer_permission"), params).error, QString());
        QTRY_VERIFY(m_lines.contains(
            QStringLiteral("told {\"behavior\":\"allow\",\"updatedInput\":{\"command\":\"touch  a\"}}")));
        QTRY_COMPARE(m_answered.size(), 1);
        QCOMPARE(m_answered.first().outcome, QStringLiteral("allowed"));
        QCOMPARE(ask(QStringLiteral("answer_permission"), params).code, QStringLiteral("conflict"));
        QTRY_COMPARE(m_agents.value(id).state, AgentState::Idle);
    }

    void permissionIsDeniedWithAMessage()
    {
        create(QStringLiteral("boat"), QStringLiteral("ask"));
        QTRY_COMPARE(m_asked.size(), 1);
        QCOMPARE(ask(QStringLiteral("answer_permission"),
                     {{QStringLiteral("request_id"), m_asked.first().requestId},
                      {QStringLiteral("decision"), QStringLiteral("deny")},
                      {QStringLiteral("message"), QStringLiteral("not now")}})
                     .error,
                 QString());
        QTRY_VERIFY(m_lines.contains(QStringLiteral("told {\"behavior\":\"deny\",\"message\":\"not now\"}")));
    }

    void whoEndsIsNotAskedAnyMore()
    {
        const AgentId id = create(QStringLiteral("boat"), QStringLiteral("withdraw"));
        QTRY_COMPARE(m_answered.size(), 1);
        QCOMPARE(m_answered.first().outcome, QStringLiteral("gone"));
        command(id, QStringLiteral("ask"));
        QTRY_COMPARE(m_asked.size(), 2);
        QCOMPARE(ask(QStringLiteral("stop_agent"), idParams(id)).error, QString());
        QTRY_COMPARE(m_answered.size(), 2);
        QTRY_COMPARE(m_agents.value(id).state, AgentState::Complete);
        QCOMPARE(ask(QStringLiteral("answer_permission"),
                     {{QStringLiteral("request_id"), m_asked.last().requestId},
                      {QStringLiteral("decision"), QStringLiteral("allow")}})
                     .code,
                 QStringLiteral("not_found"));
    }

    void deathIsShownWithItsLastWords()
    {
        const AgentId id = create(QStringLiteral("boat"), QStringLiteral("die"));
        QTRY_COMPARE(m_agents.value(id).state, AgentState::Failed);
        QCOMPARE(m_agents.value(id).stateReason, QStringLiteral("ended with code 3: out of paint"));
        QCOMPARE(m_agents.value(id).info.commands,
                 (QStringList{QStringLiteral("resume_agent"), QStringLiteral("delete_agent")}));
        QCOMPARE(ask(QStringLiteral("command_agent"), idParams(id)).code, QStringLiteral("conflict"));
        QCOMPARE(ask(QStringLiteral("resume_agent"), idParams(id)).error, QString());
        QTRY_COMPARE(m_agents.value(id).state, AgentState::Idle);
    }

    void garbageHarmsNobody()
    {
        const AgentId other = create(QStringLiteral("other"), {});
        const AgentId id = create(QStringLiteral("boat"), QStringLiteral("garbage"));
        QTRY_COMPARE(m_agents.value(id).state, AgentState::Failed);
        command(other, QStringLiteral("hello"));
        QTRY_COMPARE(m_agents.value(other).usage.inputTokens, Count(1000));
    }

    void interruptEndsTheTurn()
    {
        const AgentId id = create(QStringLiteral("boat"), QStringLiteral("hang"));
        QTRY_COMPARE(m_agents.value(id).state, AgentState::Executing);
        QCOMPARE(ask(QStringLiteral("interrupt_agent"), idParams(id)).error, QString());
        QTRY_COMPARE(m_agents.value(id).state, AgentState::Idle);
    }

    void threeAtOnceDoNotMix()
    {
        QList<AgentId> ids;
        for (int i = 0; i < 3; ++i)
            ids << create(QStringLiteral("boat %1").arg(i), QStringLiteral("hello"));
        for (int turn = 2; turn <= 10; ++turn) {
            for (const AgentId& id : ids)
                command(id, QStringLiteral("on"));
        }
        for (const AgentId& id : ids) {
            QTRY_COMPARE(m_agents.value(id).usage.inputTokens, Count(55'000));
            QCOMPARE(m_agents.value(id).usage.outputTokens, Count(70));
        }
        QCOMPARE(m_agents.size(), 3);
    }

    void namesAreUniqueAndFaultsNameTheirField()
    {
        create(QStringLiteral("boat"), {});
        Reply reply = ask(QStringLiteral("create_agent"), params(QStringLiteral("BOAT")));
        QCOMPARE(reply.code, QStringLiteral("conflict"));
        QCOMPARE(reply.result.value(QStringLiteral("field")).toString(), QStringLiteral("name"));
        reply = ask(QStringLiteral("create_agent"), params(QString()));
        QCOMPARE(reply.code, QStringLiteral("bad_request"));
        QCOMPARE(ask(QStringLiteral("stop_agent"), {}).code, QStringLiteral("bad_request"));
        QCOMPARE(
            ask(QStringLiteral("stop_agent"), {{QStringLiteral("agent_id"), QUuid::createUuid().toString()}})
                .code,
            QStringLiteral("unsupported"));
    }

    void survivesARestartAsAResumableRow()
    {
        const AgentId id = create(QStringLiteral("boat"), QStringLiteral("hello"));
        QTRY_COMPARE(m_agents.value(id).usage.inputTokens, Count(1000));
        m_host.reset();
        const QFileInfo kept(m_temp->filePath(QStringLiteral("data/driven.json")));
        QCOMPARE(kept.permissions() & ~(QFile::ReadUser | QFile::WriteUser),
                 QFile::ReadOwner | QFile::WriteOwner);
        begin();
        QTRY_COMPARE(m_agents.value(id).state, AgentState::Complete);
        QCOMPARE(m_agents.value(id).info.name, QStringLiteral("boat"));
        QTRY_COMPARE(m_agents.value(id).usage.inputTokens, Count(1000));
        QCOMPARE(ask(QStringLiteral("resume_agent"), idParams(id)).error, QString());
        command(id, QStringLiteral("hello"));
        QTRY_COMPARE(m_agents.value(id).state, AgentState::Idle);
        QCOMPARE(m_agents.size(), 1);
    }

    void deletedOneIsHiddenAndItsLogStays()
    {
        const AgentId id = create(QStringLiteral("boat"), QStringLiteral("hello"));
        QTRY_COMPARE(m_agents.value(id).usage.inputTokens, Count(1000));
        QCOMPARE(ask(QStringLiteral("delete_agent"), idParams(id)).error, QString());
        QTRY_VERIFY(!m_agents.contains(id));
        QCOMPARE(
            QDir(m_temp->filePath(QStringLiteral(".claude/projects/-boat"))).entryList(QDir::Files).size(),
            1);
        m_host.reset();
        begin();
        QVERIFY(!m_agents.contains(id));
        create(QStringLiteral("boat"), {}); // its name is free again
    }

    void withoutTheClientItSaysHowToGetIt()
    {
        m_host.reset();
        m_program = m_temp->filePath(QStringLiteral("none"));
        begin();
        const Reply reply = ask(QStringLiteral("create_agent"), params(QStringLiteral("boat")));
        QCOMPARE(reply.code, QStringLiteral("unavailable"));
        m_program.clear();
    }

private:
    void begin()
    {
        m_agents.clear();
        m_asked.clear();
        m_answered.clear();
        m_lines.clear();
        m_streamed.clear();
        const QString data = m_temp->filePath(QStringLiteral("data"));
        QVERIFY(QDir().mkpath(data));
        const AgentHomes homes = agentHomes(m_temp->path(), false);
        m_host =
            std::make_unique<Orchestrator>(Catalogue::builtIn(), m_temp->path(), homes, StorePlace{data, {}});
        m_host->driveFrom({QStringLiteral(PLIMSOLL_REAPER), m_temp->path(), homes, data,
                           m_program.isEmpty() ? QCoreApplication::applicationFilePath() : m_program});
        connect(m_host.get(), &Host::recorded, this, &TestDriveDesk::take);
        connect(m_host.get(), &Host::replied, this,
                [this](const Reply& reply) { m_replies.insert(reply.id, reply); });
        bool scanned = false;
        connect(m_host.get(), &Host::progressed, this,
                [&scanned](const Progress& progress) { scanned = scanned || !progress.running; });
        m_host->start();
        QTRY_VERIFY(scanned);
        QVERIFY(m_host->capabilities().commands.contains(QStringLiteral("create_agent")));
    }

    void take(const Events& events)
    {
        for (const Event& event : events) {
            if (std::holds_alternative<AgentRemoved>(event.body)) {
                m_agents.remove(event.agent);
            } else if (const auto* text = std::get_if<TextStreamed>(&event.body)) {
                m_streamed += text->chunk + (text->last ? QStringLiteral("|") : QString());
            } else if (const auto* asked = std::get_if<PermissionAsked>(&event.body)) {
                m_asked << *asked;
            } else if (const auto* answered = std::get_if<PermissionAnswered>(&event.body)) {
                m_answered << *answered;
            } else if (const auto* line = std::get_if<Logged>(&event.body)) {
                m_lines << line->text;
            } else if (!event.agent.isNull()) {
                apply(m_agents[event.agent], event);
            }
        }
    }

    Reply ask(const QString& method, const QJsonObject& params)
    {
        const quint64 id = m_host->query(method, params);
        if (!QTest::qWaitFor([&] { return m_replies.contains(id); }))
            return {id, {}, QStringLiteral("no answer"), {}};
        return m_replies.take(id);
    }

    [[nodiscard]] QJsonObject params(const QString& name) const
    {
        return {{QStringLiteral("kind"), QStringLiteral("claude-code")},
                {QStringLiteral("name"), name},
                {QStringLiteral("working_dir"), m_temp->path()}};
    }

    AgentId create(const QString& name, const QString& prompt)
    {
        QJsonObject wanted = params(name);
        wanted.insert(QStringLiteral("prompt"), prompt);
        const Reply reply = ask(QStringLiteral("create_agent"), wanted);
        if (!reply.error.isEmpty())
            qWarning("not created: %s", qUtf8Printable(reply.error));
        return AgentId::fromString(reply.result.value(QStringLiteral("agent_id")).toString());
    }

    static QJsonObject idParams(const AgentId& id) { return {{QStringLiteral("agent_id"), id.toString()}}; }

    void command(const AgentId& id, const QString& text)
    {
        QJsonObject wanted = idParams(id);
        wanted.insert(QStringLiteral("text"), text);
        QCOMPARE(ask(QStringLiteral("command_agent"), wanted).error, QString());
    }

    std::unique_ptr<QTemporaryDir> m_temp;
    std::unique_ptr<Orchestrator> m_host;
    QHash<AgentId, Agent> m_agents;
    QHash<quint64, Reply> m_replies;
    QList<PermissionAsked> m_asked;
    QList<PermissionAnswered> m_answered;
    QStringList m_lines;
    QString m_streamed;
    QString m_program;
};

int main(int argc, char** argv)
{
    const QCoreApplication app(argc, argv);
    if (argc > 1 && qstrcmp(argv[1], "-p") == 0)
        return FakeAgent(QCoreApplication::arguments()).run();
    TestDriveDesk test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_drivedesk.moc"
