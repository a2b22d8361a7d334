// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <limits>

namespace plimsoll {

/// a + b, held at the ends of the range: a hostile log must not turn a sum negative.
[[nodiscard]] inline int64_t saturatingSum(int64_t a, int64_t b)
{
    int64_t sum = 0;
    if (!__builtin_add_overflow(a, b, &sum))
        return sum;
    return b > 0 ? std::numeric_limits<int64_t>::max() : std::numeric_limits<int64_t>::min();
}

/// Tokens of one API response, or a sum of them. Counts; never negative.
struct TokenCounts
{
    int64_t input = 0; ///< uncached input
    int64_t output = 0;
    int64_t cacheRead = 0;
    int64_t cacheWrite5m = 0;
    int64_t cacheWrite1h = 0;
    int64_t reasoning = 0; ///< part of output

    /// What the request put into the context window: everything that went in, nothing that came out.
    [[nodiscard]] int64_t prompt() const { return input + cacheRead + cacheWrite5m + cacheWrite1h; }

    TokenCounts& operator+=(const TokenCounts& other);
    TokenCounts& operator-=(const TokenCounts& other);
    bool operator==(const TokenCounts&) const = default;
};

inline TokenCounts& TokenCounts::operator+=(const TokenCounts& other)
{
    input = saturatingSum(input, other.input);
    output = saturatingSum(output, other.output);
    cacheRead = saturatingSum(cacheRead, other.cacheRead);
    cacheWrite5m = saturatingSum(cacheWrite5m, other.cacheWrite5m);
    cacheWrite1h = saturatingSum(cacheWrite1h, other.cacheWrite1h);
    reasoning = saturatingSum(reasoning, other.reasoning);
    return *this;
}

inline TokenCounts& TokenCounts::operator-=(const TokenCounts& other)
{
    input = saturatingSum(input, -other.input);
    output = saturatingSum(output, -other.output);
    cacheRead = saturatingSum(cacheRead, -other.cacheRead);
    cacheWrite5m = saturatingSum(cacheWrite5m, -other.cacheWrite5m);
    cacheWrite1h = saturatingSum(cacheWrite1h, -other.cacheWrite1h);
    reasoning = saturatingSum(reasoning, -other.reasoning);
    return *this;
}

} // namespace plimsoll
