// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/codec.h"
#include "tests/remotedesk.h"

#include <QElapsedTimer>
#include <QJsonArray>
#include <QSignalSpy>
#include <QTest>

using namespace plimsoll;
using namespace plimsoll::samples;
using namespace plimsoll::test;
using Phase = LinkState::Phase;

class TestRemoteHost : public QObject
{
    Q_OBJECT

private slots:
    void asksAsTheContractSays();
    void takesASnapshot();
    void eventsFollow();
    void framesMayBeBinaryAndOfMany();
    void whatComesDuringASnapshotIsNotLost();
    void resumesAfterACut();
    void anotherRunBeginsAnew();
    void aCutSnapshotIsAskedForAgain();
    void nothingIsTakenTwice();
    void roles_data();
    void roles();
    void queriesBecomeCommands();
    void longTextsComeInParts();
    void olderAgentsArriveBeforeTheAnswer();
    void withoutALinkQueriesAreRefused();
    void tooMuchAtOnceIsSpreadOrRefused();
    void aLongRequestIsShownWhole();
    void keepsUpWithAThousandAgents();
};

void TestRemoteHost::asksAsTheContractSays()
{
    FakeServer server;
    Desk desk(placeOf(server.url()));
    desk.host.start();
    QCOMPARE(desk.phase(), Phase::Connecting);
    QCOMPARE(desk.host.link().attempt, 1);
    QTRY_COMPARE(server.hellos.size(), 1);
    QCOMPARE(server.request.rawHeader("Authorization"), QByteArray("Bearer s3cret"));
    QCOMPARE(server.request.rawHeader("Sec-WebSocket-Protocol"), QByteArray("plimsoll.v1"));
    QCOMPARE(server.request.rawHeader("Origin"),
             QStringLiteral("http://127.0.0.1:%1").arg(server.port).toLatin1());
    QCOMPARE(server.request.url().path(), QStringLiteral("/ws"));
    QVERIFY(server.request.url().query().isEmpty());
    QCOMPARE(server.lastHello(), (QJsonObject{{QStringLiteral("type"), QStringLiteral("hello")},
                                              {QStringLiteral("batch"), true},
                                              {QStringLiteral("binary"), true}}));
    QCOMPARE(desk.resets, 0);
}

void TestRemoteHost::takesASnapshot()
{
    FakeServer server;
    Desk desk(placeOf(server.url()));
    FleetPicture fleet = fleetOf(3);
    fleet.limits.insert(AgentKind::Codex,
                        {AgentKind::Codex, {}, {{QStringLiteral("7 d"), 31, nowMs}}, nowMs});
    fleet.spend.slotList = {{nowMs / spendSlotMs * spendSlotMs, 5'000'000'000}};
    const Event asked = about(2, PermissionAsked{QStringLiteral("r1"),
                                                 PermissionKind::Permission,
                                                 QStringLiteral("Bash"),
                                                 QStringLiteral("ls"),
                                                 {}});
    fleet.permissions.insert(QStringLiteral("r1"), asked);
    desk.host.start();
    QTRY_COMPARE(server.hellos.size(), 1);
    server.sayFleet(fleet, 812);
    QTRY_COMPARE(desk.phase(), Phase::Connected);
    QCOMPARE(desk.resets, 1);
    QVERIFY(desk.picture.agents == fleet.agents);
    QVERIFY(desk.picture.limits == fleet.limits);
    QVERIFY(desk.picture.spend == fleet.spend);
    QCOMPARE(desk.picture.permissions.size(), 1);
    QCOMPARE(desk.host.lastSeq(), quint64(3));
    QVERIFY(!desk.host.link().isStale());
    QCOMPARE(desk.host.capabilities().label, QStringLiteral("Desk · 127.0.0.1:%1").arg(server.port));
    QCOMPARE(desk.gaps, 0);
}

void TestRemoteHost::eventsFollow()
{
    FakeServer server;
    Desk desk(placeOf(server.url()));
    connectTo(desk, server);
    server.say(updateOf(1,
                        {{QStringLiteral("context_tokens"), 77},
                         {QStringLiteral("summary"), QStringLiteral("Read")},
                         {QStringLiteral("status"), QStringLiteral("executing")}},
                        101));
    server.say(*wire::eventMessage(added(agent(3)), 102, Agent()));
    server.say(*wire::eventMessage(about(2, AgentRemoved{}), 103, Agent()));
    server.say(tokens(3, 5, 104));
    server.say(tokens(9, 5, 105)); // nobody
    const Logged line{
        LogKind::ToolUse, QStringLiteral("ls"), QStringLiteral("Bash"), false, QStringLiteral("/log"), 12, 1};
    server.say(*wire::eventMessage(about(1, line), 106, Agent()));
    server.say(R"({"type":"chat_stream","agent_id":")" + idOf(1).toString().toLatin1() +
               R"(","chunk":"x","is_complete":false})");
    QTRY_COMPARE(desk.all.size(), 8);
    const Agent first = desk.picture.agents.value(idOf(1));
    QCOMPARE(first.usage.contextTokens, Count(77));
    QCOMPARE(first.info.summary, QStringLiteral("Read"));
    QVERIFY(first.state == AgentState::Executing);
    QVERIFY(!desk.picture.agents.contains(idOf(2)));
    QCOMPARE(desk.picture.agents.value(idOf(3)).usage.contextTokens, Count(5));
    QVERIFY(desk.all.at(6).body == Body(line));
    QCOMPARE(desk.all.last().seq, quint64(0)); // streamed text has no number
    QCOMPARE(desk.host.lastSeq(), quint64(7));
    QCOMPARE(desk.gaps, 0);
}

