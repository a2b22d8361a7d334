// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/sharing.h"

#include <QByteArray>
#include <QByteArrayView>
#include <QList>

#include <span>

namespace plimsoll {

/// A set of roles: a bit for each.
using RoleBits = quint8;

[[nodiscard]] constexpr RoleBits bitOf(AccessRole role)
{
    return RoleBits(1U << unsigned(role));
}

inline constexpr RoleBits adminBits = bitOf(AccessRole::Admin);
inline constexpr RoleBits operatorBits = adminBits | bitOf(AccessRole::Operator);
inline constexpr RoleBits approverBits = operatorBits | bitOf(AccessRole::Approver);
inline constexpr RoleBits agentBits = bitOf(AccessRole::Agent);
inline constexpr RoleBits viewerBits = approverBits | bitOf(AccessRole::Viewer);
inline constexpr RoleBits anyBits = viewerBits | agentBits;

enum class RouteId : quint8 {
    Page,
    Health,
    TradeCode,
    Pair,
    MakeTicket,
    ListTokens,
    AddToken,
    RemoveToken,
    Metrics,
    ListAgents,
    OneAgent,
    ListEvents,
    ListPermissions,
    AnswerPermission,
    CreateAgent,
    CommandAgent,
    ActOnAgent, ///< interrupt, compact, stop, resume: captured
    DeleteAgent,
    ReadContext,
    PostContext,
    PostTokens,
    Mcp,
    EventStream, ///< WebSocket
    CounterRoom, ///< WebSocket
};

/// One kind of request. All that the server answers stands in routeTable(); the gate, the dispatch and the
/// tests of roles read the same table.
struct Route
{
    RouteId id;
    const char* method;
    const char* pattern; ///< "{}" is one segment, "*" the rest
    RoleBits roles;      ///< 0 = nobody needs to say who he is
    bool isSocket = false;
};

[[nodiscard]] std::span<const Route> routeTable();

struct RouteMatch
{
    const Route* route = nullptr; ///< null: none, see `status`
    QList<QByteArray> captured;   ///< decoded
    int status = 404;             ///< 404, or 405 where another method would do
};

/// Total: any thread. \param path as in HttpHead
[[nodiscard]] RouteMatch matchRoute(QByteArrayView method, QByteArrayView path);

/// One command of the event stream, and who may give it.
struct CommandRule
{
    const char* method;
    RoleBits roles;
    bool acts; ///< goes to the host under the same name; else it asks something
};

[[nodiscard]] std::span<const CommandRule> commandTable();
[[nodiscard]] const CommandRule* commandRule(QStringView method);

} // namespace plimsoll
