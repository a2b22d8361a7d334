// SPDX-License-Identifier: GPL-3.0-or-later
// CodexReader: tokens, context, compactions and limits.
#include "app/agents/codex/codexreader.h"
#include "app/agents/jsontext.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace plimsoll {

namespace {

constexpr size_t maxPlanBytes = 100; // of raw text six times as many: an escape has up to six characters

uint64_t keyOf(uint64_t thread, const CodexUsage& total)
{
    const std::array<int64_t, 6> numbers{total.input,  total.cached,    total.cacheWrite,
                                         total.output, total.reasoning, total.total};
    std::array<char, sizeof numbers> bytes{};
    std::memcpy(bytes.data(), numbers.data(), bytes.size());
    return stableHash({bytes.data(), bytes.size()}, thread);
}

uint64_t numberedKey(uint64_t key, int64_t number)
{
    std::array<char, sizeof number> bytes{};
    std::memcpy(bytes.data(), &number, bytes.size());
    return stableHash({bytes.data(), bytes.size()}, key);
}

/// The share of one of `parts` equal parts; the first ones take the remainder.
int64_t share(int64_t whole, int64_t parts, int64_t part)
{
    return whole / parts + (part < whole % parts ? 1 : 0);
}

bool isOnlyTotal(const CodexUsage& usage)
{
    return usage.total > 0 && usage.input == 0 && usage.output == 0;
}

QString limitName(int64_t minutes)
{
    constexpr int64_t hour = 60;
    constexpr int64_t day = 24 * hour;
    if (minutes > 0 && minutes % day == 0)
        return QStringLiteral("%1 d").arg(minutes / day);
    if (minutes > 0 && minutes % hour == 0)
        return QStringLiteral("%1 h").arg(minutes / hour);
    return minutes > 0 ? QStringLiteral("%1 min").arg(minutes) : QString();
}

} // namespace

void CodexReader::setWindow()
{
    if (m_line->window > 0)
        m_facts.threads[0].window = m_line->window;
}

void CodexReader::setContext(int64_t tokens, Basis basis, ReaderSink& sink)
{
    ThreadFacts& thread = m_facts.threads[0];
    if (thread.contextTokens == tokens && thread.contextBasis == basis)
        return;
    thread.contextTokens = tokens;
    thread.contextBasis = basis;
    thread.contextAtMs = m_atMs;
    thread.contextPeak = std::max(thread.contextPeak.value_or(0), tokens);
    if (sink.wantsContextPoints())
        sink.contextPoint(0, m_atMs, tokens);
}

void CodexReader::readTokenCount(ReaderSink& sink)
{
    setWindow();
    readLimits();
    if (m_line->last.total > 0) {
        const bool isEstimate = isOnlyTotal(m_line->last);
        setContext(m_line->last.total, isEstimate ? Basis::Estimated : Basis::Reported, sink);
        if (m_state.openCompaction && isEstimate)
            m_facts.compactions[*m_state.openCompaction].afterTokens = m_line->last.total;
        if (isEstimate)
            m_state.openCompaction.reset();
    }
    if (!m_line->total.told)
        return;
    const bool isFork = !m_facts.forkedFromSessionId.empty() || !m_facts.parentSessionId.empty();
    const CodexTotals::Added added = m_totals.feed(m_line->total, m_line->last, isFork);
    if (m_state.hasRecords)
        return; // they tell the same, request by request
    const uint64_t key = keyOf(stableHash(m_facts.sessionId), m_line->total);
    countUntold(added.before, key, sink);
    countUsage(added.last, key, sink);
}

void CodexReader::readRecord(ReaderSink& sink)
{
    if (!m_line->last.told || (!m_line->threadId.empty() && m_line->threadId != m_facts.sessionId))
        return;
    m_state.hasRecords = true;
    m_state.openCompaction.reset();
    if (m_line->last.total > 0)
        setContext(m_line->last.total, Basis::Reported, sink);
    const uint64_t thread = stableHash(m_facts.sessionId);
    const bool hasId = !m_line->responseId.empty();
    countUsage(m_line->last,
               hasId ? stableHash(m_line->responseId, thread)
                     : numberedKey(keyOf(thread, m_line->last), m_atMs),
               sink);
}

