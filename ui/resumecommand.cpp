// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/resumecommand.h"

#include <QRegularExpression>

#include <algorithm>

namespace plimsoll {

namespace {

// A session id comes from a file that anybody may have written. Nothing but these characters reaches a shell,
// and no leading dash, which would read as an option.
bool isSafeId(const QString& id)
{
    static const QRegularExpression safe(QStringLiteral("\\A[0-9a-zA-Z_][0-9a-zA-Z_-]*\\z"));
    return id.size() <= 200 && safe.match(id).hasMatch();
}

// A terminal acts on control characters before any shell sees the quotes around them.
bool hasControl(const QString& text)
{
    return std::any_of(text.begin(), text.end(),
                       [](QChar c) { return c.category() == QChar::Other_Control; });
}

QString program(AgentKind kind)
{
    switch (kind) {
    case AgentKind::ClaudeCode: return QStringLiteral("claude --resume ");
    case AgentKind::Codex: return QStringLiteral("codex resume ");
    case AgentKind::Other: break;
    }
    return {};
}

} // namespace

QString shellQuoted(const QString& word)
{
    QString inside = word;
    inside.replace(QLatin1Char('\''), QStringLiteral("'\\''"));
    return QLatin1Char('\'') + inside + QLatin1Char('\'');
}

ResumeCommand resumeCommand(const Agent& agent, const Agent* parent)
{
    const bool isChild = !agent.info.parentId.isNull();
    if (isChild && parent == nullptr)
        return {{}, QStringLiteral("The session that this subagent belongs to is not loaded")};
    const AgentInfo& info = isChild ? parent->info : agent.info;
    const QString start = program(info.kind);
    if (start.isEmpty())
        return {{}, QStringLiteral("No known way to resume this kind of agent")};
    if (info.sessionId.isEmpty())
        return {{}, QStringLiteral("The session has no id")};
    if (!isSafeId(info.sessionId))
        return {{}, QStringLiteral("The session id holds characters that do not belong into a command")};
    if (hasControl(info.workingDir))
        return {{}, QStringLiteral("The folder's name holds control characters")};
    if (info.workingDir.isEmpty())
        return {start + info.sessionId, {}};
    if (!info.workingDir.startsWith(QLatin1Char('/')))
        return {{}, QStringLiteral("The folder is not an absolute path")};
    const QString enter = QStringLiteral("cd ") + shellQuoted(info.workingDir) + QStringLiteral(" && ");
    return {enter + start + info.sessionId, {}};
}

} // namespace plimsoll
