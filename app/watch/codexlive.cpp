// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/watch/codexlive.h"

#include "app/agents/codex/locks.h"
#include "app/watch/procinfo.h"
#include "app/watch/safefile.h"

namespace plimsoll {

void CodexLive::scan()
{
    m_loaded.clear();
    QList<LockFile> files;
    const TreeListing listing = listTree(m_locksDir, {.depth = 0, .entries = 10'000, .suffixes = {".lock"}});
    for (const FileEntry& file : listing.files) {
        if (const std::optional<QByteArray> threadId = threadOfLockName(file.path))
            files.append({*threadId, file.dev, file.inode});
    }
    if (files.isEmpty())
        return; // nothing to ask the whole machine's lock table for
    const QList<LoadedThread> threads = loadedThreads(files, parseFlocks(readLockTable()));
    for (const LoadedThread& thread : threads) {
        const std::optional<ProcessStat> stat = processStat(thread.pid);
        if (!stat || !isAlive(thread.pid, stat->startTicks))
            continue; // a child may have inherited the lock of a process that is gone
        if (thread.isSure || processHolds(thread.pid, thread.dev, thread.inode))
            m_loaded.insert(thread.threadId, {thread.pid, stat->startTicks});
    }
}

QHash<qint64, quint64> CodexLive::processes() const
{
    QHash<qint64, quint64> processes;
    for (const Loaded& loaded : m_loaded)
        processes.insert(loaded.pid, loaded.procStart);
    return processes;
}

QList<LiveSession> CodexLive::sessions() const
{
    QList<LiveSession> sessions;
    for (auto it = m_loaded.cbegin(); it != m_loaded.cend(); ++it) {
        LiveSession session;
        session.kind = AgentKind::Codex;
        session.sessionId = QString::fromLatin1(it.key());
        session.pid = it->pid;
        session.source = StateSource::Lock;
        session.reason = QStringLiteral("loaded by a running Codex");
        sessions.append(session);
    }
    return sessions;
}

} // namespace plimsoll
