// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/watch/coldscan.h"

#include <QFile>
#include <QThread>

#include <algorithm>
#include <condition_variable>
#include <deque>

namespace plimsoll {

std::optional<FoundLog> logAt(const LogRoot& root, const QByteArray& relative)
{
    const std::optional<LogRole> role = root.roleOf({relative.constData(), size_t(relative.size())});
    if (!role)
        return std::nullopt;
    return FoundLog{&root, *role, relative, 0, 0};
}

bool isShadowed(const FoundLog& log, const QSet<QByteArray>& paths)
{
    return log.role.compressed && paths.contains(log.relative.chopped(4));
}

LogListing listLogs(const QList<LogRoot>& roots)
{
    LogListing listing;
    for (const LogRoot& root : roots) {
        TreeLimits limits;
        limits.depth = root.maxDepth;
        limits.suffixes = {".jsonl", ".jsonl.zst"};
        const TreeListing tree = listTree(QFile::encodeName(root.path), limits);
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
    file.root = QFile::encodeName(found.root->path);
    file.relative = found.relative;
    file.path = found.root->path + QLatin1Char('/') + QFile::decodeName(found.relative);
    file.reader =
        found.root->makeReader(found.role, {found.relative.constData(), size_t(found.relative.size())});
    return file;
}

namespace {

ScannedLog scanOne(const FoundLog& found, const std::atomic<bool>* cancelled)
{
    ScannedLog scanned;
    scanned.file = makeLogFile(found);
    ReadResult result = readNew(scanned.file, false, cancelled);
    while (result.more) {
        scanned.bytes += result.bytes;
        std::vector<Response> before = std::move(result.batch.responses);
        result = readNew(scanned.file, false, cancelled);
        before.insert(before.end(), result.batch.responses.begin(), result.batch.responses.end());
        result.batch.responses = std::move(before);
    }
    scanned.bytes += result.bytes;
    scanned.failed = result.fault != OpenFault::None;
    scanned.batch = std::move(result.batch);
    scanned.file.meta = readSubagentMeta(scanned.file);
    return scanned;
}

} // namespace

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

void ColdScan::start(QList<FoundLog> logs)
{
    m_shared->logs = std::move(logs);
    for (int i = 0; i < m_pool.maxThreadCount(); ++i)
        m_pool.start([shared = m_shared, done = m_done]() mutable { work(shared, done); });
}

void ColdScan::work(const std::shared_ptr<Shared>& shared, Handover<ScannedLog>& done)
{
    for (;;) {
        const qsizetype index = shared->next.fetch_add(1);
        if (index >= shared->logs.size() || shared->cancelled)
            return;
        ScannedLog scanned = scanOne(shared->logs.at(index), &shared->cancelled);
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
    void work(const QList<FoundLog>& logs)
    {
        constexpr size_t atOnce = 16;
        std::vector<ScannedLog> read;
        for (qsizetype index = m_next.fetch_add(1); index < logs.size(); index = m_next.fetch_add(1)) {
            read.push_back(scanOne(logs.at(index), nullptr));
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

    std::atomic<qsizetype> m_next = 0;
    std::mutex m_mutex;
    std::condition_variable m_ready;
    std::deque<std::vector<ScannedLog>> m_read; // guarded by m_mutex
};

} // namespace

ScanTotals scanAll(const QList<LogRoot>& roots, Fleet& fleet)
{
    LogListing listing = listLogs(roots);
    ScanTotals totals;
    totals.files = listing.logs.size();
    totals.bytes = listing.bytes;

    // The largest first: a long log begun last would leave all other threads idle.
    std::sort(listing.logs.begin(), listing.logs.end(),
              [](const FoundLog& a, const FoundLog& b) { return a.sizeBytes > b.sizeBytes; });
    ScanQueue queue;
    QThreadPool pool;
    for (int i = 0; i < pool.maxThreadCount(); ++i)
        pool.start([&] { queue.work(listing.logs); });
    for (qsizetype taken = 0; taken < listing.logs.size();) {
        for (ScannedLog& scanned : queue.take()) {
            totals.bytesParsed += scanned.bytes;
            fleet.absorb(fleet.addFile(std::move(scanned.file)), scanned.batch);
            ++taken;
        }
    }
    pool.waitForDone();
    totals.badLines = fleet.badLines();
    return totals;
}

} // namespace plimsoll
