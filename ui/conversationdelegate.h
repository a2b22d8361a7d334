// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFont>
#include <QHash>
#include <QStyledItemDelegate>

namespace plimsoll {

/// Paints one item of a conversation: a head where the speaker changes, wrapped text, tools and thoughts
/// folded to one line. Foreign text is only ever drawn as it stands. Remembers heights per item, so that a
/// page of thousands is measured once per width. GUI thread.
class ConversationDelegate : public QStyledItemDelegate
{
    Q_OBJECT

public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override;
    [[nodiscard]] QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;

    /// Whether the item shows more when expanded (or less, when it is).
    [[nodiscard]] bool canFold(const QStyleOptionViewItem& option, const QModelIndex& index) const;

    /// Forgets the remembered heights; after a change of font.
    void forget();

private:
    struct Layout;
    [[nodiscard]] Layout layout(const QStyleOptionViewItem& option, const QModelIndex& index) const;

    mutable QHash<quint64, int> m_heights; ///< by serial, expansion and head
    mutable int m_width = -1;              ///< that the heights are for
};

} // namespace plimsoll
