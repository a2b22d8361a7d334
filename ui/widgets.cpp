// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets.h"

#include "models/format.h"
#include "ui/theme.h"

#include <QPainter>
#include <QStyle>

#include <algorithm>

namespace plimsoll {

QString plainToolTip(const QString& text)
{
    return text.isEmpty() ? QString() : Qt::convertFromPlainText(plain(text), Qt::WhiteSpaceNormal);
}

QLabel* plainLabel(const QString& text, QWidget* parent)
{
    auto* label = new QLabel(parent);
    label->setTextFormat(Qt::PlainText);
    label->setText(text);
    return label;
}

void tint(QWidget* widget, const QColor& color)
{
    // Which of the two is painted depends on the background of a parent, which may come later.
    QPalette palette = widget->palette();
    if (palette.color(QPalette::WindowText) == color && palette.color(QPalette::Text) == color)
        return;
    palette.setColor(QPalette::WindowText, color);
    palette.setColor(QPalette::Text, color);
    widget->setPalette(palette);
}

void clearLayout(QLayout& layout)
{
    while (QLayoutItem* item = layout.takeAt(0)) {
        if (QWidget* widget = item->widget()) {
            widget->hide();
            widget->deleteLater();
        }
        delete item;
    }
}

ElidedLabel::ElidedLabel(QWidget* parent)
    : QLabel(parent)
{
    setTextFormat(Qt::PlainText);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void ElidedLabel::setWholeText(const QString& text)
{
    const QString shown = oneLine(text, 2000);
    if (shown == this->text())
        return;
    setText(shown);
    updateToolTip();
}

void ElidedLabel::setElideMode(Qt::TextElideMode mode)
{
    m_mode = mode;
    update();
}

void ElidedLabel::setTip(const QString& tip)
{
    if (m_tip == tip)
        return;
    m_tip = tip;
    updateToolTip();
}

QSize ElidedLabel::minimumSizeHint() const
{
    return {fontMetrics().averageCharWidth() * 4, fontMetrics().height()};
}

QSize ElidedLabel::sizeHint() const
{
    return {fontMetrics().horizontalAdvance(text()) + 2, fontMetrics().height()};
}

void ElidedLabel::paintEvent(QPaintEvent* /*event*/)
{
    QPainter painter(this);
    const QString shown = fontMetrics().elidedText(text(), m_mode, contentsRect().width());
    style()->drawItemText(&painter, contentsRect(), int(alignment()) | Qt::TextSingleLine, palette(),
                          isEnabled(), shown, foregroundRole());
}

void ElidedLabel::updateToolTip()
{
    setToolTip(plainToolTip(m_tip.isEmpty() ? text() : m_tip + QLatin1Char('\n') + text()));
}

QSize FlatChoice::sizeHint() const
{
    const int words = std::min(fontMetrics().horizontalAdvance(currentText()), grid(font(), 34));
    return {words + fontMetrics().horizontalAdvance(QStringLiteral(" ▾")) + grid(font(), 4),
            fontMetrics().height() + grid(font(), 2)};
}

QSize FlatChoice::minimumSizeHint() const
{
    return {std::min(sizeHint().width(), grid(font(), 25)), sizeHint().height()};
}

void FlatChoice::paintEvent(QPaintEvent* /*event*/)
{
    const Theme& theme = Theme::of(palette());
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    if (hasFocus() || underMouse()) {
        painter.setPen(hasFocus() ? QPen(theme.accent, 1) : QPen(Qt::NoPen));
        painter.setBrush(theme.raised);
        painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6);
    }
    const QString arrow = QStringLiteral(" ▾");
    const QRect inside = rect().adjusted(grid(font(), 2), 0, -grid(font(), 2), 0);
    const int room = inside.width() - fontMetrics().horizontalAdvance(arrow);
    painter.setPen(currentIndex() > 0 ? theme.text : theme.dimText);
    painter.drawText(inside, int(Qt::AlignRight | Qt::AlignVCenter) | int(Qt::TextSingleLine),
                     fontMetrics().elidedText(currentText(), Qt::ElideRight, room) + arrow);
}

} // namespace plimsoll
