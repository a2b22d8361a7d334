// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/permissionanswer.h"

#include "models/jsonparts.h"

#include <algorithm>

namespace plimsoll {

const PermissionOption* chosenOption(const PermissionAsked& asked, const QJsonObject& params)
{
    QString id = json::text(params, "option_id");
    const QString decision = json::text(params, "decision");
    if (!id.isEmpty() && !decision.isEmpty())
        return nullptr;
    if (decision == QLatin1String("deny"))
        id = QStringLiteral("deny");
    else if (decision == QLatin1String("allow"))
        id = asked.kind == PermissionKind::Question ? QStringLiteral("answer") : QStringLiteral("allow_once");
    const auto found = std::find_if(asked.options.begin(), asked.options.end(),
                                    [&id](const PermissionOption& one) { return one.id == id; });
    return found == asked.options.end() ? nullptr : &*found;
}

bool denies(const PermissionOption& option)
{
    return option.effect == QLatin1String("deny") || option.effect == QLatin1String("deny_and_stop");
}

} // namespace plimsoll
