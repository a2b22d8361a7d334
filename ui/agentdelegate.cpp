// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/agentdelegate.h"

#include "models/agentmodel.h"
#include "models/agentproxy.h"
#include "models/format.h"
#include "ui/barmotion.h"
#include "ui/theme.h"

#include <QAbstractItemView>
#include <QCoreApplication>
#include <QDateTime>
#include <QFontMetrics>
#include <QHelpEvent>
#include <QPainter>
#include <QPainterPath>
#include <QStyle>
#include <QTextDocument>
#include <QToolTip>

#include <algorithm>

namespace plimsoll {

namespace {

QString tr(const char* text)
{
    return QCoreApplication::translate("plimsoll::AgentDelegate", text);
}

/// Draws one line, elided where it does not fit, and says how wide it became.
int drawText(QPainter& painter, const QRect& rect, Qt::LayoutDirection direction, const QFont& font,
             const QColor& color, const QString& text)
{
    if (text.isEmpty() || rect.width() <= 0)
        return 0;
    const QFontMetrics metrics(font);
    const int width = metrics.horizontalAdvance(text);
    painter.setFont(font);
    painter.setPen(color);
    painter.drawText(rect, int(QStyle::visualAlignment(direction, Qt::AlignLeft) | Qt::AlignVCenter),
                     width <= rect.width() ? text : metrics.elidedText(text, Qt::ElideRight, rect.width()));
    return std::min(width, rect.width());
}

/// As drawText, at the trailing edge.
int drawTrailing(QPainter& painter, const QRect& rect, Qt::LayoutDirection direction, const QFont& font,
                 const QColor& color, const QString& text)
{
    const QFontMetrics metrics(font);
    painter.setFont(font);
    painter.setPen(color);
    painter.drawText(rect, int(QStyle::visualAlignment(direction, Qt::AlignRight) | Qt::AlignVCenter), text);
    return metrics.horizontalAdvance(text);
}

/// What is left of a line when `leading` and `trailing` pixels are taken.
QRect inset(const QRect& rect, Qt::LayoutDirection direction, int leading, int trailing)
{
    return direction == Qt::LeftToRight ? rect.adjusted(leading, 0, -trailing, 0)
                                        : rect.adjusted(trailing, 0, -leading, 0);
}

/// Shapes beside colours, so that a state is told apart without them: full = alive, ring = waits or is
/// unknown, mark = needs you, cross = failed.
void drawDot(QPainter& painter, const QRectF& rect, AgentState state, const Theme& theme)
{
    const QColor color = theme.dot(state);
    const qreal thin = std::max<qreal>(1.5, rect.width() / 5);
    const QRectF ring = rect.adjusted(thin / 2, thin / 2, -thin / 2, -thin / 2);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(color, thin, Qt::SolidLine, Qt::RoundCap));
    switch (state) {
    case AgentState::Waiting:
    case AgentState::Unknown:
    case AgentState::Complete: painter.drawEllipse(ring); return;
    case AgentState::Failed:
        painter.drawLine(ring.topLeft(), ring.bottomRight());
        painter.drawLine(ring.topRight(), ring.bottomLeft());
        return;
    case AgentState::Executing:
    case AgentState::Blocked:
    case AgentState::Idle: break;
    }
    painter.setPen(Qt::NoPen);
    painter.setBrush(color);
    painter.drawEllipse(rect);
    if (state != AgentState::Blocked)
        return;
    painter.setPen(QPen(theme.panel, thin, Qt::SolidLine, Qt::FlatCap));
    const qreal x = rect.center().x();
    painter.drawLine(QPointF(x, rect.top() + rect.height() * 0.18),
                     QPointF(x, rect.top() + rect.height() * 0.58));
    painter.drawLine(QPointF(x, rect.top() + rect.height() * 0.70),
                     QPointF(x, rect.top() + rect.height() * 0.86));
}

QString lineTip(const QStringList& sentences)
{
    QStringList kept;
    for (const QString& sentence : sentences) {
        if (!sentence.isEmpty())
            kept.append(sentence);
    }
    return kept.join(QLatin1Char('\n'));
}

QString stateTip(const Agent& agent)
{
    QString state = tr("State: %1").arg(stateLabel(agent.state));
    if (!agent.stateReason.isEmpty())
        state += tr(" (%1)").arg(oneLine(agent.stateReason));
    if (agent.stateSinceMs > 0)
        state += tr(", since %1").arg(dateTime(agent.stateSinceMs));
    QStringList lines{plain(agent.info.name), state};
    if (!agent.info.workingDir.isEmpty())
        lines.append(plain(agent.info.workingDir));
    lines.append(agent.info.notes);
    return lineTip(lines);
}

QString barTip(const Usage& usage)
{
    const QString line = usage.compactAtTokens
                             ? tr("Compacts by itself at %1").arg(tokens(usage.compactAtTokens))
                             : tr("No compaction mark: the point is not known");
    return lineTip({tr("Context: %1").arg(fill(usage)), basisSentence(Number::Context, usage.contextBasis),
                    basisSentence(Number::Window, usage.windowBasis), line,
                    usage.compactAtTokens ? basisSentence(Number::Trigger, usage.triggerBasis) : QString()});
}

QString costTip(const Usage& usage)
{
    return lineTip({tr("Cost: %1, without subagents").arg(cost(usage)),
                    basisSentence(Number::Cost, usage.costBasis),
                    usage.reportedTreeCostPico
                        ? tr("The agent reports %1 with its subagents").arg(cost(usage.reportedTreeCostPico))
                        : QString()});
}

} // namespace

