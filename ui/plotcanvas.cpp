// SPDX-License-Identifier: GPL-3.0-or-later
// qcustomplot.h is written with foreach, which Qt's first header decides upon.
#undef QT_NO_FOREACH

#include "ui/plotcanvas.h"

#include "models/format.h"
#include "ui/theme.h"
#include "ui/widgets.h"

#include <QLabel>
#include <QLocale>
#include <QMouseEvent>
#include <QVBoxLayout>
#include <qcustomplot.h>

#include <algorithm>
#include <array>

namespace plimsoll {

namespace {

constexpr double reachPx = 12;
constexpr int maxLabels = 14;

/// "0", "25%", "50%" …
class PercentTicker : public QCPAxisTickerFixed
{
protected:
    QString getTickLabel(double tick, const QLocale& /*locale*/, QChar /*format*/, int /*precision*/) override
    {
        return tick > 0 ? QString::number(qRound(tick)) + QLatin1Char('%') : QStringLiteral("0");
    }
};

/// Lines of one colour are told apart by their dashes; the first eight colours are whole lines.
Qt::PenStyle dashOf(int slot)
{
    static constexpr std::array styles{Qt::SolidLine, Qt::DashLine, Qt::DotLine, Qt::DashDotLine,
                                       Qt::DashDotDotLine};
    return styles[size_t(slot / 8) % styles.size()];
}

double axisKey(qint64 ms)
{
    return double(ms) / 1000.0;
}

} // namespace

class PlotCanvas::Parts
{
public:
    explicit Parts(PlotCanvas& owner);

    void drawLines(const Theme& theme);
    void drawLabels(const Theme& theme, const QFont& font);
    void drawTrigger(const Theme& theme, const QFont& font);
    void drawNow(const Theme& theme);
    void drawNote(const Theme& theme, const QFont& font);
    void placeAxes(const QFont& font);
    [[nodiscard]] QPointF pixel(const FillPoint& point) const;
    [[nodiscard]] QCPItemText* newText() const;

