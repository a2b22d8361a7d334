// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/agent.h"

#include <QJsonObject>
#include <QMenu>

namespace plimsoll {

class Host;

/// What can be done with one agent, once for its row, its input and the palette: interrupt, compact, end,
/// resume, delete, another model or mode. Shows what the agent takes now; what this window may not do is
/// disabled and says why. Carries nothing out. GUI thread; the host belongs to the caller and must live
/// longer.
class AgentActions : public QObject
{
    Q_OBJECT

public:
    AgentActions(Host& host, QWidget* parent);

    void setAgent(const Agent& agent);
    /// \param menu answer to "agent_menu": models, and how the agent is set
    void setOffers(const QJsonObject& menu);

    /// All of it. The caller may add more of its own behind it.
    [[nodiscard]] QMenu* menu() const { return m_menu; }

signals:
    /// \param params without the agent's id
    void wanted(const QString& method, const QJsonObject& params);
    void deleteWanted(); ///< the caller asks whether it is meant

private:
    QAction* add(const QString& text, const char* method);
    void addModes();
    void refresh();

    struct Entry
    {
        QAction* action = nullptr;
        QString method;
    };

    Host& m_host;
    Agent m_agent;
    QMenu* m_menu;
    QMenu* m_models;
    QMenu* m_modes;
    QList<Entry> m_entries;
};

/// Whether a turn of the agent runs, or waits for somebody.
[[nodiscard]] bool isAtWork(AgentState state);

} // namespace plimsoll
