// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/inputtext.h"

namespace plimsoll {

namespace {

/// Fillers that have the category of letters or marks and no face.
bool isFiller(char32_t c)
{
    return c == 0x34f || c == 0x115f || c == 0x1160 || c == 0x17b4 || c == 0x17b5 || c == 0x2800 ||
           c == 0x3164 || c == 0xffa0 || (c >= 0xfe00 && c <= 0xfe0f) || (c >= 0xe0100 && c <= 0xe01ef) ||
           (c >= 0x180b && c <= 0x180f);
}

bool isSeen(char32_t c)
{
    if (c == U' ' || c == U'\n' || c == U'\t')
        return true;
    switch (QChar::category(c)) {
    case QChar::Other_Control:
    case QChar::Other_Format:
    case QChar::Other_Surrogate:
    case QChar::Other_PrivateUse:
    case QChar::Other_NotAssigned:
    case QChar::Separator_Space:
    case QChar::Separator_Line:
    case QChar::Separator_Paragraph: return false;
    default: return !isFiller(c);
    }
}

/// Takes the place of an ASCII character: a hyphen that is none, "full width" forms, and, beside an ASCII
/// letter, letters of scripts that look like Latin ("pаypal" with a Cyrillic а).
bool isLookalike(char32_t c, bool besideAscii)
{
    if (c == 0x2010 || c == 0x2011 || c == 0x2212 || c == 0x2215 || c == 0x2044 || c == 0x37e ||
        (c >= 0xff01 && c <= 0xff5e))
        return true;
    if (!besideAscii || c < 0x80 || !QChar::isLetter(c))
        return false;
    switch (QChar::script(c)) {
    case QChar::Script_Cyrillic:
    case QChar::Script_Greek:
    case QChar::Script_Armenian:
    case QChar::Script_Cherokee:
    case QChar::Script_Coptic: return true;
    default: return false;
    }
}

bool isAsciiLetter(const QString& text, qsizetype at)
{
    return at >= 0 && at < text.size() && text.at(at).unicode() < 0x80 && text.at(at).isLetter();
}

void appendSeen(QString& out, char32_t c, bool besideAscii)
{
    if (isSeen(c) && !isLookalike(c, besideAscii))
        out += QChar::fromUcs4(c);
    else
        out += QStringLiteral("‹U+%1›").arg(QString::number(c, 16).toUpper(), 4, QLatin1Char('0'));
}

/// Where in a JSON text of one line a break helps the reader.
class Breaks
{
public:
    /// \return whether a line ends behind this character
    bool take(QChar c)
    {
        if (m_inText) {
            if (m_escaped) {
                m_escaped = false;
                return c == QLatin1Char('n');
            }
            m_escaped = c == QLatin1Char('\\');
            m_inText = c != QLatin1Char('"');
            return false;
        }
        m_inText = c == QLatin1Char('"');
        if (c == QLatin1Char('{') || c == QLatin1Char('['))
            ++m_depth;
        else if (c == QLatin1Char('}') || c == QLatin1Char(']'))
            --m_depth;
        return c == QLatin1Char(',') && m_depth == 1;
    }

private:
    int m_depth = 0;
    bool m_inText = false;
    bool m_escaped = false;
};

} // namespace

QString inputForReading(const QString& input)
{
    const bool isJsonLine = input.startsWith(QLatin1Char('{')) && !input.contains(QLatin1Char('\n'));
    QString out;
    out.reserve(input.size() + input.size() / 16);
    Breaks breaks;
    for (qsizetype i = 0; i < input.size(); ++i) {
        const QChar c = input.at(i);
        const bool beside = isAsciiLetter(input, i - 1) || isAsciiLetter(input, i + 1);
        if (c.isHighSurrogate() && i + 1 < input.size() && input.at(i + 1).isLowSurrogate())
            appendSeen(out, QChar::surrogateToUcs4(c, input.at(++i)), false);
        else
            appendSeen(out, c.unicode(), beside);
        if (isJsonLine && breaks.take(c))
            out += QLatin1Char('\n');
    }
    return out;
}

} // namespace plimsoll
