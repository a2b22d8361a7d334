// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/watch/handover.h"
#include "models/event.h"

#include <QObject>
#include <QTimer>

namespace plimsoll {

/// Numbers events and lets them through in frames: what gathers within frameMs goes out as one. A newer usage
/// of an agent replaces the one that still waits, unless something else of that agent came between. Has no
/// timer while nothing waits. Stores nothing. Lives in the engine thread.
class Recorder : public QObject
{
    Q_OBJECT

public:
    static constexpr int frameMs = 16;

    /// \param in where events come from; taken in this object's thread once start() ran there
    /// \param out where frames go
    Recorder(Handover<Event> in, Handover<Events> out);
    ~Recorder() override;

    void start();

    /// Takes one event; it goes out with the next frame. In the engine thread.
    void record(Event event);

    /// Lets out what waits, before its frame is over. In the engine thread.
    void flush();

private:
    Handover<Event> m_in;
    Handover<Events> m_out;
    Events m_waiting;
    QHash<AgentId, qsizetype> m_last; ///< index in m_waiting of the last event of an agent
    QTimer m_timer;
    quint64 m_seq = 0;
};

} // namespace plimsoll
