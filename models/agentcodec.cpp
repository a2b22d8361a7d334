// SPDX-License-Identifier: GPL-3.0-or-later
// JSON of agents and of the values that they are made of.
#include "models/codec.h"
#include "models/jsonparts.h"
#include "models/jsonwriter.h"
#include "models/names.h"

#include <QDateTime>
#include <QJsonArray>

#include <algorithm>
#include <chrono>
#include <cmath>

namespace plimsoll {

using namespace json;

namespace {

constexpr double picoPerDollar = 1e12;
constexpr double maxExact = 9007199254740992.0; // 2^53: beyond it a double is no whole number any more
constexpr qint64 lastMs = 253'402'300'799'999;  // end of the year 9999

QStringList listFromJson(const QJsonValue& value)
{
    QStringList list;
    const QJsonArray array = value.toArray();
    for (qsizetype i = 0; i < std::min(array.size(), maxListItems); ++i) {
        if (array.at(i).isString())
            list << array.at(i).toString();
    }
    return list;
}

struct ModelField
{
    const char* key;
    qint64 ModelUsage::*member;
};

// clang-format off
constexpr std::array<ModelField, 6> modelFields{{
    {"input_tokens",          &ModelUsage::inputTokens},
    {"output_tokens",         &ModelUsage::outputTokens},
    {"cache_read_tokens",     &ModelUsage::cacheReadTokens},
    {"cache_write_5m_tokens", &ModelUsage::cacheWrite5mTokens},
    {"cache_write_1h_tokens", &ModelUsage::cacheWrite1hTokens},
    {"reasoning_tokens",      &ModelUsage::reasoningTokens},
}};
// clang-format on

QList<ModelUsage> byModelFromJson(const QJsonObject& object)
{
    QList<ModelUsage> list;
    for (auto it = object.begin(); it != object.end() && list.size() < maxListItems; ++it) {
        const QJsonObject entry = it.value().toObject();
        ModelUsage usage;
        usage.model = it.key();
        usage.costPico = moneyFromJson(entry.value(QLatin1String("total_cost")));
        for (const ModelField& field : modelFields)
            usage.*field.member = countFromJson(entry.value(QLatin1String(field.key))).value_or(0);
        list << usage;
    }
    std::sort(list.begin(), list.end(), [](const auto& a, const auto& b) { return a.model < b.model; });
    return list;
}

/// Empty for what timeToJson() has no text for. By hand: QDateTime takes ten times as long, and there are
/// four in each agent.
QString isoTime(qint64 ms)
{
    if (ms <= 0 || ms > lastMs)
        return {};
    using namespace std::chrono;
    const sys_time<milliseconds> time{milliseconds(ms)};
    const auto day = floor<days>(time);
    const year_month_day date{day};
    const hh_mm_ss clock{time - day};
    QString text = QStringLiteral("0000-00-00T00:00:00.000Z");
    const auto put = [&text](qsizetype at, qint64 number) {
        for (; number > 0; number /= 10)
            text[at--] = QChar(u'0' + char16_t(number % 10));
    };
    put(3, int(date.year()));
    put(6, unsigned(date.month()));
    put(9, unsigned(date.day()));
    put(12, clock.hours().count());
    put(15, clock.minutes().count());
    put(18, clock.seconds().count());
    put(22, clock.subseconds().count());
    return text;
}

// An agent goes two ways, by the same functions: into a QJsonObject, and straight to text.

class ObjectSink
{
public:
    explicit ObjectSink(QJsonObject& object)
        : m_object(object)
    {
    }

    void text(const char* key, const QString& value) { m_object.insert(QLatin1String(key), value); }
    void count(const char* key, Count value) { m_object.insert(QLatin1String(key), toJson(value)); }
    void null(const char* key) { m_object.insert(QLatin1String(key), QJsonValue::Null); }
    void real(const char* key, double value) { m_object.insert(QLatin1String(key), value); }
    void texts(const char* key, const QStringList& list)
    {
        m_object.insert(QLatin1String(key), QJsonArray::fromStringList(list));
    }
    /// \param fill called with a sink and each item
    template <typename List, typename Fill>
    void objects(const char* key, const List& list, Fill fill)
    {
        QJsonArray array;
        for (const auto& item : list)
            array.append(filled(item, fill));
        m_object.insert(QLatin1String(key), array);
    }
    /// \param nameOf the key of an item
    template <typename List, typename Name, typename Fill>
    void objectsByName(const char* key, const List& list, Name nameOf, Fill fill)
    {
        QJsonObject object;
        for (const auto& item : list)
            object.insert(nameOf(item), filled(item, fill));
        m_object.insert(QLatin1String(key), object);
    }

private:
    template <typename Item, typename Fill>
    [[nodiscard]] static QJsonObject filled(const Item& item, Fill fill)
    {
        QJsonObject object;
        ObjectSink sink(object);
        fill(sink, item);
        return object;
    }

