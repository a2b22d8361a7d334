// SPDX-License-Identifier: GPL-3.0-or-later
// CodexReader: the lines of the stream.
#include "app/agents/codex/codexcall.h"
#include "app/agents/codex/codexreader.h"
#include "app/agents/jsontext.h"

namespace plimsoll {

namespace {

constexpr size_t maxToolNameBytes = 200;

} // namespace

void CodexReader::logOne(LogItem item, ReaderSink& sink) const
{
    item.atMs = m_atMs;
    item.offset = m_offset;
    sink.logged(std::move(item));
}

void CodexReader::logTexts(LogKind kind, ReaderSink& sink) const
{
    int block = 0;
    for (const std::string_view raw : m_line->texts) {
        LogItem item;
        item.kind = kind;
        item.block = block++;
        item.text = unescaped(raw, m_textLimit, &item.truncated);
        const bool isInjected = kind == LogKind::Prompt && codexPrompt(item.text).empty();
        if (!item.text.empty() && !isInjected)
            logOne(std::move(item), sink);
    }
}

void CodexReader::logCall(ReaderSink& sink) const
{
    LogItem item;
    item.kind = LogKind::ToolUse;
    item.tool = unescaped(m_line->toolName, maxToolNameBytes);
    item.text = codexInputText(m_line->input, m_line->inputIsJson, m_textLimit, &item.truncated);
    logOne(std::move(item), sink);
}

void CodexReader::logOutput(const std::string& tool, ReaderSink& sink) const
{
    int block = 0;
    for (const std::string_view raw : m_line->texts) {
        LogItem item;
        item.kind = LogKind::ToolResult;
        item.tool = tool;
        item.block = block++;
        item.text = codexOutputText(raw, m_textLimit, &item.truncated);
        logOne(std::move(item), sink);
    }
}

void CodexReader::logLine(std::string_view text, ReaderSink& sink)
{
    // Of lines known by their head alone the texts are still missing.
    const bool isByHead = m_line->kind == CodexKind::ToolOutput || m_line->kind == CodexKind::Reasoning;
    if (isByHead && !parseCodexLine(text, *m_line))
        return;
    switch (m_line->kind) {
    case CodexKind::Prompt: logTexts(LogKind::Prompt, sink); break;
    case CodexKind::AgentMessage:
        logTexts(m_facts.parentSessionId.empty() ? LogKind::System : LogKind::Prompt, sink);
        break;
    case CodexKind::Text: logTexts(LogKind::Text, sink); break;
    case CodexKind::Reasoning: logTexts(LogKind::Thinking, sink); break;
    case CodexKind::ToolCall: logCall(sink); break;
    case CodexKind::ToolOutput: logOutput(m_state.closedTool, sink); break;
    case CodexKind::TaskComplete:
    case CodexKind::Error:
    case CodexKind::Retrying: {
        LogItem item;
        item.kind = LogKind::Error;
        item.text = unescaped(m_line->error, m_textLimit, &item.truncated);
        if (!item.text.empty())
            logOne(std::move(item), sink);
        break;
    }
    case CodexKind::TurnAborted: {
        LogItem item;
        item.text = "Turn interrupted";
        logOne(std::move(item), sink);
        break;
    }
    default: break;
    }
}

} // namespace plimsoll
