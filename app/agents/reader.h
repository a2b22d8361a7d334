// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/tokens/tokencounts.h"
#include "models/event.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace plimsoll {

/// Bytes that must be readable behind every line that a reader gets (simdjson reads in blocks).
inline constexpr size_t linePadding = 64;

/// 64-bit hash of a text, the same in every run and never 0. For keys of responses and compactions.
[[nodiscard]] uint64_t stableHash(std::string_view text, uint64_t seed = 0);

/// One API response as one line tells it. The same response met again (on another line, in another file)
/// has the same key; the one with the largest output counts, once.
struct Response
{
    uint64_t key = 0;       ///< never 0
    uint64_t ownerHash = 0; ///< stableHash of the session that it belongs to by its own word, 0 = not said
    int64_t atMs = 0;       ///< ms UTC
    uint32_t model = 0;     ///< index into FileFacts::models
    uint32_t thread = 0;    ///< index into FileFacts::threads
    bool fast = false;      ///< fast mode: costs a multiple
    TokenCounts tokens;
};

/// How far the last turn came, by the log alone.
enum class TurnPhase : uint8_t {
    Unknown,
    Generating,  ///< a prompt or a tool result is the last word: the model is at work
    RunningTool, ///< a tool was called and has not answered
    Retrying,    ///< the API refused, the agent tries again
    Done,        ///< the turn has ended well
    Interrupted, ///< a person stopped it
    Failed,      ///< the turn ended in an error
};

/// One context window: the session's own (threads[0]), or a subagent whose lines are nested in the same file.
struct ThreadFacts
{
    std::string agentId;        ///< empty for the session itself
    std::string role;           ///< type of subagent, may be empty
    std::string name;           ///< description given by the parent, may be empty
    std::string model;          ///< of its last response
    std::string requestedModel; ///< as asked for, with [1m]; empty where the log does not say
    int64_t firstAtMs = 0;      ///< ms UTC, 0 = none yet
    int64_t lastAtMs = 0;
    std::optional<int64_t> contextTokens;
    int64_t contextAtMs = 0; ///< ms UTC of what set contextTokens
    Basis contextBasis = Basis::Unknown;
    std::optional<int64_t> contextPeak;
    std::optional<int64_t> window; ///< reported by the log
    int64_t turns = 0;
    int64_t toolCalls = 0;
    bool finished = false; ///< its parent says that it ended

    TurnPhase phase = TurnPhase::Unknown;
    int64_t phaseAtMs = 0; ///< ms UTC
    std::string
        activity; ///< one line: tool and its object, or the head of the last text; plain, at most 200 bytes
    std::string openTool;  ///< name of the tool that runs or asks, empty = none
    std::string openInput; ///< its input for people, at most 4 KiB
};

struct CompactionFact
{
    uint64_t key = 0; ///< the same compaction copied into another file has the same key
    int64_t atMs = 0;
    std::optional<int64_t> beforeTokens;
    std::optional<int64_t> afterTokens;
    std::string trigger;
};

/// All that one log file has told so far. Plain value; grows only by its reader.
struct FileFacts
{
    AgentKind kind = AgentKind::Other;
    std::string sessionId;       ///< of the row this file belongs to (the parent's for a subagent's file)
    std::string agentId;         ///< not empty: this file is a subagent's of `sessionId` (Claude Code)
    std::string parentSessionId; ///< not empty: this session is a subagent of that session (Codex)
    std::string forkedFromSessionId;
    std::string title; ///< best title so far: given by a person > by the agent > first prompt
    std::string workingDir;
    std::string gitBranch;
    std::string clientVersion; ///< of the last line that has one
    int64_t firstAtMs = 0;     ///< ms UTC of the first line with a timestamp; 0 = none
    int64_t lastAtMs = 0;      ///< the largest
    int64_t lines = 0;
    int64_t badLines = 0;            ///< not JSON, cut, or too long
    std::vector<std::string> models; ///< names by index, as met
    std::vector<ThreadFacts> threads{1};
    std::vector<CompactionFact> compactions;
    std::optional<int64_t> reportedTreeCostPico;
    std::optional<LimitsChanged> limits; ///< the last that the log told
    bool outputUnderReported = false;    ///< the log holds only placeholders for output
    bool ended = false;                  ///< the log itself says that the session has ended
};

/// A line of the stream as a reader sees it.
struct LogItem
{
    LogKind kind = LogKind::System;
    uint32_t thread = 0;
    int64_t atMs = 0;
    std::string text; ///< valid UTF-8, at most maxLogBytes
    std::string tool;
    bool truncated = false;
    int64_t offset = 0; ///< byte offset of the line
    int block = 0;
};

/// Where a reader puts what it finds beyond its FileFacts. Called in the thread of the reader's caller.
class ReaderSink
{
public:
    virtual ~ReaderSink() = default;
    virtual void response(const Response& response) = 0;
    /// Fill of a window after a response or a compaction.
    virtual void contextPoint(uint32_t thread, int64_t atMs, int64_t tokens) = 0;
    virtual void logged(LogItem item) = 0;
    /// False in a cold scan: then readers do not even build LogItems.
    [[nodiscard]] virtual bool wantsLog() const = 0;
    [[nodiscard]] virtual bool wantsContextPoints() const = 0;
};

/// Reads one log file line by line. Parsing is a total function: no line makes it fail, what is not
/// understood is skipped, what is broken is counted. Reading a prefix and later the rest gives what reading
/// all at once gives. One instance per file, used by one thread at a time; opens nothing itself.
class LogReader
{
public:
    virtual ~LogReader() = default;

    /// One whole line without its newline; linePadding bytes behind it must be readable. Invalid UTF-8 in it
    /// is replaced, so that it does not cost the line. \param offset byte offset of the line in its file
    void readLine(std::string_view line, int64_t offset, ReaderSink& sink);

    /// A line too long to be read was skipped.
    void skipLine() { ++m_facts.lines, ++m_facts.badLines; }

    /// Brings facts() up to date after a batch of lines; what only the last line decides is worked out here.
    virtual void settle() {}

    /// How much text a LogItem may carry, bytes; maxLogBytes unless the whole is asked for.
    void setTextLimit(size_t bytes) { m_textLimit = bytes; }

    /// The file begins anew (truncated or replaced): forget what is told by position, keep what was counted.
    virtual void restart() = 0;

    [[nodiscard]] const FileFacts& facts() const { return m_facts; }

protected:
    /// Reads a line that is not blank. False if it is not whole and well-formed: then nothing has changed.
    [[nodiscard]] virtual bool takeLine(std::string_view line, int64_t offset, ReaderSink& sink) = 0;

    FileFacts m_facts;
    size_t m_textLimit = maxLogBytes;
};

/// Cuts to at most `limit` bytes at a UTF-8 boundary and replaces invalid bytes by U+FFFD.
[[nodiscard]] std::string clippedUtf8(std::string_view text, size_t limit);

/// The first line that holds something, control characters turned to spaces, at most `limit` bytes.
[[nodiscard]] std::string oneLine(std::string_view text, size_t limit);

/// ms UTC of an ISO 8601 time as the agents write it ("2026-01-08T15:49:03.054Z", also +hh:mm); 0 if it is
/// none.
[[nodiscard]] int64_t parseIsoMs(std::string_view text);

} // namespace plimsoll
