// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/agents/codex/codextotals.h"

#include <algorithm>
#include <array>

namespace plimsoll {

namespace {

/// What can be added up: all but `total`, which is overwritten when the window was exceeded.
constexpr std::array<int64_t CodexUsage::*, 5> sums{&CodexUsage::input, &CodexUsage::cached,
                                                    &CodexUsage::cacheWrite, &CodexUsage::output,
                                                    &CodexUsage::reasoning};

CodexUsage minus(CodexUsage a, const CodexUsage& b)
{
    for (const auto field : sums)
        a.*field = std::max<int64_t>(0, a.*field - b.*field);
    return a;
}

CodexUsage larger(CodexUsage a, const CodexUsage& b)
{
    for (const auto field : sums)
        a.*field = std::max(a.*field, b.*field);
    return a;
}

int64_t size(const CodexUsage& usage)
{
    return usage.input + usage.output;
}

bool holds(const CodexUsage& whole, const CodexUsage& part)
{
    return std::all_of(sums.begin(), sums.end(),
                       [&](const auto field) { return part.*field <= whole.*field; });
}

bool isNothing(const CodexUsage& usage)
{
    return std::all_of(sums.begin(), sums.end(), [&](const auto field) { return usage.*field == 0; });
}

} // namespace

TokenCounts codexCounts(const CodexUsage& usage)
{
    TokenCounts counts;
    counts.cacheRead = std::min(usage.cached, usage.input);
    counts.cacheWrite5m = std::min(usage.cacheWrite, usage.input - counts.cacheRead);
    counts.input = usage.input - counts.cacheRead - counts.cacheWrite5m;
    counts.output = usage.output;
    counts.reasoning = std::min(usage.reasoning, usage.output);
    return counts;
}

CodexUsage CodexTotals::firstBase(const CodexUsage& total, const CodexUsage& last, bool foreign) const
{
    if (foreign)
        return minus(total, last);
    if (!m_beforeRestart)
        return {}; // the file starts in mid-session: all of it is this session's
    return size(total) <= size(*m_beforeRestart) ? minus(total, last) : *m_beforeRestart;
}

CodexTotals::Added CodexTotals::feed(const CodexUsage& total, const CodexUsage& last, bool firstIsForeign)
{
    if (isNothing(total)) {
        // The window was exceeded: the client overwrites its total with {total_tokens: window} and goes on
        // from 0.
        if (total.total > 0)
            m_high = CodexUsage{};
        return {};
    }
    CodexUsage base = m_high ? *m_high : firstBase(total, last, firstIsForeign);
    const bool isNewSeries = m_high && size(total) < size(*m_high);
    if (isNewSeries)
        base = minus(total, last);
    m_high = isNewSeries ? total : larger(total, base);
    const CodexUsage added = minus(total, base);
    if (isNothing(added))
        return {};
    if (isNothing(last) || !holds(added, last))
        return {{}, added};
    return {minus(added, last), last};
}

void CodexTotals::rebase(const CodexUsage& total)
{
    m_high = isNothing(total) ? CodexUsage{} : total;
}

void CodexTotals::restart()
{
    if (m_high)
        m_beforeRestart = m_high;
    m_high.reset();
}

} // namespace plimsoll
