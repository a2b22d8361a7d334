// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/agents/driver.h"
#include "app/permissiondesk.h"

#include <QJsonObject>

#include <variant>

namespace plimsoll {

/// Checks the params of "command_agent" and gives the message its id; a refusal names the field. Pictures
/// must be what they say they are: PNG, JPEG, GIF or WebP of at most 5 MB each, at most 8, together 20 MB.
[[nodiscard]] std::variant<DriveMessage, Refusal> readMessage(const QJsonObject& params);

} // namespace plimsoll
