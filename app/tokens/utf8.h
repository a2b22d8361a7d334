// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace plimsoll {

/// What stands in for bytes that are not UTF-8: U+FFFD.
inline constexpr std::string_view replacementUtf8 = "\xEF\xBF\xBD";

/// The character at the head of a text, or what is broken there.
struct Utf8Step
{
    char32_t code = 0xFFFD;
    uint32_t length = 1; ///< bytes; of broken ones those that a single U+FFFD replaces
    bool valid = false;
};

/// Takes broken bytes together as browsers and Node.js do (WHATWG: as far as they could begin a character).
/// \param text not empty
[[nodiscard]] Utf8Step utf8Step(std::string_view text);

/// `text` with every broken stretch replaced by U+FFFD.
[[nodiscard]] std::string repairedUtf8(std::string_view text);

} // namespace plimsoll
