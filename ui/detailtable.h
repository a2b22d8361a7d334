// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/agentdetails.h"

#include <QWidget>

class QGridLayout;
class QLabel;

namespace plimsoll {

class ElidedLabel;

/// A heading and rows of label, value and basis. Changes only what differs, so that it may be set once a
/// frame. Hidden while it has no rows. GUI thread.
class DetailTable : public QWidget
{
    Q_OBJECT

public:
    explicit DetailTable(const QString& heading, QWidget* parent = nullptr);

    void setRows(const QList<DetailRow>& rows);
    void setElideMode(Qt::TextElideMode mode) { m_elide = mode; }

protected:
    void changeEvent(QEvent* event) override;

private:
    struct Line
    {
        QLabel* label = nullptr;
        ElidedLabel* value = nullptr;
        QLabel* basis = nullptr;
    };

    void addLine();
    void updateLook();

    QGridLayout* m_grid = nullptr;
    QLabel* m_heading = nullptr;
    QList<Line> m_lines;
    QList<DetailRow> m_rows;
    Qt::TextElideMode m_elide = Qt::ElideRight;
};

} // namespace plimsoll
