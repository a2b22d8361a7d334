// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/veil.h"

#include "ui/theme.h"

#include <QEvent>
#include <QPainter>

namespace plimsoll {

namespace {

constexpr double density = 0.45; ///< pale at a glance, legible still

} // namespace

Veil::Veil(QWidget* parent)
    : QWidget(parent)
{
    setAttribute(Qt::WA_TransparentForMouseEvents);
    setFocusPolicy(Qt::NoFocus);
    hide();
    parent->installEventFilter(this);
}

bool Veil::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == parentWidget() && event->type() == QEvent::Resize)
        setGeometry(parentWidget()->rect());
    return QWidget::eventFilter(watched, event);
}

void Veil::showEvent(QShowEvent* event)
{
    setGeometry(parentWidget()->rect());
    raise();
    QWidget::showEvent(event);
}

void Veil::paintEvent(QPaintEvent* /*event*/)
{
    QColor color = Theme::of(palette()).panel;
    color.setAlphaF(float(density));
    QPainter(this).fillRect(rect(), color);
}

} // namespace plimsoll
