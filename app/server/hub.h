// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/server/sentring.h"
#include "app/server/throttle.h"
#include "models/codec.h"
#include "models/fleetpicture.h"

#include <QHash>
#include <QObject>
#include <QSet>
#include <QTimer>

#include <memory>

namespace plimsoll {

/// The server's own copy of the fleet, and what it has told of it: turns recorded events into numbered
/// messages. What an agent prints and does is told at once; how its numbers stand on one tick of 100 ms for
/// all, before anything that ends it. Masks secrets. Does not know of sockets. Server thread.
class Hub : public QObject
{
    Q_OBJECT

public:
    static constexpr int tickMs = 100;

    /// \param run names this life of the server: a number means nothing in another one
    Hub(const ServerLimits& limits, QString run, QObject* parent = nullptr);

    /// Begins with what there was before the first event. \param picture masked here
    void seed(FleetPicture picture);
    /// Gives them their numbers; announce() hands them out. One call for many frames: who is behind catches
    /// up with one write for all of them.
    void take(const Events& events);
    void announce();
    /// What waits for the tick is told now.
    void flush();
    /// What waits for the tick gets its numbers now and is handed out with the tick. Before a state and its
    /// number are told together: what changed after that number and back again would never be mended.
    void settle();

    [[nodiscard]] const FleetPicture& fleet() const { return m_fleet; }
    [[nodiscard]] const SentRing& ring() const { return m_ring; }
    [[nodiscard]] QString run() const { return m_run; }

    struct Snapshot
    {
        QList<QByteArray> messages;
        quint64 seq = 0; ///< the last that it contains
    };
    /// The whole fleet; shared by all who ask before the next message.
    [[nodiscard]] std::shared_ptr<const Snapshot> snapshot();
    /// A part of it.
    [[nodiscard]] std::shared_ptr<const Snapshot>
    snapshotOf(const std::function<bool(const AgentId&)>& wants);

    /// Frames behind `seq` for all who have no wishes of their own: encoded once.
    [[nodiscard]] Outgoing sharedFrames(quint64 seq, FrameStyle style);

    [[nodiscard]] QList<Agent> newestFirst() const;

signals:
    void seeded(); ///< what was told before means nothing any more
    void sent();   ///< the ring has grown
    void streamed(const plimsoll::AgentId& agent, const QByteArray& json); ///< not numbered, may be dropped
    void alerted();
    void contextChanged(const plimsoll::Agent& agent, bool compacted);

private:
    void takeOne(const Event& event);
    void send(const AgentId& agent, QByteArray json);
    void tell(const AgentId& id);
    void markChanged(const AgentId& id);

    struct Told
    {
        AgentDigest digest{};
        QString summary;
        Count contextTokens;
        Count contextWindow;
    };

    const ServerLimits m_limits;
    const QString m_run;
    FleetPicture m_fleet;
    QHash<AgentId, Told> m_told;
    QSet<AgentId> m_changed; ///< wait for the tick
    SentRing m_ring;
    quint64 m_announced = 0; ///< sent() was emitted up to here
    QTimer m_tick;           ///< runs only while something waits
    std::shared_ptr<const Snapshot> m_snapshot;
    struct Shared
    {
        quint64 after = 0;
        quint64 upTo = 0;
        FrameStyle style;
        Outgoing outgoing;
    };
    std::array<Shared, 4> m_shared;
    size_t m_nextShared = 0;
};

} // namespace plimsoll
