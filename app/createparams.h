// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/agents/driver.h"
#include "app/permissiondesk.h"

#include <QJsonObject>

#include <variant>

namespace plimsoll {

/// What "create_agent" asks for, checked. `setup` has neither program nor session id nor environment yet.
struct CreateParams
{
    QString name;
    QString prompt;
    QString branch;        ///< of a worktree of its own that is to be made first; empty = none
    QStringList additions; ///< to the environment, "NAME=value"
    DriveSetup setup;
};

/// Checks the params of "create_agent"; a refusal names the field. Looks whether the folder and the template
/// are there, else pure. \param configDir of Claude Code, where templates of the person lie
[[nodiscard]] std::variant<CreateParams, Refusal> readCreateParams(const QJsonObject& params,
                                                                   const QString& configDir);

/// Whether a text can be the name of a model, or a mode of permissions. Both become arguments of a program.
[[nodiscard]] bool isModelName(const QString& text);
[[nodiscard]] bool isPermissionMode(const QString& text);

/// Names of the templates for agents that work in a folder: NAME of .claude/agents/NAME.md there and of the
/// person's own, sorted.
[[nodiscard]] QStringList agentTemplates(const QString& workingDir, const QString& configDir);

} // namespace plimsoll
