// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/agents/claude/registry.h"
#include "app/watch/livesession.h"

#include <QByteArray>
#include <QHash>
#include <QList>
#include <QMap>

#include <optional>

namespace plimsoll {

/// One entry as what people see. Pure. The job's word counts where it is younger than the entry's.
[[nodiscard]] LiveSession toLiveSession(const RegistryEntry& entry, const std::optional<JobState>& job);

/// The running sessions of one Claude Code config folder, as its files say. Reads when told to; watches
/// nothing. Belongs to one thread.
class ClaudeLive
{
public:
    enum class Read : quint8 {
        Done,        ///< taken in, or there is nothing (any more)
        HalfWritten, ///< what was known still stands; read it again
    };

    /// \param configDir such as ~/.claude, absolute; may be missing
    explicit ClaudeLive(const QByteArray& configDir)
        : m_sessionsDir(configDir + "/sessions")
        , m_jobsDir(configDir + "/jobs")
    {
    }

    [[nodiscard]] const QByteArray& sessionsDir() const { return m_sessionsDir; }
    [[nodiscard]] const QByteArray& jobsDir() const { return m_jobsDir; }

    /// Reads everything anew. Answers the names that are half-written.
    QList<QByteArray> scan();
    /// One file of sessions/.
    Read readEntry(const QByteArray& name);
    /// State of one job; only jobs of running sessions are kept.
    Read readJob(const QString& jobId);

    /// A process has ended: its entries stay on disk after SIGKILL.
    void dropProcess(qint64 pid);

    /// Jobs of the running sessions.
    [[nodiscard]] QList<QString> jobs() const;
    /// pid → start time of every process that has a session open.
    [[nodiscard]] QHash<qint64, quint64> processes() const;
    /// One per session id, of several processes with the same the one that spoke last.
    [[nodiscard]] QList<LiveSession> sessions() const;

private:
    QByteArray m_sessionsDir;
    QByteArray m_jobsDir;
    QMap<QByteArray, RegistryEntry> m_entries;  ///< by file name; only those whose process runs
    QHash<QString, JobState> m_jobs;            ///< by job id
    QHash<QByteArray, QString> m_sessionBefore; ///< by file name: what this process had open before
};

} // namespace plimsoll
