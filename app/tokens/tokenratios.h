// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/tokens/modelfamily.h"

#include <QJsonObject>

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace plimsoll {

/// How many tokens models without a public tokenizer make, as a multiple of o200k_base: learned per family of
/// models and kind of content from what the models reported. Keeps a histogram of ratios each, so that single
/// wild samples (hidden instructions, pictures) do not move it. Plain value; pure.
class TokenRatios
{
public:
    /// One text: what o200k_base counts and what was reported for it. Too short ones and impossible ratios
    /// are left out. \param family ModelFamily::name
    void add(std::string_view family, ContentKind kind, int64_t localTokens, int64_t reportedTokens);

    /// The median ratio and how far eight of ten samples lie from it; nothing before there are enough.
    [[nodiscard]] std::optional<Ratio> learned(std::string_view family, ContentKind kind) const;

    /// What others have learned from more samples goes before what this has.
    void takeBetter(const TokenRatios& other);

    [[nodiscard]] QJsonObject toJson() const;
    /// Total: what is malformed is left out.
    [[nodiscard]] static TokenRatios fromJson(const QJsonObject& json);

    bool operator==(const TokenRatios&) const = default;

private:
    static constexpr size_t binCount = 104;
    using Histogram = std::array<uint32_t, binCount>;

    std::map<std::pair<std::string, ContentKind>, Histogram> m_histograms;
};

/// What holds for a model family now: learned where possible, else its default.
[[nodiscard]] Ratio ratioFor(const ModelFamily& family, ContentKind kind, const TokenRatios& ratios);

} // namespace plimsoll
