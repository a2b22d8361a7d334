// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/jsonwriter.h"

#include <QChar>

#include <array>
#include <charconv>
#include <cmath>
#include <string_view>

namespace plimsoll {

namespace {

void appendEscape(QByteArray& out, char16_t unit)
{
    switch (unit) {
    case '"': out += "\\\""; break;
    case '\\': out += "\\\\"; break;
    case '\n': out += "\\n"; break;
    case '\t': out += "\\t"; break;
    case '\r': out += "\\r"; break;
    default: {
        constexpr std::string_view digits = "0123456789abcdef";
        out += "\\u00";
        out += digits[unit >> 4U];
        out += digits[unit & 0xFU];
    }
    }
}

bool isPlain(char16_t unit)
{
    return unit >= 0x20 && unit < 0x80 && unit != '"' && unit != '\\';
}

/// A run of characters outside ASCII, whole pairs in it.
qsizetype foreignRun(QStringView text)
{
    qsizetype length = 0;
    while (length < text.size() && text[length].unicode() >= 0x80)
        ++length;
    return length;
}

template <typename Number>
void appendNumber(QByteArray& out, Number value)
{
    std::array<char, 32> digits{}; // the longest double has 24 characters
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    out.append(digits.data(), end - digits.data());
}

} // namespace

void JsonWriter::open(char bracket)
{
    separate();
    m_out += bracket;
    m_needsComma = false;
}

void JsonWriter::close(char bracket)
{
    breakLine();
    m_out += bracket;
    m_needsComma = true;
}

void JsonWriter::breakLine()
{
    if (m_breaksLine)
        m_out += '\n';
    m_breaksLine = false;
}

void JsonWriter::separate()
{
    if (m_needsComma)
        m_out += ',';
    m_needsComma = true;
    breakLine();
}

void JsonWriter::key(QStringView key)
{
    separate();
    quote(key);
    m_out += ':';
    m_needsComma = false;
}

void JsonWriter::key(QLatin1String key)
{
    separate();
    m_out += '"';
    m_out.append(key.data(), key.size());
    m_out += "\":";
    m_needsComma = false;
}

void JsonWriter::text(QStringView value)
{
    separate();
    quote(value);
}

void JsonWriter::number(qint64 value)
{
    separate();
    appendNumber(m_out, value);
}

void JsonWriter::number(double value)
{
    if (!std::isfinite(value))
        return null();
    separate();
    appendNumber(m_out, value);
}

void JsonWriter::boolean(bool value)
{
    separate();
    m_out += value ? "true" : "false";
}

void JsonWriter::raw(QByteArrayView json)
{
    separate();
    m_out.append(json);
}

void JsonWriter::null()
{
    separate();
    m_out += "null";
}

void JsonWriter::quote(QStringView value)
{
    m_out += '"';
    while (!value.isEmpty()) {
        const qsizetype before = m_out.size();
        m_out.resize(before + value.size());
        char* to = m_out.data() + before;
        qsizetype plain = 0;
        while (plain < value.size() && isPlain(value[plain].unicode())) {
            to[plain] = static_cast<char>(value[plain].unicode());
            ++plain;
        }
        m_out.truncate(before + plain);
        value = value.sliced(plain);
        if (value.isEmpty())
            break;
        const qsizetype foreign = foreignRun(value);
        if (foreign > 0)
            m_out += value.first(foreign).toUtf8();
        else
            appendEscape(m_out, value.front().unicode());
        value = value.sliced(std::max<qsizetype>(foreign, 1));
    }
    m_out += '"';
}

} // namespace plimsoll
