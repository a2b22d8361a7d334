// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/agentproxy.h"
#include "ui/agentdelegate.h"
#include "ui/barmotion.h"

#include <QTreeView>

namespace plimsoll {

class AgentModel;

/// The fleet as a flat list with group headings. A tree view because it repaints exactly the changed row,
/// which a list view does not. Click on a heading or Left/Right collapses and expands a group. Selects, never
/// changes an agent. The model and the proxy belong to the caller. GUI thread.
class AgentView : public QTreeView
{
    Q_OBJECT

public:
    AgentView(AgentModel& agents, AgentProxy& rows, QWidget* parent = nullptr);

    /// The agent of the current row; null where none is or only a heading stands there.
    [[nodiscard]] AgentId currentAgent() const;

    /// Makes an agent's row current and scrolls to it; does nothing when it is not shown.
    void setCurrentAgent(const AgentId& id);

    /// No gliding bars for people who asked for none, here or on their desktop.
    void setReducedMotion(bool reduced);

    [[nodiscard]] QSize sizeHint() const override;

signals:
    void agentSelected(const plimsoll::AgentId& id);

protected:
    void drawRow(QPainter* painter, const QStyleOptionViewItem& option,
                 const QModelIndex& index) const override;
    void dataChanged(const QModelIndex& topLeft, const QModelIndex& bottomRight,
                     const QList<int>& roles) override;
    void currentChanged(const QModelIndex& current, const QModelIndex& previous) override;
    void mousePressEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void reset() override;

private:
    [[nodiscard]] bool isHeading(const QModelIndex& index, const QPoint& position) const;
    void setCollapsed(const QModelIndex& index, bool collapsed);
    void glide(const QModelIndex& topLeft, const QModelIndex& bottomRight);

    AgentModel& m_agents;
    AgentProxy& m_rows;
    BarMotion m_motion;
    AgentDelegate m_delegate;
};

} // namespace plimsoll
