// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/apply.h"

#include "models/agentmodel.h"

#include <QtAlgorithms>

namespace plimsoll {

namespace {

// One bit per role: bits 0… are the roles from IdRole on, 32… the usage fields, the last two Qt's own.
constexpr int firstUsageBit = 32;
constexpr int displayBit = 62;
constexpr int accessibleBit = 63;
static_assert(AgentModel::LevelRole - AgentModel::IdRole < firstUsageBit);
static_assert(firstUsageBit + int(usageFields.size()) <= displayBit);

int bitOf(int role)
{
    if (role == Qt::DisplayRole)
        return displayBit;
    if (role == Qt::AccessibleTextRole)
        return accessibleBit;
    if (role >= AgentModel::FirstUsageRole)
        return firstUsageBit + role - AgentModel::FirstUsageRole;
    return role - AgentModel::IdRole;
}

int roleOf(int bit)
{
    if (bit == displayBit)
        return Qt::DisplayRole;
    if (bit == accessibleBit)
        return Qt::AccessibleTextRole;
    return bit >= firstUsageBit ? AgentModel::FirstUsageRole + bit - firstUsageBit : AgentModel::IdRole + bit;
}

/// Compares, assigns, notes.
template <typename T>
void take(T& mine, const T& theirs, int role, RoleSet& changed)
{
    if (mine == theirs)
        return;
    mine = theirs;
    changed.add(role);
}

void applyInfo(AgentInfo& mine, const AgentInfo& theirs, RoleSet& changed)
{
    take(mine.name, theirs.name, AgentModel::NameRole, changed);
    take(mine.kind, theirs.kind, AgentModel::KindRole, changed);
    take(mine.sessionId, theirs.sessionId, AgentModel::SessionRole, changed);
    take(mine.parentId, theirs.parentId, AgentModel::ParentRole, changed);
    take(mine.model, theirs.model, AgentModel::ModelRole, changed);
    take(mine.workingDir, theirs.workingDir, AgentModel::WorkingDirRole, changed);
    take(mine.gitBranch, theirs.gitBranch, AgentModel::BranchRole, changed);
    take(mine.summary, theirs.summary, AgentModel::SummaryRole, changed);
    take(mine.role, theirs.role, AgentModel::RoleRole, changed);
    take(mine.notes, theirs.notes, AgentModel::NotesRole, changed);
    take(mine.files, theirs.files, AgentModel::FilesRole, changed);
    take(mine.compactions, theirs.compactions, AgentModel::CompactionsRole, changed);
    take(mine.createdAtMs, theirs.createdAtMs, AgentModel::CreatedRole, changed);
    take(mine.updatedAtMs, theirs.updatedAtMs, AgentModel::UpdatedRole, changed);
    mine.commands = theirs.commands; // no view of the list shows these three
    mine.forkedFromId = theirs.forkedFromId;
    mine.continuesId = theirs.continuesId;
    if (changed.contains(AgentModel::NameRole))
        changed.add(Qt::DisplayRole);
    if (changed.contains(AgentModel::NameRole) || changed.contains(AgentModel::KindRole))
        changed.add(Qt::AccessibleTextRole);
}

void applyUsage(Usage& mine, const Usage& theirs, RoleSet& changed)
{
    const std::optional<double> fraction = windowFraction(mine);
    const FillLevel level = fillLevel(mine);
    const bool sentence = mine.contextTokens != theirs.contextTokens ||
                          mine.contextWindow != theirs.contextWindow || mine.costPico != theirs.costPico;
    for (size_t i = 0; i < usageFields.size(); ++i) {
        const auto member = usageFields[i].member;
        take(mine.*member, theirs.*member, AgentModel::FirstUsageRole + int(i), changed);
    }
    take(mine.contextBasis, theirs.contextBasis, AgentModel::ContextBasisRole, changed);
    take(mine.windowBasis, theirs.windowBasis, AgentModel::WindowBasisRole, changed);
    take(mine.triggerBasis, theirs.triggerBasis, AgentModel::TriggerBasisRole, changed);
    take(mine.costBasis, theirs.costBasis, AgentModel::CostBasisRole, changed);
    take(mine.byModel, theirs.byModel, AgentModel::ByModelRole, changed);
    if (fraction != windowFraction(mine))
        changed.add(AgentModel::FractionRole);
    if (level != fillLevel(mine))
        changed.add(AgentModel::LevelRole);
    if (sentence)
        changed.add(Qt::AccessibleTextRole);
}

void applyState(Agent& agent, const StateChanged& theirs, RoleSet& changed)
{
    take(agent.state, theirs.state, AgentModel::StateRole, changed);
    take(agent.stateSource, theirs.source, AgentModel::StateSourceRole, changed);
    take(agent.stateReason, theirs.reason, AgentModel::StateReasonRole, changed);
    take(agent.stateSinceMs, theirs.sinceMs, AgentModel::StateSinceRole, changed);
    if (changed.contains(AgentModel::StateRole))
        changed.add(Qt::AccessibleTextRole);
}

} // namespace

void RoleSet::add(int role)
{
    m_bits |= quint64(1) << bitOf(role);
}

bool RoleSet::contains(int role) const
{
    return (m_bits >> bitOf(role) & 1) != 0;
}

QList<int> RoleSet::toList() const
{
    QList<int> roles;
    roles.reserve(qPopulationCount(m_bits));
    // Qt's own roles have the smallest numbers and the highest bits.
    for (const int bit : {displayBit, accessibleBit}) {
        if ((m_bits >> bit & 1) != 0)
            roles << roleOf(bit);
    }
    for (int bit = 0; bit < displayBit; ++bit) {
        if ((m_bits >> bit & 1) != 0)
            roles << roleOf(bit);
    }
    return roles;
}

RoleSet apply(Agent& agent, const Event& event)
{
    RoleSet changed;
    if (const auto* usage = std::get_if<UsageChanged>(&event.body)) {
        applyUsage(agent.usage, usage->usage, changed);
    } else if (const auto* state = std::get_if<StateChanged>(&event.body)) {
        applyState(agent, *state, changed);
    } else if (const auto* info = std::get_if<AgentChanged>(&event.body)) {
        applyInfo(agent.info, info->info, changed);
    } else if (const auto* added = std::get_if<AgentAdded>(&event.body)) {
        const Agent& other = added->agent;
        take(agent.id, other.id, AgentModel::IdRole, changed);
        applyInfo(agent.info, other.info, changed);
        applyState(agent, {other.state, other.stateSource, other.stateReason, other.stateSinceMs}, changed);
        applyUsage(agent.usage, other.usage, changed);
    }
    return changed;
}

} // namespace plimsoll
