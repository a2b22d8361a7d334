// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/agent.h"

#include <QFont>
#include <QRect>
#include <QStyledItemDelegate>

namespace plimsoll {

class AgentModel;
class AgentProxy;
class BarMotion;
struct Theme;

/// What the layout of a row needs of a font: sizes in device-independent pixels. Computed once per font.
struct AgentMetrics
{
    explicit AgentMetrics(const QFont& base = {});

    QFont base;
    QFont name;
    QFont small;
    QFont number;
    QFont smallBold;
    int unit = 4; ///< one step of the grid
    int nameHeight = 0;
    int numberHeight = 0;
    int smallHeight = 0;
    int barHeight = 9;
    int margin = 14; ///< left and right of everything
    int indent = 22; ///< per level of a subagent
    int headingHeight = 30;
    int bodyHeight = 88;
};

/// How a row is shown, beside its agent.
struct AgentRow
{
    bool heading = false;   ///< the first of its group: the group's title stands above it
    bool collapsed = false; ///< only the title is shown
    int depth = 0;          ///< 1 for a subagent, 2 for one of a subagent
};

/// Where everything of one row stands. The same value serves paint, sizeHint, clicks and tool tips.
struct AgentLayout
{
    AgentLayout(const AgentMetrics& metrics, const QRect& row, const AgentRow& shown,
                Qt::LayoutDirection direction);

    [[nodiscard]] static int height(const AgentMetrics& metrics, const AgentRow& shown);

    QRect heading; ///< empty when there is none
    QRect body;    ///< empty when collapsed
    QRect stripe;  ///< at the leading edge of a selected row
    QRect dot;
    QRect title; ///< name, kind and percent
    QRect bar;
    QRect numbers; ///< fill, model and cost
    QRect activity;
};

/// What the agent does now or why it does nothing, in one line.
[[nodiscard]] QString activityLine(const Agent& agent);

/// Paints a row of the fleet: heading, dot, name, bar with the Plimsoll line, numbers. Changes nothing and
/// keeps no state but its fonts. The models and the motion belong to the view. GUI thread.
class AgentDelegate : public QStyledItemDelegate
{
    Q_OBJECT

public:
    AgentDelegate(const AgentModel& agents, const AgentProxy& rows, BarMotion& motion,
                  QObject* parent = nullptr);

    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override;
    [[nodiscard]] QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    bool helpEvent(QHelpEvent* event, QAbstractItemView* view, const QStyleOptionViewItem& option,
                   const QModelIndex& index) override;

    /// The layout of a row as it stands on screen.
    [[nodiscard]] AgentLayout layout(const QStyleOptionViewItem& option, const QModelIndex& index) const;

    /// What the pointer at `position` is told, plain text; empty between things.
    [[nodiscard]] QString tip(const Agent& agent, const AgentLayout& layout, const QPoint& position) const;

private:
    [[nodiscard]] const Agent& agentAt(const QModelIndex& index) const;
    [[nodiscard]] const AgentMetrics& metrics(const QFont& font) const;
    void paintHeading(QPainter& painter, const QStyleOptionViewItem& option, const QModelIndex& index,
                      const AgentLayout& layout) const;
    void paintTitle(QPainter& painter, const QStyleOptionViewItem& option, const Agent& agent,
                    const AgentLayout& layout) const;
    void paintBar(QPainter& painter, const QStyleOptionViewItem& option, const Agent& agent,
                  const QRect& bar) const;
    void paintNumbers(QPainter& painter, const QStyleOptionViewItem& option, const Agent& agent,
                      const AgentLayout& layout) const;
    [[nodiscard]] QString kindText(const Agent& agent) const;

    const AgentModel& m_agents;
    const AgentProxy& m_rows;
    BarMotion& m_motion;
    mutable AgentMetrics m_metrics;
};

} // namespace plimsoll
