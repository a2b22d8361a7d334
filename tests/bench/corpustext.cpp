// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/corpustext.h"

#include <cmath>
#include <cstdio>
#include <ctime>

namespace plimsoll::bench {

double Chance::bell()
{
    double sum = -6;
    for (int i = 0; i < 12; ++i)
        sum += share();
    return sum;
}

std::string Chance::hex(size_t length)
{
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out(length, '0');
    for (char& c : out)
        c = digits[m_engine() % digits.size()];
    return out;
}

std::string Chance::letters(size_t length)
{
    constexpr std::string_view all = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    std::string out(length, '0');
    uint64_t bits = 0;
    for (size_t i = 0; i < length; ++i) {
        bits = i % 8 == 0 ? m_engine() : bits >> 8U;
        out[i] = all[(bits & 0xFFU) % all.size()];
    }
    return out;
}

std::string Chance::uuid()
{
    return hex(8) + '-' + hex(4) + "-4" + hex(3) + "-a" + hex(3) + '-' + hex(12);
}

int64_t draw(Chance& chance, const Sizes& sizes)
{
    constexpr Sizes shares{0, 0.1, 0.5, 0.9, 0.99, 1};
    const double share = chance.share();
    size_t i = 0;
    while (i + 2 < shares.size() && share > shares[i + 1])
        ++i;
    const double part = (share - shares[i]) / (shares[i + 1] - shares[i]);
    return std::llround(std::exp(std::log(sizes[i]) + part * (std::log(sizes[i + 1]) - std::log(sizes[i]))));
}

CodeText::CodeText(Chance& chance)
    : m_chance(chance)
{
    constexpr size_t lineCount = 20'000;
    for (size_t i = 0; i < lineCount; ++i) {
        std::string line(static_cast<size_t>(2 * chance.between(0, 5)), ' ');
        for (int64_t words = chance.between(2, 14); words > 0; --words) {
            line += chance.oneOf({"const",  "return",  "import", "await", "class", "match",  "self",
                                  "result", "context", "token",  "parse", "read",  "buffer", "index",
                                  "count",  "model",   "usage",  "event", "test",  "number", "message"});
            line += chance.oneOf({" ", " ",     " ", "(",  ")",  ".", ", ",    " = ", "; ", R"(\")",
                                  "'", R"(\\)", "/", "->", " {", "}", R"(\t)", "<",   ">",  "_"});
        }
        if (chance.hits(0.02))
            line += chance.oneOf({"é", "→", "日本語", "🚀", "“quoted”"});
        m_lines.push_back(line + R"(\n)");
    }
}

std::string CodeText::take(int64_t atLeast)
{
    std::string out;
    auto at = static_cast<size_t>(m_chance.between(0, static_cast<int64_t>(m_lines.size()) - 1));
    while (static_cast<int64_t>(out.size()) < atLeast) {
        out += m_lines[at];
        at = (at + 1) % m_lines.size();
    }
    return out;
}

std::string isoTime(int64_t ms)
{
    const std::time_t seconds = ms / 1000;
    std::tm utc{};
    ::gmtime_r(&seconds, &utc);
    std::array<char, 32> out{};
    const size_t length = std::strftime(out.data(), out.size(), "%Y-%m-%dT%H:%M:%S", &utc);
    std::array<char, 8> fraction{};
    std::snprintf(fraction.data(), fraction.size(), ".%03dZ", static_cast<int>(ms % 1000));
    return std::string(out.data(), length) + fraction.data();
}

} // namespace plimsoll::bench