void TestRemoteHost::framesMayBeBinaryAndOfMany()
{
    FakeServer server;
    Desk desk(placeOf(server.url()));
    connectTo(desk, server);
    const QSignalSpy recorded(&desk.host, &Host::recorded);
    server.sayBinary("[" + tokens(1, 5, 101) + "," + tokens(2, 6, 102) + R"(,{"type":"new","seq":103}])");
    QTRY_COMPARE(desk.all.size(), 2);
    QCOMPARE(recorded.size(), 1);
    QCOMPARE(desk.picture.agents.value(idOf(2)).usage.contextTokens, Count(6));
    server.cut();
    QTRY_COMPARE(server.hellos.size(), 2);
    QCOMPARE(server.lastHello().value(QLatin1String("since")).toInteger(), 103); // the unknown counts too
}

void TestRemoteHost::whatComesDuringASnapshotIsNotLost()
{
    FakeServer server;
    Desk desk(placeOf(server.url()));
    desk.host.start();
    QTRY_COMPARE(server.hellos.size(), 1);
    const QList<QByteArray> parts = wire::snapshot(fleetOf(1), fleetOf(1).agents.values(), 100, nowMs);
    server.say(parts.at(0));
    server.say(tokens(1, 42, 101));
    server.say(parts.at(1));
    server.say(parts.at(2));
    QTRY_COMPARE(desk.phase(), Phase::Connected);
    QCOMPARE(desk.picture.agents.value(idOf(1)).usage.contextTokens, Count(42));
}

void TestRemoteHost::resumesAfterACut()
{
    FakeServer server;
    Desk desk(placeOf(server.url()));
    connectTo(desk, server);
    server.say(tokens(1, 5, 101));
    QTRY_COMPARE(desk.all.size(), 1);
    server.cut();
    QTRY_COMPARE(server.hellos.size(), 2);
    QVERIFY(desk.host.link().isStale());
    QVERIFY(desk.phase() == Phase::Connecting);
    QCOMPARE(server.lastHello().value(QLatin1String("since")).toInteger(), 101);
    QCOMPARE(server.lastHello().value(QLatin1String("run")).toString(), QStringLiteral("run-1"));
    server.say(tokens(1, 6, 102));
    server.say(tokens(1, 7, 103));
    server.say(wire::resumed(103, nowMs));
    QTRY_COMPARE(desk.phase(), Phase::Connected);
    QVERIFY(!desk.host.link().isStale());
    QCOMPARE(desk.resets, 1); // not forgotten in between
    QCOMPARE(desk.picture.agents.value(idOf(1)).usage.contextTokens, Count(7));
    QCOMPARE(desk.gaps, 0);

    server.cut(); // so long that nothing is held any more
    QTRY_COMPARE(server.hellos.size(), 3);
    server.sayFleet(fleetOf(5), 900);
    QTRY_COMPARE(desk.phase(), Phase::Connected);
    QCOMPARE(desk.resets, 2);
    QCOMPARE(desk.picture.agents.size(), 5);
    server.say(tokens(4, 7, 901));
    QTRY_COMPARE(desk.picture.agents.value(idOf(4)).usage.contextTokens, Count(7));
    QCOMPARE(desk.gaps, 0);
}

