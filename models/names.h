// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/event.h"

#include <QString>

namespace plimsoll {

// Enums travel by name. An unknown name reads as the value that claims least.

[[nodiscard]] QString toName(Basis basis); ///< empty for Unknown (null in JSON)
[[nodiscard]] QString toName(AgentKind kind);
[[nodiscard]] QString toName(AgentState state);
[[nodiscard]] QString toName(StateSource source);
[[nodiscard]] QString toName(LogKind kind);
[[nodiscard]] QString toName(PermissionKind kind);
[[nodiscard]] QString toName(FillLevel level);

[[nodiscard]] Basis basisFromName(QStringView name);
[[nodiscard]] AgentKind agentKindFromName(QStringView name);
[[nodiscard]] AgentState agentStateFromName(QStringView name);
[[nodiscard]] StateSource stateSourceFromName(QStringView name);
[[nodiscard]] LogKind logKindFromName(QStringView name);
[[nodiscard]] PermissionKind permissionKindFromName(QStringView name);
[[nodiscard]] FillLevel fillLevelFromName(QStringView name);

} // namespace plimsoll
