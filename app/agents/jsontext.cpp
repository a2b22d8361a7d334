// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/agents/jsontext.h"

#include "app/agents/reader.h"

#include <algorithm>
#include <optional>

namespace plimsoll {

std::string_view rawValue(simdjson::ondemand::value value)
{
    simdjson::ondemand::json_type type{};
    if (value.type().get(type) != simdjson::SUCCESS)
        return {};
    std::string_view raw;
    if (type == simdjson::ondemand::json_type::object) {
        simdjson::ondemand::object object;
        if (value.get_object().get(object) != simdjson::SUCCESS ||
            object.raw_json().get(raw) != simdjson::SUCCESS)
            return {};
        return raw;
    }
    if (type == simdjson::ondemand::json_type::array) {
        simdjson::ondemand::array array;
        if (value.get_array().get(array) != simdjson::SUCCESS ||
            array.raw_json().get(raw) != simdjson::SUCCESS)
            return {};
        return raw;
    }
    return value.raw_json_token();
}

namespace {

/// A whole number as nearly all counts are written: at most 15 digits and nothing else; -1 for all others.
int64_t plainNumber(std::string_view token)
{
    constexpr size_t mostDigits = 15;
    int64_t number = 0;
    size_t digits = 0;
    for (; digits < token.size() && token[digits] >= '0' && token[digits] <= '9'; ++digits) {
        if (digits == mostDigits)
            return -1;
        number = number * 10 + (token[digits] - '0');
    }
    const bool ends = digits == token.size() || token[digits] == ',' || token[digits] == '}';
    const bool leads = digits == 1 || (digits > 1 && token.front() != '0');
    return ends && leads ? number : -1;
}

} // namespace

int64_t boundedCount(simdjson::ondemand::value value)
{
    const int64_t plain = plainNumber(value.raw_json_token());
    if (plain >= 0)
        return plain;
    constexpr int64_t largest = int64_t{1} << 53;
    int64_t count = 0;
    if (value.get_int64().get(count) == simdjson::SUCCESS)
        return std::clamp<int64_t>(count, 0, largest);
    double real = 0;
    if (value.get_double().get(real) == simdjson::SUCCESS && real > 0)
        return real < double(largest) ? static_cast<int64_t>(real) : largest;
    return 0;
}

bool isTrue(simdjson::ondemand::value value)
{
    bool flag = false;
    return value.get_bool().get(flag) == simdjson::SUCCESS && flag;
}

namespace {

std::optional<uint32_t> hex4(std::string_view text)
{
    if (text.size() < 4)
        return std::nullopt;
    uint32_t value = 0;
    for (const char c : text.substr(0, 4)) {
        value <<= 4;
        if (c >= '0' && c <= '9')
            value |= static_cast<uint32_t>(c - '0');
        else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
            value |= static_cast<uint32_t>((c | 0x20) - 'a' + 10);
        else
            return std::nullopt;
    }
    return value;
}

void appendUtf8(std::string& out, uint32_t code)
{
    if (code < 0x80) {
        out += static_cast<char>(code);
    } else if (code < 0x800) {
        out += static_cast<char>(0xC0U | (code >> 6U));
        out += static_cast<char>(0x80U | (code & 0x3FU));
    } else if (code < 0x10000) {
        out += static_cast<char>(0xE0U | (code >> 12U));
        out += static_cast<char>(0x80U | ((code >> 6U) & 0x3FU));
        out += static_cast<char>(0x80U | (code & 0x3FU));
    } else {
        out += static_cast<char>(0xF0U | (code >> 18U));
        out += static_cast<char>(0x80U | ((code >> 12U) & 0x3FU));
        out += static_cast<char>(0x80U | ((code >> 6U) & 0x3FU));
        out += static_cast<char>(0x80U | (code & 0x3FU));
    }
}

constexpr uint32_t unknownCharacter = 0xFFFD;

/// Takes what follows `\u`; both halves of a surrogate pair.
uint32_t takeUnicode(std::string_view& rest)
{
    const std::optional<uint32_t> first = hex4(rest);
    if (!first)
        return unknownCharacter;
    rest.remove_prefix(4);
    if (*first < 0xD800 || *first > 0xDFFF)
        return *first;
    if (*first > 0xDBFF || rest.size() < 6 || rest[0] != '\\' || rest[1] != 'u')
        return unknownCharacter;
    const std::optional<uint32_t> second = hex4(rest.substr(2));
    if (!second || *second < 0xDC00 || *second > 0xDFFF)
        return unknownCharacter;
    rest.remove_prefix(6);
    return 0x10000 + ((*first - 0xD800) << 10U) + (*second - 0xDC00);
}

/// Takes the escape behind a backslash.
void takeEscape(std::string_view& rest, std::string& out)
{
    if (rest.empty()) {
        appendUtf8(out, unknownCharacter);
        return;
    }
    const char c = rest.front();
    rest.remove_prefix(1);
    switch (c) {
    case 'n': out += '\n'; break;
    case 't': out += '\t'; break;
    case 'r': out += '\r'; break;
    case 'b': out += '\b'; break;
    case 'f': out += '\f'; break;
    case 'u': appendUtf8(out, takeUnicode(rest)); break;
    default: out += c; break; // \" \\ \/ and whatever is wrong
    }
}

} // namespace

std::string unescaped(std::string_view raw, size_t limit, bool* truncated)
{
    std::string out;
    std::string_view rest = raw;
    while (!rest.empty() && out.size() <= limit) {
        const size_t plain = std::min(rest.find('\\'), rest.size());
        out += rest.substr(0, std::min(plain, limit + 1 - out.size()));
        if (out.size() > limit)
            break;
        rest.remove_prefix(plain);
        if (!rest.empty()) {
            rest.remove_prefix(1);
            takeEscape(rest, out);
        }
    }
    if (truncated)
        *truncated = !rest.empty() || out.size() > limit;
    return clippedUtf8(out, limit);
}

bool isWholeObject(std::string_view text)
{
    const size_t last = text.find_last_not_of(" \t\r");
    if (last == std::string_view::npos || text[last] != '}')
        return false;
    const simdjson::padded_string json(text);
    simdjson::dom::parser parser;
    simdjson::dom::object object;
    return parser.parse(json).get(object) == simdjson::SUCCESS;
}

} // namespace plimsoll
