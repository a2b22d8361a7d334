// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/agents/reader.h"

#include <cstddef>
#include <cstdint>
#include <memory>

namespace plimsoll {

/// A line longer than this is skipped and counted: nothing that a gauge needs is that long, and memory stays
/// bounded on a log of NULs.
inline constexpr size_t maxLineBytes = size_t{8} * 1024 * 1024;

/// Cuts the bytes of a log into lines and hands them to its reader. Bytes behind the last newline are taken
/// only if they are a whole JSON object (an agent was killed between a line and its newline); otherwise they
/// stay unread, and reading goes on at position() later. Opens nothing; holds no bytes between two runs.
class LineSplitter
{
public:
    /// Where reading stopped. A plain value, kept with the file.
    struct Position
    {
        int64_t offset = 0;    ///< bytes of the file that are done with
        bool skipping = false; ///< in the middle of a line that is too long
        bool operator==(const Position&) const = default;
    };

    LineSplitter(Position start, LogReader& reader, ReaderSink& sink);

    /// Room for the next bytes; valid until the next call of any function.
    /// \param bytes how many will be written at most
    [[nodiscard]] char* room(size_t bytes);

    /// `bytes` have been written to room().
    void feed(size_t bytes);

    /// No more bytes for now; returns where to go on.
    [[nodiscard]] Position finish();

    /// Bytes whose memory is reused from run to run. Not filled when made: a vector would be.
    struct Buffer
    {
        std::unique_ptr<char[]> bytes;
        size_t size = 0;
    };

private:
    void makeRoom(size_t bytes);
    void readLines();
    void readOne(size_t begin, size_t end);

    Position m_position; ///< offset of m_buffer[m_begin]
    LogReader& m_reader;
    ReaderSink& m_sink;
    Buffer& m_buffer;
    size_t m_begin = 0;    ///< first byte that is not done with
    size_t m_end = 0;      ///< behind the last byte
    size_t m_searched = 0; ///< no newline before this
};

} // namespace plimsoll
