// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/server/hub.h"
#include "app/server/peer.h"

#include <QJsonObject>
#include <QObject>
#include <QSet>

#include <memory>
#include <optional>

namespace plimsoll {

/// What a viewer asks for, and what is said to all.
class ViewerDesk
{
public:
    ViewerDesk() = default;
    ViewerDesk(const ViewerDesk&) = delete;
    ViewerDesk& operator=(const ViewerDesk&) = delete;
    ViewerDesk(ViewerDesk&&) = delete;
    ViewerDesk& operator=(ViewerDesk&&) = delete;
    virtual ~ViewerDesk() = default;

    [[nodiscard]] virtual QByteArray greeting(const QString& clientId, const Principal& principal) const = 0;
    /// Answers by Viewer::tell(), now or later.
    virtual void command(class Viewer& viewer, const QJsonObject& command) = 0;
    /// Whether an agent may be seen.
    [[nodiscard]] virtual bool maySee(const Principal& principal, const AgentId& agent) const = 0;
};

/// One client of the event stream: its place in what was sent. Has no queue. Server thread; belongs to its
/// Peer, with which it ends.
class Viewer : public QObject
{
    Q_OBJECT

public:
    Viewer(Peer& peer, QString clientId, Hub& hub, ViewerDesk& desk, const ServerLimits& limits);

    [[nodiscard]] Peer& peer() { return m_peer; }
    [[nodiscard]] QString clientId() const { return m_clientId; }

    /// Hands over what the peer takes of what is new.
    void pump();
    /// One message to this viewer alone. Dropped where `mayDrop` and the peer is behind.
    void tell(const QByteArray& json, bool mayDrop = false);
    void tellStreamed(const AgentId& agent, const QByteArray& json);
    /// Who has not said hello in time is taken for one that never will, and gets the plain stream.
    void greetIfSilent();

private:
    void take(const QByteArray& message);
    void hello(const QJsonObject& hello);
    void startSnapshot();
    [[nodiscard]] bool pumpSnapshot();
    [[nodiscard]] bool isFiltered() const;
    [[nodiscard]] bool wants(const AgentId& agent) const;
    [[nodiscard]] QByteArray framed(const QByteArray& json) const;

    Peer& m_peer;
    const QString m_clientId;
    Hub& m_hub;
    ViewerDesk& m_desk;
    const ServerLimits m_limits;
    FrameStyle m_style;
    std::optional<QSet<AgentId>> m_agents;           ///< nothing = all
    bool m_greeted = false;                          ///< has said hello
    quint64 m_seq = 0;                               ///< the last that was handed over
    quint64 m_resumedTo = 0;                         ///< told once that is reached; 0 = nothing to tell
    std::shared_ptr<const Hub::Snapshot> m_snapshot; ///< under way
    qsizetype m_nextPart = 0;
    QElapsedTimer m_clock;
};

} // namespace plimsoll
