// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/server/wire.h"

#include "models/codec.h"
#include "models/jsonparts.h"
#include "models/jsonwriter.h"
#include "models/masking.h"
#include "models/names.h"

#include <QCryptographicHash>
#include <QJsonArray>
#include <QJsonDocument>

#include <algorithm>
#include <array>
#include <cmath>

namespace plimsoll::wire {

using namespace json;

namespace {

constexpr qsizetype maxPartBytes = 200 * 1024;
constexpr qsizetype maxInputChars = 64 * 1024; ///< at most 192 KiB of UTF-8

QByteArray compact(const QJsonObject& object)
{
    return QJsonDocument(object).toJson(QJsonDocument::Compact);
}

QString iso(qint64 ms)
{
    return timeToJson(ms).toString();
}

/// type, seq and timestamp; the writer stands inside the object.
JsonWriter begin(QByteArray& out, const char* type, quint64 seq, qint64 atMs)
{
    JsonWriter writer(out);
    writer.beginObject();
    writer.key(QLatin1String("type"));
    writer.text(QString::fromLatin1(type));
    if (seq != 0) {
        writer.key(QLatin1String("seq"));
        writer.number(qint64(seq));
    }
    writer.key(QLatin1String("timestamp"));
    writer.text(iso(atMs));
    return writer;
}

/// The words of `event_category`: what a person or the client itself wrote, and what the model did.
QString categoryOf(LogKind kind)
{
    const bool isHook = kind == LogKind::Prompt || kind == LogKind::System || kind == LogKind::Result;
    return isHook ? QStringLiteral("hook") : QStringLiteral("response");
}

QString summaryOf(const Logged& line)
{
    constexpr qsizetype most = 120;
    QString text = line.text.left(4 * most).simplified();
    if (!line.tool.isEmpty())
        text = line.tool + QLatin1Char(' ') + text;
    return text.size() <= most ? text : text.left(most - 1) + QChar(u'…');
}

/// Without what every message begins with.
QJsonObject bodyObject(const Event& event)
{
    QJsonObject object = toJson(event);
    for (const char* key : {"type", "seq", "timestamp", "agent_id"})
        object.remove(QLatin1String(key));
    return object;
}

/// A shape of its own on the wire; all others have the codec's.
std::optional<QJsonObject> ownShape(const Event& event, const Agent& before)
{
    if (const auto* state = std::get_if<StateChanged>(&event.body)) {
        return QJsonObject{{QStringLiteral("old_status"), toName(before.state)},
                           {QStringLiteral("new_status"), toName(state->state)},
                           {QStringLiteral("reason"), textOrNull(state->reason)},
                           {QStringLiteral("source"), toName(state->source)},
                           {QStringLiteral("since"), timeToJson(state->sinceMs)}};
    }
    if (const auto* line = std::get_if<Logged>(&event.body))
        return QJsonObject{{QStringLiteral("log"), logObject(event.agent, *line, event.atMs)}};
    if (const auto* compacted = std::get_if<Compacted>(&event.body))
        return toJson(compacted->compaction);
    if (std::holds_alternative<PermissionAnswered>(event.body)) {
        QJsonObject object = bodyObject(event);
        object.insert(QStringLiteral("at"), timeToJson(event.atMs));
        return object;
    }
    if (const auto* alert = std::get_if<AlertRaised>(&event.body)) {
        return QJsonObject{{QStringLiteral("level"), toName(alert->level)},
                           {QStringLiteral("percentage"), std::round(alert->fraction * 1e4) / 100},
                           {QStringLiteral("of"), before.usage.compactAtTokens ? QStringLiteral("trigger")
                                                                               : QStringLiteral("window")}};
    }
    return std::nullopt;
}

QByteArray finished(const Event& event, const char* type, quint64 seq, const QJsonObject& shape)
{
    QByteArray out;
    JsonWriter writer = begin(out, type, seq, event.atMs);
    writer.key(QLatin1String("agent_id"));
    if (event.agent.isNull())
        writer.null();
    else
        writer.text(event.agent.toString());
    for (auto it = shape.begin(); it != shape.end(); ++it) {
        writer.key(QStringView(it.key()));
        const QByteArray list = QJsonDocument(QJsonArray{it.value()}).toJson(QJsonDocument::Compact);
        writer.raw(QByteArrayView(list).sliced(1, list.size() - 2));
    }
    writer.endObject();
    return out;
}

QJsonObject totalsOf(const QList<Agent>& agents)
{
    std::array<qint64, 7> states{};
    std::array<qint64, usageFields.size()> sums{};
    for (const Agent& agent : agents) {
        ++states.at(size_t(agent.state));
        for (size_t i = 0; i < usageFields.size(); ++i)
            sums[i] += (agent.usage.*usageFields[i].member).value_or(0);
    }
    const auto count = [&states](AgentState state) { return states.at(size_t(state)); };
    QJsonObject totals{{QStringLiteral("agents"), agents.size()},
                       {QStringLiteral("executing"), count(AgentState::Executing)},
                       {QStringLiteral("blocked"), count(AgentState::Blocked)},
                       {QStringLiteral("waiting"), count(AgentState::Waiting)},
                       {QStringLiteral("idle"), count(AgentState::Idle)},
                       {QStringLiteral("finished"), count(AgentState::Complete) + count(AgentState::Failed)},
                       {QStringLiteral("unknown"), count(AgentState::Unknown)}};
    for (size_t i = 0; i < usageFields.size(); ++i) {
        const QLatin1String key(usageFields[i].key);
        const bool isTotal = usageFields[i].money ? key == QLatin1String("total_cost")
                                                  : key.endsWith(QLatin1String("put_tokens")) ||
                                                        key.startsWith(QLatin1String("cache_"));
        if (isTotal)
            totals.insert(key, usageFields[i].money ? moneyToJson(sums[i]) : QJsonValue(sums[i]));
    }
    return totals;
}

const char* typeOf(const Event& event, QByteArray& storage)
{
    storage = toJson(Event{0, 0, {}, event.body}).value(QLatin1String("type")).toString().toLatin1();
    return storage.constData();
}

QByteArray snapshotEnd(const FleetPicture& fleet, const QList<Agent>& agents, qint64 nowMs)
{
    QJsonArray limits;
    for (const LimitsChanged& limit : fleet.limits)
        limits.append(bodyObject(Event{0, 0, {}, limit}));
    QJsonArray permissions;
    for (const Event& asked : fleet.permissions) {
        const bool told = std::any_of(agents.begin(), agents.end(),
                                      [&asked](const Agent& agent) { return agent.id == asked.agent; });
        if (told)
            permissions.append(permissionObject(asked));
    }
    QJsonObject end = bodyObject(Event{0, 0, {}, fleet.spend});
    end.insert(QStringLiteral("spend"), end.take(QLatin1String("slots")));
    end.insert(QStringLiteral("type"), QStringLiteral("snapshot_end"));
    end.insert(QStringLiteral("timestamp"), iso(nowMs));
    end.insert(QStringLiteral("limits"), limits);
    end.insert(QStringLiteral("pending_permissions"), permissions);
    end.insert(QStringLiteral("totals"), totalsOf(agents));
    return compact(end);
}

} // namespace

QString fileHash(const QString& path)
{
    return QString::fromLatin1(
        QCryptographicHash::hash(path.toUtf8(), QCryptographicHash::Sha256).toHex().left(16));
}

QString logId(const AgentId& agent, const Logged& line)
{
    if (line.file.isEmpty() || line.offset < 0)
        return {};
    return QStringLiteral("%1/%2/%3/%4")
        .arg(agent.toString(), fileHash(line.file))
        .arg(line.offset)
        .arg(line.block);
}

std::optional<LogPlace> logPlaceFromId(const QString& id)
{
    const QStringList parts = id.split(QLatin1Char('/'));
    if (parts.size() != 4 || id.size() > 200)
        return std::nullopt;
    bool goodOffset = false;
    bool goodBlock = false;
    const LogPlace place{AgentId::fromString(parts.at(0)), parts.at(1), parts.at(2).toLongLong(&goodOffset),
                         parts.at(3).toInt(&goodBlock)};
    if (place.agent.isNull() || !goodOffset || !goodBlock || place.offset < 0 || place.block < 0)
        return std::nullopt;
    return place;
}

QJsonObject logObject(const AgentId& agent, const Logged& line, qint64 atMs)
{
    const QString id = logId(agent, line);
    return {{QStringLiteral("id"), textOrNull(id)},
            {QStringLiteral("agent_id"), idToJson(agent)},
            {QStringLiteral("event_category"), categoryOf(line.kind)},
            {QStringLiteral("event_type"), toName(line.kind)},
            {QStringLiteral("content"), line.text},
            {QStringLiteral("truncated"), line.truncated},
            {QStringLiteral("payload"),
             QJsonObject{{QStringLiteral("tool"), textOrNull(line.tool)},
                         {QStringLiteral("file"), textOrNull(line.file)},
                         {QStringLiteral("offset"),
                          line.offset < 0 ? QJsonValue(QJsonValue::Null) : QJsonValue(line.offset)},
                         {QStringLiteral("block"), line.block}}},
            {QStringLiteral("summary"), summaryOf(line)},
            {QStringLiteral("timestamp"), timeToJson(atMs)}};
}

QByteArray established(const Greeting& greeting, qint64 nowMs)
{
    return compact({{QStringLiteral("type"), QStringLiteral("connection_established")},
                    {QStringLiteral("timestamp"), iso(nowMs)},
                    {QStringLiteral("client_id"), greeting.clientId},
                    {QStringLiteral("message"), QStringLiteral("welcome")},
                    {QStringLiteral("protocol"), 1},
                    {QStringLiteral("server"), QStringLiteral("plimsoll " PLIMSOLL_VERSION)},
                    {QStringLiteral("host"), greeting.host},
                    {QStringLiteral("run"), greeting.run},
                    {QStringLiteral("role"), toName(greeting.role)},
                    {QStringLiteral("commands"), QJsonArray::fromStringList(greeting.commands)},
                    {QStringLiteral("seq"), qint64(greeting.seq)}});
}

QJsonObject permissionObject(const Event& asked)
{
    QJsonObject object = bodyObject(asked);
    const QString input = object.value(QLatin1String("input")).toString();
    if (input.size() > maxInputChars || maskSecrets(input) != input) {
        const QByteArray bytes = input.toUtf8();
        object.insert(QStringLiteral("input"), QJsonValue::Null);
        object.insert(QStringLiteral("input_bytes"), bytes.size());
        object.insert(
            QStringLiteral("input_sha256"),
            QString::fromLatin1(QCryptographicHash::hash(bytes, QCryptographicHash::Sha256).toHex()));
    }
    if (!object.contains(QLatin1String("options")))
        object.insert(QStringLiteral("options"), QJsonArray());
    for (const char* key : {"questions", "expires_at"}) {
        if (!object.contains(QLatin1String(key)))
            object.insert(QLatin1String(key), QJsonValue::Null);
    }
    object.insert(QStringLiteral("type"), QStringLiteral("permission_requested"));
    object.insert(QStringLiteral("timestamp"), timeToJson(asked.atMs));
    object.insert(QStringLiteral("agent_id"), idToJson(asked.agent));
    return object;
}

std::optional<QByteArray> eventMessage(const Event& event, quint64 seq, const Agent& before)
{
    const bool isUpdate =
        std::holds_alternative<AgentChanged>(event.body) || std::holds_alternative<UsageChanged>(event.body);
    if (isUpdate)
        return std::nullopt;
    QByteArray type;
    if (std::holds_alternative<PermissionAsked>(event.body)) {
        QJsonObject object = permissionObject(event);
        for (const char* key : {"type", "timestamp", "agent_id"})
            object.remove(QLatin1String(key));
        return finished(event, "permission_requested", seq, object);
    }
    if (const auto* added = std::get_if<AgentAdded>(&event.body)) {
        QByteArray out;
        JsonWriter writer = begin(out, "agent_created", seq, event.atMs);
        writer.key(QLatin1String("agent_id"));
        writer.text(event.agent.toString());
        writer.key(QLatin1String("agent"));
        write(writer, added->agent);
        writer.endObject();
        return out;
    }
    if (const std::optional<QJsonObject> own = ownShape(event, before))
        return finished(event, typeOf(event, type), seq, *own);
    return finished(event, typeOf(event, type), seq, bodyObject(event));
}

QByteArray updated(const AgentId& agent, QByteArrayView changes, quint64 seq, qint64 nowMs)
{
    QByteArray out;
    out.reserve(changes.size() + 160);
    JsonWriter writer = begin(out, "agent_updated", seq, nowMs);
    writer.key(QLatin1String("agent_id"));
    writer.text(agent.toString());
    writer.key(QLatin1String("agent"));
    writer.raw(changes);
    writer.endObject();
    return out;
}

QByteArray summaryUpdate(const AgentId& agent, const QString& summary, quint64 seq, qint64 nowMs)
{
    QByteArray out;
    JsonWriter writer = begin(out, "agent_summary_update", seq, nowMs);
    writer.key(QLatin1String("agent_id"));
    writer.text(agent.toString());
    writer.key(QLatin1String("summary"));
    writer.text(summary);
    writer.endObject();
    return out;
}

QList<QByteArray> snapshot(const FleetPicture& fleet, const QList<Agent>& agents, quint64 seq, qint64 nowMs)
{
    QList<QByteArray> messages{compact({{QStringLiteral("type"), QStringLiteral("snapshot_begin")},
                                        {QStringLiteral("timestamp"), iso(nowMs)},
                                        {QStringLiteral("seq"), qint64(seq)},
                                        {QStringLiteral("count"), agents.size()}})};
    QByteArray part;
    const auto close = [&messages, &part] {
        if (part.isEmpty())
            return;
        messages << part + "]}";
        part.clear();
    };
    for (const Agent& agent : agents) {
        QByteArray text;
        JsonWriter writer(text);
        write(writer, agent);
        if (!part.isEmpty() && part.size() + text.size() > maxPartBytes)
            close();
        part += part.isEmpty() ? "{\"type\":\"snapshot_part\",\"timestamp\":\"" + iso(nowMs).toLatin1() +
                                     "\",\"agents\":["
                               : QByteArray(",");
        part += text;
    }
    close();
    messages << snapshotEnd(fleet, agents, nowMs);
    return messages;
}

QByteArray resumed(quint64 seq, qint64 nowMs)
{
    return compact({{QStringLiteral("type"), QStringLiteral("resumed")},
                    {QStringLiteral("timestamp"), iso(nowMs)},
                    {QStringLiteral("seq"), qint64(seq)}});
}

QByteArray heartbeat(int connections, qint64 nowMs)
{
    return compact({{QStringLiteral("type"), QStringLiteral("heartbeat")},
                    {QStringLiteral("timestamp"), iso(nowMs)},
                    {QStringLiteral("active_connections"), connections}});
}

QByteArray systemLog(const QString& level, const QString& message, qint64 nowMs)
{
    return compact({{QStringLiteral("type"), QStringLiteral("system_log")},
                    {QStringLiteral("timestamp"), iso(nowMs)},
                    {QStringLiteral("level"), level},
                    {QStringLiteral("message"), message}});
}

QByteArray error(const QString& message, qint64 nowMs)
{
    return compact({{QStringLiteral("type"), QStringLiteral("error")},
                    {QStringLiteral("timestamp"), iso(nowMs)},
                    {QStringLiteral("message"), message},
                    {QStringLiteral("details"), QJsonValue::Null}});
}

QByteArray pong()
{
    return QByteArrayLiteral("{\"type\":\"pong\"}");
}

QByteArray result(const QJsonValue& id, const QJsonObject& result)
{
    return compact({{QStringLiteral("type"), QStringLiteral("result")},
                    {QStringLiteral("id"), id},
                    {QStringLiteral("ok"), true},
                    {QStringLiteral("result"), result}});
}

QByteArray refusal(const QJsonValue& id, const QString& code, const QString& message)
{
    return compact({{QStringLiteral("type"), QStringLiteral("result")},
                    {QStringLiteral("id"), id},
                    {QStringLiteral("ok"), false},
                    {QStringLiteral("error"),
                     QJsonObject{{QStringLiteral("code"), code}, {QStringLiteral("message"), message}}}});
}

QByteArray frame(QByteArrayView payload, bool binary)
{
    QByteArray out;
    out.reserve(payload.size() + 10);
    out += char(binary ? 0x82 : 0x81);
    const auto size = quint64(payload.size());
    if (size < 126) {
        out += char(size);
    } else if (size < 65536) {
        out += char(126);
        out += char(size >> 8U);
        out += char(size & 0xffU);
    } else {
        out += char(127);
        for (int shift = 56; shift >= 0; shift -= 8)
            out += char((size >> unsigned(shift)) & 0xffU);
    }
    out.append(payload);
    return out;
}

} // namespace plimsoll::wire
