// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>

#include <cstdint>
#include <optional>
#include <vector>

namespace plimsoll {

// What a character is to the tokenizers; one bit each, so that several can be asked for at once.
inline constexpr uint8_t upperClass = 1;  ///< upper or title case letter
inline constexpr uint8_t lowerClass = 2;  ///< lower case letter
inline constexpr uint8_t letterClass = 4; ///< letter without case
inline constexpr uint8_t markClass = 8;
inline constexpr uint8_t numberClass = 16;
inline constexpr uint8_t spaceClass = 32;
inline constexpr uint8_t lineEndClass = 64; ///< CR and LF, which are spaces as well
inline constexpr uint8_t anyLetter = upperClass | lowerClass | letterClass;

/// Classes of all characters. One byte each: 1.1 MB, of which only what is looked at gets warm. Immutable,
/// any thread.
class CharClasses
{
public:
    /// Reads `resources/tokens/charclasses.txt`; nothing if it is malformed.
    [[nodiscard]] static std::optional<CharClasses> parse(const QByteArray& text);

    /// \param code a Unicode code point
    [[nodiscard]] uint8_t of(char32_t code) const { return m_classes[code]; }

private:
    std::vector<uint8_t> m_classes;
};

} // namespace plimsoll
