// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/server/access.h"

#include "models/codec.h"
#include "models/jsonparts.h"

#include <QCryptographicHash>
#include <QJsonArray>
#include <QRandomGenerator>
#include <QUrl>

#include <algorithm>
#include <array>

namespace plimsoll {

using namespace json;

namespace {

constexpr qsizetype maxSessions = 64;
constexpr qsizetype maxTickets = 1024;
constexpr qsizetype maxOpenCodes = 16;
constexpr qsizetype maxPairings = 8;
constexpr qsizetype maxNameLength = 80;
constexpr qsizetype maxOrigins = 16;

template <size_t Bytes>
QByteArray randomText()
{
    std::array<quint32, Bytes / 4> words{};
    QRandomGenerator::system()->fillRange(words.data(), qsizetype(words.size()));
    return QByteArray::fromRawData(reinterpret_cast<const char*>(words.data()), Bytes)
        .toBase64(QByteArray::Base64UrlEncoding | QByteArray::OmitTrailingEquals);
}

QString answerName(PairingRecord::Answer answer)
{
    using Answer = PairingRecord::Answer;
    if (answer == Answer::None)
        return QStringLiteral("none");
    return answer == Answer::Accepted ? QStringLiteral("accepted") : QStringLiteral("refused");
}

PairingRecord::Answer answerFromName(const QString& name)
{
    using Answer = PairingRecord::Answer;
    if (name == QLatin1String("accepted"))
        return Answer::Accepted;
    return name == QLatin1String("refused") ? Answer::Refused : Answer::None;
}

bool isHash(const QByteArray& text)
{
    return text.size() == 64 && std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

QByteArray hashFromJson(const QJsonObject& object, const char* key)
{
    return text(object, key).toLatin1();
}

TokenRecord tokenFromJson(const QJsonObject& object)
{
    TokenRecord token;
    token.id = shortText(object, "id");
    token.name = shortText(object, "name").left(maxNameLength);
    token.hash = hashFromJson(object, "hash");
    token.createdAtMs = timeFromJson(object.value(QLatin1String("created_at")));
    token.lastUsedAtMs = timeFromJson(object.value(QLatin1String("last_used_at")));
    const std::optional<AccessRole> role = accessRoleFromName(text(object, "role"));
    token.role = role.value_or(AccessRole::Viewer);
    const QJsonArray origins = object.value(QLatin1String("origins")).toArray();
    for (qsizetype i = 0; i < std::min(origins.size(), maxOrigins); ++i) {
        if (isOrigin(origins.at(i).toString()))
            token.origins << origins.at(i).toString();
    }
    if (!role || *role == AccessRole::Admin)
        token.id.clear(); // not one that was made here
    return token;
}

template <typename List>
void dropBefore(List& list, qint64 nowMs, bool& dropped)
{
    const auto end = std::remove_if(list.begin(), list.end(),
                                    [nowMs](const auto& item) { return item.expiresAtMs <= nowMs; });
    dropped = dropped || end != list.end();
    list.erase(end, list.end());
}

QJsonObject toJson(const TokenRecord& token)
{
    return {{QStringLiteral("id"), token.id},
            {QStringLiteral("name"), token.name},
            {QStringLiteral("role"), toName(token.role)},
            {QStringLiteral("hash"), QString::fromLatin1(token.hash)},
            {QStringLiteral("origins"), QJsonArray::fromStringList(token.origins)},
            {QStringLiteral("created_at"), timeToJson(token.createdAtMs)},
            {QStringLiteral("last_used_at"), timeToJson(token.lastUsedAtMs)}};
}

QJsonObject toJson(const CodeRecord& code)
{
    return {{QStringLiteral("hash"), QString::fromLatin1(code.hash)},
            {QStringLiteral("pairing"), code.isPairing},
            {QStringLiteral("expires_at"), timeToJson(code.expiresAtMs)},
            {QStringLiteral("tries_left"), code.triesLeft}};
}

QJsonObject toJson(const PairingRecord& pairing)
{
    return {{QStringLiteral("id"), pairing.id},
            {QStringLiteral("name"), pairing.name},
            {QStringLiteral("address"), pairing.address},
            {QStringLiteral("code_hash"), QString::fromLatin1(pairing.codeHash)},
            {QStringLiteral("expires_at"), timeToJson(pairing.expiresAtMs)},
            {QStringLiteral("answer"), answerName(pairing.answer)},
            {QStringLiteral("role"), toName(pairing.role)}};
}

template <typename List>
QJsonArray arrayOf(const List& list)
{
    QJsonArray array;
    for (const auto& item : list)
        array.append(toJson(item));
    return array;
}

} // namespace

QByteArray newToken()
{
    return randomText<32>();
}

QByteArray newCode()
{
    return randomText<16>();
}

QByteArray secretHash(QByteArrayView secret)
{
    QCryptographicHash hash(QCryptographicHash::Sha256);
    hash.addData(secret);
    return hash.result().toHex();
}

bool equalsSlowly(QByteArrayView a, QByteArrayView b)
{
    if (a.size() != b.size())
        return false;
    unsigned difference = 0;
    for (qsizetype i = 0; i < a.size(); ++i)
        difference |= unsigned(static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]));
    return difference == 0;
}

