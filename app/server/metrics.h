// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/fleetpicture.h"

#include <QByteArray>

namespace plimsoll {

/// What the server has counted since it began.
struct ServerCounts
{
    int connections = 0; ///< now
    int viewers = 0;     ///< now
    quint64 accepted = 0;
    quint64 refused = 0;
    quint64 alerts = 0;
    quint64 lastSeq = 0;
};

/// The fleet and the server as Prometheus text. Pure.
[[nodiscard]] QByteArray metricsText(const FleetPicture& fleet, const ServerCounts& counts);

} // namespace plimsoll
