// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/linkstrip.h"

#include "models/format.h"
#include "ui/theme.h"
#include "ui/widgets.h"

#include <QCoreApplication>
#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QPushButton>

namespace plimsoll {

namespace {

QString tr(const char* text)
{
    return QCoreApplication::translate("plimsoll::LinkStrip", text);
}

QColor colorOf(const Theme& theme, LinkState::Phase phase)
{
    switch (phase) {
    case LinkState::Phase::Near:
    case LinkState::Phase::Connected: return theme.working;
    case LinkState::Phase::Connecting:
    case LinkState::Phase::Lost: return theme.warning;
    case LinkState::Phase::Failed: return theme.critical;
    }
    return theme.quiet;
}

} // namespace

QString linkTitle(const LinkState& link)
{
    QString text;
    switch (link.phase) {
    case LinkState::Phase::Near: return {};
    case LinkState::Phase::Connecting:
        text = link.attempt > 1 ? tr("Connecting to %1, attempt %2").arg(link.place).arg(link.attempt)
                                : tr("Connecting to %1").arg(link.place);
        break;
    case LinkState::Phase::Connected: text = tr("Connected to %1").arg(link.place); break;
    case LinkState::Phase::Lost:
        text = link.isStale() ? tr("The link to %1 is lost").arg(link.place)
                              : tr("No link to %1 yet").arg(link.place);
        break;
    case LinkState::Phase::Failed: text = tr("Not connected to %1").arg(link.place); break;
    }
    if (link.isStale())
        text += tr(" · what you see is stale, from %1").arg(clock(link.staleSinceMs));
    return plain(text);
}

LinkStrip::LinkStrip(QWidget* parent)
    : QWidget(parent)
    , m_title(plainLabel({}, this))
    , m_text(new ElidedLabel(this))
    , m_retry(new QPushButton(tr("Retry"), this))
{
    m_retry->setAccessibleName(tr("Connect again now"));
    m_retry->setAutoDefault(false);
    connect(m_retry, &QPushButton::clicked, this, &LinkStrip::retryWanted);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(grid(font(), 9), grid(font(), 0.5), grid(font(), 4), grid(font(), 0.5));
    layout->setSpacing(grid(font(), 3));
    layout->addWidget(m_title);
    layout->addWidget(m_text, 1);
    layout->addWidget(m_retry);
    setLink({});
    updateLook();
}

void LinkStrip::setLink(const LinkState& link)
{
    m_link = link;
    m_title->setText(linkTitle(link));
    m_text->setWholeText(link.text);
    m_retry->setVisible(link.phase == LinkState::Phase::Lost || link.phase == LinkState::Phase::Failed);
    setVisible(link.phase != LinkState::Phase::Near);
    setAccessibleName(link.text.isEmpty() ? m_title->text()
                                          : m_title->text() + QStringLiteral(". ") + plain(link.text));
    updateLook();
    update();
}

void LinkStrip::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange)
        updateLook();
}

void LinkStrip::paintEvent(QPaintEvent* /*event*/)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const Theme& theme = Theme::of(palette());
    painter.fillRect(rect(), theme.raised);
    painter.fillRect(QRect(0, height() - 1, width(), 1), theme.border);
    const qreal size = grid(font(), 2.2);
    const qreal left =
        layoutDirection() == Qt::LeftToRight ? grid(font(), 4) : width() - grid(font(), 4) - size;
    const QRectF dot(left, (height() - size) / 2.0, size, size);
    // Filled or not, so that it is not the colour alone that tells.
    const bool isUp = m_link.phase == LinkState::Phase::Connected;
    painter.setPen(QPen(colorOf(theme, m_link.phase), size / 5));
    painter.setBrush(isUp ? QBrush(colorOf(theme, m_link.phase)) : QBrush(Qt::NoBrush));
    painter.drawEllipse(dot.adjusted(1, 1, -1, -1));
}

void LinkStrip::updateLook()
{
    const Theme& theme = Theme::of(palette());
    const QFont small = resized(font(), -0.8);
    m_title->setFont(numberFont(small));
    m_text->setFont(small);
    m_retry->setFont(small);
    const bool isUp = m_link.phase == LinkState::Phase::Connected;
    const bool isFailed = m_link.phase == LinkState::Phase::Failed;
    tint(m_title, isUp ? theme.dimText : isFailed ? theme.dangerText : theme.attentionText);
    tint(m_text, theme.text);
    setFixedHeight(grid(font(), 8.5));
}

} // namespace plimsoll
