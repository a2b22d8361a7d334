// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <simdjson.h>
#include <string>
#include <string_view>
#include <type_traits>

namespace plimsoll {

// Helpers around simdjson's on-demand API for readers that touch few fields of many lines. They keep strings
// as they stand in the line (still escaped) until somebody needs them. Pure; no function throws.

/// Bytes of a text as a number, the first one lowest.
template <typename Bits>
[[nodiscard]] constexpr uint64_t textBits(const char* text)
{
    if (!std::is_constant_evaluated() && std::endian::native == std::endian::little) {
        Bits bits = 0;
        std::memcpy(&bits, text, sizeof bits);
        return bits;
    }
    uint64_t bits = 0;
    for (size_t i = 0; i < sizeof(Bits); ++i)
        bits |= uint64_t{static_cast<unsigned char>(text[i])} << (8 * i);
    return bits;
}

/// Hash of a text, the same on every machine. Eight bytes at a time: byte by byte it would cost more than all
/// else that is done with a key.
[[nodiscard]] constexpr uint64_t textHash(std::string_view text, uint64_t seed)
{
    constexpr uint64_t odd = 0x9E3779B97F4A7C15ULL;
    const auto mixed = [](uint64_t hash, uint64_t bits) {
        hash = (hash ^ bits) * odd;
        return hash ^ (hash >> 32);
    };
    const char* const bytes = text.data();
    const size_t size = text.size();
    uint64_t hash = seed + size * odd;
    if (size >= 8) { // the last eight bytes may overlap with those before
        for (size_t at = 0; at + 8 < size; at += 8)
            hash = mixed(hash, textBits<uint64_t>(bytes + at));
        return mixed(hash, textBits<uint64_t>(bytes + size - 8));
    }
    if (size >= 4)
        return mixed(hash, textBits<uint32_t>(bytes) | textBits<uint32_t>(bytes + size - 4) << 32);
    uint64_t bits = 0;
    for (const char c : text)
        bits = bits << 8 | static_cast<unsigned char>(c);
    return mixed(hash, bits);
}

/// Hash of a key for use in a switch: collisions between the keys of one switch fail to compile.
[[nodiscard]] constexpr uint64_t keyHash(std::string_view key)
{
    return textHash(key, 0);
}

/// The key as it stands in the line, without quotes.
[[nodiscard]] inline std::string_view rawKey(simdjson::ondemand::field& field)
{
    // Looked for from the value back: between it and the key's last quote stand a colon and white space.
    const char* const begin = field.key().raw();
    const char* end = field.value().raw_json_token().data() - 1;
    while (end > begin && *end != '"')
        --end;
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
