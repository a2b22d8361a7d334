// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/event.h"

#include <QList>

namespace plimsoll {

/// A set of roles of AgentModel. Plain value of 8 bytes, so that gathering changes costs nothing.
class RoleSet
{
public:
    void add(int role);
    void add(RoleSet other) { m_bits |= other.m_bits; }
    [[nodiscard]] bool contains(int role) const;
    [[nodiscard]] bool isEmpty() const { return m_bits == 0; }
    [[nodiscard]] QList<int> toList() const; ///< ascending

    bool operator==(const RoleSet&) const = default;

private:
    quint64 m_bits = 0;
};

/// Applies what an event says about the agent itself and tells which roles of AgentModel have other values
/// now. Logged, Compacted, PermissionAsked … change nothing here: what they mean for the agent comes as
/// StateChanged, AgentChanged and UsageChanged. Does not look at Event::agent. Pure, any thread.
RoleSet apply(Agent& agent, const Event& event);

} // namespace plimsoll
