// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/tokens/pretokens.h"

#include <algorithm>

namespace plimsoll {

namespace {

constexpr size_t none = 0; ///< as an end: does not match (a match is never empty)

/// What a word of o200k may begin with, and what it may go on with.
constexpr uint8_t headClasses = upperClass | letterClass | markClass;
constexpr uint8_t tailClasses = lowerClass | letterClass | markClass;

struct Seen
{
    uint8_t classes = 0;
    uint8_t length = 0; ///< bytes, 0 = the text ends here
};

/// Looks at a valid text character by character. The functions named …End answer where a part of the
/// pattern, quoted at each, stops to match.
class Scanner
{
public:
    Scanner(std::string_view text, const CharClasses& classes)
        : m_text(text)
        , m_classes(classes)
    {
    }

    [[nodiscard]] size_t o200kEnd(size_t at) const;
    [[nodiscard]] size_t cl100kEnd(size_t at) const;

private:
    [[nodiscard]] Seen look(size_t at) const;
    [[nodiscard]] size_t runEnd(size_t at, uint8_t classes) const;
    [[nodiscard]] size_t casedWordEnd(size_t at) const;
    [[nodiscard]] size_t upperWordEnd(size_t at) const;
    [[nodiscard]] size_t contractionEnd(size_t at) const;
    [[nodiscard]] size_t numberEnd(size_t at) const;
    [[nodiscard]] size_t signsEnd(size_t at, bool slashes) const;
    [[nodiscard]] size_t spacesEnd(size_t at) const;

    [[nodiscard]] unsigned char byte(size_t at) const { return static_cast<unsigned char>(m_text[at]); }

    const std::string_view m_text;
    const CharClasses& m_classes;
};

Seen Scanner::look(size_t at) const
{
    if (at >= m_text.size())
        return {};
    const unsigned char first = byte(at);
    if (first < 0x80)
        return {m_classes.of(first), 1};
    const auto tail = [&](size_t i) -> char32_t { return byte(at + i) & 0x3FU; };
    if (first < 0xE0)
        return {m_classes.of(((first & 0x1FU) << 6U) | tail(1)), 2};
    if (first < 0xF0)
        return {m_classes.of(((first & 0x0FU) << 12U) | (tail(1) << 6U) | tail(2)), 3};
    return {m_classes.of(((first & 0x07U) << 18U) | (tail(1) << 12U) | (tail(2) << 6U) | tail(3)), 4};
}

/// [classes]*
size_t Scanner::runEnd(size_t at, uint8_t classes) const
{
    for (Seen seen = look(at); (seen.classes & classes) != 0; seen = look(at))
        at += seen.length;
    return at;
}

/// [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+
/// The first part takes all it can and gives back what the second one needs: the last character of its run
/// that is of both.
size_t Scanner::casedWordEnd(size_t at) const
{
    size_t lastOfBoth = none;
    Seen seen = look(at);
    while ((seen.classes & headClasses) != 0) {
        at += seen.length;
        if ((seen.classes & tailClasses) != 0)
            lastOfBoth = at;
        seen = look(at);
    }
    const size_t end = runEnd(at, tailClasses);
    return end > at ? end : lastOfBoth;
}

/// [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*
/// Only asked where casedWordEnd() fails: then there is no second part.
size_t Scanner::upperWordEnd(size_t at) const
{
    const size_t end = runEnd(at, headClasses);
    return end > at ? end : none;
}

/// (?i:'s|'t|'re|'ve|'m|'ll|'d)?  The long s (U+017F) is an s regardless of case.
size_t Scanner::contractionEnd(size_t at) const
{
    if (at + 1 >= m_text.size() || m_text[at] != '\'')
        return at;
    const auto lower = [&](size_t i) -> char {
        return i < m_text.size() && byte(i) < 0x80 ? static_cast<char>(byte(i) | 0x20U) : '\0';
    };
    const char second = lower(at + 2);
    switch (lower(at + 1)) {
    case 's':
    case 't':
    case 'm':
    case 'd': return at + 2;
    case 'r':
    case 'v': return second == 'e' ? at + 3 : at;
    case 'l': return second == 'l' ? at + 3 : at;
    default: return m_text.substr(at + 1, 2) == "\u017F" ? at + 3 : at;
    }
}

/// \p{N}{1,3}
size_t Scanner::numberEnd(size_t at) const
{
    constexpr int most = 3;
    for (int i = 0; i < most; ++i) {
        const Seen seen = look(at);
        if ((seen.classes & numberClass) == 0)
            break;
        at += seen.length;
    }
    return at;
}

/// " ?[^\s\p{L}\p{N}]+[\r\n]*", with slashes in the last set as well where told
size_t Scanner::signsEnd(size_t at, bool slashes) const
{
    constexpr uint8_t others = anyLetter | numberClass | spaceClass;
    size_t end = m_text[at] == ' ' ? at + 1 : at;
    const size_t start = end;
    for (Seen seen = look(end); seen.length != 0 && (seen.classes & others) == 0; seen = look(end))
        end += seen.length;
    if (end == start)
        return none;
    const auto isTail = [&](char c) { return c == '\r' || c == '\n' || (slashes && c == '/'); };
    while (end < m_text.size() && isTail(m_text[end]))
        ++end;
    return end;
}

/// \s*[\r\n]+|\s+(?!\S)|\s+
/// A run of spaces goes up to its last line end; without one, all of it where the text ends, else all but its
/// last, which belongs to what follows.
size_t Scanner::spacesEnd(size_t at) const
{
    size_t end = at;
    size_t lastStart = at;
    size_t lineEnd = none;
    for (Seen seen = look(end); (seen.classes & spaceClass) != 0; seen = look(end)) {
        lastStart = end;
        end += seen.length;
        if ((seen.classes & lineEndClass) != 0)
            lineEnd = end;
    }
    if (lineEnd != none)
        return lineEnd;
    return end == m_text.size() || lastStart == at ? end : lastStart;
}

size_t Scanner::o200kEnd(size_t at) const
{
    const Seen first = look(at);
    if ((first.classes & anyLetter) != 0) {
        const size_t end = casedWordEnd(at);
        return contractionEnd(end != none ? end : upperWordEnd(at));
    }
    if ((first.classes & numberClass) != 0)
        return numberEnd(at);
    if ((first.classes & lineEndClass) == 0) {
        // One character before the word belongs to it; a mark may also be the word.
        size_t end = casedWordEnd(at + first.length);
        if (end == none)
            end = (first.classes & markClass) != 0 ? casedWordEnd(at) : upperWordEnd(at + first.length);
        if (end != none)
            return contractionEnd(end);
    }
    const size_t end = signsEnd(at, true);
    return end != none ? end : spacesEnd(at);
}

size_t Scanner::cl100kEnd(size_t at) const
{
    if (const size_t end = contractionEnd(at); end > at)
        return end;
    const Seen first = look(at);
    if ((first.classes & numberClass) != 0)
        return numberEnd(at);
    if ((first.classes & lineEndClass) == 0) {
        const size_t start = (first.classes & anyLetter) != 0 ? at : at + first.length;
        if (const size_t end = runEnd(start, anyLetter); end > start)
            return end;
    }
    const size_t end = signsEnd(at, false);
    return end != none ? end : spacesEnd(at);
}

} // namespace

size_t pieceEnd(std::string_view text, size_t at, Encoding encoding, const CharClasses& classes)
{
    const Scanner scanner(text, classes);
    return encoding == Encoding::O200k ? scanner.o200kEnd(at) : scanner.cl100kEnd(at);
}

} // namespace plimsoll
