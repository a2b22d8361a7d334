// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/conversationdelegate.h"

#include "models/format.h"
#include "ui/conversationmodel.h"
#include "ui/markedtext.h"
#include "ui/theme.h"

#include <QAbstractItemView>
#include <QDateTime>
#include <QFontDatabase>
#include <QPainter>
#include <QTextLayout>

#include <algorithm>
#include <array>
#include <climits>
#include <cmath>

namespace plimsoll {

namespace {

constexpr int foldedLines = 12;
constexpr int foldedChars = 1'500;  // bounds the work of laying out a folded text
constexpr int maxChars = 16 * 1024; // longer than any Logged text

bool isOneLiner(LogKind kind)
{
    return kind == LogKind::ToolUse || kind == LogKind::ToolResult || kind == LogKind::Thinking;
}

LogKind kindOf(const QModelIndex& index)
{
    return LogKind(index.data(ConversationModel::LogKindRole).toInt());
}

QString label(LogKind kind, const QString& tool)
{
    switch (kind) {
    case LogKind::ToolUse: return tool.isEmpty() ? QStringLiteral("tool") : plain(tool.left(40));
    case LogKind::ToolResult: return QStringLiteral("result");
    case LogKind::Thinking: return QStringLiteral("thinking");
    case LogKind::Error: return QStringLiteral("error");
    case LogKind::Prompt:
    case LogKind::Text:
    case LogKind::Result:
    case LogKind::System: break;
    }
    return {};
}

/// The tools whose use is shown as a change of lines.
bool isEdit(const QModelIndex& index)
{
    constexpr std::array tools{"Edit", "MultiEdit", "Write", "apply_patch"};
    const QString tool = index.data(ConversationModel::ToolRole).toString();
    return kindOf(index) == LogKind::ToolUse &&
           std::any_of(tools.begin(), tools.end(),
                       [&tool](const char* one) { return tool == QLatin1String(one); }) &&
           index.data(ConversationModel::TextRole).toString().contains(QLatin1Char('\n'));
}

struct Measured
{
    qreal height = 0;
    bool cut = false;
};

Measured breakLines(QTextLayout& text, qreal width, int maxLines)
{
    QTextOption wrap;
    wrap.setWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
    text.setTextOption(wrap);
    text.setCacheEnabled(true);
    Measured measured;
    text.beginLayout();
    for (int count = 0;; ++count) {
        QTextLine line = text.createLine();
        if (!line.isValid())
            break;
        if (count == maxLines) {
            line.setLineWidth(width);
            line.setPosition({0, -1e6});
            measured.cut = true;
            break;
        }
        line.setLineWidth(width);
        line.setPosition({0, measured.height});
        measured.height += line.height();
    }
    text.endLayout();
    return measured;
}

} // namespace

// Everything that paint() and sizeHint() agree on. Rectangles lie in the item's coordinates.
struct ConversationDelegate::Layout
{
    LogKind kind = LogKind::System;
    bool expanded = false;
    bool folded = false; ///< there is more to see
    QString head;
    QString label;
    QFont headFont;
    QFont bodyFont;
    QFont smallFont;
    QRect headRect;
    QRect labelRect; ///< of a one-liner, or above an error
    QRect bodyRect;
    QRect moreRect;
    int height = 0;

    bool oneLiner = false; ///< label and text beside one another
    bool edit = false;
    MarkedLook look;