AgentMetrics::AgentMetrics(const QFont& font)
    : base(font)
    , name(font)
    , small(resized(font, -0.8))
    , number(numberFont(font))
    , smallBold(resized(font, -0.5))
{
    name.setWeight(QFont::DemiBold);
    smallBold.setWeight(QFont::DemiBold);
    unit = grid(font, 1);
    nameHeight = QFontMetrics(name).height();
    numberHeight = QFontMetrics(number).height();
    smallHeight = QFontMetrics(small).height();
    barHeight = grid(font, 2.25);
    margin = grid(font, 3.5);
    indent = grid(font, 5.5);
    headingHeight = QFontMetrics(smallBold).height() + 3 * unit;
    bodyHeight = 2 * unit + nameHeight + unit + barHeight + unit + numberHeight + smallHeight + 2 * unit;
}

AgentLayout::AgentLayout(const AgentMetrics& metrics, const QRect& row, const AgentRow& shown,
                         Qt::LayoutDirection direction)
{
    const auto place = [&row, direction](int x, int y, int width, int height) {
        return QStyle::visualRect(direction, row, QRect(x, y, std::max(0, width), height));
    };
    int y = row.top();
    if (shown.heading) {
        heading = QRect(row.left(), y, row.width(), metrics.headingHeight);
        y += metrics.headingHeight;
    }
    if (shown.collapsed)
        return;
    body = QRect(row.left(), y, row.width(), metrics.bodyHeight);
    stripe = place(row.left(), y, std::max(3, metrics.unit * 3 / 4), metrics.bodyHeight);
    const int left = row.left() + metrics.margin + metrics.indent * std::min(shown.depth, 4);
    const int width = row.left() + row.width() - metrics.margin - left;
    y += 2 * metrics.unit;
    dot = place(left, y + (metrics.nameHeight - metrics.barHeight) / 2, metrics.barHeight, metrics.barHeight);
    const int text = metrics.barHeight + 2 * metrics.unit;
    title = place(left + text, y, width - text, metrics.nameHeight);
    y += metrics.nameHeight + metrics.unit;
    bar = place(left, y, width, metrics.barHeight);
    y += metrics.barHeight + metrics.unit;
    numbers = place(left, y, width, metrics.numberHeight);
    y += metrics.numberHeight;
    activity = place(left, y, width, metrics.smallHeight);
}

int AgentLayout::height(const AgentMetrics& metrics, const AgentRow& shown)
{
    return (shown.heading ? metrics.headingHeight : 0) + (shown.collapsed ? 0 : metrics.bodyHeight);
}

QString activityLine(const Agent& agent)
{
    QString summary = oneLine(agent.info.summary);
    QString reason = oneLine(agent.stateReason);
    switch (agent.state) {
    case AgentState::Blocked:
        // Some agents say themselves that they ask.
        if (summary.startsWith(QLatin1String("Asks")))
            return summary;
        return tr("Asks: %1").arg(summary.isEmpty() ? reason : summary);
    case AgentState::Waiting:
    case AgentState::Failed: return reason.isEmpty() ? summary : reason;
    case AgentState::Unknown:
    case AgentState::Executing:
    case AgentState::Idle:
    case AgentState::Complete: break;
    }
    return summary.isEmpty() ? reason : summary;
}

AgentDelegate::AgentDelegate(const AgentModel& agents, const AgentProxy& rows, BarMotion& motion,
                             QObject* parent)
    : QStyledItemDelegate(parent)
    , m_agents(agents)
    , m_rows(rows)
    , m_motion(motion)
{
}

void AgentDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                          const QModelIndex& index) const
{
    const AgentLayout rects = layout(option, index);
    const Theme& theme = Theme::of(option.palette);
    painter->save();
    if (!rects.heading.isEmpty())
        paintHeading(*painter, option, index, rects);
    if (!rects.body.isEmpty()) {
        const Agent& agent = agentAt(index);
        if ((option.state & QStyle::State_Selected) != 0) {
            painter->fillRect(rects.body, theme.selection);
            painter->fillRect(rects.stripe, theme.accent);
        }
        painter->fillRect(QRect(rects.body.left(), rects.body.bottom(), rects.body.width(), 1), theme.border);
        paintTitle(*painter, option, agent, rects);
        paintBar(*painter, option, agent, rects.bar);
        paintNumbers(*painter, option, agent, rects);
    }
    painter->restore();
}

QSize AgentDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    const AgentMetrics& font = metrics(option.font);
    const AgentRow shown{index.data(AgentProxy::GroupFirstRole).toBool(),
                         index.data(AgentProxy::CollapsedRole).toBool(), 0};
    return {font.margin * 12, AgentLayout::height(font, shown)};
}

bool AgentDelegate::helpEvent(QHelpEvent* event, QAbstractItemView* view, const QStyleOptionViewItem& option,
                              const QModelIndex& index)
{
    if (event->type() != QEvent::ToolTip || !index.isValid())
        return QStyledItemDelegate::helpEvent(event, view, option, index);
    const QString text = tip(agentAt(index), layout(option, index), event->pos());
    // A tool tip guesses whether text is rich; foreign text must never be, so it is made rich by escaping.
    QToolTip::showText(event->globalPos(),
                       text.isEmpty() ? QString() : Qt::convertFromPlainText(text, Qt::WhiteSpaceNormal),
                       view);
    return true;
}

AgentLayout AgentDelegate::layout(const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    const AgentRow shown{index.data(AgentProxy::GroupFirstRole).toBool(),
                         index.data(AgentProxy::CollapsedRole).toBool(),
                         index.data(AgentProxy::DepthRole).toInt()};
    return {metrics(option.font), option.rect, shown, option.direction};
}

QString AgentDelegate::tip(const Agent& agent, const AgentLayout& rects, const QPoint& position) const
{
    if (!rects.body.contains(position))
        return {};
    if (position.y() >= rects.activity.top())
        return plain(activityLine(agent));
    if (position.y() >= rects.numbers.top()) {
        const bool trailing =
            (position.x() > rects.numbers.center().x()) == (rects.dot.left() < rects.title.left());
        return trailing ? costTip(agent.usage)
                        : lineTip({barTip(agent.usage),
                                   tr("Model: %1")
                                       .arg(agent.info.model.isEmpty() ? dash() : plain(agent.info.model))});
    }
    return position.y() >= rects.bar.top() - 2 ? barTip(agent.usage) : stateTip(agent);
}

const Agent& AgentDelegate::agentAt(const QModelIndex& index) const
{
    return m_agents.at(m_rows.mapToSource(index).row());
}

const AgentMetrics& AgentDelegate::metrics(const QFont& font) const
{
    if (m_metrics.nameHeight == 0 || m_metrics.base != font)
        m_metrics = AgentMetrics(font);
    return m_metrics;
}

