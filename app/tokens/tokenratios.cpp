// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/tokens/tokenratios.h"

#include <QJsonArray>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace plimsoll {

namespace {

constexpr int version = 1;
constexpr int64_t leastLocalTokens = 400; // below, what wraps a message weighs too much
constexpr uint32_t leastSamples = 20;
constexpr uint32_t mostSamples = 4096; // then old ones count half
constexpr size_t mostHistograms = 64;
constexpr qsizetype longestName = 32;

// Bins of 2 % each, from half as many tokens to four times as many.
constexpr double lowestRatio = 0.5;
constexpr double binStep = 0.02;

double ratioOfBin(double bin)
{
    return lowestRatio * std::exp(binStep * bin);
}

template <typename Histogram>
uint32_t total(const Histogram& bins)
{
    return std::accumulate(bins.begin(), bins.end(), uint32_t{0});
}

/// The ratio that a share of the samples lies below.
template <typename Histogram>
double quantile(const Histogram& bins, double share)
{
    const double wanted = share * total(bins);
    double below = 0;
    for (size_t i = 0; i < bins.size(); ++i) {
        if (bins[i] > 0 && below + bins[i] >= wanted)
            return ratioOfBin(double(i) + (wanted - below) / bins[i]);
        below += bins[i];
    }
    return ratioOfBin(double(bins.size()));
}

} // namespace

void TokenRatios::add(std::string_view family, ContentKind kind, int64_t localTokens, int64_t reportedTokens)
{
    if (localTokens < leastLocalTokens || reportedTokens <= 0)
        return;
    const double bin = std::log(double(reportedTokens) / double(localTokens) / lowestRatio) / binStep;
    if (bin < 0 || bin >= double(binCount))
        return;
    Histogram& bins = m_histograms[{std::string(family), kind}];
    if (total(bins) >= mostSamples) {
        for (uint32_t& count : bins)
            count /= 2;
    }
    ++bins[static_cast<size_t>(bin)];
}

std::optional<Ratio> TokenRatios::learned(std::string_view family, ContentKind kind) const
{
    const auto found = m_histograms.find({std::string(family), kind});
    if (found == m_histograms.end() || total(found->second) < leastSamples)
        return std::nullopt;
    const Histogram& bins = found->second;
    const double median = quantile(bins, 0.5);
    const double above = quantile(bins, 0.9) / median - 1;
    const double below = 1 - quantile(bins, 0.1) / median;
    return Ratio{median, std::max({above, below, binStep}), total(bins)};
}

void TokenRatios::takeBetter(const TokenRatios& other)
{
    for (const auto& [key, bins] : other.m_histograms) {
        Histogram& own = m_histograms[key];
        if (total(bins) > total(own))
            own = bins;
    }
}

QJsonObject TokenRatios::toJson() const
{
    QJsonArray list;
    for (const auto& [key, bins] : m_histograms) {
        QJsonArray counts; // pairs of bin and count
        for (size_t i = 0; i < bins.size(); ++i) {
            if (bins[i] > 0)
                counts.append(QJsonArray{int(i), qint64(bins[i])});
        }
        list.append(QJsonObject{{QStringLiteral("family"), QString::fromStdString(key.first)},
                                {QStringLiteral("kind"), toName(key.second)},
                                {QStringLiteral("bins"), counts}});
    }
    return {{QStringLiteral("version"), version}, {QStringLiteral("ratios"), list}};
}

TokenRatios TokenRatios::fromJson(const QJsonObject& json)
{
    TokenRatios ratios;
    if (json.value(QStringLiteral("version")).toInt() != version)
        return ratios;
    const QJsonArray list = json.value(QStringLiteral("ratios")).toArray();
    for (const auto& value : list) {
        const QString family = value[QStringLiteral("family")].toString();
        const std::optional<ContentKind> kind = contentKindFromName(value[QStringLiteral("kind")].toString());
        if (!kind || family.isEmpty() || family.size() > longestName ||
            ratios.m_histograms.size() >= mostHistograms)
            continue;
        Histogram bins{};
        const QJsonArray pairs = value[QStringLiteral("bins")].toArray();
        for (const auto& pair : pairs) {
            const auto bin = size_t(pair[0].toInt(-1));
            const qint64 count = pair[1].toInteger();
            if (bin < binCount && count > 0)
                bins[bin] = uint32_t(std::min<qint64>(count, mostSamples));
        }
        if (total(bins) > 0)
            ratios.m_histograms[{family.toStdString(), *kind}] = bins;
    }
    return ratios;
}

Ratio ratioFor(const ModelFamily& family, ContentKind kind, const TokenRatios& ratios)
{
    return ratios.learned(family.name, kind).value_or(family.defaultRatios[static_cast<size_t>(kind)]);
}

} // namespace plimsoll
