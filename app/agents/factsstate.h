// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/agents/reader.h"
#include "app/agents/statecodec.h"

// How what a log has told is kept between two runs (statecodec.h). Order is the format: append only.
namespace plimsoll {

template <typename Archive>
void fields(Archive& archive, LimitWindow& window)
{
    archive(window.name, window.usedPercent, window.resetsAtMs);
}

template <typename Archive>
void fields(Archive& archive, LimitsChanged& limits)
{
    archive(limits.kind, limits.plan, limits.windows, limits.atMs);
}

template <typename Archive>
void fields(Archive& archive, CompactionFact& compaction)
{
    archive(compaction.key, compaction.atMs, compaction.beforeTokens, compaction.afterTokens,
            compaction.trigger);
}

template <typename Archive>
void fields(Archive& archive, ThreadFacts& thread)
{
    archive(thread.agentId, thread.role, thread.model, thread.requestedModel, thread.firstAtMs,
            thread.lastAtMs, thread.contextTokens, thread.contextAtMs, thread.contextBasis,
            thread.contextPeak, thread.window, thread.turns, thread.toolCalls, thread.finished, thread.phase,
            thread.phaseAtMs, thread.openTool);
    archive.prose(thread.name, thread.activity, thread.openInput);
}

template <typename Archive>
void fields(Archive& archive, FileFacts& facts)
{
    archive(facts.kind, facts.sessionId, facts.agentId, facts.parentSessionId, facts.forkedFromSessionId,
            facts.workingDir, facts.gitBranch, facts.clientVersion, facts.firstAtMs, facts.lastAtMs,
            facts.lines, facts.badLines, facts.models, facts.threads, facts.compactions,
            facts.reportedTreeCostPico, facts.limits, facts.outputUnderReported, facts.ended);
    archive.prose(facts.title);
}

} // namespace plimsoll
