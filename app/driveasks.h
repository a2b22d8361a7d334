// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/agents/driver.h"
#include "app/createparams.h"

#include <algorithm>
#include <array>

namespace plimsoll {

/// The commands that the agent answers itself: what they ask, and the param that says of what.
struct AskRule
{
    const char* method;
    DriveAsk what;
    const char* param;
    bool (*isGood)(const QString&);
};
[[nodiscard]] inline bool isShortId(const QString& text)
{
    return !text.isEmpty() && text.size() <= 200;
}
inline constexpr std::array askRules{
    AskRule{"set_model", DriveAsk::SetModel, "model", isModelName},
    AskRule{"set_permission_mode", DriveAsk::SetPermissionMode, "mode", isPermissionMode},
    AskRule{"stop_task", DriveAsk::StopTask, "task_id", isShortId},
    AskRule{"task_output", DriveAsk::TaskOutput, "task_id", isShortId},
    AskRule{"withdraw_message", DriveAsk::Withdraw, "message_id", isShortId},
};

/// Null for all other commands.
[[nodiscard]] inline const AskRule* askRule(const QString& method)
{
    const auto found = std::find_if(askRules.begin(), askRules.end(), [&method](const AskRule& rule) {
        return method == QLatin1String(rule.method);
    });
    return found == askRules.end() ? nullptr : &*found;
}

} // namespace plimsoll
