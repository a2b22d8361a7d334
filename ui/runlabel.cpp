// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/runlabel.h"

#include <QFontMetrics>
#include <QPainter>
#include <QStyle>

namespace plimsoll {

RunLabel::RunLabel(QWidget* parent)
    : QWidget(parent)
{
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Preferred);
}

void RunLabel::setRuns(const QList<Run>& runs)
{
    if (runs == m_runs)
        return;
    m_runs = runs;
    setAccessibleName(text());
    updateGeometry();
    update();
}

QString RunLabel::text() const
{
    QString result;
    for (const Run& run : m_runs)
        result += run.text;
    return result;
}

QSize RunLabel::sizeHint() const
{
    int width = 0;
    for (const Run& run : m_runs)
        width += QFontMetrics(fontOf(run)).horizontalAdvance(run.text);
    return {width + 1, QFontMetrics(font()).height()};
}

void RunLabel::paintEvent(QPaintEvent* /*event*/)
{
    QPainter painter(this);
    const Theme& theme = Theme::of(palette());
    int x = 0;
    for (const Run& run : m_runs) {
        const QFont face = fontOf(run);
        const int advance = QFontMetrics(face).horizontalAdvance(run.text);
        painter.setFont(face);
        painter.setPen(theme.*run.color);
        painter.drawText(QStyle::visualRect(layoutDirection(), rect(), QRect(x, 0, advance + 1, height())),
                         Qt::AlignVCenter, run.text);
        x += advance;
    }
}

QFont RunLabel::fontOf(const Run& run) const
{
    QFont face = numberFont(font());
    if (run.bold)
        face.setWeight(QFont::DemiBold);
    return face;
}

} // namespace plimsoll
