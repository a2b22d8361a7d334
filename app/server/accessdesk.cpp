// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/server/accessdesk.h"

#include "models/jsonparts.h"

#include <QDateTime>
#include <QJsonArray>
#include <QJsonDocument>

#include <utility>

namespace plimsoll {

namespace {

constexpr int reloadMs = 30; ///< a change is several events of the folder
constexpr int expiryMs = 1000;
constexpr int keepUseMs = 10 * 60'000; ///< how often the times of last use are written

qint64 nowMs()
{
    return QDateTime::currentMSecsSinceEpoch();
}

QJsonObject bodyOf(const HttpRequest& request)
{
    return QJsonDocument::fromJson(request.content).object();
}

} // namespace

AccessDesk::AccessDesk(const QString& dir, QObject* parent)
    : QObject(parent)
    , m_file(dir)
    , m_watcher(this)
    , m_reloadTimer(this)
    , m_expiryTimer(this)
    , m_useTimer(this)
{
    m_reloadTimer.setSingleShot(true);
    m_reloadTimer.setInterval(reloadMs);
    connect(&m_reloadTimer, &QTimer::timeout, this, &AccessDesk::reload);
    // The folder: the file itself is another one after each change.
    connect(&m_watcher, &QFileSystemWatcher::directoryChanged, &m_reloadTimer, qOverload<>(&QTimer::start));
    m_expiryTimer.setInterval(expiryMs);
    connect(&m_expiryTimer, &QTimer::timeout, this, &AccessDesk::settlePairings);
    m_useTimer.setInterval(keepUseMs);
    connect(&m_useTimer, &QTimer::timeout, this, &AccessDesk::keepLastUse);
}

QString AccessDesk::open()
{
    QString fault = m_file.prepare(nowMs());
    if (!fault.isEmpty())
        return fault;
    if (!m_watcher.addPath(m_file.dir()))
        return QStringLiteral("%1 cannot be watched").arg(m_file.dir());
    m_useTimer.start();
    reload();
    return {};
}

void AccessDesk::reload()
{
    AccessBook book;
    if (!m_file.read(book).isEmpty())
        return; // damaged by hand: who was let in before is let in still
    for (TokenRecord& token : book.tokens) {
        for (const TokenRecord& known : m_table.book().tokens) {
            if (known.id == token.id)
                token.lastUsedAtMs = std::max(token.lastUsedAtMs, known.lastUsedAtMs);
        }
    }
    if (book == m_table.book())
        return;
    m_table.setBook(book);
    settlePairings();
    emit changed();
}

void AccessDesk::keepLastUse()
{
    const QList<TokenRecord> used = m_table.book().tokens;
    QString fault = m_file.change([&used](AccessBook& book) {
        bool changed = false;
        for (TokenRecord& token : book.tokens) {
            for (const TokenRecord& mine : used) {
                changed = changed || (mine.id == token.id && mine.lastUsedAtMs > token.lastUsedAtMs);
                if (mine.id == token.id)
                    token.lastUsedAtMs = std::max(token.lastUsedAtMs, mine.lastUsedAtMs);
            }
        }
        return changed;
    });
    Q_UNUSED(fault) // it is tried again
}

QByteArray AccessDesk::makeCode(bool isPairing, QString& fault)
{
    QByteArray code = m_file.makeCode(isPairing, nowMs(), fault);
    reload();
    return code;
}

QByteArray AccessDesk::add(const QString& name, AccessRole role, const QStringList& origins, QString& fault)
{
    QByteArray secret = m_file.add(name, role, origins, nowMs(), fault);
    reload();
    return secret;
}

QString AccessDesk::setRole(const QString& tokenId, AccessRole role)
{
    QString fault = m_file.change([&](AccessBook& book) {
        for (TokenRecord& token : book.tokens) {
            if (token.id == tokenId)
                token.role = role;
        }
        return true;
    });
    reload();
    return fault;
}

QString AccessDesk::remove(const QString& tokenId, bool& found)
{
    QString fault = m_file.remove(tokenId, found);
    reload();
    return fault;
}

QString AccessDesk::decide(const QString& pairingId, bool accepted, AccessRole role)
{
    QString fault = m_file.decide(pairingId, accepted, role, nowMs());
    reload();
    return fault;
}

void AccessDesk::settlePairings()
{
    QHash<QString, PairingRecord> open;
    for (const PairingRecord& pairing : m_table.book().pairings) {
        if (pairing.expiresAtMs > nowMs())
            open.insert(pairing.id, pairing);
    }
    for (auto it = m_waiting.begin(); it != m_waiting.end();) {
        const auto pairing = open.constFind(it.key());
        const bool isOver = pairing == open.constEnd();
        if (!isOver && pairing->answer == PairingRecord::Answer::None) {
            ++it;
            continue;
        }
        const HttpResponder responder = *it;
        const PairingRecord record = isOver ? PairingRecord{} : *pairing;
        it = m_waiting.erase(it);
        QString fault;
        QByteArray secret;
        if (record.answer == PairingRecord::Answer::Accepted && responder.isWaiting())
            secret = add(record.name, record.role, {}, fault);
        if (secret.isEmpty()) {
            responder.answer(errorReply(403, "forbidden",
                                        isOver ? QStringLiteral("nobody confirmed this device in time")
                                               : QStringLiteral("this device was refused")));
        } else {
            emit happened(QStringLiteral("paired"), record.name, record.address, toName(record.role));
            responder.answer(
                jsonReply({{QStringLiteral("token"), QString::fromLatin1(secret)},
                           {QStringLiteral("role"), toName(record.role)},
                           {QStringLiteral("fingerprint"), QString::fromLatin1(m_fingerprint)}}));
        }
        return settlePairings(); // add() may have changed everything
    }
    m_waiting.isEmpty() ? m_expiryTimer.stop() : m_expiryTimer.start();
}

void AccessDesk::answer(const HttpRequest& request, const HttpResponder& responder,
                        const QHash<QString, int>& connections)
{
    switch (request.match.route->id) {
    case RouteId::TradeCode: return tradeCode(request, responder);
    case RouteId::Pair: return pair(request, responder);
    case RouteId::AddToken: return addByRequest(request, responder);
    case RouteId::RemoveToken: return removeByRequest(request, responder);
    case RouteId::MakeTicket: {
        const QByteArray ticket = m_table.addTicket(request.principal->tokenId, nowMs());
        if (ticket.isEmpty())
            return responder.answer(
                errorReply(429, "too_many", QStringLiteral("too many tickets are open; try again in 30 s")));
        return responder.answer(jsonReply({{QStringLiteral("ticket"), QString::fromLatin1(ticket)}}));
    }
    default: break;
    }
    QJsonArray list;
    for (const TokenRecord& token : m_table.book().tokens) {
        QJsonObject entry = listedToken(token);
        entry.insert(QStringLiteral("connections"), connections.value(token.id));
        list.append(entry);
    }
    responder.answer(jsonReply({{QStringLiteral("tokens"), list}}));
}

void AccessDesk::tradeCode(const HttpRequest& request, const HttpResponder& responder)
{
    const QByteArray code = json::text(bodyOf(request), "code").toLatin1();
    bool isGood = false;
    QString fault = m_file.change([&](AccessBook& book) {
        isGood = takeLaunchCode(book, code, nowMs());
        return true;
    });
    if (!isGood || !fault.isEmpty()) {
        emit guessed(request.address);
        return responder.answer(errorReply(
            401, "unauthorized",
            QStringLiteral("this code is wrong, used or over; get a new link with `plimsoll token link`")));
    }
    emit happened(QStringLiteral("link_opened"), QStringLiteral("browser"), request.address.toString(), {});
    responder.answer(jsonReply({{QStringLiteral("token"), QString::fromLatin1(m_table.addSession(nowMs()))},
                                {QStringLiteral("role"), QStringLiteral("admin")}}));
}

void AccessDesk::pair(const HttpRequest& request, const HttpResponder& responder)
{
    const QJsonObject body = bodyOf(request);
    const QString name = json::text(body, "name").simplified();
    if (name.isEmpty())
        return responder.answer(
            errorReply(400, "bad_request", QStringLiteral("\"name\" must say what this device is called")));
    QString id;
    QString fault = m_file.change([&](AccessBook& book) {
        id = takePairingCode(book, json::text(body, "code").toLatin1(), name, request.address.toString(),
                             nowMs());
        return true;
    });
    if (id.isEmpty() || !fault.isEmpty()) {
        emit guessed(request.address);
        return responder.answer(errorReply(
            401, "unauthorized",
            QStringLiteral("this code is wrong, used or over; get a new one with `plimsoll token pair`")));
    }
    m_waiting.insert(id, responder);
    m_expiryTimer.start();
    emit happened(QStringLiteral("pairing_asked"), name, request.address.toString(), {});
    reload();
}

void AccessDesk::addByRequest(const HttpRequest& request, const HttpResponder& responder)
{
    const QJsonObject body = bodyOf(request);
    const std::optional<AccessRole> role = accessRoleFromName(json::text(body, "role"));
    QStringList origins;
    const QJsonArray list = body.value(QLatin1String("origins")).toArray();
    for (const auto& origin : list)
        origins << origin.toString();
    QString fault;
    const QByteArray secret = role ? add(json::text(body, "name"), *role, origins, fault) : QByteArray();
    if (!role)
        fault = tokenFault(QStringLiteral("-"), AccessRole::Admin, {});
    if (secret.isEmpty())
        return responder.answer(errorReply(400, "bad_request", fault));
    emit happened(QStringLiteral("token_added"), request.principal->name, request.address.toString(),
                  json::text(body, "name"));
    responder.answer(jsonReply({{QStringLiteral("id"), m_table.book().tokens.constLast().id},
                                {QStringLiteral("token"), QString::fromLatin1(secret)}},
                               201));
}

void AccessDesk::removeByRequest(const HttpRequest& request, const HttpResponder& responder)
{
    const QString id = QString::fromUtf8(request.match.captured.constFirst());
    bool found = false;
    QString fault = remove(id, found);
    if (!fault.isEmpty())
        return responder.answer(errorReply(503, "unavailable", fault));
    if (!found)
        return responder.answer(errorReply(404, "not_found", QStringLiteral("no such token")));
    emit happened(QStringLiteral("token_removed"), request.principal->name, request.address.toString(), id);
    responder.answer(jsonReply({{QStringLiteral("status"), QStringLiteral("ok")}}));
}

QList<AccessEntry> AccessDesk::tokens(const QHash<QString, int>& connections) const
{
    QList<AccessEntry> entries;
    for (const TokenRecord& token : m_table.book().tokens)
        entries << AccessEntry{token.id,
                               token.name,
                               token.role,
                               token.origins,
                               token.createdAtMs,
                               token.lastUsedAtMs,
                               connections.value(token.id)};
    return entries;
}

QList<PairingEntry> AccessDesk::pairings() const
{
    QList<PairingEntry> entries;
    for (const PairingRecord& pairing : m_table.book().pairings) {
        if (pairing.answer == PairingRecord::Answer::None && pairing.expiresAtMs > nowMs())
            entries << PairingEntry{pairing.id, pairing.name, pairing.address, pairing.expiresAtMs};
    }
    return entries;
}

} // namespace plimsoll