void AgentDelegate::paintHeading(QPainter& painter, const QStyleOptionViewItem& option,
                                 const QModelIndex& index, const AgentLayout& rects) const
{
    const Theme& theme = Theme::of(option.palette);
    const AgentMetrics& font = metrics(option.font);
    const auto group = AgentProxy::Group(index.data(AgentProxy::GroupRole).toInt());
    const QRect line = rects.heading.adjusted(font.margin, font.unit, -font.margin, 0);
    const int width =
        drawText(painter, line, option.direction, font.smallBold, theme.text, AgentProxy::groupLabel(group));
    const QRect rest = inset(line, option.direction, width + font.unit, 0);
    const int countWidth = drawText(painter, rest, option.direction, font.small, theme.dimText,
                                    QString::number(index.data(AgentProxy::GroupCountRole).toInt()));
    if (!rects.body.isEmpty())
        return;
    // A closed group shows a small triangle, and the stripe when the keyboard stands on it.
    const QRect place =
        QStyle::visualRect(option.direction, rest,
                           QRect(rest.left() + countWidth + font.unit, rest.center().y() - font.unit,
                                 font.unit * 2, font.unit * 2));
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(theme.dimText, 1.5, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    const qreal tip = option.direction == Qt::LeftToRight ? 0.7 : 0.3;
    const QPointF corners[] = {
        {place.left() + place.width() * (1 - tip), place.top() + place.height() * 0.1},
        {place.left() + place.width() * tip, place.top() + place.height() * 0.5},
        {place.left() + place.width() * (1 - tip), place.top() + place.height() * 0.9}};
    painter.drawPolyline(corners, 3);
    if ((option.state & QStyle::State_Selected) != 0)
        painter.fillRect(
            QStyle::visualRect(option.direction, rects.heading,
                               QRect(rects.heading.left(), rects.heading.top(), 3, rects.heading.height())),
            theme.accent);
}

void AgentDelegate::paintTitle(QPainter& painter, const QStyleOptionViewItem& option, const Agent& agent,
                               const AgentLayout& rects) const
{
    const Theme& theme = Theme::of(option.palette);
    const AgentMetrics& font = metrics(option.font);
    painter.setRenderHint(QPainter::Antialiasing);
    drawDot(painter, rects.dot, agent.state, theme);
    const int percentWidth =
        drawTrailing(painter, rects.title, option.direction, font.number, theme.text, percent(agent.usage));
    const QRect left = inset(rects.title, option.direction, 0, percentWidth + 2 * font.unit);
    const int nameWidth =
        drawText(painter, left, option.direction, font.name, theme.text, oneLine(agent.info.name));
    const QRect rest = inset(left, option.direction, nameWidth + 2 * font.unit, 0);
    // Three letters and an ellipsis say nothing: the kind is left out where the name needs the line.
    if (rest.width() > font.unit * 8)
        drawText(painter, rest, option.direction, font.small, theme.dimText, kindText(agent));
}

void AgentDelegate::paintBar(QPainter& painter, const QStyleOptionViewItem& option, const Agent& agent,
                             const QRect& bar) const
{
    const Theme& theme = Theme::of(option.palette);
    const qreal radius = bar.height() / 2.0;
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(theme.groove);
    painter.drawRoundedRect(bar, radius, radius);
    if (const auto fraction = windowFraction(agent.usage)) {
        const double shown = std::clamp(m_motion.painted(agent.id, *fraction), 0.0, 1.0);
        const qreal length = bar.width() * shown;
        if (length > 0) {
            // Clipped, not shortened: a short bar keeps the groove's round end.
            QPainterPath groove;
            groove.addRoundedRect(bar, radius, radius);
            QPainterPath filled;
            const qreal x =
                option.direction == Qt::LeftToRight ? bar.left() : bar.left() + bar.width() - length;
            filled.addRoundedRect(QRectF(x, bar.top(), std::max<qreal>(length, 2), bar.height()),
                                  std::min(radius, length / 2), radius);
            painter.setBrush(theme.bar(fillLevel(agent.usage)));
            painter.drawPath(groove.intersected(filled));
        }
    }
    const Usage& usage = agent.usage;
    if (!usage.compactAtTokens || !usage.contextWindow || *usage.contextWindow <= 0)
        return;
    const double at = std::clamp(double(*usage.compactAtTokens) / double(*usage.contextWindow), 0.0, 1.0);
    const int width = std::max(2, bar.height() / 4);
    const int offset = std::min(int(bar.width() * at), bar.width() - width);
    const int over = std::max(2, bar.height() / 3);
    const QRect tick(bar.left() + offset, bar.top() - over, width, bar.height() + 2 * over);
    painter.setRenderHint(QPainter::Antialiasing, false);
    painter.fillRect(QStyle::visualRect(option.direction, bar, tick), theme.tick);
}

void AgentDelegate::paintNumbers(QPainter& painter, const QStyleOptionViewItem& option, const Agent& agent,
                                 const AgentLayout& rects) const
{
    const Theme& theme = Theme::of(option.palette);
    const AgentMetrics& font = metrics(option.font);
    const int costWidth =
        drawTrailing(painter, rects.numbers, option.direction, font.number, theme.dimText, cost(agent.usage));
    QString text = fill(agent.usage);
    if (!agent.info.model.isEmpty())
        text += QStringLiteral(" · ") + oneLine(shortModel(agent.info.model));
    drawText(painter, inset(rects.numbers, option.direction, 0, costWidth + 2 * font.unit), option.direction,
             font.number, theme.dimText, text);
    drawText(painter, rects.activity, option.direction, font.small, theme.dimText, activityLine(agent));
}

QString AgentDelegate::kindText(const Agent& agent) const
{
    if (agent.info.parentId.isNull())
        return kindLabel(agent.info.kind);
    const Agent* parent = m_agents.agent(agent.info.parentId);
    return parent ? tr("subagent of %1").arg(oneLine(parent->info.name)) : tr("subagent");
}

} // namespace plimsoll
