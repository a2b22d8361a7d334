// SPDX-License-Identifier: GPL-3.0-or-later
// Names and values of assignments: the half of models/secretrules.h that knows no issuer.
#include "models/secretrules.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <string>

namespace plimsoll::secrets {

namespace {

using namespace std::string_view_literals;

// Pairs of letters that make up nine tenths of English words and names in code; random letters hit three in
// ten.
constexpr std::array<std::string_view, 26> commonPairs{
    "bcdgiklmnprstuvy",
    "aeilorsu",
    "acehiklortu",
    "adeios",
    "acdefgilmnprstvx",
    "aefilo",
    "aehilnorsu",
    "aeio",
    "abcdefglmnoprstvz",
    "",
    "aeis",
    "adeilostuy",
    "abeimopu",
    "acdeginostu",
    "bcdglmnoprstuvw",
    "aeiloprstu",
    "u",
    "acdeimnorstuy",
    "acehilopstuy",
    "acehiorstuy",
    "abceilmnprst",
    "aei",
    "aei",
    "p",
    "p",
    "e",
};

constexpr std::array<std::uint32_t, 26> pairBits = [] {
    std::array<std::uint32_t, 26> bits{};
    for (std::size_t i = 0; i < bits.size(); ++i) {
        for (const char c : commonPairs[i])
            bits[i] |= 1U << static_cast<unsigned>(c - 'a');
    }
    return bits;
}();

enum class Class : std::uint8_t { Lower, Upper, Digit, Joint, Sign };

Class classOf(char16_t c)
{
    if (c >= u'a' && c <= u'z')
        return Class::Lower;
    if (c >= u'A' && c <= u'Z')
        return Class::Upper;
    if (c >= u'0' && c <= u'9')
        return Class::Digit;
    return c == u'-' || c == u'_' || c == u'.' || c == u'/' || c == u':' ? Class::Joint : Class::Sign;
}

constexpr bool isLetter(Class c)
{
    return c == Class::Lower || c == Class::Upper;
}

/// What a value is made of, counted over its first characters.
struct Texture
{
    std::size_t length = 0;
    std::size_t letters = 0;
    std::size_t digits = 0;
    std::size_t signs = 0;
    std::size_t pairs = 0;       ///< of letters side by side
    std::size_t common = 0;      ///< of these such as words have
    std::size_t breaks = 0;      ///< changes of class that names do not have inside
    std::size_t digitBreaks = 0; ///< these between letters and digits
    std::size_t distinct = 0;
};

Texture textureOf(std::u16string_view value)
{
    constexpr std::size_t looked = 64;
    value = value.substr(0, looked);
    Texture texture;
    texture.length = value.size();
    std::bitset<128> seen;
    Class before = Class::Joint;
    for (std::size_t i = 0; i < value.size(); ++i) {
        const char16_t c = value[i];
        const Class now = classOf(c);
        seen.set(c & 0x7FU);
        texture.letters += isLetter(now) ? 1 : 0;
        texture.digits += now == Class::Digit ? 1 : 0;
        texture.signs += now == Class::Sign ? 1 : 0;
        if (isLetter(now) && isLetter(before)) {
            ++texture.pairs;
            const auto first = static_cast<unsigned>((value[i - 1] | 0x20U) - u'a');
            const auto second = static_cast<unsigned>((c | 0x20U) - u'a');
            texture.common += (pairBits[first] >> second) & 1U;
        }
        const bool capital = before == Class::Upper && now == Class::Lower;
        if (now != before && !capital && now != Class::Joint && before != Class::Joint) {
            ++texture.breaks;
            texture.digitBreaks += now == Class::Digit || before == Class::Digit ? 1 : 0;
        }
        before = now;
    }
    texture.distinct = seen.count();
    return texture;
}

constexpr std::size_t nameLimit = 64;

/// In lower case, without what joins its words.
std::string folded(std::u16string_view name)
{
    std::string out;
    for (const char16_t c : name.substr(name.size() - std::min(name.size(), nameLimit))) {
        if (isAlnum(c))
            out += static_cast<char>(c >= u'A' && c <= u'Z' ? c + 0x20 : c);
    }
    return out;
}

bool endsInOneOf(std::string_view name, std::initializer_list<std::string_view> ends)
{
    return std::any_of(ends.begin(), ends.end(),
                       [name](std::string_view end) { return name.ends_with(end); });
}

/// A name that tells about a secret, and is none: its length, its file, how many tokens …
bool isAbout(std::string_view name)
{
    return name.find("tokeniz") != std::string_view::npos || name.find("public") != std::string_view::npos ||
           endsInOneOf(name,
                       {"id",     "ids",     "name",    "names",  "type",   "count",    "hash",   "url",
                        "uri",    "path",    "file",    "dir",    "length", "size",     "ref",    "field",
                        "label",  "expiry",  "expires", "limit",  "usage",  "index",    "regex",  "pattern",
                        "prefix", "kind",    "status",  "format", "policy", "title",    "header", "error",
                        "tokens", "message", "version", "budget", "cost",   "checksum", "sha256", "digest"});
}

} // namespace

SecretName secretName(std::u16string_view name)
{
    if (name.size() < 3)
        return {};
    const std::string word = folded(name);
    const auto has = [&word](std::string_view part) { return word.find(part) != std::string::npos; };
    if (word == "authorization" || word == "proxyauthorization")
        return {NameKind::Authorization, "authorization"};
    if (word == "cookie" || word == "setcookie")
        return {NameKind::Cookie, "cookie"};
    if (isAbout(word))
        return {};
    if (has("password") || has("passwd") || has("passphrase") || word.ends_with("pwd") || name == u"pass" ||
        name.ends_with(u"_pass") || name.ends_with(u"_PASS"))
        return {NameKind::Password, "password"};
    if (has("secret"))
        return {NameKind::Key, "secret"};
    if (has("token") || has("jwt"))
        return {NameKind::Key, "token"};
    for (const std::string_view part :
         {"apikey"sv, "accesskey"sv, "privatekey"sv, "authkey"sv, "signingkey"sv, "encryptionkey"sv,
          "masterkey"sv, "accountkey"sv, "storagekey"sv, "appkey"sv, "clientkey"sv, "servicekey"sv,
          "licensekey"sv}) {
        if (has(part))
            return {NameKind::Key, "key"};
    }
    if (has("credential"))
        return {NameKind::Key, "credential"};
    if (word == "sig" || word == "xamzsignature" || word == "xgoogsignature")
        return {NameKind::Key, "signature"};
    return {};
}

bool looksRandom(std::u16string_view value)
{
    const Texture texture = textureOf(value);
    if (texture.letters == 0 || texture.distinct < std::min<std::size_t>(6, texture.length / 2 + 1))
        return false;
    // In hundredths. Words keep to common pairs and change class where a new word begins.
    const bool words = texture.common * 100 >= texture.pairs * 65;
    const bool calm =
        texture.breaks * 100 < texture.length * 33 && texture.digitBreaks * 100 < texture.length * 12;
    return !(words && calm);
}

bool mayBeginRandom(std::u16string_view value)
{
    constexpr std::size_t looked = 64;
    value = value.substr(0, looked);
    return looksRandom(value) || std::any_of(value.begin(), value.end(), [](char16_t c) {
               return classOf(c) == Class::Digit || classOf(c) == Class::Upper;
           });
}

bool looksLikePassword(std::u16string_view value)
{
    const Texture texture = textureOf(value);
    if (value.empty() || texture.letters == 0 || texture.distinct < 4)
        return false;
    const char16_t first = value.front();
    if (first == u'/' || first == u'.' || first == u'~' || value.starts_with(u"--"))
        return value.size() >= leastKey && looksRandom(value);
    return texture.digits > 0 || texture.signs > 1 || looksRandom(value);
}

} // namespace plimsoll::secrets
