// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/plotlines.h"

#include <QWidget>

#include <memory>
#include <optional>

namespace plimsoll {

/// Everything that one drawing shows.
struct PlotPicture
{
    QList<FillLine> lines;
    AgentId selected;
    TimeSpan span;
    qint64 nowMs = 0;
    std::optional<double> triggerPercent; ///< the selected agent's compaction trigger
    QString note;                         ///< where there is no line: why, stands alone in the middle
};

/// Draws a PlotPicture with QCustomPlot and tells what the mouse does with it. Knows no model and no host.
/// The only place that sees qcustomplot.h, which is heavy. GUI thread.
class PlotCanvas : public QWidget
{
    Q_OBJECT

public:
    explicit PlotCanvas(QWidget* parent = nullptr);
    ~PlotCanvas() override;

    void draw(const PlotPicture& picture);
    void setPixelRatio(double ratio); ///< for a picture finer than the screen; draws at once

signals:
    void spanChosen(plimsoll::TimeSpan span); ///< by wheel or drag
    void doubleClicked();
    void linePicked(const plimsoll::AgentId& id);

protected:
    void changeEvent(QEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    class Parts;

    void readColors();
    void hover(QPoint mouse);
    void hideHover();
    void click(QPoint mouse);

    std::unique_ptr<Parts> m_parts;
};

} // namespace plimsoll