void CodexReader::countUsage(const CodexUsage& usage, uint64_t key, ReaderSink& sink)
{
    Response response;
    response.tokens = codexCounts(usage);
    if (response.tokens == TokenCounts())
        return;
    response.key = key;
    response.ownerHash = stableHash(m_facts.sessionId);
    response.atMs = m_atMs;
    response.model = modelIndex();
    sink.response(response);
}

/// Many requests of which only the sum is known. Told in parts small enough that no price step for long
/// prompts applies to them: cost is linear below the step, so the parts cost what the requests did.
void CodexReader::countUntold(const CodexUsage& usage, uint64_t key, ReaderSink& sink)
{
    constexpr int64_t belowEveryStep = 200'000;
    constexpr int64_t mostParts = 1000;
    const int64_t parts = std::clamp<int64_t>(usage.input / belowEveryStep + 1, 1, mostParts);
    for (int64_t part = 0; part < parts; ++part) {
        CodexUsage piece;
        piece.input = share(usage.input, parts, part);
        piece.cached = share(usage.cached, parts, part);
        piece.cacheWrite = share(usage.cacheWrite, parts, part);
        piece.output = share(usage.output, parts, part);
        piece.reasoning = share(usage.reasoning, parts, part);
        countUsage(piece, numberedKey(key, part), sink);
    }
}

void CodexReader::readCompaction()
{
    const uint64_t thread = stableHash(m_facts.sessionId);
    CompactionFact compaction;
    compaction.key =
        m_line->ordinal >= 0 ? numberedKey(thread, m_line->ordinal) : stableHash(m_line->timestamp, thread);
    compaction.atMs = m_atMs;
    compaction.beforeTokens = m_facts.threads[0].contextTokens;
    const auto isSame = [&](const CompactionFact& known) { return known.key == compaction.key; };
    if (std::any_of(m_facts.compactions.begin(), m_facts.compactions.end(), isSame))
        return;
    m_state.openCompaction = m_facts.compactions.size();
    m_facts.compactions.push_back(std::move(compaction));
}

void CodexReader::readLimits()
{
    constexpr std::string_view ownLimit = "codex"; // others are for single models
    if (!m_line->primary.told && !m_line->secondary.told)
        return;
    if (!m_line->limitId.empty() && m_line->limitId != ownLimit)
        return;
    m_state.limitsAtMs = m_atMs;
    const bool known = m_facts.limits || m_state.limitsChanged;
    if (known && m_line->primary == m_state.primary && m_line->secondary == m_state.secondary) {
        if (m_facts.limits)
            m_facts.limits->atMs = m_atMs;
        return;
    }
    m_state.primary = m_line->primary;
    m_state.secondary = m_line->secondary;
    m_state.rawPlan = m_line->plan.substr(0, 6 * maxPlanBytes);
    m_state.limitsSinceMs = m_atMs;
    m_state.limitsChanged = true;
}

/// Nearly every line tells other limits, and only the last ones are for people.
void CodexReader::settleLimits()
{
    if (!std::exchange(m_state.limitsChanged, false))
        return;
    LimitsChanged limits;
    limits.kind = AgentKind::Codex;
    limits.plan = QString::fromStdString(unescaped(m_state.rawPlan, maxPlanBytes));
    limits.atMs = m_state.limitsAtMs;
    for (const CodexLimit& limit : {m_state.primary, m_state.secondary}) {
        if (!limit.told)
            continue;
        LimitWindow window;
        window.name = limitName(limit.windowMinutes);
        window.usedPercent = limit.usedPercent;
        constexpr int64_t latestSec = int64_t{1} << 40;
        if (limit.resetsAtSec > 0)
            window.resetsAtMs = std::min(limit.resetsAtSec, latestSec) * 1000;
        else if (limit.resetsInSec > 0)
            window.resetsAtMs = m_state.limitsSinceMs + std::min(limit.resetsInSec, latestSec) * 1000;
        limits.windows.append(window);
    }
    m_facts.limits = std::move(limits);
}

} // namespace plimsoll