    QCustomPlot* plot = nullptr;
    QCPItemStraightLine* now = nullptr;
    QCPItemText* nowText = nullptr;
    QCPItemText* noteText = nullptr;
    QCPItemStraightLine* trigger = nullptr;
    QCPItemText* triggerText = nullptr;
    QCPItemTracer* tracer = nullptr;
    QList<QCPItemText*> labels;
    QList<QCPGraph*> graphs;
    QLabel* bubble = nullptr;
    PlotPicture picture;
    bool settingSpan = false;
    QPoint pressedAt;
};

PlotCanvas::Parts::Parts(PlotCanvas& owner)
    : plot(new QCustomPlot(&owner))
    , now(new QCPItemStraightLine(plot))
    , nowText(newText())
    , noteText(newText())
    , trigger(new QCPItemStraightLine(plot))
    , triggerText(newText())
    , tracer(new QCPItemTracer(plot))
    , bubble(new QLabel(&owner))
{
    plot->setFocusPolicy(Qt::NoFocus); // the keys are ContextPlot's
    plot->setPlottingHints(QCP::phFastPolylines);
    plot->setInteractions(QCP::iRangeDrag | QCP::iRangeZoom);
    plot->axisRect()->setRangeDrag(Qt::Horizontal);
    plot->axisRect()->setRangeZoom(Qt::Horizontal);
    plot->axisRect()->setMinimumMargins({});
    plot->xAxis->setTicker(QSharedPointer<QCPAxisTickerDateTime>(new QCPAxisTickerDateTime));
    const QSharedPointer<PercentTicker> quarters(new PercentTicker);
    quarters->setTickStep(25);
    plot->yAxis->setTicker(quarters);
    tracer->setLayer(QStringLiteral("overlay"));
    tracer->setStyle(QCPItemTracer::tsCircle);
    tracer->setVisible(false);
    nowText->setText(QStringLiteral("now"));
    nowText->setPositionAlignment(Qt::AlignRight | Qt::AlignBottom);
    nowText->position->setTypeY(QCPItemPosition::ptAxisRectRatio);
    noteText->setPositionAlignment(Qt::AlignCenter);
    noteText->setTextAlignment(Qt::AlignCenter);
    noteText->position->setType(QCPItemPosition::ptAxisRectRatio);
    noteText->position->setCoords(0.5, 0.5);
    triggerText->setPositionAlignment(Qt::AlignLeft | Qt::AlignBottom);
    triggerText->position->setTypeX(QCPItemPosition::ptAxisRectRatio);
    bubble->setTextFormat(Qt::PlainText);
    bubble->setAttribute(Qt::WA_TransparentForMouseEvents);
    bubble->setAutoFillBackground(true);
    bubble->hide();
}

QCPItemText* PlotCanvas::Parts::newText() const
{
    auto* text = new QCPItemText(plot);
    text->setSelectable(false);
    text->setClipToAxisRect(false);
    text->position->setAxes(plot->xAxis, plot->yAxis);
    text->position->setAxisRect(plot->axisRect());
    return text;
}

QPointF PlotCanvas::Parts::pixel(const FillPoint& point) const
{
    return {plot->xAxis->coordToPixel(axisKey(point.atMs)), plot->yAxis->coordToPixel(point.percent())};
}

void PlotCanvas::Parts::placeAxes(const QFont& font)
{
    settingSpan = true;
    plot->xAxis->setRange(axisKey(picture.span.fromMs), axisKey(picture.span.toMs));
    settingSpan = false;
    plot->yAxis->setRange(0, upperPercent(picture.lines));
    const auto dates = plot->xAxis->ticker().dynamicCast<QCPAxisTickerDateTime>();
    if (dates)
        dates->setDateTimeFormat(tickFormat(picture.span));
    const QFontMetrics metrics(font);
    // Room for the names of the lines, right of the axis rect, so that they never cover data.
    int labelWidth = grid(font, 8);
    for (const FillLine& line : std::as_const(picture.lines))
        labelWidth = std::max(labelWidth, metrics.horizontalAdvance(oneLine(line.name, 40)) + grid(font, 3));
    labelWidth = std::min({labelWidth, grid(font, 34), plot->width() / 4});
    const int left = metrics.horizontalAdvance(QStringLiteral("100%")) + grid(font, 2);
    plot->axisRect()->setAutoMargins(QCP::msNone);
    plot->axisRect()->setMargins(
        {left, metrics.height() / 2 + grid(font, 1), labelWidth, metrics.height() + grid(font, 2)});
    plot->axisRect()->update(QCPLayoutElement::upLayout);
}

void PlotCanvas::Parts::drawLines(const Theme& theme)
{
    while (graphs.size() > picture.lines.size())
        plot->removeGraph(graphs.takeLast());
    while (graphs.size() < picture.lines.size()) {
        graphs.append(plot->addGraph());
        graphs.last()->setSelectable(QCP::stNone);
    }
    for (qsizetype i = 0; i < graphs.size(); ++i) {
        const FillLine& line = picture.lines.at(i);
        QList<double> keys;
        QList<double> values;
        keys.reserve(line.points.size());
        values.reserve(line.points.size());
        for (const FillPoint& point : line.points) {
            keys.append(axisKey(point.atMs));
            values.append(point.percent());
        }
        QCPGraph* graph = graphs.at(i);
        graph->setData(keys, values, true);
        const bool selected = line.agent == picture.selected;
        QPen pen(theme.series(line.slot), selected ? 2.6 : 1.6, dashOf(line.slot));
        pen.setJoinStyle(Qt::RoundJoin);
        graph->setPen(pen);
    }
}

/// Each line's name at the height of its end, in its colour; the fullest where there is no room for all.
void PlotCanvas::Parts::drawLabels(const Theme& theme, const QFont& font)
{
    const QRect area = plot->axisRect()->rect();
    const QFontMetrics metrics(font);
    const double gap = metrics.height();
    QList<const FillLine*> named;
    for (const FillLine& line : std::as_const(picture.lines)) {
        const FillPoint& last = line.points.last();
        if (last.atMs >= picture.span.fromMs && line.points.first().atMs <= picture.span.toMs)
            named.append(&line);
    }
    std::stable_sort(named.begin(), named.end(), [this](const FillLine* a, const FillLine* b) {
        const auto key = [this](const FillLine* line) {
            return std::make_pair(line->agent != picture.selected, -line->points.last().percent());
        };
        return key(a) < key(b);
    });
    const auto room = std::clamp<qsizetype>(qsizetype(area.height() / gap) + 1, 1, maxLabels);
    const qsizetype count = std::min(room, named.size());
    named.resize(count);
    QList<double> wanted;
    for (const FillLine* line : std::as_const(named))
        wanted.append(std::clamp(pixel(line->points.last()).y(), double(area.top()), double(area.bottom())));
    const QList<double> placed = spreadLabels(wanted, gap, area.top(), area.bottom());
    while (labels.size() < count) {
        labels.append(newText());
        labels.last()->setPositionAlignment(Qt::AlignLeft | Qt::AlignVCenter);
        labels.last()->position->setType(QCPItemPosition::ptAbsolute);
    }
    for (qsizetype i = 0; i < labels.size(); ++i) {
        labels.at(i)->setVisible(i < count);
        if (i >= count)
            continue;
        const FillLine& line = *named.at(i);
        QFont labelFont = font;
        if (line.agent == picture.selected)
            labelFont.setWeight(QFont::DemiBold);
        const int width = plot->width() - area.right() - grid(font, 2);
        labels.at(i)->setFont(labelFont);
        labels.at(i)->setColor(theme.series(line.slot));
        labels.at(i)->setText(
            QFontMetrics(labelFont).elidedText(oneLine(line.name, 60), Qt::ElideRight, width));
        labels.at(i)->position->setCoords(area.right() + grid(font, 1.5), placed.at(i));
    }
}

void PlotCanvas::Parts::drawTrigger(const Theme& theme, const QFont& font)
{
    const bool known = picture.triggerPercent.has_value() && picture.note.isEmpty();
    trigger->setVisible(known);
    triggerText->setVisible(known);
    if (!known)
        return;
    const double percent = *picture.triggerPercent;
    trigger->setPen(QPen(theme.dimText, 1, Qt::DashLine));
    trigger->point1->setCoords(axisKey(picture.span.fromMs), percent);
    trigger->point2->setCoords(axisKey(picture.span.toMs), percent);
    triggerText->setFont(font);
    triggerText->setColor(theme.dimText);
    triggerText->setText(QStringLiteral("auto-compaction %1%").arg(percent, 0, 'f', 1));
    triggerText->position->setCoords(0.008, percent);
}

void PlotCanvas::Parts::drawNow(const Theme& theme)
{
    const bool inside =
        picture.nowMs >= picture.span.fromMs && picture.nowMs <= picture.span.toMs && picture.note.isEmpty();
    now->setVisible(inside);
    nowText->setVisible(inside);
    const double key = axisKey(picture.nowMs);
    now->setPen(QPen(theme.dimText, 1, Qt::DotLine));
    now->point1->setCoords(key, 0);
    now->point2->setCoords(key, 1);
    nowText->setColor(theme.dimText);
    nowText->position->setCoords(key, 0.99);
    nowText->setPadding({0, 0, 4, 0});
}

/// An empty grid would look like a fault: the sentence stands in its place.
void PlotCanvas::Parts::drawNote(const Theme& theme, const QFont& font)
{
    const bool empty = !picture.note.isEmpty();
    noteText->setVisible(empty);
    noteText->setFont(font);
    noteText->setColor(theme.dimText);
    noteText->setText(picture.note);
    plot->yAxis->grid()->setVisible(!empty);
    plot->yAxis->setTickLabels(!empty);
}

PlotCanvas::PlotCanvas(QWidget* parent)
    : QWidget(parent)
    , m_parts(std::make_unique<Parts>(*this))
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->addWidget(m_parts->plot);
    QCustomPlot* plot = m_parts->plot;
    connect(plot->xAxis, qOverload<const QCPRange&>(&QCPAxis::rangeChanged), this,
            [this](const QCPRange& range) {
                if (!m_parts->settingSpan)
                    emit spanChosen({qint64(range.lower * 1000), qint64(range.upper * 1000)});
            });
    connect(plot, &QCustomPlot::mousePress, this,
            [this](const QMouseEvent* event) { m_parts->pressedAt = event->position().toPoint(); });
    connect(plot, &QCustomPlot::mouseRelease, this, [this](const QMouseEvent* event) {
        const QPoint at = event->position().toPoint();
        if ((at - m_parts->pressedAt).manhattanLength() < 4 && event->button() == Qt::LeftButton)
            click(at);
    });
    connect(plot, &QCustomPlot::mouseMove, this, [this](const QMouseEvent* event) {
        if (event->buttons() == Qt::NoButton)
            hover(event->position().toPoint());
        else
            hideHover();
    });
    connect(plot, &QCustomPlot::mouseDoubleClick, this, [this] { emit doubleClicked(); });
    plot->installEventFilter(this);
    readColors();
}

