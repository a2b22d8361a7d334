// SPDX-License-Identifier: GPL-3.0-or-later
// The Claude reader on any bytes: no crash, no hang, no negative number; reading with or without text gives
// the same facts, and so does reading again after a restart.
#include "app/agents/claude/claudepaths.h"
#include "app/agents/claude/claudereader.h"

#include <algorithm>
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
            t.cacheWrite1h < 0 || t.reasoning < 0)
            std::abort();
        m_sum += response.key;
    }
    void contextPoint(uint32_t, int64_t, int64_t tokens) override
    {
        if (tokens < 0)
            std::abort();
    }
    void logged(LogItem item) override
    {
        if (!m_wanted || item.text.size() > maxLogBytes || clippedUtf8(item.text, maxLogBytes) != item.text)
            std::abort();
    }
    bool wantsLog() const override { return m_wanted; }
    bool wantsContextPoints() const override { return m_wanted; }
    [[nodiscard]] uint64_t sum() const { return m_sum; }

private:
    bool m_wanted;
    uint64_t m_sum = 0;
};

void readAll(ClaudeReader& reader, std::string_view data, Sink& sink)
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

bool isSameThread(const ThreadFacts& a, const ThreadFacts& b)
{
    return a.agentId == b.agentId && a.name == b.name && a.model == b.model && a.phase == b.phase &&
           a.activity == b.activity && a.openTool == b.openTool && a.openInput == b.openInput &&
           a.contextTokens == b.contextTokens && a.contextPeak == b.contextPeak && a.turns == b.turns &&
           a.toolCalls == b.toolCalls && a.lastAtMs == b.lastAtMs;
}

bool isSame(const FileFacts& a, const FileFacts& b)
{
    return a.sessionId == b.sessionId && a.lines == b.lines && a.badLines == b.badLines &&
           a.title == b.title && a.workingDir == b.workingDir && a.gitBranch == b.gitBranch &&
           a.compactions.size() == b.compactions.size() && a.ended == b.ended &&
           std::equal(a.threads.begin(), a.threads.end(), b.threads.begin(), b.threads.end(), isSameThread);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size)
{
    const std::string_view data(reinterpret_cast<const char*>(bytes), size);
    (void)claudeLogRole(data);
    (void)parseSubagentMeta(data);
    ClaudeReader cold({}, {});
    ClaudeReader live({}, {});
    Sink coldSink(false);
    Sink liveSink(true);
    readAll(cold, data, coldSink);
    readAll(live, data, liveSink);
    if (coldSink.sum() != liveSink.sum() || !isSame(cold.facts(), live.facts()))
        std::abort();
    for (const ThreadFacts& thread : live.facts().threads) {
        if (thread.activity.size() > 200 || thread.openInput.size() > 4096)
            std::abort();
    }
    cold.restart();
    Sink againSink(false);
    readAll(cold, data, againSink);
    if (coldSink.sum() != againSink.sum() || !isSame(cold.facts(), live.facts()))
        std::abort();
    return 0;
}
