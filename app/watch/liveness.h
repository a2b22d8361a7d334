// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/watch/claudelive.h"
#include "app/watch/codexlive.h"
#include "app/watch/diranchors.h"
#include "app/watch/inotify.h"
#include "app/watch/livesession.h"
#include "app/watch/pidwatch.h"

#include <QHash>
#include <QMap>
#include <QObject>
#include <QTimer>

#include <utility>

namespace plimsoll {

/// Which sessions of Claude Code and Codex run now, and what they do as far as they say it themselves. Sees
/// changes by inotify and the end of processes by pidfd; reads no logs and ends no process. Belongs to one
/// thread with an event loop; has no timer while nothing is half-written. What no event tells (a lock
/// released without closing its file, a link that leads elsewhere now, anything at all where the limit of
/// watches is reached) is seen by recheck().
class Liveness : public QObject
{
    Q_OBJECT

public:
    /// Absolute paths, such as ~/.claude and ~/.codex; each may be missing and may come later.
    Liveness(const QByteArray& claudeConfigDir, const QByteArray& codexHome, QObject* parent = nullptr);
    ~Liveness() override;

    /// Looks around and watches from then on; changed() comes before it returns if anybody runs.
    void start();
    /// Looks at everything again: for the slow sweep.
    void recheck();

    /// All that run now.
    [[nodiscard]] QList<LiveSession> sessions() const { return m_known.values(); }

signals:
    /// Those that are new, say something else, or have ended (once, with `ended`): the ended ones first.
    void changed(const QList<plimsoll::LiveSession>& sessions);
    /// For people: something cannot be watched; recheck() still sees it.
    void failed(const QString& text);

private:
    using Key = std::pair<AgentKind, QString>;

    void handle(const QList<DirEvent>& events);
    void handleClaude(const DirEvent& event);
    void retry();
    void scanClaude();
    void readEntry(const QByteArray& name);
    void readJob(const QString& jobId);
    void settle(const QByteArray& path, ClaudeLive::Read read);
    void endProcess(qint64 pid);
    void publish();
    void watchProcesses();
    void watchJobs();
    void report(const QString& text);

    ClaudeLive m_claude;
    CodexLive m_codex;
    Inotify m_inotify;
    DirAnchors m_anchors;
    PidWatch m_pids;
    QTimer m_retryTimer;                  ///< single-shot
    QHash<QByteArray, int> m_halfWritten; ///< file of sessions/ or folder of jobs/ → tries so far
    int m_lockLooks = 0;                  ///< so often the locks are looked at again
    QList<QByteArray> m_jobDirs;          ///< those we watch
    QMap<Key, LiveSession> m_known;
    QString m_reported; ///< the last failed(), which is said once
};

} // namespace plimsoll
