// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/watch/coldscan.h"

#include <QFile>
#include <QThread>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <malloc.h>

namespace plimsoll {

std::optional<FoundLog> logAt(const LogRoot& root, const QByteArray& relative)
{
    const std::optional<LogRole> role = root.roleOf({relative.constData(), size_t(relative.size())});
    if (!role)
        return std::nullopt;
    return FoundLog{&root, *role, relative, 0, 0, 0, 0};
}

bool isShadowed(const FoundLog& log, const QSet<QByteArray>& paths)
{
    return log.role.compressed && paths.contains(log.relative.chopped(4));
}

LogListing listLogs(const QList<LogRoot>& roots, const QByteArray& below)
{
    LogListing listing;
    for (const LogRoot& root : roots) {
        TreeLimits limits;
        limits.depth = root.maxDepth;
        limits.suffixes = {".jsonl", ".jsonl.zst"};
        const TreeListing tree = listTree(root.bytes, limits, below);
        listing.truncated = listing.truncated || tree.truncated;
        QSet<QByteArray> paths;
        for (const FileEntry& entry : tree.files)
            paths.insert(entry.path);
        for (const FileEntry& entry : tree.files) {
            std::optional<FoundLog> log = logAt(root, entry.path);
            if (!log || isShadowed(*log, paths))
                continue;
            log->sizeBytes = entry.size;
            log->mtimeMs = entry.mtimeMs;
            log->dev = entry.dev;
            log->inode = entry.inode;
            listing.bytes += entry.size;
            listing.logs.append(*log);
        }
        for (const QByteArray& directory : tree.directories)
            listing.directories.append({&root, directory});
    }
    std::sort(listing.logs.begin(), listing.logs.end(), [](const FoundLog& a, const FoundLog& b) {
        return a.mtimeMs != b.mtimeMs ? a.mtimeMs > b.mtimeMs : a.relative < b.relative;
    });
    return listing;
}

LogFile makeLogFile(const FoundLog& found)
{
    LogFile file;
    file.kind = found.root->kind;
    file.role = found.role;
    file.root = found.root->bytes;
    file.relative = found.relative;
    file.path = found.root->path + QLatin1Char('/') + QFile::decodeName(found.relative);
    file.reader =
        found.root->makeReader(found.role, {found.relative.constData(), size_t(found.relative.size())});
    return file;
}

namespace {

/// Whether nothing has been written since: then it is not even opened.
bool isUnchanged(const LogFile& file, const FoundLog& found)
{
    return file.identity.headLength > 0 && file.sizeBytes == found.sizeBytes &&
           file.mtimeMs == found.mtimeMs && file.identity.dev == found.dev &&
           file.identity.inode == found.inode;
}

/// A kept log that needs no reading. Its record says something new only where the world around it has
/// changed.
ScannedLog keep(RestoredLog restored, bool gone)
{
    ScannedLog scanned;
    scanned.file = std::move(restored.file);
    scanned.batch = std::move(restored.batch);
    bool changed = scanned.file.gone != gone;
    scanned.file.gone = gone;
    if (!gone && !scanned.file.role.agentId.empty() && !scanned.file.meta.finished) {
        const SubagentMeta meta = readSubagentMeta(scanned.file);
        changed = changed || meta != scanned.file.meta;
        scanned.file.meta = meta;
    }
    if (changed)
        scanned.record = recordOf(scanned.file, {});
    return scanned;
}

ScannedLog scanOne(ScanJob& job, const std::atomic<bool>* cancelled)
{
    ScannedLog scanned;
    scanned.file = std::move(job.file);
    std::vector<Response> news;
    for (bool more = true; more;) {
        ReadResult result = readNew(scanned.file, false, cancelled);
        more = result.more;
        scanned.bytes += result.bytes;
        scanned.failed = job.isWhole && result.fault != OpenFault::None;
        scanned.file.gone = result.fault == OpenFault::Missing;
        if (news.empty())
            news = std::move(result.batch.responses);
        else
            news.insert(news.end(), result.batch.responses.begin(), result.batch.responses.end());
    }
    if (!scanned.file.gone)
        scanned.file.meta = readSubagentMeta(scanned.file);
    if (!scanned.failed) {
        scanned.record = recordOf(scanned.file, news);
        scanned.record->isWhole = job.isWhole;
    }
    scanned.batch = std::move(job.kept);
    if (scanned.batch.responses.empty())
        scanned.batch.responses = std::move(news);
    else
        scanned.batch.responses.insert(scanned.batch.responses.end(), news.begin(), news.end());
    return scanned;
}

} // namespace

ScanPlan planScan(const LogListing& listing, std::vector<LogRecord>&& records, const QList<LogRoot>& roots)
{
    QHash<LogName, LogRecord*> known;
    known.reserve(qsizetype(records.size()));
    for (LogRecord& record : records)
        known.insert({record.root, record.relative}, &record);
    // A record is of no use once its log stands again: both at once would be twice the memory.
    const auto restore = [&](LogRecord* record) {
        return record ? restoreLog(std::exchange(*record, {}), roots) : std::nullopt;
    };
    ScanPlan plan;
    plan.jobs.reserve(size_t(listing.logs.size()));
    for (const FoundLog& found : listing.logs) {
        std::optional<RestoredLog> restored = restore(known.take({found.root->bytes, found.relative}));
        if (restored && isUnchanged(restored->file, found)) {
            plan.kept.push_back(keep(std::move(*restored), false));
            continue;
        }
        const bool isWhole = !restored.has_value();
        ScanJob job;
        job.isWhole = isWhole;
        job.file = isWhole ? makeLogFile(found) : std::move(restored->file);
        job.bytes = found.sizeBytes - std::min<qint64>(job.file.position.offset, found.sizeBytes);
        if (!isWhole)
            job.kept = std::move(restored->batch);
        plan.bytes += job.bytes;
        plan.jobs.push_back(std::move(job));
    }
    for (LogRecord* record : std::as_const(known)) {
        if (std::optional<RestoredLog> restored = restore(record))
            plan.kept.push_back(keep(std::move(*restored), true));
    }
    return plan;
}

ColdScan::ColdScan(QObject* receiver, std::function<void(std::vector<ScannedLog>)> take)
{
    m_done.connectTo(receiver, std::move(take));
}

ColdScan::~ColdScan()
{
    cancel();
    m_pool.waitForDone();
    m_done.disconnect();
}

void ColdScan::start(std::vector<ScanJob> jobs)
{
    m_shared->jobs = std::move(jobs);
    for (int i = 0; i < m_pool.maxThreadCount(); ++i)
        m_pool.start([shared = m_shared, done = m_done]() mutable { work(shared, done); });
}

void ColdScan::finish()
{
    m_pool.waitForDone();
    std::vector<ScanJob>().swap(m_shared->jobs);
#ifdef __GLIBC__
    ::malloc_trim(0);
#endif
}

void ColdScan::work(const std::shared_ptr<Shared>& shared, Handover<ScannedLog>& done)
{
    for (;;) {
        const size_t index = shared->next.fetch_add(1);
        if (index >= shared->jobs.size() || shared->cancelled)
            return;
        ScannedLog scanned = scanOne(shared->jobs[index], &shared->cancelled);
        if (shared->cancelled)
            return; // half a file would stand there as if it were whole
        done.push(std::move(scanned));
    }
}

namespace {

/// Logs on their way from the threads that read them to the one that counts, several at once: to wake it for
/// each of thousands would cost more than to read a small one.
class ScanQueue
{
public:
    /// Reads logs until none is left; in several threads.
    void work(std::vector<ScanJob>& jobs)
    {
        constexpr size_t atOnce = 16;
        std::vector<ScannedLog> read;
        for (size_t index = m_next.fetch_add(1); index < jobs.size(); index = m_next.fetch_add(1)) {
            read.push_back(scanOne(jobs[index], nullptr));
            if (read.size() >= atOnce)
                push(std::exchange(read, {}));
        }
        if (!read.empty())
            push(std::move(read));
    }

