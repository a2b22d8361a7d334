// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QProcessEnvironment>
#include <QString>
#include <QStringList>

namespace plimsoll {

/// The absolute path of Claude Code: on the PATH, else in the places where its installers put it. Relative
/// entries of the PATH do not count: what lies in a project's folder is never run. Empty = it is not there.
[[nodiscard]] QString findClaude(const QString& home, const QString& path);

/// What to do where it is not there, for people.
[[nodiscard]] QString claudeMissingText();

/// The environment of an agent: of ours what is on a list, nothing else; then what the CLI needs to be told
/// by a host, then the agent's own additions. \param configDir CLAUDE_CONFIG_DIR, empty = below the home
[[nodiscard]] QStringList claudeEnvironment(const QProcessEnvironment& ours, const QString& home,
                                            const QString& configDir, const QStringList& additions);

} // namespace plimsoll
