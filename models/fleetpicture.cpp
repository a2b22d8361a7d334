// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/fleetpicture.h"

#include "models/apply.h"

namespace plimsoll {

namespace {

void removeAgent(FleetPicture& picture, const AgentId& id)
{
    picture.agents.remove(id);
    for (auto it = picture.permissions.begin(); it != picture.permissions.end();)
        it = it->agent == id ? picture.permissions.erase(it) : std::next(it);
}

} // namespace

bool apply(FleetPicture& picture, const Event& event)
{
    if (event.seq != 0)
        picture.seq = event.seq;
    if (const auto* limits = std::get_if<LimitsChanged>(&event.body)) {
        picture.limits.insert(limits->kind, *limits);
        return true;
    }
    if (const auto* spend = std::get_if<SpendChanged>(&event.body)) {
        picture.spend = *spend;
        return true;
    }
    if (std::holds_alternative<AgentAdded>(event.body)) {
        if (event.agent.isNull())
            return false;
        Agent& agent = picture.agents[event.agent];
        apply(agent, event);
        agent.id = event.agent;
        return true;
    }
    const auto found = picture.agents.find(event.agent);
    if (found == picture.agents.end())
        return false;
    if (std::holds_alternative<AgentRemoved>(event.body))
        removeAgent(picture, event.agent);
    else if (const auto* asked = std::get_if<PermissionAsked>(&event.body))
        picture.permissions.insert(asked->requestId, event);
    else if (const auto* answered = std::get_if<PermissionAnswered>(&event.body))
        picture.permissions.remove(answered->requestId);
    else
        apply(*found, event);
    return true;
}

} // namespace plimsoll
