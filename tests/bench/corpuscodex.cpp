// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/corpuslog.h"

#include <algorithm>
#include <cmath>

namespace plimsoll::bench {

namespace {

constexpr Sizes outputSize{200, 278, 1193, 11'773, 41'312, 365'177};
constexpr Sizes messageSize{200, 263, 413, 697, 28'770, 365'833};
constexpr Sizes callSize{250, 327, 427, 663, 2205, 8944};
constexpr Sizes mcpSize{600, 793, 2198, 60'000, 126'818, 573'317};
constexpr Sizes historySize{1400, 1596, 38'556, 69'199, 158'604, 158'605};

struct CodexTokens
{
    int64_t input = 0; ///< cached included
    int64_t cached = 0;
    int64_t output = 0; ///< reasoning included
    int64_t reasoning = 0;
    int64_t total = 0;
};

std::string usage(std::string_view name, const CodexTokens& tokens)
{
    return joined({"\"", name, R"(":{"input_tokens":)", tokens.input, R"(,"cached_input_tokens":)",
                   tokens.cached, R"(,"output_tokens":)", tokens.output, R"(,"reasoning_output_tokens":)",
                   tokens.reasoning, R"(,"total_tokens":)", tokens.total, "}"});
}

/// A JSON text inside a JSON text.
std::string escapedAgain(std::string_view text)
{
    std::string out;
    for (const char c : text) {
        if (c == '"' || c == '\\')
            out += '\\';
        out += c;
    }
    return out;
}

/// Writes one rollout as Codex would, turn by turn.
class CodexLog
{
public:
    CodexLog(CorpusState& corpus, const std::string& id, int64_t startMs)
        : m_corpus(corpus)
        , m_chance(corpus.chance)
        , m_id(id)
        , m_start(isoTime(startMs))
        , m_log(pathOf(corpus, id, m_start))
        , m_atMs(startMs)
        , m_context(corpus.chance.between(9000, 18'000))
    {
        const int64_t last = static_cast<int64_t>(corpus.projects.size()) - 1;
        m_project = corpus.projects[static_cast<size_t>(m_chance.between(0, last))];
        m_model = m_chance.oneOf({"gpt-5.5", "gpt-5.4", "gpt-5.3-codex"});
        m_window = m_model == "gpt-5.4" ? 121'600 : 258'400;
    }

    void write(int64_t bytes)
    {
        meta();
        do {
            turn(bytes);
            if (m_log.bytes() < bytes && m_chance.hits(0.15))
                meta();
        } while (m_log.bytes() < bytes);
        CorpusTruth& truth = m_corpus.truth;
        ++truth.files;
        truth.bytes += m_log.bytes();
        truth.input += m_total.input - m_total.cached;
        truth.cacheRead += m_total.cached;
        truth.output += m_total.output;
        truth.reasoning += m_total.reasoning;
    }

private:
    [[nodiscard]] static std::string pathOf(const CorpusState& corpus, const std::string& id,
                                            const std::string& start)
    {
        std::string time = start.substr(0, 19);
        std::replace(time.begin(), time.end(), ':', '-');
        return joined({corpus.home, "/.codex/sessions/", start.substr(0, 4), "/", start.substr(5, 2), "/",
                       start.substr(8, 2), "/rollout-", time, "-", id, ".jsonl"});
    }

    [[nodiscard]] std::string text(int64_t bytes) { return m_corpus.text.take(std::max<int64_t>(10, bytes)); }

    void put(std::string_view type, const std::string& payload)
    {
        m_atMs += m_chance.between(200, 7000);
        m_log.line(joined({R"({"timestamp":")", isoTime(m_atMs), R"(","type":")", type, R"(","payload":{)",
                           payload, "}}"}));
    }

    void meta()
    {
        put("session_meta",
            joined({R"("id":")", m_id, R"(","timestamp":")", m_start, R"(","cwd":")", m_project,
                    R"(","originator":"codex_cli_rs","cli_version":"0.142.0","source":"cli",)",
                    R"("model_provider":"openai","base_instructions":{"text":")",
                    text(m_chance.between(16'000, 34'000)), R"("},"git":{"commit_hash":")", m_chance.hex(40),
                    R"(","branch":"main"})"}));
    }

    void tokenCount(const CodexTokens& last)
    {
        put("event_msg",
            joined({R"("type":"token_count","info":{)", usage("total_token_usage", m_total), ",",
                    usage("last_token_usage", last), R"(,"model_context_window":)", m_window,
                    R"(},"rate_limits":{"limit_id":"codex","limit_name":null,"primary":{"used_percent":)",
                    m_chance.between(1, 99), R"(.0,"window_minutes":300,"resets_at":)", m_atMs / 1000 + 9000,
                    R"(},"secondary":{"used_percent":)", m_chance.between(1, 99),
                    R"(.0,"window_minutes":10080,"resets_at":)", m_atMs / 1000 + 300'000,
                    R"(},"credits":null,"plan_type":"pro"})"}));
    }

    void turn(int64_t bytes)
    {
        const std::string id = m_chance.uuid();
        put("event_msg",
            joined({R"("type":"task_started","turn_id":")", id, R"(","model_context_window":)", m_window}));
        put("turn_context",
            joined({R"("turn_id":")", id, R"(","cwd":")", m_project,
                    R"(","approval_policy":"never","sandbox_policy":{"type":"danger-full-access"},)",
                    R"("model":")", m_model, R"(","effort":"high","summary":"auto",)",
                    R"("user_instructions":")", text(m_chance.between(600, 1400)), "\""}));
        const int64_t size = draw(m_chance, messageSize) - 200;
        put("response_item",
            joined({R"("type":"message","role":"user","content":[{"type":"input_text","text":")", text(size),
                    R"("}])"}));
        put("event_msg", joined({R"("type":"user_message","message":")", text(std::min<int64_t>(size, 400)),
                                 R"(","images":[])"}));
        m_context += size / 4;
        for (int64_t calls = m_chance.between(1, 40); calls > 0 && m_log.bytes() < bytes; --calls)
            call();
        put("event_msg", joined({R"("type":"task_complete","turn_id":")", id, R"(","last_agent_message":")",
                                 text(m_chance.between(200, 1500)), "\""}));
    }

