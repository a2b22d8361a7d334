// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/alertrules.h"

namespace plimsoll {

FillLevel alertLevel(FillLevel before, double fraction)
{
    const bool wasCritical = before == FillLevel::Critical;
    const bool wasRaised = wasCritical || before == FillLevel::Warning;
    if (fraction >= criticalFraction || (wasCritical && fraction >= criticalFraction - alertHysteresis))
        return FillLevel::Critical;
    if (fraction >= warningFraction || (wasRaised && fraction >= warningFraction - alertHysteresis))
        return FillLevel::Warning;
    return FillLevel::Calm;
}

std::optional<AlertRaised> AlertRules::take(const Event& event)
{
    if (std::holds_alternative<AgentRemoved>(event.body)) {
        m_levels.remove(event.agent);
        return std::nullopt;
    }
    const auto* added = std::get_if<AgentAdded>(&event.body);
    const auto* changed = std::get_if<UsageChanged>(&event.body);
    if (!added && !changed)
        return std::nullopt;
    const std::optional<double> fraction = loadFraction(added ? added->agent.usage : changed->usage);
    if (!fraction)
        return std::nullopt;
    const FillLevel before = m_levels.value(event.agent, FillLevel::Calm);
    const FillLevel now = alertLevel(before, *fraction);
    if (now == FillLevel::Calm)
        m_levels.remove(event.agent);
    else
        m_levels.insert(event.agent, now);
    if (added || now == before)
        return std::nullopt;
    return AlertRaised{now, *fraction};
}

} // namespace plimsoll
