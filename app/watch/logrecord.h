// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/watch/fleet.h"

#include <QByteArray>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace plimsoll {

/// Responses of one log on one day, packed. Chunks of one day may be joined by joining their bytes.
struct SampleChunk
{
    qint64 day = 0; ///< days since 1970-01-01 UTC, 0 = no time told
    int samples = 0;
    std::string bytes;
};

/// What is kept of one log between two runs of the program: how far it was read, what its reader knows and
/// every response in it. A restored log behaves as if it had been read up to there in this run. Plain value;
/// holds no text but what the reader's facts hold.
struct LogRecord
{
    AgentKind kind = AgentKind::Other;
    QByteArray root;     ///< absolute
    QByteArray relative; ///< below the root
    FileIdentity identity;
    ReadMark mark;
    LineSplitter::Position position;
    qint64 sizeBytes = 0; ///< when it was last read
    qint64 mtimeMs = 0;
    bool gone = false;    ///< the file is not there any more
    bool isWhole = false; ///< read from its beginning: samples of earlier records count no more
    SubagentMeta meta;
    std::string reader;               ///< LogReader::save()
    std::vector<SampleChunk> samples; ///< on the way to the store: those since the last record; back: all
};

/// Grows when readers would now make something else of the same bytes: what an older one has made is then
/// read again from the logs, where these still exist.
inline constexpr int readerRevision = 1;

/// Each response once: of several with one key the one with the largest output.
[[nodiscard]] std::vector<SampleChunk> packSamples(const std::vector<Response>& responses);

/// Appends what a chunk holds. Total on any bytes; false if they do not fit.
[[nodiscard]] bool unpackSamples(std::string_view bytes, std::vector<Response>& responses);

/// \param news responses that are not in an earlier record of this log
[[nodiscard]] LogRecord recordOf(const LogFile& file, const std::vector<Response>& news);

/// A log as it stood.
struct RestoredLog
{
    LogFile file;
    ReadBatch batch; ///< all its responses
};

/// Nothing where the record does not fit: its root is not watched or its bytes are broken.
[[nodiscard]] std::optional<RestoredLog> restoreLog(const LogRecord& record, const QList<LogRoot>& roots);

} // namespace plimsoll
