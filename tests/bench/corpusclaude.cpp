// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/corpuslog.h"

#include <algorithm>
#include <cmath>

namespace plimsoll::bench {

namespace {

constexpr Sizes toolResultSize{500, 719, 1908, 12'648, 53'635, 1'209'670};
constexpr Sizes thinkingSize{900, 1254, 1971, 5872, 21'222, 60'424};
constexpr Sizes toolUseSize{850, 984, 1378, 2256, 7060, 66'354};
constexpr Sizes textSize{800, 892, 1232, 2184, 5114, 56'551};
constexpr Sizes promptSize{400, 450, 593, 4995, 40'092, 441'046};
constexpr Sizes nestedSize{1200, 1372, 2172, 9931, 49'597, 211'300};
constexpr Sizes bashSize{450, 541, 810, 1614, 4067, 5552};
constexpr Sizes attachmentSize{300, 408, 650, 7389, 26'978, 31'443};

struct Tokens
{
    int64_t input = 0;
    int64_t output = 0;
    int64_t cacheRead = 0;
    int64_t cacheWrite5m = 0;
    int64_t cacheWrite1h = 0;
};

struct ClaudeSession
{
    std::string project;
    std::string session;
    std::string agent; ///< not empty: a subagent's file
    std::string model;
    int64_t window = 200'000;
    bool old = false; ///< a client that writes provisional counts and progress lines
    int64_t startMs = 0;
};

/// Writes one session as its client would, turn by turn.
class ClaudeLog
{
public:
    ClaudeLog(CorpusState& corpus, const ClaudeSession& session)
        : m_corpus(corpus)
        , m_chance(corpus.chance)
        , m_session(session)
        , m_log(pathOf(corpus, session))
        , m_atMs(session.startMs)
        , m_context(corpus.chance.between(14'000, 32'000))
    {
        m_common = joined({R"("userType":"external","entrypoint":"cli","cwd":")", session.project,
                           R"(","sessionId":")", session.session, R"(","version":")",
                           session.old ? "2.1.29" : "2.1.170", R"(","gitBranch":"feat/x")",
                           session.agent.empty() ? "" : joined({R"(,"agentId":")", session.agent, "\""})});
    }

    /// \param head lines of another session that this one was forked from; they count there
    void write(int64_t bytes, const std::vector<std::string>& head)
    {
        for (const std::string& line : head)
            m_log.line(line);
        if (isMain()) {
            put(joined({R"({"type":"mode","mode":"default","sessionId":")", m_session.session, "\"}"}));
            put(joined({R"({"type":"permission-mode","permissionMode":"default","sessionId":")",
                        m_session.session, "\"}"}));
        }
        prompt({});
        while (m_log.bytes() < bytes && (isMain() || m_context < m_session.window))
            turn();
        if (m_chance.hits(0.01))
            m_log.line(R"({"type":"assistant","message":{"id":"msg_bad","usage":{"input_tok)");
        if (m_chance.hits(0.01))
            m_log.line("");
        if (m_chance.hits(0.01))
            m_log.raw(
                joined({R"({"parentUuid":")", m_chance.uuid(), R"(","type":"user","message":{"role":"us)"}));
        ++m_corpus.truth.files;
        m_corpus.truth.bytes += m_log.bytes();
    }

    [[nodiscard]] const std::vector<std::string>& head() const { return m_head; }

private:
    [[nodiscard]] static std::string pathOf(const CorpusState& corpus, const ClaudeSession& session)
    {
        std::string folder = session.project;
        std::replace(folder.begin(), folder.end(), '/', '-');
        const std::string path = joined({corpus.home, "/.claude/projects/", folder, "/", session.session});
        return session.agent.empty() ? path + ".jsonl"
                                     : path + "/subagents/agent-" + session.agent + ".jsonl";
    }

    [[nodiscard]] bool isMain() const { return m_session.agent.empty(); }
    [[nodiscard]] std::string text(int64_t bytes) { return m_corpus.text.take(std::max<int64_t>(10, bytes)); }

    [[nodiscard]] std::string now()
    {
        m_atMs += m_chance.between(400, 9000);
        return isoTime(m_atMs);
    }

    void put(const std::string& line)
    {
        constexpr int64_t headBytes = 60'000; // what a fork copies
        m_log.line(line);
        if (m_log.bytes() < headBytes)
            m_head.push_back(line);
    }

    /// The beginning of nearly every line; the line becomes the parent of the next one.
    [[nodiscard]] std::string lead()
    {
        return joined({R"({"parentUuid":)", m_parent.empty() ? "null" : joined({"\"", m_parent, "\""}),
                       R"(,"isSidechain":)", isMain() ? "false" : "true", ",", m_common, ","});
    }

    [[nodiscard]] std::string tail()
    {
        m_parent = m_chance.uuid();
        return joined({R"("uuid":")", m_parent, R"(","timestamp":")", now(), "\""});
    }

