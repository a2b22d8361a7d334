// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QJsonArray>
#include <QString>

namespace plimsoll {

// The list of what an agent means to do. Each entry {text, state}, state pending, in_progress or completed;
// at most 100. What does not fit is skipped. Any thread.

/// Of the input of a tool that keeps such a list: TodoWrite {todos}, update_plan {plan}. Empty for others.
[[nodiscard]] QJsonArray todosOfTool(const QString& tool, const QString& input);

/// Of Claude Code's files tasks/SESSION/N.json below its configuration folder (CLAUDE_CODE.md §7.5).
/// \param configDir absolute path \param sessionId becomes part of a path: a UUID, else nothing is read
[[nodiscard]] QJsonArray todosOfFiles(const QString& configDir, const QString& sessionId);

} // namespace plimsoll
