// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/palettedialog.h"

#include "models/format.h"
#include "ui/theme.h"
#include "ui/widgets.h"

#include <QAction>
#include <QEvent>
#include <QKeyEvent>
#include <QLineEdit>
#include <QListView>
#include <QMenu>
#include <QPainter>
#include <QStandardItemModel>
#include <QStyledItemDelegate>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace plimsoll {

namespace {

constexpr int shownRows = 12;
constexpr qsizetype maxShown = 200;
constexpr int entryRole = Qt::UserRole + 1; ///< index among the entries
constexpr int detailRole = Qt::UserRole + 2;
constexpr int refusedRole = Qt::UserRole + 3; ///< bool

/// Text left, detail right and dim.
class RowDelegate : public QStyledItemDelegate
{
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override
    {
        const Theme& theme = Theme::of(option.palette);
        const int side = grid(option.font, 2);
        const QRect room = option.rect.adjusted(side, 0, -side, 0);
        painter->save();
        if (option.state.testFlag(QStyle::State_Selected))
            painter->fillRect(option.rect, theme.selection);
        const QFontMetrics metrics(option.font);
        const QString detail =
            metrics.elidedText(index.data(detailRole).toString(), Qt::ElideRight, room.width() / 2);
        painter->setPen(theme.dimText);
        painter->drawText(room, Qt::AlignRight | Qt::AlignVCenter | Qt::TextSingleLine, detail);
        painter->setPen(index.data(refusedRole).toBool() ? theme.dimText : theme.text);
        const int left = room.width() - metrics.horizontalAdvance(detail) - side;
        painter->drawText(room, Qt::AlignLeft | Qt::AlignVCenter | Qt::TextSingleLine,
                          metrics.elidedText(index.data(Qt::DisplayRole).toString(), Qt::ElideRight, left));
        painter->restore();
    }

    [[nodiscard]] QSize sizeHint(const QStyleOptionViewItem& option,
                                 const QModelIndex& /*index*/) const override
    {
        return {0, QFontMetrics(option.font).height() + grid(option.font, 2)};
    }
};

} // namespace

QList<PaletteEntry> agentEntries(const QList<Agent>& agents)
{
    QList<PaletteEntry> entries;
    for (const Agent& agent : agents) {
        if (!agent.info.name.isEmpty())
            entries.append({agent.info.name,
                            stateLabel(agent.state) + QStringLiteral(" · ") + fill(agent.usage),
                            {},
                            agent.id});
    }
    return entries;
}

QList<QAction*> menuActions(const QMenu& menu)
{
    QList<QAction*> found;
    for (QAction* action : menu.actions()) {
        if (action->menu() != nullptr && action->isVisible())
            found += menuActions(*action->menu());
        else if (!action->isSeparator() && action->isVisible())
            found.append(action);
    }
    return found;
}

QList<PaletteEntry> actionEntries(const QList<QAction*>& actions)
{
    QList<PaletteEntry> entries;
    for (QAction* action : actions) {
        PaletteEntry entry;
        entry.text = QString(action->text()).replace(QStringLiteral("&&"), QStringLiteral("&"));
        // "Theme: Dark": alone the word would say nothing.
        const auto* menu = qobject_cast<const QMenu*>(action->associatedObjects().value(0));
        if (menu != nullptr && !menu->title().isEmpty())
            entry.text.prepend(menu->title() + QStringLiteral(": "));
        entry.detail = action->shortcut().toString(QKeySequence::NativeText);
        if (!action->isEnabled())
            entry.refusal = action->toolTip().isEmpty() ? QStringLiteral("not now") : action->toolTip();
        entry.run = [action] { action->trigger(); };
        entries.append(entry);
    }
    return entries;
}

int paletteMatch(const QString& text, const QString& pattern)
{
    int score = 1;
    const QStringList words = pattern.simplified().split(QLatin1Char(' '), Qt::SkipEmptyParts);
    for (const QString& word : words) {
        int best = 0;
        for (qsizetype at = text.indexOf(word, 0, Qt::CaseInsensitive); at >= 0 && best < 3;
             at = text.indexOf(word, at + 1, Qt::CaseInsensitive)) {
            const bool begins = at == 0 || !text.at(at - 1).isLetterOrNumber();
            best = std::max(best, at == 0 ? 3 : begins ? 2 : 1);
        }
        if (best == 0)
            return 0;
        score += best;
    }
    return score;
}