    void prompt(std::string_view marks)
    {
        const int64_t bytes = std::max<int64_t>(20, draw(m_chance, promptSize) - 420);
        put(joined({lead(), R"("type":"user",)", marks, R"("message":{"role":"user","content":")",
                    text(bytes), "\"},", tail(), "}"}));
        m_context += bytes / 4;
    }

    void turn()
    {
        if (m_chance.hits(0.05))
            prompt({});
        if (m_chance.hits(0.004))
            apiError();
        if (isMain() && m_context > m_session.window * 83 / 100)
            compact();
        if (!answer())
            return prompt({});
        if (m_session.old && m_chance.hits(0.18))
            bashProgress();
        if (m_session.old && isMain() && m_chance.hits(0.02))
            nested();
        toolResult();
        if (m_chance.hits(0.05))
            put(joined({R"({"parentUuid":")", m_parent,
                        R"(","isSidechain":false,"attachment":{"type":"todo_reminder","content":")",
                        text(draw(m_chance, attachmentSize) - 300), R"("},"type":"attachment",)", m_common,
                        ",", tail(), "}"}));
        if (isMain() && m_chance.hits(0.03))
            put(joined({lead(), R"("type":"system","subtype":"turn_duration","durationMs":)",
                        m_chance.between(1000, 90'000), R"(,"isMeta":false,)", tail(), "}"}));
    }

    void apiError()
    {
        put(joined(
            {lead(), R"("type":"assistant","message":{"id":")", m_chance.uuid(),
             R"(","model":"<synthetic>","role":"assistant","stop_reason":"stop_sequence","type":"message",)",
             R"("usage":{"input_tokens":0,"output_tokens":0,"cache_creation_input_tokens":0,)",
             R"("cache_read_input_tokens":0},"content":[{"type":"text","text":"API Error: 529"}]},)",
             R"("isApiErrorMessage":true,)", tail(), "}"}));
    }

    void compact()
    {
        const int64_t before = m_context;
        m_context = m_chance.between(18'000, 50'000);
        m_cached = 0;
        put(joined({R"({"parentUuid":null,"logicalParentUuid":")", m_parent, R"(","isSidechain":false,)",
                    m_common,
                    R"(,"type":"system","subtype":"compact_boundary","content":"Conversation compacted",)",
                    R"("isMeta":false,"level":"info","compactMetadata":{"trigger":"auto","preTokens":)",
                    before, R"(,"postTokens":)", m_context, "},", tail(), "}"}));
        prompt(R"("isVisibleInTranscriptOnly":true,"isCompactSummary":true,)");
    }

    [[nodiscard]] int64_t linesOfAnswer()
    {
        const double share = m_chance.share();
        if (share < 0.30)
            return 1;
        if (share < 0.76)
            return 2;
        return share < 0.94 ? 3 : m_chance.between(4, 9);
    }

    [[nodiscard]] Tokens spend()
    {
        const int64_t fresh = std::max<int64_t>(0, m_context - m_cached);
        const bool oneHour = !m_session.old || m_chance.hits(0.5);
        Tokens tokens;
        tokens.input = m_chance.hits(0.9) ? m_chance.between(1, 10) : m_chance.between(11, 3000);
        tokens.output = std::max<int64_t>(1, std::llround(std::exp(4.6 + 1.25 * m_chance.bell())));
        tokens.cacheRead = m_cached;
        (oneHour ? tokens.cacheWrite1h : tokens.cacheWrite5m) = fresh;
        m_cached = m_context;
        m_context += tokens.output;
        count(tokens);
        return tokens;
    }

    void count(const Tokens& tokens)
    {
        CorpusTruth& truth = m_corpus.truth;
        truth.input += tokens.input;
        truth.output += tokens.output;
        truth.cacheRead += tokens.cacheRead;
        truth.cacheWrite5m += tokens.cacheWrite5m;
        truth.cacheWrite1h += tokens.cacheWrite1h;
    }

    [[nodiscard]] static std::string usage(const Tokens& tokens, int64_t output)
    {
        return joined({R"("usage":{"input_tokens":)", tokens.input, R"(,"cache_creation_input_tokens":)",
                       tokens.cacheWrite5m + tokens.cacheWrite1h, R"(,"cache_read_input_tokens":)",
                       tokens.cacheRead, R"(,"cache_creation":{"ephemeral_5m_input_tokens":)",
                       tokens.cacheWrite5m, R"(,"ephemeral_1h_input_tokens":)", tokens.cacheWrite1h,
                       R"(},"output_tokens":)", output,
                       R"(,"service_tier":"standard","inference_geo":"not_available"})"});
    }

    [[nodiscard]] std::string thinkingBlock()
    {
        return joined({R"({"type":"thinking","thinking":")", text(draw(m_chance, thinkingSize) - 1250),
                       R"(","signature":")",
                       m_chance.letters(static_cast<size_t>(m_chance.between(300, 900))), "\"}"});
    }

    [[nodiscard]] std::string textBlock()
    {
        return joined({R"({"type":"text","text":")", text(draw(m_chance, textSize) - 880), "\"}"});
    }

    [[nodiscard]] std::string toolBlock()
    {
        m_tool = joined({"toolu_01", m_chance.letters(22)});
        return joined({R"({"type":"tool_use","id":")", m_tool, R"(","name":")",
                       m_chance.oneOf({"Bash", "Read", "Edit", "Grep", "Write", "Glob"}),
                       R"(","input":{"command":")", text(draw(m_chance, toolUseSize) - 1000),
                       R"(","description":"parse the result"}})"});
    }

    /// One response: a line per block, each with the same ids and counts. True if it calls a tool.
    bool answer()
    {
        const int64_t lines = linesOfAnswer();
        const std::string id = joined({"msg_01", m_chance.letters(22)});
        const std::string request = joined({"req_011C", m_chance.letters(20)});
        const Tokens tokens = spend();
        const int64_t provisional = std::min(tokens.output, m_chance.between(1, 8));
        m_tool.clear();
        for (int64_t i = 0; i < lines; ++i) {
            const bool last = i + 1 == lines;
            std::string block;
            if (i == 0 && !last && m_chance.hits(0.75))
                block = thinkingBlock();
            else
                block = m_chance.hits(last ? 0.86 : 0.65) ? toolBlock() : textBlock();
            const std::string_view stop = m_tool.empty() ? R"("end_turn")" : R"("tool_use")";
            put(joined({lead(), R"("message":{"model":")", m_session.model, R"(","id":")", id,
                        R"(","type":"message","role":"assistant","content":[)", block, R"(],"stop_reason":)",
                        last ? stop : "null", R"(,"stop_sequence":null,)",
                        usage(tokens, m_session.old && !last ? provisional : tokens.output),
                        R"(},"requestId":")", request, R"(","type":"assistant",)", tail(), "}"}));
        }
        return !m_tool.empty();
    }

    [[nodiscard]] std::string progressTail(std::string_view tool)
    {
        return joined({R"("toolUseID":")", tool, R"(","parentToolUseID":")", m_tool, R"(","uuid":")",
                       m_chance.uuid(), R"(","timestamp":")", now(), "\"}"});
    }

    void bashProgress()
    {
        for (int64_t i = m_chance.between(1, 6); i > 0; --i)
            put(joined({lead(), R"("type":"progress","data":{"type":"bash_progress","output":")", text(40),
                        R"(","fullOutput":")", text(draw(m_chance, bashSize) - 450),
                        R"(","elapsedTimeSeconds":3,"totalLines":9},)", progressTail("bash-progress-1")}));
    }

    /// A subagent's responses inside the log of its parent.
    void nested()
    {
        for (int64_t i = m_chance.between(1, 6); i > 0; --i) {
            const Tokens tokens{m_chance.between(1, 9), m_chance.between(1, 300), m_chance.between(0, 60'000),
                                m_chance.between(200, 9000), 0};
            count(tokens);
            const std::string id = joined({"msg_01", m_chance.letters(22)});
            put(joined({lead(), R"("type":"progress","data":{"type":"agent_progress","agentId":")",
                        m_chance.hex(7), R"(","prompt":"","message":{"type":"assistant","timestamp":")",
                        now(), R"(","uuid":")", m_chance.uuid(), R"(","requestId":"req_)",
                        m_chance.letters(20), R"(","message":{"model":"claude-haiku-4-5-20251001","id":")",
                        id, R"(","type":"message","role":"assistant","content":[{"type":"text","text":")",
                        text(draw(m_chance, nestedSize) - 1300), R"("}],"stop_reason":null,)",
                        usage(tokens, tokens.output), R"(}},"normalizedMessages":[]},)",
                        progressTail(joined({"agent_", id}))}));
        }
    }

    void toolResult()
    {
        constexpr int64_t imageBytes = 120'000;
        const int64_t bytes = std::max<int64_t>(20, draw(m_chance, toolResultSize) - 650);
        const bool image = bytes > imageBytes && m_chance.hits(0.5);
        const std::string content =
            image ? joined({R"([{"type":"image","source":{"type":"base64","media_type":"image/png","data":")",
                            m_chance.letters(static_cast<size_t>(bytes)), "\"}}]"})
                  : joined({"\"", text(bytes / 2), "\""});
        const std::string stdoutText = image ? std::string() : text(bytes / 2);
        put(joined({lead(), R"("type":"user","message":{"role":"user","content":[{"tool_use_id":")", m_tool,
                    R"(","type":"tool_result","content":)", content, R"(,"is_error":false}]},)", tail(),
                    R"(,"toolUseResult":{"stdout":")", stdoutText,
                    R"(","stderr":"","interrupted":false,"isImage":)", image ? "true" : "false", "}}"}));
        m_context += image ? 1600 : std::min<int64_t>(20'000, bytes / 8);
    }

    CorpusState& m_corpus;
    Chance& m_chance;
    const ClaudeSession m_session;
    LogWriter m_log;
    std::string m_common; ///< fields that all lines of the session share
    std::string m_parent;
    std::string m_tool; ///< id of the call that waits for its result
    std::vector<std::string> m_head;
    int64_t m_atMs = 0;
    int64_t m_context = 0;
    int64_t m_cached = 0;
};

