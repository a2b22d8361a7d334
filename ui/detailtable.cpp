// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/detailtable.h"

#include "models/format.h"
#include "ui/theme.h"
#include "ui/widgets.h"

#include <QEvent>
#include <QGridLayout>

namespace plimsoll {

DetailTable::DetailTable(const QString& heading, QWidget* parent)
    : QWidget(parent)
    , m_grid(new QGridLayout(this))
    , m_heading(plainLabel(heading, this))
{
    QFont bold = m_heading->font();
    bold.setWeight(QFont::DemiBold);
    m_heading->setFont(bold);
    m_grid->setContentsMargins({});
    m_grid->setHorizontalSpacing(grid(font(), 2));
    m_grid->setVerticalSpacing(grid(font(), 0.5));
    m_grid->setColumnStretch(1, 1);
    m_grid->addWidget(m_heading, 0, 0, 1, 3);
    updateLook();
    hide();
}

void DetailTable::setRows(const QList<DetailRow>& rows)
{
    if (rows == m_rows)
        return;
    while (m_lines.size() < rows.size())
        addLine();
    for (qsizetype i = 0; i < m_lines.size(); ++i) {
        const Line& line = m_lines.at(i);
        const bool used = i < rows.size();
        line.label->setVisible(used);
        line.value->setVisible(used);
        line.basis->setVisible(used);
        if (!used || (i < m_rows.size() && m_rows.at(i) == rows.at(i)))
            continue;
        const DetailRow& row = rows.at(i);
        line.label->setText(oneLine(row.label, 60));
        line.label->setToolTip(plainToolTip(row.tip));
        line.value->setWholeText(row.value);
        line.value->setTip(row.tip);
        line.value->setAccessibleName(row.label + QStringLiteral(": ") + row.value);
        line.basis->setText(oneLine(row.basis, 20));
        line.basis->setToolTip(plainToolTip(row.tip));
    }
    m_rows = rows;
    setVisible(!rows.isEmpty());
}

void DetailTable::addLine()
{
    const int row = int(m_lines.size()) + 1;
    Line line{plainLabel({}, this), new ElidedLabel(this), plainLabel({}, this)};
    line.value->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    line.value->setElideMode(m_elide);
    m_grid->addWidget(line.label, row, 0);
    m_grid->addWidget(line.value, row, 1);
    m_grid->addWidget(line.basis, row, 2);
    m_lines.append(line);
    updateLook();
}

void DetailTable::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        updateLook();
}

void DetailTable::updateLook()
{
    const Theme& theme = Theme::of(palette());
    const QFont numbers = numberFont(font());
    const QFont small = resized(font(), -1);
    for (const Line& line : std::as_const(m_lines)) {
        line.value->setFont(numbers);
        line.basis->setFont(small);
        tint(line.label, theme.dimText);
        tint(line.basis, theme.dimText);
    }
}

} // namespace plimsoll
