// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/codec.h"

#include "models/names.h"

#include <QDateTime>
#include <QJsonArray>

#include <algorithm>
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

QJsonObject byModelToJson(const QList<ModelUsage>& list)
{
    QJsonObject object;
    for (const ModelUsage& usage : list) {
        QJsonObject entry{{QStringLiteral("total_cost"), moneyToJson(usage.costPico)}};
        for (const ModelField& field : modelFields)
            entry.insert(QLatin1String(field.key), usage.*field.member);
        object.insert(usage.model, entry);
    }
    return object;
}

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

void insertInfo(QJsonObject& object, const AgentInfo& info)
{
    QJsonArray compactions;
    for (const Compaction& compaction : info.compactions)
        compactions.append(toJson(compaction));
    object.insert(QLatin1String("name"), info.name);
    object.insert(QLatin1String("kind"), toName(info.kind));
    object.insert(QLatin1String("session_id"), textOrNull(info.sessionId));
    object.insert(QLatin1String("parent_id"), idToJson(info.parentId));
    object.insert(QLatin1String("forked_from_id"), idToJson(info.forkedFromId));
    object.insert(QLatin1String("continues_id"), idToJson(info.continuesId));
    object.insert(QLatin1String("model"), textOrNull(info.model));
    object.insert(QLatin1String("working_dir"), textOrNull(info.workingDir));
    object.insert(QLatin1String("git_branch"), textOrNull(info.gitBranch));
    object.insert(QLatin1String("summary"), textOrNull(info.summary));
    object.insert(QLatin1String("role"), textOrNull(info.role));
    object.insert(QLatin1String("notes"), QJsonArray::fromStringList(info.notes));
    object.insert(QLatin1String("files"), QJsonArray::fromStringList(info.files));
    object.insert(QLatin1String("compactions"), compactions);
    object.insert(QLatin1String("created_at"), timeToJson(info.createdAtMs));
    object.insert(QLatin1String("updated_at"), timeToJson(info.updatedAtMs));
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

void insertUsage(QJsonObject& object, const Usage& usage)
{
    for (const UsageField& field : usageFields) {
        const Count count = usage.*field.member;
        object.insert(QLatin1String(field.key), field.money ? moneyToJson(count) : toJson(count));
    }
    for (const BasisField& field : basisFields)
        object.insert(QLatin1String(field.key), textOrNull(toName(usage.*field.member)));
    object.insert(QLatin1String("by_model"), byModelToJson(usage.byModel));
}

// One pair of functions per kind of body; `write` adds to the event's object, `read…` takes from it.

void write(QJsonObject& out, const AgentAdded& body)
{
    out.insert(QLatin1String("agent"), toJson(body.agent));
}

void write(QJsonObject& out, const AgentChanged& body)
{
    QJsonObject agent;
    insertInfo(agent, body.info);
    out.insert(QLatin1String("agent"), agent);
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
    QJsonObject agent;
    insertUsage(agent, body.usage);
    out.insert(QLatin1String("agent"), agent);
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
    QJsonObject object;
    object.insert(QLatin1String("id"), idToJson(agent.id));
    insertInfo(object, agent.info);
    object.insert(QLatin1String("status"), toName(agent.state));
    object.insert(QLatin1String("status_source"), toName(agent.stateSource));
    object.insert(QLatin1String("status_reason"), textOrNull(agent.stateReason));
    object.insert(QLatin1String("status_since"), timeToJson(agent.stateSinceMs));
    insertUsage(object, agent.usage);
    // Told for those who read the wire; computed from the two numbers when read back.
    const std::optional<double> fraction = windowFraction(agent.usage);
    object.insert(QLatin1String("context_percentage"),
                  fraction ? QJsonValue(std::round(*fraction * 1e4) / 100) : QJsonValue(QJsonValue::Null));
    return object;
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
    QJsonObject object;
    insertUsage(object, usage);
    return object;
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
    return {{QStringLiteral("at"), timeToJson(compaction.atMs)},
            {QStringLiteral("before_tokens"), toJson(compaction.beforeTokens)},
            {QStringLiteral("after_tokens"), toJson(compaction.afterTokens)},
            {QStringLiteral("trigger"), textOrNull(compaction.trigger)}};
}

QJsonValue toJson(Count count)
{
    return count ? QJsonValue(*count) : QJsonValue(QJsonValue::Null);
}

QJsonValue moneyToJson(Count pico)
{
    return pico ? QJsonValue(double(*pico) / picoPerDollar) : QJsonValue(QJsonValue::Null);
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
    if (ms <= 0 || ms > lastMs)
        return QJsonValue::Null;
    return QDateTime::fromMSecsSinceEpoch(ms, Qt::UTC).toString(Qt::ISODateWithMs);
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
