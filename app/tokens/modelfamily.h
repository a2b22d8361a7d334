// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/tokens/contentkind.h"
#include "app/tokens/pretokens.h"

#include <array>
#include <optional>
#include <string_view>

namespace plimsoll {

/// Tokens of a model as a multiple of those of o200k_base.
struct Ratio
{
    double value = 1;
    double error = 0;    ///< relative: eight of ten texts lie within value ± error × value
    int64_t samples = 0; ///< that it was learned from; 0 = it is a default
};

/// Models that count alike.
struct ModelFamily
{
    std::string_view name;                               ///< ASCII; "unknown" for models that are not known
    std::optional<Encoding> encoding;                    ///< nothing where no tokenizer is public
    std::array<Ratio, contentKindCount> defaultRatios{}; ///< by ContentKind, where there is no encoding

    [[nodiscard]] bool isKnown() const { return name != "unknown"; }
};

/// By the id of the model; provider prefixes, dates and the like do not matter.
[[nodiscard]] const ModelFamily& familyOf(std::string_view model);

} // namespace plimsoll