    [[nodiscard]] MarkedText body(const QString& text) const
    {
        if (oneLiner)
            return {oneLine(text)};
        const int limit = expanded ? maxChars : foldedChars;
        if (edit)
            return diffLines(text, limit, look);
        return kind == LogKind::Text ? markdownLines(text, limit, look) : plainLines(text, limit);
    }
};

ConversationDelegate::Layout ConversationDelegate::layout(const QStyleOptionViewItem& option,
                                                          const QModelIndex& index) const
{
    Layout out;
    const int side = grid(option.font, 3);
    const int unit = grid(option.font, 1);
    const int width = std::max(option.rect.width() - 2 * side, 40);
    out.kind = kindOf(index);
    out.expanded = index.data(ConversationModel::ExpandedRole).toBool();
    out.head = index.data(ConversationModel::HeadRole).toString();
    out.label = label(out.kind, index.data(ConversationModel::ToolRole).toString());
    out.headFont = option.font;
    out.headFont.setWeight(QFont::DemiBold);
    out.smallFont = resized(option.font, -1);
    out.bodyFont = option.font;
    if (out.kind == LogKind::ToolUse || out.kind == LogKind::ToolResult) {
        out.bodyFont = QFontDatabase::systemFont(QFontDatabase::FixedFont);
        out.bodyFont.setPointSizeF(out.smallFont.pointSizeF());
    }
    int y = unit / 2;
    if (!out.head.isEmpty()) {
        y += index.row() > 0 ? 2 * unit : unit;
        out.headRect = QRect(side, y, width, QFontMetrics(out.headFont).height());
        y = out.headRect.bottom() + 1;
    }
    const QFontMetrics small(out.smallFont);
    out.edit = isEdit(index);
    out.oneLiner = isOneLiner(out.kind) && !out.expanded && !out.edit;
    const Theme& theme = Theme::of(option.palette);
    out.look = {out.bodyFont,   QFontDatabase::systemFont(QFontDatabase::FixedFont),
                theme.dimText,  theme.raised,
                theme.goodText, theme.dangerText};
    out.look.fixed.setPointSizeF(out.smallFont.pointSizeF());
    if (!out.label.isEmpty()) {
        out.labelRect = QRect(side, y, std::min(small.horizontalAdvance(out.label) + 2 * unit, width / 2),
                              small.height() + unit / 2);
        if (!out.oneLiner)
            y = out.labelRect.bottom() + 1;
    }
    if (out.oneLiner) {
        out.bodyRect = QRect(out.labelRect.right() + 1 + 2 * unit, y, 0, out.labelRect.height());
        out.bodyRect.setRight(side + width);
        out.folded = true;
        out.height = out.labelRect.bottom() + 1 + unit / 2;
        return out;
    }
    const QString text = index.data(ConversationModel::TextRole).toString();
    const MarkedText body = out.body(text);
    QTextLayout lines(body.text, out.bodyFont);
    lines.setFormats(body.formats);
    const Measured measured = breakLines(lines, width, out.expanded ? INT_MAX : foldedLines);
    out.bodyRect = QRect(side, y, width, int(std::ceil(measured.height)));
    y = out.bodyRect.bottom() + 1;
    const bool truncated = index.data(ConversationModel::TruncatedRole).toBool();
    out.folded = !out.expanded && (measured.cut || text.size() > foldedChars || truncated);
    if (out.folded || (out.expanded && truncated)) {
        out.moreRect = QRect(side, y, width, small.height());
        y = out.moreRect.bottom() + 1;
    }
    out.height = y + unit / 2;
    return out;
}

void ConversationDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                                 const QModelIndex& index) const
{
    const Theme& theme = Theme::of(option.palette);
    const Layout lay = layout(option, index);
    painter->save();
    painter->setClipRect(option.rect);
    if (option.state.testFlag(QStyle::State_Selected))
        painter->fillRect(option.rect, theme.selection);
    painter->translate(option.rect.topLeft());
    if (!lay.head.isEmpty()) {
        painter->setFont(lay.headFont);
        painter->setPen(theme.text);
        const QFontMetrics metrics(lay.headFont);
        const QString when =
            QStringLiteral(" · ") +
            moment(index.data(ConversationModel::AtRole).toLongLong(), QDateTime::currentMSecsSinceEpoch());
        const QFont whenFont = numberFont(option.font);
        const int room = lay.headRect.width() - QFontMetrics(whenFont).horizontalAdvance(when);
        const QString name = metrics.elidedText(plain(lay.head), Qt::ElideRight, room);
        painter->drawText(lay.headRect, Qt::AlignLeft | Qt::AlignVCenter | Qt::TextSingleLine, name);
        painter->setFont(whenFont);
        painter->setPen(theme.dimText);
        painter->drawText(lay.headRect.adjusted(metrics.horizontalAdvance(name), 0, 0, 0),
                          Qt::AlignLeft | Qt::AlignVCenter | Qt::TextSingleLine, when);
    }
    if (!lay.label.isEmpty()) {
        painter->setRenderHint(QPainter::Antialiasing);
        painter->setPen(Qt::NoPen);
        painter->setBrush(theme.raised);
        painter->drawRoundedRect(lay.labelRect, 4, 4);
        painter->setFont(lay.smallFont);
        painter->setPen(lay.kind == LogKind::Thinking ? theme.specialText
                        : lay.kind == LogKind::Error  ? theme.dangerText
                                                      : theme.tealText);
        painter->drawText(lay.labelRect, Qt::AlignCenter | Qt::TextSingleLine, lay.label);
    }
    const QString text = index.data(ConversationModel::TextRole).toString();
    painter->setFont(lay.bodyFont);
    painter->setPen(isOneLiner(lay.kind) || lay.kind == LogKind::System ? theme.dimText : theme.text);
    const MarkedText body = lay.body(text);
    if (lay.oneLiner) {
        painter->drawText(
            lay.bodyRect, Qt::AlignLeft | Qt::AlignVCenter | Qt::TextSingleLine,
            QFontMetrics(lay.bodyFont).elidedText(body.text, Qt::ElideRight, lay.bodyRect.width()));
    } else {
        QTextLayout lines(body.text, lay.bodyFont);
        lines.setFormats(body.formats);
        breakLines(lines, lay.bodyRect.width(), lay.expanded ? INT_MAX : foldedLines);
        lines.draw(painter, lay.bodyRect.topLeft());
    }
    if (!lay.moreRect.isNull()) {
        painter->setFont(lay.smallFont);
        painter->setPen(theme.accentText);
        painter->drawText(lay.moreRect, Qt::AlignLeft | Qt::AlignVCenter | Qt::TextSingleLine,
                          lay.folded ? QStringLiteral("Show all") : QStringLiteral("Open the whole text"));
    }
    painter->restore();
}

QSize ConversationDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    // The view asks without a rectangle; the width that will be painted is its viewport's.
    QStyleOptionViewItem wide = option;
    const auto* view = qobject_cast<const QAbstractItemView*>(option.widget);
    const int width = view != nullptr ? view->viewport()->width() : option.rect.width();
    wide.rect = QRect(0, 0, width, 0);
    if (width != m_width) {
        m_heights.clear();
        m_width = width;
    }
    if (index.data(ConversationModel::LiveRole).toBool())
        return {width, layout(wide, index).height}; // another one with each word
    const bool expanded = index.data(ConversationModel::ExpandedRole).toBool();
    const bool head = !index.data(ConversationModel::HeadRole).toString().isEmpty();
    const quint64 key = index.data(ConversationModel::SerialRole).toULongLong() * 8 + (expanded ? 4 : 0) +
                        (head ? 2 : 0) + (index.row() > 0 ? 1 : 0);
    auto known = m_heights.find(key);
    if (known == m_heights.end())
        known = m_heights.insert(key, layout(wide, index).height);
    return {width, *known};
}

bool ConversationDelegate::canFold(const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    const Layout lay = layout(option, index);
    return lay.folded || lay.expanded;
}

void ConversationDelegate::forget()
{
    m_heights.clear();
    m_width = -1;
}

} // namespace plimsoll
