// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/agents/kinds.h"
#include "app/recorder.h"
#include "app/tokens/catalogue.h"
#include "app/watch/handover.h"
#include "app/watch/watcher.h"
#include "models/host.h"

#include <QThread>

namespace plimsoll {

/// The host of this machine: owns the watch thread (finding and reading logs) and the engine thread (the
/// Recorder), and hands on what they say in its own thread. Reads nothing itself and never waits for them,
/// but for their end in its destructor.
class Orchestrator : public Host
{
    Q_OBJECT

public:
    /// \param home absolute path of the home folder
    Orchestrator(Catalogue catalogue, const QString& home, const AgentHomes& homes,
                 QObject* parent = nullptr);
    ~Orchestrator() override;

    [[nodiscard]] quint64 lastSeq() const override { return m_lastSeq; }
    [[nodiscard]] HostCapabilities capabilities() const override;
    void start() override;
    void cancelScan() override;
    quint64 query(const QString& method, const QJsonObject& params) override;

private:
    void takeNotice(WatchNotice notice);

    const Catalogue m_catalogue;
    const AgentHomes m_homes;
    Handover<WatchCommand> m_commands;
    Handover<Event> m_events;
    Handover<Events> m_frames;
    Handover<WatchNotice> m_watchNotices; ///< on their way through the engine thread
    Handover<WatchNotice> m_notices;
    QThread m_watchThread;
    QThread m_engineThread;
    Watcher* m_watcher;   ///< lives and ends in m_watchThread once that runs
    Recorder* m_recorder; ///< lives and ends in m_engineThread once that runs
    bool m_started = false;
    quint64 m_lastSeq = 0;
    quint64 m_lastQuery = 0;
};

} // namespace plimsoll
