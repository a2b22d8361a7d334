// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/agents/reader.h"

#include "app/agents/jsontext.h"
#include "app/tokens/utf8.h"

#include <simdjson.h>

namespace plimsoll {

uint64_t stableHash(std::string_view text, uint64_t seed)
{
    uint64_t hash = textHash(text, seed);
    // All bits of it are used, so all must depend on all bytes (finaliser of SplitMix64).
    hash ^= hash >> 30;
    hash *= 0xbf58476d1ce4e5b9ULL;
    hash ^= hash >> 27;
    hash *= 0x94d049bb133111ebULL;
    hash ^= hash >> 31;
    return hash == 0 ? 1 : hash;
}

namespace {

/// How many bytes at the head of `text` are ASCII.
size_t asciiLength(std::string_view text)
{
    constexpr uint64_t highBits = 0x8080808080808080ULL;
    size_t length = 0;
    while (length + 8 <= text.size() && (textBits<uint64_t>(text.data() + length) & highBits) == 0)
        length += 8;
    while (length < text.size() && static_cast<unsigned char>(text[length]) < 0x80)
        ++length;
    return length;
}

} // namespace

std::string clippedUtf8(std::string_view text, size_t limit)
{
    std::string out;
    out.reserve(std::min(text.size(), limit));
    while (!text.empty()) {
        const size_t plain = asciiLength(text.substr(0, limit - out.size()));
        out += text.substr(0, plain);
        text.remove_prefix(plain);
        if (text.empty())
            break;
        const Utf8Step step = utf8Step(text);
        const std::string_view piece = step.valid ? text.substr(0, step.length) : replacementUtf8;
        if (out.size() + piece.size() > limit)
            break;
        out += piece;
        text.remove_prefix(step.length);
    }
    return out;
}

std::string oneLine(std::string_view text, size_t limit)
{
    const auto isBlank = [](char c) { return static_cast<unsigned char>(c) <= ' '; };
    while (!text.empty() && isBlank(text.front()))
        text.remove_prefix(1);
    text = text.substr(0, text.find_first_of("\r\n"));
    std::string out = clippedUtf8(text, limit);
    for (char& c : out) {
        if (isBlank(c) || c == '\x7f')
            c = ' ';
    }
    while (!out.empty() && out.back() == ' ')
        out.pop_back();
    return out;
}

namespace {

/// Days since 1970-01-01 in the proleptic Gregorian calendar (H. Hinnant, "chrono-compatible date
/// algorithms").
int64_t daysFromCivil(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2 ? 1 : 0;
    const int64_t era = (year >= 0 ? year : year - 399) / 400;
    const int64_t yearOfEra = year - era * 400;
    const int64_t dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    const int64_t dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear;
    return era * 146097 + dayOfEra - 719468;
}

/// Takes `count` digits from the head; -1 if they are none.
int64_t takeDigits(std::string_view& text, size_t count)
{
    if (text.size() < count)
        return -1;
    int64_t value = 0;
    for (const char c : text.substr(0, count)) {
        if (c < '0' || c > '9')
            return -1;
        value = value * 10 + (c - '0');
    }
    text.remove_prefix(count);
    return value;
}

bool takeChar(std::string_view& text, char c)
{
    if (text.empty() || text.front() != c)
        return false;
    text.remove_prefix(1);
    return true;
}

/// The rest behind the seconds: fraction and zone. Fraction in ms; zone offset in ms; false if malformed.
bool takeFractionAndZone(std::string_view& text, int64_t& fractionMs, int64_t& zoneMs)
{
    fractionMs = 0;
    zoneMs = 0;
    if (takeChar(text, '.')) {
        int64_t scale = 100;
        while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
            fractionMs += (text.front() - '0') * scale;
            scale /= 10;
            text.remove_prefix(1);
        }
    }
    if (text.empty() || takeChar(text, 'Z'))
        return text.empty();
    const int64_t sign = text.front() == '-' ? -1 : 1;
    if (text.front() != '+' && text.front() != '-')
        return false;
    text.remove_prefix(1);
    const int64_t hours = takeDigits(text, 2);
    takeChar(text, ':');
    const int64_t minutes = takeDigits(text, 2);
    if (hours < 0 || minutes < 0 || !text.empty())
        return false;
    zoneMs = sign * (hours * 60 + minutes) * 60'000;
    return true;
}

} // namespace