QJsonObject toJson(const AccessBook& book)
{
    return {{QStringLiteral("version"), 1},
            {QStringLiteral("last_id"), book.lastId},
            {QStringLiteral("tokens"), arrayOf(book.tokens)},
            {QStringLiteral("codes"), arrayOf(book.codes)},
            {QStringLiteral("pairings"), arrayOf(book.pairings)}};
}

AccessBook accessBookFromJson(const QJsonObject& object)
{
    AccessBook book;
    book.lastId = int(countFromJson(object.value(QLatin1String("last_id"))).value_or(0));
    const QJsonArray tokens = object.value(QLatin1String("tokens")).toArray();
    for (qsizetype i = 0; i < std::min(tokens.size(), maxTokens); ++i) {
        const TokenRecord token = tokenFromJson(tokens.at(i).toObject());
        if (!token.id.isEmpty() && isHash(token.hash))
            book.tokens << token;
    }
    const QJsonArray codes = object.value(QLatin1String("codes")).toArray();
    for (qsizetype i = 0; i < std::min(codes.size(), maxOpenCodes); ++i) {
        const QJsonObject code = codes.at(i).toObject();
        const CodeRecord record{hashFromJson(code, "hash"), code.value(QLatin1String("pairing")).toBool(),
                                timeFromJson(code.value(QLatin1String("expires_at"))),
                                code.value(QLatin1String("tries_left")).toInt()};
        if (isHash(record.hash))
            book.codes << record;
    }
    const QJsonArray pairings = object.value(QLatin1String("pairings")).toArray();
    for (qsizetype i = 0; i < std::min(pairings.size(), maxPairings); ++i) {
        const QJsonObject pairing = pairings.at(i).toObject();
        book.pairings << PairingRecord{
            shortText(pairing, "id"),
            shortText(pairing, "name").left(maxNameLength),
            shortText(pairing, "address"),
            hashFromJson(pairing, "code_hash"),
            timeFromJson(pairing.value(QLatin1String("expires_at"))),
            answerFromName(text(pairing, "answer")),
            accessRoleFromName(text(pairing, "role")).value_or(AccessRole::Viewer)};
    }
    return book;
}

QByteArray addToken(AccessBook& book, const QString& name, AccessRole role, const QStringList& origins,
                    qint64 nowMs)
{
    if (book.tokens.size() >= maxTokens)
        return {};
    QByteArray secret = newToken();
    QString id = QStringLiteral("t%1").arg(++book.lastId);
    book.tokens << TokenRecord{
        id, name.simplified().left(maxNameLength), role, secretHash(secret), origins, nowMs, 0};
    return secret;
}

