// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/agents/reader.h"

#include <QByteArray>
#include <QFile>
#include <QList>
#include <QString>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace plimsoll {

/// What a log file is, by its path below its root.
struct LogRole
{
    std::string sessionId;   ///< empty = the lines tell
    std::string agentId;     ///< not empty for a subagent's file
    bool compressed = false; ///< zstd
};

/// A folder of logs of one kind of agent.
struct LogRoot
{
    AgentKind kind = AgentKind::Other;
    QString path;     ///< absolute; need not exist, may be a symlink
    int maxDepth = 0; ///< folders below the root that may hold logs
    std::optional<LogRole> (*roleOf)(std::string_view relativePath) = nullptr; ///< nothing = not a log
    std::unique_ptr<LogReader> (*makeReader)(const LogRole& role, std::string_view relativePath) = nullptr;
    QByteArray bytes = QFile::encodeName(path); ///< `path` as the file system takes it; all its logs share it
};

/// Where the agents of one person keep what Plimsoll reads.
struct AgentHomes
{
    QString claude; ///< ~/.claude or CLAUDE_CONFIG_DIR
    QString codex;  ///< ~/.codex or CODEX_HOME
};

/// \param home absolute path of the home folder
/// \param useEnvironment false: CLAUDE_CONFIG_DIR and CODEX_HOME do not count (the home was given by hand)
[[nodiscard]] AgentHomes agentHomes(const QString& home, bool useEnvironment);

/// All folders to watch. One more kind of agent is one more entry here.
[[nodiscard]] QList<LogRoot> logRoots(const AgentHomes& homes);

} // namespace plimsoll
