// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/tokens/tokencounts.h"

#include <optional>
#include <string_view>
#include <vector>

namespace plimsoll {

// One line of a Claude Code transcript, taken apart and not yet understood. All texts are views into the
// line, still escaped. What the views point to must outlive the struct.

struct ClaudeBlock
{
    enum class Kind : uint8_t { Other, Text, Thinking, ToolUse, ToolResult };
    Kind kind = Kind::Other;
    bool isError = false;
    std::string_view text;    ///< of Text and Thinking; of a ToolResult whose content is a string
    std::string_view content; ///< raw JSON of a ToolResult's content when it is an array
    std::string_view name;    ///< of ToolUse
    std::string_view id;      ///< of ToolUse and ToolResult: the call's id
    std::string_view input;   ///< raw JSON of ToolUse
};

struct ClaudeMessage
{
    std::string_view id;
    std::string_view model;
    std::string_view stopReason; ///< empty for null
    std::string_view text;       ///< content that is a plain string
    std::vector<ClaudeBlock> blocks;
    TokenCounts tokens;
    int64_t cacheWriteTotal = 0; ///< cache_creation_input_tokens
    bool hasUsage = false;
    bool fast = false;
    bool present = false;

    void clear();
};

struct ClaudeLine
{
    std::string_view type;
    std::string_view subtype;
    std::string_view timestamp;
    std::string_view sessionId;
    std::string_view cwd;
    std::string_view version;
    std::string_view gitBranch;
    std::string_view agentId;
    std::string_view uuid;
    std::string_view requestId;
    std::string_view requestedModel;
    std::string_view requestSessionId;
    std::string_view content;      ///< of system lines
    std::string_view title;        ///< customTitle, aiTitle, agentName or summary, by type
    std::string_view errorText;    ///< error.formatted or error.message of api_error
    std::string_view queuedPrompt; ///< of attachments that fold a queued prompt into the turn
    bool isSidechain = false;
    bool isMeta = false;
    bool isCompactSummary = false;
    bool isApiError = false;
    bool isAborted = false;
    int64_t retryAttempt = 0;
    int64_t maxRetries = 0;
    std::optional<double> totalCostUsd; ///< of cost-state
    std::optional<int64_t> preTokens;
    std::optional<int64_t> postTokens;
    std::string_view compactTrigger;
    ClaudeMessage message;

    // A subagent's message nested in type:"progress", data.type:"agent_progress" (builds up to about 2.1.62).
    std::string_view progressType;
    std::string_view nestedAgentId;
    std::string_view nestedPrompt;
    std::string_view nestedType;
    std::string_view nestedTimestamp;
    std::string_view nestedRequestId;
    std::string_view nestedUuid;
    ClaudeMessage nested;

    void clear();
};

/// Takes lines apart. Key order, spacing and unknown keys do not matter; a value of the wrong type reads as
/// if it were not there. False if the line is not a whole JSON object; `line` then holds nothing.
/// linePadding bytes behind `text` must be readable.
[[nodiscard]] bool parseClaudeLine(std::string_view text, ClaudeLine& line);

} // namespace plimsoll
