// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/headless.h"

#include "app/status.h"
#include "models/apply.h"
#include "models/format.h"

#include <QDateTime>

#include <algorithm>

namespace plimsoll {

Headless::Headless(Host& host, std::function<void(const QString&)> print, QObject* parent)
    : QObject(parent)
    , m_print(std::move(print))
    , m_scanning(!host.capabilities().recording && host.link().phase == LinkState::Phase::Near)
{
    connect(&host, &Host::reset, this, &Headless::takeFleet);
    connect(&host, &Host::linkChanged, this, &Headless::takeLink);
    connect(&host, &Host::recorded, this, &Headless::take);
    connect(&host, &Host::progressed, this, &Headless::takeProgress);
    connect(&host, &Host::failed, this, [this](const QString& text) { printLine(text); });
    connect(&host, &Host::storeChanged, this, [this](const StoreState& state) {
        if (!state.problem.isEmpty() && state.problem != m_problem)
            printLine(state.problem);
        m_problem = state.problem;
    });
}

void Headless::take(const Events& events)
{
    QList<AgentId> changed;
    for (const Event& event : events) {
        if (event.agent.isNull())
            continue;
        apply(m_agents[event.agent], event);
        const auto* compacted = std::get_if<Compacted>(&event.body);
        if (compacted && !m_scanning) {
            printLine(QStringLiteral("%1  compacted  %2 -> %3  %4")
                          .arg(oneLine(plain(m_agents[event.agent].info.name), 60),
                               tokens(compacted->compaction.beforeTokens),
                               tokens(compacted->compaction.afterTokens), compacted->compaction.trigger));
        }
        if (!changed.contains(event.agent))
            changed.append(event.agent);
    }
    if (m_scanning)
        return; // the fleet is printed when it is complete
    for (const AgentId& id : changed)
        printAgent(m_agents[id]);
}

/// A link tells of all agents at once; what is read here of logs comes by itself.
void Headless::takeFleet(const QList<Agent>& agents)
{
    m_agents.clear();
    for (const Agent& agent : agents)
        m_agents.insert(agent.id, agent);
    if (!agents.isEmpty() && !m_scanning)
        printFleet();
}

void Headless::takeLink(const LinkState& link)
{
    const bool isUp = link.phase == LinkState::Phase::Connected;
    const QString text = isUp ? QStringLiteral("connected to %1").arg(link.place) : link.text;
    if (!text.isEmpty())
        printLine(text);
}

void Headless::takeProgress(const Progress& progress)
{
    if (progress.running || !m_scanning)
        return;
    m_scanning = false;
    printLine(QStringLiteral("%1 files, %2 agents").arg(progress.filesDone).arg(m_agents.size()));
    printFleet();
}

void Headless::printFleet()
{
    QList<Agent> agents = m_agents.values();
    std::sort(agents.begin(), agents.end(),
              [](const Agent& a, const Agent& b) { return a.info.updatedAtMs > b.info.updatedAtMs; });
    for (const Agent& agent : std::as_const(agents))
        printAgent(agent);
}

void Headless::printAgent(const Agent& agent)
{
    const QString line = agentLine(agent);
    const size_t hash = qHash(line);
    if (std::exchange(m_printed[agent.id], hash) == hash)
        return;
    printLine(line);
}

void Headless::printLine(const QString& line)
{
    m_print(clock(QDateTime::currentMSecsSinceEpoch()) + QStringLiteral("  ") + line);
}

} // namespace plimsoll
