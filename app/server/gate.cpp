// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/server/gate.h"

#include <array>

namespace plimsoll {

namespace {

Verdict refused(int status, const char* code, const QString& message)
{
    Verdict verdict;
    verdict.status = status;
    verdict.code = code;
    verdict.message = message;
    return verdict;
}

bool isUpgradeInOrder(const HttpHead& head, Verdict& fault)
{
    if (head.field("upgrade").toLower() != "websocket" ||
        !head.field("connection").toLower().contains("upgrade")) {
        fault = refused(400, "bad_request", QStringLiteral("only an upgrade to websocket is understood"));
        return false;
    }
    if (head.field("sec-websocket-version") != "13") {
        fault = refused(426, "bad_request", QStringLiteral("only WebSocket version 13 is spoken"));
        return false;
    }
    const auto key = QByteArray::fromBase64Encoding(head.field("sec-websocket-key"),
                                                    QByteArray::AbortOnBase64DecodingErrors);
    if (!key || key.decoded.size() != 16) {
        fault = refused(400, "bad_request", QStringLiteral("Sec-WebSocket-Key is not 16 bytes in base64"));
        return false;
    }
    return true;
}

/// Whether the query carries something that must never stand in a URL.
bool carriesSecret(const QByteArray& query)
{
    const auto items = queryItems(query);
    if (!items)
        return false;
    constexpr std::array names{"token",         "access_token", "ticket",  "code",
                               "authorization", "auth",         "api_key", "key"};
    for (const auto& [name, value] : *items) {
        for (const char* secret : names) {
            if (name.toLower() == secret)
                return true;
        }
    }
    return false;
}

struct Credentials
{
    QByteArray bearer;
    QByteArray ticket;
    bool malformed = false;
};

Credentials credentialsOf(const HttpHead& head)
{
    Credentials found;
    const QByteArray authorization = head.field("authorization");
    if (!authorization.isEmpty()) {
        found.malformed = authorization.left(7).toLower() != "bearer ";
        found.bearer = authorization.mid(7).trimmed();
    }
    bool hasVersion = false;
    const QList<QByteArray> protocols = head.field("sec-websocket-protocol").split(',');
    for (const QByteArray& protocol : protocols) {
        const QByteArray name = protocol.trimmed();
        hasVersion = hasVersion || name == "plimsoll.v1";
        if (name.startsWith("plimsoll.ticket."))
            found.ticket = name.mid(qsizetype(qstrlen("plimsoll.ticket.")));
    }
    if (!found.ticket.isEmpty() && !hasVersion)
        found.malformed = true; // nothing could be echoed but the ticket
    return found;
}

/// Fills in who it is; false with the refusal in `verdict`.
bool identify(const HttpHead& head, AccessTable& access, qint64 nowMs, Verdict& verdict)
{
    const Credentials credentials = credentialsOf(head);
    if (credentials.malformed) {
        verdict = refused(401, "unauthorized",
                          QStringLiteral("send \"Authorization: Bearer TOKEN\", or from a page the protocols "
                                         "plimsoll.v1 and plimsoll.ticket.TICKET"));
        return false;
    }
    if (!credentials.bearer.isEmpty())
        verdict.principal = access.byToken(credentials.bearer, nowMs);
    else if (!credentials.ticket.isEmpty() && verdict.match.route->isSocket)
        verdict.principal = access.takeTicket(credentials.ticket, nowMs);
    if (verdict.principal)
        return true;
    const bool guessed = !credentials.bearer.isEmpty() || !credentials.ticket.isEmpty();
    verdict = refused(401, "unauthorized",
                      guessed ? QStringLiteral("this token or ticket is unknown, revoked or used up")
                              : QStringLiteral("a token is needed: see `plimsoll token`"));
    verdict.wrongSecret = guessed;
    return false;
}

/// Host, Origin and Sec-Fetch-Site; false with the refusal in `verdict`.
bool comesFromHere(const HttpHead& head, const ServerNames& names, const AccessTable& access,
                   Verdict& verdict)
{
    const QByteArray host = head.field("host").toLower();
    if (!names.authorities.contains(host)) {
        verdict = refused(421, "misdirected", QStringLiteral("host not allowed"));
        return false;
    }
    bool isForeign = false;
    if (head.has("origin")) {
        const QByteArray origin = head.field("origin");
        const qsizetype separator = names.scheme.size() + 3;
        const bool isOwn =
            origin.startsWith(names.scheme + "://") && names.authorities.contains(origin.mid(separator));
        isForeign = !isOwn;
        if (isForeign && (origin == "null" || !access.knowsOrigin(QString::fromLatin1(origin)))) {
            verdict = refused(403, "forbidden", QStringLiteral("origin not allowed"));
            return false;
        }
        if (isForeign)
            verdict.foreignOrigin = origin;
    }
    const QByteArray site = head.field("sec-fetch-site");
    const bool sameSite = site.isEmpty() || site == "same-origin" || site == "none";
    if (!sameSite && !isForeign) {
        verdict = refused(403, "forbidden", QStringLiteral("cross-site requests are not allowed"));
        return false;
    }
    return true;
}

} // namespace

Verdict decide(const HttpHead& head, const ServerNames& names, AccessTable& access, qint64 nowMs)
{
    Verdict verdict;
    if (!comesFromHere(head, names, access, verdict))
        return verdict;
    if (carriesSecret(head.query))
        return refused(401, "unauthorized", QStringLiteral("secrets are not taken from a URL"));
    if (head.method == "OPTIONS" && !verdict.foreignOrigin.isEmpty()) {
        verdict.kind = Verdict::Kind::Preflight;
        return verdict;
    }
    verdict.match = matchRoute(head.method, head.path);
    if (!verdict.match.route) {
        const bool isMethod = verdict.match.status == 405;
        return refused(verdict.match.status, isMethod ? "bad_request" : "not_found",
                       isMethod ? QStringLiteral("this method is not understood here")
                                : QStringLiteral("nothing is here"));
    }
    const Route& route = *verdict.match.route;
    Verdict fault;
    if (head.asksForUpgrade() != route.isSocket)
        return refused(route.isSocket ? 426 : 400, "bad_request",
                       route.isSocket ? QStringLiteral("this is a WebSocket: ask for an upgrade")
                                      : QStringLiteral("this is no WebSocket"));
    if (route.isSocket && !isUpgradeInOrder(head, fault))
        return fault;
    const QByteArray foreign = verdict.foreignOrigin;
    if (route.roles != 0) {
        if (!identify(head, access, nowMs, verdict))
            return verdict;
        const bool byBearer = head.has("authorization");
        if (!head.has("origin") && !byBearer)
            return refused(401, "unauthorized", QStringLiteral("without an Origin a bearer token is needed"));
        if (!foreign.isEmpty() && !verdict.principal->origins.contains(QString::fromLatin1(foreign)))
            return refused(403, "forbidden", QStringLiteral("this token is not for pages of this origin"));
        if ((route.roles & bitOf(verdict.principal->role)) == 0)
            return refused(
                403, "forbidden",
                QStringLiteral("the role \"%1\" may not do this").arg(toName(verdict.principal->role)));
    } else if (!foreign.isEmpty()) {
        return refused(403, "forbidden", QStringLiteral("origin not allowed"));
    }
    verdict.kind = Verdict::Kind::Admitted;
    return verdict;
}

} // namespace plimsoll
