// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/watch/claudelive.h"

#include "app/watch/procinfo.h"
#include "app/watch/safefile.h"

#include <QSet>

#include <algorithm>
#include <cerrno>

namespace plimsoll {

namespace {

struct SmallFile
{
    QByteArray bytes;
    bool isThere = false; ///< a regular file of ours that is not too long
};

SmallFile readSmall(const QByteArray& root, const QByteArray& relative)
{
    const OpenedFile file = openRegular(root, relative);
    if (!file.fd.isOpen() || file.size > maxRegistryBytes)
        return {};
    SmallFile small;
    small.bytes.resize(maxRegistryBytes + 1); // it may have grown since
    qsizetype length = 0;
    while (length < small.bytes.size()) {
        const ssize_t got =
            ::read(file.fd.get(), small.bytes.data() + length, size_t(small.bytes.size() - length));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return {};
        if (got == 0)
            break;
        length += got;
    }
    small.bytes.truncate(length);
    small.isThere = length <= maxRegistryBytes;
    return small;
}

void setState(LiveSession& session, const RegistryEntry& entry)
{
    switch (entry.status) {
    case RegistryStatus::Busy: session.state = AgentState::Executing; return;
    case RegistryStatus::Waiting:
        session.state = AgentState::Blocked;
        session.reason = entry.waitingFor.isEmpty() ? QStringLiteral("waits for you") : entry.waitingFor;
        return;
    case RegistryStatus::Idle: session.state = AgentState::Idle; return;
    case RegistryStatus::Shell:
        session.state = AgentState::Idle;
        session.reason = QStringLiteral("background shell runs");
        return;
    case RegistryStatus::None:
        session.state = AgentState::Unknown;
        session.reason = QStringLiteral("runs, but does not say what it does");
        return;
    }
}

} // namespace

LiveSession toLiveSession(const RegistryEntry& entry, const std::optional<JobState>& job)
{
    LiveSession session;
    session.kind = AgentKind::ClaudeCode;
    session.sessionId = entry.sessionId;
    session.pid = entry.pid;
    session.source = StateSource::Registry;
    session.name = entry.name;
    session.nameGiven = !entry.name.isEmpty() && (entry.nameSource == QLatin1String("user") ||
                                                  entry.nameSource == QLatin1String("peer"));
    session.workingDir = entry.cwd;
    session.startedAtMs = entry.startedAtMs;
    session.sinceMs = entry.statusUpdatedAtMs > 0
                          ? entry.statusUpdatedAtMs
                          : (entry.updatedAtMs > 0 ? entry.updatedAtMs : entry.startedAtMs);
    setState(session, entry);
    const bool jobIsBlocked =
        job && job->sessionId == entry.sessionId && job->tempo == QLatin1String("blocked");
    if (!jobIsBlocked || entry.status == RegistryStatus::Busy)
        return session;
    if (session.state == AgentState::Blocked) {
        session.needs = job->needs;
    } else if (job->updatedAtMs >= session.sinceMs) {
        // The turn is over and ended in a question: the daemon sees that only after the session has become
        // idle.
        session.state = AgentState::Blocked;
        session.reason = QStringLiteral("input needed");
        session.needs = job->needs;
        session.sinceMs = job->updatedAtMs;
    }
    return session;
}

QList<QByteArray> ClaudeLive::scan()
{
    const TreeListing listing =
        listTree(m_sessionsDir, {.depth = 0, .entries = 10'000, .suffixes = {".json"}});
    QSet<QByteArray> present;
    QList<QByteArray> halfWritten;
    for (const FileEntry& file : listing.files) {
        if (!isRegistryName(file.path))
            continue;
        present.insert(file.path);
        if (readEntry(file.path) == Read::HalfWritten)
            halfWritten.append(file.path);
    }
    m_entries.removeIf([&present](const auto& entry) { return !present.contains(entry.key()); });
    const QList<QString> jobIds = jobs();
    m_jobs.removeIf([&jobIds](const auto& job) { return !jobIds.contains(job.key()); });
    for (const QString& jobId : jobIds)
        readJob(jobId);
    return halfWritten;
}

ClaudeLive::Read ClaudeLive::readEntry(const QByteArray& name)
{
    const SmallFile file = readSmall(m_sessionsDir, name);
    if (!file.isThere) {
        m_entries.remove(name);
        m_sessionBefore.remove(name);
        return Read::Done;
    }
    const std::optional<RegistryEntry> entry = parseRegistryEntry(file.bytes);
    if (!entry) {
        const auto known = m_entries.constFind(name);
        if (known != m_entries.cend() && !isAlive(known->pid, known->procStart.value_or(0)))
            dropProcess(known->pid);
        return Read::HalfWritten;
    }
    if (!entry->procStart || !isAlive(entry->pid, *entry->procStart)) {
        m_entries.remove(name);
        m_sessionBefore.remove(name);
        return Read::Done;
    }
    const auto known = m_entries.constFind(name);
    if (known != m_entries.cend() && known->pid == entry->pid && known->procStart == entry->procStart) {
        if (known->sessionId != entry->sessionId)
            m_sessionBefore.insert(name, known->sessionId);
    } else {
        m_sessionBefore.remove(name);
    }
    m_entries.insert(name, *entry);
    if (!entry->jobId.isEmpty() && !m_jobs.contains(entry->jobId))
        readJob(entry->jobId);
    return Read::Done;
}

ClaudeLive::Read ClaudeLive::readJob(const QString& jobId)
{
    const SmallFile file =
        jobs().contains(jobId) ? readSmall(m_jobsDir, jobId.toLatin1() + "/state.json") : SmallFile();
    if (!file.isThere) {
        m_jobs.remove(jobId);
        return Read::Done;
    }
    const std::optional<JobState> job = parseJobState(file.bytes);
    if (!job)
        return Read::HalfWritten;
    m_jobs.insert(jobId, *job);
    return Read::Done;
}

void ClaudeLive::dropProcess(qint64 pid)
{
    m_sessionBefore.removeIf([this, pid](const auto& before) {
        const auto entry = m_entries.constFind(before.key());
        return entry != m_entries.cend() && entry->pid == pid;
    });
    m_entries.removeIf([pid](const auto& entry) { return entry.value().pid == pid; });
}

QList<QString> ClaudeLive::jobs() const
{
    QList<QString> ids;
    for (const RegistryEntry& entry : m_entries) {
        if (!entry.jobId.isEmpty() && !ids.contains(entry.jobId))
            ids.append(entry.jobId);
    }
    return ids;
}

QHash<qint64, quint64> ClaudeLive::processes() const
{
    QHash<qint64, quint64> processes;
    for (const RegistryEntry& entry : m_entries)
        processes.insert(entry.pid, entry.procStart.value_or(0));
    return processes;
}

QList<LiveSession> ClaudeLive::sessions() const
{
    QMap<QString, LiveSession> sessions;
    for (auto it = m_entries.cbegin(); it != m_entries.cend(); ++it) {
        const auto job = m_jobs.constFind(it->jobId);
        LiveSession session = toLiveSession(*it, job == m_jobs.cend() ? std::nullopt : std::optional(*job));
        session.continuesSessionId = m_sessionBefore.value(it.key());
        const auto other = sessions.constFind(session.sessionId);
        if (other == sessions.cend() || other->sinceMs < session.sinceMs)
            sessions.insert(session.sessionId, session);
    }
    return sessions.values();
}

} // namespace plimsoll
