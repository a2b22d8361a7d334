// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/watch/handover.h"
#include "models/alertrules.h"
#include "models/event.h"

#include <QObject>
#include <QTimer>

namespace plimsoll {

/// Numbers events and lets them through in frames: what gathers within frameMs goes out as one. A newer usage
/// of an agent replaces the one that still waits, unless something else of that agent came between; where it
/// crosses a level of alert that is said right behind it. Has no
/// timer while nothing waits. Stores nothing. Lives in the engine thread.
class Recorder : public QObject
{
    Q_OBJECT

public:
    static constexpr int frameMs = 16;

    /// \param in where events come from; taken in this object's thread once start() ran there
    /// \param outs where each frame goes
    Recorder(Handover<Event> in, QList<Handover<Events>> outs);
    ~Recorder() override;

    void start();

    /// The first event gets the number behind `seq`. Before the first event; in the engine thread.
    void startAfter(quint64 seq) { m_seq = seq; }

    /// From the next frame on each goes there, too. In the engine thread.
    void addOut(Handover<Events> out) { m_outs.append(std::move(out)); }

    /// Takes one event; it goes out with the next frame. In the engine thread.
    void record(Event event);

    /// Lets out what waits, before its frame is over. In the engine thread.
    void flush();

private:
    Handover<Event> m_in;
    QList<Handover<Events>> m_outs;
    AlertRules m_alerts;
    Events m_waiting;
    QHash<AgentId, qsizetype> m_last; ///< index in m_waiting of the last event of an agent
    QTimer m_timer;
    quint64 m_seq = 0;
};

} // namespace plimsoll
