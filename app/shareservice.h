// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/server/server.h"
#include "models/host.h"
#include "models/sharing.h"

#include <QThread>

#include <functional>

namespace plimsoll {

/// Where the server's frames come from, and where what it wants kept goes to. All may be empty.
struct ShareTies
{
    /// Sends the frames straight from where they are recorded from here on; afterwards calls `attached` in
    /// the caller's thread, once all earlier frames have come by Host::recorded. Empty: Host::recorded is
    /// listened to.
    std::function<void(Handover<Events> frames, std::function<void()> attached)> attach;
    std::function<void(const AuditRow&)> audit;
    std::function<void(const QString& session, const ContextValue& value)> keepCounter;
};

/// Shares what a host shows: owns the server's thread and ties the server to the host. Lives in the host's
/// thread and must end before the host.
class ShareService : public Sharing
{
    Q_OBJECT

public:
    /// \param dir absolute path of the data folder; made when it is switched on
    ShareService(Host& host, const QString& dir, ShareTies ties, const ServerLimits& limits = {},
                 QObject* parent = nullptr);
    ~ShareService() override;

    [[nodiscard]] SharingState state() const override { return m_state; }
    void switchOn(const SharingPlace& place) override;
    void switchOff() override;
    void makeLaunchLink() override;
    void makePairingLink() override;
    void addToken(const QString& name, AccessRole role, const QStringList& origins) override;
    void setRole(const QString& tokenId, AccessRole role) override;
    void revoke(const QString& tokenId) override;
    void decide(const QString& pairingId, bool accepted, AccessRole role) override;

    /// Posted in an earlier run.
    void addKeptCounter(const QString& session, const ContextValue& value);

signals:
    /// It listens. \param tokenFile holds the operator's token and nothing else
    void listening(const QString& url, const QString& tokenFile);

private:
    void takeEvents(const Events& events);
    void takeNotice(const ServerNotice& notice);
    void takeReply(const Reply& reply);
    void seedIfWanted();

    Host& m_host;
    const QString m_dir;
    const ShareTies m_ties;
    ServerWays m_ways;
    QThread m_thread;
    Server* m_server;       ///< lives and ends in m_thread
    FleetPicture m_picture; ///< for the seed
    SharingState m_state;
    QHash<quint64, quint64> m_questions; ///< the host's id of a question → the server's
    std::optional<quint64> m_seedAfter;  ///< the server waits for a seed that holds this event
    bool m_attaching = false;
    bool m_attached = false; ///< the frames before those that the server gets have come here
    bool m_feeding = false;  ///< frames go to the server from here
};

} // namespace plimsoll
