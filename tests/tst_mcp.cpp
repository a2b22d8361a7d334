// SPDX-License-Identifier: GPL-3.0-or-later
// POST /mcp over real sockets: an agent that commands other agents sees and commands its own children only.
#include "app/server/mcp.h"
#include "tests/servedfleet.h"

#include <QtTest>

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

const qint64 nowMs = QDateTime::currentMSecsSinceEpoch();

QJsonObject message(const QString& method, const QJsonObject& params = {}, const QJsonValue& id = 1)
{
    return {{QStringLiteral("jsonrpc"), QStringLiteral("2.0")},
            {QStringLiteral("id"), id},
            {QStringLiteral("method"), method},
            {QStringLiteral("params"), params}};
}

QJsonObject toolCall(const QString& tool, const QJsonObject& arguments)
{
    return message(QStringLiteral("tools/call"),
                   {{QStringLiteral("name"), tool}, {QStringLiteral("arguments"), arguments}});
}

/// A request that is answered while the test's own event loop runs.
class Posted
{
public:
    Posted(const ServedFleet& fleet, const QByteArray& who, const QByteArray& content,
           const QByteArray& fields = {})
    {
        const QByteArray bytes =
            fleet.head("POST /mcp", who,
                       "Content-Length: " + QByteArray::number(content.size()) +
                           "\r\nContent-Type: application/json\r\nAccept: application/json, "
                           "text/event-stream\r\n" +
                           fields) +
            content;
        QObject::connect(&m_socket, &QTcpSocket::readyRead, &m_socket,
                         [this] { m_answer += m_socket.readAll(); });
        QObject::connect(&m_socket, &QTcpSocket::disconnected, &m_socket, [this] { m_isOver = true; });
        QObject::connect(&m_socket, &QTcpSocket::connected, &m_socket,
                         [this, bytes] { m_socket.write(bytes); });
        m_socket.connectToHost(QHostAddress::LocalHost, fleet.port());
    }
    Posted(const ServedFleet& fleet, const QByteArray& who, const QJsonObject& content)
        : Posted(fleet, who, QJsonDocument(content).toJson(QJsonDocument::Compact))
    {
    }

    [[nodiscard]] bool isOver() const { return m_isOver; }
    [[nodiscard]] int status() const { return statusOf(m_answer); }
    [[nodiscard]] QJsonObject content() const { return contentOf(m_answer); }
    [[nodiscard]] QJsonObject result() const { return content().value(QLatin1String("result")).toObject(); }
    [[nodiscard]] int errorCode() const
    {
        return content().value(QLatin1String("error")).toObject().value(QLatin1String("code")).toInt();
    }
    [[nodiscard]] bool isToolError() const { return result().value(QLatin1String("isError")).toBool(); }
    [[nodiscard]] QString said() const
    {
        return result()
            .value(QLatin1String("content"))
            .toArray()
            .at(0)
            .toObject()
            .value(QLatin1String("text"))
            .toString();
    }
    [[nodiscard]] QJsonObject told() const { return QJsonDocument::fromJson(said().toUtf8()).object(); }

private:
    QTcpSocket m_socket;
    QByteArray m_answer;
    bool m_isOver = false;
};

Event stateOf(int number, AgentState state)
{
    return {0, nowMs, idOf(number), StateChanged{state, StateSource::Stream, {}, nowMs}};
}

} // namespace

