// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/agent.h"
#include "ui/readingpane.h"

#include <QPersistentModelIndex>
#include <QTreeView>

namespace plimsoll {

/// The event stream, newest on top. Stays where the reader has scrolled to. Enter or a click asks for the
/// whole of a row; Ctrl+C copies rows. Does not filter (EventProxy does). GUI thread.
class EventView : public QTreeView
{
    Q_OBJECT

public:
    explicit EventView(QWidget* parent = nullptr);

    void setModel(QAbstractItemModel* model) override;

    /// Around a change of the model: what is at the top of the view stays there, unless that is the newest.
    void holdPlace();
    void keepPlace();

    [[nodiscard]] static ReadingText readingText(const QModelIndex& index);
    [[nodiscard]] QString selectedText() const; ///< one line a row, tabs between

signals:
    void readingWanted(const plimsoll::ReadingText& text);
    void agentFilterWanted(const plimsoll::AgentId& id);
    void tagFilterWanted(const QString& tag);

protected:
    void changeEvent(QEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    void setColumns();
    void copy() const;

    QPersistentModelIndex m_place;
    int m_placeY = 0;
};

} // namespace plimsoll