PlotCanvas::~PlotCanvas() = default;

void PlotCanvas::draw(const PlotPicture& picture)
{
    if (&picture != &m_parts->picture)
        m_parts->picture = picture;
    const Theme& theme = Theme::of(palette());
    const QFont numbers = numberFont(font());
    m_parts->placeAxes(numbers);
    m_parts->drawLines(theme);
    m_parts->drawTrigger(theme, numbers);
    m_parts->drawNow(theme);
    m_parts->drawLabels(theme, font());
    m_parts->drawNote(theme, font());
    m_parts->plot->replot(QCustomPlot::rpQueuedRefresh);
}

void PlotCanvas::setPixelRatio(double ratio)
{
    if (m_parts->plot->bufferDevicePixelRatio() == ratio)
        return;
    m_parts->plot->setBufferDevicePixelRatio(ratio);
    m_parts->plot->replot();
}

void PlotCanvas::readColors()
{
    const Theme& theme = Theme::of(palette());
    QCustomPlot* plot = m_parts->plot;
    const QFont numbers = numberFont(font());
    plot->setBackground(theme.canvas);
    QColor gridColor = theme.border;
    const std::array axes{plot->xAxis, plot->yAxis};
    for (QCPAxis* axis : axes) {
        axis->setBasePen(QPen(axis == plot->xAxis ? gridColor : QColor(Qt::transparent), 1));
        axis->setTickPen(Qt::NoPen);
        axis->setSubTickPen(Qt::NoPen);
        axis->setTickLabelColor(theme.dimText);
        axis->setTickLabelFont(numbers);
        axis->setTickLabelPadding(grid(numbers, 1.5));
        axis->setTickLength(0);
        axis->setSubTickLength(0);
    }
    plot->yAxis->grid()->setPen(QPen(gridColor, 1));
    plot->yAxis->grid()->setZeroLinePen(QPen(gridColor, 1));
    plot->xAxis->grid()->setVisible(false);
    m_parts->nowText->setFont(numbers);
    m_parts->tracer->setSize(grid(numbers, 2));
    QPalette colors = m_parts->bubble->palette();
    colors.setColor(QPalette::Window, theme.raised);
    colors.setColor(QPalette::WindowText, theme.text);
    m_parts->bubble->setPalette(colors);
    m_parts->bubble->setMargin(grid(font(), 1.5));
}

