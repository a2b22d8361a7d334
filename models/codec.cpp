// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/codec.h"

#include "models/jsonparts.h"
#include "models/names.h"

#include <QJsonArray>

#include <algorithm>
#include <cmath>

namespace plimsoll {

using namespace json;

namespace {

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

// One pair of functions per kind of body; `write` adds to the event's object, `read…` takes from it.

void write(QJsonObject& out, const AgentAdded& body)
{
    out.insert(QLatin1String("agent"), toJson(body.agent));
}

void write(QJsonObject& out, const AgentChanged& body)
{
    out.insert(QLatin1String("agent"), toJson(body.info));
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
    QJsonArray options;
    for (const PermissionOption& option : body.options)
        options.append(QJsonObject{{QStringLiteral("id"), option.id},
                                   {QStringLiteral("label"), option.label},
                                   {QStringLiteral("effect"), option.effect}});
    out.insert(QLatin1String("options"), options);
    out.insert(QLatin1String("questions"),
               body.questions.isEmpty() ? QJsonValue(QJsonValue::Null) : QJsonValue(body.questions));
    out.insert(QLatin1String("expires_at"), timeToJson(body.expiresAtMs));
}

PermissionAsked readAsked(const QJsonObject& in)
{
    PermissionAsked asked{text(in, "request_id"), permissionKindFromName(text(in, "kind")),
                          text(in, "tool_name"), text(in, "input"), text(in, "cwd")};
    constexpr qsizetype mostOptions = 20;
    const QJsonArray options = in.value(QLatin1String("options")).toArray();
    for (qsizetype i = 0; i < std::min(options.size(), mostOptions); ++i) {
        const QJsonObject option = options.at(i).toObject();
        asked.options.append({shortText(option, "id"), text(option, "label"), shortText(option, "effect")});
    }
    asked.questions = in.value(QLatin1String("questions")).toArray();
    asked.expiresAtMs = timeFromJson(in.value(QLatin1String("expires_at")));
    return asked;
}

void write(QJsonObject& out, const PermissionAnswered& body)
{
    out.insert(QLatin1String("request_id"), body.requestId);
    out.insert(QLatin1String("outcome"), body.outcome);
    out.insert(QLatin1String("option_id"), textOrNull(body.optionId));
    out.insert(QLatin1String("by"), textOrNull(body.by));
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
        return PermissionAnswered{text(in, "request_id"), shortText(in, "outcome"),
                                  shortText(in, "option_id"), text(in, "by")};
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

} // namespace plimsoll
