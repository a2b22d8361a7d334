// SPDX-License-Identifier: GPL-3.0-or-later
// CodexReader: what is kept between two runs of the program.
#include "app/agents/codex/codexreader.h"
#include "app/agents/factsstate.h"

namespace plimsoll {

template <typename Archive>
void fields(Archive& archive, CodexUsage& usage)
{
    archive(usage.told, usage.input, usage.cached, usage.cacheWrite, usage.output, usage.reasoning,
            usage.total);
}

template <typename Archive>
void fields(Archive& archive, CodexLimit& limit)
{
    archive(limit.told, limit.usedPercent, limit.windowMinutes, limit.resetsAtSec, limit.resetsInSec);
}

template <typename Archive>
void fields(Archive& archive, CodexTotals& totals)
{
    archive(totals.m_high, totals.m_beforeRestart);
}

template <typename Archive>
void fields(Archive& archive, CodexReader::Call& call)
{
    archive(call.id, call.name, call.inputIsJson);
    archive.prose(call.input);
}

template <typename Archive>
void fields(Archive& archive, CodexReader::State& state)
{
    archive(state.hasMeta, state.metaAtMs, state.historyStart, state.inCopy, state.hasOwn, state.hasRecords,
            state.hasModel, state.model, state.rawModel, state.rawCwd, state.marksTurns, state.titleByPerson,
            state.openCompaction, state.primary, state.secondary, state.openCalls, state.closedTool,
            state.lastCall, state.lastIsCall, state.changed);
    archive.prose(state.rawText);
}

template <typename Archive>
void CodexReader::archive(Archive& archive)
{
    archive(m_facts, m_state, m_totals, m_idBeforeRestart);
}

void CodexReader::save(StatePacker& packer)
{
    archive(packer);
}

bool CodexReader::load(StateUnpacker& unpacker)
{
    archive(unpacker);
    const bool fits = m_state.model < m_facts.models.size() || !m_state.hasModel;
    const bool open = !m_state.openCompaction || *m_state.openCompaction < m_facts.compactions.size();
    return unpacker.ok() && !m_facts.threads.empty() && fits && open;
}

} // namespace plimsoll
