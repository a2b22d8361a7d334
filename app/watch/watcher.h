// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/watch/coldscan.h"
#include "app/watch/diranchors.h"
#include "app/watch/fleet.h"
#include "app/watch/handover.h"
#include "app/watch/inotify.h"
#include "app/watch/liveness.h"
#include "app/watch/logname.h"
#include "models/host.h"

#include <QObject>
#include <QTimer>

#include <map>
#include <memory>
#include <set>
#include <variant>

namespace plimsoll {

/// A question for the watcher; answered by a Reply with the same id.
struct WatchQuery
{
    quint64 id = 0;
    QString method;
    QJsonObject params;
};
struct CancelScan
{
};
/// What earlier runs have kept; the first scan begins with it, and only once.
struct BeginScan
{
    std::vector<LogRecord> records;
    QHash<AgentId, AgentId> continues; ///< agents that go on from another
};
using WatchCommand = std::variant<WatchQuery, CancelScan, BeginScan, DrivenSession>;

/// Something that a person should know.
struct WatchFailure
{
    QString text;
};
/// A question that the logs do not answer any more: the store may.
struct LostHistory
{
    WatchQuery query;
};
using WatchNotice = std::variant<Progress, Reply, WatchFailure, LostHistory>;

/// Finds the logs of a home, reads them once with a pool of threads and from then on as they grow; joins them
/// with what lives. Says what it finds as events, and what would spare the next run the reading as records.
/// Shows nothing and stores nothing. Lives in the watch thread: construct anywhere, move there, then call
/// start() by a queued call and hand over a BeginScan. Sleeps while nothing happens but for a sweep of recent
/// files every 30 s, which catches what inotify lost.
class Watcher : public QObject
{
    Q_OBJECT

public:
    /// \param catalogue must outlive the watcher and not change
    Watcher(const Catalogue& catalogue, const QString& home, const AgentHomes& homes,
            Handover<WatchCommand> commands, Handover<Event> events, Handover<WatchNotice> notices,
            Handover<LogRecord> records);
    ~Watcher() override;

    void start();

private:
    /// What has come since the last record of a file.
    struct Unsaved
    {
        std::vector<Response> responses;
        bool isWhole = false; ///< since its beginning
    };

    void begin(BeginScan kept);
    void startScan(std::vector<LogRecord> records);
    void takeOne(ScannedLog log);
    void takeScanned(std::vector<ScannedLog> logs);
    void finishScan();
    void handle(const QList<DirEvent>& events);
    void handleOne(const DirEvent& event);
    void handleOverflow();
    void attachRoots(const QList<QByteArray>& roots);
    void listBelow(const LogRoot& root, const QByteArray& relative);
    void meet(const FoundLog& found);
    void readFile(size_t index);
    void readPending();
    void saveLater(size_t index);
    void save();
    void sweep();
    void execute(WatchCommand command);
    void answer(const WatchQuery& query);
    void publish();
    void watchDirectory(const LogRoot& root, const QByteArray& relative);
    [[nodiscard]] const LogRoot* rootOf(const QByteArray& dir, QByteArray& relativeDir) const;
    void report(const QString& text);

    const QList<LogRoot> m_roots;
    Fleet m_fleet;
    Handover<WatchCommand> m_commands;
    Handover<Event> m_events;
    Handover<WatchNotice> m_notices;
    Handover<LogRecord> m_records;
    const AgentHomes m_homes;
    std::unique_ptr<Inotify> m_inotify;
    std::unique_ptr<DirAnchors> m_anchors;
    std::unique_ptr<Liveness> m_liveness;
    std::unique_ptr<ColdScan> m_scan;
    QTimer* m_sweepTimer = nullptr;
    QTimer* m_saveTimer = nullptr;       ///< runs only while something is unsaved
    std::map<size_t, Unsaved> m_unsaved; ///< by file
    QHash<LogName, size_t> m_fileByName; ///< index in the fleet
    std::set<LogName> m_scanning;        ///< logs that the first scan has and has not handed over yet
    std::set<LogName> m_touched;         ///< of them, those that changed meanwhile
    std::set<size_t> m_pending;          ///< files to be read at the end of this wake-up
    Progress m_progress;
    QString m_reported; ///< the last failure, which is said once
};

} // namespace plimsoll
