// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/host.h"

namespace plimsoll {

/// Why a window may not give a command of a host, for people; empty = it may. \param method as Host names it
/// \param otherwise said where the host gives no reason itself
[[nodiscard]] inline QString refusalOf(const HostCapabilities& host, QLatin1String method,
                                       const QString& otherwise)
{
    if (host.commands.contains(method))
        return {};
    return host.refusal.isEmpty() ? otherwise : host.refusal;
}

} // namespace plimsoll
