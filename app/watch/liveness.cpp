// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/watch/liveness.h"

#include "app/watch/procinfo.h"

#include <utility>

namespace plimsoll {

namespace {

constexpr int retryMs = 50;
constexpr int maxRetries = 5;

QByteArray nameIn(const QByteArray& dir, const QByteArray& path)
{
    return path.startsWith(dir + '/') ? path.mid(dir.size() + 1) : QByteArray();
}

} // namespace

Liveness::Liveness(const QByteArray& claudeConfigDir, const QByteArray& codexHome, QObject* parent)
    : QObject(parent)
    , m_claude(claudeConfigDir)
    , m_codex(codexHome)
    , m_inotify(this) // as children they go with us to another thread
    , m_anchors(m_inotify)
    , m_pids(this)
    , m_retryTimer(this)
{
    m_anchors.want(m_claude.sessionsDir(), WatchScope::Contents);
    m_anchors.want(m_claude.jobsDir(), WatchScope::Names);
    m_anchors.want(m_codex.locksDir(), WatchScope::Opens);
    m_retryTimer.setSingleShot(true);
    m_retryTimer.setInterval(retryMs);
    connect(&m_retryTimer, &QTimer::timeout, this, &Liveness::retry);
    connect(&m_inotify, &Inotify::changed, this, &Liveness::handle);
    connect(&m_inotify, &Inotify::overflowed, this, &Liveness::recheck);
    connect(&m_pids, &PidWatch::ended, this, &Liveness::endProcess);
}

Liveness::~Liveness() = default;

void Liveness::start()
{
    if (!m_inotify.isOpen())
        report(m_inotify.errorText());
    recheck();
}

void Liveness::recheck()
{
    m_anchors.attach(); // before looking: what changes in between makes an event
    if (m_inotify.isLimitReached())
        report(m_inotify.errorText());
    scanClaude();
    m_codex.scan();
    publish();
}

void Liveness::scanClaude()
{
    const QList<QByteArray> halfWritten = m_claude.scan();
    for (const QByteArray& name : halfWritten)
        settle(m_claude.sessionsDir() + '/' + name, ClaudeLive::Read::HalfWritten);
}

void Liveness::handle(const QList<DirEvent>& events)
{
    const QList<QByteArray> changedDirs = m_anchors.update(events);
    if (changedDirs.contains(m_claude.sessionsDir()) || changedDirs.contains(m_claude.jobsDir()))
        scanClaude();
    bool locksChanged = changedDirs.contains(m_codex.locksDir());
    for (const DirEvent& event : events) {
        if (event.dir == m_codex.locksDir())
            locksChanged = locksChanged || !event.isDirectory;
        else
            handleClaude(event);
    }
    if (locksChanged) {
        m_codex.scan();
        // The event comes before the lock: a file is locked after it was opened, and unlocked after it was
        // closed.
        m_lockLooks = maxRetries;
        m_retryTimer.start();
    }
    publish();
}

void Liveness::handleClaude(const DirEvent& event)
{
    if (event.dir == m_claude.sessionsDir()) {
        if (isRegistryName(event.name)) {
            m_halfWritten.remove(event.dir + '/' + event.name);
            readEntry(event.name);
        }
        return;
    }
    const QByteArray job =
        event.dir == m_claude.jobsDir() ? event.name : nameIn(m_claude.jobsDir(), event.dir);
    if (!job.isEmpty()) {
        m_halfWritten.remove(m_claude.jobsDir() + '/' + job);
        readJob(QString::fromLatin1(job));
    }
}

void Liveness::readEntry(const QByteArray& name)
{
    settle(m_claude.sessionsDir() + '/' + name, m_claude.readEntry(name));
}

void Liveness::readJob(const QString& jobId)
{
    settle(m_claude.jobsDir() + '/' + jobId.toLatin1(), m_claude.readJob(jobId));
}

void Liveness::settle(const QByteArray& path, ClaudeLive::Read read)
{
    if (read == ClaudeLive::Read::HalfWritten && m_halfWritten.value(path) < maxRetries) {
        ++m_halfWritten[path];
        if (!m_retryTimer.isActive())
            m_retryTimer.start();
        return;
    }
    m_halfWritten.remove(path); // read well, or left to the next event or sweep
}

void Liveness::retry()
{
    const QList<QByteArray> paths = m_halfWritten.keys();
    for (const QByteArray& path : paths) {
        const QByteArray name = nameIn(m_claude.sessionsDir(), path);
        if (!name.isEmpty())
            readEntry(name);
        else
            readJob(QString::fromLatin1(nameIn(m_claude.jobsDir(), path)));
    }
    if (m_lockLooks > 0) {
        --m_lockLooks;
        m_codex.scan();
        m_retryTimer.start();
    }
    publish();
}

void Liveness::endProcess(qint64 pid)
{
    m_claude.dropProcess(pid);
    m_codex.scan();
    publish();
}

void Liveness::publish()
{
    watchProcesses();
    watchJobs();
    QMap<Key, LiveSession> now;
    QList<LiveSession> all = m_claude.sessions();
    all += m_codex.sessions();
    for (const LiveSession& session : all)
        now.insert({session.kind, session.sessionId}, session);

    QList<LiveSession> news;
    for (auto it = m_known.cbegin(); it != m_known.cend(); ++it) {
        if (now.contains(it.key()))
            continue;
        LiveSession ended = *it;
        ended.ended = true;
        ended.state = AgentState::Complete;
        ended.reason =
            processStat(ended.pid) ? QStringLiteral("session closed") : QStringLiteral("process ended");
        ended.needs.clear();
        ended.sinceMs = 0;
        news.append(ended);
    }
    for (auto it = now.cbegin(); it != now.cend(); ++it) {
        const auto known = m_known.constFind(it.key());
        if (known == m_known.cend() || *known != *it)
            news.append(*it);
    }
    m_known = now;
    if (!news.isEmpty())
        emit changed(news);
}

void Liveness::watchProcesses()
{
    QHash<qint64, quint64> wanted = m_claude.processes();
    wanted.insert(m_codex.processes());
    const QList<qint64> watched = m_pids.pids();
    for (const qint64 pid : watched) {
        if (!wanted.contains(pid))
            m_pids.unwatch(pid);
    }
    for (auto it = wanted.cbegin(); it != wanted.cend(); ++it) {
        if (!m_pids.watch(it.key(), *it))
            report(m_pids.errorText());
    }
}

void Liveness::watchJobs()
{
    QList<QByteArray> wanted;
    const QList<QString> jobs = m_claude.jobs();
    for (const QString& jobId : jobs) {
        const QByteArray id = jobId.toLatin1();
        wanted.append(m_claude.jobsDir() + '/' + id);
        if (m_inotify.isWatched(wanted.last()))
            continue;
        if (m_inotify.watchBelow(m_claude.jobsDir(), id))
            readJob(jobId); // it may have been written before we watched
        else if (m_inotify.isLimitReached())
            report(m_inotify.errorText());
    }
    for (const QByteArray& dir : std::as_const(m_jobDirs)) {
        if (!wanted.contains(dir))
            m_inotify.unwatch(dir);
    }
    m_jobDirs = wanted;
}

void Liveness::report(const QString& text)
{
    if (text == m_reported)
        return;
    m_reported = text;
    emit failed(text);
}

} // namespace plimsoll
