// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/codec.h"
#include "models/jsonwriter.h"
#include "tests/fleetsamples.h"

#include <QDateTime>
#include <QJsonArray>
#include <QJsonDocument>
#include <QTest>

#include <limits>

using namespace plimsoll;
using namespace plimsoll::samples;

namespace {

/// Through the text, as a file or a socket carries it.
QJsonObject throughText(const QJsonObject& object)
{
    return QJsonDocument::fromJson(QJsonDocument(object).toJson(QJsonDocument::Compact)).object();
}

QJsonObject parsed(const char* text)
{
    return QJsonDocument::fromJson(text).object();
}

QJsonValue randomJson(QRandomGenerator& random, int depth)
{
    switch (random.bounded(depth > 0 ? 9 : 7)) {
    case 0: return QJsonValue::Null;
    case 1: return random.bounded(2) == 0;
    case 2: return double(random.generate()) * (random.bounded(2) == 0 ? -1e300 : 0.37);
    case 3: return qint64(random.generate64());
    case 4: return randomText(random);
    case 5: return QStringLiteral("2026-01-15T14:30:00.000Z");
    case 6: return QString(random.bounded(20'000), QChar(0x20ac));
    case 7: {
        QJsonArray array;
        for (int i = 0; i < random.bounded(4); ++i)
            array.append(randomJson(random, depth - 1));
        return array;
    }
    default: {
        QJsonObject object;
        for (int i = 0; i < random.bounded(4); ++i)
            object.insert(randomText(random), randomJson(random, depth - 1));
        return object;
    }
    }
}

/// Puts something else at random places.
QJsonValue spoilt(const QJsonValue& value, QRandomGenerator& random)
{
    if (random.bounded(12) == 0)
        return randomJson(random, 3);
    if (value.isObject()) {
        QJsonObject object = value.toObject();
        const QStringList keys = object.keys();
        for (const QString& key : keys)
            object.insert(key, spoilt(object.value(key), random));
        return object;
    }
    if (value.isArray()) {
        QJsonArray array;
        const QJsonArray items = value.toArray();
        for (const auto& item : items)
            array.append(spoilt(item, random));
        return array;
    }
    return value;
}

} // namespace

class TestCodec : public QObject
{
    Q_OBJECT

private slots:
    void everyBodyComesBack();
    void agentsComeBack();
    void bothWaysWriteTheSameAgent();
    void textIsEscaped();
    void agentHasTheKeysOfTheProtocol();
    void allKeysMakeTheWholeAgent();
    void changedKeysMakeTheNewAgent();
    void unknownIsNull();
    void unknownKindsAreSkipped();
    void wrongTypesReadAsUnknown();
    void hostileNumbers_data();
    void hostileNumbers();
    void longTextIsCutAtACharacter();
    void times();
    void timesAreThoseOfTheCalendar();
    void hostileJsonNeverFails();
};

void TestCodec::everyBodyComesBack()
{
    QRandomGenerator random(2026);
    QSet<size_t> kinds;
    for (int i = 0; i < 3000; ++i) {
        Event event = randomEvent(random, 50);
        event.seq = quint64(i);
        const std::optional<Event> back = eventFromJson(throughText(toJson(event)));
        QVERIFY(back);
        QCOMPARE(QJsonDocument(toJson(*back)).toJson(), QJsonDocument(toJson(event)).toJson());
        QVERIFY(*back == event);
        kinds << event.body.index();
    }
    QCOMPARE(size_t(kinds.size()), std::variant_size_v<Body>);
}

void TestCodec::agentsComeBack()
{
    QRandomGenerator random(7);
    for (int i = 0; i < 500; ++i) {
        Agent agent = randomAgent(random, 50);
        agent.usage.costPico = qint64(random.generate64() % 2'000'000'000'000'000); // exact up to $2,000
        QVERIFY(agentFromJson(throughText(toJson(agent))) == agent);
    }
}

void TestCodec::bothWaysWriteTheSameAgent()
{
    QRandomGenerator random(11);
    for (int i = 0; i < 500; ++i) {
        const Agent agent = randomAgent(random, 50);
        QByteArray text;
        JsonWriter out(text);
        write(out, agent);
        QCOMPARE(QJsonDocument::fromJson(text).object(), throughText(toJson(agent)));
        QVERIFY(!text.contains('\n'));
    }
}

void TestCodec::textIsEscaped()
{
    QByteArray text;
    JsonWriter out(text);
    out.beginArray();
    const QString hostile = QStringLiteral(u"\"\\\n\r\t\u0000\u001f/é日🚀 plain");
    out.text(hostile);
    out.text(QString(QChar(0xd83d)) + QStringLiteral("half")); // of a pair
    out.newLine();
    out.number(std::numeric_limits<double>::infinity());
    out.number(0.1);
    out.number(std::numeric_limits<qint64>::min());
    out.endArray();
    const QJsonArray back = QJsonDocument::fromJson(text).array();
    QCOMPARE(back.size(), 5);
    QCOMPARE(back[0].toString(), hostile);
    QCOMPARE(back[1].toString(), QStringLiteral("?half"));
    QVERIFY(back[2].isNull());
    QCOMPARE(back[3].toDouble(), 0.1);
    QCOMPARE(back[4].toInteger(), std::numeric_limits<qint64>::min());
    QCOMPARE(text.count('\n'), 1);
}

void TestCodec::allKeysMakeTheWholeAgent()
{
    QRandomGenerator random(11);
    for (int i = 0; i < 300; ++i) {
        const QJsonObject whole = throughText(toJson(randomAgent(random, 50)));
        const Agent read = agentFromJson(whole);
        Agent merged = randomAgent(random, 50);
        merged.id = read.id;
        mergeAgent(merged, whole);
        QVERIFY(merged == read);
    }
}

void TestCodec::changedKeysMakeTheNewAgent()
{
    QRandomGenerator random(12);
    for (int i = 0; i < 300; ++i) {
        AgentDigest digest{};
        const Agent before = agentFromJson(toJson(randomAgent(random, 50)));
        Agent after = random.bounded(3) == 0 ? before : agentFromJson(toJson(randomAgent(random, 50)));
        after.id = before.id;
        QByteArray text;
        JsonWriter first(text);
        writeChanges(first, before, digest);
        text.clear();
        JsonWriter second(text);
        const int changed = writeChanges(second, after, digest);
        const QJsonObject changes = QJsonDocument::fromJson(text).object();
        QCOMPARE(changes.size(), changed);
        Agent merged = before;
        mergeAgent(merged, changes);
        QVERIFY(merged == after);
    }
}

void TestCodec::agentHasTheKeysOfTheProtocol()
{
    Agent first = agent(1, AgentState::Executing);
    first.usage = usage(171'200, 200'000, 4'180'000'000'000);
    const QJsonObject object = toJson(first);
    const QStringList keys{QStringLiteral("id"),
                           QStringLiteral("name"),
                           QStringLiteral("kind"),
                           QStringLiteral("model"),
                           QStringLiteral("status"),
                           QStringLiteral("status_reason"),
                           QStringLiteral("working_dir"),
                           QStringLiteral("git_branch"),
                           QStringLiteral("session_id"),
                           QStringLiteral("parent_id"),
                           QStringLiteral("context_percentage"),
                           QStringLiteral("context_basis"),
                           QStringLiteral("window_basis"),
                           QStringLiteral("cost_basis"),
                           QStringLiteral("created_at"),
                           QStringLiteral("updated_at"),
                           QStringLiteral("summary"),
                           QStringLiteral("by_model"),
                           QStringLiteral("compactions")};
    for (const QString& key : keys)
        QVERIFY2(object.contains(key), qPrintable(key));
    for (const UsageField& field : usageFields)
        QVERIFY2(object.contains(QLatin1String(field.key)), field.key);
    QCOMPARE(object.value(QLatin1String("total_cost")).toDouble(), 4.18);
    QCOMPARE(object.value(QLatin1String("context_percentage")).toDouble(), 85.6);
    QCOMPARE(object.value(QLatin1String("status")).toString(), QStringLiteral("executing"));
    QCOMPARE(object.value(QLatin1String("kind")).toString(), QStringLiteral("claude-code"));
}

void TestCodec::unknownIsNull()
{
    const QJsonObject object = toJson(Usage());
    for (const UsageField& field : usageFields)
        QVERIFY2(object.value(QLatin1String(field.key)).isNull(), field.key);
    QVERIFY(object.value(QLatin1String("context_basis")).isNull());
    QVERIFY(toJson(Agent()).value(QLatin1String("created_at")).isNull());
    QVERIFY(usageFromJson({}) == Usage());
    QVERIFY(agentFromJson({}) == Agent());
}

void TestCodec::unknownKindsAreSkipped()
{
    QVERIFY(!eventFromJson({}));
    QVERIFY(!eventFromJson(parsed(R"({"type":"from_the_future","seq":4})")));
    QVERIFY(!eventFromJson(parsed(R"({"type":7})")));
    const auto known =
        eventFromJson(parsed(R"({"type":"agent_deleted","seq":4,"colour":"red","agent_id":"not a uuid"})"));
    QVERIFY(known);
    QCOMPARE(known->seq, quint64(4));
    QVERIFY(known->agent.isNull());
}

void TestCodec::wrongTypesReadAsUnknown()
{
    const Agent agent = agentFromJson(
        parsed(R"({"id":5,"name":["x"],"kind":"vim","status":true,"files":{"a":1},"notes":["a",1,null,"b"],
        "compactions":[1,{"at":"yesterday","before_tokens":"7"}],"context_tokens":"171000","context_window":200000.5,
        "by_model":{"m":4},"total_cost":"4.18","created_at":12})"));
    QVERIFY(agent.id.isNull());
    QVERIFY(agent.info.name.isEmpty());
    QCOMPARE(agent.info.kind, AgentKind::Other);
    QCOMPARE(agent.state, AgentState::Unknown);
    QCOMPARE(agent.info.notes, (QStringList{QStringLiteral("a"), QStringLiteral("b")}));
    QCOMPARE(agent.info.compactions, (QList<Compaction>{Compaction(), Compaction()}));
    QVERIFY(!agent.usage.contextTokens);
    QVERIFY(!agent.usage.contextWindow);
    QVERIFY(!agent.usage.costPico);
    QCOMPARE(agent.info.createdAtMs, 0);
    QCOMPARE(agent.usage.byModel.size(), 1);
}

void TestCodec::hostileNumbers_data()
{
    QTest::addColumn<QByteArray>("json");
    QTest::addColumn<bool>("counts");
    QTest::addColumn<bool>("pays");
    QTest::newRow("zero") << QByteArray("0") << true << true;
    QTest::newRow("largest") << QByteArray("9223372036854775807") << true << false;
    QTest::newRow("too large") << QByteArray("9223372036854775808") << false << false;
    QTest::newRow("huge") << QByteArray("1e300") << false << false;
    QTest::newRow("negative") << QByteArray("-1") << false << false;
    QTest::newRow("fraction") << QByteArray("1.5") << false << true;
    QTest::newRow("whole float") << QByteArray("3.0") << true << true;
    QTest::newRow("text") << QByteArray("\"3\"") << false << false;
    QTest::newRow("null") << QByteArray("null") << false << false;
    QTest::newRow("list") << QByteArray("[3]") << false << false;
}

void TestCodec::hostileNumbers()
{
    QFETCH(QByteArray, json);
    QFETCH(bool, counts);
    QFETCH(bool, pays);
    const QJsonValue value =
        QJsonDocument::fromJson("{\"n\":" + json + "}").object().value(QLatin1String("n"));
    QCOMPARE(countFromJson(value).has_value(), counts);
    QCOMPARE(moneyFromJson(value).has_value(), pays);
}

void TestCodec::longTextIsCutAtACharacter()
{
    const QString long_ = QStringLiteral("a") + QString(5000, QChar(0x20ac)); // 1 + 15,000 bytes
    const auto event =
        eventFromJson({{QStringLiteral("type"), QStringLiteral("agent_log")},
                       {QStringLiteral("log"), QJsonObject{{QStringLiteral("content"), long_}}}});
    QVERIFY(event);
    const auto& logged = std::get<Logged>(event->body);
    QVERIFY(logged.truncated);
    QVERIFY(logged.text.toUtf8().size() <= maxLogBytes);
    QVERIFY(logged.text.toUtf8().size() > maxLogBytes - 4);
    QVERIFY(long_.startsWith(logged.text));
}

void TestCodec::times()
{
    QCOMPARE(timeToJson(nowMs).toString(), QStringLiteral("2026-01-15T14:30:00.000Z"));
    QVERIFY(timeToJson(0).isNull());
    QVERIFY(timeToJson(-5).isNull());
    QVERIFY(timeToJson(std::numeric_limits<qint64>::max()).isNull());
    const auto read = [](const char* text) { return timeFromJson(QString::fromLatin1(text)); };
    QCOMPARE(read("2026-01-15T14:30:00Z"), nowMs);
    QCOMPARE(read("2026-01-15T14:30:00.000"), nowMs); // a time without a zone is UTC
    QCOMPARE(read("2026-01-15T16:30:00.000+02:00"), nowMs);
    QCOMPARE(read("1969-12-31T23:59:59.000Z"), 0);
    QCOMPARE(read("2026-13-45T99:99:99Z"), 0);
    QCOMPARE(read("yesterday at noon"), 0);
}

void TestCodec::timesAreThoseOfTheCalendar()
{
    QRandomGenerator random(5);
    constexpr qint64 lastMs = 253'402'300'799'999; // of the year 9999
    for (int i = 0; i < 2000; ++i) {
        const qint64 ms = i == 0 ? lastMs : qint64(random.generate64() % quint64(lastMs)) + 1;
        QCOMPARE(timeToJson(ms).toString(),
                 QDateTime::fromMSecsSinceEpoch(ms, Qt::UTC).toString(Qt::ISODateWithMs));
    }
}

void TestCodec::hostileJsonNeverFails()
{
    QRandomGenerator random(666);
    for (int i = 0; i < 3000; ++i) {
        const QJsonObject object = spoilt(toJson(randomEvent(random, 9)), random).toObject();
        const std::optional<Event> event = eventFromJson(throughText(object));
        if (!event)
            continue;
        // What has been read is sound: it comes back as itself.
        const std::optional<Event> again = eventFromJson(throughText(toJson(*event)));
        QVERIFY(again);
        QVERIFY(*again == *event);
    }
}

QTEST_GUILESS_MAIN(TestCodec)
#include "tst_codec.moc"