    /// Waits for logs that are read.
    [[nodiscard]] std::vector<ScannedLog> take()
    {
        std::unique_lock lock(m_mutex);
        m_ready.wait(lock, [this] { return !m_read.empty(); });
        std::vector<ScannedLog> read = std::move(m_read.front());
        m_read.pop_front();
        return read;
    }

private:
    void push(std::vector<ScannedLog> read)
    {
        const std::lock_guard lock(m_mutex);
        m_read.push_back(std::move(read));
        m_ready.notify_one();
    }

    std::atomic<size_t> m_next = 0;
    std::mutex m_mutex;
    std::condition_variable m_ready;
    std::deque<std::vector<ScannedLog>> m_read; // guarded by m_mutex
};

} // namespace

ScanTotals scanAll(const QList<LogRoot>& roots, Fleet& fleet, std::vector<LogRecord> records,
                   const std::function<void(LogRecord)>& takeNews)
{
    const LogListing listing = listLogs(roots);
    ScanPlan plan = planScan(listing, std::move(records), roots);
    ScanTotals totals;
    totals.files = listing.logs.size();
    totals.bytes = listing.bytes;
    const auto take = [&](ScannedLog& scanned) {
        totals.bytesParsed += scanned.bytes;
        fleet.absorb(fleet.addFile(std::move(scanned.file)), scanned.batch);
        if (takeNews && scanned.record)
            takeNews(std::move(*scanned.record));
    };
    for (ScannedLog& kept : plan.kept)
        take(kept);

    // The largest first: a long log begun last would leave all other threads idle.
    std::sort(plan.jobs.begin(), plan.jobs.end(),
              [](const ScanJob& a, const ScanJob& b) { return a.bytes > b.bytes; });
    ScanQueue queue;
    QThreadPool pool;
    for (int i = 0; i < pool.maxThreadCount(); ++i)
        pool.start([&] { queue.work(plan.jobs); });
    for (size_t taken = 0; taken < plan.jobs.size();) {
        for (ScannedLog& scanned : queue.take()) {
            take(scanned);
            ++taken;
        }
    }
    pool.waitForDone();
    totals.badLines = fleet.badLines();
    return totals;
}

} // namespace plimsoll