void TestRemoteHost::anotherRunBeginsAnew()
{
    FakeServer server;
    Desk desk(placeOf(server.url()));
    connectTo(desk, server);
    server.run = QStringLiteral("run-2");
    server.cut();
    QTRY_COMPARE(server.hellos.size(), 2);
    server.sayFleet(fleetOf(1), 3);
    QTRY_COMPARE(desk.phase(), Phase::Connected);
    server.say(tokens(1, 7, 4)); // a lower number than that of the run before
    QTRY_COMPARE(desk.picture.agents.value(idOf(1)).usage.contextTokens, Count(7));
    QCOMPARE(desk.gaps, 0);
}

void TestRemoteHost::aCutSnapshotIsAskedForAgain()
{
    FakeServer server;
    Desk desk(placeOf(server.url()));
    desk.host.start();
    QTRY_COMPARE(server.hellos.size(), 1);
    server.say(wire::snapshot(fleetOf(1), fleetOf(1).agents.values(), 100, nowMs).first());
    server.say(wire::heartbeat(1, nowMs));
    server.socket->flush();
    server.cut();
    QTRY_COMPARE(server.hellos.size(), 2);
    QVERIFY(!server.lastHello().contains(QLatin1String("since")));
    QCOMPARE(desk.resets, 0);
    QVERIFY(!desk.host.link().isStale()); // nothing is shown that could be
}

void TestRemoteHost::nothingIsTakenTwice()
{
    FakeServer server;
    Desk desk(placeOf(server.url()));
    connectTo(desk, server);
    const Logged line{LogKind::Text, QStringLiteral("once"), {}, false, QStringLiteral("/log"), 0, 0};
    const QByteArray message = *wire::eventMessage(about(1, line), 101, Agent());
    server.say(message);
    server.say(message);
    server.say(tokens(1, 3, 102));
    QTRY_COMPARE(desk.all.size(), 2);
}

void TestRemoteHost::roles_data()
{
    QTest::addColumn<int>("role");
    QTest::addColumn<QStringList>("commands");
    QTest::addColumn<QString>("refusal");
    QTest::newRow("viewer") << int(AccessRole::Viewer) << QStringList() << QStringLiteral("role viewer");
    QTest::newRow("approver") << int(AccessRole::Approver) << QStringList{QStringLiteral("answer_permission")}
                              << QStringLiteral("role approver");
    QTest::newRow("operator") << int(AccessRole::Operator) << QStringList() << QStringLiteral("Desk · ");
}

void TestRemoteHost::roles()
{
    QFETCH(int, role);
    QFETCH(QStringList, commands);
    QFETCH(QString, refusal);
    FakeServer server;
    server.role = AccessRole(role);
    server.commands = commands;
    Desk desk(placeOf(server.url()));
    connectTo(desk, server);
    QCOMPARE(desk.host.capabilities().commands, commands);
    QVERIFY(desk.host.capabilities().refusal.contains(refusal));
    const quint64 id = desk.host.query(QStringLiteral("create_agent"), {});
    QTRY_COMPARE(desk.replies.size(), 1);
    QCOMPARE(desk.replies.first().id, id);
    QCOMPARE(desk.replies.first().error, desk.host.capabilities().refusal);
    QCOMPARE(desk.replies.first().code, QStringLiteral("unsupported"));
    QVERIFY(server.asked.isEmpty());
    for (const QString& method : commands) {
        const QJsonObject params{{QStringLiteral("request_id"), QStringLiteral("r1")}};
        std::ignore = desk.host.query(method, params);
        QTRY_COMPARE(server.asked.size(), 1);
        QCOMPARE(server.asked.first().value(QLatin1String("method")).toString(), method);
        QCOMPARE(server.asked.first().value(QLatin1String("params")).toObject(), params);
    }
}

