// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

namespace plimsoll {

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
    input += other.input;
    output += other.output;
    cacheRead += other.cacheRead;
    cacheWrite5m += other.cacheWrite5m;
    cacheWrite1h += other.cacheWrite1h;
    reasoning += other.reasoning;
    return *this;
}

inline TokenCounts& TokenCounts::operator-=(const TokenCounts& other)
{
    input -= other.input;
    output -= other.output;
    cacheRead -= other.cacheRead;
    cacheWrite5m -= other.cacheWrite5m;
    cacheWrite1h -= other.cacheWrite1h;
    reasoning -= other.reasoning;
    return *this;
}

} // namespace plimsoll
