// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/agents/reader.h"
#include "models/agent.h"

#include <QString>

#include <optional>

namespace plimsoll {

/// What the registry or a lock says of a session that lives.
struct LiveFacts
{
    AgentState state = AgentState::Unknown; ///< Unknown: alive, does not say what it does
    StateSource source = StateSource::None;
    QString reason;
    qint64 sinceMs = 0; ///< ms UTC
};

/// Everything that decides an agent's state.
struct StateInputs
{
    AgentKind kind = AgentKind::Other;
    const ThreadFacts* thread = nullptr; ///< never null
    std::optional<LiveFacts> live;       ///< nothing: no sign of a living process
    bool tellsLife = false; ///< this client's builds leave a sign while they live: no sign means ended
    bool logEnded = false;  ///< the log itself says so
    bool isSubagent = false;
    bool finished = false;                 ///< a subagent of which its parent says that it ended
    std::optional<AgentState> parentState; ///< of a subagent whose parent is known
    qint64 nowMs = 0;                      ///< ms UTC
};

struct DecidedState
{
    AgentState state = AgentState::Unknown;
    StateSource source = StateSource::None;
    QString reason;
    qint64 sinceMs = 0;    ///< ms UTC
    qint64 validForMs = 0; ///< the answer may change after this time though nothing happens; 0 = it does not
};

/// The decision table of CLAUDE_CODE.md §7.3 and CODEX.md §4, for a session and for subagents.
[[nodiscard]] DecidedState decideState(const StateInputs& inputs);

/// True if builds of this version register while they live (Claude Code from 2.1.139, Codex from 0.150).
[[nodiscard]] bool tellsLife(AgentKind kind, const std::string& clientVersion);

} // namespace plimsoll
