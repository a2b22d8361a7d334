// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/eventview.h"

#include "models/eventmodel.h"
#include "models/format.h"
#include "ui/eventdelegate.h"

#include <QApplication>
#include <QClipboard>
#include <QContextMenuEvent>
#include <QHeaderView>
#include <QKeyEvent>
#include <QMenu>
#include <QScrollBar>

#include <algorithm>

namespace plimsoll {

EventView::EventView(QWidget* parent)
    : QTreeView(parent)
{
    setRootIsDecorated(false);
    setItemsExpandable(false);
    setUniformRowHeights(true);
    setHeaderHidden(true);
    setAllColumnsShowFocus(true);
    setFrameShape(QFrame::NoFrame);
    setSelectionMode(ExtendedSelection);
    setSelectionBehavior(SelectRows);
    setVerticalScrollMode(ScrollPerPixel);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setEditTriggers(NoEditTriggers);
    setAccessibleName(QStringLiteral("Events"));
    setItemDelegate(new EventDelegate(this));
    connect(this, &QTreeView::clicked, this, [this](const QModelIndex& index) {
        if (QApplication::keyboardModifiers() == Qt::NoModifier)
            emit readingWanted(readingText(index));
    });
}

void EventView::setModel(QAbstractItemModel* model)
{
    QTreeView::setModel(model);
    setColumns();
}

void EventView::setColumns()
{
    header()->setStretchLastSection(true);
    header()->setMinimumSectionSize(1);
    // In a narrow view the names give way first: the text is what is read.
    const int widest = viewport()->width() / 5;
    for (int column = 0; column < EventModel::TextColumn; ++column) {
        const int width = EventDelegate::columnWidth(column, font());
        setColumnWidth(
            column, column == EventModel::AgentColumn ? std::min(width, std::max(widest, width / 2)) : width);
    }
}

void EventView::holdPlace()
{
    m_place =
        verticalScrollBar()->value() > 0 ? QPersistentModelIndex(indexAt({0, 0})) : QPersistentModelIndex();
    m_placeY = m_place.isValid() ? visualRect(m_place).top() : 0;
}

void EventView::keepPlace()
{
    if (!m_place.isValid())
        return;
    executeDelayedItemsLayout();
    verticalScrollBar()->setValue(verticalScrollBar()->value() + visualRect(m_place).top() - m_placeY);
    m_place = QPersistentModelIndex();
}

ReadingText EventView::readingText(const QModelIndex& index)
{
    ReadingText out;
    out.title = index.data(EventModel::AgentNameRole).toString() + QStringLiteral(" · ") +
                index.data(EventModel::TagRole).toString() + QStringLiteral(" · ") +
                exactTime(index.data(EventModel::AtRole).toLongLong());
    out.text = index.data(EventModel::WholeTextRole).toString();
    if (out.text.isEmpty())
        out.text = index.data(EventModel::TextRole).toString();
    out.truncated = index.data(EventModel::TruncatedRole).toBool();
    out.file = index.data(EventModel::FileRole).toString();
    out.offset = index.data(EventModel::OffsetRole).toLongLong();
    out.block = index.data(EventModel::BlockRole).toInt();
    return out;
}

QString EventView::selectedText() const
{
    QModelIndexList rows = selectionModel() != nullptr ? selectionModel()->selectedRows() : QModelIndexList();
    std::sort(rows.begin(), rows.end(),
              [](const QModelIndex& a, const QModelIndex& b) { return a.row() < b.row(); });
    QStringList lines;
    lines.reserve(rows.size());
    for (const QModelIndex& row : std::as_const(rows)) {
        const QStringList cells{dateTime(row.data(EventModel::AtRole).toLongLong()),
                                row.data(EventModel::AgentNameRole).toString(),
                                row.data(EventModel::TagRole).toString(),
                                row.data(EventModel::TextRole).toString()};
        lines << cells.join(QLatin1Char('\t'));
    }
    return lines.join(QLatin1Char('\n'));
}

void EventView::copy() const
{
    const QString text = selectedText();
    if (!text.isEmpty())
        QApplication::clipboard()->setText(text);
}

void EventView::changeEvent(QEvent* event)
{
    QTreeView::changeEvent(event);
    if (event->type() == QEvent::FontChange && model() != nullptr)
        setColumns();
}

void EventView::contextMenuEvent(QContextMenuEvent* event)
{
    const bool byKey = event->reason() == QContextMenuEvent::Keyboard;
    const QModelIndex index = byKey ? currentIndex() : indexAt(event->pos());
    if (!index.isValid())
        return;
    const auto id = index.data(EventModel::AgentRole).value<AgentId>();
    const QString tag = index.data(EventModel::TagRole).toString();
    const ReadingText text = readingText(index);
    auto* menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->addAction(QStringLiteral("Show the whole"), this, [this, text] { emit readingWanted(text); });
    menu->addAction(QStringLiteral("Copy"), this, [this] { copy(); });
    menu->addSeparator();
    menu->addAction(QStringLiteral("Only this agent"), this, [this, id] { emit agentFilterWanted(id); });
    menu->addAction(QStringLiteral("Only this kind"), this, [this, tag] { emit tagFilterWanted(tag); });
    menu->popup(byKey ? viewport()->mapToGlobal(visualRect(index).center()) : event->globalPos());
}

void EventView::keyPressEvent(QKeyEvent* event)
{
    if (event->matches(QKeySequence::Copy))
        return copy();
    if ((event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter) && currentIndex().isValid()) {
        emit readingWanted(readingText(currentIndex()));
        return;
    }
    QTreeView::keyPressEvent(event);
}

void EventView::resizeEvent(QResizeEvent* event)
{
    QTreeView::resizeEvent(event);
    if (model() != nullptr && event->size().width() != event->oldSize().width())
        setColumns();
}

} // namespace plimsoll
