// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/host.h"

namespace plimsoll::test {

/// A host under the test's hand: it sends what it is told, and notes what it is asked.
class FakeHost : public Host
{
public:
    using Host::Host;

    [[nodiscard]] quint64 lastSeq() const override { return seq; }
    [[nodiscard]] HostCapabilities capabilities() const override { return about; }
    [[nodiscard]] LinkState link() const override { return state; }
    void retryLink() override { ++retries; }
    void start() override { ++starts; }
    void cancelScan() override { ++cancels; }
    quint64 query(const QString& method, const QJsonObject& params) override
    {
        lastMethod = method;
        lastParams = params;
        return ++queries;
    }

    void send(Events events)
    {
        for (Event& event : events)
            event.seq = ++seq;
        emit recorded(events);
    }

    void setLink(const LinkState& link)
    {
        state = link;
        emit linkChanged(link);
    }

    HostCapabilities about{
        QStringLiteral("This machine"), false, {QStringLiteral("/home/ada/.claude/projects")}};
    LinkState state;
    quint64 seq = 0;
    quint64 queries = 0;
    QString lastMethod; ///< of a query
    QJsonObject lastParams;
    int starts = 0;
    int cancels = 0;
    int retries = 0;
};

/// Ids that sort as their numbers, so that a test's order is the same at each run.
[[nodiscard]] inline AgentId idOf(int number)
{
    return {QUuid(uint(number), 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)};
}

[[nodiscard]] inline Agent agentOf(int number, const QString& name, AgentState state, qint64 context,
                                   qint64 nowMs)
{
    Agent agent;
    agent.id = idOf(number);
    agent.info.name = name;
    agent.info.kind = AgentKind::ClaudeCode;
    agent.info.sessionId = name;
    agent.info.model = QStringLiteral("claude-opus-4-5-20251101");
    agent.info.summary = QStringLiteral("Edit src/cart/Total.tsx");
    agent.info.createdAtMs = nowMs - 60'000;
    agent.info.updatedAtMs = nowMs - number;
    agent.state = state;
    agent.stateSource = StateSource::Registry;
    agent.stateSinceMs = nowMs - 10'000;
    agent.usage.contextTokens = context;
    agent.usage.contextWindow = 200'000;
    agent.usage.compactAtTokens = 167'000;
    agent.usage.costPico = 4'180'000'000'000;
    agent.usage.contextBasis = Basis::Reported;
    agent.usage.windowBasis = Basis::Derived;
    agent.usage.triggerBasis = Basis::Derived;
    agent.usage.costBasis = Basis::Derived;
    return agent;
}

[[nodiscard]] inline Event added(const Agent& agent)
{
    return {0, agent.info.updatedAtMs, agent.id, AgentAdded{agent}};
}

} // namespace plimsoll::test
