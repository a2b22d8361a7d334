// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/watch/coldscan.h"
#include "app/watch/diranchors.h"
#include "app/watch/fleet.h"
#include "app/watch/handover.h"
#include "app/watch/inotify.h"
#include "app/watch/liveness.h"
#include "models/host.h"

#include <QObject>
#include <QTimer>

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
using WatchCommand = std::variant<WatchQuery, CancelScan>;

/// Something that a person should know.
struct WatchFailure
{
    QString text;
};
using WatchNotice = std::variant<Progress, Reply, WatchFailure>;

/// Finds the logs of a home, reads them once with a pool of threads and from then on as they grow; joins them
/// with what lives. Says what it finds as events. Shows nothing and stores nothing. Lives in the watch
/// thread: construct anywhere, move there, then call start() by a queued call. Sleeps while nothing happens
/// but for a sweep of recent files every 30 s, which catches what inotify lost.
class Watcher : public QObject
{
    Q_OBJECT

public:
    /// \param catalogue must outlive the watcher and not change
    Watcher(const Catalogue& catalogue, const QString& home, const AgentHomes& homes,
            Handover<WatchCommand> commands, Handover<Event> events, Handover<WatchNotice> notices);
    ~Watcher() override;

    void start();

private:
    void startScan();
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
    const AgentHomes m_homes;
    std::unique_ptr<Inotify> m_inotify;
    std::unique_ptr<DirAnchors> m_anchors;
    std::unique_ptr<Liveness> m_liveness;
    std::unique_ptr<ColdScan> m_scan;
    QTimer* m_sweepTimer = nullptr;
    QHash<QByteArray, size_t> m_fileByPath; ///< absolute path → index in the fleet
    std::set<QByteArray> m_scanning; ///< absolute paths that the first scan has and has not handed over yet
    std::set<QByteArray> m_touched;  ///< of them, those that changed meanwhile
    std::set<size_t> m_pending;      ///< files to be read at the end of this wake-up
    Progress m_progress;
    QString m_reported; ///< the last failure, which is said once
};

} // namespace plimsoll
