// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/server/wire.h"
#include "app/server/wireread.h"
#include "models/apply.h"
#include "models/codec.h"
#include "models/jsonwriter.h"
#include "tests/fleetsamples.h"

#include <QFile>
#include <QJsonDocument>
#include <QTest>

using namespace plimsoll;
using namespace plimsoll::samples;

namespace {

template <typename T>
T onlyOne(const QByteArray& bytes)
{
    const auto messages = wire::readFrame(bytes);
    if (!messages || messages->size() != 1 || !std::holds_alternative<T>(messages->first()))
        return {};
    return std::get<T>(messages->first());
}

/// The examples of the contract by their type, as the text between ```json and ``` has them.
QMultiHash<QString, QByteArray> examples()
{
    QMultiHash<QString, QByteArray> found;
    QFile file(QStringLiteral(PROTOCOL_FILE));
    if (!file.open(QIODevice::ReadOnly))
        return found;
    bool inside = false;
    while (!file.atEnd()) {
        const QByteArray line = file.readLine().trimmed();
        if (line.startsWith("```"))
            inside = !inside && line == "```json";
        else if (inside)
            found.insert(QJsonDocument::fromJson(line).object().value(QLatin1String("type")).toString(),
                         line);
    }
    return found;
}

} // namespace

class TestWireRead : public QObject
{
    Q_OBJECT

private slots:
    void theExamplesOfTheContractAreRead();
    void snapshotsOfTheContractAreWhole();
    void eventsOfTheContractSayWhatTheySay();
    void answersAndRefusals();
    void whatTheServerWritesIsRead();
    void updatesMakeTheNewAgent();
    void aLongRequestIsKnownToBeWithoutItsInput();
    void framesOfManyMessages();
    void whatIsNotKnownKeepsItsNumber();
    void hostileFrames_data();
    void hostileFrames();
};

void TestWireRead::theExamplesOfTheContractAreRead()
{
    const auto all = examples();
    const QHash<QString, size_t> kinds{
        {QStringLiteral("connection_established"), wire::Message(wire::Welcome()).index()},
        {QStringLiteral("snapshot_begin"), wire::Message(wire::SnapshotBegin()).index()},
        {QStringLiteral("snapshot_part"), wire::Message(wire::SnapshotPart()).index()},
        {QStringLiteral("snapshot_end"), wire::Message(wire::SnapshotEnd()).index()},
        {QStringLiteral("agent_created"), wire::Message(wire::Told()).index()},
        {QStringLiteral("agent_updated"), wire::Message(wire::Updated()).index()},
        {QStringLiteral("agent_status_changed"), wire::Message(wire::Told()).index()},
        {QStringLiteral("agent_summary_update"), wire::Message(wire::Skipped()).index()},
        {QStringLiteral("agent_deleted"), wire::Message(wire::Told()).index()},
        {QStringLiteral("agent_log"), wire::Message(wire::Told()).index()},
        {QStringLiteral("chat_stream"), wire::Message(wire::Told()).index()},
        {QStringLiteral("context_compacted"), wire::Message(wire::Told()).index()},
        {QStringLiteral("permission_requested"), wire::Message(wire::Requested()).index()},
        {QStringLiteral("permission_resolved"), wire::Message(wire::Told()).index()},
        {QStringLiteral("limits_changed"), wire::Message(wire::Told()).index()},
        {QStringLiteral("spend_changed"), wire::Message(wire::Told()).index()},
        {QStringLiteral("alert"), wire::Message(wire::Told()).index()},
        {QStringLiteral("system_log"), wire::Message(wire::Said()).index()},
        {QStringLiteral("heartbeat"), wire::Message(wire::Alive()).index()},
        {QStringLiteral("error"), wire::Message(wire::Said()).index()},
        {QStringLiteral("pong"), wire::Message(wire::Alive()).index()},
        {QStringLiteral("result"), wire::Message(wire::Answer()).index()},
    };
    for (auto kind = kinds.begin(); kind != kinds.end(); ++kind) {
        const QList<QByteArray> lines = all.values(kind.key());
        QVERIFY2(!lines.isEmpty(), qPrintable(kind.key()));
        for (const QByteArray& line : lines) {
            const auto messages = wire::readFrame(line);
            QVERIFY2(messages && messages->size() == 1, line.constData());
            QCOMPARE(messages->first().index(), kind.value());
            const quint64 seq =
                quint64(QJsonDocument::fromJson(line).object().value(QLatin1String("seq")).toInteger());
            if (const auto* told = std::get_if<wire::Told>(&messages->first()))
                QCOMPARE(told->event.seq, seq);
            if (const auto* skipped = std::get_if<wire::Skipped>(&messages->first()))
                QCOMPARE(skipped->seq, seq);
        }
    }
}

