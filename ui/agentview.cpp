// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/agentview.h"

#include "models/agentmodel.h"
#include "ui/theme.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QScrollBar>
#include <QStyle>

namespace plimsoll {

AgentView::AgentView(AgentModel& agents, AgentProxy& rows, QWidget* parent)
    : QTreeView(parent)
    , m_agents(agents)
    , m_rows(rows)
    , m_delegate(agents, rows, m_motion)
{
    setAccessibleName(tr("Agents"));
    setAccessibleDescription(tr("Left and Right close and open the group of the current agent"));
    setModel(&rows);
    setItemDelegate(&m_delegate);
    setHeaderHidden(true);
    setRootIsDecorated(false);
    setIndentation(0);
    setItemsExpandable(false);
    setUniformRowHeights(false);
    setVerticalScrollMode(ScrollPerPixel);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setFrameShape(NoFrame);
    setSelectionMode(SingleSelection);
    setEditTriggers(NoEditTriggers);
    setMouseTracking(false);
    viewport()->setBackgroundRole(QPalette::Window);
    setTabKeyNavigation(false);
    connect(&m_motion, &BarMotion::moved, this, [this](const AgentId& id) {
        const QModelIndex index = m_rows.indexOf(id);
        if (index.isValid())
            update(index);
    });
}

AgentId AgentView::currentAgent() const
{
    const QModelIndex index = currentIndex();
    if (!index.isValid() || index.data(AgentProxy::CollapsedRole).toBool())
        return {};
    return index.data(AgentModel::IdRole).value<AgentId>();
}

void AgentView::setCurrentAgent(const AgentId& id)
{
    const QModelIndex index = m_rows.indexOf(id);
    if (index.isValid())
        setCurrentIndex(index);
}

void AgentView::setReducedMotion(bool reduced)
{
    const bool desktopMoves = style()->styleHint(QStyle::SH_Widget_Animate, nullptr, this) != 0;
    m_motion.setEnabled(!reduced && desktopMoves);
}

QSize AgentView::sizeHint() const
{
    return {grid(font(), 87), grid(font(), 150)};
}

void AgentView::drawRow(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    // The base class would paint branches, focus and the full selection colour around the delegate.
    QStyleOptionViewItem row(option);
    // The current row is the one whose details are shown, also where Qt has made it current without selecting
    // it.
    row.state.setFlag(QStyle::State_Selected, index == currentIndex());
    row.state.setFlag(QStyle::State_HasFocus, hasFocus() && index == currentIndex());
    itemDelegate()->paint(painter, row, index);
}

void AgentView::dataChanged(const QModelIndex& topLeft, const QModelIndex& bottomRight,
                            const QList<int>& roles)
{
    if (roles.isEmpty() || roles.contains(int(AgentModel::FractionRole)))
        glide(topLeft, bottomRight);
    QTreeView::dataChanged(topLeft, bottomRight, roles);
}

void AgentView::currentChanged(const QModelIndex& current, const QModelIndex& previous)
{
    QTreeView::currentChanged(current, previous);
    if (const AgentId id = currentAgent(); !id.isNull())
        emit agentSelected(id);
}

void AgentView::mousePressEvent(QMouseEvent* event)
{
    const QModelIndex index = indexAt(event->position().toPoint());
    if (event->button() != Qt::LeftButton || !isHeading(index, event->position().toPoint())) {
        QTreeView::mousePressEvent(event);
        return;
    }
    setCollapsed(index, !index.data(AgentProxy::CollapsedRole).toBool());
    event->accept();
}

void AgentView::keyPressEvent(QKeyEvent* event)
{
    const bool leftToRight = layoutDirection() == Qt::LeftToRight;
    const int closing = leftToRight ? Qt::Key_Left : Qt::Key_Right;
    const int opening = leftToRight ? Qt::Key_Right : Qt::Key_Left;
    if (event->key() != closing && event->key() != opening) {
        QTreeView::keyPressEvent(event);
        return;
    }
    if (currentIndex().isValid())
        setCollapsed(currentIndex(), event->key() == closing);
    event->accept();
}

void AgentView::reset()
{
    m_motion.clear();
    QTreeView::reset();
}

bool AgentView::isHeading(const QModelIndex& index, const QPoint& position) const
{
    if (!index.isValid())
        return false;
    QStyleOptionViewItem option;
    initViewItemOption(&option);
    option.rect = visualRect(index);
    return m_delegate.layout(option, index).heading.contains(position);
}

void AgentView::setCollapsed(const QModelIndex& index, bool collapsed)
{
    const auto group = AgentProxy::Group(index.data(AgentProxy::GroupRole).toInt());
    if (m_rows.isCollapsed(group) == collapsed)
        return;
    const QModelIndex current = currentIndex();
    const bool ours = current.isValid() && current.data(AgentProxy::GroupRole).toInt() == group;
    if (!collapsed || !ours) {
        m_rows.setCollapsed(group, collapsed);
        if (ours && !currentAgent().isNull())
            emit agentSelected(currentAgent());
        return;
    }
    // The heading takes over before its rows go; whose details are shown does not change by that.
    const QSignalBlocker quiet(this);
    QModelIndex heading = current;
    while (heading.row() > 0 && !heading.data(AgentProxy::GroupFirstRole).toBool())
        heading = m_rows.index(heading.row() - 1, 0);
    setCurrentIndex(heading);
    m_rows.setCollapsed(group, true);
}

void AgentView::glide(const QModelIndex& topLeft, const QModelIndex& bottomRight)
{
    const QRect visible = viewport()->rect();
    for (int row = topLeft.row(); row <= bottomRight.row(); ++row) {
        const QModelIndex index = m_rows.index(row, 0);
        if (!visible.intersects(visualRect(index)))
            continue;
        const Agent& agent = m_agents.at(m_rows.mapToSource(index).row());
        if (const auto fraction = windowFraction(agent.usage))
            m_motion.retarget(agent.id, *fraction);
    }
}

} // namespace plimsoll
