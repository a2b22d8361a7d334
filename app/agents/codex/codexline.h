// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace plimsoll {

/// Counts as a rollout tells them: input includes cached, output includes reasoning.
struct CodexUsage
{
    bool told = false;
    int64_t input = 0;
    int64_t cached = 0;
    int64_t cacheWrite = 0; ///< part of input, like cached
    int64_t output = 0;
    int64_t reasoning = 0;
    int64_t total = 0; ///< mostly input + output; alone after a compaction (an estimate) or a full window
};

struct CodexLimit
{
    bool told = false;
    double usedPercent = 0;
    int64_t windowMinutes = 0;
    int64_t resetsAtSec = 0; ///< UTC, 0 = not told
    int64_t resetsInSec = 0; ///< from the line's time, 0 = not told
    bool operator==(const CodexLimit&) const = default;
};

/// What a line of a rollout is to us.
enum class CodexKind : uint8_t {
    Ignored,
    SessionMeta,
    TurnContext,
    TokenCount,
    UsageRecord,
    TaskStarted,
    TaskComplete,
    TurnAborted,
    Error,
    Retrying,
    Prompt,       ///< by a person or a host; injected blocks are not among them
    AgentMessage, ///< from one agent to another
    Text,
    Reasoning,
    ToolCall,
    ToolOutput,
    Compacted,
    ThreadName,
};

/// The fields of one line that a reader needs. Texts are raw: still escaped, views into the line.
struct CodexLine
{
    CodexKind kind = CodexKind::Ignored;
    std::string_view timestamp;
    int64_t ordinal = -1; ///< place in the thread's history, -1 = not told (before 0.150)

    std::string_view id; ///< of the thread (session_meta)
    std::string_view parentThread;
    std::string_view forkedFrom;
    bool hasHistoryBase = false; ///< history is referred to, not copied
    int64_t historyStart = -1;   ///< ordinals below it are the parent's
    std::string_view cwd;
    std::string_view branch;
    std::string_view clientVersion;
    std::string_view agentName;
    std::string_view agentRole;
    std::string_view agentPath;

    std::string_view turnId;
    std::string_view threadId; ///< of the thread that a usage record belongs to
    std::string_view responseId;
    std::string_view model;
    int64_t window = 0;
    CodexUsage total;
    CodexUsage last;
    std::string_view limitId;
    std::string_view plan;
    CodexLimit primary;
    CodexLimit secondary;

    std::string_view toolName;
    std::string_view callId;
    std::string_view input; ///< raw string, or JSON where inputIsJson
    bool inputIsJson = false;
    std::string_view error; ///< what went wrong
    std::string_view name;  ///< of the thread, given by a person
    std::vector<std::string_view> texts;
};

/// Reads the fields in front of a line's first large value, without looking at the rest. True if they say
/// all that counts: then `line` has kind, timestamp, ordinal and callId, and only texts are missing.
[[nodiscard]] bool scanCodexHead(std::string_view text, CodexLine& line);

/// Parses a whole line. False if it is no JSON object.
/// \param text padded as readLine() promises
[[nodiscard]] bool parseCodexLine(std::string_view text, CodexLine& line);

} // namespace plimsoll
