// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/event.h"

#include <QRandomGenerator>

// Small made-up fleets for the tests of models. The same seed gives the same events everywhere.
namespace plimsoll::samples {

/// 2026-01-15 14:30 UTC
inline constexpr qint64 nowMs = 1'768'487'400'000;

inline AgentId idOf(int number)
{
    return {QUuid(uint(number), 0, 0x4000, 0x80, 0, 0, 0, 0, 0, 0, 1)};
}

inline Agent agent(int number, AgentState state = AgentState::Idle, const QString& name = {})
{
    Agent result;
    result.id = idOf(number);
    result.info.name = name.isEmpty() ? QStringLiteral("agent-%1").arg(number) : name;
    result.info.kind = AgentKind::ClaudeCode;
    result.info.updatedAtMs = nowMs - number * 1000;
    result.state = state;
    return result;
}

inline Usage usage(Count contextTokens, Count window = 200'000, Count costPico = std::nullopt)
{
    Usage result;
    result.contextTokens = contextTokens;
    result.contextWindow = window;
    result.costPico = costPico;
    if (contextTokens)
        result.contextBasis = Basis::Reported;
    return result;
}

template <typename T>
Event about(int number, T body, qint64 atMs = nowMs)
{
    return {0, atMs, idOf(number), Body(std::move(body))};
}

inline Event added(const Agent& agent, qint64 atMs = nowMs)
{
    return {0, atMs, agent.id, AgentAdded{agent}};
}

inline Count randomCount(QRandomGenerator& random)
{
    return random.bounded(5) == 0 ? Count() : Count(random.bounded(1'000'000));
}

inline QString randomText(QRandomGenerator& random)
{
    static const QStringList texts{QString(),
                                   QStringLiteral("a"),
                                   QStringLiteral("Edit src/cart/Total.tsx"),
                                   QStringLiteral("ünï ☃ \U0001F600"),
                                   QStringLiteral("two\nlines"),
                                   QStringLiteral("\"quoted\" \\ \t")};
    return texts.at(random.bounded(int(texts.size())));
}

inline qint64 randomMs(QRandomGenerator& random)
{
    return random.bounded(4) == 0 ? 0 : nowMs - random.bounded(100'000'000);
}

inline Compaction randomCompaction(QRandomGenerator& random)
{
    return {randomMs(random), randomCount(random), randomCount(random), randomText(random)};
}

inline Usage randomUsage(QRandomGenerator& random)
{
    Usage result;
    for (const UsageField& field : usageFields)
        result.*field.member = randomCount(random);
    for (const BasisField& field : basisFields)
        result.*field.member = Basis(random.bounded(4));
    for (int i = 0; i < random.bounded(3); ++i)
        result.byModel << ModelUsage{
            QStringLiteral("model-%1").arg(i), random.bounded(9999), 2, 3, 4, 5, 6, randomCount(random)};
    return result;
}

inline AgentInfo randomInfo(QRandomGenerator& random, int fleet)
{
    AgentInfo info;
    info.name = randomText(random);
    info.kind = AgentKind(random.bounded(3));
    info.sessionId = randomText(random);
    if (random.bounded(3) == 0)
        info.parentId = idOf(1 + random.bounded(fleet));
    if (random.bounded(5) == 0)
        info.forkedFromId = idOf(1 + random.bounded(fleet));
    if (random.bounded(5) == 0)
        info.continuesId = idOf(1 + random.bounded(fleet));
    info.model = randomText(random);
    info.workingDir = randomText(random);
    info.gitBranch = randomText(random);
    info.summary = randomText(random);
    info.role = randomText(random);
    for (int i = 0; i < random.bounded(3); ++i) {
        info.notes << randomText(random);
        info.files << randomText(random);
        info.compactions << randomCompaction(random);
    }
    info.createdAtMs = randomMs(random);
    info.updatedAtMs = randomMs(random);
    return info;
}

inline Agent randomAgent(QRandomGenerator& random, int fleet)
{
    Agent result;
    result.id = idOf(1 + random.bounded(fleet));
    result.info = randomInfo(random, fleet);
    result.state = AgentState(random.bounded(7));
    result.stateSource = StateSource(random.bounded(7));
    result.stateReason = randomText(random);
    result.stateSinceMs = randomMs(random);
    result.usage = randomUsage(random);
    return result;
}

/// Of any kind, about one of the agents 1 … fleet.
inline Event randomEvent(QRandomGenerator& random, int fleet)
{
    const int number = 1 + random.bounded(fleet);
    const qint64 atMs = nowMs + random.bounded(100'000);
    switch (random.bounded(13)) {
    case 0: {
        const Agent fresh = randomAgent(random, fleet);
        return added(fresh, atMs);
    }
    case 1: return about(number, AgentChanged{randomInfo(random, fleet)}, atMs);
    case 2: return about(number, AgentRemoved{}, atMs);
    case 3:
        return about(number,
                     StateChanged{AgentState(random.bounded(7)), StateSource(random.bounded(7)),
                                  randomText(random), randomMs(random)},
                     atMs);
    case 4: return about(number, Compacted{randomCompaction(random)}, atMs);
    case 5:
        return about(number,
                     Logged{LogKind(random.bounded(8)), randomText(random), randomText(random),
                            random.bounded(2) == 0, randomText(random), random.bounded(1000) - 1,
                            random.bounded(4)},
                     atMs);
    case 6:
        return about(number,
                     PermissionAsked{randomText(random), PermissionKind(random.bounded(3)),
                                     randomText(random), randomText(random), randomText(random)},
                     atMs);
    case 7:
        return about(number,
                     PermissionAnswered{randomText(random), randomText(random), randomText(random),
                                        randomText(random)},
                     atMs);
    case 8:
        return {0,
                atMs,
                {},
                LimitsChanged{AgentKind(random.bounded(3)),
                              randomText(random),
                              {{randomText(random), random.bounded(1000) / 8.0, randomMs(random)}},
                              randomMs(random)}};
    case 9:
        return about(number, AlertRaised{FillLevel(random.bounded(4)), random.bounded(1000) / 512.0}, atMs);
    case 10:
        return {
            0, atMs, {}, SpendChanged{{{nowMs, random.bounded(1'000'000'000)}, {nowMs + spendSlotMs, 7}}}};
    case 11: return about(number, TextStreamed{randomText(random), random.bounded(2) == 0}, atMs);
    default: return about(number, UsageChanged{randomUsage(random)}, atMs);
    }
}

} // namespace plimsoll::samples