void TestRemoteHost::queriesBecomeCommands()
{
    FakeServer server;
    Desk desk(placeOf(server.url()));
    connectTo(desk, server);
    const QString who = idOf(1).toString();
    const quint64 id =
        desk.host.query(QStringLiteral("history"), {{QStringLiteral("agent_id"), who},
                                                    {QStringLiteral("before_offset"), 500},
                                                    {QStringLiteral("file"), QStringLiteral("/log")},
                                                    {QStringLiteral("limit"), 300}});
    QTRY_COMPARE(server.asked.size(), 1);
    QCOMPARE(server.asked.first().value(QLatin1String("method")).toString(), QStringLiteral("fetch_history"));
    QCOMPARE(server.asked.first().value(QLatin1String("params")).toObject(),
             (QJsonObject{{QStringLiteral("agent_id"), who},
                          {QStringLiteral("before_seq"), 500},
                          {QStringLiteral("file"), QStringLiteral("/log")},
                          {QStringLiteral("limit"), 100}}));
    const Logged line{
        LogKind::Error, QStringLiteral("no"), QStringLiteral("Bash"), true, QStringLiteral("/log"), 40, 2};
    server.say(
        wire::result(qint64(id), {{QStringLiteral("log"), QJsonArray{wire::logObject(idOf(1), line, nowMs)}},
                                  {QStringLiteral("before_seq"), 40},
                                  {QStringLiteral("file"), QStringLiteral("/log")},
                                  {QStringLiteral("more"), true}}));
    QTRY_COMPARE(desk.replies.size(), 1);
    const QJsonObject page = desk.replies.first().result;
    const QJsonObject item = page.value(QLatin1String("items")).toArray().first().toObject();
    QCOMPARE(item, (QJsonObject{{QStringLiteral("at"), nowMs},
                                {QStringLiteral("kind"), QStringLiteral("error")},
                                {QStringLiteral("text"), QStringLiteral("no")},
                                {QStringLiteral("tool"), QStringLiteral("Bash")},
                                {QStringLiteral("truncated"), true},
                                {QStringLiteral("file"), QStringLiteral("/log")},
                                {QStringLiteral("offset"), 40},
                                {QStringLiteral("block"), 2}}));
    QCOMPARE(page.value(QLatin1String("before_offset")).toInteger(), 40);
    QVERIFY(page.value(QLatin1String("more")).toBool());

    const quint64 curve = desk.host.query(QStringLiteral("curve"), {{QStringLiteral("agent_id"), who}});
    const quint64 count =
        desk.host.query(QStringLiteral("tokens"), {{QStringLiteral("text"), QStringLiteral("x")}});
    QTRY_COMPARE(server.asked.size(), 3);
    QCOMPARE(server.asked.at(1).value(QLatin1String("method")).toString(), QStringLiteral("fetch_curve"));
    QCOMPARE(server.asked.at(2).value(QLatin1String("method")).toString(), QStringLiteral("count_tokens"));
    server.say(wire::refusal(qint64(count), QStringLiteral("too_many"), QStringLiteral("later")));
    server.say(wire::result(qint64(curve), {{QStringLiteral("windows"), 7}}));
    server.say(wire::result(QStringLiteral("foreign"), {}));
    QTRY_COMPARE(desk.replies.size(), 3);
    QCOMPARE(desk.replies.at(1).code, QStringLiteral("too_many"));
    QCOMPARE(desk.replies.at(1).error, QStringLiteral("later"));
    QCOMPARE(desk.replies.at(2).id, curve);
    std::ignore = desk.host.query(QStringLiteral("rm"), {});
    QTRY_COMPARE(desk.replies.size(), 4);
    QVERIFY(!desk.replies.last().error.isEmpty());
}

