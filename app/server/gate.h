// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/server/access.h"
#include "app/server/httphead.h"
#include "app/server/routetable.h"

#include <QSet>

namespace plimsoll {

/// What the server is called: the only names that a request may use for it.
struct ServerNames
{
    QByteArray scheme = "http";   ///< or "https"
    QSet<QByteArray> authorities; ///< "127.0.0.1:7431", lower case
};

/// The first failure of a request, or who may do what.
struct Verdict
{
    enum class Kind : quint8 { Admitted, Refused, Preflight };
    Kind kind = Kind::Refused;
    int status = 400; ///< of Refused
    const char* code = "bad_request";
    QString message;                    ///< of Refused, for people
    RouteMatch match;                   ///< of Admitted
    std::optional<Principal> principal; ///< of Admitted: null for routes of nobody in particular
    QByteArray foreignOrigin;           ///< a listed one that asks: the answer must name it
    bool wrongSecret = false;           ///< of Refused: somebody guesses
};

/// Decides on a request, HTTP and upgrade alike, before anything is done with it: Host, Origin,
/// Sec-Fetch-Site, query, route, token or ticket, role; in this order. The one caller of a route is who got
/// Admitted here. Does not look at rates (Throttle). A ticket that is looked at is used up.
[[nodiscard]] Verdict decide(const HttpHead& head, const ServerNames& names, AccessTable& access,
                             qint64 nowMs);

} // namespace plimsoll
