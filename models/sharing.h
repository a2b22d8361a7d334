// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QObject>
#include <QString>
#include <QStringList>

#include <array>
#include <optional>

namespace plimsoll {

/// What a token may do. By name on the wire, lower case.
enum class AccessRole : quint8 {
    Viewer,   ///< sees
    Approver, ///< and answers permission requests
    Operator, ///< and creates, commands and deletes agents
    Admin,    ///< and manages tokens: the local window and its launch link only
    Agent,    ///< an orchestrating agent: creates, sees and commands its own children
};

[[nodiscard]] QString toName(AccessRole role);
/// Nothing for a name that is none: a role is never guessed.
[[nodiscard]] std::optional<AccessRole> accessRoleFromName(QStringView name);

/// Those that may be given to a token.
inline constexpr std::array<AccessRole, 4> givenRoles{AccessRole::Viewer, AccessRole::Approver,
                                                      AccessRole::Operator, AccessRole::Agent};

/// A token, without its secret.
struct AccessEntry
{
    QString id;   ///< "t1"
    QString name; ///< for people
    AccessRole role = AccessRole::Viewer;
    QStringList origins;     ///< of web pages that may use it, "http://localhost:3000"
    qint64 createdAtMs = 0;  ///< ms UTC
    qint64 lastUsedAtMs = 0; ///< ms UTC, 0 = never
    int connections = 0;     ///< sockets open now
    bool operator==(const AccessEntry&) const = default;
};

/// Somebody who watches now.
struct ViewerEntry
{
    QString name;    ///< of the token
    QString address; ///< "192.168.1.7"
    AccessRole role = AccessRole::Viewer;
    qint64 sinceMs = 0; ///< ms UTC
    bool operator==(const ViewerEntry&) const = default;
};

/// A device that asks to be let in.
struct PairingEntry
{
    QString id;
    QString name;    ///< as the device calls itself: foreign text
    QString address; ///< where it asks from
    qint64 expiresAtMs = 0;
    bool operator==(const PairingEntry&) const = default;
};

/// What the server is and does now. `url` is empty while it is off.
struct SharingState
{
    QString url; ///< "http://127.0.0.1:7431"
    bool tls = false;
    bool beyondLoopback = false;
    QString fingerprint; ///< SHA-256 of the certificate, lower-case hex; empty without TLS
    QString problem;     ///< why it is off though it should be on, and what to do; for people
    QList<ViewerEntry> viewers;
    QList<AccessEntry> tokens;
    QList<PairingEntry> pairings; ///< that wait for an answer
    bool operator==(const SharingState&) const = default;

    [[nodiscard]] bool isOn() const { return !url.isEmpty(); }
};

/// Where to listen.
struct SharingPlace
{
    QString address = QStringLiteral("127.0.0.1"); ///< numeric; "0.0.0.0" and "::" are all of this machine
    quint16 port = 7431;                           ///< 0 = any free one
    bool tls = false;
    bool operator==(const SharingPlace&) const = default;
};

/// "ADDR:PORT", "ADDR", ":PORT", "[::1]:PORT"; what is left out keeps its default. Nothing where it is none.
[[nodiscard]] std::optional<SharingPlace> sharingPlaceFromText(const QString& text);

/// The switch of the server and its tokens, as the window sees them. Lives in the GUI thread; every call
/// returns at once, and what it brought about comes by a signal.
class Sharing : public QObject
{
    Q_OBJECT

public:
    using QObject::QObject;

    [[nodiscard]] virtual SharingState state() const = 0;

    virtual void switchOn(const SharingPlace& place) = 0;
    virtual void switchOff() = 0;
    /// A link that opens the page in a browser of this machine: one use, 60 s. Comes by linkMade().
    virtual void makeLaunchLink() = 0;
    /// A link that another device pairs by: one use, 120 s. Comes by linkMade().
    virtual void makePairingLink() = 0;
    /// Comes by tokenMade(). \param role one of givenRoles
    virtual void addToken(const QString& name, AccessRole role, const QStringList& origins) = 0;
    virtual void setRole(const QString& tokenId, AccessRole role) = 0;
    virtual void revoke(const QString& tokenId) = 0;
    virtual void decide(const QString& pairingId, bool accepted, AccessRole role) = 0;

signals:
    void stateChanged(const plimsoll::SharingState& state);
    void linkMade(const QString& link, bool isPairing);
    /// The one time that the secret is shown.
    void tokenMade(const QString& name, const QString& secret);
    void failed(const QString& text); ///< a request that could not be done, for people
};

} // namespace plimsoll