void TestRemoteHost::longTextsComeInParts()
{
    FakeServer server;
    Desk desk(placeOf(server.url()));
    FleetPicture fleet = fleetOf(2);
    fleet.agents[idOf(2)].info.files = QStringList{QStringLiteral("/logs/b.jsonl")};
    desk.host.start();
    QTRY_COMPARE(server.hellos.size(), 1);
    server.sayFleet(fleet, 1);
    QTRY_COMPARE(desk.phase(), Phase::Connected);
    const quint64 id =
        desk.host.query(QStringLiteral("text"), {{QStringLiteral("file"), QStringLiteral("/logs/b.jsonl")},
                                                 {QStringLiteral("offset"), 10},
                                                 {QStringLiteral("block"), 1}});
    QTRY_COMPARE(server.asked.size(), 1);
    const QString logId = server.asked.first()
                              .value(QLatin1String("params"))
                              .toObject()
                              .value(QLatin1String("log_id"))
                              .toString();
    QCOMPARE(logId,
             wire::logId(idOf(2), {LogKind::Text, {}, {}, false, QStringLiteral("/logs/b.jsonl"), 10, 1}));
    server.say(wire::result(qint64(id),
                            {{QStringLiteral("text"), QStringLiteral("one ")}, {QStringLiteral("next"), 4}}));
    QTRY_COMPARE(server.asked.size(), 2);
    QCOMPARE(server.asked.last()
                 .value(QLatin1String("params"))
                 .toObject()
                 .value(QLatin1String("from"))
                 .toInteger(),
             4);
    QVERIFY(desk.replies.isEmpty());
    server.say(wire::result(qint64(id), {{QStringLiteral("text"), QStringLiteral("two")},
                                         {QStringLiteral("next"), QJsonValue::Null}}));
    QTRY_COMPARE(desk.replies.size(), 1);
    QCOMPARE(desk.replies.first().result.value(QLatin1String("text")).toString(), QStringLiteral("one two"));
}

void TestRemoteHost::olderAgentsArriveBeforeTheAnswer()
{
    FakeServer server;
    Desk desk(placeOf(server.url()));
    connectTo(desk, server);
    const quint64 id = desk.host.query(QStringLiteral("agents"), {{QStringLiteral("limit"), 200}});
    QTRY_COMPARE(server.asked.size(), 1);
    const QJsonObject params = server.asked.first().value(QLatin1String("params")).toObject();
    QCOMPARE(params.value(QLatin1String("limit")).toInt(), 100);
    QCOMPARE(timeFromJson(params.value(QLatin1String("before"))), nowMs - 2000 + 1);
    server.say(wire::result(qint64(id),
                            {{QStringLiteral("agents"), QJsonArray{toJson(agent(2)), toJson(agent(7)), 3}},
                             {QStringLiteral("left"), 12}}));
    QTRY_COMPARE(desk.replies.size(), 1);
    QCOMPARE(desk.replies.first().result,
             (QJsonObject{{QStringLiteral("count"), 1}, {QStringLiteral("left"), 12}}));
    QVERIFY(desk.picture.agents.contains(idOf(7)));
    server.say(tokens(7, 9, 101));
    QTRY_COMPARE(desk.picture.agents.value(idOf(7)).usage.contextTokens, Count(9));
}

void TestRemoteHost::withoutALinkQueriesAreRefused()
{
    FakeServer server;
    Desk desk(placeOf(server.url()));
    std::ignore = desk.host.query(QStringLiteral("curve"), {});
    QVERIFY(desk.replies.isEmpty()); // the asker knows the id first
    QTRY_COMPARE(desk.replies.size(), 1);
    QVERIFY(desk.replies.first().error.contains(QStringLiteral("no link")));
    connectTo(desk, server);
    const quint64 id = desk.host.query(QStringLiteral("curve"), {});
    QTRY_COMPARE(server.asked.size(), 1);
    server.cut();
    QTRY_COMPARE(desk.replies.size(), 2);
    QCOMPARE(desk.replies.last().id, id);
    QVERIFY(desk.replies.last().error.contains(QStringLiteral("cut")));
}

