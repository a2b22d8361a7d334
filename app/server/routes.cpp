// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/server/routes.h"

#include "app/server/webfiles.h"
#include "app/server/wire.h"
#include "models/codec.h"
#include "models/jsonwriter.h"

#include <QJsonArray>
#include <QJsonDocument>

#include <algorithm>
#include <array>

namespace plimsoll {

namespace {

constexpr qint64 maxEvents = 1000;
constexpr qint64 defaultEvents = 100;
constexpr qint64 defaultMaxTokens = 8000;

HttpReply badRequest(const QString& message)
{
    return errorReply(400, "bad_request", message);
}

int statusOf(const QString& code)
{
    if (code == QLatin1String("not_found"))
        return 404;
    if (code == QLatin1String("forbidden"))
        return 403;
    if (code == QLatin1String("conflict"))
        return 409;
    if (code == QLatin1String("too_many"))
        return 429;
    if (code == QLatin1String("unsupported"))
        return 501;
    return code == QLatin1String("unavailable") ? 503 : 400;
}

HttpReply replyOf(const Outcome& outcome, int good)
{
    if (outcome.isDone())
        return jsonReply(outcome.result, good);
    return errorReply(statusOf(outcome.code), outcome.code.toLatin1().constData(), outcome.message);
}

QString captured(const HttpRequest& request, qsizetype index)
{
    return QString::fromUtf8(request.match.captured.value(index));
}

/// The content, or nothing where it is no object. No content is an empty one.
std::optional<QJsonObject> objectOf(const HttpRequest& request)
{
    if (request.content.isEmpty())
        return QJsonObject();
    const QJsonDocument document = QJsonDocument::fromJson(request.content);
    return document.isObject() ? std::optional(document.object()) : std::nullopt;
}

/// The query as an object of texts; nothing where it is broken.
std::optional<QJsonObject> queryObject(const HttpRequest& request)
{
    const auto items = queryItems(request.head.query);
    if (!items)
        return std::nullopt;
    QJsonObject object;
    for (const auto& [name, value] : *items)
        object.insert(QString::fromUtf8(name), QString::fromUtf8(value));
    return object;
}

/// A whole number in a query; `fallback` where there is none, nothing where it is wrong.
std::optional<qint64> numberIn(const QJsonObject& query, const char* key, qint64 fallback)
{
    const QJsonValue value = query.value(QLatin1String(key));
    if (value.isUndefined())
        return fallback;
    bool good = false;
    const qint64 number = value.toString().toLongLong(&good);
    return good && number >= 0 ? std::optional(number) : std::nullopt;
}

/// Which command a route stands for; empty = none.
QString methodOf(const HttpRequest& request)
{
    constexpr std::array acts{"interrupt", "compact", "stop", "resume"};
    switch (request.match.route->id) {
    case RouteId::CreateAgent: return QStringLiteral("create_agent");
    case RouteId::CommandAgent: return QStringLiteral("command_agent");
    case RouteId::DeleteAgent: return QStringLiteral("delete_agent");
    case RouteId::AnswerPermission: return QStringLiteral("answer_permission");
    default: break;
    }
    const QByteArray act = request.match.captured.value(1);
    const bool isKnown =
        std::any_of(acts.begin(), acts.end(), [&act](const char* name) { return act == name; });
    return isKnown ? QString::fromLatin1(act) + QStringLiteral("_agent") : QString();
}

} // namespace

Routes::Routes(Hub& hub, Counters& counters, CommandDesk& commands, QObject* parent)
    : QObject(parent)
    , m_hub(hub)
    , m_counters(counters)
    , m_commands(commands)
    , m_mcp(hub, commands, this)
{
}

void Routes::answer(const HttpRequest& request, const HttpResponder& responder, const ServerCounts& counts)
{
    switch (request.match.route->id) {
    case RouteId::Page: {
        const std::optional<HttpReply> file = webFile(request.head.path);
        return responder.answer(file ? *file
                                     : errorReply(404, "not_found", QStringLiteral("nothing is here")));
    }
    case RouteId::Health:
        return responder.answer(jsonReply({{QStringLiteral("status"), QStringLiteral("ok")}}));
    case RouteId::Metrics: {
        HttpReply reply;
        reply.body = metricsText(m_hub.fleet(), counts);
        reply.contentType = "text/plain; version=0.0.4; charset=utf-8";
        return responder.answer(reply);
    }
    case RouteId::ListAgents: return listAgents(request, responder);
    case RouteId::OneAgent: return oneAgent(request, responder);
    case RouteId::ListEvents: return listEvents(request, responder);
    case RouteId::ListPermissions: return listPermissions(responder);
    case RouteId::ReadContext: {
        const QString session = captured(request, 0);
        if (!isSessionName(request.match.captured.constFirst()))
            return responder.answer(
                badRequest(QStringLiteral("a session is named by 1 to 256 printable ASCII characters")));
        const auto value = contextOf(session, *request.principal);
        return responder.answer(jsonReply(contextData(value.value_or(ContextValue{0, unknownTotal, 0}))));
    }
    case RouteId::PostContext: return postContext(request, responder);
    case RouteId::PostTokens: return postTokens(request, responder);
    case RouteId::Mcp: return m_mcp.answer(request, responder);
    default: return runCommand(request, responder);
    }
}

std::optional<ContextValue> Routes::contextOf(const QString& session, const Principal& principal) const
{
    for (const Agent& agent : m_hub.fleet().agents) {
        const bool isNamed = agent.info.sessionId == session || agent.id.toString() == session;
        if (!isNamed || !m_commands.maySee(principal, agent.id))
            continue;
        if (agent.usage.contextTokens && agent.usage.contextWindow.value_or(0) > 0)
            return ContextValue{*agent.usage.contextTokens, *agent.usage.contextWindow, 0};
    }
    return m_counters.value(session);
}

void Routes::listAgents(const HttpRequest& request, const HttpResponder& responder) const
{
    m_hub.settle();
    HttpReply reply;
    JsonWriter out(reply.body);
    out.beginObject();
    out.key(QLatin1String("agents"));
    out.beginArray();
    for (const Agent& agent : m_hub.newestFirst()) {
        if (m_commands.maySee(*request.principal, agent.id))
            write(out, agent);
    }
    out.endArray();
    out.key(QLatin1String("seq"));
    out.number(qint64(m_hub.ring().lastSeq()));
    out.endObject();
    responder.answer(reply);
}

void Routes::oneAgent(const HttpRequest& request, const HttpResponder& responder) const
{
    const AgentId id = AgentId::fromString(captured(request, 0));
    const auto agent = m_hub.fleet().agents.constFind(id);
    if (agent == m_hub.fleet().agents.constEnd() || !m_commands.maySee(*request.principal, id))
        return responder.answer(errorReply(404, "not_found", QStringLiteral("no such agent")));
    responder.answer(jsonReply(toJson(*agent)));
}

void Routes::listEvents(const HttpRequest& request, const HttpResponder& responder) const
{
    const auto query = queryObject(request);
    const SentRing& ring = m_hub.ring();
    const auto since = query ? numberIn(*query, "since", 0) : std::nullopt;
    const auto limit = query ? numberIn(*query, "limit", defaultEvents) : std::nullopt;
    if (!since || !limit)
        return responder.answer(badRequest(QStringLiteral("\"since\" and \"limit\" must be whole numbers")));
    const AgentId only = AgentId::fromString(query->value(QLatin1String("agent")).toString());
    HttpReply reply;
    JsonWriter out(reply.body);
    out.beginObject();
    out.key(QLatin1String("events"));
    out.beginArray();
    qint64 told = 0;
    quint64 seq = std::max(quint64(*since) + 1, ring.firstSeq());
    for (; seq <= ring.lastSeq() && told < std::min(*limit, maxEvents); ++seq) {
        const SentRing::Message& message = ring.at(seq);
        const bool isWanted = only.isNull() || message.agent == only;
        if (!isWanted || !m_commands.maySee(*request.principal, message.agent))
            continue;
        out.raw(message.json);
        ++told;
    }
    out.endArray();
    out.key(QLatin1String("seq"));
    out.number(qint64(std::max(seq, quint64{1}) - 1));
    out.key(QLatin1String("run"));
    out.text(m_hub.run());
    out.key(QLatin1String("complete"));
    out.boolean(quint64(*since) + 1 >= ring.firstSeq() && quint64(*since) <= ring.lastSeq());
    out.endObject();
    responder.answer(reply);
}

void Routes::listPermissions(const HttpResponder& responder) const
{
    QJsonArray list;
    for (const Event& asked : m_hub.fleet().permissions)
        list.append(wire::permissionObject(asked));
    responder.answer(jsonReply({{QStringLiteral("permissions"), list}}));
}

void Routes::runCommand(const HttpRequest& request, const HttpResponder& responder)
{
    const std::optional<QJsonObject> content = objectOf(request);
    if (!content)
        return responder.answer(badRequest(QStringLiteral("the content is no JSON object")));
    const QString method = methodOf(request);
    if (method.isEmpty())
        return responder.answer(errorReply(404, "not_found", QStringLiteral("nothing is here")));
    QJsonObject params = *content;
    const RouteId id = request.match.route->id;
    if (id == RouteId::AnswerPermission) {
        params.insert(QStringLiteral("request_id"), captured(request, 0));
    } else if (id != RouteId::CreateAgent) {
        if (AgentId::fromString(captured(request, 0)).isNull())
            return responder.answer(errorReply(404, "not_found", QStringLiteral("no such agent")));
        params.insert(QStringLiteral("agent_id"), captured(request, 0));
    }
    const int good = id == RouteId::CreateAgent ? 201 : id == RouteId::CommandAgent ? 202 : 200;
    m_commands.run(*request.principal, method, params, this,
                   [responder, good](const Outcome& outcome) { responder.answer(replyOf(outcome, good)); });
}

void Routes::postContext(const HttpRequest& request, const HttpResponder& responder)
{
    const QString session = captured(request, 0);
    const std::optional<QJsonObject> content =
        request.content.isEmpty() ? queryObject(request) : objectOf(request);
    if (!content || !isSessionName(request.match.captured.constFirst()))
        return responder.answer(badRequest(QStringLiteral(
            "send {\"used\", \"total\"} for a session named by 1 to 256 printable ASCII characters")));
    QString fault;
    const std::optional<ContextValue> value = contextFromJson(*content, fault);
    if (!value)
        return responder.answer(badRequest(fault));
    m_counters.post(session, *value);
    responder.answer(jsonReply(
        {{QStringLiteral("status"), QStringLiteral("ok")}, {QStringLiteral("session_id"), session}}));
}

void Routes::postTokens(const HttpRequest& request, const HttpResponder& responder)
{
    const std::optional<QJsonObject> content = objectOf(request);
    if (!content || !content->value(QLatin1String("text")).isString() ||
        !isSessionName(request.match.captured.constFirst()))
        return responder.answer(
            badRequest(QStringLiteral("send {\"text\", \"model\"?, \"max\"?} for a session named by 1 to 256 "
                                      "printable ASCII characters")));
    const QJsonValue maxValue = content->value(QLatin1String("max"));
    QString fault;
    const auto checked = contextFromJson(
        {{QStringLiteral("used"), 0},
         {QStringLiteral("total"), maxValue.isUndefined() ? QJsonValue(defaultMaxTokens) : maxValue}},
        fault);
    if (!checked)
        return responder.answer(badRequest(fault.replace(QStringLiteral("total"), QStringLiteral("max"))));
    const QString session = captured(request, 0);
    const qint64 max = checked->total;
    const QJsonObject params{{QStringLiteral("text"), content->value(QLatin1String("text"))},
                             {QStringLiteral("model"), content->value(QLatin1String("model"))}};
    m_commands.run(*request.principal, QStringLiteral("count_tokens"), params, this,
                   [this, responder, session, max](const Outcome& outcome) {
                       if (!outcome.isDone())
                           return responder.answer(replyOf(outcome, 200));
                       const QJsonObject data =
                           tokenData(outcome.result.value(QLatin1String("tokens")).toInteger(), max);
                       m_counters.postTokens(session, data);
                       responder.answer(jsonReply(data));
                   });
}

} // namespace plimsoll
