// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/host.h"

#include <QHash>
#include <QObject>

#include <functional>

namespace plimsoll {

/// Prints what a host says: first the fleet, then one line for each change of an agent; of a link how it
/// stands. Each line begins with the local time. Same thread as its host; does not end the program.
class Headless : public QObject
{
    Q_OBJECT

public:
    /// \param print gets whole lines without newline
    Headless(Host& host, std::function<void(const QString&)> print, QObject* parent = nullptr);

private:
    void take(const Events& events);
    void takeFleet(const QList<Agent>& agents);
    void takeLink(const LinkState& link);
    void takeProgress(const Progress& progress);
    void printFleet();
    void printAgent(const Agent& agent);
    void printLine(const QString& line);

    std::function<void(const QString&)> m_print;
    QHash<AgentId, Agent> m_agents;
    QHash<AgentId, size_t> m_printed; ///< hash of the last line of each agent: the same is not said twice
    QString m_problem;                ///< what is wrong with the history, as last printed
    bool m_scanning = true;
};

} // namespace plimsoll