PaletteDialog::PaletteDialog(QList<PaletteEntry> entries, QWidget* parent)
    : QDialog(parent, Qt::Popup)
    , m_entries(std::move(entries))
    , m_field(new QLineEdit(this))
    , m_list(new QListView(this))
    , m_rows(new QStandardItemModel(this))
{
    setWindowTitle(tr("Agents and commands"));
    m_field->setPlaceholderText(tr("An agent or a command"));
    m_field->setAccessibleName(windowTitle());
    m_field->installEventFilter(this);
    m_list->setModel(m_rows);
    m_list->setItemDelegate(new RowDelegate(m_list));
    m_list->setFrameShape(QFrame::NoFrame);
    m_list->setFocusPolicy(Qt::NoFocus); // the field keeps the keyboard
    m_list->setUniformItemSizes(true);
    m_list->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_list->setAccessibleName(windowTitle());
    auto* layout = new QVBoxLayout(this);
    const int side = grid(font(), 2);
    layout->setContentsMargins(side, side, side, side);
    layout->setSpacing(grid(font(), 1));
    layout->addWidget(m_field);
    layout->addWidget(m_list);
    const int row = fontMetrics().height() + grid(font(), 2);
    m_list->setFixedHeight(shownRows * row);
    setFixedWidth(grid(font(), 150));
    connect(m_field, &QLineEdit::textChanged, this, &PaletteDialog::filter);
    connect(m_list, &QListView::clicked, this, &PaletteDialog::run);
    filter();
    m_field->setFocus();
}

void PaletteDialog::filter()
{
    struct Found
    {
        int entry;
        int score;
    };
    QList<Found> found;
    for (int i = 0; i < int(m_entries.size()); ++i) {
        if (const int score = paletteMatch(m_entries.at(i).text, m_field->text()); score > 0)
            found.append({i, score});
    }
    std::stable_sort(found.begin(), found.end(),
                     [](const Found& a, const Found& b) { return a.score > b.score; });
    m_rows->clear();
    for (const Found& one : found.mid(0, maxShown)) {
        const PaletteEntry& entry = m_entries.at(one.entry);
        auto* item = new QStandardItem(oneLine(entry.text, 200));
        item->setData(one.entry, entryRole);
        item->setData(oneLine(entry.refusal.isEmpty() ? entry.detail : entry.refusal, 200), detailRole);
        item->setData(!entry.refusal.isEmpty(), refusedRole);
        item->setData(item->text() + QStringLiteral(", ") + item->data(detailRole).toString(),
                      Qt::AccessibleTextRole);
        m_rows->appendRow(item);
    }
    m_list->setCurrentIndex(m_rows->index(0, 0));
}

void PaletteDialog::step(int rows)
{
    const int count = m_rows->rowCount();
    if (count == 0)
        return;
    const int next = std::clamp(m_list->currentIndex().row() + rows, 0, count - 1);
    m_list->setCurrentIndex(m_rows->index(next, 0));
}

void PaletteDialog::run()
{
    const QModelIndex index = m_list->currentIndex();
    if (!index.isValid() || index.data(refusedRole).toBool())
        return;
    const std::function<void()> what = m_entries.at(index.data(entryRole).toInt()).run;
    accept();
    if (what)
        what();
}

bool PaletteDialog::eventFilter(QObject* watched, QEvent* event)
{
    if (watched != m_field || event->type() != QEvent::KeyPress)
        return QDialog::eventFilter(watched, event);
    switch (static_cast<QKeyEvent*>(event)->key()) {
    case Qt::Key_Up: step(-1); return true;
    case Qt::Key_Down: step(1); return true;
    case Qt::Key_PageUp: step(-shownRows); return true;
    case Qt::Key_PageDown: step(shownRows); return true;
    case Qt::Key_Return:
    case Qt::Key_Enter: run(); return true;
    default: return QDialog::eventFilter(watched, event);
    }
}

void PaletteDialog::paintEvent(QPaintEvent* event)
{
    QDialog::paintEvent(event);
    QPainter painter(this);
    painter.setPen(Theme::of(palette()).border);
    painter.drawRect(rect().adjusted(0, 0, -1, -1)); // no window manager frames a popup
}

void PaletteDialog::changeEvent(QEvent* event)
{
    QDialog::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        m_list->viewport()->update();
}

} // namespace plimsoll
