// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/header.h"

#include "models/format.h"
#include "ui/theme.h"

#include <QAction>
#include <QCoreApplication>
#include <QDateTime>
#include <QFontMetrics>
#include <QGraphicsOpacityEffect>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLineEdit>
#include <QLocale>
#include <QMenu>
#include <QPainter>
#include <QToolButton>

#include <cmath>

namespace plimsoll {

namespace {

constexpr qint64 dayMs = 24LL * 60 * 60 * 1000;

QString tr(const char* text)
{
    return QCoreApplication::translate("plimsoll::Header", text);
}

/// The mark and the name of the program.
class Title : public QWidget
{
public:
    explicit Title(QWidget* parent)
        : QWidget(parent)
    {
        setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Preferred);
        setAccessibleName(QStringLiteral("Plimsoll"));
    }

    [[nodiscard]] QSize sizeHint() const override
    {
        return {mark() + gap() + QFontMetrics(face()).horizontalAdvance(name()) + 1, mark()};
    }
    [[nodiscard]] QSize minimumSizeHint() const override { return sizeHint(); }

protected:
    void paintEvent(QPaintEvent* /*event*/) override
    {
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        const Theme& theme = Theme::of(palette());
        const QRectF box(0, (height() - mark()) / 2.0, mark(), mark());
        const QRectF place = layoutDirection() == Qt::LeftToRight ? box : box.translated(width() - mark(), 0);
        const qreal thick = mark() / 9.0;
        painter.setPen(QPen(theme.accent, thick));
        const qreal inner = mark() * 0.13;
        painter.drawEllipse(place.adjusted(inner, inner, -inner, -inner));
        painter.setPen(QPen(theme.text, thick));
        painter.drawLine(QPointF(place.left(), place.center().y()),
                         QPointF(place.right(), place.center().y()));
        painter.setFont(face());
        const QRect text = layoutDirection() == Qt::LeftToRight ? rect().adjusted(mark() + gap(), 0, 0, 0)
                                                                : rect().adjusted(0, 0, -mark() - gap(), 0);
        painter.drawText(text, Qt::AlignVCenter, name());
    }

private:
    [[nodiscard]] static QString name() { return QStringLiteral("Plimsoll"); }
    [[nodiscard]] int mark() const { return grid(font(), 6.5); }
    [[nodiscard]] int gap() const { return grid(font(), 4); }
    [[nodiscard]] QFont face() const
    {
        QFont result = resized(font(), 1.2);
        result.setWeight(QFont::Bold);
        return result;
    }
};

void addSeparator(QList<Run>& runs)
{
    if (!runs.isEmpty())
        runs.append({QStringLiteral(" · "), &Theme::dimText});
}

} // namespace

QList<Run> countRuns(const FleetCounts& counts)
{
    QList<Run> runs;
    if (counts.total == 0)
        return runs;
    if (counts.agents == 0) {
        runs.append({tr("no agent is running")});
    } else {
        runs.append({QString::number(counts.agents), &Theme::text, true});
        runs.append({counts.agents == 1 ? tr(" agent") : tr(" agents")});
    }
    if (counts.working > 0) {
        addSeparator(runs);
        runs.append({QString::number(counts.working), &Theme::goodText, true});
        runs.append({tr(" working")});
    }
    if (counts.needsYou > 0) {
        addSeparator(runs);
        runs.append({QString::number(counts.needsYou), &Theme::attentionText, true});
        runs.append({counts.needsYou == 1 ? tr(" needs you") : tr(" need you")});
    }
    if (const int finished = counts.total - counts.agents; finished > 0) {
        addSeparator(runs);
        runs.append({tr("%1 finished").arg(finished), &Theme::dimText});
    }
    return runs;
}

QList<Run> spendRuns(const std::optional<Spend>& spend)
{
    if (!spend)
        return {};
    return {{tr("Today "), &Theme::dimText},
            {cost(Count(spend->todayPico)), &Theme::text, true},
            {tr(" · %1/h").arg(cost(Count(spend->hourPico))), &Theme::dimText}};
}

QList<Run> limitRuns(const QList<LimitsChanged>& limits, qint64 nowMs)
{
    QList<Run> runs;
    for (const LimitsChanged& account : limits) {
        bool first = true;
        for (const LimitWindow& window : account.windows) {
            if (window.resetsAtMs > 0 && window.resetsAtMs <= nowMs)
                continue;
            addSeparator(runs);
            const QString name = oneLine(window.name, 20);
            runs.append(
                {(first ? kindLabel(account.kind) + QLatin1Char(' ') + name : name) + QLatin1Char(' '),
                 &Theme::dimText});
            runs.append({QStringLiteral("%1%").arg(std::lround(window.usedPercent)), &Theme::text, true});
            if (window.resetsAtMs > 0 && window.resetsAtMs - nowMs < dayMs)
                runs.append({tr(", resets %1").arg(clock(window.resetsAtMs).left(5)), &Theme::dimText});
            first = false;
        }
    }
    return runs;
}

