// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/agent.h"

#include <QString>

namespace plimsoll {

/// A session that some process has open now, as the agent's own files on running sessions tell it.
struct LiveSession
{
    QString sessionId;          ///< the agent's own id
    QString continuesSessionId; ///< the same process had this one open before (/clear, or another one resumed
                                ///< in it)
    QString reason;             ///< for people: "permission prompt", "background shell runs"; may be empty
    QString needs;              ///< of a blocked background job: what the operator is asked; else empty
    QString name;               ///< empty where nothing tells
    QString workingDir;         ///< empty where nothing tells
    qint64 pid = 0;
    qint64 sinceMs = 0;     ///< ms UTC of the state, 0 = unknown
    qint64 startedAtMs = 0; ///< ms UTC of the process's start with it, 0 = unknown
    AgentKind kind = AgentKind::Other;
    AgentState state = AgentState::Unknown; ///< Complete once it has ended; Unknown: ask the log
    StateSource source = StateSource::None; ///< Registry or Lock
    bool nameGiven = false;                 ///< by a person, not derived from a folder or made by the agent
    bool ended = false;                     ///< nobody has it open any more

    bool operator==(const LiveSession&) const = default;
};

} // namespace plimsoll
