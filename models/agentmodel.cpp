// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/agentmodel.h"

#include "models/format.h"

#include <QMetaEnum>

#include <algorithm>
#include <cctype>
#include <utility>

namespace plimsoll {

namespace {

QVariant countValue(Count count)
{
    return count ? QVariant::fromValue<qint64>(*count) : QVariant();
}

QVariant timeValue(qint64 ms)
{
    return ms > 0 ? QVariant::fromValue(ms) : QVariant();
}

QVariant usageData(const Usage& usage, int role)
{
    switch (role) {
    case AgentModel::ContextBasisRole: return int(usage.contextBasis);
    case AgentModel::WindowBasisRole: return int(usage.windowBasis);
    case AgentModel::TriggerBasisRole: return int(usage.triggerBasis);
    case AgentModel::CostBasisRole: return int(usage.costBasis);
    case AgentModel::ByModelRole: return QVariant::fromValue(usage.byModel);
    case AgentModel::FractionRole: {
        const std::optional<double> fraction = windowFraction(usage);
        return fraction ? QVariant(*fraction) : QVariant();
    }
    case AgentModel::LevelRole: return int(fillLevel(usage));
    default: break;
    }
    const int field = role - AgentModel::FirstUsageRole;
    if (field >= 0 && field < int(usageFields.size()))
        return countValue(usage.*usageFields[size_t(field)].member);
    return {};
}

} // namespace

AgentModel::AgentModel(QObject* parent)
    : QAbstractListModel(parent)
{
}

int AgentModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(m_agents.size());
}

QVariant AgentModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const Agent& agent = m_agents.at(index.row());
    switch (role) {
    case IdRole: return QVariant::fromValue(agent.id);
    case StateRole: return int(agent.state);
    case StateSourceRole: return int(agent.stateSource);
    case StateReasonRole: return agent.stateReason;
    case StateSinceRole: return timeValue(agent.stateSinceMs);
    case Qt::AccessibleTextRole:
        return m_isStale ? QStringLiteral("stale: ") + accessibleSentence(agent) : accessibleSentence(agent);
    case Qt::DisplayRole: return plain(agent.info.name);
    default: break;
    }
    return role >= ContextBasisRole ? usageData(agent.usage, role) : infoData(agent, role);
}

void AgentModel::setStale(bool isStale)
{
    if (std::exchange(m_isStale, isStale) != isStale && !m_agents.isEmpty())
        emit dataChanged(index(0), index(int(m_agents.size()) - 1), {Qt::AccessibleTextRole});
}

QVariant AgentModel::infoData(const Agent& agent, int role)
{
    const AgentInfo& info = agent.info;
    switch (role) {
    case NameRole: return info.name;
    case KindRole: return int(info.kind);
    case ModelRole: return info.model;
    case ParentRole: return info.parentId.isNull() ? QVariant() : QVariant::fromValue(info.parentId);
    case WorkingDirRole: return info.workingDir;
    case BranchRole: return info.gitBranch;
    case SummaryRole: return info.summary;
    case RoleRole: return info.role;
    case SessionRole: return info.sessionId;
    case NotesRole: return info.notes;
    case FilesRole: return info.files;
    case CompactionsRole: return QVariant::fromValue(info.compactions);
    case CreatedRole: return timeValue(info.createdAtMs);
    case UpdatedRole: return timeValue(info.updatedAtMs);
    default: return {};
    }
}

QHash<int, QByteArray> AgentModel::roleNames() const
{
    QHash<int, QByteArray> names = QAbstractListModel::roleNames();
    names.insert(Qt::AccessibleTextRole, QByteArrayLiteral("accessibleText"));
    const auto roles = QMetaEnum::fromType<Role>();
    for (int i = 0; i < roles.keyCount(); ++i) {
        // "StateSinceRole" → "stateSince"
        QByteArray name = QByteArray(roles.key(i)).chopped(4);
        name[0] = char(std::tolower(static_cast<unsigned char>(name.at(0))));
        names.insert(roles.value(i), name);
    }
    for (size_t i = 0; i < usageFields.size(); ++i)
        names.insert(FirstUsageRole + int(i), QByteArray(usageFields[i].key));
    return names;
}

