// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/event.h"
#include "ui/conversationmodel.h"

#include <QPersistentModelIndex>
#include <QWidget>

class QLabel;
class QToolButton;
class QTreeView;

namespace plimsoll {

class ConversationDelegate;
class Host;
struct Reply;

/// One agent's conversation, read from its log in pages (scrolling to the top loads older ones) and followed
/// live. Stays at the end unless the reader has scrolled up. Shows text only, never images. GUI thread; the
/// host belongs to the caller and must live longer.
class Conversation : public QWidget
{
    Q_OBJECT

public:
    static constexpr int pageSize = 200; ///< items asked for at a time

    explicit Conversation(Host& host, QWidget* parent = nullptr);

    void setAgent(const AgentId& id, const QString& name); ///< null = none
    void setAgentName(const QString& name);
    void apply(const Events& events); ///< those of other agents are passed over

    [[nodiscard]] const ConversationModel& model() const { return m_model; }
    [[nodiscard]] bool followsEnd() const { return m_followEnd; }

protected:
    void changeEvent(QEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void makeView();
    void askPage();
    void askMoreWhenNear();
    void onReplied(const Reply& reply);
    void onScrolled(int value);
    void toggle(const QModelIndex& index);
    void openWhole(const QModelIndex& index);
    void copy() const;
    void showMenu(const QPoint& position);
    void scrollToEnd();
    void relayout();
    void updateNote();
    void updateLook();

    Host& m_host;
    ConversationModel m_model;
    ConversationDelegate* m_delegate = nullptr;
    QTreeView* m_view = nullptr;
    QLabel* m_title = nullptr;
    QLabel* m_note = nullptr;
    QToolButton* m_toEnd = nullptr;
    AgentId m_agent;
    quint64 m_asked = 0; ///< the query whose answer is awaited; 0 = none
    bool m_firstPage = true;
    bool m_more = false;
    QString m_pageFile; ///< where the next older page begins, given back to the host
    qint64 m_beforeOffset = -1;
    QString m_error;
    bool m_followEnd = true;
    bool m_moving = false; ///< we scroll, not the reader
};

} // namespace plimsoll
