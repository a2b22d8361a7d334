// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace plimsoll::bench {

/// Chance with a seed: what is drawn is the same on every machine.
class Chance
{
public:
    explicit Chance(uint64_t seed)
        : m_engine(seed)
    {
    }

    [[nodiscard]] double share() { return static_cast<double>(m_engine() >> 11U) * 0x1p-53; }
    [[nodiscard]] bool hits(double probability) { return share() < probability; }
    /// Both ends included.
    [[nodiscard]] int64_t between(int64_t low, int64_t high)
    {
        return low + static_cast<int64_t>(m_engine() % static_cast<uint64_t>(high - low + 1));
    }
    /// Bell-shaped around 0 with deviation 1.
    [[nodiscard]] double bell();
    [[nodiscard]] std::string_view oneOf(std::initializer_list<std::string_view> words)
    {
        return words.begin()[between(0, static_cast<int64_t>(words.size()) - 1)];
    }
    [[nodiscard]] std::string hex(size_t length);
    [[nodiscard]] std::string letters(size_t length);
    [[nodiscard]] std::string uuid();

private:
    std::mt19937_64 m_engine;
};

/// A size whose share of smaller ones is 0, 10, 50, 90, 99 and 100 % at six points.
using Sizes = std::array<double, 6>;
[[nodiscard]] int64_t draw(Chance& chance, const Sizes& sizes);

/// Text like what fills real logs: lines of code, escaped for JSON.
class CodeText
{
public:
    explicit CodeText(Chance& chance);
    [[nodiscard]] std::string take(int64_t atLeast);

private:
    Chance& m_chance;
    std::vector<std::string> m_lines;
};

/// "2026-01-08T15:49:03.054Z" \param ms UTC
[[nodiscard]] std::string isoTime(int64_t ms);

} // namespace plimsoll::bench
