// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/apply.h"
#include "models/event.h"

#include <QAbstractListModel>
#include <QHash>
#include <QList>
#include <QSet>

namespace plimsoll {

/// The fleet as a flat list, in the order in which agents came. Does not group, sort or filter (AgentProxy
/// does) and asks no host. GUI thread. One frame of events gives one dataChanged per run of changed rows,
/// with exactly the roles that changed.
class AgentModel : public QAbstractListModel
{
    Q_OBJECT

public:
    /// Enums come as int, times as ms UTC (qint64), numbers as qint64; what is unknown is an invalid
    /// QVariant.
    enum Role {
        IdRole = Qt::UserRole + 1, ///< AgentId
        NameRole,
        KindRole,        ///< int of AgentKind
        StateRole,       ///< int of AgentState
        StateSourceRole, ///< int of StateSource
        StateReasonRole,
        StateSinceRole, ///< ms UTC
        ModelRole,
        ParentRole, ///< AgentId
        WorkingDirRole,
        BranchRole,
        SummaryRole,
        RoleRole,
        SessionRole,
        NotesRole,        ///< QStringList
        FilesRole,        ///< QStringList
        CompactionsRole,  ///< QList<Compaction>
        CreatedRole,      ///< ms UTC
        UpdatedRole,      ///< ms UTC
        ContextBasisRole, ///< int of Basis, as the three below
        WindowBasisRole,
        TriggerBasisRole,
        CostBasisRole,
        ByModelRole,                        ///< QList<ModelUsage>
        FractionRole,                       ///< double, windowFraction()
        LevelRole,                          ///< int of FillLevel
        FirstUsageRole = Qt::UserRole + 64, ///< + index in usageFields
    };
    Q_ENUM(Role)

    explicit AgentModel(QObject* parent = nullptr);

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] QHash<int, QByteArray> roleNames() const override;

    /// Null where there is no such agent. Valid until the next event.
    [[nodiscard]] const Agent* agent(const AgentId& id) const;
    [[nodiscard]] const Agent& at(int row) const { return m_agents.at(row); }
    [[nodiscard]] int rowOf(const AgentId& id) const; ///< -1 = none
    [[nodiscard]] const QList<Agent>& agents() const { return m_agents; }

    /// The role of one number, such as usageRole(&Usage::contextTokens).
    [[nodiscard]] static int usageRole(Count Usage::*member);

    /// Whether what the agents are is not known any more: each row says so where it is read out.
    void setStale(bool isStale);

public slots:
    void apply(const plimsoll::Events& events);
    void reset(const QList<plimsoll::Agent>& agents);

signals:
    void applied(); ///< a frame is through: all its changes have been told

private:
    void applyOne(const Event& event);
    void flush();
    void emitChanges();
    void insertIncoming();
    void removeGone();
    [[nodiscard]] static QVariant infoData(const Agent& agent, int role);

    bool m_isStale = false;
    QList<Agent> m_agents;
    QHash<AgentId, int> m_rows; ///< of m_agents followed by m_incoming
    QList<Agent> m_incoming;    ///< not yet inserted: will stand behind m_agents
    QHash<int, RoleSet> m_changes;
    QSet<AgentId> m_gone;
};

} // namespace plimsoll
