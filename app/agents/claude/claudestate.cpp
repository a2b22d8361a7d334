// SPDX-License-Identifier: GPL-3.0-or-later
// ClaudeReader: what is kept between two runs of the program.
#include "app/agents/claude/claudereader.h"
#include "app/agents/factsstate.h"

namespace plimsoll {

template <typename Archive>
void fields(Archive& archive, ClaudeReader::OpenTool& tool)
{
    archive(tool.id, tool.name, tool.inWords);
    archive.prose(tool.input);
}

template <typename Archive>
void fields(Archive& archive, ClaudeReader::ThreadState& state)
{
    archive(state.openTools, state.answered, state.lastIsTool, state.lastIsAnswered, state.textInWords,
            state.changed);
    archive.prose(state.lastText);
}

template <typename Archive>
void ClaudeReader::archive(Archive& archive)
{
    archive(m_facts, m_states, m_rawCwd, m_rawBranch, m_titleRank, m_responseLines, m_finishedLines);
}

void ClaudeReader::save(StatePacker& packer)
{
    archive(packer);
}

bool ClaudeReader::load(StateUnpacker& unpacker)
{
    archive(unpacker);
    m_threadByAgent.clear();
    for (size_t i = 1; i < m_facts.threads.size(); ++i)
        m_threadByAgent.emplace(m_facts.threads[i].agentId, static_cast<uint32_t>(i));
    return unpacker.ok() && !m_facts.threads.empty() && m_states.size() == m_facts.threads.size();
}

} // namespace plimsoll