void TestWireRead::snapshotsOfTheContractAreWhole()
{
    const auto all = examples();
    const auto welcome = onlyOne<wire::Welcome>(all.value(QStringLiteral("connection_established")));
    QCOMPARE(welcome.protocol, 1);
    QCOMPARE(welcome.host, QStringLiteral("This machine"));
    QVERIFY(welcome.role == AccessRole::Viewer);
    QCOMPARE(welcome.seq, quint64(812));
    const auto begin = onlyOne<wire::SnapshotBegin>(all.value(QStringLiteral("snapshot_begin")));
    QCOMPARE(begin.seq, quint64(812));
    QCOMPARE(begin.count, 1);
    const auto part = onlyOne<wire::SnapshotPart>(all.value(QStringLiteral("snapshot_part")));
    QCOMPARE(part.agents.size(), 1);
    const Agent agent = part.agents.first();
    QCOMPARE(agent.info.name, QStringLiteral("api-migration"));
    QCOMPARE(agent.usage.contextTokens, Count(171'000));
    QCOMPARE(agent.usage.costPico, Count(1'250'000'000'000));
    QVERIFY(agent.state == AgentState::Executing);
    const auto end = onlyOne<wire::SnapshotEnd>(all.value(QStringLiteral("snapshot_end")));
    QCOMPARE(end.limits.size(), 1);
    QCOMPARE(end.limits.first().windows.first().usedPercent, 62.0);
    QCOMPARE(end.spend.slotList.size(), 1);
    QCOMPARE(end.spend.slotList.first().costPico, 500'000'000'000);
}

void TestWireRead::eventsOfTheContractSayWhatTheySay()
{
    const auto all = examples();
    const auto body = [&all](const char* type) {
        return onlyOne<wire::Told>(all.value(QLatin1String(type))).event;
    };
    const auto line = std::get<Logged>(body("agent_log").body);
    QVERIFY(line.kind == LogKind::ToolUse);
    QCOMPARE(line.tool, QStringLiteral("Bash"));
    QCOMPARE(line.text, QStringLiteral("{\"command\":\"ls\"}"));
    QCOMPARE(line.offset, 10240);
    QVERIFY(line.file.endsWith(QStringLiteral("0b0f.jsonl")));
    const auto state = std::get<StateChanged>(body("agent_status_changed").body);
    QVERIFY(state.state == AgentState::Executing);
    QVERIFY(state.source == StateSource::Log);
    QVERIFY(state.sinceMs > 0);
    const auto compacted = std::get<Compacted>(body("context_compacted").body);
    QCOMPARE(compacted.compaction.beforeTokens, Count(167'000));
    QCOMPARE(compacted.compaction.trigger, QStringLiteral("auto"));
    QCOMPARE(std::get<PermissionAnswered>(body("permission_resolved").body).outcome, QStringLiteral("gone"));
    const auto alert = std::get<AlertRaised>(body("alert").body);
    QVERIFY(alert.level == FillLevel::Warning);
    QCOMPARE(alert.fraction, 0.812);
    QCOMPARE(std::get<SpendChanged>(body("spend_changed").body).slotList.size(), 1);
    const auto request = onlyOne<wire::Requested>(all.value(QStringLiteral("permission_requested"))).request;
    QCOMPARE(std::get<PermissionAsked>(request.asked.body).workingDir, QStringLiteral("/home/ada/api"));
    QVERIFY(!request.inputIsMissing);
    const auto over = onlyOne<wire::Told>(R"({"type":"alert","level":"ok","percentage":70})").event;
    QVERIFY(std::get<AlertRaised>(over.body).level == FillLevel::Calm);
}

void TestWireRead::answersAndRefusals()
{
    const auto good = onlyOne<wire::Answer>(R"({"type":"result","id":7,"ok":true,"result":{"text":"x"}})");
    QCOMPARE(good.id, quint64(7));
    QVERIFY(good.good);
    QCOMPARE(good.result.value(QLatin1String("text")).toString(), QStringLiteral("x"));
    const auto bad = onlyOne<wire::Answer>(
        R"({"type":"result","id":8,"ok":false,"error":{"code":"forbidden","message":"no"}})");
    QVERIFY(!bad.good);
    QCOMPARE(bad.code, QStringLiteral("forbidden"));
    QCOMPARE(bad.message, QStringLiteral("no"));
    const auto foreign = onlyOne<wire::Answer>(R"({"type":"result","id":"x","ok":[]})");
    QCOMPARE(foreign.id, quint64(0));
    QVERIFY(!foreign.message.isEmpty()); // a refusal always says something
}

void TestWireRead::whatTheServerWritesIsRead()
{
    QRandomGenerator random(5);
    for (int i = 0; i < 2000; ++i) {
        Event event = randomEvent(random, 20);
        if (event.atMs == 0)
            continue;
        if (auto* asked = std::get_if<PermissionAsked>(&event.body))
            asked->requestId = QStringLiteral("r%1").arg(i);
        const auto bytes = wire::eventMessage(event, quint64(i) + 1, Agent());
        if (!bytes)
            continue;
        event.seq = quint64(i) + 1;
        if (auto* alert = std::get_if<AlertRaised>(&event.body))
            alert->fraction = std::round(alert->fraction * 1e4) / 1e4;
        if (std::holds_alternative<PermissionAsked>(event.body)) {
            QVERIFY(onlyOne<wire::Requested>(*bytes).request.asked.body == event.body);
            continue;
        }
        const Event back = onlyOne<wire::Told>(*bytes).event;
        if (const auto* alert = std::get_if<AlertRaised>(&event.body)) {
            const auto& read = std::get<AlertRaised>(back.body);
            QVERIFY(qAbs(read.fraction - alert->fraction) < 1e-9);
            continue;
        }
        if (std::holds_alternative<TextStreamed>(event.body)) {
            QVERIFY(back.body == event.body);
            continue;
        }
        QVERIFY2(back == event, bytes->constData());
    }
    const FleetPicture empty;
    const Agent first = randomAgent(random, 5);
    const QList<QByteArray> snapshot = wire::snapshot(empty, {first}, 9, nowMs);
    QCOMPARE(snapshot.size(), 3);
    QCOMPARE(onlyOne<wire::SnapshotBegin>(snapshot.at(0)).seq, quint64(9));
    QVERIFY(onlyOne<wire::SnapshotPart>(snapshot.at(1)).agents == QList<Agent>{first});
    QCOMPARE(onlyOne<wire::Resumed>(wire::resumed(44, nowMs)).seq, quint64(44));
}

void TestWireRead::updatesMakeTheNewAgent()
{
    QRandomGenerator random(6);
    Agent held = randomAgent(random, 5);
    Agent followed = held;
    AgentDigest digest{};
    QByteArray text;
    JsonWriter first(text);
    writeChanges(first, held, digest);
    for (int i = 0; i < 500; ++i) {
        Agent next = held;
        if (random.bounded(2) == 0)
            next.info = randomInfo(random, 5);
        if (random.bounded(2) == 0)
            next.usage = randomUsage(random);
        if (random.bounded(2) == 0)
            next.stateReason = randomText(random);
        text.clear();
        JsonWriter writer(text);
        writeChanges(writer, next, digest);
        const auto updated = onlyOne<wire::Updated>(wire::updated(held.id, text, 3, nowMs));
        QCOMPARE(updated.seq, quint64(3));
        QCOMPARE(updated.agent, held.id);
        const Events events = wire::eventsOf(updated, held);
        QVERIFY(held == next);
        for (const Event& event : events) {
            QCOMPARE(event.atMs, nowMs);
            apply(followed, event);
        }
        QVERIFY(followed == next);
        QVERIFY(wire::eventsOf(updated, held).isEmpty()); // told twice, it says nothing
    }
}

void TestWireRead::aLongRequestIsKnownToBeWithoutItsInput()
{
    const Event asked = about(1, PermissionAsked{QStringLiteral("r"),
                                                 PermissionKind::Permission,
                                                 QStringLiteral("Bash"),
                                                 QString(70'000, u'x'),
                                                 {}});
    const auto bytes = wire::eventMessage(asked, 4, Agent());
    QVERIFY(bytes);
    const auto request = onlyOne<wire::Requested>(*bytes).request;
    QVERIFY(request.inputIsMissing);
    QVERIFY(std::get<PermissionAsked>(request.asked.body).input.isEmpty());
}

void TestWireRead::framesOfManyMessages()
{
    const auto messages = wire::readFrame(R"([{"type":"pong"},7,"x",[],{"type":"resumed","seq":3}])");
    QVERIFY(messages);
    QCOMPARE(messages->size(), 2);
    QCOMPARE(std::get<wire::Resumed>(messages->last()).seq, quint64(3));
    QVERIFY(wire::readFrame("[]")->isEmpty());
}

void TestWireRead::whatIsNotKnownKeepsItsNumber()
{
    QCOMPARE(onlyOne<wire::Skipped>(R"({"type":"of_the_future","seq":9})").seq, quint64(9));
    QCOMPARE(onlyOne<wire::Skipped>(R"({"seq":9})").seq, quint64(9));
    QCOMPARE(onlyOne<wire::Skipped>(R"({"type":"agent_created","seq":9,"agent":{}})").seq, quint64(9));
    QCOMPARE(onlyOne<wire::Skipped>(R"({"type":"permission_requested","seq":9})").seq, quint64(9));
    const auto welcome = onlyOne<wire::Welcome>(
        R"({"type":"connection_established","protocol":1,"role":"emperor","commands":["a",7,null,"b"],"x":1})");
    QVERIFY(!welcome.role);
    QCOMPARE(welcome.commands, (QStringList{QStringLiteral("a"), QStringLiteral("b")}));
}

void TestWireRead::hostileFrames_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<bool>("isRead");
    QTest::newRow("nothing") << QByteArray() << false;
    QTest::newRow("no JSON") << QByteArray("{\"type\":") << false;
    QTest::newRow("a number") << QByteArray("7") << false;
    QTest::newRow("deep") << QByteArray(100'000, '[') << false;
    QTest::newRow("not UTF-8") << QByteArray("{\"type\":\"\xff\xfe\"}") << false;
    QTest::newRow("too long") << QByteArray("\"" + QByteArray(wire::maxReadBytes, 'x') + "\"") << false;
    QTest::newRow("type is no text") << QByteArray(R"({"type":[1]})") << true;
    QTest::newRow("wrong types") << QByteArray(R"({"type":"snapshot_end","limits":{},"spend":7,"seq":"x"})")
                                 << true;
    QTest::newRow("wrong parts") << QByteArray(R"({"type":"snapshot_part","agents":[{},7,{"id":"x"}]})")
                                 << true;
    QTest::newRow("log is no object") << QByteArray(R"({"type":"agent_log","log":"x","seq":-4})") << true;
    QTest::newRow("numbers") << QByteArray(
                                    R"({"type":"alert","percentage":-1e308,"seq":1e300,"timestamp":7})")
                             << true;
    QTest::newRow("protocol") << QByteArray(R"({"type":"connection_established","protocol":1e18})") << true;
}

void TestWireRead::hostileFrames()
{
    QFETCH(QByteArray, bytes);
    QFETCH(bool, isRead);
    const auto messages = wire::readFrame(bytes);
    QCOMPARE(messages.has_value(), isRead);
    if (!messages)
        return;
    QCOMPARE(messages->size(), 1);
    if (const auto* part = std::get_if<wire::SnapshotPart>(&messages->first()))
        QVERIFY(part->agents.isEmpty());
    if (const auto* told = std::get_if<wire::Told>(&messages->first()))
        QCOMPARE(told->event.seq, quint64(0));
}

QTEST_GUILESS_MAIN(TestWireRead)
#include "tst_wireread.moc"