QByteArray addCode(AccessBook& book, bool isPairing, qint64 nowMs)
{
    dropExpired(book, nowMs);
    while (book.codes.size() >= maxOpenCodes)
        book.codes.removeFirst();
    QByteArray code = newCode();
    book.codes << CodeRecord{secretHash(code), isPairing, nowMs + (isPairing ? pairingCodeMs : launchCodeMs),
                             isPairing ? pairingTries : 1};
    return code;
}

bool takeLaunchCode(AccessBook& book, QByteArrayView code, qint64 nowMs)
{
    const QByteArray hash = secretHash(code);
    for (qsizetype i = 0; i < book.codes.size(); ++i) {
        const CodeRecord& record = book.codes.at(i);
        if (record.isPairing || !equalsSlowly(record.hash, hash))
            continue;
        const bool isGood = record.expiresAtMs > nowMs;
        book.codes.removeAt(i);
        return isGood;
    }
    return false;
}

QString takePairingCode(AccessBook& book, QByteArrayView code, const QString& name, const QString& address,
                        qint64 nowMs)
{
    dropExpired(book, nowMs);
    const QByteArray hash = secretHash(code);
    for (qsizetype i = 0; i < book.codes.size(); ++i) {
        const CodeRecord& record = book.codes.at(i);
        if (!record.isPairing || !equalsSlowly(record.hash, hash))
            continue;
        const qint64 endsAtMs = record.expiresAtMs;
        book.codes.removeAt(i);
        if (book.pairings.size() >= maxPairings)
            return {};
        QString id = QStringLiteral("p%1").arg(++book.lastId);
        book.pairings << PairingRecord{id, name.simplified().left(maxNameLength), address, hash, endsAtMs};
        return id;
    }
    for (qsizetype i = book.codes.size() - 1; i >= 0; --i) {
        if (book.codes.at(i).isPairing && --book.codes[i].triesLeft <= 0)
            book.codes.removeAt(i);
    }
    return {};
}

bool decidePairing(AccessBook& book, const QString& id, bool accepted, AccessRole role, qint64 nowMs)
{
    dropExpired(book, nowMs);
    for (PairingRecord& pairing : book.pairings) {
        if (pairing.id != id || pairing.answer != PairingRecord::Answer::None)
            continue;
        pairing.answer = accepted ? PairingRecord::Answer::Accepted : PairingRecord::Answer::Refused;
        pairing.role = role;
        return true;
    }
    return false;
}

QJsonObject listedToken(const TokenRecord& token)
{
    return {{QStringLiteral("id"), token.id},
            {QStringLiteral("name"), token.name},
            {QStringLiteral("role"), toName(token.role)},
            {QStringLiteral("origins"), QJsonArray::fromStringList(token.origins)},
            {QStringLiteral("created_at"), timeToJson(token.createdAtMs)},
            {QStringLiteral("last_used_at"), timeToJson(token.lastUsedAtMs)}};
}

QString linkText(const QString& url, bool isPairing, const QByteArray& code, const QString& fingerprint)
{
    QString link =
        url + (isPairing ? QStringLiteral("/#pair=") : QStringLiteral("/#code=")) + QString::fromLatin1(code);
    if (isPairing && !fingerprint.isEmpty())
        link += QStringLiteral("&fp=") + fingerprint;
    return link;
}

bool dropExpired(AccessBook& book, qint64 nowMs)
{
    bool dropped = false;
    dropBefore(book.codes, nowMs, dropped);
    dropBefore(book.pairings, nowMs, dropped);
    return dropped;
}

bool isOrigin(const QString& text)
{
    const QUrl url(text, QUrl::StrictMode);
    const bool web = url.scheme() == QLatin1String("http") || url.scheme() == QLatin1String("https");
    if (!url.isValid() || !web || url.host().isEmpty() || text.size() > 256)
        return false;
    const QString port = url.port() < 0 ? QString() : QStringLiteral(":%1").arg(url.port());
    const QString host = url.host().contains(u':') ? QStringLiteral("[%1]").arg(url.host()) : url.host();
    return text == url.scheme() + QStringLiteral("://") + host + port;
}

