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
    return FoundLog{&root, *role, relative, 0, 0};
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
        const TreeListing tree = listTree(QFile::encodeName(root.path), limits, below);
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

void ColdScan::finish()
{
    m_pool.waitForDone();
    m_shared->logs.clear();
#ifdef __GLIBC__
    ::malloc_trim(0);
#endif
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

ScanTotals scanAll(const QList<LogRoot>& roots, Fleet& fleet)
{
    const LogListing listing = listLogs(roots);
    ScanTotals totals;
    totals.files = listing.logs.size();
    totals.bytes = listing.bytes;

    std::mutex mutex;
    std::condition_variable ready;
    std::deque<ScannedLog> done;
    std::atomic<qsizetype> next = 0;
    QThreadPool pool;
    for (int i = 0; i < pool.maxThreadCount(); ++i) {
        pool.start([&] {
            for (qsizetype index = next.fetch_add(1); index < listing.logs.size();
                 index = next.fetch_add(1)) {
                ScannedLog scanned = scanOne(listing.logs.at(index), nullptr);
                const std::lock_guard lock(mutex);
                done.push_back(std::move(scanned));
                ready.notify_one();
            }
        });
    }
    for (qsizetype taken = 0; taken < listing.logs.size(); ++taken) {
        std::unique_lock lock(mutex);
        ready.wait(lock, [&] { return !done.empty(); });
        ScannedLog scanned = std::move(done.front());
        done.pop_front();
        lock.unlock();
        totals.bytesParsed += scanned.bytes;
        fleet.absorb(fleet.addFile(std::move(scanned.file)), scanned.batch);
    }
    pool.waitForDone();
    totals.badLines = fleet.badLines();
    return totals;
}

} // namespace plimsoll
