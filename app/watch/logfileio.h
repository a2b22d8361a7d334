// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/watch/fleet.h"

#include <atomic>

namespace plimsoll {

/// Gathers what a reader finds.
class BatchSink : public ReaderSink
{
public:
    BatchSink(ReadBatch& batch, bool wantsLog)
        : m_batch(batch)
        , m_wantsLog(wantsLog)
    {
    }

    /// A client repeats a response on each of its lines. The Ledger takes the line with the largest output;
    /// what one run of lines tells of one response can be decided here, and saves half of the Ledger's work.
    void response(const Response& response) override
    {
        if (!m_batch.responses.empty()) {
            Response& last = m_batch.responses.back();
            if (last.key == response.key && last.thread == response.thread &&
                last.ownerHash == response.ownerHash) {
                if (response.tokens.output > last.tokens.output)
                    last = response;
                return;
            }
        }
        m_batch.responses.push_back(response);
    }
    void contextPoint(uint32_t /*thread*/, int64_t /*atMs*/, int64_t /*tokens*/) override {}
    void logged(LogItem item) override { m_batch.items.push_back(std::move(item)); }
    [[nodiscard]] bool wantsLog() const override { return m_wantsLog; }
    [[nodiscard]] bool wantsContextPoints() const override { return false; }

private:
    ReadBatch& m_batch;
    const bool m_wantsLog;
};

struct ReadResult
{
    OpenFault fault = OpenFault::None;
    bool restarted = false; ///< the file was truncated or replaced: it has been read from its beginning
    bool more = false;      ///< a bound was met: call again
    qint64 bytes = 0;       ///< read now
    ReadBatch batch;
};

/// Reads what a log file holds beyond its position, through its reader, and settles the reader. Never blocks,
/// at most maxReadBytes at once. Any thread, one at a time per file. \param wantLog whether LogItems are
/// built \param cancelled looked at between chunks; may be null
[[nodiscard]] ReadResult readNew(LogFile& file, bool wantLog, const std::atomic<bool>* cancelled = nullptr);

/// The meta file beside a subagent's log; empty where there is none.
[[nodiscard]] SubagentMeta readSubagentMeta(const LogFile& file);

/// Feeds `reader` with the lines of a log from byte `from` on, as long as they begin before byte `to`; the
/// first line is left out unless `from` is 0 or the beginning of a line. For history and curves: changes
/// nothing. Compressed logs are read from their beginning. False if the file cannot be read.
[[nodiscard]] bool readRange(const LogFile& file, qint64 from, qint64 to, LogReader& reader,
                             ReaderSink& sink);

} // namespace plimsoll
