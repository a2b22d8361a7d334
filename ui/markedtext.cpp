// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/markedtext.h"

#include "models/format.h"

#include <QRegularExpression>

#include <algorithm>
#include <array>

namespace plimsoll {

namespace {

constexpr qsizetype maxFence = 12; ///< longer ones are lines

// Control characters are made visible line by line: the line breaks themselves are meant.
QString shownLine(QStringView line)
{
    QString shown = line.toString();
    shown.replace(QLatin1Char('\t'), QStringLiteral("    "));
    shown.remove(QLatin1Char('\r'));
    return plain(shown);
}

class Writer
{
public:
    explicit Writer(const MarkedLook& look)
        : m_look(look)
    {
    }

    void beginLine()
    {
        if (m_begun)
            m_out.text += QChar::LineSeparator;
        m_begun = true;
    }
    void put(QStringView text, const QTextCharFormat& format = {})
    {
        if (text.isEmpty())
            return;
        if (!format.isEmpty())
            m_out.formats.append({int(m_out.text.size()), int(text.size()), format});
        m_out.text += text;
    }
    void putInline(QStringView text, const QTextCharFormat& around);

    [[nodiscard]] QTextCharFormat bold(QTextCharFormat format) const
    {
        format.setFontWeight(QFont::Bold);
        return format;
    }
    [[nodiscard]] QTextCharFormat code() const
    {
        QTextCharFormat format;
        format.setFont(m_look.fixed);
        format.setBackground(m_look.code);
        return format;
    }
    [[nodiscard]] QTextCharFormat fixed() const
    {
        QTextCharFormat format;
        format.setFont(m_look.fixed);
        return format;
    }
    [[nodiscard]] static QTextCharFormat coloured(const QColor& colour)
    {
        QTextCharFormat format;
        format.setForeground(colour);
        return format;
    }
    [[nodiscard]] const MarkedLook& look() const { return m_look; }
    [[nodiscard]] MarkedText take() { return std::move(m_out); }

private:
    [[nodiscard]] qsizetype putSpan(QStringView text, qsizetype at, const QTextCharFormat& around);
    [[nodiscard]] qsizetype putLink(QStringView text, qsizetype at, const QTextCharFormat& around);

