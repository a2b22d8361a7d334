// SPDX-License-Identifier: GPL-3.0-or-later
// The server over real sockets: what it answers and sends.
#include "app/server/wire.h"
#include "tests/servedfleet.h"

#include <QFile>
#include <QSslConfiguration>
#include <QtTest>

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

const qint64 nowMs = QDateTime::currentMSecsSinceEpoch();

QString text(const QJsonObject& object, const char* key)
{
    return object.value(QLatin1String(key)).toString();
}

Event line(int number, const QString& said)
{
    Logged logged;
    logged.kind = LogKind::Text;
    logged.text = said;
    logged.file = QStringLiteral("/logs/a.jsonl");
    logged.offset = 10;
    return {0, nowMs, idOf(number), logged};
}

Event usage(int number, qint64 context)
{
    Usage changed;
    changed.contextTokens = context;
    changed.contextWindow = 200'000;
    return {0, nowMs, idOf(number), UsageChanged{changed}};
}

} // namespace

class TestServer : public QObject
{
    Q_OBJECT

private slots:
    void init()
    {
        m_fleet = std::make_unique<ServedFleet>();
        m_fleet->host.send({added(agentOf(1, QStringLiteral("one"), AgentState::Executing, 50'000, nowMs)),
                            added(agentOf(2, QStringLiteral("two"), AgentState::Idle, 10'000, nowMs))});
    }
    void cleanup() { m_fleet.reset(); }

    void lateViewerGetsTheFleet()
    {
        Client client(*m_fleet, m_fleet->token);
        QTRY_VERIFY(client.has("connection_established"));
        const QJsonObject greeting = client.messages.constFirst();
        QCOMPARE(greeting.value(QLatin1String("protocol")).toInt(), 1);
        QCOMPARE(text(greeting, "role"), QStringLiteral("operator"));
        client.hello();
        QTRY_VERIFY(client.has("snapshot_end"));
        const QJsonArray agents =
            client.ofType("snapshot_part").constFirst().value(QLatin1String("agents")).toArray();
        QCOMPARE(agents.size(), 2);
        QCOMPARE(agents.at(0).toObject().value(QLatin1String("context_tokens")).toInt(), 50'000);
        QCOMPARE(agents.at(0).toObject().value(QLatin1String("context_percentage")).toDouble(), 25.0);
        QCOMPARE(client.ofType("snapshot_end")
                     .constFirst()
                     .value(QLatin1String("totals"))
                     .toObject()
                     .value(QLatin1String("agents"))
                     .toInt(),
                 2);
    }

    void whoSaysNothingIsGreetedAllTheSame()
    {
        Client client(*m_fleet, m_fleet->token);
        QTRY_VERIFY_WITH_TIMEOUT(client.has("snapshot_end"), 5000);
    }

    void linesComeBeforeTheNumbersThatCountThem()
    {
        Client client(*m_fleet, m_fleet->token);
        client.socket.setProperty("x", 1);
        QTRY_VERIFY(client.has("connection_established"));
        client.hello();
        QTRY_VERIFY(client.has("snapshot_end"));
        m_fleet->host.send({usage(1, 60'000), line(1, QStringLiteral("done")), usage(1, 61'000)});
        QTRY_VERIFY(client.has("agent_updated"));
        const QJsonObject log = client.ofType("agent_log").constFirst();
        const QJsonObject update = client.ofType("agent_updated").constFirst();
        QVERIFY(log.value(QLatin1String("seq")).toInt() < update.value(QLatin1String("seq")).toInt());
        QCOMPARE(text(log.value(QLatin1String("log")).toObject(), "content"), QStringLiteral("done"));
        const QJsonObject changes = update.value(QLatin1String("agent")).toObject();
        QCOMPARE(changes.value(QLatin1String("context_tokens")).toInt(), 61'000);
        QVERIFY(!changes.contains(QLatin1String("name"))); // only what changed
        QCOMPARE(changes.value(QLatin1String("total_cost")), QJsonValue(QJsonValue::Null)); // became unknown
    }

    /// Many changes within a tick are one message, and the last value is in it.
    void atMostOneUpdateInATick()
    {
        Client client(*m_fleet, m_fleet->token);
        QTRY_VERIFY(client.has("connection_established"));
        client.hello();
        QTRY_VERIFY(client.has("snapshot_end"));
        for (int i = 0; i < 200; ++i)
            m_fleet->host.send({usage(2, 20'000 + i)});
        const auto last = [&client] {
            const QList<QJsonObject> updates = client.ofType("agent_updated");
            return updates.isEmpty() ? 0
                                     : updates.constLast()
                                           .value(QLatin1String("agent"))
                                           .toObject()
                                           .value(QLatin1String("context_tokens"))
                                           .toInt();
        };
        QTRY_COMPARE(last(), 20'199);
        QVERIFY(client.ofType("agent_updated").size() < 10);
    }

    void resumesWithoutLossOrRepeat()
    {
        QString run;
        qint64 since = 0;
        {
            Client client(*m_fleet, m_fleet->token);
            QTRY_VERIFY(client.has("connection_established"));
            run = text(client.messages.constFirst(), "run");
            client.hello();
            QTRY_VERIFY(client.has("snapshot_end"));
            since = client.ofType("snapshot_begin").constFirst().value(QLatin1String("seq")).toInteger();
        }
        for (int i = 0; i < 5; ++i)
            m_fleet->host.send({line(1, QString::number(i))});
        Client client(*m_fleet, m_fleet->token);
        QTRY_VERIFY(client.has("connection_established"));
        client.hello({{QStringLiteral("since"), since},
                      {QStringLiteral("run"), run},
                      {QStringLiteral("batch"), true}});
        QTRY_VERIFY(client.has("resumed"));
        QVERIFY(!client.has("snapshot_begin"));
        QStringList said;
        for (const QJsonObject& log : client.ofType("agent_log"))
            said << text(log.value(QLatin1String("log")).toObject(), "content");
        QCOMPARE(said, QStringList({QStringLiteral("0"), QStringLiteral("1"), QStringLiteral("2"),
                                    QStringLiteral("3"), QStringLiteral("4")}));
        // Another run's numbers mean nothing here.
        client.hello({{QStringLiteral("since"), since}, {QStringLiteral("run"), QStringLiteral("another")}});
        QTRY_VERIFY(client.has("snapshot_end"));
    }

    void followsOnlySome()
    {
        Client client(*m_fleet, m_fleet->token);
        QTRY_VERIFY(client.has("connection_established"));
        client.hello({{QStringLiteral("agents"), QJsonArray{idOf(2).toString()}}});
        QTRY_VERIFY(client.has("snapshot_end"));
        QCOMPARE(client.ofType("snapshot_part").constFirst().value(QLatin1String("agents")).toArray().size(),
                 1);
        m_fleet->host.send({line(1, QStringLiteral("unseen")), line(2, QStringLiteral("seen"))});
        QTRY_VERIFY(client.has("agent_log"));
        QCOMPARE(client.ofType("agent_log").size(), 1);
        QCOMPARE(text(client.ofType("agent_log").constFirst(), "agent_id"), idOf(2).toString());
    }

    void badMessagesAreAnswered()
    {
        Client client(*m_fleet, m_fleet->token);
        QTRY_VERIFY(client.has("connection_established"));
        for (const char* bad :
             {"{", "[]", "\"x\"", "{\"type\":5}", "{\"type\":\"helo\"}", "{\"type\":\"command\"}",
              "{\"type\":\"command\",\"id\":{},\"method\":\"search\"}",
              "{\"type\":\"command\",\"id\":1,\"method\":2}"})
            client.socket.sendTextMessage(QString::fromLatin1(bad));
        QTRY_COMPARE(client.ofType("error").size(), 8);
        client.socket.sendTextMessage(QStringLiteral("ping"));
        QTRY_VERIFY(client.has("pong"));
        QVERIFY(!client.closed);
    }

    void commands()
    {
        Client client(*m_fleet, m_fleet->token);
        QTRY_VERIFY(client.has("connection_established"));
        const auto ask = [&client](int id, const char* method, const QJsonObject& params) {
            client.say({{QStringLiteral("type"), QStringLiteral("command")},
                        {QStringLiteral("id"), id},
                        {QStringLiteral("method"), QLatin1String(method)},
                        {QStringLiteral("params"), params}});
        };
        const auto code = [&client](qsizetype index) {
            return text(client.ofType("result").at(index).value(QLatin1String("error")).toObject(), "code");
        };
        ask(1, "no_such", {});
        ask(2, "create_agent", {{QStringLiteral("name"), QStringLiteral("x")}});
        ask(3, "fetch_history", {{QStringLiteral("agent_id"), QStringLiteral("nobody")}});
        ask(4, "answer_permission", {});
        ask(5, "search", {{QStringLiteral("text"), QStringLiteral("(")}, {QStringLiteral("regex"), true}});
        QTRY_COMPARE(client.ofType("result").size(), 5);
        QCOMPARE(code(0), QStringLiteral("not_found"));
        QCOMPARE(code(1), QStringLiteral("unsupported"));
        QCOMPARE(code(2), QStringLiteral("bad_request"));
        QCOMPARE(code(3), QStringLiteral("unsupported"));
        QCOMPARE(code(4), QStringLiteral("bad_request"));
        m_fleet->host.send({line(1, QStringLiteral("the cart total"))});
        ask(6, "search", {{QStringLiteral("text"), QStringLiteral("CART")}});
        QTRY_COMPARE(client.ofType("result").size(), 6);
        QCOMPARE(client.ofType("result")
                     .constLast()
                     .value(QLatin1String("result"))
                     .toObject()
                     .value(QLatin1String("log"))
                     .toArray()
                     .size(),
                 1);
    }

    void historyComesFromTheHost()
    {
        Client client(*m_fleet, m_fleet->token);
        QTRY_VERIFY(client.has("connection_established"));
        client.say(
            {{QStringLiteral("type"), QStringLiteral("command")},
             {QStringLiteral("id"), QStringLiteral("h")},
             {QStringLiteral("method"), QStringLiteral("fetch_history")},
             {QStringLiteral("params"), QJsonObject{{QStringLiteral("agent_id"), idOf(1).toString()}}}});
        QTRY_COMPARE(m_fleet->host.queries, 1U);
        const QJsonObject item{
            {QStringLiteral("at"), double(nowMs)},
            {QStringLiteral("kind"), QStringLiteral("prompt")},
            {QStringLiteral("text"), QStringLiteral("key sk-ant-api03-%1").arg(QString(95, u'A'))},
            {QStringLiteral("file"), QStringLiteral("/logs/a.jsonl")},
            {QStringLiteral("offset"), 5}};
        emit m_fleet->host.replied({1,
                                    {{QStringLiteral("items"), QJsonArray{item}},
                                     {QStringLiteral("more"), false},
                                     {QStringLiteral("before_offset"), 5}},
                                    {}});
        QTRY_VERIFY(client.has("result"));
        const QJsonObject result = client.ofType("result").constFirst();
        QCOMPARE(text(result, "id"), QStringLiteral("h"));
        const QJsonObject log = result.value(QLatin1String("result"))
                                    .toObject()
                                    .value(QLatin1String("log"))
                                    .toArray()
                                    .at(0)
                                    .toObject();
        QCOMPARE(text(log, "event_type"), QStringLiteral("prompt"));
        QVERIFY(!text(log, "content").contains(QStringLiteral("AAAA"))); // masked
    }

    void secretsAreMasked()
    {
        m_fleet->host.send({line(1, QStringLiteral("export K=ghp_%1").arg(QString(36, u'a')))});
        const QByteArray events = m_fleet->get("/api/events?since=0");
        QVERIFY(!events.contains("ghp_aaaa"));
    }

    /// What is approved is what was shown: an approver sees it to the bit, a viewer without the secret.
    void aSecretInARequest()
    {
        const QString input = QStringLiteral("{\"command\":\"login ghp_%1\"}").arg(QString(36, u'b'));
        m_fleet->host.send({Event{0, nowMs, idOf(1),
                                  PermissionAsked{QStringLiteral("r1"), PermissionKind::Permission,
                                                  QStringLiteral("Bash"), input, QStringLiteral("/boat")}}});
        QSignalSpy made(&m_fleet->share, &Sharing::tokenMade);
        m_fleet->share.addToken(QStringLiteral("looker"), AccessRole::Viewer, {});
        QTRY_COMPARE(made.size(), 1);
        const QByteArray looker = made.at(0).at(1).toString().toLatin1();
        const auto inputFor = [this](const QByteArray& who) {
            Client client(*m_fleet, who);
            client.hello();
            [&client] { QTRY_VERIFY(client.has("snapshot_end")); }();
            client.say({{QStringLiteral("type"), QStringLiteral("command")},
                        {QStringLiteral("id"), 1},
                        {QStringLiteral("method"), QStringLiteral("fetch_permission_input")},
                        {QStringLiteral("params"),
                         QJsonObject{{QStringLiteral("request_id"), QStringLiteral("r1")}}}});
            [&client] { QTRY_VERIFY(client.has("result")); }();
            return client.ofType("result").value(0).value(QLatin1String("result")).toObject();
        };
        const QJsonObject forOperator = inputFor(m_fleet->token);
        QCOMPARE(text(forOperator, "input"), input);
        QCOMPARE(forOperator.value(QLatin1String("masked")), QJsonValue(false));
        const QJsonObject forLooker = inputFor(looker);
        QVERIFY(text(forLooker, "input").startsWith(QLatin1String("{\"command\":\"login ")));
        QVERIFY(!text(forLooker, "input").contains(QLatin1String("ghp_bbbb")));
        QCOMPARE(forLooker.value(QLatin1String("masked")), QJsonValue(true));
        // Who has not loaded it can deny it, and not allow it.
        m_fleet->host.about.commands = {QStringLiteral("answer_permission")};
        emit m_fleet->host.capabilitiesChanged();
        const auto answered = [this](const QByteArray& answer) {
            return m_fleet->post("/api/permissions/r1", answer, m_fleet->token);
        };
        QCOMPARE(statusOf(answered("{\"decision\":\"allow\"}")), 400);
        QCOMPARE(statusOf(answered("{\"decision\":\"deny\",\"option_id\":\"allow_once\"}")), 400);
        QCOMPARE(m_fleet->host.lastMethod, QString());
        // Told to all at once: its hash alone.
        const QJsonObject told =
            contentOf(m_fleet->get("/api/permissions")).value(QLatin1String("permissions"))[0].toObject();
        QVERIFY(told.value(QLatin1String("input")).isNull());
        QCOMPARE(text(told, "input_sha256").toLatin1(),
                 QCryptographicHash::hash(input.toUtf8(), QCryptographicHash::Sha256).toHex());
    }

    void revokedWithinASecond()
    {
        QSignalSpy made(&m_fleet->share, &Sharing::tokenMade);
        m_fleet->share.addToken(QStringLiteral("guest"), AccessRole::Viewer, {});
        QTRY_COMPARE(made.size(), 1);
        Client client(*m_fleet, made.at(0).at(1).toString().toLatin1());
        QTRY_VERIFY(client.has("connection_established"));
        QTRY_COMPARE(m_fleet->share.state().viewers.size(), 1);
        QElapsedTimer timer;
        timer.start();
        m_fleet->share.revoke(QStringLiteral("t2"));
        QTRY_VERIFY(client.closed);
        QVERIFY2(timer.elapsed() < 1000, qPrintable(QString::number(timer.elapsed())));
        QCOMPARE(int(client.socket.closeCode()), 4401);
    }

    /// The same from another program: the file is what counts.
    void revokedByTheFile()
    {
        Client client(*m_fleet, m_fleet->token);
        QTRY_VERIFY(client.has("connection_established"));
        const AccessFile file(m_fleet->dir.path());
        QCOMPARE(file.change([](AccessBook& book) {
            book.tokens.clear();
            return true;
        }),
                 QString());
        QTRY_VERIFY(client.closed);
        QCOMPARE(int(client.socket.closeCode()), 4401);
    }

    void launchLink()
    {
        QSignalSpy made(&m_fleet->share, &Sharing::linkMade);
        m_fleet->share.makeLaunchLink();
        QTRY_COMPARE(made.size(), 1);
        const QByteArray code = made.at(0).at(0).toString().section(QStringLiteral("#code="), 1).toLatin1();
        const QByteArray content = "{\"code\":\"" + code + "\"}";
        const QJsonObject answer = contentOf(m_fleet->post("/api/access/token", content, {}));
        QCOMPARE(text(answer, "role"), QStringLiteral("admin"));
        QCOMPARE(statusOf(m_fleet->post("/api/access/token", content, {})), 401); // one use
        const QByteArray session = text(answer, "token").toLatin1();
        QCOMPARE(statusOf(m_fleet->request(m_fleet->head("GET /api/access/tokens", session))), 200);
        QCOMPARE(statusOf(m_fleet->get("/api/access/tokens")), 403); // not for the operator's own token
        const QJsonObject ticket = contentOf(m_fleet->post("/api/access/ticket", {}, session));
        QVERIFY(!text(ticket, "ticket").isEmpty());
        const QByteArray added = m_fleet->post(
            "/api/access/tokens",
            "{\"name\":\"x\",\"role\":\"viewer\",\"origins\":[\"http://localhost:3000\"]}", session);
        QCOMPARE(statusOf(added), 201);
        const QByteArray id = text(contentOf(added), "id").toLatin1();
        QCOMPARE(statusOf(m_fleet->request(m_fleet->head("DELETE /api/access/tokens/" + id, session))), 200);
        QCOMPARE(
            statusOf(m_fleet->post("/api/access/tokens", "{\"name\":\"x\",\"role\":\"admin\"}", session)),
            400);
    }

    void pairing()
    {
        QSignalSpy made(&m_fleet->share, &Sharing::linkMade);
        m_fleet->share.makePairingLink();
        QTRY_COMPARE(made.size(), 1);
        const QByteArray code = made.at(0).at(0).toString().section(QStringLiteral("#pair="), 1).toLatin1();
        QTcpSocket socket;
        socket.connectToHost(QHostAddress::LocalHost, m_fleet->port());
        const QByteArray content = "{\"code\":\"" + code + "\",\"name\":\"phone\"}";
        socket.write(m_fleet->head("POST /api/access/pair", {},
                                   "Content-Type: application/json\r\nContent-Length: " +
                                       QByteArray::number(content.size()) + "\r\n") +
                     content);
        QTRY_COMPARE(m_fleet->share.state().pairings.size(), 1);
        QCOMPARE(m_fleet->share.state().pairings.constFirst().name, QStringLiteral("phone"));
        QVERIFY(socket.readAll().isEmpty()); // not before somebody said yes
        m_fleet->share.decide(m_fleet->share.state().pairings.constFirst().id, true, AccessRole::Approver);
        QByteArray answer;
        QTRY_VERIFY((answer += socket.readAll()).contains("\"token\""));
        QCOMPARE(text(contentOf(answer), "role"), QStringLiteral("approver"));
    }

    void counters()
    {
        Client room(*m_fleet, m_fleet->token, QStringLiteral("/api/ws/counters/build-42"));
        Client other(*m_fleet, m_fleet->token, QStringLiteral("/api/ws/counters/build-43"));
        QTRY_COMPARE(m_fleet->share.state().viewers.size(), 2);
        QCOMPARE(contentOf(m_fleet->get("/api/counters/context/build-42")),
                 QJsonObject({{QStringLiteral("used"), 0},
                              {QStringLiteral("total"), 200'000},
                              {QStringLiteral("percentage"), 0}}));
        QCOMPARE(contentOf(m_fleet->post("/api/counters/context/build-42",
                                         "{\"used\":50000,\"total\":150000}", m_fleet->token))
                     .value(QLatin1String("status")),
                 QJsonValue(QStringLiteral("ok")));
        QTRY_COMPARE(room.messages.size(), 1);
        QCOMPARE(room.messages.constFirst()
                     .value(QLatin1String("data"))
                     .toObject()
                     .value(QLatin1String("percentage"))
                     .toDouble(),
                 33.33);
        QCOMPARE(
            statusOf(m_fleet->post("/api/counters/context/build-42?used=1&total=10", {}, m_fleet->token)),
            200);
        QTRY_COMPARE(room.messages.size(), 2);
        QVERIFY(other.messages.isEmpty());
        for (const char* bad : {"{\"used\":-1,\"total\":10}", "{\"used\":1.5,\"total\":10}",
                                "{\"used\":1,\"total\":0}", "{\"used\":1}", "{\"used\":\"x\",\"total\":10}",
                                "{\"used\":1,\"total\":9007199254740994}", "[]", "{"})
            QCOMPARE(statusOf(m_fleet->post("/api/counters/context/build-42", bad, m_fleet->token)), 400);
        QCOMPARE(
            contentOf(m_fleet->get("/api/counters/context/build-42")).value(QLatin1String("used")).toInt(),
            1);
        room.socket.sendTextMessage(QStringLiteral("ping"));
        QTRY_VERIFY(room.has("pong"));
    }

    void countersOfOurAgents()
    {
        Client room(*m_fleet, m_fleet->token, QStringLiteral("/api/ws/counters/one")); // its session id
        QTRY_COMPARE(room.messages.size(), 1);
        QCOMPARE(room.messages.constFirst()
                     .value(QLatin1String("data"))
                     .toObject()
                     .value(QLatin1String("used"))
                     .toInt(),
                 50'000);
        m_fleet->host.send({usage(1, 90'000)});
        QTRY_COMPARE(room.messages.size(), 2);
        QCOMPARE(room.messages.constLast()
                     .value(QLatin1String("data"))
                     .toObject()
                     .value(QLatin1String("percentage"))
                     .toDouble(),
                 45.0);
        // A compaction is told at once, with what is left.
        m_fleet->host.send({Event{0, nowMs, idOf(1), Compacted{{nowMs, 90'000, 20'000, {}}}}});
        QTRY_COMPARE(room.messages.size(), 3);
        QCOMPARE(room.messages.constLast()
                     .value(QLatin1String("data"))
                     .toObject()
                     .value(QLatin1String("used"))
                     .toInt(),
                 20'000);
    }

    void page()
    {
        const QByteArray answer = m_fleet->request(m_fleet->head("GET /", {}));
        QCOMPARE(statusOf(answer), 200);
        QVERIFY(answer.contains("Content-Security-Policy: default-src 'none'"));
        QVERIFY(answer.contains("X-Frame-Options: DENY"));
        QCOMPARE(statusOf(m_fleet->request(m_fleet->head("GET /..%2f..%2fetc/passwd", {}))), 404);
        QCOMPARE(statusOf(m_fleet->request(m_fleet->head("GET /models.json", {}))), 404);
    }

    void metrics()
    {
        const QByteArray answer = m_fleet->get("/metrics");
        QVERIFY(answer.contains("plimsoll_agents{state=\"executing\"} 1\n"));
        QVERIFY(answer.contains("plimsoll_agent_context_tokens{agent=\"" + idOf(1).toString().toLatin1() +
                                "\",name=\"one\"} 50000\n"));
    }

    void beyondThisMachineOnlyWithTls()
    {
        QVERIFY(!placeFault({QStringLiteral("0.0.0.0"), 1, false}).isEmpty());
        QVERIFY(!placeFault({QStringLiteral("192.0.2.1"), 1, false}).isEmpty());
        QCOMPARE(placeFault({QStringLiteral("0.0.0.0"), 1, true}), QString());
        QCOMPARE(placeFault({QStringLiteral("127.0.0.1"), 1, false}), QString());
    }

    void portInUseIsSaid()
    {
        FakeHost host;
        const QTemporaryDir dir;
        ShareService second(host, dir.path(), {});
        QSignalSpy changed(&second, &Sharing::stateChanged);
        second.switchOn({QStringLiteral("127.0.0.1"), m_fleet->port(), false});
        QTRY_COMPARE(changed.size(), 1);
        QVERIFY(second.state().problem.contains(QStringLiteral("another port")));
        QVERIFY(!second.state().isOn());
    }

    void offAndOnAgain()
    {
        Client client(*m_fleet, m_fleet->token);
        QTRY_VERIFY(client.has("connection_established"));
        m_fleet->share.switchOff();
        QTRY_VERIFY(client.closed);
        QCOMPARE(int(client.socket.closeCode()), 1001);
        m_fleet->host.send({added(agentOf(3, QStringLiteral("three"), AgentState::Idle, 1, nowMs))});
        QSignalSpy listening(&m_fleet->share, &ShareService::listening);
        m_fleet->share.switchOn({QStringLiteral("127.0.0.1"), m_fleet->port(), false});
        QTRY_COMPARE(listening.size(), 1);
        QTRY_COMPARE(contentOf(m_fleet->get("/api/agents")).value(QLatin1String("agents")).toArray().size(),
                     3);
    }

    void tls()
    {
        const ServedFleet fleet({}, true);
        QCOMPARE(fleet.url.scheme(), QStringLiteral("https"));
        QTRY_VERIFY(fleet.share.state().isOn());
        QCOMPARE(fleet.share.state().fingerprint.size(), 64);
        QVERIFY(!(QFileInfo(fleet.dir.path() + QStringLiteral("/tls-key.pem")).permissions() &
                  (QFile::ReadGroup | QFile::ReadOther)));
        QSslSocket socket;
        socket.setPeerVerifyMode(QSslSocket::VerifyNone);
        socket.connectToHostEncrypted(QStringLiteral("127.0.0.1"), fleet.port());
        QVERIFY(socket.waitForEncrypted(5000));
        QCOMPARE(QString::fromLatin1(socket.peerCertificate().digest(QCryptographicHash::Sha256).toHex()),
                 fleet.share.state().fingerprint);
        socket.write(fleet.head("GET /api/agents", fleet.token));
        QByteArray answer;
        QTRY_VERIFY((answer += socket.readAll()).contains("\"agents\""));
    }

private:
    std::unique_ptr<ServedFleet> m_fleet;
};

QTEST_GUILESS_MAIN(TestServer)
#include "tst_server.moc"
