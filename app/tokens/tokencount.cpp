// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/tokens/tokencount.h"

#include "models/format.h"
#include "models/names.h"

#include <cmath>

namespace plimsoll {

namespace {

constexpr int contractVersion = 1;
constexpr double percent100 = 100;

} // namespace

bool isEstimated(const QString& model)
{
    return !model.isEmpty() && !familyOf(model.toStdString()).encoding;
}

std::optional<TokenCount> countTokens(std::string_view text, const QString& model, Tokenizers& tokenizers,
                                      const TokenRatios& ratios, const std::atomic<bool>* cancelled)
{
    TokenCount count;
    count.model = model;
    const ModelFamily& family = familyOf(model.toStdString());
    count.tokenizer = family.encoding.value_or(Encoding::O200k);
    const std::shared_ptr<const Tokenizer> tokenizer = tokenizers.get(count.tokenizer);
    const std::optional<int64_t> counted = tokenizer ? tokenizer->count(text, cancelled) : std::nullopt;
    if (!counted)
        return std::nullopt;
    count.tokens = *counted;
    count.basis = Basis::Derived;
    if (!isEstimated(model))
        return count;
    count.basis = Basis::Estimated;
    count.modelKnown = family.isKnown();
    count.content = contentKindOf(text);
    count.ratio = ratioFor(family, count.content, ratios);
    count.error = count.ratio.error;
    count.tokens = std::llround(double(*counted) * count.ratio.value);
    return count;
}

QJsonObject toJson(const TokenCount& count)
{
    const auto rounded = [](double value) { return std::round(value * 1000) / 1000; };
    return {
        {QStringLiteral("version"), contractVersion},
        {QStringLiteral("tokens"), qint64(count.tokens)},
        {QStringLiteral("basis"), toName(count.basis)},
        {QStringLiteral("error"), rounded(count.error)},
        {QStringLiteral("model"), count.model.isEmpty() ? QJsonValue() : QJsonValue(count.model)},
        {QStringLiteral("model_known"), count.modelKnown},
        {QStringLiteral("tokenizer"), encodingName(count.tokenizer)},
        {QStringLiteral("ratio"), rounded(count.ratio.value)},
        {QStringLiteral("samples"), qint64(count.ratio.samples)},
    };
}

QString countText(const TokenCount& count)
{
    const QString tokenizer = encodingName(count.tokenizer);
    const QString model = plain(count.model);
    const QString tilde = count.basis == Basis::Estimated ? QStringLiteral("~") : QString();
    const QString head = tilde + QString::number(count.tokens) + QStringLiteral(" tokens\n");
    if (count.basis != Basis::Estimated) {
        return head + (model.isEmpty()
                           ? QStringLiteral("counted with %1\n").arg(tokenizer)
                           : QStringLiteral("counted with %1, the tokenizer of %2\n").arg(tokenizer, model));
    }
    const QString why = count.modelKnown ? QStringLiteral("the tokenizer of %1 is not public").arg(model)
                                         : QStringLiteral("%1 is not a model that Plimsoll knows").arg(model);
    const QString source = count.ratio.samples > 0
                               ? QStringLiteral("learned from %1 turns in your logs").arg(count.ratio.samples)
                               : QStringLiteral("a default, as your logs do not tell");
    return head + QStringLiteral("estimated, ±%1 %: %2; counted with %3, times %4 (%5)\n")
                      .arg(QString::number(std::ceil(count.error * percent100)), why, tokenizer,
                           QString::number(count.ratio.value, 'f', 2), source);
}

} // namespace plimsoll
