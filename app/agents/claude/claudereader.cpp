// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/agents/claude/claudereader.h"

#include "app/agents/jsontext.h"
#include "app/agents/toolinput.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

namespace plimsoll {

namespace {

constexpr size_t maxOpenTools = 64;
constexpr size_t maxThreads = 4096;
constexpr size_t maxModels = 256;
constexpr size_t maxRawInput = 8 * 1024;
constexpr size_t maxRawText = 600;
constexpr size_t maxActivityBytes = 200;
constexpr size_t maxInputBytes = 4 * 1024;
constexpr size_t maxTitleBytes = 120;
constexpr size_t maxPathBytes = 4096;

constexpr std::string_view syntheticModel = "<synthetic>";
constexpr std::string_view interruptedMark = "[Request interrupted by user";

// Ranks of titles: a person's word goes before the agent's, both before what we make of the first prompt. Old
// `summary` lines may speak of another session, so they come last.
enum TitleRank { SummaryTitle = 1, PromptTitle, AgentTitle, PersonTitle };

/// What stands in a `user` line, by the head of its text.
enum class UserText { Prompt, Interrupted, Command, Output };

UserText userTextKind(std::string_view raw)
{
    const auto starts = [&](std::string_view head) { return raw.substr(0, head.size()) == head; };
    if (starts(interruptedMark))
        return UserText::Interrupted;
    if (starts("<command-"))
        return UserText::Command;
    if (starts("<local-command-") || starts("<bash-stdout") || starts("<bash-stderr") ||
        starts("<system-reminder"))
        return UserText::Output;
    return UserText::Prompt;
}

std::string_view firstText(const ClaudeMessage& message)
{
    if (!message.text.empty())
        return message.text;
    for (const ClaudeBlock& block : message.blocks) {
        if (block.kind == ClaudeBlock::Kind::Text && !block.text.empty())
            return block.text;
    }
    return {};
}

/// Shared by all readers of a thread: a thousand bytes for each of thousands of logs would be held for
/// nothing.
ClaudeLine& threadLine()
{
    thread_local ClaudeLine line;
    return line;
}

} // namespace

ClaudeReader::ClaudeReader(std::string sessionId, std::string agentId)
    : m_sessionFromLines(sessionId.empty())
{
    m_facts.kind = AgentKind::ClaudeCode;
    m_facts.sessionId = std::move(sessionId);
    m_facts.agentId = agentId;
    m_facts.threads[0].agentId = std::move(agentId);
}

void ClaudeReader::restart()
{
    FileFacts fresh;
    fresh.kind = m_facts.kind;
    fresh.agentId = m_facts.agentId;
    fresh.threads[0].agentId = m_facts.agentId;
    fresh.models = m_facts.models; // indices handed out stay good
    if (!m_sessionFromLines)
        fresh.sessionId = m_facts.sessionId;
    m_facts = std::move(fresh);
    m_states.assign(1, {});
    m_threadByAgent.clear();
    m_rawCwd.clear();
    m_rawBranch.clear();
    m_titleRank = 0;
    m_responseLines = 0;
    m_finishedLines = 0;
}

bool ClaudeReader::takeLine(std::string_view text, int64_t offset, ReaderSink& sink)
{
    m_line = &threadLine();
    if (!parseClaudeLine(text, *m_line))
        return false;
    m_offset = offset;
    m_atMs = m_line->timestamp.empty() ? 0 : parseIsoMs(m_line->timestamp);
    readCommon();

    const bool ownFile = !m_facts.agentId.empty();
    const bool sidechain = m_line->isSidechain && !ownFile;
    uint32_t thread = 0;
    if (sidechain && !m_line->agentId.empty())
        thread = threadOf(m_line->agentId);
    const bool anonymousSidechain = sidechain && thread == 0;

    switch (keyHash(m_line->type)) {
    case keyHash("assistant"):
        touch(thread);
        logLine(thread, m_line->message, true, sink);
        readAssistant(thread, m_line->message, !anonymousSidechain, sink);
        break;
    case keyHash("user"):
        if (anonymousSidechain || m_line->isCompactSummary)
            break;
        touch(thread);
        if (!m_line->isMeta)
            logLine(thread, m_line->message, false, sink);
        readUser(thread, m_line->message);
        break;
    case keyHash("system"): readSystem(sink); break;
    case keyHash("progress"): readNested(sink); break;
    case keyHash("attachment"):
        if (!m_line->queuedPrompt.empty()) {
            ++m_facts.threads[thread].turns;
            logText(thread, LogKind::Prompt, m_line->queuedPrompt, 0, sink);
        }
        break;
    default: readState(); break;
    }
    return true;
}

/// What any line may carry.
void ClaudeReader::readCommon()
{
    if (m_atMs != 0) {
        if (m_facts.firstAtMs == 0)
            m_facts.firstAtMs = m_atMs;
        m_facts.lastAtMs = std::max(m_facts.lastAtMs, m_atMs);
    }
    if (m_sessionFromLines && m_facts.sessionId.empty() && !m_line->sessionId.empty())
        m_facts.sessionId = unescaped(m_line->sessionId, maxTitleBytes);
    if (!m_line->cwd.empty() && m_line->cwd != m_rawCwd) {
        m_rawCwd = m_line->cwd.substr(0, maxPathBytes);
        m_facts.workingDir = unescaped(m_rawCwd, maxPathBytes);
    }
    if (!m_line->gitBranch.empty() && m_line->gitBranch != m_rawBranch) {
        m_rawBranch = m_line->gitBranch.substr(0, maxPathBytes);
        m_facts.gitBranch = oneLine(unescaped(m_rawBranch, maxPathBytes), maxPathBytes);
    }
    if (!m_line->version.empty() && m_line->version != m_facts.clientVersion)
        m_facts.clientVersion = oneLine(m_line->version, 40);
    if (!m_line->requestSessionId.empty() && m_line->requestSessionId != m_facts.sessionId &&
        m_facts.forkedFromSessionId.empty()) {
        m_facts.forkedFromSessionId = oneLine(m_line->requestSessionId, maxTitleBytes);
    }
}

/// Small state lines, repeated often: the last of a kind wins.
void ClaudeReader::readState()
{
    switch (keyHash(m_line->type)) {
    case keyHash("custom-title"):
    case keyHash("agent-name"): setTitle(PersonTitle, m_line->title); break;
    case keyHash("ai-title"): setTitle(AgentTitle, m_line->title); break;
    case keyHash("summary"): setTitle(SummaryTitle, m_line->title); break;
    case keyHash("cost-state"):
        m_facts.ended = true; // written when the process leaves the session
        if (m_line->totalCostUsd)
            m_facts.reportedTreeCostPico = std::llround(*m_line->totalCostUsd * 1e12);
        break;
    default: break;
    }
}

void ClaudeReader::setTitle(int rank, std::string_view raw)
{
    // A title said again replaces itself; the first prompt stays the first.
    if (raw.empty() || rank < m_titleRank || (rank == PromptTitle && m_titleRank == PromptTitle))
        return;
    std::string title = oneLine(unescaped(raw, maxRawText), maxTitleBytes);
    if (title.empty())
        return;
    m_titleRank = rank;
    m_facts.title = std::move(title);
}

void ClaudeReader::touch(uint32_t thread)
{
    ThreadFacts& facts = m_facts.threads[thread];
    m_facts.ended = false;
    m_states[thread].changed = true;
    if (m_atMs == 0)
        return;
    if (facts.firstAtMs == 0)
        facts.firstAtMs = m_atMs;
    facts.lastAtMs = std::max(facts.lastAtMs, m_atMs);
}

void ClaudeReader::setPhase(uint32_t thread, TurnPhase phase)
{
    ThreadFacts& facts = m_facts.threads[thread];
    facts.phase = phase;
    if (m_atMs != 0)
        facts.phaseAtMs = m_atMs;
}

uint32_t ClaudeReader::modelIndex(std::string_view raw)
{
    std::vector<std::string>& models = m_facts.models;
    for (size_t i = models.size(); i-- > 0;) {
        if (models[i] == raw)
            return static_cast<uint32_t>(i);
    }
    if (models.size() >= maxModels)
        return static_cast<uint32_t>(models.size() - 1);
    models.push_back(oneLine(raw, maxTitleBytes));
    return static_cast<uint32_t>(models.size() - 1);
}

uint32_t ClaudeReader::threadOf(std::string_view rawAgentId)
{
    std::string agentId = oneLine(rawAgentId, maxTitleBytes);
    const auto known = m_threadByAgent.find(agentId);
    if (known != m_threadByAgent.end())
        return known->second;
    if (agentId.empty() || m_facts.threads.size() >= maxThreads)
        return 0;
    const auto index = static_cast<uint32_t>(m_facts.threads.size());
    ThreadFacts facts;
    facts.agentId = agentId;
    m_facts.threads.push_back(std::move(facts));
    m_states.emplace_back();
    m_threadByAgent.emplace(std::move(agentId), index);
    return index;
}

void ClaudeReader::readAssistant(uint32_t thread, const ClaudeMessage& message, bool countsForContext,
                                 ReaderSink& sink)
{
    if (!message.present)
        return;
    if (m_line->isApiError || message.model == syntheticModel) {
        if (m_line->isApiError)
            setPhase(thread, TurnPhase::Failed);
        setLastText(thread, firstText(message));
        return;
    }
    if (message.hasUsage && !message.model.empty())
        readResponse(thread, message, countsForContext, sink);
    if (!countsForContext)
        return;
    bool calledTool = false;
    for (const ClaudeBlock& block : message.blocks) {
        if (block.kind == ClaudeBlock::Kind::ToolUse) {
            openTool(thread, block);
            calledTool = true;
        } else if (block.kind == ClaudeBlock::Kind::Text && !block.text.empty()) {
            setLastText(thread, block.text);
        }
    }
    if (calledTool)
        setPhase(thread, TurnPhase::RunningTool);
    else if (m_line->isAborted)
        setPhase(thread, TurnPhase::Interrupted);
    else if (message.stopReason.empty() || message.stopReason == "tool_use")
        setPhase(thread, TurnPhase::Generating);
    else
        setPhase(thread, TurnPhase::Done);
}

void ClaudeReader::readResponse(uint32_t thread, const ClaudeMessage& message, bool countsForContext,
                                ReaderSink& sink)
{
    ++m_responseLines;
    if (!message.stopReason.empty())
        ++m_finishedLines;

    const bool nested = &message == &m_line->nested;
    Response response;
    const std::string_view requestId = nested ? m_line->nestedRequestId : m_line->requestId;
    const std::string_view uuid = nested ? m_line->nestedUuid : m_line->uuid;
    if (!message.id.empty())
        response.key = stableHash(requestId, stableHash(message.id));
    else // nothing to know it again by: it stands for itself
        response.key = stableHash(uuid, static_cast<uint64_t>(m_offset) * 2 + 1);
    if (!m_line->requestSessionId.empty() && m_facts.agentId.empty())
        response.ownerHash = stableHash(m_line->requestSessionId);
    response.atMs = m_atMs != 0 ? m_atMs : m_facts.lastAtMs;
    response.model = modelIndex(message.model);
    response.thread = thread;
    response.fast = message.fast;
    response.fillsContext = countsForContext;
    response.tokens = message.tokens;
    sink.response(response);

    if (!countsForContext)
        return;
    ThreadFacts& facts = m_facts.threads[thread];
    const int64_t prompt = message.tokens.prompt();
    facts.model = m_facts.models[response.model];
    if (!nested && !m_line->requestedModel.empty() && facts.requestedModel != m_line->requestedModel)
        facts.requestedModel = oneLine(m_line->requestedModel, maxTitleBytes);
    facts.contextTokens = prompt;
    facts.contextAtMs = response.atMs;
    facts.contextBasis = Basis::Reported;
    facts.contextPeak = std::max(facts.contextPeak.value_or(0), prompt);
    if (sink.wantsContextPoints())
        sink.contextPoint(thread, response.atMs, prompt);
}

void ClaudeReader::openTool(uint32_t thread, const ClaudeBlock& block)
{
    ++m_facts.threads[thread].toolCalls;
    takeBackInput(thread);
    std::vector<OpenTool>& tools = m_states[thread].openTools;
    if (tools.size() >= maxOpenTools)
        tools.erase(tools.begin());
    tools.push_back({stableHash(block.id), std::string(block.name.substr(0, maxTitleBytes)),
                     std::string(block.input.substr(0, maxRawInput)), false});
    m_states[thread].lastIsTool = true;
}

/// Raw text is kept: only settle() needs it for people.
void ClaudeReader::setLastText(uint32_t thread, std::string_view raw)
{
    ThreadState& state = m_states[thread];
    state.lastText = raw.substr(0, maxRawText);
    state.textInWords = false;
    state.lastIsTool = false;
    state.lastIsAnswered = false;
}

void ClaudeReader::closeTool(uint32_t thread, std::string_view id)
{
    ThreadState& state = m_states[thread];
    const uint64_t hash = stableHash(id);
    const auto it = std::find_if(state.openTools.begin(), state.openTools.end(),
                                 [&](const OpenTool& tool) { return tool.id == hash; });
    if (it == state.openTools.end())
        return;
    takeBackInput(thread);
    if (state.openTools.size() == 1) {
        // The call stays what it did last, until something newer is told.
        m_facts.threads[thread].openTool.clear();
        state.answered = std::move(*it);
        state.lastIsAnswered = state.lastIsTool;
    }
    state.openTools.erase(it);
}

/// Once settled, the input of the newest open call stands in the facts alone: it may have kilobytes.
void ClaudeReader::takeBackInput(uint32_t thread)
{
    std::vector<OpenTool>& tools = m_states[thread].openTools;
    std::string told = std::exchange(m_facts.threads[thread].openInput, {});
    if (!tools.empty() && tools.back().input.empty())
        tools.back().input = std::move(told);
}

void ClaudeReader::readUser(uint32_t thread, const ClaudeMessage& message)
{
    bool answered = false;
    for (const ClaudeBlock& block : message.blocks) {
        if (block.kind != ClaudeBlock::Kind::ToolResult)
            continue;
        closeTool(thread, block.id);
        answered = true;
    }
    const std::string_view text = firstText(message);
    if (!text.empty())
        readPromptText(thread, text);
    else if (answered)
        setPhase(thread, m_states[thread].openTools.empty() ? TurnPhase::Generating : TurnPhase::RunningTool);
}

void ClaudeReader::readPromptText(uint32_t thread, std::string_view raw)
{
    if (m_line->isMeta)
        return;
    switch (userTextKind(raw)) {
    case UserText::Interrupted:
        m_states[thread].openTools.clear();
        setPhase(thread, TurnPhase::Interrupted);
        break;
    case UserText::Output: setPhase(thread, TurnPhase::Done); break;
    case UserText::Command: setPhase(thread, TurnPhase::Generating); break;
    case UserText::Prompt:
        ++m_facts.threads[thread].turns;
        m_states[thread].openTools.clear();
        setLastText(thread, raw);
        setPhase(thread, TurnPhase::Generating);
        if (thread == 0)
            setTitle(PromptTitle, raw);
        break;
    }
}

void ClaudeReader::readSystem(ReaderSink& sink)
{
    switch (keyHash(m_line->subtype)) {
    case keyHash("compact_boundary"): readCompaction(sink); break;
    case keyHash("api_error"):
        touch(0);
        setPhase(0, TurnPhase::Retrying);
        if (m_line->maxRetries > 0) {
            setLastText(0, "attempt " + std::to_string(m_line->retryAttempt) + " of " +
                               std::to_string(m_line->maxRetries) + ": " + std::string(m_line->errorText));
        } else {
            setLastText(0, m_line->errorText);
        }
        logText(0, LogKind::Error, m_states[0].lastText, 0, sink);
        break;
    case keyHash("turn_duration"):
        touch(0);
        // An interrupted or failed turn ends as well; what it ended in says more.
        if (m_facts.threads[0].phase != TurnPhase::Failed &&
            m_facts.threads[0].phase != TurnPhase::Interrupted)
            setPhase(0, TurnPhase::Done);
        m_states[0].openTools.clear();
        break;
    case keyHash("local_command"): setPhase(0, TurnPhase::Done); break;
    case keyHash("informational"):
    case keyHash("model_fallback"): logText(0, LogKind::System, m_line->content, 0, sink); break;
    default: break;
    }
}

void ClaudeReader::readCompaction(ReaderSink& sink)
{
    touch(0);
    CompactionFact fact;
    fact.key = stableHash(m_line->uuid, m_line->uuid.empty() ? static_cast<uint64_t>(m_offset) + 1 : 0);
    const bool known = std::any_of(m_facts.compactions.begin(), m_facts.compactions.end(),
                                   [&](const CompactionFact& other) { return other.key == fact.key; });
    if (known)
        return;
    fact.atMs = m_atMs;
    fact.beforeTokens = m_line->preTokens;
    fact.afterTokens = m_line->postTokens;
    fact.trigger = oneLine(m_line->compactTrigger, 20);
    m_facts.compactions.push_back(fact);
    m_states[0].openTools.clear();

    ThreadFacts& facts = m_facts.threads[0];
    facts.contextBasis = Basis::Estimated; // until the next response
    if (fact.afterTokens) {
        facts.contextTokens = fact.afterTokens;
        facts.contextAtMs = m_atMs;
        if (sink.wantsContextPoints())
            sink.contextPoint(0, m_atMs, *fact.afterTokens);
    }
}

void ClaudeReader::readNested(ReaderSink& sink)
{
    if (m_line->progressType != "agent_progress" || m_line->nestedAgentId.empty())
        return;
    const uint32_t thread = threadOf(m_line->nestedAgentId);
    if (thread == 0)
        return;
    if (!m_line->nestedTimestamp.empty()) {
        const int64_t nestedAtMs = parseIsoMs(m_line->nestedTimestamp);
        m_atMs = nestedAtMs != 0 ? nestedAtMs : m_atMs;
    }
    touch(thread);
    ThreadFacts& facts = m_facts.threads[thread];
    if (facts.name.empty() && !m_line->nestedPrompt.empty())
        facts.name = oneLine(unescaped(m_line->nestedPrompt, maxRawText), maxTitleBytes);
    if (m_line->nestedType == "assistant") {
        logLine(thread, m_line->nested, true, sink);
        readAssistant(thread, m_line->nested, true, sink);
    } else if (m_line->nestedType == "user") {
        logLine(thread, m_line->nested, false, sink);
        readUser(thread, m_line->nested);
    }
}

void ClaudeReader::settle()
{
    m_facts.outputUnderReported = m_responseLines >= 3 && m_finishedLines == 0;
    for (size_t i = 0; i < m_states.size(); ++i) {
        if (m_states[i].changed)
            settleThread(static_cast<uint32_t>(i));
    }
}

/// Thousands of logs stay as they ended: words are shorter than what they are made of, and are made once.
/// Swapped, because a short text that is assigned keeps the room of the long one.
void ClaudeReader::settleTool(OpenTool& tool)
{
    if (std::exchange(tool.inWords, true))
        return;
    std::string words = toolInputText(tool.input, maxInputBytes);
    tool.input.swap(words);
}

void ClaudeReader::settleText(ThreadState& state)
{
    if (std::exchange(state.textInWords, true))
        return;
    std::string words = oneLine(unescaped(state.lastText, maxRawText), maxActivityBytes);
    state.lastText.swap(words);
}

void ClaudeReader::settleThread(uint32_t thread)
{
    ThreadState& state = m_states[thread];
    ThreadFacts& facts = m_facts.threads[thread];
    state.changed = false;
    takeBackInput(thread);
    for (OpenTool& tool : state.openTools)
        settleTool(tool);
    state.openTools.shrink_to_fit();
    settleText(state);
    if (state.lastIsAnswered) {
        settleTool(state.answered);
        std::string line = oneLine(state.answered.input, maxActivityBytes);
        state.answered.input.swap(line);
    } else {
        std::ignore = std::exchange(state.answered, {});
    }
    facts.openTool.clear();
    if (!state.openTools.empty()) {
        OpenTool& tool = state.openTools.back();
        facts.openTool = oneLine(unescaped(tool.name, maxTitleBytes), maxTitleBytes);
        facts.openInput = std::exchange(tool.input, {});
    }
    if (!state.openTools.empty() && state.lastIsTool)
        facts.activity = oneLine(facts.openTool + ' ' + facts.openInput, maxActivityBytes);
    else if (state.openTools.empty() && state.lastIsAnswered)
        facts.activity = oneLine(unescaped(state.answered.name, maxTitleBytes) + ' ' + state.answered.input,
                                 maxActivityBytes);
    else
        facts.activity = state.lastText;
}

} // namespace plimsoll