namespace {

constexpr int64_t dayMs = int64_t{24} * 3600 * 1000;

/// Eight characters against a shape in which 0 stands for any digit. Sets each byte of `digits` to the value
/// of its digit; false if the text has another shape.
bool takeShape(const char* text, std::string_view shape, uint64_t& digits)
{
    uint64_t largest =
        0; // what a byte may differ from its shape by, as what makes one more overflow into bit 7
    for (size_t i = 0; i < 8; ++i)
        largest |= uint64_t{shape[i] == '0' ? 0x7FU - 9U : 0x7FU} << (8 * i);
    digits = textBits<uint64_t>(text) ^ textBits<uint64_t>(shape.data());
    return (((digits + largest) | digits) & 0x8080808080808080ULL) == 0;
}

/// "2026-01-08T15:49:03.054Z", as nearly all times are written; 0 if the text has another shape.
int64_t parsePlainIso(std::string_view text)
{
    constexpr size_t length = 24;
    uint64_t date = 0;
    uint64_t middle = 0;
    uint64_t time = 0;
    if (text.size() != length || !takeShape(text.data(), "0000-00-", date) ||
        !takeShape(text.data() + 8, "00T00:00", middle) || !takeShape(text.data() + 16, ":00.000Z", time))
        return 0;
    const auto digit = [](uint64_t digits, int at) { return static_cast<int>((digits >> (8 * at)) & 0xFU); };
    const auto two = [&](uint64_t digits, int at) { return digit(digits, at) * 10 + digit(digits, at + 1); };
    const int year = two(date, 0) * 100 + two(date, 2);
    const int month = two(date, 5);
    const int day = two(middle, 0);
    const int hour = two(middle, 3);
    const int minute = two(middle, 6);
    const int second = two(time, 1);
    if (year < 1970 || month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 ||
        second > 60)
        return 0;
    const int64_t ms = two(time, 4) * 10 + digit(time, 6);
    return daysFromCivil(year, month, day) * dayMs + ((hour * 60 + minute) * 60 + second) * int64_t{1000} +
           ms;
}

} // namespace

int64_t parseIsoMs(std::string_view text)
{
    if (const int64_t ms = parsePlainIso(text); ms != 0)
        return ms;
    const int64_t year = takeDigits(text, 4);
    const bool dash1 = takeChar(text, '-');
    const int64_t month = takeDigits(text, 2);
    const bool dash2 = takeChar(text, '-');
    const int64_t day = takeDigits(text, 2);
    const bool separator = takeChar(text, 'T') || takeChar(text, ' ');
    const int64_t hour = takeDigits(text, 2);
    const bool colon1 = takeChar(text, ':');
    const int64_t minute = takeDigits(text, 2);
    const bool colon2 = takeChar(text, ':');
    const int64_t second = takeDigits(text, 2);
    if (!dash1 || !dash2 || !separator || !colon1 || !colon2)
        return 0;
    if (year < 1970 || month < 1 || month > 12 || day < 1 || day > 31 || hour < 0 || hour > 23 ||
        minute < 0 || minute > 59 || second < 0 || second > 60)
        return 0;
    int64_t fractionMs = 0;
    int64_t zoneMs = 0;
    if (!takeFractionAndZone(text, fractionMs, zoneMs))
        return 0;
    const int64_t seconds = ((daysFromCivil(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
    return seconds * 1000 + fractionMs - zoneMs;
}

void LogReader::readLine(std::string_view line, int64_t offset, ReaderSink& sink)
{
    // Blank lines do not count: what a cut leaves of "{…}\r\n" must not be one line more than the whole.
    if (line.find_first_not_of(" \t\r") == std::string_view::npos)
        return;
    ++m_facts.lines;
    if (takeLine(line, offset, sink))
        return;
    if (!simdjson::validate_utf8(line.data(), line.size())) {
        std::string repaired = clippedUtf8(line, line.size() * replacementUtf8.size());
        const size_t size = repaired.size();
        repaired.append(linePadding, ' ');
        if (takeLine({repaired.data(), size}, offset, sink))
            return;
    }
    ++m_facts.badLines;
}

} // namespace plimsoll