void TestRemoteHost::tooMuchAtOnceIsSpreadOrRefused()
{
    FakeServer server;
    Desk desk(placeOf(server.url()));
    connectTo(desk, server);
    std::ignore =
        desk.host.query(QStringLiteral("tokens"), {{QStringLiteral("text"), QString(70'000, u'x')}});
    QTRY_COMPARE(desk.replies.size(), 1);
    QVERIFY(desk.replies.first().error.contains(QStringLiteral("64 KiB")));
    for (int i = 0; i < 30; ++i)
        std::ignore = desk.host.query(QStringLiteral("curve"), {});
    QTRY_VERIFY(server.asked.size() >= 15);
    QVERIFY(server.asked.size() < 30); // the server would cut who sends 40 at once
    QTRY_COMPARE(server.asked.size(), 30);
    for (int i = 0; i < 300; ++i)
        std::ignore = desk.host.query(QStringLiteral("curve"), {});
    QTRY_VERIFY(desk.replies.size() > 50);
    QVERIFY(desk.replies.last().error.contains(QStringLiteral("at once")));
}

void TestRemoteHost::aLongRequestIsShownWhole()
{
    FakeServer server;
    Desk desk(placeOf(server.url()));
    connectTo(desk, server);
    const auto request = [](const char* id) {
        return about(1, PermissionAsked{QLatin1String(id),
                                        PermissionKind::Permission,
                                        QStringLiteral("Bash"),
                                        QString(70'000, u'x'),
                                        {}});
    };
    server.say(*wire::eventMessage(request("r1"), 101, Agent()));
    server.say(*wire::eventMessage(request("r2"), 102, Agent()));
    QTRY_COMPARE(server.asked.size(), 2);
    QVERIFY(desk.all.isEmpty());
    server.cut(); // before the input came
    QTRY_COMPARE(server.hellos.size(), 2);
    server.say(*wire::eventMessage(about(1, PermissionAnswered{QStringLiteral("r2"), QStringLiteral("gone")}),
                                   103, Agent()));
    server.say(wire::resumed(103, nowMs));
    QTRY_COMPARE(server.asked.size(), 3);
    const QJsonObject again = server.asked.last();
    QCOMPARE(again.value(QLatin1String("method")).toString(), QStringLiteral("fetch_permission_input"));
    server.say(
        wire::result(again.value(QLatin1String("id")), {{QStringLiteral("input"), QStringLiteral("whole")}}));
    QTRY_COMPARE(desk.all.size(), 1);
    QCOMPARE(std::get<PermissionAsked>(desk.all.first().body).input, QStringLiteral("whole"));
    QCOMPARE(desk.picture.permissions.size(), 1);
}

void TestRemoteHost::keepsUpWithAThousandAgents()
{
    FakeServer server;
    Desk desk(placeOf(server.url()));
    connectTo(desk, server, 1000);
    QCOMPARE(desk.picture.agents.size(), 1000);
    quint64 seq = 100;
    constexpr int frames = 10; // of a tick: a second of a fleet that is busy as a whole
    QElapsedTimer clock;
    clock.start();
    for (int frame = 0; frame < frames; ++frame) {
        QByteArray batch = "[";
        for (int i = 1; i <= 1000; ++i)
            batch += (i > 1 ? "," : "") + tokens(i, 1000 + frame, ++seq);
        server.sayBinary(batch + "]");
    }
    QTRY_COMPARE(desk.host.lastSeq(), quint64(frames * 1000));
    qInfo("%d updates in %lld ms, making them included", frames * 1000, clock.elapsed());
    QVERIFY(clock.elapsed() < 5000); // takes a tenth of a second; leaves room for a machine under load
    QCOMPARE(desk.picture.agents.value(idOf(1000)).usage.contextTokens, Count(1000 + frames - 1));
    QCOMPARE(desk.gaps, 0);
}

QTEST_GUILESS_MAIN(TestRemoteHost)
#include "tst_remotehost.moc"