class TestMcp : public QObject
{
    Q_OBJECT

private slots:
    void init()
    {
        m_fleet = std::make_unique<ServedFleet>();
        m_fleet->host.about.commands = {QStringLiteral("create_agent"), QStringLiteral("command_agent"),
                                        QStringLiteral("delete_agent")};
        emit m_fleet->host.capabilitiesChanged();
        m_fleet->host.send({added(agentOf(1, QStringLiteral("foreign"), AgentState::Idle, 50'000, nowMs))});
        m_agent = tokenOf(AccessRole::Agent);
    }
    void cleanup() { m_fleet.reset(); }

    void eachToolIsACommand()
    {
        QVERIFY(Mcp::tools().size() >= 11);
        for (const auto& tool : Mcp::tools()) {
            const QString name = tool.toObject().value(QLatin1String("name")).toString();
            QVERIFY2(commandRule(name) || name == QLatin1String("wait_for_agent"), qPrintable(name));
            QCOMPARE(
                tool.toObject().value(QLatin1String("inputSchema")).toObject().value(QLatin1String("type")),
                QJsonValue(QLatin1String("object")));
        }
    }

    void aClientBegins()
    {
        Posted hello(*m_fleet, m_agent,
                     message(QStringLiteral("initialize"),
                             {{QStringLiteral("protocolVersion"), QStringLiteral("2025-03-26")}}));
        QTRY_VERIFY(hello.isOver());
        QCOMPARE(hello.status(), 200);
        QCOMPARE(hello.result().value(QLatin1String("protocolVersion")).toString(),
                 QStringLiteral("2025-03-26"));
        QCOMPARE(hello.result()
                     .value(QLatin1String("serverInfo"))
                     .toObject()
                     .value(QLatin1String("name"))
                     .toString(),
                 QStringLiteral("plimsoll"));

        QJsonObject note = message(QStringLiteral("notifications/initialized"));
        note.remove(QLatin1String("id"));
        Posted noted(*m_fleet, m_agent, note);
        QTRY_VERIFY(noted.isOver());
        QCOMPARE(noted.status(), 202);

        Posted list(*m_fleet, m_agent, message(QStringLiteral("tools/list"), {}, QStringLiteral("a")));
        QTRY_VERIFY(list.isOver());
        QStringList names;
        const QJsonArray tools = list.result().value(QLatin1String("tools")).toArray();
        for (const auto& tool : tools)
            names << tool.toObject().value(QLatin1String("name")).toString();
        QVERIFY(names.contains(QStringLiteral("create_agent")));
        QVERIFY(names.contains(QStringLiteral("wait_for_agent")));
        QVERIFY(!names.contains(QStringLiteral("compact_agent"))); // this host does not carry it out
        QCOMPARE(list.content().value(QLatin1String("id")).toString(), QStringLiteral("a"));
    }

    void aClientOfAnotherVersionIsTold()
    {
        Posted newer(*m_fleet, m_agent,
                     message(QStringLiteral("initialize"),
                             {{QStringLiteral("protocolVersion"), QStringLiteral("2099-01-01")}}));
        QTRY_VERIFY(newer.isOver());
        QCOMPARE(newer.result().value(QLatin1String("protocolVersion")).toString(),
                 QStringLiteral("2025-06-18"));
        Posted wrong(*m_fleet, m_agent, "{}", "MCP-Protocol-Version: 2099-01-01\r\n");
        QTRY_VERIFY(wrong.isOver());
        QCOMPARE(wrong.status(), 400);
    }

    void brokenMessagesChangeNothing_data()
    {
        QTest::addColumn<QByteArray>("content");
        QTest::addColumn<int>("status");
        QTest::addColumn<int>("code");
        QTest::newRow("no JSON") << QByteArray("{") << 400 << -32700;
        QTest::newRow("batch") << QByteArray("[]") << 400 << -32600;
        QTest::newRow("no version") << QByteArray(R"({"id":1,"method":"ping"})") << 400 << -32600;
        QTest::newRow("null id") << QByteArray(R"({"jsonrpc":"2.0","id":null,"method":"ping"})") << 400
                                 << -32600;
        QTest::newRow("list of params")
            << QByteArray(R"({"jsonrpc":"2.0","id":1,"method":"ping","params":[]})") << 400 << -32600;
        QTest::newRow("unknown method")
            << QByteArray(R"({"jsonrpc":"2.0","id":1,"method":"x"})") << 200 << -32601;
        QTest::newRow("unknown tool")
            << QByteArray(
                   R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"answer_permission"}})")
            << 200 << -32602;
    }
    void brokenMessagesChangeNothing()
    {
        QFETCH(QByteArray, content);
        Posted broken(*m_fleet, m_agent, content);
        QTRY_VERIFY(broken.isOver());
        QTEST(broken.status(), "status");
        QTEST(broken.errorCode(), "code");
        QCOMPARE(m_fleet->host.lastMethod, QString());
    }

    void onlyThoseWhoMayActComeIn()
    {
        Posted nobody(*m_fleet, {}, message(QStringLiteral("ping")));
        Posted viewer(*m_fleet, tokenOf(AccessRole::Viewer), message(QStringLiteral("ping")));
        Posted agent(*m_fleet, m_agent, message(QStringLiteral("ping")));
        QTRY_VERIFY(nobody.isOver() && viewer.isOver() && agent.isOver());
        QCOMPARE(nobody.status(), 401);
        QCOMPARE(viewer.status(), 403);
        QCOMPARE(agent.status(), 200); // the control
    }

    void seesItsOwnChildrenOnly()
    {
        const AgentId child = createChild();
        Posted list(*m_fleet, m_agent, toolCall(QStringLiteral("fetch_agents"), {}));
        QTRY_COMPARE(m_fleet->host.lastMethod, QStringLiteral("agents"));
        emit m_fleet->host.replied({m_fleet->host.queries, {{QStringLiteral("left"), 0}}, {}, {}});
        QTRY_VERIFY(list.isOver());
        const QJsonArray agents = list.told().value(QLatin1String("agents")).toArray();
        QCOMPARE(agents.size(), 1);
        QCOMPARE(agents.at(0).toObject().value(QLatin1String("id")).toString(), child.toString());
        // The control: the operator sees both.
        Posted all(*m_fleet, m_fleet->token, toolCall(QStringLiteral("fetch_agents"), {}));
        const quint64 before = m_fleet->host.queries;
        QTRY_COMPARE(m_fleet->host.queries, before + 1);
        emit m_fleet->host.replied({m_fleet->host.queries, {{QStringLiteral("left"), 0}}, {}, {}});
        QTRY_VERIFY(all.isOver());
        QCOMPARE(all.told().value(QLatin1String("agents")).toArray().size(), 2);
    }

    void commandsItsOwnChildrenOnly()
    {
        const AgentId child = createChild();
        Posted foreign(*m_fleet, m_agent, command(idOf(1)));
        QTRY_VERIFY(foreign.isOver());
        QVERIFY(foreign.isToolError());
        QCOMPARE(m_fleet->host.lastMethod, QStringLiteral("create_agent"));

        Posted own(*m_fleet, m_agent, command(child));
        QTRY_COMPARE(m_fleet->host.lastMethod, QStringLiteral("command_agent"));
        QCOMPARE(m_fleet->host.lastParams.value(QLatin1String("text")).toString(), QStringLiteral("go on"));
        QCOMPARE(m_fleet->host.lastParams.value(QLatin1String("by")).toString(), QStringLiteral("agent"));
        emit m_fleet->host.replied({m_fleet->host.queries, {}, {}, {}});
        QTRY_VERIFY(own.isOver());
        QVERIFY(!own.isToolError());
    }

    void whatItStartsAsksAPerson_data()
    {
        QTest::addColumn<QString>("field");
        QTest::addColumn<QJsonValue>("value");
        QTest::addColumn<bool>("passes");
        QTest::newRow("tools") << QStringLiteral("allowed_tools")
                               << QJsonValue(QJsonArray{QStringLiteral("Bash")}) << false;
        QTest::newRow("environment") << QStringLiteral("env")
                                     << QJsonValue(QJsonArray{QStringLiteral("PATH=/tmp")}) << false;
        QTest::newRow("outlives") << QStringLiteral("keep_running") << QJsonValue(true) << false;
        for (const char* mode : {"acceptEdits", "auto", "dontAsk", "bypassPermissions", ""})
            QTest::addRow("mode %s", mode)
                << QStringLiteral("permission_mode") << QJsonValue(QLatin1String(mode)) << false;
        for (const char* mode : {"default", "plan"})
            QTest::addRow("mode %s", mode)
                << QStringLiteral("permission_mode") << QJsonValue(QLatin1String(mode)) << true;
        QTest::newRow("model") << QStringLiteral("model") << QJsonValue(QStringLiteral("opus")) << true;
    }

    void whatItStartsAsksAPerson()
    {
        QFETCH(const QString, field);
        QFETCH(const QJsonValue, value);
        QFETCH(const bool, passes);
        const QJsonObject create = toolCall(QStringLiteral("create_agent"),
                                            {{QStringLiteral("name"), QStringLiteral("x")}, {field, value}});
        const quint64 before = m_fleet->host.queries;
        Posted byAgent(*m_fleet, m_agent, create);
        if (passes) {
            QTRY_COMPARE(m_fleet->host.queries, before + 1);
            return;
        }
        QTRY_VERIFY(byAgent.isOver());
        QVERIFY(byAgent.isToolError());
        QVERIFY(byAgent.said().contains(field));
        QCOMPARE(m_fleet->host.queries, before);
        // The control: a person may.
        Posted byOperator(*m_fleet, m_fleet->token, create);
        QTRY_COMPARE(m_fleet->host.queries, before + 1);
    }

    void aRefusalIsToldToTheModel()
    {
        Posted refused(
            *m_fleet, m_agent,
            toolCall(QStringLiteral("create_agent"), {{QStringLiteral("name"), QStringLiteral("x")}}));
        QTRY_COMPARE(m_fleet->host.lastMethod, QStringLiteral("create_agent"));
        emit m_fleet->host.replied({m_fleet->host.queries,
                                    {},
                                    QStringLiteral("another agent has this name"),
                                    QStringLiteral("conflict")});
        QTRY_VERIFY(refused.isOver());
        QVERIFY(refused.isToolError());
        QCOMPARE(refused.said(), QStringLiteral("conflict: another agent has this name"));
    }

    void waitsUntilAChildRests()
    {
        const AgentId child = createChild();
        m_fleet->host.send({stateOf(2, AgentState::Executing)});
        Posted waiting(*m_fleet, m_agent, waitFor(child, 50));
        Posted ping(*m_fleet, m_agent, message(QStringLiteral("ping")));
        QTRY_VERIFY(ping.isOver()); // came later, is answered first
        QVERIFY(!waiting.isOver());
        m_fleet->host.send({stateOf(2, AgentState::Blocked)});
        QTRY_VERIFY(waiting.isOver());
        QCOMPARE(waiting.told().value(QLatin1String("status")).toString(), QStringLiteral("blocked"));
        QCOMPARE(waiting.told().value(QLatin1String("timed_out")).toBool(true), false);
    }

    /// Between two turns an agent rests for an instant: that is not its end.
    void aShortRestIsNoEnd()
    {
        const AgentId child = createChild();
        m_fleet->host.send({stateOf(2, AgentState::Executing)});
        Posted waiting(*m_fleet, m_agent, waitFor(child, 1.5));
        m_fleet->host.send({stateOf(2, AgentState::Idle)});
        m_fleet->host.send({stateOf(2, AgentState::Executing)});
        QTRY_VERIFY(waiting.isOver());
        QCOMPARE(waiting.told().value(QLatin1String("timed_out")).toBool(), true);
        QCOMPARE(waiting.told().value(QLatin1String("status")).toString(), QStringLiteral("executing"));
    }

    void waitsForNobodyElse()
    {
        Posted foreign(*m_fleet, m_agent, waitFor(idOf(1), 50));
        Posted tooLong(*m_fleet, m_fleet->token, waitFor(idOf(1), 51));
        QTRY_VERIFY(foreign.isOver() && tooLong.isOver());
        QVERIFY(foreign.isToolError() && tooLong.isToolError());
    }

private:
    [[nodiscard]] QByteArray tokenOf(AccessRole role)
    {
        QSignalSpy made(&m_fleet->share, &Sharing::tokenMade);
        m_fleet->share.addToken(toName(role), role, {});
        if (!made.wait(5000))
            return {};
        return made.constFirst().at(1).toString().toLatin1();
    }

    /// By the agent, through the very tool.
    [[nodiscard]] AgentId createChild()
    {
        const Posted created(
            *m_fleet, m_agent,
            toolCall(QStringLiteral("create_agent"), {{QStringLiteral("name"), QStringLiteral("child")}}));
        [&] { QTRY_COMPARE(m_fleet->host.lastMethod, QStringLiteral("create_agent")); }();
        m_fleet->host.send({added(agentOf(2, QStringLiteral("child"), AgentState::Idle, 10'000, nowMs))});
        emit m_fleet->host.replied(
            {m_fleet->host.queries, {{QStringLiteral("agent_id"), idOf(2).toString()}}, {}, {}});
        [&] { QTRY_VERIFY(created.isOver()); }();
        return idOf(2);
    }

    [[nodiscard]] static QJsonObject command(const AgentId& agent)
    {
        return toolCall(QStringLiteral("command_agent"), {{QStringLiteral("agent_id"), agent.toString()},
                                                          {QStringLiteral("text"), QStringLiteral("go on")}});
    }

    [[nodiscard]] static QJsonObject waitFor(const AgentId& agent, double seconds)
    {
        return toolCall(QStringLiteral("wait_for_agent"), {{QStringLiteral("agent_id"), agent.toString()},
                                                           {QStringLiteral("timeout_s"), seconds}});
    }

    std::unique_ptr<ServedFleet> m_fleet;
    QByteArray m_agent;
};

QTEST_GUILESS_MAIN(TestMcp)
#include "tst_mcp.moc"
