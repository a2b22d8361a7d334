// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/watch/fleet.h"
#include "app/watch/handover.h"
#include "app/watch/logfileio.h"
#include "app/watch/logname.h"
#include "app/watch/logrecord.h"
#include "models/host.h"

#include <QThreadPool>

#include <atomic>
#include <functional>
#include <memory>

namespace plimsoll {

/// A log that a listing found.
struct FoundLog
{
    const LogRoot* root = nullptr;
    LogRole role;
    QByteArray relative;
    qint64 sizeBytes = 0;
    qint64 mtimeMs = 0;
    quint64 dev = 0;
    quint64 inode = 0;
};

/// All logs below the roots, the newest first; `directories` are all folders of each root, for watching.
struct LogListing
{
    QList<FoundLog> logs;
    QList<QPair<const LogRoot*, QByteArray>> directories; ///< relative to the root
    qint64 bytes = 0;
    bool truncated = false; ///< there are more files than are looked at
};

/// \param roots must outlive the listing
/// \param below of each root only what lies in this folder; empty = everything
[[nodiscard]] LogListing listLogs(const QList<LogRoot>& roots, const QByteArray& below = {});

/// The log at a path below a root; nothing if it is none.
[[nodiscard]] std::optional<FoundLog> logAt(const LogRoot& root, const QByteArray& relative);

/// A LogFile with its reader, nothing read yet.
[[nodiscard]] LogFile makeLogFile(const FoundLog& found);

/// Where Codex left both a plain and a compressed rollout, the plain one wins.
[[nodiscard]] bool isShadowed(const FoundLog& log, const QSet<QByteArray>& paths);

/// A log to be read: from its beginning, or from where an earlier run left it.
struct ScanJob
{
    LogFile file;
    ReadBatch kept;       ///< what the earlier run found in it
    qint64 bytes = 0;     ///< to be read at most
    bool isWhole = false; ///< read from its beginning
};

/// One log as it stands after the scan.
struct ScannedLog
{
    LogFile file;
    ReadBatch batch;
    qint64 bytes = 0;                ///< read in this run
    bool failed = false;             ///< it could not be opened
    std::optional<LogRecord> record; ///< where it says something new
};

/// What a first scan has to do, with what an earlier run has kept.
struct ScanPlan
{
    std::vector<ScanJob> jobs;    ///< new logs and those that changed, in the order of the listing
    std::vector<ScannedLog> kept; ///< need no reading: unchanged, or gone for good
    qint64 bytes = 0;             ///< to be read at most
};
[[nodiscard]] ScanPlan planScan(const LogListing& listing, std::vector<LogRecord>&& records,
                                const QList<LogRoot>& roots);

/// Reads the logs of a plan on a pool of threads and hands each to the receiver when it is done. Keeps no
/// facts itself. Belongs to the receiver's thread; its destructor cancels and waits for the reads that run.
class ColdScan
{
public:
    /// \param take called in the receiver's thread with what has been read since the last call
    ColdScan(QObject* receiver, std::function<void(std::vector<ScannedLog>)> take);
    ~ColdScan();

    void start(std::vector<ScanJob> jobs);
    /// All is read or cancelled: ends the threads and gives back what they needed.
    void finish();
    void cancel() { m_shared->cancelled = true; }
    [[nodiscard]] bool isCancelled() const { return m_shared->cancelled; }

private:
    struct Shared
    {
        std::vector<ScanJob> jobs; ///< each taken by one thread
        std::atomic<size_t> next = 0;
        std::atomic<bool> cancelled = false;
    };

    static void work(const std::shared_ptr<Shared>& shared, Handover<ScannedLog>& done);

    std::shared_ptr<Shared> m_shared = std::make_shared<Shared>();
    Handover<ScannedLog> m_done;
    QThreadPool m_pool;
};

struct ScanTotals
{
    qint64 files = 0;
    qint64 bytes = 0;
    qint64 bytesParsed = 0;
    qint64 badLines = 0;
};
/// Brings a fleet up to date at once, in the calling thread and a pool, and returns when it is done: for
/// `plimsoll status` and tests.
/// \param records what an earlier run has kept
/// \param takeNews gets the records that say something new, in the calling thread; may be empty
[[nodiscard]] ScanTotals scanAll(const QList<LogRoot>& roots, Fleet& fleet,
                                 std::vector<LogRecord> records = {},
                                 const std::function<void(LogRecord)>& takeNews = {});

} // namespace plimsoll
