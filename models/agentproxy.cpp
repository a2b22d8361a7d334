// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/agentproxy.h"

#include "models/format.h"

#include <QDateTime>

#include <algorithm>
#include <numeric>

namespace plimsoll {

namespace {

constexpr int orderDelayMs = 5000;
constexpr int maxDepth = 32;
constexpr qint64 dayMs = 24 * 60 * 60 * 1000;

qint64 updatedMs(const Agent& agent)
{
    return std::max(agent.info.updatedAtMs, agent.stateSinceMs);
}

} // namespace

AgentProxy::AgentProxy(AgentModel& source, QObject* parent)
    : QSortFilterProxyModel(parent)
    , m_source(source)
    , m_nowMs([] { return QDateTime::currentMSecsSinceEpoch(); })
{
    // Order and filter are answered from m_places, which changes here alone; Qt's own watching would only
    // cost.
    setDynamicSortFilter(false);
    m_orderTimer.setSingleShot(true);
    m_orderTimer.setInterval(orderDelayMs);
    m_expiryTimer.setSingleShot(true);
    m_expiryTimer.setTimerType(Qt::VeryCoarseTimer);
    connect(&m_orderTimer, &QTimer::timeout, this, &AgentProxy::refreshOrder);
    connect(&m_expiryTimer, &QTimer::timeout, this, &AgentProxy::refreshOrder);

    watchSource();
    setSourceModel(&source);
    sort(0);
}

/// Called before the base class connects itself, so that places stand for the same rows as its mapping does.
void AgentProxy::watchSource()
{
    const auto reset = [this] {
        m_times = QList<qint64>(m_source.rowCount(), 0);
        takeTimes(0, m_source.rowCount() - 1);
        rebuild();
        armExpiry();
    };
    reset();
    connect(&m_source, &AgentModel::modelReset, this, reset);
    // A place as it is made is hidden: new rows come to light in update(), at their right place.
    connect(&m_source, &AgentModel::rowsInserted, this, [this](const QModelIndex&, int first, int last) {
        m_times.insert(first, last - first + 1, 0);
        m_places.insert(first, last - first + 1, Place());
        takeTimes(first, last);
        m_dirty = true;
    });
    connect(&m_source, &AgentModel::rowsRemoved, this, [this](const QModelIndex&, int first, int last) {
        m_times.remove(first, last - first + 1);
        m_places.remove(first, last - first + 1);
        m_dirty = true;
    });
    connect(&m_source, &AgentModel::dataChanged, this, &AgentProxy::onSourceChanged);
    connect(&m_source, &AgentModel::applied, this, [this] {
        if (m_dirty)
            update();
    });
}

QVariant AgentProxy::data(const QModelIndex& index, int role) const
{
    if (role < GroupRole || role > CollapsedRole)
        return QSortFilterProxyModel::data(index, role);
    const int row = mapToSource(index).row();
    if (row < 0 || row >= m_places.size())
        return {};
    const Place& place = m_places.at(row);
    switch (role) {
    case GroupRole: return int(place.group);
    case GroupFirstRole: return place.groupFirst;
    case GroupCountRole: return place.groupSize;
    case DepthRole: return place.depth;
    default: return place.collapsed;
    }
}

QHash<int, QByteArray> AgentProxy::roleNames() const
{
    QHash<int, QByteArray> names = QSortFilterProxyModel::roleNames();
    names.insert(GroupRole, QByteArrayLiteral("group"));
    names.insert(GroupFirstRole, QByteArrayLiteral("groupFirst"));
    names.insert(GroupCountRole, QByteArrayLiteral("groupCount"));
    names.insert(DepthRole, QByteArrayLiteral("depth"));
    names.insert(CollapsedRole, QByteArrayLiteral("collapsed"));
    return names;
}

void AgentProxy::setFilterText(const QString& text)
{
    if (text == m_filterText)
        return;
    m_filterText = text;
    m_words = text.split(QLatin1Char(' '), Qt::SkipEmptyParts);
    update();
}

void AgentProxy::setCollapsed(Group group, bool collapsed)
{
    if (isCollapsed(group) == collapsed && isCollapsedByChoice(group) == collapsed)
        return;
    m_collapsed.at(group) = collapsed;
    if (group == Finished) {
        m_opensAlone = m_opensAlone && !collapsed;
        m_keptOpen = false;
    }
    update();
}

bool AgentProxy::isCollapsed(Group group) const
{
    const bool opens = group == Finished && (m_keptOpen || (m_opensAlone && m_finishedAlone));
    return m_collapsed.at(group) && !opens;
}

void AgentProxy::keepOpen()
{
    m_keptOpen = m_keptOpen || (m_opensAlone && m_finishedAlone);
}

QString AgentProxy::groupLabel(Group group)
{
    switch (group) {
    case NeedsYou: return QStringLiteral("Needs you");
    case Working: return QStringLiteral("Working");
    case Idle: return QStringLiteral("Idle");
    case Finished: break;
    }
    return QStringLiteral("Finished");
}

AgentProxy::Group AgentProxy::groupOf(const Agent& agent, qint64 nowMs)
{
    switch (agent.state) {
    case AgentState::Blocked: return NeedsYou;
    case AgentState::Executing:
    case AgentState::Waiting: return Working;
    case AgentState::Idle: return Idle;
    case AgentState::Unknown: return nowMs - updatedMs(agent) < dayMs ? Idle : Finished;
    case AgentState::Complete:
    case AgentState::Failed: break;
    }
    return Finished;
}

QModelIndex AgentProxy::indexOf(const AgentId& id) const
{
    const int row = m_source.rowOf(id);
    return row < 0 ? QModelIndex() : mapFromSource(m_source.index(row));
}

void AgentProxy::setClock(std::function<qint64()> nowMs)
{
    m_nowMs = std::move(nowMs);
    refreshOrder();
}

void AgentProxy::refreshOrder()
{
    m_orderTimer.stop();
    takeTimes(0, int(m_times.size()) - 1);
    update();
}

bool AgentProxy::filterAcceptsRow(int sourceRow, const QModelIndex& /*sourceParent*/) const
{
    return sourceRow < m_places.size() && m_places.at(sourceRow).accepted;
}

bool AgentProxy::lessThan(const QModelIndex& left, const QModelIndex& right) const
{
    return m_places.at(left.row()).rank < m_places.at(right.row()).rank;
}

void AgentProxy::onSourceChanged(const QModelIndex& topLeft, const QModelIndex& bottomRight,
                                 const QList<int>& roles)
{
    bool moves = false;
    bool ages = false;
    for (const int role : roles) {
        moves = moves || role == AgentModel::StateRole || role == AgentModel::ParentRole;
        ages = ages || role == AgentModel::UpdatedRole || role == AgentModel::StateSinceRole;
        // What the filter reads; with no filter the rows stay where they are.
        moves = moves ||
                (!m_words.isEmpty() && (role == AgentModel::NameRole || role == AgentModel::SummaryRole));
    }
    if (moves) {
        takeTimes(topLeft.row(), bottomRight.row());
        m_dirty = true; // once per frame, see AgentModel::applied
    } else if (ages && !m_orderTimer.isActive()) {
        m_orderTimer.start();
    }
}

void AgentProxy::takeTimes(int first, int last)
{
    for (int row = first; row <= last; ++row)
        m_times[row] = updatedMs(m_source.at(row));
}

/// Computes the places anew and makes the view see what has changed.
void AgentProxy::update()
{
    const QList<Place> before = m_places;
    rebuild();
    const bool sameRows = std::equal(before.begin(), before.end(), m_places.begin(), m_places.end(),
                                     [](const Place& a, const Place& b) { return a.accepted == b.accepted; });
    if (!sameRows)
        invalidateFilter();
    if (!isInOrder())
        sort(0);
    emitPlaces(before);
    armExpiry();
}

void AgentProxy::rebuild()
{
    m_dirty = false;
    m_places = QList<Place>(m_source.rowCount(), Place());
    markGroups(placeRows());
    updateCounts();
}

/// Gives every row its group, depth, rank and whether it passes the filter. Returns the rows by rank.
QList<int> AgentProxy::placeRows()
{
    const auto rows = int(m_places.size());
    const qint64 nowMs = m_nowMs();
    QList<int> parents(rows, -1);
    for (int row = 0; row < rows; ++row) {
        const AgentId& parent = m_source.at(row).info.parentId;
        parents[row] = parent.isNull() ? -1 : m_source.rowOf(parent);
    }
    QList<int> byDepth(rows);
    for (int row = 0; row < rows; ++row) {
        byDepth[row] = row;
        int depth = 0;
        for (int up = parents.at(row); up >= 0 && depth <= maxDepth; up = parents.at(up))
            ++depth;
        if (depth > maxDepth) { // parents in a ring: cut where it is met first
            parents[row] = -1;
            depth = 0;
        }
        m_places[row].depth = depth;
    }

    // From the leaves up: a branch is as urgent, as new and as much looked for as its best member.
    QList<qint64> times = m_times;
    std::stable_sort(byDepth.begin(), byDepth.end(),
                     [this](int a, int b) { return m_places.at(a).depth > m_places.at(b).depth; });
    for (const int row : std::as_const(byDepth)) {
        Place& place = m_places[row];
        place.ownGroup = groupOf(m_source.at(row), nowMs);
        place.group = std::min(place.group, place.ownGroup);
        place.accepted = place.accepted || matches(m_source.at(row));
        if (const int parent = parents.at(row); parent >= 0) {
            m_places[parent].group = std::min(m_places.at(parent).group, place.group);
            m_places[parent].accepted = m_places.at(parent).accepted || place.accepted;
            times[parent] = std::max(times.at(parent), times.at(row));
        }
    }

    const auto before = [&](int a, int b) {
        if (m_places.at(a).group != m_places.at(b).group)
            return m_places.at(a).group < m_places.at(b).group;
        if (times.at(a) != times.at(b))
            return times.at(a) > times.at(b);
        return m_source.at(a).id < m_source.at(b).id;
    };
    return ranked(parents, before);
}

template <typename Before>
QList<int> AgentProxy::ranked(const QList<int>& parents, const Before& before)
{
    const auto rows = int(parents.size());
    QList<int> sorted(rows);
    std::iota(sorted.begin(), sorted.end(), 0);
    std::sort(sorted.begin(), sorted.end(), before);
    // Children of each row, last first, as chains through `next`: no list per row.
    QList<int> lastChild(rows, -1);
    QList<int> next(rows, -1);
    QList<int> open; // a stack: what comes next is on top
    for (const int row : std::as_const(sorted)) {
        const int parent = parents.at(row);
        if (parent >= 0) {
            next[row] = lastChild.at(parent);
            lastChild[parent] = row;
        }
    }
    QList<int> order;
    order.reserve(rows);
    for (const int root : std::as_const(sorted)) {
        if (parents.at(root) >= 0)
            continue;
        open << root;
        while (!open.isEmpty()) {
            const int row = open.takeLast();
            m_places[row].rank = int(order.size());
            m_places[row].group = m_places.at(root).group;
            order << row;
            for (int child = lastChild.at(row); child >= 0; child = next.at(child))
                open << child;
        }
    }
    return order;
}

void AgentProxy::markGroups(const QList<int>& order)
{
    std::array<int, groupCount> sizes{};
    std::array<int, groupCount> members{};
    for (const int row : order) {
        const Place& place = m_places.at(row);
        if (!place.accepted)
            continue;
        ++sizes.at(place.group);
        // A subagent that has reported stands below its parent, but it does not need you.
        members.at(place.group) += place.ownGroup == place.group ? 1 : 0;
    }
    m_finishedAlone =
        sizes.at(Finished) > 0 && sizes.at(Finished) == std::accumulate(sizes.begin(), sizes.end(), 0);
    std::array<bool, groupCount> begun{};
    for (const int row : order) {
        Place& place = m_places[row];
        if (!place.accepted)
            continue;
        place.groupSize = members.at(place.group);
        place.groupFirst = !begun.at(place.group);
        place.collapsed = isCollapsed(place.group) && m_words.isEmpty();
        place.accepted = place.groupFirst || !place.collapsed;
        begun.at(place.group) = true;
    }
}

void AgentProxy::updateCounts()
{
    FleetCounts counts;
    const qint64 nowMs = m_nowMs();
    counts.total = m_source.rowCount();
    for (const Agent& agent : m_source.agents()) {
        const Group group = groupOf(agent, nowMs);
        counts.agents += int(group != Finished);
        counts.working += int(group == Working);
        counts.needsYou += int(group == NeedsYou);
    }
    if (counts == m_counts)
        return;
    m_counts = counts;
    emit countsChanged();
}

bool AgentProxy::isInOrder() const
{
    int last = -1;
    for (int row = 0; row < rowCount(); ++row) {
        const int rank = m_places.at(mapToSource(index(row, 0)).row()).rank;
        if (rank < last)
            return false;
        last = rank;
    }
    return true;
}

/// Tells which shown rows stand in another group, first, counted or deeper than before.
void AgentProxy::emitPlaces(const QList<Place>& before)
{
    const QList<int> roles{GroupRole, GroupFirstRole, GroupCountRole, DepthRole, CollapsedRole};
    int first = -1;
    for (int row = 0; row <= rowCount(); ++row) {
        bool changed = false;
        if (row < rowCount()) {
            const int source = mapToSource(index(row, 0)).row();
            Place old = before.at(source);
            old.rank = m_places.at(source).rank; // the order has its own signal
            changed = !(old == m_places.at(source));
        }
        if (changed && first < 0) {
            first = row;
        } else if (!changed && first >= 0) {
            emit dataChanged(index(first, 0), index(row - 1, 0), roles);
            first = -1;
        }
    }
}

/// Without this timer a silent agent would stand among the idle ones until something else happens.
void AgentProxy::armExpiry()
{
    const qint64 nowMs = m_nowMs();
    qint64 nextMs = -1;
    for (const Agent& agent : m_source.agents()) {
        if (agent.state == AgentState::Unknown && groupOf(agent, nowMs) == Idle) {
            const qint64 leftMs = updatedMs(agent) + dayMs - nowMs;
            nextMs = nextMs < 0 ? leftMs : std::min(nextMs, leftMs);
        }
    }
    if (nextMs < 0)
        m_expiryTimer.stop();
    else
        m_expiryTimer.start(int(std::clamp<qint64>(nextMs, 1000, dayMs)));
}

bool AgentProxy::matches(const Agent& agent) const
{
    const AgentInfo& info = agent.info;
    return std::all_of(m_words.begin(), m_words.end(), [&](const QString& word) {
        const auto has = [&word](const QString& text) { return text.contains(word, Qt::CaseInsensitive); };
        return has(info.name) || has(kindLabel(info.kind)) || has(stateLabel(agent.state)) ||
               has(info.model) || has(info.workingDir) || has(info.gitBranch) || has(info.summary) ||
               has(info.role) || has(info.sessionId);
    });
}

} // namespace plimsoll
