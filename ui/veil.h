// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

namespace plimsoll {

/// Lies over its parent and makes what is below it pale, without being in the way of the pointer. Not a
/// QGraphicsEffect: those paint scrolling views at wrong places. GUI thread.
class Veil : public QWidget
{
    Q_OBJECT

public:
    explicit Veil(QWidget* parent); ///< hidden at first

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;
    void showEvent(QShowEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
};

} // namespace plimsoll
