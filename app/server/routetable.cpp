// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/server/routetable.h"

#include "app/server/httphead.h"

#include <array>

namespace plimsoll {

namespace {

constexpr RoleBits actBits = operatorBits | agentBits;

// clang-format off
constexpr std::array routes{
    Route{RouteId::Health,           "GET",    "/health",                       0},
    Route{RouteId::TradeCode,        "POST",   "/api/access/token",             0},
    Route{RouteId::Pair,             "POST",   "/api/access/pair",              0},
    Route{RouteId::MakeTicket,       "POST",   "/api/access/ticket",            anyBits},
    Route{RouteId::ListTokens,       "GET",    "/api/access/tokens",            adminBits},
    Route{RouteId::AddToken,         "POST",   "/api/access/tokens",            adminBits},
    Route{RouteId::RemoveToken,      "DELETE", "/api/access/tokens/{}",         adminBits},
    Route{RouteId::Metrics,          "GET",    "/metrics",                      viewerBits},
    Route{RouteId::ListAgents,       "GET",    "/api/agents",                   anyBits},
    Route{RouteId::CreateAgent,      "POST",   "/api/agents",                   actBits},
    Route{RouteId::OneAgent,         "GET",    "/api/agents/{}",                anyBits},
    Route{RouteId::DeleteAgent,      "DELETE", "/api/agents/{}",                actBits},
    Route{RouteId::CommandAgent,     "POST",   "/api/agents/{}/command",        actBits},
    Route{RouteId::ActOnAgent,       "POST",   "/api/agents/{}/{}",             actBits},
    Route{RouteId::ListEvents,       "GET",    "/api/events",                   anyBits},
    Route{RouteId::ListPermissions,  "GET",    "/api/permissions",              viewerBits},
    Route{RouteId::AnswerPermission, "POST",   "/api/permissions/{}",           approverBits},
    Route{RouteId::ReadContext,      "GET",    "/api/counters/context/{}",      anyBits},
    Route{RouteId::PostContext,      "POST",   "/api/counters/context/{}",      actBits},
    Route{RouteId::PostTokens,       "POST",   "/api/counters/tokens/{}",       actBits},
    Route{RouteId::Mcp,              "POST",   "/mcp",                          actBits},
    Route{RouteId::EventStream,      "GET",    "/ws",                           anyBits, true},
    Route{RouteId::CounterRoom,      "GET",    "/api/ws/counters/{}",           anyBits, true},
    Route{RouteId::Page,             "GET",    "/*",                            0},
};

constexpr std::array commands{
    CommandRule{"fetch_agents",           anyBits,      false},
    CommandRule{"fetch_history",          anyBits,      false},
    CommandRule{"fetch_text",             anyBits,      false},
    CommandRule{"fetch_curve",            anyBits,      false},
    CommandRule{"fetch_permission_input", viewerBits,   false},
    CommandRule{"fetch_menu",             anyBits,      false},
    CommandRule{"fetch_tasks",            anyBits,      false},
    CommandRule{"fetch_task_output",      anyBits,      false},
    CommandRule{"fetch_waiting",          anyBits,      false},
    CommandRule{"fetch_todos",            anyBits,      false},
    CommandRule{"fetch_counts",           anyBits,      false},
    CommandRule{"search",                 anyBits,      false},
    CommandRule{"count_tokens",           anyBits,      false},
    CommandRule{"answer_permission",      approverBits, true},
    CommandRule{"create_agent",           actBits,      true},
    CommandRule{"command_agent",          actBits,      true},
    CommandRule{"interrupt_agent",        actBits,      true},
    CommandRule{"compact_agent",          actBits,      true},
    CommandRule{"stop_agent",             actBits,      true},
    CommandRule{"resume_agent",           actBits,      true},
    CommandRule{"set_model",              actBits,      true},
    CommandRule{"set_permission_mode",    operatorBits, true},
    CommandRule{"stop_task",              actBits,      true},
    CommandRule{"withdraw_message",       actBits,      true},
    CommandRule{"delete_agent",           actBits,      true},
};
// clang-format on

/// The segment up to the next '/', which is taken off `rest` with it.
QByteArrayView takeSegment(QByteArrayView& rest)
{
    const qsizetype end = rest.indexOf('/');
    const QByteArrayView segment = end < 0 ? rest : rest.first(end);
    rest = end < 0 ? QByteArrayView() : rest.sliced(end);
    return segment;
}

bool fits(QByteArrayView pattern, QByteArrayView path, QList<QByteArray>& captured)
{
    while (pattern.startsWith('/') && path.startsWith('/')) {
        pattern = pattern.sliced(1);
        path = path.sliced(1);
        if (pattern == "*") {
            captured.append(path.toByteArray());
            return true;
        }
        const QByteArrayView expected = takeSegment(pattern);
        const QByteArrayView segment = takeSegment(path);
        if (expected == "{}") {
            const std::optional<QByteArray> decoded = percentDecoded(segment);
            if (!decoded || decoded->isEmpty())
                return false;
            captured.append(*decoded);
        } else if (expected != segment) {
            return false;
        }
    }
    return pattern.isEmpty() && path.isEmpty();
}

} // namespace

std::span<const Route> routeTable()
{
    return routes;
}

std::span<const CommandRule> commandTable()
{
    return commands;
}

const CommandRule* commandRule(QStringView method)
{
    for (const CommandRule& rule : commands) {
        if (method == QLatin1String(rule.method))
            return &rule;
    }
    return nullptr;
}

RouteMatch matchRoute(QByteArrayView method, QByteArrayView path)
{
    RouteMatch match;
    bool otherMethod = false;
    for (const Route& route : routes) {
        QList<QByteArray> captured;
        if (!fits(route.pattern, path, captured))
            continue;
        if (method == route.method) {
            match.route = &route;
            match.captured = std::move(captured);
            return match;
        }
        otherMethod = otherMethod || route.id != RouteId::Page;
    }
    const bool isPage = path == "/";
    match.status = otherMethod || isPage ? 405 : 404;
    return match;
}

} // namespace plimsoll
