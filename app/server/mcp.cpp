// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/server/mcp.h"

#include "models/codec.h"
#include "models/jsonparts.h"

#include <QFile>
#include <QJsonDocument>

#include <algorithm>
#include <array>
#include <utility>

namespace plimsoll {

namespace {

constexpr int parseError = -32700; // JSON-RPC 2.0, section 5.1
constexpr int invalidRequest = -32600;
constexpr int methodNotFound = -32601;
constexpr int invalidParams = -32602;

constexpr double defaultWaitS = 30;
constexpr double maxWaitS = 50; ///< clients give up after a minute
constexpr qsizetype maxWaits = 100;
/// Between two turns an agent rests for an instant.
constexpr int restMs = 500;

/// Newest first: what a client asks for that is not among them is answered with the first.
constexpr std::array versions{"2025-06-18", "2025-03-26"};
constexpr const char* waitTool = "wait_for_agent";

bool isVersion(const QByteArray& text)
{
    return std::any_of(versions.begin(), versions.end(), [&text](const char* one) { return text == one; });
}

QJsonObject envelope(const QJsonValue& id)
{
    return {{QStringLiteral("jsonrpc"), QStringLiteral("2.0")}, {QStringLiteral("id"), id}};
}

HttpReply resultReply(const QJsonValue& id, const QJsonObject& result)
{
    QJsonObject message = envelope(id);
    message.insert(QStringLiteral("result"), result);
    return jsonReply(message);
}

HttpReply rpcError(const QJsonValue& id, int code, const QString& text, int status = 200)
{
    QJsonObject message = envelope(id);
    message.insert(QStringLiteral("error"),
                   QJsonObject{{QStringLiteral("code"), code}, {QStringLiteral("message"), text}});
    return jsonReply(message, status);
}

/// What a tool says: a refusal is told to the model too, so that it can act on it.
HttpReply toolReply(const QJsonValue& id, const QString& text, bool isError)
{
    const QJsonObject part{{QStringLiteral("type"), QStringLiteral("text")}, {QStringLiteral("text"), text}};
    return resultReply(id,
                       {{QStringLiteral("content"), QJsonArray{part}}, {QStringLiteral("isError"), isError}});
}

HttpReply toolReply(const QJsonValue& id, const QJsonObject& result)
{
    return toolReply(id, QString::fromUtf8(QJsonDocument(result).toJson(QJsonDocument::Compact)), false);
}

HttpReply toolReply(const QJsonValue& id, const Outcome& outcome)
{
    return outcome.isDone() ? toolReply(id, outcome.result)
                            : toolReply(id, outcome.code + QStringLiteral(": ") + outcome.message, true);
}

QJsonObject greeting(const QJsonObject& params)
{
    const QString asked = json::text(params, "protocolVersion");
    const QJsonObject server{{QStringLiteral("name"), QStringLiteral("plimsoll")},
                             {QStringLiteral("version"), QStringLiteral(PLIMSOLL_VERSION)}};
    return {{QStringLiteral("protocolVersion"),
             isVersion(asked.toLatin1()) ? asked : QLatin1String(versions.front())},
            {QStringLiteral("capabilities"), QJsonObject{{QStringLiteral("tools"), QJsonObject()}}},
            {QStringLiteral("serverInfo"), server},
            {QStringLiteral("instructions"),
             QStringLiteral(
                 "Starts coding agents on this machine and commands them. You see and command those that "
                 "you have created. A person decides what they may do: an agent that is \"blocked\" "
                 "waits for one.")}};
}

/// An agent that is gone rests too.
bool rests(const Hub& hub, const AgentId& id)
{
    const auto agent = hub.fleet().agents.constFind(id);
    return agent == hub.fleet().agents.constEnd() ||
           (agent->state != AgentState::Executing && agent->state != AgentState::Waiting);
}

} // namespace

Mcp::Mcp(Hub& hub, CommandDesk& commands, QObject* parent)
    : QObject(parent)
    , m_hub(hub)
    , m_commands(commands)
{
    connect(&m_hub, &Hub::sent, this, &Mcp::checkWaits);
    connect(&m_hub, &Hub::seeded, this, &Mcp::checkWaits);
}

const QJsonArray& Mcp::tools()
{
    static const QJsonArray all = [] {
        QFile file(QStringLiteral(":/mcp/tools.json"));
        return file.open(QIODevice::ReadOnly) ? QJsonDocument::fromJson(file.readAll()).array()
                                              : QJsonArray();
    }();
    return all;
}

bool Mcp::isOffered(const QString& tool, AccessRole role) const
{
    if (tool == QLatin1String(waitTool))
        return true;
    const CommandRule* rule = commandRule(tool);
    return rule && (rule->roles & bitOf(role)) != 0 &&
           (!rule->acts || m_commands.host().commands.contains(tool));
}

void Mcp::answer(const HttpRequest& request, const HttpResponder& responder)
{
    const QByteArray version = request.head.field("mcp-protocol-version");
    if (!version.isEmpty() && !isVersion(version))
        return responder.answer(rpcError(QJsonValue::Null, invalidRequest,
                                         QStringLiteral("MCP-Protocol-Version: %1 and %2 are spoken")
                                             .arg(QLatin1String(versions[0]), QLatin1String(versions[1])),
                                         400));
    QJsonParseError fault{};
    const QJsonDocument document = QJsonDocument::fromJson(request.content, &fault);
    if (fault.error != QJsonParseError::NoError)
        return responder.answer(rpcError(QJsonValue::Null, parseError, fault.errorString(), 400));
    const QJsonObject message = document.object();
    const QJsonValue id = message.value(QLatin1String("id"));
    const QString method = json::text(message, "method");
    const QJsonValue params = message.value(QLatin1String("params"));
    const bool isKnown = message.value(QLatin1String("jsonrpc")) == QLatin1String("2.0") &&
                         (id.isString() || id.isDouble() || id.isUndefined()) &&
                         (params.isObject() || params.isUndefined());
    if (!isKnown)
        return responder.answer(
            rpcError(QJsonValue::Null, invalidRequest,
                     QStringLiteral("send one JSON-RPC 2.0 message: batches are not taken"), 400));
    // A notification, or an answer to something that was never asked: taken, with nothing to say.
    if (id.isUndefined() || method.isEmpty())
        return responder.answer({202});
    if (method == QLatin1String("initialize"))
        return responder.answer(resultReply(id, greeting(params.toObject())));
    if (method == QLatin1String("ping"))
        return responder.answer(resultReply(id, {}));
    if (method == QLatin1String("tools/list")) {
        QJsonArray offered;
        for (const auto& tool : tools()) {
            if (isOffered(json::text(tool.toObject(), "name"), request.principal->role))
                offered.append(tool);
        }
        return responder.answer(resultReply(id, {{QStringLiteral("tools"), offered}}));
    }
    if (method == QLatin1String("tools/call"))
        return call(request, responder, id, params.toObject());
    responder.answer(
        rpcError(id, methodNotFound, QStringLiteral("there is no method \"%1\"").arg(method.left(100))));
}

void Mcp::call(const HttpRequest& request, const HttpResponder& responder, const QJsonValue& id,
               const QJsonObject& params)
{
    const QString name = json::text(params, "name");
    const QJsonObject arguments = params.value(QLatin1String("arguments")).toObject();
    const bool isTool = std::any_of(tools().begin(), tools().end(), [&name](const QJsonValue& tool) {
        return json::text(tool.toObject(), "name") == name;
    });
    if (!isTool)
        return responder.answer(
            rpcError(id, invalidParams, QStringLiteral("there is no tool \"%1\"").arg(name.left(100))));
    if (name == QLatin1String(waitTool))
        return wait(*request.principal, arguments, responder, id);
    m_commands.run(*request.principal, name, arguments, this,
                   [responder, id](const Outcome& outcome) { responder.answer(toolReply(id, outcome)); });
}

void Mcp::wait(const Principal& principal, const QJsonObject& params, const HttpResponder& responder,
               const QJsonValue& id)
{
    const AgentId agent = json::idFromJson(params, "agent_id");
    if (!m_hub.fleet().agents.contains(agent) || !m_commands.maySee(principal, agent))
        return responder.answer(toolReply(id, QStringLiteral("not_found: no such agent"), true));
    const double seconds = params.value(QLatin1String("timeout_s")).toDouble(defaultWaitS);
    if (!(seconds > 0 && seconds <= maxWaitS))
        return responder.answer(toolReply(
            id, QStringLiteral("bad_request: \"timeout_s\" must be more than 0 and at most %1").arg(maxWaitS),
            true));
    m_waits.removeIf([](const Wait& one) { return !one.responder.isWaiting(); });
    if (m_waits.size() >= maxWaits)
        return responder.answer(
            toolReply(id, QStringLiteral("too_many: %1 wait already").arg(m_waits.size()), true));
    const quint64 number = ++m_lastWait;
    m_waits.append({number, agent, responder, id});
    QTimer::singleShot(int(seconds * 1000), this, [this, number] { finish(number, true); });
    checkWaits();
}

void Mcp::checkWaits()
{
    for (Wait& one : m_waits) {
        if (rests(m_hub, one.agent) && !std::exchange(one.isChecking, true))
            QTimer::singleShot(restMs, this, [this, number = one.number] { confirm(number); });
    }
}

void Mcp::confirm(quint64 number)
{
    const auto one = std::find_if(m_waits.begin(), m_waits.end(),
                                  [number](const Wait& wait) { return wait.number == number; });
    if (one == m_waits.end())
        return;
    one->isChecking = false;
    if (rests(m_hub, one->agent))
        finish(number, false);
}

void Mcp::finish(quint64 number, bool timedOut)
{
    const auto found = std::find_if(m_waits.begin(), m_waits.end(),
                                    [number](const Wait& wait) { return wait.number == number; });
    if (found == m_waits.end())
        return;
    const Wait one = *found;
    m_waits.erase(found);
    const auto agent = m_hub.fleet().agents.constFind(one.agent);
    if (agent == m_hub.fleet().agents.constEnd())
        return one.responder.answer(toolReply(one.id, QStringLiteral("not_found: the agent is gone"), true));
    const QJsonObject whole = toJson(*agent);
    QJsonObject told{{QStringLiteral("timed_out"), timedOut}};
    for (const char* key : {"id", "name", "status", "status_reason", "summary", "context_tokens",
                            "context_window", "context_percentage", "turns", "total_cost"})
        told.insert(QLatin1String(key), whole.value(QLatin1String(key)));
    one.responder.answer(toolReply(one.id, told));
}

} // namespace plimsoll
