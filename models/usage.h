// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QString>

#include <array>
#include <optional>

namespace plimsoll {

/// A number that may be unknown. Unknown is null in JSON and a dash on screen, never 0.
using Count = std::optional<qint64>;

/// Where a number comes from. By name on the wire: "reported", "derived", "estimated", null.
enum class Basis : quint8 {
    Unknown,   ///< nothing tells
    Reported,  ///< the agent said so
    Derived,   ///< from a table of ours, or computed from reported numbers
    Estimated, ///< the agent's or our own estimate: shown with a leading ~
};

/// What one model has cost one agent: all absolute totals of the row, subagents left out.
struct ModelUsage
{
    QString model;
    qint64 inputTokens = 0; ///< uncached input
    qint64 outputTokens = 0;
    qint64 cacheReadTokens = 0;
    qint64 cacheWrite5mTokens = 0;
    qint64 cacheWrite1hTokens = 0;
    qint64 reasoningTokens = 0; ///< part of outputTokens
    Count costPico;             ///< pico-USD (1e-12); unknown where the catalogue has no price

    bool operator==(const ModelUsage&) const = default;
};

/// Every number of one agent, absolute. An update replaces the one before: repeating or dropping one in the
/// middle does no harm. Plain value; does not compute anything.
struct Usage
{
    Count contextTokens;     ///< what the last main-thread request put into the window
    Count contextPeakTokens; ///< the largest contextTokens so far
    Count contextWindow;     ///< tokens
    Count compactAtTokens;   ///< the Plimsoll line: fill at which the agent compacts by itself
    Count inputTokens;       ///< uncached input
    Count cacheReadTokens;
    Count cacheWrite5mTokens;
    Count cacheWrite1hTokens;
    Count outputTokens;
    Count reasoningTokens;      ///< part of outputTokens
    Count costPico;             ///< pico-USD, derived per response from the catalogue, without subagents
    Count reportedTreeCostPico; ///< pico-USD, as the agent reports it for itself and all its subagents
    Count turns;                ///< prompts by a person or a host
    Count toolCalls;
    Count compactionCount;
    Count freedTokens; ///< by all compactions whose both ends are known

    Basis contextBasis = Basis::Unknown;
    Basis windowBasis = Basis::Unknown;
    Basis triggerBasis = Basis::Unknown; ///< of compactAtTokens; Estimated = seen in this session
    Basis costBasis = Basis::Unknown;

    QList<ModelUsage> byModel; ///< sorted by model name

    bool operator==(const Usage&) const = default;
};

/// One row of the table that drives JSON, comparison and model roles.
struct UsageField
{
    const char* key; ///< its name on the wire, in `status --json` and as role name
    Count Usage::*member;
    bool money; ///< pico-USD inside, USD (float) in JSON
};

// clang-format off
inline constexpr std::array<UsageField, 16> usageFields{{
    {"context_tokens",         &Usage::contextTokens,        false},
    {"context_peak_tokens",    &Usage::contextPeakTokens,    false},
    {"context_window",         &Usage::contextWindow,        false},
    {"compact_at_tokens",      &Usage::compactAtTokens,      false},
    {"input_tokens",           &Usage::inputTokens,          false},
    {"cache_read_tokens",      &Usage::cacheReadTokens,      false},
    {"cache_write_5m_tokens",  &Usage::cacheWrite5mTokens,   false},
    {"cache_write_1h_tokens",  &Usage::cacheWrite1hTokens,   false},
    {"output_tokens",          &Usage::outputTokens,         false},
    {"reasoning_tokens",       &Usage::reasoningTokens,      false},
    {"total_cost",             &Usage::costPico,             true},
    {"reported_tree_cost",     &Usage::reportedTreeCostPico, true},
    {"turns",                  &Usage::turns,                false},
    {"tool_calls",             &Usage::toolCalls,            false},
    {"compaction_count",       &Usage::compactionCount,      false},
    {"freed_tokens",           &Usage::freedTokens,          false},
}};

struct BasisField
{
    const char* key;
    Basis Usage::*member;
};

inline constexpr std::array<BasisField, 4> basisFields{{
    {"context_basis", &Usage::contextBasis},
    {"window_basis",  &Usage::windowBasis},
    {"trigger_basis", &Usage::triggerBasis},
    {"cost_basis",    &Usage::costBasis},
}};
// clang-format on

/// Fill of the window as a fraction (1.0 = full, may exceed 1); nothing where either number is unknown.
[[nodiscard]] inline std::optional<double> windowFraction(const Usage& usage)
{
    if (!usage.contextTokens || !usage.contextWindow || *usage.contextWindow <= 0)
        return std::nullopt;
    return double(*usage.contextTokens) / double(*usage.contextWindow);
}

/// Fill as a fraction of the Plimsoll line where it is known, else of the window (1.0 = full, may exceed 1).
[[nodiscard]] inline std::optional<double> loadFraction(const Usage& usage)
{
    const Count limit = usage.compactAtTokens ? usage.compactAtTokens : usage.contextWindow;
    if (!usage.contextTokens || !limit || *limit <= 0)
        return std::nullopt;
    return double(*usage.contextTokens) / double(*limit);
}

/// How urgent the fill is, relative to the Plimsoll line where it is known, else to the window (LOOK.md).
enum class FillLevel : quint8 {
    Unknown,
    Calm,    ///< below 80 %
    Warning, ///< from 80 %
    Critical ///< from 90 %
};

inline constexpr double warningFraction = 0.80;
inline constexpr double criticalFraction = 0.90;

[[nodiscard]] inline FillLevel fillLevel(const Usage& usage)
{
    const std::optional<double> load = loadFraction(usage);
    if (!load)
        return FillLevel::Unknown;
    if (*load >= criticalFraction)
        return FillLevel::Critical;
    return *load >= warningFraction ? FillLevel::Warning : FillLevel::Calm;
}

} // namespace plimsoll
