// SPDX-License-Identifier: GPL-3.0-or-later
// The line splitter in chunks and runs that the input decides: every line comes once, as it stands at its
// offset, and what is left unread is no whole line.
#include "app/agents/jsontext.h"
#include "app/agents/linesplitter.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>

using namespace plimsoll;

namespace {

class NoSink : public ReaderSink
{
public:
    void response(const Response&) override {}
    void contextPoint(uint32_t, int64_t, int64_t) override {}
    void logged(LogItem) override {}
    bool wantsLog() const override { return false; }
    bool wantsContextPoints() const override { return false; }
};

/// Compares each line with the bytes of the file.
class Checker : public LogReader
{
public:
    explicit Checker(std::string_view data)
        : m_data(data)
    {
    }
    void restart() override {}

protected:
    bool takeLine(std::string_view line, int64_t offset, ReaderSink&) override
    {
        const auto at = static_cast<size_t>(offset);
        if (at < m_done || at + line.size() > m_data.size() || m_data.substr(at, line.size()) != line ||
            line.find('\n') != std::string_view::npos)
            std::abort();
        const std::string_view between = m_data.substr(m_done, at - m_done);
        if (between.find_first_not_of(" \t\r\n") != std::string_view::npos)
            std::abort(); // something was left out
        m_done = at + line.size();
        return true;
    }

private:
    std::string_view m_data;
    size_t m_done = 0;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size)
{
    constexpr size_t deciding = 16;
    if (size < deciding)
        return 0;
    const std::string_view data(reinterpret_cast<const char*>(bytes) + deciding, size - deciding);
    Checker reader(data);
    NoSink sink;
    LineSplitter::Position position;
    size_t step = 0;
    for (size_t visible = 0; visible < data.size();) { // the file grows between two runs
        visible = std::min(visible + 1 + bytes[step++ % deciding], data.size());
        LineSplitter splitter(position, reader, sink);
        for (auto at = static_cast<size_t>(position.offset); at < visible;) {
            const size_t chunk = std::min<size_t>(1 + bytes[step++ % deciding], visible - at);
            std::memcpy(splitter.room(chunk), data.data() + at, chunk);
            splitter.feed(chunk);
            at += chunk;
        }
        const LineSplitter::Position next = splitter.finish();
        if (next.offset < position.offset || next.offset > static_cast<int64_t>(visible) || next.skipping)
            std::abort();
        position = next;
    }
    const std::string_view rest = data.substr(static_cast<size_t>(position.offset));
    if (rest.find('\n') != std::string_view::npos || isWholeObject(rest))
        std::abort();
    return 0;
}
