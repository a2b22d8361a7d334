// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/server/commanddesk.h"
#include "app/server/counters.h"
#include "app/server/mcp.h"
#include "app/server/metrics.h"

namespace plimsoll {

/// Answers the requests of the API but those below /api/access/. Server thread.
class Routes : public QObject
{
    Q_OBJECT

public:
    Routes(Hub& hub, Counters& counters, CommandDesk& commands, QObject* parent);

    void answer(const HttpRequest& request, const HttpResponder& responder, const ServerCounts& counts);

    /// What a room is told at once, if anything is known: posted, or of one of our agents.
    [[nodiscard]] std::optional<ContextValue> contextOf(const QString& session,
                                                        const Principal& principal) const;

private:
    void listAgents(const HttpRequest& request, const HttpResponder& responder) const;
    void oneAgent(const HttpRequest& request, const HttpResponder& responder) const;
    void listEvents(const HttpRequest& request, const HttpResponder& responder) const;
    void listPermissions(const HttpResponder& responder) const;
    void runCommand(const HttpRequest& request, const HttpResponder& responder);
    void postContext(const HttpRequest& request, const HttpResponder& responder);
    void postTokens(const HttpRequest& request, const HttpResponder& responder);

    Hub& m_hub;
    Counters& m_counters;
    CommandDesk& m_commands;
    Mcp m_mcp;
};

} // namespace plimsoll
