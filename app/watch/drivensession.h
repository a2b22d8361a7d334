// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/agent.h"

namespace plimsoll {

/// A session that Plimsoll runs or has run as its own child, as the side that drives it tells. Whole; the
/// newest counts. Its numbers are not here: its log tells them.
struct DrivenSession
{
    AgentKind kind = AgentKind::ClaudeCode;
    QString sessionId;
    QString continuesSessionId; ///< the same child had this one before (/clear); empty = none
    QString name;
    QString workingDir;
    QString model; ///< as asked for; empty = the client's default
    AgentState state = AgentState::Unknown;
    QString reason;
    qint64 sinceMs = 0;     ///< ms UTC of the state
    qint64 createdAtMs = 0; ///< ms UTC
    Count contextWindow;    ///< tokens, as the agent reports it
    Count compactAtTokens;
    QStringList commands; ///< methods that can be carried out on it now
    bool running = false;
    bool hidden = false; ///< by the operator: it has no row
};

} // namespace plimsoll