    void call()
    {
        if (m_chance.hits(0.5))
            put("response_item",
                joined({R"("type":"reasoning","summary":[],"content":null,"encrypted_content":")",
                        m_chance.letters(static_cast<size_t>(m_chance.between(60, 900))), "\""}));
        if (m_chance.hits(0.4))
            put("event_msg", joined({R"("type":"agent_message","message":")", text(m_chance.between(40, 260)),
                                     R"(","phase":"commentary")"}));
        const std::string id = joined({"call_", m_chance.letters(24)});
        put("response_item",
            joined({R"("type":"function_call","name":"exec_command","arguments":"{\"cmd\":\")",
                    escapedAgain(text(draw(m_chance, callSize) - 250)), R"(\"}","call_id":")", id, "\""}));
        const CodexTokens last = spend();
        const int64_t size = draw(m_chance, outputSize) - 180;
        put("response_item", joined({R"("type":"function_call_output","call_id":")", id, R"(","output":")",
                                     text(size), "\""}));
        tokenCount(last);
        if (m_chance.hits(0.03))
            tokenCount(last); // the same total once more
        if (m_chance.hits(0.03))
            put("event_msg",
                joined(
                    {R"("type":"mcp_tool_call_end","call_id":")", id,
                     R"(","invocation":{"server":"x","tool":"y","arguments":{}},"duration":{"secs":1,"nanos":2},)",
                     R"("result":{"Ok":{"content":[{"type":"text","text":")",
                     text(draw(m_chance, mcpSize) - 300), R"("}]}})"}));
        m_context += last.output + std::clamp<int64_t>(size / 4, 0, 9000);
        if (m_context > m_window * 9 / 10)
            compact();
    }

    [[nodiscard]] CodexTokens spend()
    {
        CodexTokens last;
        last.input = m_context;
        last.cached = m_context * m_chance.between(70, 99) / 100 / 128 * 128;
        last.output = std::max<int64_t>(5, std::llround(std::exp(5 + 1.1 * m_chance.bell())));
        last.reasoning = last.output * m_chance.between(0, 70) / 100;
        last.total = last.input + last.output;
        for (const auto member : {&CodexTokens::input, &CodexTokens::cached, &CodexTokens::output,
                                  &CodexTokens::reasoning, &CodexTokens::total})
            m_total.*member += last.*member;
        return last;
    }

    void compact()
    {
        m_context = m_chance.between(7000, 24'000);
        put("compacted",
            joined({R"("message":"","replacement_history":[{"type":"message","role":"user","content":)",
                    R"([{"type":"input_text","text":")", text(draw(m_chance, historySize)), R"("}]}])"}));
        CodexTokens estimate;
        estimate.total = m_context;
        tokenCount(estimate);
    }

    CorpusState& m_corpus;
    Chance& m_chance;
    const std::string m_id;
    const std::string m_start;
    LogWriter m_log;
    std::string m_project;
    std::string m_model;
    int64_t m_window = 0;
    int64_t m_atMs = 0;
    int64_t m_context = 0;
    CodexTokens m_total;
};

} // namespace

void writeCodexLogs(CorpusState& corpus, const std::vector<int64_t>& sizes)
{
    for (const int64_t size : sizes) {
        corpus.clockMs += corpus.chance.between(60'000, 2'400'000);
        CodexLog(corpus, corpus.chance.uuid(), corpus.clockMs).write(size);
    }
}

} // namespace plimsoll::bench
