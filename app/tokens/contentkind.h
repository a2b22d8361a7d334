// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <cstdint>
#include <optional>
#include <string_view>

namespace plimsoll {

/// What a text is made of: tokenizers differ by it. By name in JSON: "prose", "code", "other_script".
enum class ContentKind : uint8_t {
    Prose,       ///< words in Latin letters
    Code,        ///< many signs and digits: sources, JSON, listings
    OtherScript, ///< letters beyond ASCII: Chinese, Russian, Arabic …
};
inline constexpr size_t contentKindCount = 3;

/// By the shares of signs and of letters beyond ASCII in the first 64 KB. \param text UTF-8, may be broken
[[nodiscard]] ContentKind contentKindOf(std::string_view text);

[[nodiscard]] QString toName(ContentKind kind);
[[nodiscard]] std::optional<ContentKind> contentKindFromName(const QString& name);

} // namespace plimsoll
