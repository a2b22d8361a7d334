// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/event.h"

#include <QHash>
#include <QMap>

namespace plimsoll {

/// Everything that somebody who comes late must be told before the next event. Plain value; does not keep
/// lines of the stream.
struct FleetPicture
{
    QHash<AgentId, Agent> agents;
    QMap<AgentKind, LimitsChanged> limits;
    SpendChanged spend;
    QMap<QString, Event> permissions; ///< open requests by id, as they were asked
    quint64 seq = 0;                  ///< of the last event that is in it

    bool operator==(const FleetPicture&) const = default;
};

/// Takes one event in. An event about an agent that is not there changes nothing, unless it brings the agent.
/// Pure, any thread. \return whether the event told of something known
bool apply(FleetPicture& picture, const Event& event);

} // namespace plimsoll
