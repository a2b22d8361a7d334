// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/host.h"
#include "ui/promptedit.h"

#include <QHash>
#include <QTimer>
#include <QWidget>

class QLabel;
class QPushButton;
class QToolButton;

namespace plimsoll {

class AgentActions;
class PromptChips;

/// What is said to an agent that Plimsoll has started: lines of text with the tokens that they will take, and
/// what can be done with it (interrupt, compact, end, resume, delete). Hidden for an agent that is only
/// observed. What this window may not do is disabled and says why. A text stays until it is taken. GUI
/// thread; the host belongs to the caller and must live longer.
class PromptInput : public QWidget
{
    Q_OBJECT

public:
    static constexpr int countDelayMs = 300; ///< after the last key

    explicit PromptInput(Host& host, QWidget* parent = nullptr);

    void setAgent(const Agent& agent);
    [[nodiscard]] AgentActions& actions() { return *m_actions; }

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    /// What an agent has been told from here and has not been told yet.
    struct Said
    {
        QString draft;
        QList<PromptImage> images{}; ///< that go with the draft
        QStringList history;         ///< oldest first
    };
    struct Asked
    {
        AgentId agent;
        QString method;
        QString text; ///< of "command_agent"
    };

    void build();
    void send(const QString& mode);
    void askOffers();
    void askWaiting();
    void takeImage(const PromptImage& image);
    void ask(const QString& method, QJsonObject params, const QString& text);
    void askBeforeDelete();
    void onReplied(const Reply& reply);
    void count();
    void showCount(const Reply& reply);
    void onEdited();
    bool stepThroughHistory(int step);
    void refresh();
    [[nodiscard]] bool offers(const char* method) const;
    [[nodiscard]] QString refusal(const char* method) const;
    void updateLook();

    Host& m_host;
    Agent m_agent;
    QHash<AgentId, Said> m_said;
    QHash<quint64, Asked> m_asked; ///< commands under way
    QTimer m_countDelay;
    QString m_failure;      ///< of the last command of the shown agent
    quint64 m_counting = 0; ///< the query whose answer is awaited; 0 = none
    quint64 m_offersAsked = 0;
    quint64 m_waitingAsked = 0;
    QTimer m_waitingDelay; ///< before the agent is asked again what it has not taken
    FillLevel m_level = FillLevel::Unknown;
    qsizetype m_historyAt = -1; ///< -1 = what is being written

    PromptEdit* m_edit = nullptr;
    PromptChips* m_chips = nullptr;
    QLabel* m_tokens = nullptr;
    QLabel* m_problem = nullptr;
    QToolButton* m_more = nullptr;
    QPushButton* m_interrupt = nullptr;
    QPushButton* m_steer = nullptr;
    QPushButton* m_send = nullptr;
    QPushButton* m_resume = nullptr;
    AgentActions* m_actions = nullptr;
};

} // namespace plimsoll
