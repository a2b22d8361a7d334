// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/tokens/tokencounts.h"

#include <QByteArray>
#include <QString>
#include <QStringList>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace plimsoll {

/// Prices of one model, pico-USD (1e-12 USD) per token. 1 USD per million tokens = 1,000,000.
struct Price
{
    int64_t input = 0;
    int64_t output = 0;
    int64_t cacheRead = 0;
    int64_t cacheWrite5m = 0;
    int64_t cacheWrite1h = 0;
};

/// Prices that hold for the whole request once its prompt is larger than `aboveTokens`.
struct PriceStep
{
    int64_t aboveTokens = 0;
    Price price;
};

/// Prices from a day on. A model has at least one, the first from the beginning of time.
struct PricePeriod
{
    int64_t fromMs = 0; ///< ms UTC, 0 = always
    Price price;
    std::vector<PriceStep> steps; ///< ascending
};

/// One model as the catalogue knows it.
struct ModelEntry
{
    std::string id;                       ///< canonical, without date suffix or [1m]
    std::optional<int64_t> contextWindow; ///< tokens
    std::optional<int64_t> maxOutput;     ///< tokens
    std::vector<PricePeriod> prices;      ///< ascending by fromMs; empty = price unknown
    int fastFactor = 1;                   ///< cost of fast mode as a multiple
};

/// "us.anthropic.claude-…", "anthropic/claude-…" → "claude-…"; any "vendor/model" → "model".
[[nodiscard]] std::string_view withoutProvider(std::string_view model);

/// Windows and prices by model. Immutable once loaded, so any thread may read it. Pure: reads no file but the
/// built-in resource; does not know what an agent reports (that always wins over it).
class Catalogue
{
public:
    /// The built-in table (`resources/models.json`).
    [[nodiscard]] static Catalogue builtIn();

    /// Replaces single entries by a user's `models.json`. All or nothing: on a bad file nothing changes and
    /// the answer is one line with file name, line number and reason; empty = good.
    [[nodiscard]] QString applyOverrides(const QByteArray& json, const QString& fileName);

    /// Finds by exact id, else by the rules of the table (date suffixes, provider prefixes, [1m]); null if
    /// unknown.
    [[nodiscard]] const ModelEntry* find(std::string_view model) const;

    /// Cost of one response, pico-USD; nothing where the model or its price is unknown.
    /// Long-context steps look at the whole prompt and price the whole request.
    /// \param atMs ms UTC of the response: picks the price of its day
    [[nodiscard]] std::optional<int64_t> costPico(std::string_view model, const TokenCounts& tokens,
                                                  int64_t atMs, bool fast) const;

    /// Context window that Claude Code itself assumes for a requested model (its suffix [1m] included),
    /// tokens. Source: the client's own table, 200,000 or 1,000,000; 1,000,000 for ids it does not know.
    [[nodiscard]] int64_t claudeWindow(std::string_view requestedModel) const;

    /// Fill at which Claude Code compacts: window - min(maxOutput, 20,000) - 13,000.
    [[nodiscard]] int64_t claudeTrigger(std::string_view model, int64_t window) const;

private:
    /// Lets the index be asked with a view, without making a string.
    struct Hash
    {
        using is_transparent = void;
        size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
    };

    [[nodiscard]] const ModelEntry* lookUp(std::string_view id) const;

    std::vector<ModelEntry> m_entries;
    std::unordered_map<std::string, size_t, Hash, std::equal_to<>> m_index; ///< id or alias → m_entries
};

} // namespace plimsoll
