// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/conversation.h"

#include "models/format.h"
#include "models/host.h"
#include "ui/conversationdelegate.h"
#include "ui/readingpane.h"
#include "ui/theme.h"
#include "ui/widgets.h"

#include <QApplication>
#include <QClipboard>
#include <QEvent>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QJsonArray>
#include <QKeyEvent>
#include <QMenu>
#include <QScrollBar>
#include <QToolButton>
#include <QTreeView>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace plimsoll {

Conversation::Conversation(Host& host, QWidget* parent)
    : QWidget(parent)
    , m_host(host)
    , m_delegate(new ConversationDelegate(this))
    , m_title(plainLabel(QStringLiteral("Conversation"), this))
    , m_note(plainLabel({}, this))
    , m_toEnd(new QToolButton(this))
{
    QFont bold = font();
    bold.setWeight(QFont::DemiBold);
    m_title->setFont(bold);
    m_note->setWordWrap(true);
    m_toEnd->setText(QStringLiteral("↓ To the end"));
    m_toEnd->setAccessibleName(QStringLiteral("To the end of the conversation"));
    m_toEnd->hide();
    makeView();
    const int side = grid(font(), 3);
    m_note->setContentsMargins(side, 0, side, 0);
    auto* head = new QHBoxLayout;
    head->setContentsMargins(side, 0, side, 0);
    head->addWidget(m_title, 1);
    head->addWidget(m_toEnd);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, grid(font(), 2), 0, 0);
    layout->setSpacing(grid(font(), 1));
    layout->addLayout(head);
    layout->addWidget(m_note);
    layout->addWidget(m_view, 1);
    connect(m_toEnd, &QToolButton::clicked, this, [this] {
        m_followEnd = true;
        scrollToEnd();
    });
    connect(&m_host, &Host::replied, this, &Conversation::onReplied);
    updateLook();
    updateNote();
}

void Conversation::makeView()
{
    m_view = new QTreeView(this);
    m_view->setModel(&m_model);
    m_view->setItemDelegate(m_delegate);
    m_view->setRootIsDecorated(false);
    m_view->setItemsExpandable(false);
    m_view->setHeaderHidden(true);
    m_view->header()->setStretchLastSection(true);
    m_view->header()->setMinimumSectionSize(1);
    m_view->setFrameShape(QFrame::NoFrame);
    m_view->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    m_view->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_view->setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOn); // the width, and so every height, stands still
    m_view->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_view->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_view->setContextMenuPolicy(Qt::CustomContextMenu);
    m_view->setAccessibleName(QStringLiteral("Conversation"));
    m_view->viewport()->setBackgroundRole(QPalette::Window);
    m_view->installEventFilter(this);
    m_view->viewport()->installEventFilter(this);
    connect(m_view, &QTreeView::clicked, this, [this](const QModelIndex& index) {
        if (QApplication::keyboardModifiers() == Qt::NoModifier)
            toggle(index);
    });
    connect(m_view, &QWidget::customContextMenuRequested, this, &Conversation::showMenu);
    connect(m_view->verticalScrollBar(), &QScrollBar::valueChanged, this, &Conversation::onScrolled);
    connect(m_view->verticalScrollBar(), &QScrollBar::rangeChanged, this, [this] {
        if (m_followEnd)
            scrollToEnd();
    });
}

void Conversation::setAgent(const AgentId& id, const QString& name)
{
    if (id == m_agent)
        return setAgentName(name);
    m_agent = id;
    m_model.clear();
    m_delegate->forget();
    m_model.setAgentName(name);
    m_asked = 0;
    m_firstPage = true;
    m_more = false;
    m_pageFile.clear();
    m_beforeOffset = -1;
    m_error.clear();
    m_followEnd = true;
    m_toEnd->hide();
    if (!m_agent.isNull())
        askPage();
    updateNote();
}

void Conversation::setAgentName(const QString& name)
{
    m_model.setAgentName(name);
}

void Conversation::apply(const Events& events)
{
    QList<ConversationItem> items;
    const auto show = [this, &items] {
        if (!items.isEmpty())
            m_model.append(std::exchange(items, {}));
    };
    const int rows = m_model.rowCount();
    bool isTold = false;
    for (const Event& event : events) {
        if (m_agent.isNull() || event.agent != m_agent)
            continue;
        if (const auto* said = std::get_if<TextStreamed>(&event.body)) {
            show();
            m_model.stream(said->chunk, said->last, event.atMs);
            isTold = true;
        }
        const auto* log = std::get_if<Logged>(&event.body);
        if (log != nullptr) {
            items.append({event.atMs, *log});
            isTold = true;
        }
    }
    show();
    if (!isTold)
        return;
    m_error.clear(); // asked before its first line was written, a log is not there
    if (m_followEnd)
        scrollToEnd();
    else if (m_model.rowCount() > rows)
        m_toEnd->show();
    updateNote();
}

void Conversation::askPage()
{
    QJsonObject params{{QStringLiteral("agent_id"), m_agent.toString()}, {QStringLiteral("limit"), pageSize}};
    if (m_beforeOffset >= 0) {
        params.insert(QStringLiteral("before_offset"), m_beforeOffset);
        params.insert(QStringLiteral("file"), m_pageFile);
    }
    m_asked = m_host.query(QStringLiteral("history"), params);
}

void Conversation::askMoreWhenNear()
{
    const QScrollBar* bar = m_view->verticalScrollBar();
    if (m_more && m_asked == 0 && bar->value() < bar->pageStep())
        askPage();
}

