// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/spend.h"

namespace plimsoll {

Spend spendAt(const QList<SpendSlot>& slotList, qint64 nowMs, qint64 midnightMs)
{
    constexpr qint64 hourMs = 60 * 60 * 1000;
    const qint64 hourStartMs = nowMs - hourMs;
    Spend result;
    for (const SpendSlot& slot : slotList) {
        // A clock that runs ahead on another machine must not show tomorrow's money.
        if (slot.startMs > nowMs)
            continue;
        if (slot.startMs >= midnightMs)
            result.todayPico += slot.costPico;
        const qint64 endMs = slot.startMs + spendSlotMs;
        if (slot.startMs >= hourStartMs)
            result.hourPico += slot.costPico;
        else if (endMs > hourStartMs)
            result.hourPico +=
                qint64(double(slot.costPico) * double(endMs - hourStartMs) / double(spendSlotMs));
    }
    return result;
}

} // namespace plimsoll
