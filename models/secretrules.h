// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

// What a secret looks like: the prefixes that issuers put before their keys, the names that people give to
// them, and how random a value must look. Finds nothing in a text by itself, models/masking.h does. Pure, any
// thread. Every function looks at a bounded number of characters, so that a scan which asks at every
// character stays linear.
namespace plimsoll::secrets {

[[nodiscard]] constexpr bool isAlnum(char16_t c)
{
    return (c >= u'0' && c <= u'9') || (c >= u'A' && c <= u'Z') || (c >= u'a' && c <= u'z');
}
[[nodiscard]] constexpr bool isHex(char16_t c)
{
    return (c >= u'0' && c <= u'9') || (c >= u'A' && c <= u'F') || (c >= u'a' && c <= u'f');
}
/// ASCII letters, digits, '-' and '_': what nearly all keys are made of.
[[nodiscard]] constexpr bool isWord(char16_t c)
{
    return isAlnum(c) || c == u'-' || c == u'_';
}

enum class Body : std::uint8_t { Word, Alnum, Upper, Hex };

/// A word of less than this many characters holds no key that is known by its prefix.
inline constexpr std::size_t leastKey = 20;

struct PrefixRule
{
    std::u16string_view prefix;
    const char* label;  ///< what stands in place of the secret: "[masked: label]"
    Body body;          ///< characters after the prefix
    std::uint8_t least; ///< characters after the prefix, at least
    std::uint8_t most;  ///< at most, 0 = no end
    bool doubtful;      ///< the prefix is short or a word: the rest must look random and start a word
};

/// The rule for a key whose prefix has its first '-' or '_' at `separator`. \param word the word around it.
/// \param cut the word ends where the text was cut: a part of the key is enough \return null = none
[[nodiscard]] const PrefixRule* separatedRule(std::u16string_view word, std::size_t separator, bool cut);

/// As separatedRule(), for a prefix of letters and digits alone that starts at `begin`.
[[nodiscard]] const PrefixRule* letterRule(std::u16string_view word, std::size_t begin, bool cut);

/// Length of a prefix that ends in '.', '/' or the like right before the word at `begin`, 0 = none.
/// \param label set where there is one
[[nodiscard]] std::size_t dottedPrefix(std::u16string_view text, std::size_t begin, std::size_t end, bool cut,
                                       const char** label);

enum class NameKind : std::uint8_t { None, Password, Key, Authorization, Cookie };

struct SecretName
{
    NameKind kind = NameKind::None;
    const char* label = "";
};

/// What `password`, `API_KEY`, `clientSecret` … name; None for all else, also for `token_count` or
/// `secretName`.
[[nodiscard]] SecretName secretName(std::u16string_view name);

/// Neither words nor code nor a number nor a pattern. Looks at the first 64 characters.
[[nodiscard]] bool looksRandom(std::u16string_view value);

/// As looksRandom() for a value of which only the beginning is known: one digit or capital is enough.
[[nodiscard]] bool mayBeginRandom(std::u16string_view value);

/// Letters and digits or signs mixed, as people make passwords; not a path, not a member of something.
[[nodiscard]] bool looksLikePassword(std::u16string_view value);

} // namespace plimsoll::secrets
