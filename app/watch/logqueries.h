// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/watch/fleet.h"

#include <QJsonObject>

namespace plimsoll {

// Answers to the queries of host.h that need an agent's log: read from the file when asked for, never kept.
// Belong to the watch thread. A refusal is an object with "error" alone.

[[nodiscard]] QJsonObject historyOf(const Fleet& fleet, const QJsonObject& params);
/// Whether the log that "history" asks for is not there any more.
[[nodiscard]] bool isHistoryLost(const Fleet& fleet, const QJsonObject& params);
[[nodiscard]] QJsonObject textOf(const Fleet& fleet, const QJsonObject& params);
[[nodiscard]] QJsonObject curveOf(const Fleet& fleet, const QJsonObject& params);

/// {todos}: what the agent means to do, see todoqueries.h.
[[nodiscard]] QJsonObject todosOf(const Fleet& fleet, const QJsonObject& params);
/// {responses, text, thinking, tool_use, tool_result, error, prompt, system, result}: how many of each its
/// logs hold.
[[nodiscard]] QJsonObject countsOf(const Fleet& fleet, const QJsonObject& params);

/// The last log lines of the agents that changed last, oldest first, to fill the stream at the start.
/// \param agents at most so many agents
/// \param lines of each at most so many
[[nodiscard]] Events recentLines(const Fleet& fleet, const QList<Agent>& newestFirst, int agents, int lines);

} // namespace plimsoll
