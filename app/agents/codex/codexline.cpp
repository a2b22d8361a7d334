// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/agents/codex/codexline.h"

#include "app/agents/codex/codexkind.h"
#include "app/agents/jsontext.h"

namespace plimsoll {

namespace od = simdjson::ondemand;

namespace {

constexpr size_t maxTexts = 256;

CodexKind eventKind(std::string_view type, std::string_view itemType)
{
    switch (keyHash(type)) {
    case keyHash("token_count"): return CodexKind::TokenCount;
    case keyHash("task_started"):
    case keyHash("turn_started"): return CodexKind::TaskStarted;
    case keyHash("task_complete"):
    case keyHash("turn_complete"): return CodexKind::TaskComplete;
    case keyHash("turn_aborted"): return CodexKind::TurnAborted;
    case keyHash("error"): return CodexKind::Error;
    case keyHash("stream_error"): return CodexKind::Retrying;
    case keyHash("user_message"): return CodexKind::Prompt;
    case keyHash("thread_name_updated"): return CodexKind::ThreadName;
    case keyHash("item_completed"): return itemType == "UserMessage" ? CodexKind::Prompt : CodexKind::Ignored;
    default: return CodexKind::Ignored;
    }
}

CodexKind itemKind(std::string_view type, std::string_view role)
{
    switch (keyHash(type)) {
    case keyHash("message"): return role == "assistant" ? CodexKind::Text : CodexKind::Ignored;
    case keyHash("agent_message"): return CodexKind::AgentMessage;
    case keyHash("reasoning"): return CodexKind::Reasoning;
    case keyHash("function_call"):
    case keyHash("custom_tool_call"):
    case keyHash("local_shell_call"):
    case keyHash("tool_search_call"):
    case keyHash("web_search_call"):
    case keyHash("image_generation_call"): return CodexKind::ToolCall;
    case keyHash("function_call_output"):
    case keyHash("custom_tool_call_output"):
    case keyHash("tool_search_output"): return CodexKind::ToolOutput;
    default: return CodexKind::Ignored;
    }
}

/// Where the types of a line are gathered until all of it is read: keys come in any order.
struct Types
{
    std::string_view line;
    std::string_view payload;
    std::string_view role;
    std::string_view item;
};

/// Calls `visit(key, value)` for each field; false if the object is broken.
template <typename Visit>
bool eachField(od::object object, Visit visit)
{
    for (auto entry : object) {
        od::field field;
        if (std::move(entry).get(field) != simdjson::SUCCESS)
            return false;
        const std::string_view key = rawKey(field);
        visit(key, field.value());
    }
    return true;
}

/// The same for a value that may be anything: no object has no fields.
template <typename Visit>
void eachFieldOf(od::value value, Visit visit)
{
    od::object object;
    if (value.get_object().get(object) == simdjson::SUCCESS)
        eachField(object, visit);
}

int64_t signedCount(od::value value)
{
    od::json_type type{};
    if (value.type().get(type) != simdjson::SUCCESS || type != od::json_type::number)
        return -1;
    return boundedCount(value);
}

void parseUsage(od::value value, CodexUsage& usage)
{
    usage = {};
    eachFieldOf(value, [&](std::string_view key, od::value field) {
        usage.told = true;
        switch (keyHash(key)) {
        case keyHash("input_tokens"): usage.input = boundedCount(field); break;
        case keyHash("cached_input_tokens"): usage.cached = boundedCount(field); break;
        case keyHash("cache_write_input_tokens"): usage.cacheWrite = boundedCount(field); break;
        case keyHash("output_tokens"): usage.output = boundedCount(field); break;
        case keyHash("reasoning_output_tokens"): usage.reasoning = boundedCount(field); break;
        case keyHash("total_tokens"): usage.total = boundedCount(field); break;
        default: break;
        }
    });
}

void parseInfo(od::value value, CodexLine& line)
{
    eachFieldOf(value, [&](std::string_view key, od::value field) {
        switch (keyHash(key)) {
        case keyHash("total_token_usage"): parseUsage(field, line.total); break;
        case keyHash("last_token_usage"): parseUsage(field, line.last); break;
        case keyHash("model_context_window"): line.window = boundedCount(field); break;
        default: break;
        }
    });
}

void parseLimit(od::value value, CodexLimit& limit)
{
    eachFieldOf(value, [&](std::string_view key, od::value field) {
        limit.told = true;
        double percent = 0;
        switch (keyHash(key)) {
        case keyHash("used_percent"):
            if (field.get_double().get(percent) == simdjson::SUCCESS && percent >= 0 && percent <= 1000)
                limit.usedPercent = percent;
            break;
        case keyHash("window_minutes"): limit.windowMinutes = boundedCount(field); break;
        case keyHash("resets_at"): limit.resetsAtSec = boundedCount(field); break;
        case keyHash("resets_in_seconds"): limit.resetsInSec = boundedCount(field); break;
        default: break;
        }
    });
}

void parseLimits(od::value value, CodexLine& line)
{
    eachFieldOf(value, [&](std::string_view key, od::value field) {
        switch (keyHash(key)) {
        case keyHash("limit_id"): line.limitId = rawString(field); break;
        case keyHash("plan_type"): line.plan = rawString(field); break;
        case keyHash("primary"): parseLimit(field, line.primary); break;
        case keyHash("secondary"): parseLimit(field, line.secondary); break;
        default: break;
        }
    });
}

/// "cli", or {"subagent":{"thread_spawn":{…}}}: looks at most three objects deep.
void parseSource(od::value value, CodexLine& line, int depth)
{
    eachFieldOf(value, [&](std::string_view key, od::value field) {
        switch (keyHash(key)) {
        case keyHash("parent_thread_id"): line.parentThread = rawString(field); break;
        case keyHash("agent_nickname"): line.agentName = rawString(field); break;
        case keyHash("agent_role"): line.agentRole = rawString(field); break;
        case keyHash("agent_path"): line.agentPath = rawString(field); break;
        case keyHash("subagent"):
        case keyHash("thread_spawn"):
            if (depth < 2)
                parseSource(field, line, depth + 1);
            break;
        default: break;
        }
    });
}

void addText(std::string_view text, CodexLine& line)
{
    if (!text.empty() && line.texts.size() < maxTexts)
        line.texts.push_back(text);
}

/// A text, or a list of texts or of {"text":…}.
void parseTexts(od::value value, CodexLine& line)
{
    od::json_type type{};
    if (value.type().get(type) != simdjson::SUCCESS)
        return;
    if (type == od::json_type::string)
        return addText(rawString(value), line);
    od::array array;
    if (type != od::json_type::array || value.get_array().get(array) != simdjson::SUCCESS)
        return;
    for (auto entry : array) {
        od::value element;
        if (entry.get(element) != simdjson::SUCCESS)
            return;
        if (element.type().get(type) != simdjson::SUCCESS)
            return;
        if (type == od::json_type::string)
            addText(rawString(element), line);
        else
            eachFieldOf(element, [&](std::string_view key, od::value field) {
                if (key == "text")
                    addText(rawString(field), line);
            });
    }
}

/// A tool's output: a text, a list, or an object around them.
void parseOutput(od::value value, CodexLine& line)
{
    od::json_type type{};
    if (value.type().get(type) != simdjson::SUCCESS)
        return;
    if (type != od::json_type::object)
        return parseTexts(value, line);
    eachFieldOf(value, [&](std::string_view key, od::value field) {
        if (key == "content" || key == "output")
            parseTexts(field, line);
    });
}

void parseInput(od::value value, CodexLine& line)
{
    od::json_type type{};
    if (value.type().get(type) != simdjson::SUCCESS)
        return;
    line.inputIsJson = type == od::json_type::object;
    line.input = line.inputIsJson ? rawValue(value) : rawString(value);
}

void parseItem(od::value value, CodexLine& line, Types& types)
{
    eachFieldOf(value, [&](std::string_view key, od::value field) {
        if (key == "type")
            types.item = rawString(field);
        else if (key == "content")
            parseTexts(field, line);
    });
}

void parseMetaField(std::string_view key, od::value field, CodexLine& line)
{
    od::json_type type{};
    switch (keyHash(key)) {
    case keyHash("parent_thread_id"): line.parentThread = rawString(field); break;
    case keyHash("forked_from_id"): line.forkedFrom = rawString(field); break;
    case keyHash("history_base"):
        line.hasHistoryBase = field.type().get(type) == simdjson::SUCCESS && type == od::json_type::object;
        break;
    case keyHash("subagent_history_start_ordinal"): line.historyStart = signedCount(field); break;
    case keyHash("cli_version"): line.clientVersion = rawString(field); break;
    case keyHash("agent_nickname"): line.agentName = rawString(field); break;
    case keyHash("agent_role"): line.agentRole = rawString(field); break;
    case keyHash("agent_path"): line.agentPath = rawString(field); break;
    case keyHash("source"): parseSource(field, line, 0); break;
    case keyHash("git"):
        eachFieldOf(field, [&](std::string_view name, od::value branch) {
            if (name == "branch")
                line.branch = rawString(branch);
        });
        break;
    default: break;
    }
}

void parseError(od::value value, CodexLine& line)
{
    line.error = rawString(value);
    eachFieldOf(value, [&](std::string_view key, od::value field) {
        if (key == "message")
            line.error = rawString(field);
    });
}

/// Texts, tools and what they carry.
void parseContentField(std::string_view key, od::value field, CodexLine& line, Types& types)
{
    switch (keyHash(key)) {
    case keyHash("name"): line.toolName = rawString(field); break;
    case keyHash("call_id"): line.callId = rawString(field); break;
    case keyHash("arguments"):
    case keyHash("input"):
    case keyHash("action"): parseInput(field, line); break;
    case keyHash("output"): parseOutput(field, line); break;
    case keyHash("content"):
    case keyHash("message"):
    case keyHash("summary"): parseTexts(field, line); break;
    case keyHash("item"): parseItem(field, line, types); break;
    case keyHash("error"): parseError(field, line); break;
    case keyHash("thread_name"): line.name = rawString(field); break;
    default: parseMetaField(key, field, line); break;
    }
}

void parsePayloadField(std::string_view key, od::value field, CodexLine& line, Types& types)
{
    switch (keyHash(key)) {
    case keyHash("type"): types.payload = rawString(field); break;
    case keyHash("role"): types.role = rawString(field); break;
    case keyHash("id"): line.id = rawString(field); break;
    case keyHash("cwd"): line.cwd = rawString(field); break;
    case keyHash("model"): line.model = rawString(field); break;
    case keyHash("turn_id"): line.turnId = rawString(field); break;
    case keyHash("thread_id"): line.threadId = rawString(field); break;
    case keyHash("response_id"): line.responseId = rawString(field); break;
    case keyHash("model_context_window"): line.window = boundedCount(field); break;
    case keyHash("info"): parseInfo(field, line); break;
    case keyHash("rate_limits"): parseLimits(field, line); break;
    case keyHash("usage"): parseUsage(field, line.last); break;
    default: parseContentField(key, field, line, types); break;
    }
}

/// What a line is called shows only in its end: names of tools that have none, errors told as messages.
void finish(CodexLine& line, const Types& types)
{
    line.kind = codexKind(types.line, types.payload, types.role, types.item);
    if (line.kind == CodexKind::ToolCall && line.toolName.empty()) {
        constexpr std::string_view ending = "_call";
        line.toolName = types.payload.substr(0, types.payload.size() - ending.size());
    }
    const bool isError = line.kind == CodexKind::Error || line.kind == CodexKind::Retrying;
    if (isError && line.error.empty() && !line.texts.empty())
        line.error = line.texts.front();
}

} // namespace

CodexKind codexKind(std::string_view type, std::string_view payloadType, std::string_view role,
                    std::string_view itemType)
{
    switch (keyHash(type)) {
    case keyHash("event_msg"): return eventKind(payloadType, itemType);
    case keyHash("response_item"): return itemKind(payloadType, role);
    case keyHash("session_meta"): return CodexKind::SessionMeta;
    case keyHash("turn_context"): return CodexKind::TurnContext;
    case keyHash("token_usage_record"): return CodexKind::UsageRecord;
    case keyHash("compacted"): return CodexKind::Compacted;
    default: return CodexKind::Ignored;
    }
}

void clearCodexLine(CodexLine& line)
{
    std::vector<std::string_view> kept = std::move(line.texts);
    kept.clear();
    line = {};
    line.texts = std::move(kept);
}

bool parseCodexLine(std::string_view text, CodexLine& line)
{
    constexpr size_t largeLine = 4 * 1024 * 1024;
    // One parser per thread: its buffers are as large as the largest line, too much for each of many files.
    thread_local od::parser parser;
    if (parser.capacity() > largeLine && text.size() <= largeLine)
        parser = od::parser();
    clearCodexLine(line);
    od::document document;
    const simdjson::padded_string_view padded(text.data(), text.size(),
                                              text.size() + simdjson::SIMDJSON_PADDING);
    od::object root;
    if (parser.iterate(padded).get(document) != simdjson::SUCCESS ||
        document.get_object().get(root) != simdjson::SUCCESS)
        return false;
    Types types;
    const bool whole = eachField(root, [&](std::string_view key, od::value field) {
        if (key == "type")
            types.line = rawString(field);
        else if (key == "timestamp")
            line.timestamp = rawString(field);
        else if (key == "ordinal")
            line.ordinal = signedCount(field);
        else if (key == "payload")
            eachFieldOf(field, [&](std::string_view name, od::value value) {
                parsePayloadField(name, value, line, types);
            });
    });
    // Two writers at once have glued lines together: neither is trusted.
    const char* behind = nullptr;
    const bool alone = whole && document.current_location().get(behind) == simdjson::OUT_OF_BOUNDS;
    if (alone)
        finish(line, types);
    return alone;
}

} // namespace plimsoll
