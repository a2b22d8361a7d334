// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/eventdelegate.h"

#include "models/eventmodel.h"
#include "models/format.h"
#include "ui/theme.h"

#include <QPainter>

#include <algorithm>

namespace plimsoll {

namespace {

constexpr int textAlignment = int(Qt::AlignLeft | Qt::AlignVCenter) | int(Qt::TextSingleLine);

void paintPill(QPainter* painter, const QRect& cell, const QFont& font, const QString& tag,
               const Theme& theme)
{
    const QFont small = resized(font, -1);
    const QFontMetrics metrics(small);
    const int width = std::min(metrics.horizontalAdvance(tag) + grid(font, 3), cell.width());
    const int height = metrics.height() + grid(font, 1);
    const QRect pill(cell.left(), cell.center().y() - height / 2, width, height);
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(Qt::NoPen);
    painter->setBrush(theme.raised);
    painter->drawRoundedRect(pill, 4, 4);
    painter->setFont(small);
    painter->setPen(theme.tag(tag));
    painter->drawText(pill, int(Qt::AlignCenter) | int(Qt::TextSingleLine), tag);
}

} // namespace

void EventDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                          const QModelIndex& index) const
{
    const Theme& theme = Theme::of(option.palette);
    painter->save();
    if (option.state.testFlag(QStyle::State_Selected))
        painter->fillRect(option.rect, theme.selection);
    painter->setPen(theme.border);
    painter->drawLine(option.rect.bottomLeft(), option.rect.bottomRight());
    const int side = grid(option.font, index.column() == EventModel::TimeColumn ? 4 : 2);
    const QRect cell = option.rect.adjusted(side, 0, -grid(option.font, 2), -1);
    switch (index.column()) {
    case EventModel::TimeColumn:
        painter->setFont(numberFont(option.font));
        painter->setPen(theme.dimText);
        painter->drawText(cell, textAlignment, index.data(Qt::DisplayRole).toString());
        break;
    case EventModel::KindColumn:
        paintPill(painter, cell, option.font, index.data(EventModel::TagRole).toString(), theme);
        break;
    default: {
        const bool name = index.column() == EventModel::AgentColumn;
        const QString text = index.data(name ? EventModel::AgentNameRole : EventModel::TextRole).toString();
        painter->setFont(option.font);
        painter->setPen(theme.text);
        painter->drawText(cell, textAlignment,
                          option.fontMetrics.elidedText(text, Qt::ElideRight, cell.width()));
        break;
    }
    }
    painter->restore();
}

QSize EventDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    return {columnWidth(index.column(), option.font), option.fontMetrics.height() + grid(option.font, 4)};
}

int EventDelegate::columnWidth(int column, const QFont& font)
{
    const QFontMetrics metrics(font);
    switch (column) {
    case EventModel::TimeColumn:
        return QFontMetrics(numberFont(font)).horizontalAdvance(QStringLiteral("00-00 00:00")) +
               grid(font, 7);
    case EventModel::AgentColumn: return metrics.averageCharWidth() * 20 + grid(font, 4);
    case EventModel::KindColumn:
        return QFontMetrics(resized(font, -1)).horizontalAdvance(QStringLiteral("compaction")) +
               grid(font, 7);
    default: return metrics.averageCharWidth() * 60;
    }
}

} // namespace plimsoll