    QJsonObject& m_object;
};

class TextSink
{
public:
    explicit TextSink(JsonWriter& out)
        : m_out(out)
    {
    }

    void text(const char* key, const QString& value) { at(key).text(value); }
    void count(const char* key, Count value) { value ? at(key).number(*value) : null(key); }
    void null(const char* key) { at(key).null(); }
    void real(const char* key, double value) { at(key).number(value); }
    void texts(const char* key, const QStringList& list)
    {
        at(key).beginArray();
        for (const QString& text : list)
            m_out.text(text);
        m_out.endArray();
    }
    template <typename List, typename Fill>
    void objects(const char* key, const List& list, Fill fill)
    {
        at(key).beginArray();
        for (const auto& item : list)
            object(item, fill);
        m_out.endArray();
    }
    template <typename List, typename Name, typename Fill>
    void objectsByName(const char* key, const List& list, Name nameOf, Fill fill)
    {
        at(key).beginObject();
        for (const auto& item : list) {
            m_out.key(QStringView(nameOf(item)));
            object(item, fill);
        }
        m_out.endObject();
    }

private:
    JsonWriter& at(const char* key)
    {
        m_out.key(QLatin1String(key));
        return m_out;
    }
    template <typename Item, typename Fill>
    void object(const Item& item, Fill fill)
    {
        m_out.beginObject();
        fill(*this, item);
        m_out.endObject();
    }

    JsonWriter& m_out;
};

/// Writes the keys whose values have another hash than before.
class ChangeSink
{
public:
    ChangeSink(JsonWriter& out, AgentDigest& digest)
        : m_out(out)
        , m_digest(digest)
    {
    }

    void text(const char* key, const QString& value)
    {
        compare(key, [&](TextSink& sink) { sink.text(key, value); });
    }
    void count(const char* key, Count value)
    {
        compare(key, [&](TextSink& sink) { sink.count(key, value); });
    }
    void null(const char* key)
    {
        compare(key, [&](TextSink& sink) { sink.null(key); });
    }
    void real(const char* key, double value)
    {
        compare(key, [&](TextSink& sink) { sink.real(key, value); });
    }
    void texts(const char* key, const QStringList& list)
    {
        compare(key, [&](TextSink& sink) { sink.texts(key, list); });
    }
    template <typename List, typename Fill>
    void objects(const char* key, const List& list, Fill fill)
    {
        compare(key, [&](TextSink& sink) { sink.objects(key, list, fill); });
    }
    template <typename List, typename Name, typename Fill>
    void objectsByName(const char* key, const List& list, Name nameOf, Fill fill)
    {
        compare(key, [&](TextSink& sink) { sink.objectsByName(key, list, nameOf, fill); });
    }

    [[nodiscard]] int written() const { return m_written; }

private:
    template <typename Write>
    void compare(const char* key, Write write)
    {
        m_scratch.resize(0); // keeps its memory
        JsonWriter writer(m_scratch);
        TextSink sink(writer);
        write(sink);
        quint64& before = m_digest.at(m_index++);
        const quint64 now = qHashBits(m_scratch.constData(), size_t(m_scratch.size()), 1) | 1U; // 0 = none
        if (now == before)
            return;
        before = now;
        m_out.key(QLatin1String(key));
        m_out.raw(QByteArrayView(m_scratch).sliced(qsizetype(qstrlen(key)) + 3)); // behind "key":
        ++m_written;
    }

