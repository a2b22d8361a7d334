// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/watch/watcher.h"

#include "app/watch/logqueries.h"

#include <QDateTime>
#include <QDir>
#include <QFile>
#include <QLoggingCategory>
#include <QThread>

#include <algorithm>
#include <map>
#include <thread>

namespace plimsoll {

namespace {

Q_LOGGING_CATEGORY(lcWatch, "plimsoll.watch", QtInfoMsg) // --verbose shows the rest

constexpr int sweepMs = 30 * 1000;
constexpr int saveMs = 1000;                          ///< how far the records may lag behind the logs
constexpr qint64 recentMs = qint64{24} * 3600 * 1000; ///< files that changed in this time are swept
constexpr int olderPage = 200;                        ///< agents that one request for more brings
constexpr int primedAgents = 12;                      ///< whose last lines fill the stream at the start
constexpr int primedLines = 12;

qint64 now()
{
    return QDateTime::currentMSecsSinceEpoch();
}

QByteArray joined(const QByteArray& dir, const QByteArray& name)
{
    return dir.isEmpty() ? name : dir + '/' + name;
}

} // namespace

Watcher::Watcher(const Catalogue& catalogue, const QString& home, const AgentHomes& homes,
                 Handover<WatchCommand> commands, Handover<Event> events, Handover<WatchNotice> notices,
                 Handover<LogRecord> records)
    : m_roots(logRoots(homes))
    , m_fleet(catalogue, home)
    , m_commands(std::move(commands))
    , m_events(std::move(events))
    , m_notices(std::move(notices))
    , m_records(std::move(records))
    , m_homes(homes)
{
}

Watcher::~Watcher()
{
    save();
    m_commands.disconnect();
}

void Watcher::start()
{
    Q_ASSERT(QThread::currentThread() == thread());
    m_commands.connectTo(this, [this](std::vector<WatchCommand> commands) {
        for (WatchCommand& command : commands)
            execute(std::move(command));
    });
    m_saveTimer = new QTimer(this);
    m_saveTimer->setSingleShot(true);
    m_saveTimer->setInterval(saveMs);
    connect(m_saveTimer, &QTimer::timeout, this, &Watcher::save);
}

void Watcher::begin(BeginScan kept)
{
    if (m_inotify)
        return;
    m_inotify = std::make_unique<Inotify>();
    if (!m_inotify->isOpen())
        report(m_inotify->errorText());
    connect(m_inotify.get(), &Inotify::changed, this, &Watcher::handle);
    connect(m_inotify.get(), &Inotify::overflowed, this, &Watcher::handleOverflow);
    m_anchors = std::make_unique<DirAnchors>(*m_inotify);
    for (const LogRoot& root : m_roots)
        m_anchors->want(root.bytes, WatchScope::Contents);
    m_anchors->attach(); // what is there is listed by the first scan

    m_liveness =
        std::make_unique<Liveness>(QFile::encodeName(m_homes.claude), QFile::encodeName(m_homes.codex));
    connect(m_liveness.get(), &Liveness::changed, this, [this](const QList<LiveSession>& sessions) {
        for (const LiveSession& session : sessions) {
            qCDebug(lcWatch, "%s: pid %lld, %s", qUtf8Printable(session.sessionId), session.pid,
                    session.ended ? "has ended" : "lives");
            m_fleet.setLive(session);
        }
        publish();
    });
    connect(m_liveness.get(), &Liveness::failed, this, &Watcher::report);
    m_fleet.setContinues(std::move(kept.continues));
    startScan(std::move(kept.records));

    m_sweepTimer = new QTimer(this);
    m_sweepTimer->setTimerType(Qt::VeryCoarseTimer);
    connect(m_sweepTimer, &QTimer::timeout, this, &Watcher::sweep);
    m_sweepTimer->start(sweepMs);
}

void Watcher::startScan(std::vector<LogRecord> records)
{
    // Watched first, listed then: what comes in between is met twice, never missed.
    LogListing listing = listLogs(m_roots);
    for (const auto& [root, relative] : std::as_const(listing.directories))
        watchDirectory(*root, relative);
    if (!listing.directories.isEmpty())
        listing = listLogs(m_roots);
    if (listing.truncated)
        report(QStringLiteral("There are more session files than Plimsoll looks at; the rest is left out."));
    ScanPlan plan = planScan(listing, std::move(records), m_roots);
    for (const ScanJob& job : plan.jobs)
        m_scanning.insert({job.file.root, job.file.relative});
    const auto jobs = qint64(plan.jobs.size());
    m_progress = {true, false, listing.logs.size() - jobs, listing.logs.size(), 0, plan.bytes};
    qCDebug(lcWatch, "first scan: %lld of %lld files, at most %lld bytes, in %lld folders", jobs,
            qint64(listing.logs.size()), plan.bytes, qint64(listing.directories.size()));
    m_notices.push(m_progress);
    for (ScannedLog& log : plan.kept)
        takeOne(std::move(log));
    m_liveness->start(); // whoever lives is told of with what is kept of him
    m_scan = std::make_unique<ColdScan>(
        this, [this](std::vector<ScannedLog> logs) { takeScanned(std::move(logs)); });
    publish();
    if (plan.jobs.empty())
        finishScan();
    else
        m_scan->start(std::move(plan.jobs));
}

/// Takes one log into the fleet, and hands on its record.
void Watcher::takeOne(ScannedLog log)
{
    const LogName name{log.file.root, log.file.relative};
    // After a cancelled scan one that was under way may have been met again.
    if (log.failed || m_fileByName.contains(name))
        return;
    const size_t index = m_fleet.addFile(std::move(log.file));
    m_fileByName.insert(name, index);
    m_fleet.absorb(index, log.batch);
    if (log.record)
        m_records.push(std::move(*log.record));
    if (m_touched.erase(name) > 0)
        m_pending.insert(index);
}

void Watcher::takeScanned(std::vector<ScannedLog> logs)
{
    for (ScannedLog& log : logs) {
        ++m_progress.filesDone;
        m_progress.bytesDone += log.bytes;
        m_scanning.erase({log.file.root, log.file.relative});
        takeOne(std::move(log));
    }
    readPending();
    if (!m_progress.running)
        return; // cancelled; this was still under way
    if (m_progress.filesDone >= m_progress.filesTotal)
        finishScan();
    else
        m_notices.push(m_progress);
}

void Watcher::finishScan()
{
    m_progress.running = false;
    m_progress.cancelled = m_scan->isCancelled();
    qCDebug(lcWatch, "first scan %s after %lld of %lld files", m_progress.cancelled ? "cancelled" : "done",
            m_progress.filesDone, m_progress.filesTotal);
    m_scanning.clear();
    m_fleet.setLiveMode();
    publish();
    QList<Agent> agents = m_fleet.agents(now());
    std::sort(agents.begin(), agents.end(),
              [](const Agent& a, const Agent& b) { return a.info.updatedAtMs > b.info.updatedAtMs; });
    // In a thread of its own, with which the buffers end that long lines have needed.
    Events recent;
    std::thread([&] { recent = recentLines(m_fleet, agents, primedAgents, primedLines); }).join();
    for (Event& event : recent)
        m_events.push(std::move(event));
    m_notices.push(m_progress);
    m_scan->finish();
}

void Watcher::watchDirectory(const LogRoot& root, const QByteArray& relative)
{
    if (relative.isEmpty())
        return; // the root itself is anchored
    if (!m_inotify->watchBelow(root.bytes, relative))
        report(m_inotify->errorText());
}

const LogRoot* Watcher::rootOf(const QByteArray& dir, QByteArray& relativeDir) const
{
    for (const LogRoot& root : m_roots) {
        if (dir == root.bytes || dir.startsWith(root.bytes + '/')) {
            relativeDir = dir.mid(root.bytes.size() + 1);
            return &root;
        }
    }
    return nullptr;
}

void Watcher::handle(const QList<DirEvent>& events)
{
    attachRoots(m_anchors->update(events));
    for (const DirEvent& event : events)
        handleOne(event);
    readPending();
}

void Watcher::attachRoots(const QList<QByteArray>& roots)
{
    for (const QByteArray& dir : roots) {
        QByteArray relative;
        if (const LogRoot* root = rootOf(dir, relative))
            listBelow(*root, {});
    }
}

void Watcher::handleOne(const DirEvent& event)
{
    QByteArray relativeDir;
    const LogRoot* root = rootOf(event.dir, relativeDir);
    if (!root || event.kinds.testFlag(DirEvent::DirectoryGone) || event.name.isEmpty())
        return;
    const QByteArray relative = joined(relativeDir, event.name);
    if (event.isDirectory) {
        if (event.kinds.testFlag(DirEvent::Appeared))
            listBelow(*root, relative);
        return;
    }
    if (event.name.endsWith(".meta.json")) {
        const auto known = m_fileByName.constFind({root->bytes, relative.chopped(10) + ".jsonl"});
        if (known != m_fileByName.constEnd()) {
            m_fleet.setMeta(*known, readSubagentMeta(m_fleet.file(*known)));
            saveLater(*known);
        }
        return;
    }
    const auto known = m_fileByName.constFind({root->bytes, relative});
    if (known != m_fileByName.constEnd())
        m_pending.insert(*known);
    else if (const std::optional<FoundLog> found = logAt(*root, relative))
        meet(*found);
}

/// A folder that is new, or whose events were lost: watch it and meet what lies in it.
void Watcher::listBelow(const LogRoot& root, const QByteArray& relative)
{
    watchDirectory(root, relative);
    const LogListing listing = listLogs({root}, relative);
    for (const auto& [ownRoot, directory] : listing.directories) {
        Q_UNUSED(ownRoot)
        watchDirectory(root, directory);
    }
    for (FoundLog log : listing.logs) {
        log.root = &root;
        meet(log);
    }
}

void Watcher::meet(const FoundLog& found)
{
    const LogName name{found.root->bytes, found.relative};
    if (m_scanning.count(name) != 0) {
        m_touched.insert(name);
        return;
    }
    const auto known = m_fileByName.constFind(name);
    if (known != m_fileByName.constEnd()) {
        m_pending.insert(*known);
        return;
    }
    qCDebug(lcWatch, "new log %s", found.relative.constData());
    const size_t index = m_fleet.addFile(makeLogFile(found));
    m_fileByName.insert(name, index);
    m_fleet.setMeta(index, readSubagentMeta(m_fleet.file(index)));
    m_pending.insert(index);
    saveLater(index);
    m_unsaved[index].isWhole = true;
}

void Watcher::readFile(size_t index)
{
    LogFile& file = m_fleet.file(index);
    ReadResult result = readNew(file, true);
    const bool wasGone = file.gone;
    m_fleet.setGone(index, result.fault == OpenFault::Missing);
    if (file.gone != wasGone)
        saveLater(index);
    if (result.restarted) {
        qCDebug(lcWatch, "%s: truncated or replaced, read again", qUtf8Printable(file.path));
        m_fleet.restartFile(index);
    }
    if (result.bytes > 0 || result.restarted) {
        m_fleet.absorb(index, result.batch);
        saveLater(index);
        std::vector<Response>& unsaved = m_unsaved[index].responses;
        unsaved.insert(unsaved.end(), result.batch.responses.begin(), result.batch.responses.end());
    }
    if (result.more)
        m_pending.insert(index);
}

void Watcher::readPending()
{
    while (!m_pending.empty()) {
        for (const size_t index : std::exchange(m_pending, {}))
            readFile(index);
    }
    publish();
}

void Watcher::saveLater(size_t index)
{
    m_unsaved.try_emplace(index);
    if (m_saveTimer && !m_saveTimer->isActive())
        m_saveTimer->start();
}

void Watcher::save()
{
    for (const auto& [index, unsaved] : std::exchange(m_unsaved, {})) {
        LogRecord record = recordOf(m_fleet.file(index), unsaved.responses);
        record.isWhole = unsaved.isWhole;
        m_records.push(std::move(record));
    }
}

void Watcher::handleOverflow()
{
    qCInfo(lcWatch, "the kernel dropped events: looking at everything again");
    for (const LogRoot& root : m_roots)
        listBelow(root, {});
    for (size_t i = 0; i < m_fleet.fileCount(); ++i)
        m_pending.insert(i);
    m_liveness->recheck();
    readPending();
}

/// Looks at recent files by size and time only; reads what grew unseen.
void Watcher::sweep()
{
    const qint64 nowMs = now();
    attachRoots(m_anchors->attach());
    std::map<QByteArray, UniqueFd> roots;
    for (size_t i = 0; i < m_fleet.fileCount(); ++i) {
        const LogFile& file = m_fleet.file(i);
        if (file.mtimeMs < nowMs - recentMs)
            continue;
        const auto [root, isNew] = roots.try_emplace(file.root);
        if (isNew)
            root->second = openRoot(file.root);
        const std::optional<FileStamp> stamp = stampOf(root->second.get(), file.relative);
        const bool differs = stamp && (file.gone || *stamp != FileStamp{file.sizeBytes, file.mtimeMs});
        if (differs || (!stamp && !file.gone))
            m_pending.insert(i);
    }
    m_liveness->recheck();
    m_fleet.recheckStates(nowMs);
    readPending();
}

void Watcher::execute(WatchCommand command)
{
    if (auto* kept = std::get_if<BeginScan>(&command)) {
        begin(std::move(*kept));
    } else if (std::holds_alternative<CancelScan>(command)) {
        if (!m_progress.running || m_scan->isCancelled())
            return;
        m_scan->cancel();
        finishScan();
    } else if (const auto* driven = std::get_if<DrivenSession>(&command)) {
        m_fleet.setDriven(*driven);
        publish();
    } else {
        answer(std::get<WatchQuery>(command));
    }
}

void Watcher::answer(const WatchQuery& query)
{
    QJsonObject result;
    if (query.method == QLatin1String("history") && isHistoryLost(m_fleet, query.params)) {
        m_notices.push(LostHistory{query});
        return;
    }
    if (query.method == QLatin1String("history")) {
        result = historyOf(m_fleet, query.params);
    } else if (query.method == QLatin1String("text")) {
        result = textOf(m_fleet, query.params);
    } else if (query.method == QLatin1String("curve")) {
        result = curveOf(m_fleet, query.params);
    } else if (query.method == QLatin1String("todos")) {
        result = todosOf(m_fleet, query.params);
    } else if (query.method == QLatin1String("counts")) {
        result = countsOf(m_fleet, query.params);
    } else if (query.method == QLatin1String("agents")) {
        const int count = m_fleet.publishOlder(olderPage);
        publish();
        result = {{QStringLiteral("count"), count}, {QStringLiteral("left"), m_fleet.unpublished()}};
    } else {
        result = {{QStringLiteral("error"), QStringLiteral("unknown query \"%1\"").arg(query.method)}};
    }
    const QString error = result.take(QStringLiteral("error")).toString();
    m_notices.push(Reply{query.id, result, error});
}

void Watcher::publish()
{
    for (Event& event : m_fleet.takeEvents(now())) {
        if (const auto* told = std::get_if<UsageChanged>(&event.body); told && lcWatch().isDebugEnabled()) {
            qCDebug(lcWatch, "%s: in %lld, out %lld, cost %lld pico-USD, context %lld",
                    qUtf8Printable(m_fleet.titleOf(event.agent)), told->usage.inputTokens.value_or(-1),
                    told->usage.outputTokens.value_or(-1), told->usage.costPico.value_or(-1),
                    told->usage.contextTokens.value_or(-1));
        }
        m_events.push(std::move(event));
    }
}

void Watcher::report(const QString& text)
{
    if (text.isEmpty() || text == m_reported)
        return;
    m_reported = text;
    m_notices.push(WatchFailure{text});
}

} // namespace plimsoll