    const MarkedLook& m_look;
    MarkedText m_out;
    bool m_begun = false;
};

bool isWord(QStringView text, qsizetype at)
{
    return at >= 0 && at < text.size() && text.at(at).isLetterOrNumber();
}

/// Where a span that begins at `at` with a mark ends: before its closing mark; -1 = it is none.
qsizetype spanEnd(QStringView text, qsizetype at, QLatin1String mark)
{
    const qsizetype begin = at + mark.size();
    if (begin >= text.size() || text.at(begin).isSpace())
        return -1;
    // "snake_case_name" is no emphasis.
    if (mark.at(0) == QLatin1Char('_') && isWord(text, at - 1))
        return -1;
    const qsizetype end = text.indexOf(mark, begin + 1);
    if (end < 0 || text.at(end - 1).isSpace() ||
        (mark.at(0) == QLatin1Char('_') && isWord(text, end + mark.size())))
        return -1;
    return end;
}

/// What follows `at` if a span of code or emphasis begins there; else `at`.
qsizetype Writer::putSpan(QStringView text, qsizetype at, const QTextCharFormat& around)
{
    constexpr std::array marks{QLatin1String("**"), QLatin1String("__"), QLatin1String("~~"),
                               QLatin1String("*"), QLatin1String("_")};
    if (text.at(at) == QLatin1Char('`')) {
        const qsizetype end = text.indexOf(QLatin1Char('`'), at + 1);
        if (end <= at + 1)
            return at;
        put(text.sliced(at + 1, end - at - 1), code());
        return end + 1;
    }
    for (const QLatin1String mark : marks) {
        if (!text.sliced(at).startsWith(mark))
            continue;
        const qsizetype end = spanEnd(text, at, mark);
        if (end < 0)
            return at;
        QTextCharFormat format = around;
        if (mark == QLatin1String("~~"))
            format.setFontStrikeOut(true);
        else if (mark.size() == 2)
            format = bold(format);
        else
            format.setFontItalic(true);
        putInline(text.sliced(at + mark.size(), end - at - mark.size()), format);
        return end + mark.size();
    }
    return at;
}

/// "[text](target)" as "text (target)": nobody follows a link whose target he has not seen.
qsizetype Writer::putLink(QStringView text, qsizetype at, const QTextCharFormat& around)
{
    const qsizetype open = text.at(at) == QLatin1Char('!') ? at + 1 : at;
    if (open >= text.size() || text.at(open) != QLatin1Char('['))
        return at;
    const qsizetype middle = text.indexOf(QLatin1String("]("), open);
    const qsizetype end = middle < 0 ? -1 : text.indexOf(QLatin1Char(')'), middle);
    if (end < 0)
        return at;
    put(text.sliced(open + 1, middle - open - 1), around);
    put(QStringLiteral(" ("), around);
    put(text.sliced(middle + 2, end - middle - 2), coloured(m_look.dim));
    put(QStringLiteral(")"), around);
    return end + 1;
}

void Writer::putInline(QStringView text, const QTextCharFormat& around)
{
    constexpr QStringView special = u"`*_~[!\\";
    constexpr int maxSearches = 400; // each may look through the whole line
    qsizetype begun = 0;
    int searches = 0;
    for (qsizetype at = 0; at < text.size();) {
        if (!special.contains(text.at(at)) || searches > maxSearches) {
            ++at;
            continue;
        }
        const bool isEscape =
            text.at(at) == QLatin1Char('\\') && at + 1 < text.size() && special.contains(text.at(at + 1));
        put(text.sliced(begun, at - begun), around);
        begun = at;
        if (isEscape) {
            begun = at + 1;
            at += 2;
            continue;
        }
        ++searches;
        qsizetype next = putSpan(text, at, around);
        if (next == at)
            next = putLink(text, at, around);
        if (next == at) {
            // No mark, or one without its end: it stands for itself, together with those beside it.
            while (at < text.size() && text.at(at) == text.at(begun))
                ++at;
        } else {
            at = next;
            begun = next;
        }
    }
    put(text.sliced(begun), around);
}

/// The marks that begin code; empty = the line is none such.
QStringView fenceOf(QStringView line)
{
    if (!line.startsWith(u"```") && !line.startsWith(u"~~~"))
        return {};
    qsizetype end = 3;
    while (end < line.size() && line.at(end) == line.at(0))
        ++end;
    return line.sliced(end).contains(line.at(0)) || end > maxFence ? QStringView() : line.left(end);
}

void putMarkdownLine(Writer& out, const QString& line)
{
    static const QRegularExpression heading(QStringLiteral("^(#{1,6})\\s+(.*?)\\s*#*$"));
    static const QRegularExpression bullet(QStringLiteral("^(\\s*)[-*+]\\s+(.*)$"));
    static const QRegularExpression rule(QStringLiteral("^\\s*([-*_])(\\s*\\1){2,}\\s*$"));
    QRegularExpressionMatch match;
    if (rule.match(line).hasMatch())
        return out.put(QStringLiteral("―――"), Writer::coloured(out.look().dim));
    if ((match = heading.match(line)).hasMatch())
        return out.putInline(match.capturedView(2), out.bold({}));
    if (line.startsWith(QLatin1Char('|')))
        return out.put(line, out.fixed());
    if (line.startsWith(QLatin1Char('>'))) {
        out.put(QStringLiteral("▏ "), Writer::coloured(out.look().dim));
        return out.putInline(QStringView(line).sliced(1).trimmed(), Writer::coloured(out.look().dim));
    }
    if ((match = bullet.match(line)).hasMatch()) {
        out.put(match.capturedView(1));
        out.put(QStringLiteral("• "));
        return out.putInline(match.capturedView(2), {});
    }
    out.putInline(line, {});
}

} // namespace

MarkedText plainLines(const QString& text, qsizetype limit)
{
    const MarkedLook none;
    Writer out(none);
    const QStringView shown = QStringView(text).left(limit);
    for (const QStringView line : shown.split(QLatin1Char('\n'))) {
        out.beginLine();
        out.put(shownLine(line));
    }
    return out.take();
}

MarkedText markdownLines(const QString& text, qsizetype limit, const MarkedLook& look)
{
    Writer out(look);
    QString fence; // what ends the code that has begun; empty = none has
    const QStringView shown = QStringView(text).left(limit);
    for (const QStringView raw : shown.split(QLatin1Char('\n'))) {
        const QString line = shownLine(raw);
        const QStringView words = QStringView(line).trimmed();
        const QStringView begun = fenceOf(words);
        if (!fence.isEmpty() && words == fence) {
            fence.clear();
        } else if (!fence.isEmpty()) {
            out.beginLine();
            out.put(line, out.code());
        } else if (!begun.isEmpty()) {
            fence = begun.toString();
        } else {
            out.beginLine();
            putMarkdownLine(out, line);
        }
    }
    return out.take();
}

MarkedText diffLines(const QString& text, qsizetype limit, const MarkedLook& look)
{
    Writer out(look);
    const QStringView shown = QStringView(text).left(limit);
    for (const QStringView raw : shown.split(QLatin1Char('\n'))) {
        const QString line = shownLine(raw);
        out.beginLine();
        if (line.startsWith(QLatin1Char('+')))
            out.put(line, Writer::coloured(look.came));
        else if (line.startsWith(QLatin1Char('-')))
            out.put(line, Writer::coloured(look.went));
        else
            out.put(line);
    }
    return out.take();
}

} // namespace plimsoll