    JsonWriter& m_out;
    AgentDigest& m_digest;
    QByteArray m_scratch;
    size_t m_index = 0;
    int m_written = 0;
};

template <typename Sink>
void insertTextOrNull(Sink& sink, const char* key, const QString& value)
{
    value.isEmpty() ? sink.null(key) : sink.text(key, value);
}

template <typename Sink>
void insertId(Sink& sink, const char* key, const AgentId& id)
{
    id.isNull() ? sink.null(key) : sink.text(key, id.toString());
}

template <typename Sink>
void insertReal(Sink& sink, const char* key, std::optional<double> value)
{
    value ? sink.real(key, *value) : sink.null(key);
}

template <typename Sink>
void insertTime(Sink& sink, const char* key, qint64 ms)
{
    insertTextOrNull(sink, key, isoTime(ms));
}

template <typename Sink>
void insertCompaction(Sink& sink, const Compaction& compaction)
{
    insertTime(sink, "at", compaction.atMs);
    sink.count("before_tokens", compaction.beforeTokens);
    sink.count("after_tokens", compaction.afterTokens);
    insertTextOrNull(sink, "trigger", compaction.trigger);
}

template <typename Sink>
void insertInfo(Sink& sink, const AgentInfo& info)
{
    sink.text("name", info.name);
    sink.text("kind", toName(info.kind));
    insertTextOrNull(sink, "session_id", info.sessionId);
    insertId(sink, "parent_id", info.parentId);
    insertId(sink, "forked_from_id", info.forkedFromId);
    insertId(sink, "continues_id", info.continuesId);
    insertTextOrNull(sink, "model", info.model);
    insertTextOrNull(sink, "working_dir", info.workingDir);
    insertTextOrNull(sink, "git_branch", info.gitBranch);
    insertTextOrNull(sink, "summary", info.summary);
    insertTextOrNull(sink, "role", info.role);
    sink.texts("notes", info.notes);
    sink.texts("files", info.files);
    sink.texts("capabilities", info.commands);
    sink.objects("compactions", info.compactions,
                 [](auto& inner, const Compaction& compaction) { insertCompaction(inner, compaction); });
    insertTime(sink, "created_at", info.createdAtMs);
    insertTime(sink, "updated_at", info.updatedAtMs);
}

template <typename Sink>
void insertUsage(Sink& sink, const Usage& usage)
{
    for (const UsageField& field : usageFields) {
        const Count count = usage.*field.member;
        field.money ? insertReal(sink, field.key, dollars(count)) : sink.count(field.key, count);
    }
    for (const BasisField& field : basisFields)
        insertTextOrNull(sink, field.key, toName(usage.*field.member));
    sink.objectsByName(
        "by_model", usage.byModel, [](const ModelUsage& model) { return model.model; },
        [](auto& inner, const ModelUsage& model) {
            insertReal(inner, "total_cost", dollars(model.costPico));
            for (const ModelField& field : modelFields)
                inner.count(field.key, model.*field.member);
        });
}

template <typename Sink>
void insertAgent(Sink& sink, const Agent& agent)
{
    insertInfo(sink, agent.info);
    sink.text("status", toName(agent.state));
    sink.text("status_source", toName(agent.stateSource));
    insertTextOrNull(sink, "status_reason", agent.stateReason);
    insertTime(sink, "status_since", agent.stateSinceMs);
    insertUsage(sink, agent.usage);
    // Told for those who read the wire; computed from the two numbers when read back.
    const std::optional<double> fraction = windowFraction(agent.usage);
    insertReal(sink, "context_percentage",
               fraction ? std::optional(std::round(*fraction * 1e4) / 100) : std::nullopt);
}

template <typename Sink>
void insertAgentWithId(Sink& sink, const Agent& agent)
{
    insertId(sink, "id", agent.id);
    insertAgent(sink, agent);
}

// How each key is read; by one table for a whole agent and for what changed of it.

QString shortText(const QJsonValue& value)
{
    return value.toString().left(maxLogBytes);
}

AgentId idFromJson(const QJsonValue& value)
{
    return AgentId::fromString(value.toString());
}

QList<Compaction> compactionsFromJson(const QJsonValue& value)
{
    QList<Compaction> list;
    const QJsonArray array = value.toArray();
    for (qsizetype i = 0; i < std::min(array.size(), maxListItems); ++i)
        list << compactionFromJson(array.at(i).toObject());
    return list;
}

struct InfoKey
{
    const char* name;
    void (*take)(AgentInfo& info, const QJsonValue& value);
};

// clang-format off
constexpr std::array<InfoKey, 17> infoKeys{{
    {"name",           [](AgentInfo& info, const QJsonValue& value) { info.name = shortText(value); }},
    {"kind",           [](AgentInfo& info, const QJsonValue& value) { info.kind = agentKindFromName(value.toString()); }},
    {"session_id",     [](AgentInfo& info, const QJsonValue& value) { info.sessionId = shortText(value); }},
    {"parent_id",      [](AgentInfo& info, const QJsonValue& value) { info.parentId = idFromJson(value); }},
    {"forked_from_id", [](AgentInfo& info, const QJsonValue& value) { info.forkedFromId = idFromJson(value); }},
    {"continues_id",   [](AgentInfo& info, const QJsonValue& value) { info.continuesId = idFromJson(value); }},
    {"model",          [](AgentInfo& info, const QJsonValue& value) { info.model = shortText(value); }},
    {"working_dir",    [](AgentInfo& info, const QJsonValue& value) { info.workingDir = shortText(value); }},
    {"git_branch",     [](AgentInfo& info, const QJsonValue& value) { info.gitBranch = shortText(value); }},
    {"summary",        [](AgentInfo& info, const QJsonValue& value) { info.summary = shortText(value); }},
    {"role",           [](AgentInfo& info, const QJsonValue& value) { info.role = shortText(value); }},
    {"notes",          [](AgentInfo& info, const QJsonValue& value) { info.notes = listFromJson(value); }},
    {"files",          [](AgentInfo& info, const QJsonValue& value) { info.files = listFromJson(value); }},
    {"capabilities",   [](AgentInfo& info, const QJsonValue& value) { info.commands = listFromJson(value); }},
    {"compactions",    [](AgentInfo& info, const QJsonValue& value) { info.compactions = compactionsFromJson(value); }},
    {"created_at",     [](AgentInfo& info, const QJsonValue& value) { info.createdAtMs = timeFromJson(value); }},
    {"updated_at",     [](AgentInfo& info, const QJsonValue& value) { info.updatedAtMs = timeFromJson(value); }},
}};

struct StateKey
{
    const char* name;
    void (*take)(Agent& agent, const QJsonValue& value);
};

constexpr std::array<StateKey, 4> stateKeys{{
    {"status",        [](Agent& agent, const QJsonValue& value) { agent.state = agentStateFromName(value.toString()); }},
    {"status_source", [](Agent& agent, const QJsonValue& value) { agent.stateSource = stateSourceFromName(value.toString()); }},
    {"status_reason", [](Agent& agent, const QJsonValue& value) { agent.stateReason = shortText(value); }},
    {"status_since",  [](Agent& agent, const QJsonValue& value) { agent.stateSinceMs = timeFromJson(value); }},
}};
// clang-format on

void take(Usage& usage, const UsageField& field, const QJsonValue& value)
{
    usage.*field.member = field.money ? moneyFromJson(value) : countFromJson(value);
}

void take(Usage& usage, const BasisField& field, const QJsonValue& value)
{
    usage.*field.member = basisFromName(value.toString());
}

/// What a function of these makes of a value, as an object.
template <typename Value, typename Insert>
QJsonObject objectOf(const Value& value, Insert insert)
{
    QJsonObject object;
    ObjectSink sink(object);
    insert(sink, value);
    return object;
}

} // namespace

QJsonObject toJson(const AgentInfo& info)
{
    return objectOf(info, insertInfo<ObjectSink>);
}

AgentInfo infoFromJson(const QJsonObject& object)
{
    AgentInfo info;
    for (const InfoKey& key : infoKeys)
        key.take(info, object.value(QLatin1String(key.name)));
    return info;
}

Compaction compactionFromJson(const QJsonObject& object)
{
    return {timeFromJson(object.value(QLatin1String("at"))),
            countFromJson(object.value(QLatin1String("before_tokens"))),
            countFromJson(object.value(QLatin1String("after_tokens"))), shortText(object, "trigger")};
}

QJsonObject toJson(const Agent& agent)
{
    return objectOf(agent, insertAgentWithId<ObjectSink>);
}

void write(JsonWriter& out, const Agent& agent)
{
    out.beginObject();
    TextSink sink(out);
    insertAgentWithId(sink, agent);
    out.endObject();
}

int writeChanges(JsonWriter& out, const Agent& agent, AgentDigest& digest)
{
    out.beginObject();
    ChangeSink sink(out, digest);
    insertAgent(sink, agent);
    out.endObject();
    return sink.written();
}

void forgetState(AgentDigest& digest)
{
    std::fill_n(digest.begin() + infoKeys.size(), stateKeys.size(), quint64(0)); // as insertAgent() goes
}

Agent agentFromJson(const QJsonObject& object)
{
    Agent agent;
    agent.id = idFromJson(object, "id");
    agent.info = infoFromJson(object);
    for (const StateKey& key : stateKeys)
        key.take(agent, object.value(QLatin1String(key.name)));
    agent.usage = usageFromJson(object);
    return agent;
}

void mergeAgent(Agent& agent, const QJsonObject& changes)
{
    const auto given = [&changes](const char* name, auto take) {
        const auto found = changes.constFind(QLatin1String(name));
        if (found != changes.constEnd())
            take(found.value());
    };
    for (const InfoKey& key : infoKeys)
        given(key.name, [&](const QJsonValue& value) { key.take(agent.info, value); });
    for (const StateKey& key : stateKeys)
        given(key.name, [&](const QJsonValue& value) { key.take(agent, value); });
    for (const UsageField& field : usageFields)
        given(field.key, [&](const QJsonValue& value) { take(agent.usage, field, value); });
    for (const BasisField& field : basisFields)
        given(field.key, [&](const QJsonValue& value) { take(agent.usage, field, value); });
    given("by_model",
          [&](const QJsonValue& value) { agent.usage.byModel = byModelFromJson(value.toObject()); });
}

QJsonObject toJson(const Usage& usage)
{
    return objectOf(usage, insertUsage<ObjectSink>);
}

Usage usageFromJson(const QJsonObject& object)
{
    Usage usage;
    for (const UsageField& field : usageFields)
        take(usage, field, object.value(QLatin1String(field.key)));
    for (const BasisField& field : basisFields)
        take(usage, field, object.value(QLatin1String(field.key)));
    usage.byModel = byModelFromJson(object.value(QLatin1String("by_model")).toObject());
    return usage;
}

QJsonObject toJson(const Compaction& compaction)
{
    return objectOf(compaction, insertCompaction<ObjectSink>);
}

QJsonValue toJson(Count count)
{
    return count ? QJsonValue(*count) : QJsonValue(QJsonValue::Null);
}

std::optional<double> dollars(Count pico)
{
    return pico ? std::optional(double(*pico) / picoPerDollar) : std::nullopt;
}

QJsonValue moneyToJson(Count pico)
{
    const std::optional<double> usd = dollars(pico);
    return usd ? QJsonValue(*usd) : QJsonValue(QJsonValue::Null);
}

Count countFromJson(const QJsonValue& value)
{
    if (!value.isDouble())
        return std::nullopt;
    const qint64 whole = value.toInteger(-1); // -1 where it has a fraction or does not fit
    return whole >= 0 ? Count(whole) : std::nullopt;
}

Count moneyFromJson(const QJsonValue& value)
{
    if (!value.isDouble())
        return std::nullopt;
    const double pico = value.toDouble() * picoPerDollar;
    // Beyond 2^53 pico-USD ($9,007) the last digits are lost, the amount is not; beyond int64 nothing is.
    if (!(pico >= 0) || pico >= maxExact * 1000)
        return std::nullopt;
    return std::llround(pico);
}

QJsonValue timeToJson(qint64 ms)
{
    return textOrNull(isoTime(ms));
}

qint64 timeFromJson(const QJsonValue& value)
{
    const QString iso = value.toString();
    if (iso.size() < 10 || iso.size() > 40)
        return 0;
    QDateTime time = QDateTime::fromString(iso, Qt::ISODateWithMs);
    if (!time.isValid())
        return 0;
    if (time.timeSpec() == Qt::LocalTime)
        time.setTimeSpec(Qt::UTC); // a time without a zone is UTC in ours
    const qint64 ms = time.toMSecsSinceEpoch();
    return ms > 0 && ms <= lastMs ? ms : 0;
}

} // namespace plimsoll
