// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/event.h"

#include <QJsonArray>
#include <QTimer>
#include <QWidget>

class QLabel;
class QVBoxLayout;

namespace plimsoll {

class Host;
struct Agent;
struct Reply;

/// "☑ read   ▶ write   ☐ test", at most `limit` lines around the one that is being done, with what is left
/// out counted. Plain text; empty of no entries. \param todos [{text, state}]
[[nodiscard]] QString todoText(const QJsonArray& todos, int limit);

/// What an agent means to do, and what runs beside its turns (with its output, and stopped where this window
/// may). Hidden where there is neither. GUI thread; the host belongs to the caller and must live longer.
class WorkStrip : public QWidget
{
    Q_OBJECT

public:
    explicit WorkStrip(Host& host, QWidget* parent = nullptr);

    void setAgent(const Agent& agent);
    void apply(const Events& events); ///< those of other agents are passed over

protected:
    void changeEvent(QEvent* event) override;
    void showEvent(QShowEvent* event) override;

private:
    void ask();
    void onReplied(const Reply& reply);
    void showTasks();
    void addTask(const QJsonObject& task);
    void updateLook();

    Host& m_host;
    AgentId m_agent;
    bool m_isDriven = false;
    bool m_mayStop = false;
    quint64 m_todosAsked = 0; ///< queries whose answers are awaited; 0 = none
    quint64 m_tasksAsked = 0;
    quint64 m_outputAsked = 0;
    quint64 m_stopAsked = 0;
    QString m_outputTitle;
    QJsonArray m_tasks;
    QTimer m_delay; ///< of the next question; runs on while a task does
    QLabel* m_todos = nullptr;
    QLabel* m_problem = nullptr; ///< of a task that was not stopped
    QVBoxLayout* m_rows = nullptr;
};

} // namespace plimsoll
