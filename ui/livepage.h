// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/eventmodel.h"
#include "models/eventproxy.h"
#include "models/settings.h"

#include <QTimer>
#include <QWidget>

class QButtonGroup;
class QComboBox;
class QLabel;
class QLineEdit;
class QSplitter;
class QToolButton;

namespace plimsoll {

class AgentModel;
class ContextPlot;
class ElidedLabel;
class EventView;
class Host;
class ReadingPane;
struct ReadingText;

/// The centre of the window: the fill of every agent's context window over time, and below it the stream of
/// what happens. Keeps its own event ring; does not select agents by itself, it only asks to (agentPicked).
/// GUI thread. The host, the model and the settings belong to the caller and must live longer.
class LivePage : public QWidget
{
    Q_OBJECT

public:
    LivePage(Host& host, AgentModel& agents, Settings& settings, QWidget* parent = nullptr);

    void setSelectedAgent(const AgentId& id);

    /// Takes what has been recorded. Call after AgentModel::apply of the same events.
    void apply(const Events& events);

    /// Forgets all and begins with the agents that stand in the model now.
    void reset();

signals:
    void agentPicked(const plimsoll::AgentId& id);

protected:
    void changeEvent(QEvent* event) override;
    void showEvent(QShowEvent* event) override;

private:
    [[nodiscard]] QWidget* makePlotPart(Host& host);
    [[nodiscard]] QWidget* makePlotTitle();
    [[nodiscard]] QWidget* makeEventPart(Host& host);
    [[nodiscard]] QWidget* makeEventTitle();
    void setRange(PlotRange range);
    void updateRangeLabel();
    void fillAgentChoice();
    void chooseAgent(const AgentId& id);
    void chooseTag(const QString& tag);
    void applyPattern();
    void readText(const ReadingText& text);
    void updateEmptyNote();
    void updateLook();

    AgentModel& m_agents;
    Settings& m_settings;
    EventModel m_events;
    EventProxy m_visible;
    QTimer m_typing; ///< single shot: filters when the typing rests
    QTimer m_naming; ///< single shot: new names for the choice of agents
    ContextPlot* m_plot = nullptr;
    EventView* m_eventView = nullptr;
    ReadingPane* m_reading = nullptr;
    QSplitter* m_splitter = nullptr;
    QLabel* m_plotTitle = nullptr;
    QLabel* m_eventTitle = nullptr;
    ElidedLabel* m_rangeLabel = nullptr;
    ElidedLabel* m_patternError = nullptr;
    QLabel* m_emptyNote = nullptr;
    QToolButton* m_liveButton = nullptr;
    QButtonGroup* m_ranges = nullptr;
    QComboBox* m_agentChoice = nullptr;
    QComboBox* m_tagChoice = nullptr;
    QLineEdit* m_pattern = nullptr;
    QToolButton* m_regex = nullptr;
};

} // namespace plimsoll