Header::Header(QWidget* parent)
    : QWidget(parent)
    , m_counts(new RunLabel(this))
    , m_spend(new RunLabel(this))
    , m_limits(new RunLabel(this))
    , m_title(new Title(this))
    , m_search(new QLineEdit(this))
    , m_menu(new QToolButton(this))
{
    m_search->setPlaceholderText(tr("Search agents…  Ctrl+F"));
    m_search->setAccessibleName(tr("Search agents"));
    m_search->setClearButtonEnabled(true);
    m_search->setMaxLength(200);
    m_search->installEventFilter(this);
    m_searchIcon = m_search->addAction(QIcon(), QLineEdit::LeadingPosition);
    connect(m_search, &QLineEdit::textChanged, this, &Header::filterChanged);
    m_menu->setAccessibleName(tr("Menu"));
    m_menu->setToolTip(tr("Menu"));
    m_menu->setPopupMode(QToolButton::InstantPopup);
    m_menu->setFocusPolicy(Qt::StrongFocus);

    auto* layout = new QHBoxLayout(this);
    layout->setSpacing(grid(font(), 4.5));
    layout->setContentsMargins(grid(font(), 4), grid(font(), 2), grid(font(), 3), grid(font(), 2) + 1);
    layout->addWidget(m_title);
    layout->addWidget(m_counts);
    layout->addWidget(m_spend);
    layout->addWidget(m_limits);
    layout->addStretch(1);
    layout->addWidget(m_search);
    layout->addWidget(m_menu);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    updateLook();
}

void Header::setCounts(const FleetCounts& counts)
{
    m_counts->setRuns(countRuns(counts));
    fit();
}

void Header::setSpend(const std::optional<Spend>& spend)
{
    m_spend->setRuns(spendRuns(spend));
    m_spend->setToolTip(tr("Today since midnight; per hour: the last 60 minutes. Known prices only."));
    fit();
}

void Header::setLimits(const QList<LimitsChanged>& limits, qint64 nowMs)
{
    m_limits->setRuns(limitRuns(limits, nowMs));
    m_limits->setToolTip(tr("Used of the account's limits, as the agents reported them last"));
    fit();
}

void Header::setStale(bool isStale)
{
    for (RunLabel* label : {m_counts, m_spend, m_limits}) {
        label->setAccessibleDescription(isStale ? tr("stale") : QString());
        if (!isStale) {
            label->setGraphicsEffect(nullptr);
        } else if (label->graphicsEffect() == nullptr) {
            auto* pale = new QGraphicsOpacityEffect;
            pale->setOpacity(0.6);
            label->setGraphicsEffect(pale); // belongs to the label now
        }
    }
}

void Header::setMenu(QMenu* menu)
{
    m_menu->setMenu(menu);
}

void Header::focusSearch()
{
    m_search->setFocus(Qt::ShortcutFocusReason);
    m_search->selectAll();
}

QSize Header::minimumSizeHint() const
{
    // The money and the limits may go, the rest must fit.
    return {grid(font(), 150), grid(font(), 12)};
}

bool Header::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == m_search && event->type() == QEvent::KeyPress) {
        switch (static_cast<QKeyEvent*>(event)->key()) {
        case Qt::Key_Escape:
            m_search->clear();
            emit searchLeft();
            return true;
        case Qt::Key_Down:
        case Qt::Key_Return:
        case Qt::Key_Enter: emit searchLeft(); return true;
        default: break;
        }
    }
    return QWidget::eventFilter(watched, event);
}

void Header::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange)
        updateLook();
}

void Header::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    fit();
}

void Header::paintEvent(QPaintEvent* /*event*/)
{
    QPainter painter(this);
    const Theme& theme = Theme::of(palette());
    painter.fillRect(rect(), theme.panel);
    painter.fillRect(QRect(0, height() - 1, width(), 1), theme.border);
}

void Header::updateLook()
{
    const Theme& theme = Theme::of(palette());
    m_searchIcon->setIcon(glyph(Glyph::Search, theme.dimText));
    m_menu->setIcon(glyph(Glyph::Menu, theme.text));
    const int icon = grid(font(), 4.5);
    m_menu->setIconSize(QSize(icon, icon));
    m_search->setFixedWidth(grid(font(), 60));
    setFixedHeight(grid(font(), 12));
    fit();
}

void Header::fit()
{
    const QMargins margins = layout()->contentsMargins();
    const int gap = layout()->spacing();
    int room = width() - margins.left() - margins.right() - m_title->sizeHint().width() - m_search->width() -
               m_menu->sizeHint().width() - m_counts->sizeHint().width() - 4 * gap;
    for (RunLabel* label : {m_spend, m_limits}) {
        room -= label->sizeHint().width() + gap;
        label->setVisible(room >= 0 && !label->text().isEmpty());
    }
}

} // namespace plimsoll
