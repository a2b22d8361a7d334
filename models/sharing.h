// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QMetaType>
#include <QObject>
#include <QString>
#include <QStringList>

#include <optional>

namespace plimsoll {

/// What a token may do (app/server/PROTOCOL.md). By name on the wire, lower case.
enum class AccessRole : quint8 { Viewer, Approver, Operator, Admin, Agent };

[[nodiscard]] QString toName(AccessRole role);
[[nodiscard]] std::optional<AccessRole> accessRoleFromName(const QString& name);

/// One who may look in from outside; never the secret itself.
struct AccessEntry
{
    QString id;
    QString name;
    AccessRole role = AccessRole::Viewer;
    QStringList origins;     ///< web origins that may use it besides the server's own
    bool device = false;     ///< came by pairing
    qint64 createdAtMs = 0;  ///< ms UTC
    qint64 lastUsedAtMs = 0; ///< ms UTC, 0 = never
    int connections = 0;     ///< open now

    bool operator==(const AccessEntry&) const = default;
};

/// One open connection of a viewer, for people.
struct ViewerEntry
{
    QString name; ///< of its token
    AccessRole role = AccessRole::Viewer;
    QString address;

    bool operator==(const ViewerEntry&) const = default;
};

struct SharingState
{
    bool on = false;
    QString url;                 ///< "http://127.0.0.1:7431", empty while off
    bool beyondLoopback = false; ///< others on the network can reach it
    QString fingerprint;         ///< SHA-256 of the certificate, hex; empty without TLS
    QList<ViewerEntry> viewers;
    QString problem; ///< why it is not on although it should be, for people; empty = none

    bool operator==(const SharingState&) const = default;
};

/// A device wants to be let in; open until answered or its code ends.
struct PairingRequest
{
    quint64 id = 0;
    QString name; ///< as the device calls itself: foreign, plain text
    QString address;
};

/// What the window shows and commands of the server: the switch, who looks in, who may. Does not serve: that
/// is app/server. Lives in the GUI thread; every call returns at once, and what comes of it comes as a
/// signal.
class Sharing : public QObject
{
    Q_OBJECT

public:
    using QObject::QObject;

    [[nodiscard]] virtual SharingState state() const = 0;
    [[nodiscard]] virtual QList<AccessEntry> entries() const = 0;

    /// \param address what --serve takes: "127.0.0.1:7431"; port 0 = any
    virtual void switchOn(const QString& address) = 0;
    virtual void switchOff() = 0;

    virtual void addEntry(const QString& name, AccessRole role, const QStringList& origins) = 0;
    virtual void setRole(const QString& id, AccessRole role) = 0;
    virtual void revoke(const QString& id) = 0;

    /// A link for the browser on this machine: one use, 60 s.
    virtual void makeLaunchLink() = 0;
    /// A link for another device: one use, 120 s; its pairingAsked() must be answered. \param role that it
    /// gets
    virtual void makePairingLink(AccessRole role) = 0;
    virtual void answerPairing(quint64 id, bool allow) = 0;

signals:
    void stateChanged(const plimsoll::SharingState& state);
    void entriesChanged(const QList<plimsoll::AccessEntry>& entries);
    void entryAdded(const plimsoll::AccessEntry& entry,
                    const QString& token); ///< the only time that it is told
    void launchLinkMade(const QString& link);
    void pairingLinkMade(const QString& link);
    void pairingAsked(const plimsoll::PairingRequest& request);
    void pairingEnded(quint64 id); ///< answered or too late
    void failed(const QString& text);
};

} // namespace plimsoll