void PlotCanvas::hover(QPoint mouse)
{
    const auto picked = pick(m_parts->picture.lines, mouse, reachPx,
                             [this](const FillPoint& point) { return m_parts->pixel(point); });
    if (!picked || !m_parts->plot->axisRect()->rect().contains(mouse))
        return hideHover();
    const Theme& theme = Theme::of(palette());
    const FillLine& line = m_parts->picture.lines.at(picked->line);
    const FillPoint& point = line.points.at(picked->point);
    m_parts->tracer->position->setCoords(axisKey(point.atMs), point.percent());
    m_parts->tracer->setPen(QPen(theme.series(line.slot), 2));
    m_parts->tracer->setBrush(theme.canvas);
    m_parts->tracer->setVisible(true);
    m_parts->plot->layer(QStringLiteral("overlay"))->replot();
    QLabel* bubble = m_parts->bubble;
    const QStringList lines{oneLine(line.name, 60), exactTime(point.atMs),
                            tokens(point.tokens) + QStringLiteral(" / ") + windowTokens(point.window) +
                                QStringLiteral(" · %1%").arg(qRound(point.percent()))};
    bubble->setText(lines.join(QLatin1Char('\n')));
    bubble->adjustSize();
    const QPointF spot = m_parts->pixel(point);
    const int x = std::clamp(int(spot.x()) + 12, 0, std::max(0, width() - bubble->width()));
    const int above = int(spot.y()) - bubble->height() - 10;
    bubble->move(x, above >= 0 ? above : int(spot.y()) + 12);
    bubble->show();
    bubble->raise();
}

void PlotCanvas::hideHover()
{
    if (!m_parts->bubble->isVisible() && !m_parts->tracer->visible())
        return;
    m_parts->bubble->hide();
    m_parts->tracer->setVisible(false);
    m_parts->plot->layer(QStringLiteral("overlay"))->replot();
}

void PlotCanvas::click(QPoint mouse)
{
    const auto picked = pick(m_parts->picture.lines, mouse, reachPx,
                             [this](const FillPoint& point) { return m_parts->pixel(point); });
    if (picked)
        emit linePicked(m_parts->picture.lines.at(picked->line).agent);
}

void PlotCanvas::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() != QEvent::PaletteChange && event->type() != QEvent::FontChange)
        return;
    readColors();
    if (m_parts->picture.nowMs > 0)
        draw(m_parts->picture);
}

bool PlotCanvas::eventFilter(QObject* watched, QEvent* event)
{
    if (event->type() == QEvent::Leave)
        hideHover();
    return QWidget::eventFilter(watched, event);
}

} // namespace plimsoll
