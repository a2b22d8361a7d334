// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/agent.h"

#include <QString>

namespace plimsoll {

/// One word for a POSIX shell, whatever stands in it.
[[nodiscard]] QString shellQuoted(const QString& word);

/// What to paste into a terminal to go on with a session, or why there is nothing to paste.
struct ResumeCommand
{
    QString command; ///< empty = not possible
    QString reason;  ///< for people, when `command` is empty
};

/// For a subagent the session of its parent is resumed: it has none of its own. `parent` may be null.
[[nodiscard]] ResumeCommand resumeCommand(const Agent& agent, const Agent* parent);

} // namespace plimsoll