QString tokenFault(const QString& name, AccessRole role, const QStringList& origins)
{
    if (name.simplified().isEmpty())
        return QStringLiteral("a token needs a name, such as that of the program or device that uses it");
    if (name.size() > maxNameLength)
        return QStringLiteral("the name is longer than %1 characters").arg(maxNameLength);
    if (std::find(givenRoles.begin(), givenRoles.end(), role) == givenRoles.end())
        return QStringLiteral("the role must be viewer, approver, operator or agent");
    if (origins.size() > maxOrigins)
        return QStringLiteral("a token has at most %1 origins").arg(maxOrigins);
    for (const QString& origin : origins) {
        if (!isOrigin(origin))
            return QStringLiteral("\"%1\" is no origin; one looks like http://localhost:3000")
                .arg(origin.left(100));
    }
    return {};
}

std::optional<Principal> AccessTable::byToken(QByteArrayView token, qint64 nowMs)
{
    if (token.size() != 43)
        return std::nullopt;
    const QByteArray hash = secretHash(token);
    const auto session = m_sessions.find(hash);
    if (session != m_sessions.end()) {
        if (session->lastUsedAtMs + sessionIdleMs <= nowMs) {
            m_sessions.erase(session);
            return std::nullopt;
        }
        session->lastUsedAtMs = nowMs;
        return byId(session->id);
    }
    std::optional<Principal> found;
    for (TokenRecord& record : m_book.tokens) { // all of them: how long it takes tells nothing
        if (!equalsSlowly(record.hash, hash))
            continue;
        record.lastUsedAtMs = nowMs;
        found = Principal{record.id, record.name, record.role, record.origins};
    }
    return found;
}

std::optional<Principal> AccessTable::byId(const QString& tokenId) const
{
    for (const TokenRecord& record : m_book.tokens) {
        if (record.id == tokenId)
            return Principal{record.id, record.name, record.role, record.origins};
    }
    for (const Session& session : m_sessions) {
        if (session.id == tokenId)
            return Principal{session.id, QStringLiteral("browser"), AccessRole::Admin, {}};
    }
    return std::nullopt;
}

std::optional<Principal> AccessTable::takeTicket(QByteArrayView ticket, qint64 nowMs)
{
    const auto found = m_tickets.constFind(secretHash(ticket));
    if (found == m_tickets.constEnd())
        return std::nullopt;
    const bool isGood = found->expiresAtMs > nowMs;
    const QString tokenId = found->tokenId;
    m_tickets.erase(found);
    return isGood ? byId(tokenId) : std::nullopt;
}

bool AccessTable::knowsOrigin(const QString& origin) const
{
    return std::any_of(m_book.tokens.begin(), m_book.tokens.end(),
                       [&origin](const TokenRecord& token) { return token.origins.contains(origin); });
}

QByteArray AccessTable::addSession(qint64 nowMs)
{
    if (m_sessions.size() >= maxSessions) { // the one that was not used for longest makes room
        const auto oldest =
            std::min_element(m_sessions.begin(), m_sessions.end(), [](const Session& a, const Session& b) {
                return a.lastUsedAtMs < b.lastUsedAtMs;
            });
        m_sessions.erase(oldest);
    }
    QByteArray secret = newToken();
    m_sessions.insert(secretHash(secret), {QStringLiteral("s%1").arg(++m_lastSession), nowMs});
    return secret;
}

QByteArray AccessTable::addTicket(const QString& tokenId, qint64 nowMs)
{
    for (auto it = m_tickets.begin(); it != m_tickets.end();)
        it = it->expiresAtMs <= nowMs ? m_tickets.erase(it) : std::next(it);
    if (m_tickets.size() >= maxTickets)
        return {};
    QByteArray secret = newCode();
    m_tickets.insert(secretHash(secret), {tokenId, nowMs + ticketMs});
    return secret;
}

} // namespace plimsoll
