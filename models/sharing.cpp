// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/sharing.h"

#include <array>
#include <utility>

namespace plimsoll {

namespace {

// clang-format off
constexpr std::array<std::pair<AccessRole, const char*>, 5> roleNames{{
    {AccessRole::Viewer, "viewer"}, {AccessRole::Approver, "approver"}, {AccessRole::Operator, "operator"},
    {AccessRole::Admin, "admin"}, {AccessRole::Agent, "agent"},
}};
// clang-format on

} // namespace

QString toName(AccessRole role)
{
    return QString::fromLatin1(roleNames.at(size_t(role)).second);
}

std::optional<AccessRole> accessRoleFromName(const QString& name)
{
    for (const auto& [role, text] : roleNames) {
        if (name == QLatin1String(text))
            return role;
    }
    return std::nullopt;
}

} // namespace plimsoll
