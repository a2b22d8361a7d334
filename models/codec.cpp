// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/codec.h"

#include "models/jsonwriter.h"
#include "models/names.h"

#include <QDateTime>
#include <QJsonArray>

#include <algorithm>
#include <chrono>
#include <cmath>

namespace plimsoll {

namespace {

constexpr double picoPerDollar = 1e12;
constexpr double maxExact = 9007199254740992.0; // 2^53: beyond it a double is no whole number any more
constexpr qint64 lastMs = 253'402'300'799'999;  // end of the year 9999
constexpr qsizetype maxListItems = 10'000;

QString text(const QJsonObject& object, QLatin1String key)
{
    return object.value(key).toString();
}

QString text(const QJsonObject& object, const char* key)
{
    return text(object, QLatin1String(key));
}

QJsonValue textOrNull(const QString& value)
{
    return value.isEmpty() ? QJsonValue(QJsonValue::Null) : QJsonValue(value);
}

QJsonValue idToJson(const AgentId& id)
{
    return id.isNull() ? QJsonValue(QJsonValue::Null) : QJsonValue(id.toString());
}

AgentId idFromJson(const QJsonObject& object, const char* key)
{
    return AgentId::fromString(text(object, key));
}

/// Names and summaries stand on screen for ever: what a peer sends is bounded.
QString shortText(const QJsonObject& object, const char* key)
{
    return text(object, key).left(maxLogBytes);
}

double finite(const QJsonValue& value)
{
    const double number = value.toDouble();
    return std::isfinite(number) ? number : 0;
}

int block(const QJsonValue& value)
{
    const Count count = countFromJson(value);
    return count && *count <= INT32_MAX ? int(*count) : 0;
}

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

Compaction compactionFromJson(const QJsonObject& object)
{
    return {timeFromJson(object.value(QLatin1String("at"))),
            countFromJson(object.value(QLatin1String("before_tokens"))),
            countFromJson(object.value(QLatin1String("after_tokens"))), shortText(object, "trigger")};
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
    sink.objects("compactions", info.compactions,
                 [](auto& inner, const Compaction& compaction) { insertCompaction(inner, compaction); });
    insertTime(sink, "created_at", info.createdAtMs);
    insertTime(sink, "updated_at", info.updatedAtMs);
}

AgentInfo infoFromJson(const QJsonObject& object)
{
    AgentInfo info;
    info.name = shortText(object, "name");
    info.kind = agentKindFromName(text(object, "kind"));
    info.sessionId = shortText(object, "session_id");
    info.parentId = idFromJson(object, "parent_id");
    info.forkedFromId = idFromJson(object, "forked_from_id");
    info.continuesId = idFromJson(object, "continues_id");
    info.model = shortText(object, "model");
    info.workingDir = shortText(object, "working_dir");
    info.gitBranch = shortText(object, "git_branch");
    info.summary = shortText(object, "summary");
    info.role = shortText(object, "role");
    info.notes = listFromJson(object.value(QLatin1String("notes")));
    info.files = listFromJson(object.value(QLatin1String("files")));
    const QJsonArray compactions = object.value(QLatin1String("compactions")).toArray();
    for (qsizetype i = 0; i < std::min(compactions.size(), maxListItems); ++i)
        info.compactions << compactionFromJson(compactions.at(i).toObject());
    info.createdAtMs = timeFromJson(object.value(QLatin1String("created_at")));
    info.updatedAtMs = timeFromJson(object.value(QLatin1String("updated_at")));
    return info;
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
    insertId(sink, "id", agent.id);
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

/// What a function of these makes of a value, as an object.
template <typename Value, typename Insert>
QJsonObject objectOf(const Value& value, Insert insert)
{
    QJsonObject object;
    ObjectSink sink(object);
    insert(sink, value);
    return object;
}

// One pair of functions per kind of body; `write` adds to the event's object, `read…` takes from it.

void write(QJsonObject& out, const AgentAdded& body)
{
    out.insert(QLatin1String("agent"), toJson(body.agent));
}

void write(QJsonObject& out, const AgentChanged& body)
{
    out.insert(QLatin1String("agent"), objectOf(body.info, insertInfo<ObjectSink>));
}

void write(QJsonObject& /*out*/, const AgentRemoved& /*body*/) {}

void write(QJsonObject& out, const StateChanged& body)
{
    out.insert(QLatin1String("new_status"), toName(body.state));
    out.insert(QLatin1String("source"), toName(body.source));
    out.insert(QLatin1String("reason"), textOrNull(body.reason));
    out.insert(QLatin1String("since"), timeToJson(body.sinceMs));
}

StateChanged readState(const QJsonObject& in)
{
    return {agentStateFromName(text(in, "new_status")), stateSourceFromName(text(in, "source")),
            shortText(in, "reason"), timeFromJson(in.value(QLatin1String("since")))};
}

void write(QJsonObject& out, const UsageChanged& body)
{
    out.insert(QLatin1String("agent"), toJson(body.usage));
}

void write(QJsonObject& out, const Compacted& body)
{
    out.insert(QLatin1String("compaction"), toJson(body.compaction));
}

void write(QJsonObject& out, const Logged& body)
{
    out.insert(QLatin1String("log"),
               QJsonObject{{QStringLiteral("event_type"), toName(body.kind)},
                           {QStringLiteral("content"), body.text},
                           {QStringLiteral("tool"), textOrNull(body.tool)},
                           {QStringLiteral("truncated"), body.truncated},
                           {QStringLiteral("file"), textOrNull(body.file)},
                           {QStringLiteral("offset"),
                            body.offset >= 0 ? QJsonValue(body.offset) : QJsonValue(QJsonValue::Null)},
                           {QStringLiteral("block"), body.block}});
}

Logged readLogged(const QJsonObject& in)
{
    const QJsonObject log = in.value(QLatin1String("log")).toObject();
    Logged body;
    body.kind = logKindFromName(text(log, "event_type"));
    body.text = text(log, "content");
    body.tool = shortText(log, "tool");
    body.truncated = log.value(QLatin1String("truncated")).toBool();
    body.file = text(log, "file");
    body.offset = countFromJson(log.value(QLatin1String("offset"))).value_or(-1);
    body.block = block(log.value(QLatin1String("block")));
    // UTF-8 needs at most three bytes for one UTF-16 unit: most texts need no second look.
    if (body.text.size() * 3 > maxLogBytes && body.text.toUtf8().size() > maxLogBytes) {
        QByteArray bytes = body.text.toUtf8().left(maxLogBytes + 1);
        while ((bytes.back() & 0xc0) == 0x80) // back to the first byte of a character, and leave that out
            bytes.chop(1);
        bytes.chop(1);
        body.text = QString::fromUtf8(bytes);
        body.truncated = true;
    }
    return body;
}

void write(QJsonObject& out, const PermissionAsked& body)
{
    out.insert(QLatin1String("request_id"), body.requestId);
    out.insert(QLatin1String("kind"), toName(body.kind));
    out.insert(QLatin1String("tool_name"), body.tool);
    out.insert(QLatin1String("input"), body.input);
    out.insert(QLatin1String("cwd"), textOrNull(body.workingDir));
}

PermissionAsked readAsked(const QJsonObject& in)
{
    return {text(in, "request_id"), permissionKindFromName(text(in, "kind")), text(in, "tool_name"),
            text(in, "input"), text(in, "cwd")};
}

void write(QJsonObject& out, const PermissionAnswered& body)
{
    out.insert(QLatin1String("request_id"), body.requestId);
    out.insert(QLatin1String("outcome"), body.outcome);
}

void write(QJsonObject& out, const LimitsChanged& body)
{
    QJsonArray windows;
    for (const LimitWindow& window : body.windows) {
        windows.append(QJsonObject{{QStringLiteral("name"), window.name},
                                   {QStringLiteral("used_percent"), window.usedPercent},
                                   {QStringLiteral("resets_at"), timeToJson(window.resetsAtMs)}});
    }
    out.insert(QLatin1String("kind"), toName(body.kind));
    out.insert(QLatin1String("plan"), textOrNull(body.plan));
    out.insert(QLatin1String("windows"), windows);
    out.insert(QLatin1String("at"), timeToJson(body.atMs));
}

LimitsChanged readLimits(const QJsonObject& in)
{
    LimitsChanged body;
    body.kind = agentKindFromName(text(in, "kind"));
    body.plan = shortText(in, "plan");
    body.atMs = timeFromJson(in.value(QLatin1String("at")));
    const QJsonArray windows = in.value(QLatin1String("windows")).toArray();
    for (qsizetype i = 0; i < std::min(windows.size(), maxListItems); ++i) {
        const QJsonObject window = windows.at(i).toObject();
        body.windows << LimitWindow{shortText(window, "name"),
                                    finite(window.value(QLatin1String("used_percent"))),
                                    timeFromJson(window.value(QLatin1String("resets_at")))};
    }
    return body;
}

void write(QJsonObject& out, const AlertRaised& body)
{
    out.insert(QLatin1String("level"), toName(body.level));
    out.insert(QLatin1String("fraction"), body.fraction);
}

void write(QJsonObject& out, const SpendChanged& body)
{
    QJsonArray list;
    for (const SpendSlot& slot : body.slotList)
        list.append(QJsonObject{{QStringLiteral("start"), timeToJson(slot.startMs)},
                                {QStringLiteral("cost"), moneyToJson(slot.costPico)}});
    out.insert(QLatin1String("slots"), list);
}

SpendChanged readSpend(const QJsonObject& in)
{
    SpendChanged body;
    const QJsonArray list = in.value(QLatin1String("slots")).toArray();
    for (qsizetype i = 0; i < std::min(list.size(), maxListItems); ++i) {
        const QJsonObject slot = list.at(i).toObject();
        body.slotList << SpendSlot{timeFromJson(slot.value(QLatin1String("start"))),
                                   moneyFromJson(slot.value(QLatin1String("cost"))).value_or(0)};
    }
    return body;
}

void write(QJsonObject& out, const TextStreamed& body)
{
    out.insert(QLatin1String("chunk"), body.chunk);
    out.insert(QLatin1String("is_complete"), body.last);
}

// In the order of Body.
constexpr std::array<const char*, std::variant_size_v<Body>> typeNames{
    "agent_created",       "agent_updated",     "agent_deleted", "agent_status_changed",
    "usage_updated",       "context_compacted", "agent_log",     "permission_requested",
    "permission_resolved", "limits_changed",    "alert",         "spend_changed",
    "chat_stream",
};

std::optional<Body> bodyFromJson(const QString& type, const QJsonObject& in)
{
    const QJsonObject agent = in.value(QLatin1String("agent")).toObject();
    if (type == QLatin1String("agent_log"))
        return readLogged(in);
    if (type == QLatin1String("usage_updated"))
        return UsageChanged{usageFromJson(agent)};
    if (type == QLatin1String("agent_updated"))
        return AgentChanged{infoFromJson(agent)};
    if (type == QLatin1String("agent_created"))
        return AgentAdded{agentFromJson(agent)};
    if (type == QLatin1String("agent_deleted"))
        return AgentRemoved{};
    if (type == QLatin1String("agent_status_changed"))
        return readState(in);
    if (type == QLatin1String("context_compacted"))
        return Compacted{compactionFromJson(in.value(QLatin1String("compaction")).toObject())};
    if (type == QLatin1String("permission_requested"))
        return readAsked(in);
    if (type == QLatin1String("permission_resolved"))
        return PermissionAnswered{text(in, "request_id"), shortText(in, "outcome")};
    if (type == QLatin1String("limits_changed"))
        return readLimits(in);
    if (type == QLatin1String("alert"))
        return AlertRaised{fillLevelFromName(text(in, "level")), finite(in.value(QLatin1String("fraction")))};
    if (type == QLatin1String("spend_changed"))
        return readSpend(in);
    if (type == QLatin1String("chat_stream"))
        return TextStreamed{text(in, "chunk"), in.value(QLatin1String("is_complete")).toBool()};
    return std::nullopt;
}

} // namespace

QJsonObject toJson(const Event& event)
{
    QJsonObject object{{QStringLiteral("type"), QLatin1String(typeNames.at(event.body.index()))},
                       {QStringLiteral("seq"), qint64(event.seq)},
                       {QStringLiteral("timestamp"), timeToJson(event.atMs)},
                       {QStringLiteral("agent_id"), idToJson(event.agent)}};
    std::visit([&object](const auto& body) { write(object, body); }, event.body);
    return object;
}

std::optional<Event> eventFromJson(const QJsonObject& object)
{
    std::optional<Body> body = bodyFromJson(text(object, "type"), object);
    if (!body)
        return std::nullopt;
    Event event;
    event.seq = quint64(countFromJson(object.value(QLatin1String("seq"))).value_or(0));
    event.atMs = timeFromJson(object.value(QLatin1String("timestamp")));
    event.agent = idFromJson(object, "agent_id");
    event.body = std::move(*body);
    return event;
}

QJsonObject toJson(const Agent& agent)
{
    return objectOf(agent, insertAgent<ObjectSink>);
}

void write(JsonWriter& out, const Agent& agent)
{
    out.beginObject();
    TextSink sink(out);
    insertAgent(sink, agent);
    out.endObject();
}

Agent agentFromJson(const QJsonObject& object)
{
    Agent agent;
    agent.id = idFromJson(object, "id");
    agent.info = infoFromJson(object);
    agent.state = agentStateFromName(text(object, "status"));
    agent.stateSource = stateSourceFromName(text(object, "status_source"));
    agent.stateReason = shortText(object, "status_reason");
    agent.stateSinceMs = timeFromJson(object.value(QLatin1String("status_since")));
    agent.usage = usageFromJson(object);
    return agent;
}

QJsonObject toJson(const Usage& usage)
{
    return objectOf(usage, insertUsage<ObjectSink>);
}

Usage usageFromJson(const QJsonObject& object)
{
    Usage usage;
    for (const UsageField& field : usageFields) {
        const QJsonValue value = object.value(QLatin1String(field.key));
        usage.*field.member = field.money ? moneyFromJson(value) : countFromJson(value);
    }
    for (const BasisField& field : basisFields)
        usage.*field.member = basisFromName(text(object, field.key));
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
