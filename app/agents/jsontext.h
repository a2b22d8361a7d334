// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <simdjson.h>
#include <string>
#include <string_view>

namespace plimsoll {

// Helpers around simdjson's on-demand API for readers that touch few fields of many lines. They keep strings
// as they stand in the line (still escaped) until somebody needs them. Pure; no function throws.

/// Hash of a key for use in a switch: collisions between the keys of one switch fail to compile.
[[nodiscard]] constexpr uint32_t keyHash(std::string_view key)
{
    uint32_t hash = 2166136261U;
    for (const char c : key)
        hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
    return hash;
}

/// The key as it stands in the line, without quotes.
[[nodiscard]] inline std::string_view rawKey(simdjson::ondemand::field& field)
{
    const char* const begin = field.key().raw();
    const char* end = begin;
    while (*end != '"')
        end += *end == '\\' ? 2 : 1;
    return {begin, static_cast<size_t>(end - begin)};
}

/// A string's characters as they stand in the line (escaped, without quotes); empty if it is no string.
[[nodiscard]] inline std::string_view rawString(simdjson::ondemand::value value)
{
    // The token reaches to the next one: the last quote in it is the string's own.
    const std::string_view token = value.raw_json_token();
    if (token.size() < 2 || token.front() != '"')
        return {};
    size_t close = token.size() - 1;
    while (close > 0 && token[close] != '"')
        --close;
    return close == 0 ? std::string_view() : token.substr(1, close - 1);
}

/// The whole value as it stands in the line.
[[nodiscard]] std::string_view rawValue(simdjson::ondemand::value value);

/// A count from outside: 0 if it is no number or negative, at most 2^53.
[[nodiscard]] int64_t boundedCount(simdjson::ondemand::value value);

[[nodiscard]] bool isTrue(simdjson::ondemand::value value);

/// Resolves the escapes of what rawString() gave. Stops at `limit` bytes, at a character's boundary; broken
/// escapes, lone surrogates and invalid bytes become U+FFFD.
/// \param truncated set to true if something was cut; may be null
[[nodiscard]] std::string unescaped(std::string_view raw, size_t limit, bool* truncated = nullptr);

/// True if the bytes are one whole JSON object, white space around it allowed. Copies; for rare use.
[[nodiscard]] bool isWholeObject(std::string_view text);

} // namespace plimsoll
