// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QPushButton>

namespace plimsoll {

class AgentModel;
class Host;
struct Reply;

/// The button below the list of agents that brings older ones, a page for each press: the host tells of the
/// newest thousand by itself. Hidden where there are no more. The agents come as events, not from here. Host
/// and model belong to the caller and must live longer. GUI thread.
class OlderSessions : public QPushButton
{
    Q_OBJECT

public:
    OlderSessions(Host& host, AgentModel& agents, QWidget* parent = nullptr);

    /// The host begins anew: what it said about its older agents is forgotten.
    void reset();

private:
    void ask();
    void onReplied(const Reply& reply);
    void refresh();

    Host& m_host;
    AgentModel& m_agents;
    qint64 m_left = -1;  ///< as the host said last, -1 = it has not been asked
    quint64 m_asked = 0; ///< the query whose answer is awaited; 0 = none
};

} // namespace plimsoll