const Agent* AgentModel::agent(const AgentId& id) const
{
    const int row = rowOf(id);
    return row < 0 ? nullptr : &m_agents.at(row);
}

int AgentModel::rowOf(const AgentId& id) const
{
    const int row = m_rows.value(id, -1);
    return row < m_agents.size() ? row : -1;
}

int AgentModel::usageRole(Count Usage::*member)
{
    const auto* const field =
        std::find_if(usageFields.begin(), usageFields.end(),
                     [member](const UsageField& entry) { return entry.member == member; });
    return FirstUsageRole + int(field - usageFields.begin());
}

void AgentModel::apply(const Events& events)
{
    for (const Event& event : events)
        applyOne(event);
    flush();
    emit applied();
}

void AgentModel::applyOne(const Event& event)
{
    const auto* const added = std::get_if<AgentAdded>(&event.body);
    const AgentId id = added ? added->agent.id : event.agent;
    if (m_gone.contains(id)) {
        if (!added)
            return;
        flush(); // it comes back in the same frame: a new row
    }
    const auto found = m_rows.constFind(id);
    if (found == m_rows.constEnd()) {
        if (!added || id.isNull())
            return;
        m_rows.insert(id, int(m_agents.size() + m_incoming.size()));
        m_incoming.append(added->agent);
        return;
    }
    if (std::holds_alternative<AgentRemoved>(event.body)) {
        m_gone.insert(id);
        return;
    }
    const int row = *found;
    if (row >= m_agents.size()) {
        plimsoll::apply(m_incoming[row - m_agents.size()], event);
        return;
    }
    const RoleSet changed = plimsoll::apply(m_agents[row], event);
    if (!changed.isEmpty())
        m_changes[row].add(changed);
}

void AgentModel::flush()
{
    emitChanges();
    insertIncoming();
    removeGone();
}

void AgentModel::emitChanges()
{
    if (m_changes.isEmpty())
        return;
    const QHash<int, RoleSet> changes = std::exchange(m_changes, {});
    QList<int> rows = changes.keys();
    std::sort(rows.begin(), rows.end());
    for (qsizetype first = 0; first < rows.size();) {
        // Neighbours with other roles begin a run of their own: "exactly the roles that changed" holds per
        // row.
        const RoleSet roles = changes.value(rows.at(first));
        qsizetype last = first;
        while (last + 1 < rows.size() && rows.at(last + 1) == rows.at(last) + 1 &&
               changes.value(rows.at(last + 1)) == roles)
            ++last;
        emit dataChanged(index(rows.at(first)), index(rows.at(last)), roles.toList());
        first = last + 1;
    }
}

void AgentModel::insertIncoming()
{
    if (m_incoming.isEmpty())
        return;
    const int first = int(m_agents.size());
    beginInsertRows({}, first, first + int(m_incoming.size()) - 1);
    m_agents.append(std::exchange(m_incoming, {}));
    endInsertRows();
}

void AgentModel::removeGone()
{
    if (m_gone.isEmpty())
        return;
    QList<int> rows;
    for (const AgentId& id : std::as_const(m_gone))
        rows << m_rows.value(id);
    m_gone.clear();
    std::sort(rows.begin(), rows.end());
    // From the last run to the first, so that earlier rows keep their numbers.
    for (qsizetype last = rows.size() - 1; last >= 0;) {
        qsizetype first = last;
        while (first > 0 && rows.at(first - 1) == rows.at(first) - 1)
            --first;
        beginRemoveRows({}, rows.at(first), rows.at(last));
        for (int row = rows.at(first); row <= rows.at(last); ++row)
            m_rows.remove(m_agents.at(row).id);
        m_agents.remove(rows.at(first), rows.at(last) - rows.at(first) + 1);
        for (int row = rows.at(first); row < m_agents.size(); ++row)
            m_rows[m_agents.at(row).id] = row;
        endRemoveRows();
        last = first - 1;
    }
}

void AgentModel::reset(const QList<Agent>& agents)
{
    beginResetModel();
    m_agents.clear();
    m_rows.clear();
    for (const Agent& agent : agents) {
        if (agent.id.isNull() || m_rows.contains(agent.id))
            continue;
        m_rows.insert(agent.id, int(m_agents.size()));
        m_agents.append(agent);
    }
    endResetModel();
}

} // namespace plimsoll
