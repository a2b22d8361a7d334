// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/sharing.h"

#include <QByteArray>
#include <QHash>
#include <QJsonObject>
#include <QList>

#include <optional>

namespace plimsoll {

// Who may come in. Secrets are made from the system's random numbers and kept as SHA-256 alone. Values and
// pure functions, any thread; times are ms UTC and come from the caller.

inline constexpr qint64 ticketMs = 30'000;
inline constexpr qint64 launchCodeMs = 60'000;
inline constexpr qint64 pairingCodeMs = 120'000;
inline constexpr qint64 sessionIdleMs = 24LL * 60 * 60 * 1000;
inline constexpr int pairingTries = 5;
inline constexpr qsizetype maxTokens = 256;

/// 256 bits as base64url: 43 characters.
[[nodiscard]] QByteArray newToken();
/// 128 bits as base64url: 22 characters.
[[nodiscard]] QByteArray newCode();
[[nodiscard]] QByteArray secretHash(QByteArrayView secret); ///< SHA-256, lower-case hex
/// In a time that does not depend on where two texts of the same length differ.
[[nodiscard]] bool equalsSlowly(QByteArrayView a, QByteArrayView b);

struct TokenRecord
{
    QString id;
    QString name;
    AccessRole role = AccessRole::Viewer;
    QByteArray hash;
    QStringList origins;
    qint64 createdAtMs = 0;
    qint64 lastUsedAtMs = 0; ///< 0 = never
    bool operator==(const TokenRecord&) const = default;
};

/// A launch code, or one that a device pairs by.
struct CodeRecord
{
    QByteArray hash;
    bool isPairing = false;
    qint64 expiresAtMs = 0;
    int triesLeft = 1;
    bool operator==(const CodeRecord&) const = default;
};

/// A device that gave a right code and waits for the operator.
struct PairingRecord
{
    QString id;
    QString name;
    QString address;
    QByteArray codeHash; ///< of the code that it gave: who made that code is asked
    qint64 expiresAtMs = 0;
    enum class Answer : quint8 { None, Accepted, Refused };
    Answer answer = Answer::None;
    AccessRole role = AccessRole::Viewer; ///< of Accepted
    bool operator==(const PairingRecord&) const = default;
};

/// What stands in access.json. More than one program may change it: the server, the window and
/// `plimsoll token`; AccessFile keeps them apart.
struct AccessBook
{
    QList<TokenRecord> tokens;
    QList<CodeRecord> codes;
    QList<PairingRecord> pairings;
    int lastId = 0;
    bool operator==(const AccessBook&) const = default;
};

[[nodiscard]] QJsonObject toJson(const AccessBook& book);
/// Total: what makes no sense is left out.
[[nodiscard]] AccessBook accessBookFromJson(const QJsonObject& object);

/// The secret of a new token, which is shown once; empty where there are too many.
[[nodiscard]] QByteArray addToken(AccessBook& book, const QString& name, AccessRole role,
                                  const QStringList& origins, qint64 nowMs);
/// A new code; what is over is dropped.
[[nodiscard]] QByteArray addCode(AccessBook& book, bool isPairing, qint64 nowMs);
/// Uses up a launch code.
[[nodiscard]] bool takeLaunchCode(AccessBook& book, QByteArrayView code, qint64 nowMs);
/// Uses up a pairing code and notes who gave it. A wrong code costs every open one a try. \return the id of
/// the pairing, empty = refused
[[nodiscard]] QString takePairingCode(AccessBook& book, QByteArrayView code, const QString& name,
                                      const QString& address, qint64 nowMs);
[[nodiscard]] bool decidePairing(AccessBook& book, const QString& id, bool accepted, AccessRole role,
                                 qint64 nowMs);
/// What lists tell of a token; nothing that opens anything.
[[nodiscard]] QJsonObject listedToken(const TokenRecord& token);
/// What the operator opens on this machine (the code of a launch), or what a device is let in by.
/// \param fingerprint of the server's certificate, empty = no TLS; only a device that pairs needs it
[[nodiscard]] QString linkText(const QString& url, bool isPairing, const QByteArray& code,
                               const QString& fingerprint);
/// Drops what is over. \return whether something was
bool dropExpired(AccessBook& book, qint64 nowMs);

/// "http://localhost:3000": a scheme, a host, perhaps a port, nothing else; as browsers write it.
[[nodiscard]] bool isOrigin(const QString& text);
/// Empty, or what is wrong with a token that somebody wants to make, for people.
[[nodiscard]] QString tokenFault(const QString& name, AccessRole role, const QStringList& origins);

/// Who sends a request.
struct Principal
{
    QString tokenId; ///< of a token, or "s1" of a session
    QString name;
    AccessRole role = AccessRole::Viewer;
    QStringList origins;
    bool operator==(const Principal&) const = default;
};

/// What the server knows of who may come in: the book, and what lives in memory alone.
class AccessTable
{
public:
    void setBook(const AccessBook& book) { m_book = book; }
    [[nodiscard]] const AccessBook& book() const { return m_book; }

    /// A token of the book or of a session; a session lives on from here.
    [[nodiscard]] std::optional<Principal> byToken(QByteArrayView token, qint64 nowMs);
    /// Uses the ticket up.
    [[nodiscard]] std::optional<Principal> takeTicket(QByteArrayView ticket, qint64 nowMs);
    /// What a token is now; nothing once it was revoked.
    [[nodiscard]] std::optional<Principal> byId(const QString& tokenId) const;
    /// Whether some token lists this origin.
    [[nodiscard]] bool knowsOrigin(const QString& origin) const;

    [[nodiscard]] QByteArray addSession(qint64 nowMs); ///< of role admin
    [[nodiscard]] QByteArray addTicket(const QString& tokenId, qint64 nowMs);

private:
    struct Session
    {
        QString id;
        qint64 lastUsedAtMs = 0;
    };
    struct Ticket
    {
        QString tokenId;
        qint64 expiresAtMs = 0;
    };

    AccessBook m_book;
    QHash<QByteArray, Session> m_sessions; ///< by hash
    QHash<QByteArray, Ticket> m_tickets;   ///< by hash
    int m_lastSession = 0;
};

} // namespace plimsoll
