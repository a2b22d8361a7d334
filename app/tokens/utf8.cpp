// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/tokens/utf8.h"

namespace plimsoll {

namespace {

/// What a first byte asks for: how many follow and where the second one must lie (no overlong forms, no
/// surrogates, nothing beyond U+10FFFF).
struct Lead
{
    uint32_t tails = 0;
    unsigned char secondMin = 0x80;
    unsigned char secondMax = 0xBF;
};

Lead leadOf(unsigned char first)
{
    if (first >= 0xC2 && first <= 0xDF)
        return {1};
    if (first >= 0xE0 && first <= 0xEF)
        return {2, static_cast<unsigned char>(first == 0xE0 ? 0xA0 : 0x80),
                static_cast<unsigned char>(first == 0xED ? 0x9F : 0xBF)};
    if (first >= 0xF0 && first <= 0xF4)
        return {3, static_cast<unsigned char>(first == 0xF0 ? 0x90 : 0x80),
                static_cast<unsigned char>(first == 0xF4 ? 0x8F : 0xBF)};
    return {};
}

} // namespace

Utf8Step utf8Step(std::string_view text)
{
    const auto first = static_cast<unsigned char>(text.front());
    if (first < 0x80)
        return {first, 1, true};
    const Lead lead = leadOf(first);
    Utf8Step step;
    if (lead.tails == 0)
        return step;
    char32_t code = first & (0x3FU >> lead.tails);
    for (; step.length <= lead.tails; ++step.length) {
        if (step.length >= text.size())
            return step;
        const auto byte = static_cast<unsigned char>(text[step.length]);
        const bool isSecond = step.length == 1;
        if (byte < (isSecond ? lead.secondMin : 0x80) || byte > (isSecond ? lead.secondMax : 0xBF))
            return step;
        code = (code << 6U) | (byte & 0x3FU);
    }
    step.code = code;
    step.valid = true;
    return step;
}

std::string repairedUtf8(std::string_view text)
{
    std::string out;
    out.reserve(text.size() + text.size() / 8);
    while (!text.empty()) {
        const Utf8Step step = utf8Step(text);
        out += step.valid ? text.substr(0, step.length) : replacementUtf8;
        text.remove_prefix(step.length);
    }
    return out;
}

} // namespace plimsoll
