// SPDX-License-Identifier: GPL-3.0-or-later
// The part of ClaudeReader that tells what a line says to people.
#include "app/agents/claude/claudereader.h"
#include "app/agents/editdiff.h"
#include "app/agents/jsontext.h"
#include "app/agents/toolinput.h"

#include <algorithm>

namespace plimsoll {

namespace {

/// Nothing to see: agents send line feeds between their tool calls.
bool isBlank(const std::string& text)
{
    return text.find_first_not_of(" \t\r\n") == std::string::npos;
}

/// The texts of a tool result's content array; pictures and the like are named, not shown.
std::string resultText(std::string_view rawArray, size_t limit, bool& truncated)
{
    std::string out;
    const simdjson::padded_string json(rawArray);
    simdjson::dom::parser parser;
    simdjson::dom::array parts;
    if (parser.parse(json).get(parts) != simdjson::SUCCESS)
        return out;
    for (const simdjson::dom::element part : parts) {
        std::string_view text;
        std::string_view type;
        if (!out.empty())
            out += '\n';
        if (part["text"].get(text) == simdjson::SUCCESS)
            out += text;
        else if (part["type"].get(type) == simdjson::SUCCESS)
            out.append("[").append(type).append("]");
        if (out.size() > limit)
            break;
    }
    truncated = out.size() > limit;
    return clippedUtf8(out, limit);
}

} // namespace

void ClaudeReader::logText(uint32_t thread, LogKind kind, std::string_view raw, int block,
                           ReaderSink& sink) const
{
    if (!sink.wantsLog() || raw.empty())
        return;
    LogItem item;
    item.kind = kind;
    item.thread = thread;
    item.atMs = m_atMs;
    item.text = unescaped(raw, m_textLimit, &item.truncated);
    item.offset = m_offset;
    item.block = block;
    if (!isBlank(item.text))
        sink.logged(std::move(item));
}

void ClaudeReader::logBlock(uint32_t thread, const ClaudeBlock& block, int index, bool assistant,
                            ReaderSink& sink) const
{
    LogItem item;
    item.thread = thread;
    item.atMs = m_atMs;
    item.offset = m_offset;
    item.block = index;
    switch (block.kind) {
    case ClaudeBlock::Kind::Text:
        item.kind = assistant ? LogKind::Text : LogKind::Prompt;
        item.text = unescaped(block.text, m_textLimit, &item.truncated);
        break;
    case ClaudeBlock::Kind::Thinking:
        item.kind = LogKind::Thinking;
        item.text = unescaped(block.text, m_textLimit, &item.truncated);
        break;
    case ClaudeBlock::Kind::ToolUse:
        item.kind = LogKind::ToolUse;
        item.tool = unescaped(block.name, 120);
        item.text = editText(block.input, m_textLimit, &item.truncated);
        if (item.text.empty())
            item.text = toolInputText(block.input, m_textLimit, &item.truncated);
        break;
    case ClaudeBlock::Kind::ToolResult: {
        item.kind = block.isError ? LogKind::Error : LogKind::ToolResult;
        item.text = block.content.empty() ? unescaped(block.text, m_textLimit, &item.truncated)
                                          : resultText(block.content, m_textLimit, item.truncated);
        const std::vector<OpenTool>& tools = m_states[thread].openTools;
        const auto call = std::find_if(tools.begin(), tools.end(),
                                       [&](const OpenTool& tool) { return tool.id == stableHash(block.id); });
        if (call != tools.end())
            item.tool = unescaped(call->name, 120);
        break;
    }
    case ClaudeBlock::Kind::Other: return;
    }
    if (isBlank(item.text) && item.tool.empty())
        return;
    sink.logged(std::move(item));
}

void ClaudeReader::logLine(uint32_t thread, const ClaudeMessage& message, bool assistant,
                           ReaderSink& sink) const
{
    if (!sink.wantsLog())
        return;
    if (m_line->isApiError) {
        for (const ClaudeBlock& block : message.blocks)
            logText(thread, LogKind::Error, block.text, 0, sink);
        return;
    }
    if (!message.text.empty())
        logText(thread, assistant ? LogKind::Text : LogKind::Prompt, message.text, 0, sink);
    for (size_t i = 0; i < message.blocks.size(); ++i)
        logBlock(thread, message.blocks[i], static_cast<int>(i), assistant, sink);
}

} // namespace plimsoll
