// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/usagehistory.h"

#include "models/codec.h"

#include <QJsonArray>

#include <algorithm>
#include <cmath>
#include <limits>

namespace plimsoll {

namespace {

bool earlier(const UsageSample& sample, qint64 ms)
{
    return sample.atMs < ms;
}

/// Of each of `buckets` stretches of time the first, highest, lowest and last sample, in order.
QList<UsageSample> thinned(const QList<UsageSample>& samples, int buckets)
{
    QList<UsageSample> result;
    const qint64 fromMs = samples.first().atMs;
    const double spanMs = std::max(1.0, double(samples.last().atMs) - double(fromMs) + 1);
    const auto bucketOf = [&](const UsageSample& sample) {
        return int((double(sample.atMs) - double(fromMs)) / spanMs * buckets);
    };
    for (qsizetype begin = 0; begin < samples.size();) {
        qsizetype end = begin;
        qsizetype highest = begin;
        qsizetype lowest = begin;
        const int bucket = bucketOf(samples.at(begin));
        for (; end < samples.size() && bucketOf(samples.at(end)) == bucket; ++end) {
            if (samples.at(end).contextTokens > samples.at(highest).contextTokens)
                highest = end;
            if (samples.at(end).contextTokens < samples.at(lowest).contextTokens)
                lowest = end;
        }
        std::array<qsizetype, 4> kept{begin, highest, lowest, end - 1};
        std::sort(kept.begin(), kept.end());
        for (size_t i = 0; i < kept.size(); ++i) {
            if (i == 0 || kept.at(i) != kept.at(i - 1))
                result << samples.at(kept.at(i));
        }
        begin = end;
    }
    return result;
}

} // namespace

void UsageHistory::apply(const Events& events)
{
    for (const Event& event : events) {
        if (const auto* usage = std::get_if<UsageChanged>(&event.body)) {
            addUsage(event.agent, event.atMs, usage->usage);
        } else if (const auto* compacted = std::get_if<Compacted>(&event.body)) {
            addCompaction(event.agent, compacted->compaction);
        } else if (const auto* added = std::get_if<AgentAdded>(&event.body)) {
            const Agent& agent = added->agent;
            addUsage(agent.id, agent.info.updatedAtMs > 0 ? agent.info.updatedAtMs : event.atMs, agent.usage);
        } else if (std::holds_alternative<AgentRemoved>(event.body)) {
            m_curves.remove(event.agent);
        }
    }
}

void UsageHistory::reset(const QList<Agent>& agents)
{
    m_curves.clear();
    for (const Agent& agent : agents)
        addUsage(agent.id, agent.info.updatedAtMs, agent.usage);
}

void UsageHistory::addUsage(const AgentId& id, qint64 atMs, const Usage& usage)
{
    if (usage.contextTokens && atMs > 0)
        add(id, {atMs, *usage.contextTokens, usage.contextWindow});
}

void UsageHistory::addCompaction(const AgentId& id, const Compaction& compaction)
{
    if (compaction.atMs <= 1)
        return;
    const QList<UsageSample> curve = m_curves.value(id);
    const Count window = curve.isEmpty() ? Count() : curve.last().contextWindow;
    // Two samples side by side: the plot falls straight down.
    if (compaction.beforeTokens)
        add(id, {compaction.atMs - 1, *compaction.beforeTokens, window});
    if (compaction.afterTokens)
        add(id, {compaction.atMs, *compaction.afterTokens, window});
}

void UsageHistory::add(const AgentId& id, const UsageSample& sample)
{
    QList<UsageSample>& curve = m_curves[id];
    const auto place = std::lower_bound(curve.begin(), curve.end(), sample.atMs, earlier);
    if (place != curve.end() && place->atMs == sample.atMs) {
        *place = sample;
        return;
    }
    const auto size = curve.size();
    // Only the last of many samples of one second, as long as they rise: then the middle ones say nothing.
    if (place == curve.end() && size >= 2 && sample.atMs - curve.at(size - 2).atMs < liveStepMs &&
        curve.at(size - 2).contextTokens <= curve.at(size - 1).contextTokens &&
        curve.at(size - 1).contextTokens <= sample.contextTokens) {
        curve.last() = sample;
        return;
    }
    curve.insert(place - curve.begin(), sample);
    if (curve.size() > maxSamples)
        curve = thinned(curve, maxSamples / 8);
}

void UsageHistory::setCurve(const AgentId& id, QList<UsageSample> loaded)
{
    loaded.removeIf([](const UsageSample& sample) { return sample.atMs <= 0 || sample.contextTokens < 0; });
    if (loaded.isEmpty())
        return;
    std::stable_sort(loaded.begin(), loaded.end(),
                     [](const UsageSample& a, const UsageSample& b) { return a.atMs < b.atMs; });
    QList<UsageSample>& curve = m_curves[id];
    for (const UsageSample& live : std::as_const(curve)) {
        if (live.atMs > loaded.last().atMs)
            loaded << live;
    }
    curve = loaded.size() > maxSamples ? thinned(loaded, maxSamples / 8) : loaded;
}

QList<UsageSample> UsageHistory::visible(const AgentId& id, qint64 fromMs, qint64 toMs, int maxPoints) const
{
    const auto found = m_curves.constFind(id);
    if (found == m_curves.constEnd() || found->isEmpty() || toMs < fromMs)
        return {};
    const QList<UsageSample>& curve = *found;
    auto first = std::lower_bound(curve.begin(), curve.end(), fromMs, earlier);
    auto last = std::upper_bound(first, curve.end(), toMs,
                                 [](qint64 ms, const UsageSample& sample) { return ms < sample.atMs; });
    if (first != curve.begin())
        --first;
    if (last != curve.end())
        ++last;
    const QList<UsageSample> inside(first, last);
    return inside.size() > maxPoints ? thinned(inside, std::max(1, maxPoints / 4)) : inside;
}

QList<AgentId> UsageHistory::agents() const
{
    QList<AgentId> ids = m_curves.keys();
    std::sort(ids.begin(), ids.end());
    return ids;
}

qint64 UsageHistory::firstMs() const
{
    qint64 first = 0;
    for (const QList<UsageSample>& curve : m_curves) {
        if (!curve.isEmpty() && (first == 0 || curve.first().atMs < first))
            first = curve.first().atMs;
    }
    return first;
}

QList<UsageSample> samplesFromCurve(const QJsonObject& result)
{
    constexpr qsizetype maxPoints = 10'000;
    const Count window = countFromJson(result.value(QLatin1String("windows")));
    const QJsonArray points = result.value(QLatin1String("points")).toArray();
    QList<UsageSample> samples;
    for (qsizetype i = 0; i < std::min(points.size(), maxPoints); ++i) {
        const QJsonArray point = points.at(i).toArray();
        const Count atMs = countFromJson(point.at(0));
        const Count tokens = countFromJson(point.at(1));
        if (atMs && tokens && *atMs > 0)
            samples << UsageSample{*atMs, *tokens, window};
    }
    return samples;
}

} // namespace plimsoll
