// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/watch/coldscan.h"
#include "models/agent.h"

#include <QByteArray>
#include <QString>

namespace plimsoll {

/// `plimsoll status --json`: the stable contract of the README, version 1, a line per agent. Unknown is null.
[[nodiscard]] QByteArray statusJson(const QList<Agent>& agents, const ScanTotals& scan, qint64 elapsedMs);

/// `plimsoll status`: an aligned table for people, ended by a newline.
/// \param nowMs ms UTC
[[nodiscard]] QString statusText(const QList<Agent>& agents, const ScanTotals& scan, qint64 nowMs);

/// One agent as one line: for headless runs.
[[nodiscard]] QString agentLine(const Agent& agent);

} // namespace plimsoll
