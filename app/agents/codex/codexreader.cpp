// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/agents/codex/codexreader.h"

#include "app/agents/codex/codexcall.h"
#include "app/agents/jsontext.h"

#include <algorithm>

namespace plimsoll {

namespace {

constexpr size_t maxOpenCalls = 64;
constexpr size_t maxModels = 256;
constexpr size_t maxRawInput = 8 * 1024;
constexpr size_t maxRawText = 600;
constexpr size_t maxActivityBytes = 200;
constexpr size_t maxInputBytes = 4 * 1024;
constexpr size_t maxTitleBytes = 120;
constexpr size_t maxPathBytes = 4096;
constexpr size_t uuidLength = 36;
constexpr std::string_view unknownModel = "unknown";

/// "rollout-2026-06-18T02-33-46-<thread id>.jsonl" → the thread id.
std::string idFromName(std::string_view name)
{
    if (const size_t slash = name.rfind('/'); slash != std::string_view::npos)
        name.remove_prefix(slash + 1);
    name = name.substr(0, name.find(".jsonl"));
    return std::string(name.size() > uuidLength ? name.substr(name.size() - uuidLength) : name);
}

/// The time in two ids of version 7 says which was made first.
bool isUuid7(std::string_view id)
{
    return id.size() == uuidLength && id[14] == '7';
}

bool isNotOlder(std::string_view id, std::string_view than)
{
    constexpr size_t timeLength = 13; // 48 bits in hex and a dash
    return id.substr(0, timeLength) >= than.substr(0, timeLength);
}

bool isClosed(std::string_view text)
{
    const size_t last = text.find_last_not_of(" \t\r");
    return last != std::string_view::npos && text[last] == '}';
}

/// Shared by all readers of a thread, as Claude's.
CodexLine& threadLine()
{
    thread_local CodexLine line;
    return line;
}

} // namespace

CodexReader::CodexReader(std::string_view fileName)
    : m_idFromName(idFromName(fileName))
{
    m_facts.kind = AgentKind::Codex;
    m_facts.sessionId = m_idFromName;
}

void CodexReader::restart()
{
    FileFacts fresh;
    fresh.kind = m_facts.kind;
    fresh.models = m_facts.models; // indices handed out stay good
    fresh.sessionId = m_idFromName;
    m_idBeforeRestart = m_facts.sessionId;
    m_facts = std::move(fresh);
    m_totals.restart();
    m_state = {};
}

bool CodexReader::takeLine(std::string_view text, int64_t offset, ReaderSink& sink)
{
    m_line = &threadLine();
    if (!(isClosed(text) && scanCodexHead(text, *m_line)) && !parseCodexLine(text, *m_line))
        return false;
    m_offset = offset;
    m_atMs = m_line->timestamp.empty() ? 0 : parseIsoMs(m_line->timestamp);
    if (m_atMs != 0) {
        ThreadFacts& thread = m_facts.threads[0];
        for (int64_t* first : {&m_facts.firstAtMs, &thread.firstAtMs})
            *first = *first == 0 ? m_atMs : *first;
        for (int64_t* last : {&m_facts.lastAtMs, &thread.lastAtMs})
            *last = std::max(*last, m_atMs);
    }
    if (m_line->kind == CodexKind::SessionMeta) {
        readMeta();
    } else if (m_line->kind != CodexKind::Ignored) {
        if (isInherited()) {
            if (m_line->kind == CodexKind::TokenCount && m_line->total.told)
                m_totals.rebase(m_line->total);
            return true;
        }
        readOwn(sink);
        if (sink.wantsLog())
            logLine(text, sink);
    }
    return true;
}

void CodexReader::readOwn(ReaderSink& sink)
{
    m_state.hasOwn = true;
    switch (m_line->kind) {
    case CodexKind::TurnContext: readTurn(); break;
    case CodexKind::TokenCount: readTokenCount(sink); break;
    case CodexKind::UsageRecord: readRecord(sink); break;
    case CodexKind::TaskStarted:
        m_state.marksTurns = true;
        setWindow();
        setPhase(TurnPhase::Generating);
        break;
    case CodexKind::TaskComplete:
        m_state.openCalls.clear();
        setPhase(m_line->error.empty() ? TurnPhase::Done : TurnPhase::Failed);
        break;
    case CodexKind::TurnAborted:
        m_state.openCalls.clear();
        setPhase(TurnPhase::Interrupted);
        break;
    case CodexKind::Error: setPhase(TurnPhase::Failed); break;
    case CodexKind::Retrying: setPhase(TurnPhase::Retrying); break;
    case CodexKind::Prompt:
    case CodexKind::AgentMessage: readPrompt(); break;
    case CodexKind::Text: readText(); break;
    case CodexKind::ToolCall: readCall(); break;
    case CodexKind::ToolOutput: readCallOutput(); break;
    case CodexKind::Compacted: readCompaction(); break;
    case CodexKind::ThreadName:
        m_facts.title = oneLine(unescaped(m_line->name, maxTitleBytes), maxTitleBytes);
        m_state.titleByPerson = !m_facts.title.empty();
        break;
    case CodexKind::Ignored:
    case CodexKind::SessionMeta:
    case CodexKind::Reasoning: break;
    }
}

// ---- identity

void CodexReader::readMeta()
{
    if (m_state.hasMeta) {
        // A second one is the head of a copied history.
        const bool isOther = unescaped(m_line->id, maxPathBytes) != m_facts.sessionId;
        m_state.inCopy = m_state.inCopy || (isOther && !m_state.hasOwn && m_state.historyStart < 0);
        return;
    }
    m_state.hasMeta = true;
    m_state.metaAtMs = m_atMs;
    m_state.historyStart = m_line->historyStart;
    if (!m_line->id.empty())
        m_facts.sessionId = unescaped(m_line->id, maxPathBytes);
    if (!m_idBeforeRestart.empty() && m_idBeforeRestart != m_facts.sessionId)
        m_totals = {}; // another thread's file has taken the place
    m_facts.parentSessionId = unescaped(m_line->parentThread, maxPathBytes);
    if (m_facts.parentSessionId.empty())
        m_facts.forkedFromSessionId = unescaped(m_line->forkedFrom, maxPathBytes);
    m_state.inCopy = !m_line->forkedFrom.empty() && !m_line->hasHistoryBase && m_line->historyStart < 0;
    m_facts.workingDir = unescaped(m_line->cwd, maxPathBytes);
    m_state.rawCwd = m_line->cwd;
    m_facts.gitBranch = unescaped(m_line->branch, maxPathBytes);
    m_facts.clientVersion = unescaped(m_line->clientVersion, maxTitleBytes);
    ThreadFacts& thread = m_facts.threads[0];
    thread.role = unescaped(m_line->agentRole, maxTitleBytes);
    thread.name = unescaped(m_line->agentName.empty() ? m_line->agentPath : m_line->agentName, maxTitleBytes);
}

/// True for what a fork or a child has copied from the thread that it comes from.
bool CodexReader::isInherited()
{
    if (m_state.historyStart >= 0)
        return m_line->ordinal >= 0 && m_line->ordinal < m_state.historyStart;
    if (!m_state.inCopy)
        return false;
    // The copy is written in one go; what comes later, or in a turn younger than the thread, is its own.
    constexpr int64_t longestCopyMs = 2000;
    if (m_atMs > m_state.metaAtMs + longestCopyMs)
        m_state.inCopy = false;
    if (isUuid7(m_line->turnId) && isUuid7(m_facts.sessionId) &&
        isNotOlder(m_line->turnId, m_facts.sessionId))
        m_state.inCopy = false;
    return m_state.inCopy;
}

void CodexReader::readTurn()
{
    if (m_line->cwd != m_state.rawCwd && !m_line->cwd.empty()) {
        m_state.rawCwd = m_line->cwd;
        m_facts.workingDir = unescaped(m_line->cwd, maxPathBytes);
    }
    if (m_line->model.empty() || m_line->model == m_state.rawModel)
        return;
    m_state.rawModel = m_line->model;
    m_facts.threads[0].model = unescaped(m_line->model, maxTitleBytes);
    m_state.hasModel = false; // looked up when it is first paid for
}

uint32_t CodexReader::modelIndex()
{
    if (m_state.hasModel)
        return m_state.model;
    const std::string& told = m_facts.threads[0].model;
    const std::string name = told.empty() ? std::string(unknownModel) : told;
    const auto found = std::find(m_facts.models.begin(), m_facts.models.end(), name);
    m_state.model = static_cast<uint32_t>(found - m_facts.models.begin());
    m_state.hasModel = true;
    if (found == m_facts.models.end() && m_facts.models.size() < maxModels)
        m_facts.models.push_back(name);
    m_state.model = std::min(m_state.model, static_cast<uint32_t>(m_facts.models.size() - 1));
    return m_state.model;
}

// ---- turns, texts, tools

void CodexReader::setPhase(TurnPhase phase)
{
    ThreadFacts& thread = m_facts.threads[0];
    thread.phase = phase;
    thread.phaseAtMs = m_atMs != 0 ? m_atMs : thread.phaseAtMs;
    m_state.changed = true;
}

void CodexReader::readPrompt()
{
    const bool isByAgent = m_line->kind == CodexKind::AgentMessage;
    if (isByAgent && m_facts.parentSessionId.empty())
        return; // a child reports back
    std::string text;
    if (!m_line->texts.empty())
        text = unescaped(m_line->texts.front(), maxPathBytes);
    const std::string_view prompt = codexPrompt(text);
    if (prompt.empty() && !text.empty())
        return;
    ++m_facts.threads[0].turns;
    setPhase(TurnPhase::Generating);
    if (m_facts.title.empty() && !isByAgent)
        m_facts.title = oneLine(prompt, maxTitleBytes);
}

void CodexReader::readText()
{
    if (m_line->texts.empty())
        return;
    m_state.rawText = m_line->texts.back().substr(0, maxRawText);
    m_state.lastIsCall = false;
    // Older clients do not mark the end of a turn: a text that no tool call follows is its end.
    setPhase(m_state.marksTurns ? TurnPhase::Generating : TurnPhase::Done);
}

void CodexReader::readCall()
{
    ++m_facts.threads[0].toolCalls;
    Call call;
    call.id = stableHash(m_line->callId);
    call.name = unescaped(m_line->toolName, maxTitleBytes);
    call.input = m_line->input.substr(0, m_line->inputIsJson ? m_line->input.size() : maxRawInput);
    call.inputIsJson = m_line->inputIsJson && call.input.size() <= maxRawInput;
    m_state.lastCall = call;
    m_state.lastIsCall = true;
    if (!m_line->callId.empty()) { // what the server runs itself has none, and no output
        if (m_state.openCalls.size() >= maxOpenCalls)
            m_state.openCalls.erase(m_state.openCalls.begin());
        m_state.openCalls.push_back(std::move(call));
    }
    setPhase(m_state.openCalls.empty() ? TurnPhase::Generating : TurnPhase::RunningTool);
}

void CodexReader::readCallOutput()
{
    const uint64_t id = stableHash(m_line->callId);
    const auto open = std::find_if(m_state.openCalls.begin(), m_state.openCalls.end(),
                                   [&](const Call& call) { return call.id == id; });
    m_state.closedTool.clear();
    if (open == m_state.openCalls.end())
        return;
    m_state.closedTool = std::move(open->name);
    m_state.openCalls.erase(open);
    if (m_facts.threads[0].phase == TurnPhase::RunningTool && m_state.openCalls.empty())
        setPhase(TurnPhase::Generating);
    m_state.changed = true;
}

void CodexReader::settle()
{
    settleLimits();
    if (!m_state.changed)
        return;
    m_state.changed = false;
    ThreadFacts& thread = m_facts.threads[0];
    const bool isRunning = thread.phase == TurnPhase::RunningTool && !m_state.openCalls.empty();
    if (isRunning) {
        const Call& call = m_state.openCalls.back();
        thread.openTool = call.name;
        thread.openInput = codexInputText(call.input, call.inputIsJson, maxInputBytes);
    } else {
        thread.openTool.clear();
        thread.openInput.clear();
    }
    if (m_state.lastIsCall && m_state.lastCall) {
        const Call& call = *m_state.lastCall;
        thread.activity = codexActivity(call.name, call.input, call.inputIsJson, maxActivityBytes);
        m_state.lastCall.reset(); // thousands of ended logs keep none
    } else if (!m_state.lastIsCall) {
        thread.activity = oneLine(unescaped(m_state.rawText, maxRawText), maxActivityBytes);
    }
}

} // namespace plimsoll
