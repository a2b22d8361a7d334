// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/agents/kinds.h"
#include "app/drivedesk.h"
#include "app/recorder.h"
#include "app/store/store.h"
#include "app/tokencounter.h"
#include "app/tokens/catalogue.h"
#include "app/watch/handover.h"
#include "app/watch/watcher.h"
#include "models/host.h"

#include <QThread>

#include <functional>
#include <optional>

namespace plimsoll {

/// Where and how long history is kept.
struct StorePlace
{
    QString dir; ///< absolute path of the data folder
    Retention retention;
};

/// The host of this machine: owns the watch thread (finding and reading logs), the engine thread (the
/// Recorder), the store thread, and a thread that counts tokens when asked; hands on what they say in its own
/// thread. Reads and writes nothing itself and never waits for them, but for their end in its destructor.
class Orchestrator : public Host
{
    Q_OBJECT

public:
    /// \param home absolute path of the home folder \param store nothing = keeps no history
    Orchestrator(Catalogue catalogue, const QString& home, const AgentHomes& homes,
                 const std::optional<StorePlace>& store = std::nullopt, QObject* parent = nullptr);
    ~Orchestrator() override;

    /// Agents can be started and commanded here. Before start(); does nothing where the helper is missing.
    void driveFrom(const DrivePlace& place);

    [[nodiscard]] quint64 lastSeq() const override { return m_lastSeq; }
    [[nodiscard]] HostCapabilities capabilities() const override;
    void start() override;
    void cancelScan() override;
    quint64 query(const QString& method, const QJsonObject& params) override;

    /// Every frame goes to `frames`, too, from here on. \param attached called in this thread once the frames
    /// before have been handed on by recorded()
    void feed(Handover<Events> frames, std::function<void()> attached);

    /// What a server wants kept, where a store is.
    void keepCounter(const QString& session, const QJsonObject& value, qint64 atMs);
    void keepAudit(const AuditRow& row);

signals:
    /// A counter that an earlier run has kept. \param atMs ms UTC
    void counterLoaded(const QString& session, const QJsonObject& value, qint64 atMs);
    void committed(quint64 seq); ///< all events up to this one are on the disk

private:
    void connectEngine();
    void takeNotice(WatchNotice notice);
    void takeStoreNotice(const StoreNotice& notice);
    void refuseToAct(quint64 id);
    void countTokens(quint64 id, const QJsonObject& params);

    const Catalogue m_catalogue;
    const AgentHomes m_homes;
    Handover<WatchCommand> m_commands;
    Handover<WatchQuery> m_driveCommands;
    Handover<Event> m_events;
    Handover<Events> m_frames;
    Handover<WatchNotice> m_watchNotices; ///< on their way through the engine thread
    Handover<WatchNotice> m_notices;
    struct Feed
    {
        Handover<Events> frames;
        std::function<void()> attached;
    };
    Handover<Feed> m_feeds; ///< on their way to the engine thread
    Handover<std::function<void()>> m_attached;
    StoreIntake m_intake;
    Handover<StoreNotice> m_storeNotices; ///< on their way through the engine thread
    Handover<StoreNotice> m_storeStates;
    TokenCounter m_counter;
    QThread m_watchThread;
    QThread m_engineThread;
    QThread m_storeThread;
    Watcher* m_watcher;          ///< lives and ends in m_watchThread once that runs
    Recorder* m_recorder;        ///< lives and ends in m_engineThread once that runs
    DriveDesk* m_desk = nullptr; ///< lives and ends in m_engineThread once that runs; null = only observes
    Store* m_store = nullptr;    ///< lives and ends in m_storeThread once that runs; null = nothing is kept
    bool m_started = false;
    quint64 m_lastSeq = 0;
    quint64 m_lastQuery = 0;
};

} // namespace plimsoll
