// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/agentmodel.h"

#include <QSortFilterProxyModel>
#include <QTimer>

#include <array>
#include <climits>
#include <functional>

namespace plimsoll {

/// How many rows are in which own state; subagents count as rows, collapsed and filtered ones too.
struct FleetCounts
{
    int agents = 0;   ///< all but finished ones
    int working = 0;  ///< executing, waiting
    int needsYou = 0; ///< blocked
    int total = 0;    ///< finished ones included
    bool operator==(const FleetCounts&) const = default;
};

/// Orders the fleet: groups by state, subagents directly below their parent, newest first. Does not change
/// the fleet. GUI thread; the source is an AgentModel and outlives it. A family (an agent with all below it)
/// stands in the most urgent group of its members. A row moves at once when its state or parent changes, and
/// by its time only every few seconds, so that rows do not jump with each token.
class AgentProxy : public QSortFilterProxyModel
{
    Q_OBJECT

public:
    enum Group { NeedsYou, Working, Idle, Finished };
    static constexpr int groupCount = 4;

    enum Role {
        GroupRole = Qt::UserRole + 128, ///< int of Group
        GroupFirstRole, ///< bool: the first row shown of its group; its heading stands above it
        GroupCountRole, ///< int: rows of the group that pass the filter, hidden ones of a collapsed group too
        DepthRole,      ///< int: 0, 1 for a subagent, 2 for a subagent's subagent …
        CollapsedRole,  ///< bool: its group is collapsed; this first row stands for the heading alone
    };

    explicit AgentProxy(AgentModel& source, QObject* parent = nullptr);

    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] QHash<int, QByteArray> roleNames() const override;

    /// Words that must all occur in name, kind, state, model, folder, branch, summary, role or session id.
    /// The parents of a found row stay visible. While there is a filter nothing is collapsed.
    void setFilterText(const QString& text);
    [[nodiscard]] QString filterText() const { return m_filterText; }

    /// By hand. Finished starts collapsed, but is shown open while no other group has rows, until it is
    /// collapsed by hand.
    void setCollapsed(Group group, bool collapsed);
    [[nodiscard]] bool isCollapsed(Group group) const; ///< as shown without a filter
    [[nodiscard]] bool isCollapsedByChoice(Group group) const { return m_collapsed.at(group); }

    /// Where Finished is open because it stands alone, it stays so when other groups come: who reads there is
    /// not disturbed.
    void keepOpen();

    [[nodiscard]] FleetCounts counts() const { return m_counts; }

    [[nodiscard]] static QString groupLabel(Group group); ///< "Needs you", "Working", "Idle", "Finished"
    [[nodiscard]] static Group groupOf(const Agent& agent, qint64 nowMs); ///< by its own state alone

    /// Row of an agent in this proxy, invalid where it is hidden or unknown.
    [[nodiscard]] QModelIndex indexOf(const AgentId& id) const;

    /// For tests: what tells the time (ms UTC).
    void setClock(std::function<qint64()> nowMs);

    /// Takes the times of all rows as they are now, as the slow timer does.
    void refreshOrder();

signals:
    void countsChanged();

protected:
    [[nodiscard]] bool filterAcceptsRow(int sourceRow, const QModelIndex& sourceParent) const override;
    [[nodiscard]] bool lessThan(const QModelIndex& left, const QModelIndex& right) const override;

private:
    /// What a row is among the others; index = row of the source.
    struct Place
    {
        int rank = INT_MAX; ///< in the total order of all rows
        int depth = 0;
        Group group = Finished;    ///< of its family: that of the most urgent member
        Group ownGroup = Finished; ///< by its own state
        bool groupFirst = false;
        int groupSize = 0; ///< members that are there by their own state
        bool collapsed = false;
        bool accepted = false;
        bool operator==(const Place&) const = default;
    };

    void watchSource();
    void onSourceChanged(const QModelIndex& topLeft, const QModelIndex& bottomRight, const QList<int>& roles);
    void takeTimes(int first, int last);
    void update();
    void rebuild();
    [[nodiscard]] QList<int> placeRows();
    template <typename Before>
    [[nodiscard]] QList<int> ranked(const QList<int>& parents, const Before& before);
    void markGroups(const QList<int>& order);
    void updateCounts();
    [[nodiscard]] bool isInOrder() const;
    void emitPlaces(const QList<Place>& before);
    void armExpiry();
    [[nodiscard]] bool matches(const Agent& agent) const;

    AgentModel& m_source;
    QList<Place> m_places;
    QList<qint64> m_times; ///< ms UTC by which rows are ordered; follows the real ones slowly
    QString m_filterText;
    QStringList m_words;
    std::array<bool, groupCount> m_collapsed{false, false, false, true};
    bool m_finishedAlone = false; ///< no other group has rows
    bool m_opensAlone = true;     ///< nobody has collapsed Finished by hand
    bool m_keptOpen = false;      ///< see keepOpen()
    FleetCounts m_counts;
    std::function<qint64()> m_nowMs;
    bool m_dirty = false; ///< m_places no longer follows the source
    QTimer m_orderTimer;  ///< armed by the first changed time
    QTimer m_expiryTimer; ///< when the next silent agent turns from idle to finished
};

} // namespace plimsoll
