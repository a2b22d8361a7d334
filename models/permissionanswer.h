// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/event.h"

#include <QJsonObject>

namespace plimsoll {

/// Which of its options an answer to a request means: the one that its `option_id` names, or without that
/// what its `decision`, "allow" or "deny", comes to. Null where it names none of them, or says both. For all
/// who must know what an answer does before it is carried out. Pure, any thread. \param params of
/// "answer_permission" \return points into `asked`
[[nodiscard]] const PermissionOption* chosenOption(const PermissionAsked& asked, const QJsonObject& params);

/// Whether a choice keeps from running what was asked for.
[[nodiscard]] bool denies(const PermissionOption& option);

} // namespace plimsoll
