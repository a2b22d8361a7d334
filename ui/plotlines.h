// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/agent.h"
#include "models/settings.h"

#include <QList>
#include <QPointF>
#include <QString>

#include <functional>
#include <optional>

namespace plimsoll {

// What the plot of context fill computes before anything is drawn. Pure; knows no widget. Times in ms UTC,
// fill in percent of an agent's own window, pixels where said.

/// Length of a range in ms; nothing for All.
[[nodiscard]] std::optional<qint64> spanOf(PlotRange range);
/// "last 3 h".
[[nodiscard]] QString rangeWords(PlotRange range);

struct TimeSpan
{
    qint64 fromMs = 0;
    qint64 toMs = 0;
    bool operator==(const TimeSpan&) const = default;
};

/// The part of time that is shown while the plot follows the clock, with a little room after now.
[[nodiscard]] TimeSpan liveSpan(PlotRange range, qint64 nowMs, std::optional<qint64> earliestMs);
/// Keeps a span chosen by hand between 20 s and 400 days long.
[[nodiscard]] TimeSpan boundedSpan(TimeSpan span);
/// How the time axis writes its ticks.
[[nodiscard]] QString tickFormat(TimeSpan span);

/// One known fill.
struct FillPoint
{
    qint64 atMs = 0;
    qint64 tokens = 0;
    qint64 window = 0;
    bool operator==(const FillPoint&) const = default;
    [[nodiscard]] double percent() const { return window > 0 ? 100.0 * double(tokens) / double(window) : 0; }
};

/// One agent's line.
struct FillLine
{
    AgentId agent;
    QString name;
    int slot = 0;            ///< which colour and dash
    QList<FillPoint> points; ///< ascending; a drop is two points of one time
};

/// Makes falls vertical (the fill stands until the moment of the compaction) and, where `untilMs` is given
/// and later than the last point, lets the last fill stand until then.
[[nodiscard]] QList<FillPoint> withDrops(const QList<FillPoint>& points, std::optional<qint64> untilMs);

/// Upper end of the percent axis: 100, or more where a line is above.
[[nodiscard]] double upperPercent(const QList<FillLine>& lines);

struct Picked
{
    qsizetype line = -1;
    qsizetype point = -1;
};

/// The point of a line that lies nearest to `mouse`, at most `reach` pixels away from its line. `toPixel`
/// maps (atMs, percent) to pixels.
[[nodiscard]] std::optional<Picked> pick(const QList<FillLine>& lines, QPointF mouse, double reach,
                                         const std::function<QPointF(const FillPoint&)>& toPixel);

/// Moves labels that want to stand at `wanted` pixels apart by `gap`, inside top…bottom, order kept.
[[nodiscard]] QList<double> spreadLabels(const QList<double>& wanted, double gap, double top, double bottom);

/// The lowest slot number not in `taken`.
[[nodiscard]] int freeSlot(const QList<int>& taken);

/// What stands in a plot without a line, and where there is more to see.
/// \param range nothing = a time chosen by hand
/// \param withoutWindow agents that have no line because their window is not known
[[nodiscard]] QString emptyPlotNote(std::optional<PlotRange> range, int withoutWindow);

/// "2 agents without a known window are not drawn"; empty for none.
[[nodiscard]] QString withoutWindowNote(int count);

/// What a screen reader says instead of the picture.
[[nodiscard]] QString plotSummary(const QList<FillLine>& lines, const QString& range);

} // namespace plimsoll
