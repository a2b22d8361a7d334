// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/sharing.h"

#include <utility>

namespace plimsoll {

namespace {

constexpr std::array<std::pair<AccessRole, const char*>, 5> roleNames{{
    {AccessRole::Viewer, "viewer"},
    {AccessRole::Approver, "approver"},
    {AccessRole::Operator, "operator"},
    {AccessRole::Admin, "admin"},
    {AccessRole::Agent, "agent"},
}};

/// Digits and signs of numeric addresses; names are looked up by nobody here.
bool isNumericAddress(const QString& text)
{
    bool some = false;
    for (const QChar c : text) {
        const bool hex = (c >= u'0' && c <= u'9') || (c.toLower() >= u'a' && c.toLower() <= u'f');
        if (!hex && c != u'.' && c != u':')
            return false;
        some = true;
    }
    return some && (text.contains(u'.') || text.contains(u':'));
}

} // namespace

QString toName(AccessRole role)
{
    for (const auto& [entry, name] : roleNames) {
        if (entry == role)
            return QLatin1String(name);
    }
    return {};
}

std::optional<AccessRole> accessRoleFromName(QStringView name)
{
    for (const auto& [entry, text] : roleNames) {
        if (name == QLatin1String(text))
            return entry;
    }
    return std::nullopt;
}

std::optional<SharingPlace> sharingPlaceFromText(const QString& text)
{
    SharingPlace place;
    QString address = text;
    QString port;
    const qsizetype bracket = text.indexOf(u']');
    const qsizetype colon = text.lastIndexOf(u':');
    const bool oneColon = text.count(u':') == 1;
    if (text.startsWith(u'[') && bracket > 0) {
        address = text.mid(1, bracket - 1);
        if (bracket + 1 < text.size() && colon != bracket + 1)
            return std::nullopt;
        port = colon == bracket + 1 ? text.mid(colon + 1) : QString();
    } else if (oneColon) {
        address = text.left(colon);
        port = text.mid(colon + 1);
    }
    if (colon == text.size() - 1 && (oneColon || text.startsWith(u'[')))
        return std::nullopt; // a colon without a port
    if (address == QLatin1String("localhost"))
        address = place.address;
    if (!address.isEmpty()) {
        if (!isNumericAddress(address))
            return std::nullopt;
        place.address = address;
    }
    if (!port.isEmpty()) {
        bool good = false;
        place.port = port.toUShort(&good);
        if (!good)
            return std::nullopt;
    }
    return place;
}

} // namespace plimsoll