void Conversation::onReplied(const Reply& reply)
{
    if (m_asked == 0 || reply.id != m_asked)
        return;
    m_asked = 0;
    m_error = reply.error;
    const QList<ConversationItem> items =
        conversationItems(reply.result.value(QLatin1String("items")).toArray());
    const qint64 before = reply.result.value(QLatin1String("before_offset")).toInteger(-1);
    const QString file = reply.result.value(QLatin1String("file")).toString();
    // A page that leads nowhere further would be asked for again and again.
    const bool moves = before != m_beforeOffset || file != m_pageFile;
    m_more = m_error.isEmpty() && reply.result.value(QLatin1String("more")).toBool() && before >= 0 && moves;
    m_beforeOffset = before;
    m_pageFile = file;
    const bool first = m_firstPage;
    m_firstPage = false;
    QScrollBar* bar = m_view->verticalScrollBar();
    const int fromBottom = bar->maximum() - bar->value();
    m_moving = true;
    m_model.prepend(items);
    m_view->doItemsLayout();
    bar->setValue(bar->maximum() - fromBottom);
    m_moving = false;
    if (first || m_followEnd)
        scrollToEnd();
    updateNote();
    askMoreWhenNear();
}

void Conversation::onScrolled(int value)
{
    if (m_moving)
        return;
    const QScrollBar* bar = m_view->verticalScrollBar();
    m_followEnd = value >= bar->maximum() - grid(font(), 4);
    if (m_followEnd)
        m_toEnd->hide();
    askMoreWhenNear();
}

void Conversation::toggle(const QModelIndex& index)
{
    if (!index.isValid())
        return;
    QStyleOptionViewItem option;
    option.initFrom(m_view);
    option.rect = m_view->visualRect(index);
    option.font = m_view->font();
    const bool expanded = index.data(ConversationModel::ExpandedRole).toBool();
    if (expanded && index.data(ConversationModel::TruncatedRole).toBool())
        return openWhole(index);
    if (!m_delegate->canFold(option, index))
        return;
    // What is unfolded stays under the pointer, whatever the height does.
    m_followEnd = false;
    m_moving = true;
    m_model.setExpanded(index.row(), !expanded);
    m_view->doItemsLayout();
    m_moving = false;
    onScrolled(m_view->verticalScrollBar()->value());
}

void Conversation::openWhole(const QModelIndex& index)
{
    const ConversationItem& item = m_model.at(index.row());
    const QString title = index.data(Qt::AccessibleTextRole).toString().section(QLatin1Char(':'), 0, 0);
    ReadingPane::openWindow(
        m_host, {title, item.log.text, item.log.truncated, item.log.file, item.log.offset, item.log.block},
        window());
}

void Conversation::copy() const
{
    QModelIndexList rows = m_view->selectionModel()->selectedRows();
    std::sort(rows.begin(), rows.end(),
              [](const QModelIndex& a, const QModelIndex& b) { return a.row() < b.row(); });
    QStringList texts;
    texts.reserve(rows.size());
    for (const QModelIndex& row : std::as_const(rows))
        texts << m_model.at(row.row()).log.text;
    if (!texts.isEmpty())
        QApplication::clipboard()->setText(texts.join(QStringLiteral("\n\n")));
}

void Conversation::showMenu(const QPoint& position)
{
    const QPersistentModelIndex index = m_view->indexAt(position);
    if (!index.isValid())
        return;
    auto* menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->addAction(QStringLiteral("Copy"), this, [this] { copy(); });
    menu->addAction(QStringLiteral("Open the whole text"), this, [this, index] {
        if (index.isValid())
            openWhole(index);
    });
    menu->popup(m_view->viewport()->mapToGlobal(position));
}

void Conversation::scrollToEnd()
{
    m_moving = true;
    m_view->scrollToBottom();
    m_moving = false;
    m_toEnd->hide();
}

void Conversation::relayout()
{
    m_view->doItemsLayout();
    if (m_followEnd)
        scrollToEnd();
}

void Conversation::updateNote()
{
    QString note;
    if (!m_error.isEmpty())
        note = QStringLiteral("The conversation cannot be read: ") + oneLine(m_error);
    else if (m_asked != 0 && m_model.rowCount() == 0)
        note = QStringLiteral("Reading the log…");
    else if (m_model.rowCount() == 0 && !m_agent.isNull())
        note = QStringLiteral("Its log holds no conversation yet.");
    m_note->setText(note);
    m_note->setVisible(!note.isEmpty());
}

void Conversation::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        updateLook();
    if (event->type() == QEvent::FontChange) {
        m_delegate->forget();
        relayout();
    }
}

bool Conversation::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == m_view->viewport() && event->type() == QEvent::Resize) {
        const auto* resize = static_cast<QResizeEvent*>(event);
        if (resize->size().width() != resize->oldSize().width())
            QMetaObject::invokeMethod(this, &Conversation::relayout, Qt::QueuedConnection);
    }
    if (watched == m_view && event->type() == QEvent::KeyPress) {
        const auto* key = static_cast<QKeyEvent*>(event);
        const bool opens =
            key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter || key->key() == Qt::Key_Space;
        if (key->matches(QKeySequence::Copy)) {
            copy();
            return true;
        }
        if (opens && m_view->currentIndex().isValid()) {
            toggle(m_view->currentIndex());
            return true;
        }
    }
    return QWidget::eventFilter(watched, event);
}

void Conversation::updateLook()
{
    tint(m_note, Theme::of(palette()).dimText);
}

} // namespace plimsoll
