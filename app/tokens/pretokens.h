// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/tokens/charclasses.h"

#include <cstdint>
#include <string_view>

namespace plimsoll {

/// The public tokenizers of OpenAI's models.
enum class Encoding : uint8_t { Cl100k, O200k };

/// End of the piece that begins at `at`: tokens never reach across it. What the regular expression of the
/// encoding matches there, written out by hand: linear, no backtracking to speak of.
/// \param text valid UTF-8 \param at beginning of a character of it
[[nodiscard]] size_t pieceEnd(std::string_view text, size_t at, Encoding encoding,
                              const CharClasses& classes);

} // namespace plimsoll
