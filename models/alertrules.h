// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/event.h"

#include <QHash>

#include <optional>

namespace plimsoll {

/// How far below a level the fill must fall before its alert is over: 5 points, so that a fill that wavers at
/// the level tells it once.
inline constexpr double alertHysteresis = 0.05;

/// The level of a fill, given the one before. \param fraction of the Plimsoll line, else of the window; 1 =
/// full \return Calm, Warning or Critical
[[nodiscard]] FillLevel alertLevel(FillLevel before, double fraction);

/// Decides when an agent's fill is worth an alert: once per crossing of 80 and 90 %, and once when it is
/// over. A new agent's level is learned, not told. Any thread, one at a time.
class AlertRules
{
public:
    [[nodiscard]] std::optional<AlertRaised> take(const Event& event);

private:
    QHash<AgentId, FillLevel> m_levels; ///< those that are not calm
};

} // namespace plimsoll
