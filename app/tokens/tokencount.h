// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/tokens/tokenizer.h"
#include "app/tokens/tokenratios.h"
#include "models/usage.h"

#include <QJsonObject>

namespace plimsoll {

/// How many tokens a text has for a model, and how that was found.
struct TokenCount
{
    int64_t tokens = 0;
    Basis basis = Basis::Unknown; ///< Derived: counted by the model's own tokenizer. Estimated: by a ratio
    double error = 0;             ///< relative, 0.1 = ±10 % in eight of ten texts; 0 = exact
    QString model;                ///< as asked for; empty: none was, the tokenizer alone counts
    bool modelKnown = true;       ///< false: an estimate for models in general
    Encoding tokenizer = Encoding::O200k;
    Ratio ratio;                              ///< that the tokenizer's count was multiplied by
    ContentKind content = ContentKind::Prose; ///< of an estimate
};

/// Counts a text for a model. Nothing if it was cancelled or the program's resources are damaged.
/// \param text UTF-8; broken bytes count as U+FFFD
/// \param model id of a model, or nothing: o200k_base as it is
/// \param cancelled looked at now and then; may be null
[[nodiscard]] std::optional<TokenCount> countTokens(std::string_view text, const QString& model,
                                                    Tokenizers& tokenizers, const TokenRatios& ratios,
                                                    const std::atomic<bool>* cancelled = nullptr);

/// Whether a count for this model needs ratios.
[[nodiscard]] bool isEstimated(const QString& model);

/// {version, tokens, basis, error, model, model_known, tokenizer, ratio, samples}: of `plimsoll tokens
/// --json` and the query "tokens".
[[nodiscard]] QJsonObject toJson(const TokenCount& count);

/// For people: one line with the number, one that says what counted.
[[nodiscard]] QString countText(const TokenCount& count);

} // namespace plimsoll
