// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/tokens/charclasses.h"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace plimsoll {

namespace {

constexpr uint32_t codePoints = 0x110000;

std::optional<uint8_t> classOf(char letter)
{
    switch (letter) {
    case 'U': return upperClass;
    case 'l': return lowerClass;
    case 'o': return letterClass;
    case 'm': return markClass;
    case 'n': return numberClass;
    case 's': return spaceClass;
    case '-': return 0;
    default: return std::nullopt;
    }
}

} // namespace

std::optional<CharClasses> CharClasses::parse(const QByteArray& text)
{
    CharClasses classes;
    classes.m_classes.resize(codePoints);
    uint32_t from = 0;
    uint8_t current = 0;
    const auto fillTo = [&](uint32_t to) {
        std::fill(classes.m_classes.begin() + from, classes.m_classes.begin() + to, current);
    };
    std::string_view rest(text.constData(), size_t(text.size()));
    while (!rest.empty()) {
        const size_t end = std::min(rest.find('\n'), rest.size());
        const std::string_view line = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (line.starts_with('#'))
            continue;
        uint32_t start = 0;
        const auto [stop, error] = std::from_chars(line.data(), line.data() + line.size(), start, 16);
        const bool isWhole = error == std::errc() && stop + 1 == line.data() + line.size();
        const std::optional<uint8_t> next = isWhole ? classOf(*stop) : std::nullopt;
        if (!next || start >= codePoints || start < from)
            return std::nullopt;
        fillTo(start);
        from = start;
        current = *next;
    }
    fillTo(codePoints);
    for (const char32_t end : {U'\r', U'\n'})
        classes.m_classes[end] = spaceClass | lineEndClass;
    return classes;
}

} // namespace plimsoll
