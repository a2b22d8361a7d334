// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/agents/claude/claudeline.h"

#include "app/agents/jsontext.h"
#include "app/agents/reader.h"

namespace plimsoll {

namespace ondemand = simdjson::ondemand;

void ClaudeMessage::clear()
{
    std::vector<ClaudeBlock> kept = std::move(blocks);
    kept.clear();
    *this = {};
    blocks = std::move(kept);
}

void ClaudeLine::clear()
{
    std::vector<ClaudeBlock> kept = std::move(message.blocks);
    std::vector<ClaudeBlock> keptNested = std::move(nested.blocks);
    kept.clear();
    keptNested.clear();
    *this = {};
    message.blocks = std::move(kept);
    nested.blocks = std::move(keptNested);
}

namespace {

/// Calls `visit(key, value)` for each field; false if the object is broken.
template <typename Visit>
bool forEachField(ondemand::object object, Visit visit)
{
    for (auto entry : object) {
        ondemand::field field;
        if (std::move(entry).get(field) != simdjson::SUCCESS)
            return false;
        const std::string_view key = rawKey(field);
        visit(key, field.value());
    }
    return true;
}

template <typename Visit>
void forEachFieldOf(ondemand::value value, Visit visit)
{
    ondemand::object object;
    if (value.get_object().get(object) == simdjson::SUCCESS)
        forEachField(object, visit);
}

bool isArray(ondemand::value value)
{
    ondemand::json_type type{};
    return value.type().get(type) == simdjson::SUCCESS && type == ondemand::json_type::array;
}

void parseUsage(ondemand::value value, ClaudeMessage& message)
{
    forEachFieldOf(value, [&](std::string_view key, ondemand::value field) {
        switch (keyHash(key)) {
        case keyHash("input_tokens"): message.tokens.input = boundedCount(field); break;
        case keyHash("output_tokens"): message.tokens.output = boundedCount(field); break;
        case keyHash("cache_read_input_tokens"): message.tokens.cacheRead = boundedCount(field); break;
        case keyHash("cache_creation_input_tokens"): message.cacheWriteTotal = boundedCount(field); break;
        case keyHash("speed"): message.fast = rawString(field) == "fast"; break;
        case keyHash("cache_creation"):
            forEachFieldOf(field, [&](std::string_view inner, ondemand::value count) {
                if (inner == "ephemeral_5m_input_tokens")
                    message.tokens.cacheWrite5m = boundedCount(count);
                else if (inner == "ephemeral_1h_input_tokens")
                    message.tokens.cacheWrite1h = boundedCount(count);
            });
            break;
        case keyHash("output_tokens_details"):
            forEachFieldOf(field, [&](std::string_view inner, ondemand::value count) {
                if (inner == "thinking_tokens")
                    message.tokens.reasoning = boundedCount(count);
            });
            break;
        default: break;
        }
        message.hasUsage = true;
    });
    // Older builds do not split the cache write: what is not said to be 1 h is 5 min.
    const int64_t split = message.tokens.cacheWrite5m + message.tokens.cacheWrite1h;
    if (message.cacheWriteTotal > split)
        message.tokens.cacheWrite5m += message.cacheWriteTotal - split;
}

ClaudeBlock::Kind blockKind(std::string_view type)
{
    if (type == "text")
        return ClaudeBlock::Kind::Text;
    if (type == "thinking")
        return ClaudeBlock::Kind::Thinking;
    if (type == "tool_use" || type == "server_tool_use")
        return ClaudeBlock::Kind::ToolUse;
    if (type == "tool_result")
        return ClaudeBlock::Kind::ToolResult;
    return ClaudeBlock::Kind::Other;
}

ClaudeBlock parseBlock(ondemand::value value)
{
    ClaudeBlock block;
    forEachFieldOf(value, [&](std::string_view key, ondemand::value field) {
        switch (keyHash(key)) {
        case keyHash("type"): block.kind = blockKind(rawString(field)); break;
        case keyHash("text"):
        case keyHash("thinking"): block.text = rawString(field); break;
        case keyHash("name"): block.name = rawString(field); break;
        case keyHash("id"):
        case keyHash("tool_use_id"): block.id = rawString(field); break;
        case keyHash("input"): block.input = rawValue(field); break;
        case keyHash("is_error"): block.isError = isTrue(field); break;
        case keyHash("content"):
            if (isArray(field))
                block.content = rawValue(field);
            else
                block.text = rawString(field);
            break;
        default: break;
        }
    });
    return block;
}

void parseContent(ondemand::value value, ClaudeMessage& message)
{
    if (!isArray(value)) {
        message.text = rawString(value);
        return;
    }
    ondemand::array array;
    if (value.get_array().get(array) != simdjson::SUCCESS)
        return;
    for (auto element : array) {
        ondemand::value block;
        if (std::move(element).get(block) != simdjson::SUCCESS)
            return;
        message.blocks.push_back(parseBlock(block));
    }
}

void parseMessage(ondemand::value value, ClaudeMessage& message)
{
    message.clear();
    forEachFieldOf(value, [&](std::string_view key, ondemand::value field) {
        message.present = true;
        switch (keyHash(key)) {
        case keyHash("id"): message.id = rawString(field); break;
        case keyHash("model"): message.model = rawString(field); break;
        case keyHash("stop_reason"): message.stopReason = rawString(field); break;
        case keyHash("usage"): parseUsage(field, message); break;
        case keyHash("content"): parseContent(field, message); break;
        default: break;
        }
    });
}

/// data.message of an agent_progress line: a whole transcript line of the subagent.
void parseNestedMessage(ondemand::value value, ClaudeLine& line)
{
    forEachFieldOf(value, [&](std::string_view key, ondemand::value field) {
        switch (keyHash(key)) {
        case keyHash("type"): line.nestedType = rawString(field); break;
        case keyHash("timestamp"): line.nestedTimestamp = rawString(field); break;
        case keyHash("requestId"): line.nestedRequestId = rawString(field); break;
        case keyHash("uuid"): line.nestedUuid = rawString(field); break;
        case keyHash("message"): parseMessage(field, line.nested); break;
        default: break;
        }
    });
}

void parseProgress(ondemand::value value, ClaudeLine& line)
{
    forEachFieldOf(value, [&](std::string_view key, ondemand::value field) {
        switch (keyHash(key)) {
        case keyHash("type"): line.progressType = rawString(field); break;
        case keyHash("agentId"): line.nestedAgentId = rawString(field); break;
        case keyHash("prompt"): line.nestedPrompt = rawString(field); break;
        case keyHash("message"): parseNestedMessage(field, line); break;
        default: break;
        }
    });
}

void parseCompactMetadata(ondemand::value value, ClaudeLine& line)
{
    forEachFieldOf(value, [&](std::string_view key, ondemand::value field) {
        switch (keyHash(key)) {
        case keyHash("trigger"): line.compactTrigger = rawString(field); break;
        case keyHash("preTokens"): line.preTokens = boundedCount(field); break;
        case keyHash("postTokens"): line.postTokens = boundedCount(field); break;
        default: break;
        }
    });
}

void parseError(ondemand::value value, ClaudeLine& line)
{
    std::string_view message;
    forEachFieldOf(value, [&](std::string_view key, ondemand::value field) {
        if (key == "formatted")
            line.errorText = rawString(field);
        else if (key == "message")
            message = rawString(field);
    });
    if (line.errorText.empty())
        line.errorText = message;
}

void parseAttachment(ondemand::value value, ClaudeLine& line)
{
    std::string_view type;
    std::string_view prompt;
    forEachFieldOf(value, [&](std::string_view key, ondemand::value field) {
        if (key == "type")
            type = rawString(field);
        else if (key == "prompt")
            prompt = rawString(field);
    });
    if (type == "queued_command")
        line.queuedPrompt = prompt;
}

std::optional<double> toDouble(ondemand::value value)
{
    double number = 0;
    if (value.get_double().get(number) != simdjson::SUCCESS || !(number >= 0) || number > 1e9)
        return std::nullopt;
    return number;
}

/// What stands at the top of a line and is not a plain text or flag.
void parseStructure(uint64_t key, ondemand::value field, ClaudeLine& line)
{
    switch (key) {
    case keyHash("message"): parseMessage(field, line.message); break;
    case keyHash("data"): parseProgress(field, line); break;
    case keyHash("compactMetadata"): parseCompactMetadata(field, line); break;
    case keyHash("error"): parseError(field, line); break;
    case keyHash("attachment"): parseAttachment(field, line); break;
    case keyHash("retryAttempt"): line.retryAttempt = boundedCount(field); break;
    case keyHash("maxRetries"): line.maxRetries = boundedCount(field); break;
    case keyHash("totalCostUSD"): line.totalCostUsd = toDouble(field); break;
    case keyHash("isSidechain"): line.isSidechain = isTrue(field); break;
    case keyHash("isMeta"): line.isMeta = isTrue(field); break;
    case keyHash("isCompactSummary"): line.isCompactSummary = isTrue(field); break;
    case keyHash("isApiErrorMessage"): line.isApiError = isTrue(field); break;
    case keyHash("isAbortedMidStream"): line.isAborted = isTrue(field); break;
    default: break;
    }
}

void parseField(std::string_view key, ondemand::value field, ClaudeLine& line)
{
    const uint64_t hash = keyHash(key);
    switch (hash) {
    case keyHash("type"): line.type = rawString(field); break;
    case keyHash("subtype"): line.subtype = rawString(field); break;
    case keyHash("timestamp"): line.timestamp = rawString(field); break;
    case keyHash("sessionId"): line.sessionId = rawString(field); break;
    case keyHash("cwd"): line.cwd = rawString(field); break;
    case keyHash("version"): line.version = rawString(field); break;
    case keyHash("gitBranch"): line.gitBranch = rawString(field); break;
    case keyHash("agentId"): line.agentId = rawString(field); break;
    case keyHash("uuid"): line.uuid = rawString(field); break;
    case keyHash("requestId"): line.requestId = rawString(field); break;
    case keyHash("requestedModel"): line.requestedModel = rawString(field); break;
    case keyHash("requestSessionId"): line.requestSessionId = rawString(field); break;
    case keyHash("content"): line.content = rawString(field); break;
    case keyHash("customTitle"):
    case keyHash("aiTitle"):
    case keyHash("agentName"):
    case keyHash("summary"): line.title = rawString(field); break;
    default: parseStructure(hash, field, line); break;
    }
}

} // namespace

bool parseClaudeLine(std::string_view text, ClaudeLine& line)
{
    // Its buffers grow to the longest line: one for each thread, not one for each of thousands of files.
    thread_local ondemand::parser parser;
    line.clear();
    ondemand::document document;
    ondemand::object object;
    if (parser.iterate(text.data(), text.size(), text.size() + linePadding).get(document) !=
            simdjson::SUCCESS ||
        document.get_object().get(object) != simdjson::SUCCESS) {
        return false;
    }
    const bool whole = forEachField(
        object, [&](std::string_view key, ondemand::value field) { parseField(key, field, line); });
    // Two writers at once have glued lines together: neither is trusted, as every other reader of these logs
    // does.
    const char* behind = nullptr;
    const bool alone = whole && document.current_location().get(behind) == simdjson::OUT_OF_BOUNDS;
    if (!alone)
        line.clear();
    return alone;
}

} // namespace plimsoll
