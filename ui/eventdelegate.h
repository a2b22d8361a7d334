// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFont>
#include <QStyledItemDelegate>

namespace plimsoll {

/// Paints one cell of the event stream: time, agent, the kind as a tinted pill, one line of plain text. Keeps
/// nothing but fonts. GUI thread.
class EventDelegate : public QStyledItemDelegate
{
    Q_OBJECT

public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override;
    [[nodiscard]] QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;

    /// Width of a column that fits what commonly stands in it. Device-independent pixels.
    [[nodiscard]] static int columnWidth(int column, const QFont& font);
};

} // namespace plimsoll
