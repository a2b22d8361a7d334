// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/event.h"

#include <QHash>
#include <QJsonObject>
#include <QList>

namespace plimsoll {

/// Fill of one context window at one time.
struct UsageSample
{
    qint64 atMs = 0; ///< ms UTC
    qint64 contextTokens = 0;
    Count contextWindow; ///< tokens
    bool operator==(const UsageSample&) const = default;
};

/// The curves of the context fill: per agent, ascending by time. Plain data for plots; asks nobody and
/// paints nothing. GUI thread. Holds at most maxSamples per agent, older ones are thinned out.
class UsageHistory
{
public:
    static constexpr int maxSamples = 4000;
    static constexpr qint64 liveStepMs =
        1000; ///< live samples closer than this replace each other, but drops

    void apply(const Events& events);
    void reset(const QList<Agent>& agents);

    /// Merges loaded history: it replaces all up to its last sample, later live samples stay.
    void setCurve(const AgentId& id, QList<UsageSample> loaded);

    /// Samples inside, and the neighbour on either side so that lines reach the edge; at most about
    /// `maxPoints`, with the highest and lowest of each stretch, so that no drop is lost.
    [[nodiscard]] QList<UsageSample> visible(const AgentId& id, qint64 fromMs, qint64 toMs,
                                             int maxPoints) const;

    [[nodiscard]] QList<AgentId> agents() const; ///< that have a sample; ascending by id
    [[nodiscard]] qint64 firstMs() const;        ///< of all samples; 0 = none

private:
    void add(const AgentId& id, const UsageSample& sample);
    void addCompaction(const AgentId& id, const Compaction& compaction);
    void addUsage(const AgentId& id, qint64 atMs, const Usage& usage);

    QHash<AgentId, QList<UsageSample>> m_curves;
};

/// Samples out of the answer to Host's query "curve": {points: [[at_ms, context_tokens], …], windows}. Total.
[[nodiscard]] QList<UsageSample> samplesFromCurve(const QJsonObject& result);

} // namespace plimsoll
