// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QFont>
#include <QList>
#include <QString>
#include <QTextLayout>

namespace plimsoll {

/// A text as it is painted, and how its parts look.
struct MarkedText
{
    QString text; ///< lines end with QChar::LineSeparator
    QList<QTextLayout::FormatRange> formats{};
};

struct MarkedLook
{
    QFont body;
    QFont fixed;
    QColor dim;
    QColor code; ///< behind code
    QColor came; ///< of a line that a change adds
    QColor went;
};

// Foreign texts for painting. Pure, linear, nothing is loaded and no link leads anywhere: its target stands
// behind it. What cannot be seen is made visible. Any thread.

/// The lines as they are. \param limit of characters that are looked at
[[nodiscard]] MarkedText plainLines(const QString& text, qsizetype limit);

/// Markdown: headings, lists, quotes, code, tables, emphasis, links; what it does not know stands as it is.
[[nodiscard]] MarkedText markdownLines(const QString& text, qsizetype limit, const MarkedLook& look);

/// A change of a file: a path, then lines that begin with "+ ", "- " or "  ".
[[nodiscard]] MarkedText diffLines(const QString& text, qsizetype limit, const MarkedLook& look);

} // namespace plimsoll
