// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/event.h"

namespace plimsoll {

/// What the fleet has cost, pico-USD.
struct Spend
{
    qint64 todayPico = 0; ///< since local midnight
    qint64 hourPico = 0;  ///< in the last 60 minutes

    bool operator==(const Spend&) const = default;
};

/// Sums slots of a quarter of an hour. The slot in which the last hour began counts by the part of it that
/// lies inside. Pure; all times ms UTC.
[[nodiscard]] Spend spendAt(const QList<SpendSlot>& slotList, qint64 nowMs, qint64 midnightMs);

} // namespace plimsoll
