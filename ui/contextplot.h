// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/usagehistory.h"
#include "ui/plotlines.h"

#include <QElapsedTimer>
#include <QHash>
#include <QSet>
#include <QTimer>
#include <QWidget>

class QToolButton;

namespace plimsoll {

class AgentModel;
class ElidedLabel;
class Host;
class PlotCanvas;
struct Reply;

/// The fill of every agent's context window over time, in percent of its own window. Follows the clock until
/// the reader pans or zooms. Draws only when visible and changed, at most five times a second, and holds no
/// timer in between. Agents without a known window have no line. GUI thread; host and model belong to the
/// caller and must live longer.
class ContextPlot : public QWidget
{
    Q_OBJECT

public:
    static constexpr int maxLines = 40;

    ContextPlot(Host& host, AgentModel& agents, QWidget* parent = nullptr);
    ~ContextPlot() override;

    void setRange(PlotRange range); ///< and back to live
    [[nodiscard]] PlotRange range() const { return m_range; }
    void setSelectedAgent(const AgentId& id);
    void apply(const Events& events);
    void reset();

    [[nodiscard]] bool isLive() const { return !m_byHand; }
    void backToLive();
    void showWholeHistory(); ///< of the selected agent, by hand

    // What a test looks at.
    [[nodiscard]] const QList<FillLine>& lines() const { return m_lines; }
    [[nodiscard]] TimeSpan span() const { return m_span; }
    [[nodiscard]] int drawCount() const { return m_drawCount; }
    [[nodiscard]] QString note() const { return m_note; } ///< in the place of lines

signals:
    void agentPicked(const plimsoll::AgentId& id);
    void liveChanged(bool live);
    void drawn();

protected:
    void changeEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void showEvent(QShowEvent* event) override;

private:
    void touch();
    void draw();
    [[nodiscard]] QList<AgentId> shownAgents() const;
    void askCurves(const QList<AgentId>& agents);
    void onReplied(const Reply& reply);
    [[nodiscard]] FillLine lineOf(const AgentId& id, qint64 nowMs);
    void assignSlots(const QList<AgentId>& agents);
    void moveByHand(TimeSpan span);
    void updateFoot();
    void updateLook();
    [[nodiscard]] TimeSpan wholeHistory() const;
    void describe();

    Host& m_host;
    AgentModel& m_agents;
    UsageHistory m_history;
    PlotCanvas* m_canvas = nullptr;
    ElidedLabel* m_foot = nullptr;  ///< who is not drawn
    QToolButton* m_whole = nullptr; ///< where the selected agent has no line in the shown time
    QTimer m_timer;                 ///< single shot, runs only while a drawing waits
    QElapsedTimer m_sinceDrawn;
    QHash<quint64, AgentId> m_asked; ///< by id of the query
    QSet<AgentId> m_known;           ///< asked once, answered or not
    QHash<AgentId, int> m_slots;     ///< colour and dash, kept while the agent is shown
    QList<FillLine> m_lines;
    AgentId m_selected;
    PlotRange m_range = PlotRange::ThreeHours;
    TimeSpan m_span;
    QString m_note;
    QStringList m_withoutWindow; ///< names of those of the shown time that cannot be drawn
    bool m_byHand = false;
    bool m_dirty = true;
    int m_drawCount = 0;
};

} // namespace plimsoll
