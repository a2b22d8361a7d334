// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/event.h"
#include "ui/resumecommand.h"

#include <QHash>
#include <QList>
#include <QTimer>
#include <QWidget>

#include <utility>

class QAction;
class QBoxLayout;
class QLabel;
class QPushButton;
class QSplitter;
class QStackedWidget;

namespace plimsoll {

class AgentActions;
class AgentModel;
class Conversation;
class DetailTable;
class ElidedLabel;
class Host;
class PermissionCard;
class PromptInput;
class WorkStrip;
struct Reply;

/// The right side of the window: all that is known of one agent, what it waits for, and its conversation.
/// What a driven agent asks is answered here, where the host says that this window may. GUI thread. The host
/// and the model belong to the caller and must live longer.
class DetailsPanel : public QWidget
{
    Q_OBJECT

public:
    DetailsPanel(Host& host, AgentModel& agents, QWidget* parent = nullptr);

    /// A null id, or one that the model does not know, shows a calm sentence instead.
    void setAgent(const AgentId& id);
    [[nodiscard]] AgentId agent() const { return m_id; }
    /// What can be done with the shown agent, as it is now.
    [[nodiscard]] AgentActions& actions();

    /// Takes what has been recorded. Call after AgentModel::apply of the same events.
    void apply(const Events& events);

    /// Forgets all and begins with the agents that stand in the model now.
    void reset();

protected:
    void changeEvent(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void showEvent(QShowEvent* event) override;

private:
    struct Asked
    {
        PermissionAsked what;
        qint64 atMs = 0;
    };

    [[nodiscard]] QWidget* makeHead();
    [[nodiscard]] QWidget* makeButtons();
    [[nodiscard]] QWidget* makeDetails();
    void noteQuestions(const Events& events);
    void sendAnswer(const QJsonObject& params);
    void onReplied(const Reply& reply);
    void refreshRights();
    void refresh();
    void refreshCard(const Agent& agent);
    void refreshButtons(const Agent& agent);
    void refreshTime();
    void openFolder();
    void addOwnActions();
    void askCounts();
    void updateLook();

    Host& m_host;
    AgentModel& m_agents;
    AgentId m_id;
    QHash<AgentId, QList<Asked>> m_questions; ///< not yet answered, oldest first
    QHash<quint64, QString> m_answering;      ///< queries under way → the request that they answer
    quint64 m_countsAsked = 0;                ///< the query whose answer is awaited; 0 = none
    ResumeCommand m_resume;
    std::pair<AgentId, QString> m_checkedFolder; ///< that the button has been set for
    QTimer m_clock; ///< for "41 s ago"; runs only while a shown agent waits for the operator
    QStackedWidget* m_stack = nullptr;
    QLabel* m_nothing = nullptr;
    ElidedLabel* m_name = nullptr;
    ElidedLabel* m_headline = nullptr;
    QLabel* m_state = nullptr;
    QLabel* m_summary = nullptr;
    PermissionCard* m_card = nullptr;
    QPushButton* m_folder = nullptr;
    QPushButton* m_copy = nullptr;
    QBoxLayout* m_buttons = nullptr;
    QSplitter* m_splitter = nullptr;
    QLabel* m_notes = nullptr;
    DetailTable* m_numbers = nullptr;
    DetailTable* m_events = nullptr;
    DetailTable* m_models = nullptr;
    DetailTable* m_compactions = nullptr;
    DetailTable* m_session = nullptr;
    Conversation* m_conversation = nullptr;
    WorkStrip* m_work = nullptr;
    PromptInput* m_input = nullptr;
    struct
    {
        QAction* folder = nullptr;
        QAction* resume = nullptr;
        QAction* session = nullptr;
    } m_own; ///< behind the actions of a driven agent
};

} // namespace plimsoll
