// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/agents/kinds.h"

#include "app/agents/claude/claudepaths.h"
#include "app/agents/codex/codexpaths.h"

#include <QDir>

namespace plimsoll {

namespace {

QString folderFromEnvironment(const char* variable, const QString& fallback)
{
    const QString folder = qEnvironmentVariable(variable);
    return folder.isEmpty() ? fallback : QDir(folder).absolutePath();
}

} // namespace

AgentHomes agentHomes(const QString& home, bool useEnvironment)
{
    AgentHomes homes{home + QStringLiteral("/.claude"), home + QStringLiteral("/.codex")};
    if (useEnvironment) {
        homes.claude = folderFromEnvironment("CLAUDE_CONFIG_DIR", homes.claude);
        homes.codex = folderFromEnvironment("CODEX_HOME", homes.codex);
    }
    return homes;
}

QList<LogRoot> logRoots(const AgentHomes& homes)
{
    return {
        {AgentKind::ClaudeCode, homes.claude + QStringLiteral("/projects"), 6, claudeLogRole,
         makeClaudeReader},
        {AgentKind::Codex, homes.codex + QStringLiteral("/sessions"), 4, codexLogRole, makeCodexReader},
        {AgentKind::Codex, homes.codex + QStringLiteral("/archived_sessions"), 1, codexLogRole,
         makeCodexReader},
    };
}

} // namespace plimsoll
