// SPDX-License-Identifier: GPL-3.0-or-later
// The Codex reader on any bytes: no crash, no hang, and reading with or without text gives the same facts.
#include "app/agents/codex/codexreader.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

using namespace plimsoll;

namespace {

class Sink : public ReaderSink
{
public:
    explicit Sink(bool wanted)
        : m_wanted(wanted)
    {
    }
    void response(const Response& response) override
    {
        const TokenCounts& t = response.tokens;
        if (response.key == 0 || t.input < 0 || t.output < 0 || t.cacheRead < 0 || t.cacheWrite5m < 0 ||
            t.reasoning < 0)
            std::abort();
        m_sum ^= response.key;
    }
    void contextPoint(uint32_t, int64_t, int64_t tokens) override
    {
        if (tokens <= 0)
            std::abort();
    }
    void logged(LogItem item) override
    {
        if (item.text.size() > maxLogBytes)
            std::abort();
    }
    bool wantsLog() const override { return m_wanted; }
    bool wantsContextPoints() const override { return m_wanted; }
    [[nodiscard]] uint64_t sum() const { return m_sum; }

private:
    bool m_wanted;
    uint64_t m_sum = 0;
};

void readAll(CodexReader& reader, std::string_view data, Sink& sink)
{
    std::string padded; // each line in a buffer of its own, so that reading past it shows
    size_t at = 0;
    while (at <= data.size()) {
        const size_t end = std::min(data.find('\n', at), data.size());
        padded.assign(data.substr(at, end - at));
        const size_t length = padded.size();
        padded.append(linePadding, '\0');
        padded.shrink_to_fit();
        reader.readLine({padded.data(), length}, static_cast<int64_t>(at), sink);
        at = end + 1;
    }
    reader.settle();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size)
{
    const std::string_view data(reinterpret_cast<const char*>(bytes), size);
    CodexReader cold("rollout.jsonl");
    CodexReader live("rollout.jsonl");
    Sink coldSink(false);
    Sink liveSink(true);
    readAll(cold, data, coldSink);
    readAll(live, data, liveSink);
    const FileFacts& a = cold.facts();
    const FileFacts& b = live.facts();
    if (coldSink.sum() != liveSink.sum() || a.badLines != b.badLines || a.title != b.title ||
        a.threads[0].activity != b.threads[0].activity || a.threads[0].phase != b.threads[0].phase)
        std::abort();
    live.restart();
    readAll(live, data, liveSink);
    return 0;
}
