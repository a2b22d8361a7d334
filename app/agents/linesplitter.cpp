// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/agents/linesplitter.h"

#include "app/agents/jsontext.h"

#include <algorithm>
#include <cstring>

namespace plimsoll {

namespace {

/// Room for two chunks and what waits of a line; small enough to stay in the cache of a core.
constexpr size_t usualBytes = size_t{320} * 1024;

/// Reading a file must not allocate: thousands are read in a row, a few bytes each while they grow.
LineSplitter::Buffer& threadBuffer()
{
    thread_local LineSplitter::Buffer buffer;
    return buffer;
}

} // namespace

LineSplitter::LineSplitter(Position start, LogReader& reader, ReaderSink& sink)
    : m_position(start)
    , m_reader(reader)
    , m_sink(sink)
    , m_buffer(threadBuffer())
{
}

char* LineSplitter::room(size_t bytes)
{
    if (m_begin == m_end)
        m_begin = m_end = m_searched = 0;
    // The head of a line that waits for its end can be long: it is moved only at the end of the usual room.
    if (m_end + bytes + linePadding > std::min(m_buffer.size, usualBytes))
        makeRoom(bytes + linePadding);
    return m_buffer.bytes.get() + m_end;
}

/// Brings what is not done with to the front; into a larger buffer if it does not fit.
void LineSplitter::makeRoom(size_t bytes)
{
    const size_t kept = m_end - m_begin;
    if (m_buffer.size < kept + bytes) {
        const size_t size = std::max({usualBytes, 2 * m_buffer.size, kept + bytes});
        auto larger = std::make_unique_for_overwrite<char[]>(size);
        std::copy_n(m_buffer.bytes.get() + m_begin, kept, larger.get());
        m_buffer = {std::move(larger), size};
    } else if (m_begin > 0) {
        std::memmove(m_buffer.bytes.get(), m_buffer.bytes.get() + m_begin, kept);
    }
    m_searched -= m_begin;
    m_begin = 0;
    m_end = kept;
}

void LineSplitter::feed(size_t bytes)
{
    m_end += bytes;
    readLines();
    if (m_end - m_begin > maxLineBytes) {
        if (!m_position.skipping)
            m_reader.skipLine();
        m_position.skipping = true;
    }
    if (m_position.skipping) {
        m_position.offset += static_cast<int64_t>(m_end - m_begin);
        m_begin = m_end;
        m_searched = m_end;
    }
}

void LineSplitter::readLines()
{
    while (m_searched < m_end) {
        const void* const found = std::memchr(m_buffer.bytes.get() + m_searched, '\n', m_end - m_searched);
        if (!found) {
            m_searched = m_end;
            return;
        }
        const auto newline = static_cast<size_t>(static_cast<const char*>(found) - m_buffer.bytes.get());
        if (m_position.skipping)
            m_position.skipping = false;
        else
            readOne(m_begin, newline);
        m_position.offset += static_cast<int64_t>(newline + 1 - m_begin);
        m_begin = newline + 1;
        m_searched = m_begin;
    }
}

void LineSplitter::readOne(size_t begin, size_t end)
{
    if (end - begin > maxLineBytes)
        m_reader.skipLine();
    else if (end > begin)
        m_reader.readLine({m_buffer.bytes.get() + begin, end - begin}, m_position.offset, m_sink);
}

LineSplitter::Position LineSplitter::finish()
{
    if (!m_position.skipping && m_end > m_begin) {
        const std::string_view rest(m_buffer.bytes.get() + m_begin, m_end - m_begin);
        if (isWholeObject(rest)) {
            readOne(m_begin, m_end);
            m_position.offset += static_cast<int64_t>(m_end - m_begin);
        }
    }
    m_begin = m_end = m_searched = 0;
    // A long line once met must not stay in memory for ever.
    constexpr size_t keptBytes = size_t{2} * 1024 * 1024;
    if (m_buffer.size > keptBytes)
        m_buffer = {};
    return m_position;
}

} // namespace plimsoll
