// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plotlines.h"

#include <QLineF>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace plimsoll {

namespace {

constexpr qint64 minuteMs = 60 * 1000;
constexpr qint64 hourMs = 60 * minuteMs;
constexpr qint64 dayMs = 24 * hourMs;

double distanceToSegment(QPointF p, QPointF a, QPointF b)
{
    const QPointF along = b - a;
    const double length2 = QPointF::dotProduct(along, along);
    const double t = length2 > 0 ? std::clamp(QPointF::dotProduct(p - a, along) / length2, 0.0, 1.0) : 0.0;
    return QLineF(p, a + along * t).length();
}

} // namespace

std::optional<qint64> spanOf(PlotRange range)
{
    switch (range) {
    case PlotRange::QuarterHour: return 15 * minuteMs;
    case PlotRange::ThreeHours: return 3 * hourMs;
    case PlotRange::Day: return dayMs;
    case PlotRange::All: break;
    }
    return std::nullopt;
}

QString rangeWords(PlotRange range)
{
    switch (range) {
    case PlotRange::QuarterHour: return QStringLiteral("last 15 min");
    case PlotRange::ThreeHours: return QStringLiteral("last 3 h");
    case PlotRange::Day: return QStringLiteral("last 24 h");
    case PlotRange::All: break;
    }
    return QStringLiteral("all time");
}

TimeSpan liveSpan(PlotRange range, qint64 nowMs, std::optional<qint64> earliestMs)
{
    qint64 length = spanOf(range).value_or(15 * minuteMs);
    if (range == PlotRange::All && earliestMs)
        length = std::max(length, nowMs - *earliestMs + length / 20);
    return {nowMs - length, nowMs + length / 50};
}

TimeSpan boundedSpan(TimeSpan span)
{
    const qint64 length = std::clamp<qint64>(span.toMs - span.fromMs, 20'000, 400 * dayMs);
    const qint64 middle = std::midpoint(span.fromMs, span.toMs);
    return {middle - length / 2, middle - length / 2 + length};
}

QString tickFormat(TimeSpan span)
{
    const qint64 length = span.toMs - span.fromMs;
    if (length < 5 * minuteMs)
        return QStringLiteral("HH:mm:ss");
    if (length <= 26 * hourMs)
        return QStringLiteral("HH:mm");
    return length <= 4 * dayMs ? QStringLiteral("d MMM HH:mm") : QStringLiteral("d MMM");
}

QList<FillPoint> withDrops(const QList<FillPoint>& points, std::optional<qint64> untilMs)
{
    QList<FillPoint> line;
    line.reserve(points.size() + 8);
    for (const FillPoint& point : points) {
        if (!line.isEmpty() && point.percent() < line.last().percent() && point.atMs > line.last().atMs) {
            FillPoint before = line.last();
            before.atMs = point.atMs;
            line.append(before);
        }
        line.append(point);
    }
    if (!line.isEmpty() && untilMs && *untilMs > line.last().atMs) {
        FillPoint stays = line.last();
        stays.atMs = *untilMs;
        line.append(stays);
    }
    return line;
}

double upperPercent(const QList<FillLine>& lines)
{
    double highest = 100;
    for (const FillLine& line : lines) {
        for (const FillPoint& point : line.points)
            highest = std::max(highest, point.percent());
    }
    return highest > 100 ? std::ceil(highest / 25) * 25 : 100;
}

std::optional<Picked> pick(const QList<FillLine>& lines, QPointF mouse, double reach,
                           const std::function<QPointF(const FillPoint&)>& toPixel)
{
    std::optional<Picked> best;
    double bestDistance = reach;
    for (qsizetype i = 0; i < lines.size(); ++i) {
        const QList<FillPoint>& points = lines.at(i).points;
        QPointF previous;
        for (qsizetype k = 0; k < points.size(); ++k) {
            const QPointF here = toPixel(points.at(k));
            const QPointF from = k > 0 ? previous : here;
            const double distance = distanceToSegment(mouse, from, here);
            if (distance <= bestDistance) {
                bestDistance = distance;
                const bool nearerToFrom =
                    k > 0 && QLineF(mouse, from).length() < QLineF(mouse, here).length();
                best = Picked{i, nearerToFrom ? k - 1 : k};
            }
            previous = here;
        }
    }
    return best;
}

QList<double> spreadLabels(const QList<double>& wanted, double gap, double top, double bottom)
{
    QList<qsizetype> order(wanted.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(),
                     [&wanted](qsizetype a, qsizetype b) { return wanted.at(a) < wanted.at(b); });
    QList<double> placed = wanted;
    double free = top;
    for (const qsizetype i : std::as_const(order)) {
        placed[i] = std::max(placed.at(i), free);
        free = placed.at(i) + gap;
    }
    double limit = bottom;
    for (auto it = order.crbegin(); it != order.crend(); ++it) {
        placed[*it] = std::min(placed.at(*it), limit);
        limit = placed.at(*it) - gap;
    }
    return placed;
}

int freeSlot(const QList<int>& taken)
{
    int slot = 0;
    while (taken.contains(slot))
        ++slot;
    return slot;
}

QString emptyPlotNote(std::optional<PlotRange> range, int withoutWindow)
{
    if (withoutWindow > 0)
        return withoutWindowNote(withoutWindow) + QLatin1Char('.');
    if (!range)
        return QStringLiteral("Nothing changed in the chosen time.\nEsc follows the clock again.");
    if (*range == PlotRange::All)
        return QStringLiteral("No agent has told yet how full its context is.");
    return QStringLiteral("Nothing changed in the %1.\nChoose All to see what was before.")
        .arg(rangeWords(*range));
}

QString withoutWindowNote(int count)
{
    if (count <= 0)
        return {};
    return count == 1 ? QStringLiteral("1 agent without a known window is not drawn")
                      : QStringLiteral("%1 agents without a known window are not drawn").arg(count);
}

QString plotSummary(const QList<FillLine>& lines, const QString& range)
{
    if (lines.isEmpty())
        return QStringLiteral("Context fill, %1: nothing to show").arg(range);
    QStringList parts;
    for (const FillLine& line : lines) {
        if (!line.points.isEmpty())
            parts << QStringLiteral("%1 %2 percent")
                         .arg(line.name, QString::number(qRound(line.points.last().percent())));
    }
    return QStringLiteral("Context fill, %1: %2").arg(range, parts.join(QStringLiteral(", ")));
}

} // namespace plimsoll
