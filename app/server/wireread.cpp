// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/server/wireread.h"

#include "models/codec.h"
#include "models/jsonparts.h"
#include "models/names.h"

#include <QJsonArray>
#include <QJsonDocument>

#include <algorithm>

namespace plimsoll::wire {

using namespace json;

namespace {

constexpr qsizetype maxSaidChars = 2000;

quint64 seqOf(const QJsonObject& object)
{
    return quint64(countFromJson(value(object, "seq")).value_or(0));
}

qint64 atOf(const QJsonObject& object)
{
    return timeFromJson(value(object, "timestamp"));
}

/// An array's objects, no more than anybody would look at.
template <typename Take>
void eachObject(const QJsonValue& value, Take take)
{
    const QJsonArray array = value.toArray();
    for (qsizetype i = 0; i < std::min(array.size(), maxListItems); ++i) {
        if (array.at(i).isObject())
            take(array.at(i).toObject());
    }
}

/// As the codec knows it: what the wire has in another shape is brought into that one.
std::optional<Event> eventOf(QJsonObject object, const QString& type)
{
    object.insert(QStringLiteral("type"), type);
    return eventFromJson(object);
}

Message told(std::optional<Event> event, quint64 seq)
{
    return event ? Message(Told{std::move(*event)}) : Message(Skipped{seq});
}

Welcome readWelcome(const QJsonObject& object)
{
    Welcome welcome;
    welcome.protocol = int(std::min<qint64>(countFromJson(value(object, "protocol")).value_or(0), 1000));
    welcome.server = shortText(object, "server");
    welcome.host = shortText(object, "host");
    welcome.run = shortText(object, "run");
    welcome.role = accessRoleFromName(text(object, "role"));
    welcome.seq = seqOf(object);
    const QJsonArray commands = value(object, "commands").toArray();
    for (qsizetype i = 0; i < std::min<qsizetype>(commands.size(), 100); ++i) {
        if (commands.at(i).isString())
            welcome.commands << commands.at(i).toString().left(100);
    }
    return welcome;
}

SnapshotPart readPart(const QJsonObject& object)
{
    SnapshotPart part;
    eachObject(value(object, "agents"), [&part](const QJsonObject& item) {
        Agent agent = agentFromJson(item);
        if (!agent.id.isNull())
            part.agents << std::move(agent);
    });
    return part;
}

std::optional<Request> readRequest(const QJsonObject& object)
{
    std::optional<Event> asked = eventOf(object, QStringLiteral("permission_requested"));
    if (!asked || std::get<PermissionAsked>(asked->body).requestId.isEmpty())
        return std::nullopt;
    const bool isMissing = !value(object, "input").isString() && value(object, "input_bytes").isDouble();
    return Request{std::move(*asked), isMissing};
}

SnapshotEnd readEnd(const QJsonObject& object)
{
    SnapshotEnd end;
    eachObject(value(object, "limits"), [&end](const QJsonObject& item) {
        if (const auto event = eventOf(item, QStringLiteral("limits_changed")))
            end.limits << std::get<LimitsChanged>(event->body);
    });
    eachObject(value(object, "pending_permissions"), [&end](const QJsonObject& item) {
        if (auto request = readRequest(item))
            end.permissions << std::move(*request);
    });
    const QJsonObject spend{{QStringLiteral("slots"), value(object, "spend")}};
    if (const auto event = eventOf(spend, QStringLiteral("spend_changed")))
        end.spend = std::get<SpendChanged>(event->body);
    return end;
}

Message readCreated(const QJsonObject& object, const QString& type)
{
    std::optional<Event> event = eventOf(object, type);
    if (!event)
        return Skipped{seqOf(object)};
    auto& added = std::get<AgentAdded>(event->body);
    if (added.agent.id.isNull())
        added.agent.id = event->agent;
    event->agent = added.agent.id;
    return event->agent.isNull() ? Message(Skipped{seqOf(object)}) : Message(Told{std::move(*event)});
}

Event withBody(const QJsonObject& object, Body body)
{
    return {seqOf(object), atOf(object), idFromJson(object, "agent_id"), std::move(body)};
}

Event readLine(const QJsonObject& object)
{
    const QJsonObject log = value(object, "log").toObject();
    qint64 atMs = 0;
    Event event = withBody(object, readLog(log, atMs));
    if (atMs != 0)
        event.atMs = atMs;
    if (event.agent.isNull())
        event.agent = idFromJson(log, "agent_id");
    return event;
}

Event readAlert(const QJsonObject& object)
{
    const QString level = text(object, "level");
    const double percentage = std::clamp(value(object, "percentage").toDouble(), 0.0, 1e6);
    const FillLevel fill = level == QLatin1String("ok") ? FillLevel::Calm : fillLevelFromName(level);
    return withBody(object, AlertRaised{fill, percentage / 100});
}

Answer readAnswer(const QJsonObject& object)
{
    Answer answer;
    answer.id = quint64(countFromJson(value(object, "id")).value_or(0));
    answer.good = value(object, "ok").toBool();
    if (answer.good) {
        answer.result = value(object, "result").toObject();
        return answer;
    }
    const QJsonObject error = value(object, "error").toObject();
    answer.code = text(error, "code").left(100);
    answer.message = text(error, "message").left(maxSaidChars);
    if (answer.message.isEmpty())
        answer.message = QStringLiteral("refused without a reason");
    return answer;
}

/// Those about an agent.
std::optional<Message> readEvent(const QString& type, const QJsonObject& object)
{
    if (type == QLatin1String("agent_updated"))
        return Updated{seqOf(object), atOf(object), idFromJson(object, "agent_id"),
                       value(object, "agent").toObject()};
    if (type == QLatin1String("agent_log"))
        return Told{readLine(object)};
    if (type == QLatin1String("agent_created"))
        return readCreated(object, type);
    if (type == QLatin1String("context_compacted"))
        return Told{withBody(object, Compacted{compactionFromJson(object)})};
    if (type == QLatin1String("alert"))
        return Told{readAlert(object)};
    if (type == QLatin1String("permission_requested")) {
        std::optional<Request> request = readRequest(object);
        return request ? Message(Requested{std::move(*request)}) : Message(Skipped{seqOf(object)});
    }
    for (const char* same : {"agent_status_changed", "agent_deleted", "permission_resolved", "limits_changed",
                             "spend_changed", "chat_stream"}) {
        if (type == QLatin1String(same))
            return told(eventOf(object, type), seqOf(object));
    }
    return std::nullopt;
}

} // namespace

Logged readLog(const QJsonObject& log, qint64& atMs)
{
    QJsonObject own = value(log, "payload").toObject();
    for (const char* key : {"event_type", "content", "truncated"})
        own.insert(QLatin1String(key), value(log, key));
    atMs = atOf(log);
    const auto event = eventOf({{QStringLiteral("log"), own}}, QStringLiteral("agent_log"));
    return event ? std::get<Logged>(event->body) : Logged();
}

Message readMessage(const QJsonObject& object)
{
    const QString type = text(object, "type");
    if (std::optional<Message> event = readEvent(type, object))
        return std::move(*event);
    if (type == QLatin1String("connection_established"))
        return readWelcome(object);
    if (type == QLatin1String("snapshot_begin"))
        return SnapshotBegin{seqOf(object), countFromJson(value(object, "count")).value_or(0)};
    if (type == QLatin1String("snapshot_part"))
        return readPart(object);
    if (type == QLatin1String("snapshot_end"))
        return readEnd(object);
    if (type == QLatin1String("resumed"))
        return Resumed{seqOf(object)};
    if (type == QLatin1String("result"))
        return readAnswer(object);
    if (type == QLatin1String("error"))
        return Said{true, QStringLiteral("error"), text(object, "message").left(maxSaidChars)};
    if (type == QLatin1String("system_log"))
        return Said{false, text(object, "level").left(100), text(object, "message").left(maxSaidChars)};
    if (type == QLatin1String("pong") || type == QLatin1String("heartbeat"))
        return Alive{};
    return Skipped{seqOf(object)};
}

std::optional<QList<Message>> readFrame(const QByteArray& bytes)
{
    if (bytes.size() > maxReadBytes)
        return std::nullopt;
    const QJsonDocument document = QJsonDocument::fromJson(bytes);
    if (document.isObject())
        return QList<Message>{readMessage(document.object())};
    if (!document.isArray())
        return std::nullopt;
    QList<Message> messages;
    const QJsonArray array = document.array();
    messages.reserve(array.size());
    for (const auto& item : array) {
        if (item.isObject())
            messages << readMessage(item.toObject());
    }
    return messages;
}

Events eventsOf(const Updated& updated, Agent& agent)
{
    const Agent before = agent;
    mergeAgent(agent, updated.changes);
    Events events;
    const auto add = [&](Body body) { events << Event{0, updated.atMs, agent.id, std::move(body)}; };
    if (agent.info != before.info)
        add(AgentChanged{agent.info});
    const bool isOther = agent.state != before.state || agent.stateSource != before.stateSource ||
                         agent.stateReason != before.stateReason || agent.stateSinceMs != before.stateSinceMs;
    if (isOther)
        add(StateChanged{agent.state, agent.stateSource, agent.stateReason, agent.stateSinceMs});
    if (agent.usage != before.usage)
        add(UsageChanged{agent.usage});
    return events;
}

} // namespace plimsoll::wire