ClaudeSession newSession(CorpusState& corpus)
{
    corpus.clockMs += corpus.chance.between(60'000, 2'400'000);
    ClaudeSession session;
    const int64_t last = static_cast<int64_t>(corpus.projects.size()) - 1;
    session.project = corpus.projects[static_cast<size_t>(corpus.chance.between(0, last))];
    session.session = corpus.chance.uuid();
    session.old = corpus.chance.hits(0.45);
    session.startMs = corpus.clockMs;
    if (corpus.chance.hits(0.43)) {
        session.model = corpus.chance.oneOf({"claude-opus-5", "claude-sonnet-5"});
        session.window = 1'000'000;
    } else {
        session.model = corpus.chance.oneOf({"claude-opus-4-8", "claude-opus-4-6", "claude-sonnet-4-6"});
    }
    return session;
}

} // namespace

void writeClaudeLogs(CorpusState& corpus, const std::vector<int64_t>& sizes)
{
    constexpr int64_t largestSubagent = 400'000;
    std::vector<std::string> lastHead;
    for (size_t i = 0; i < sizes.size();) {
        ClaudeSession session = newSession(corpus);
        const bool fork = corpus.chance.hits(0.03);
        ClaudeLog log(corpus, session);
        log.write(sizes[i++], fork ? lastHead : std::vector<std::string>());
        lastHead = log.head();
        int64_t subagents = corpus.chance.hits(0.12) ? corpus.chance.between(1, 6) : 0;
        for (; subagents > 0 && i < sizes.size(); --subagents) {
            session.agent = joined({"a", corpus.chance.hex(16)});
            session.startMs += corpus.chance.between(10'000, 1'000'000);
            ClaudeLog(corpus, session).write(std::min(sizes[i++], largestSubagent), {});
        }
    }
}

} // namespace plimsoll::bench
