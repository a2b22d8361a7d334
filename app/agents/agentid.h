// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/agent.h"

namespace plimsoll {

/// The id of a session, the same however it is met: in its log, in a registry, as a child of our own.
/// \param home absolute path of the home folder \param nativePath `session` or `session/agent`
[[nodiscard]] AgentId agentIdOf(AgentKind kind, const QString& home, const QString& nativePath);

} // namespace plimsoll
