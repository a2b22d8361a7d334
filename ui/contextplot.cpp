// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/contextplot.h"

#include "models/agentmodel.h"
#include "models/host.h"
#include "ui/plotcanvas.h"
#include "ui/theme.h"
#include "ui/widgets.h"

#include <QDateTime>
#include <QEvent>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <tuple>

namespace plimsoll {

namespace {

constexpr int frameMs = 200; // five drawings a second
constexpr qint64 airMs = 30'000;

bool lives(AgentState state)
{
    return state == AgentState::Executing || state == AgentState::Blocked || state == AgentState::Waiting ||
           state == AgentState::Idle;
}

qint64 currentMs()
{
    return QDateTime::currentMSecsSinceEpoch();
}

} // namespace

ContextPlot::ContextPlot(Host& host, AgentModel& agents, QWidget* parent)
    : QWidget(parent)
    , m_host(host)
    , m_agents(agents)
    , m_canvas(new PlotCanvas(this))
{
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(QStringLiteral("Context fill over time"));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->setSpacing(0);
    layout->addWidget(m_canvas, 1);
    m_foot = new ElidedLabel(this);
    m_foot->setFont(resized(font(), -0.8));
    m_whole = new QToolButton(this);
    m_whole->setText(QStringLiteral("Show its whole history"));
    m_whole->setAccessibleName(QStringLiteral("Show the whole history of the selected agent"));
    m_whole->setToolTip(QStringLiteral("The selected agent has no line in the shown time"));
    m_whole->hide();
    m_foot->hide();
    auto* foot = new QHBoxLayout;
    foot->addWidget(m_foot, 1);
    foot->addStretch();
    foot->addWidget(m_whole);
    layout->addLayout(foot);
    connect(m_whole, &QToolButton::clicked, this, &ContextPlot::showWholeHistory);
    m_timer.setSingleShot(true);
    connect(&m_timer, &QTimer::timeout, this, &ContextPlot::draw);
    connect(&m_host, &Host::replied, this, &ContextPlot::onReplied);
    connect(m_canvas, &PlotCanvas::spanChosen, this, &ContextPlot::moveByHand);
    connect(m_canvas, &PlotCanvas::doubleClicked, this, &ContextPlot::backToLive);
    connect(m_canvas, &PlotCanvas::linePicked, this, &ContextPlot::agentPicked);
    updateLook();
    reset();
}

ContextPlot::~ContextPlot() = default;

void ContextPlot::setRange(PlotRange range)
{
    m_range = range;
    backToLive();
    touch();
}

void ContextPlot::setSelectedAgent(const AgentId& id)
{
    if (m_selected == id)
        return;
    m_selected = id;
    touch();
}

void ContextPlot::apply(const Events& events)
{
    if (events.isEmpty())
        return;
    m_history.apply(events);
    touch();
}

void ContextPlot::reset()
{
    m_history.reset(m_agents.agents());
    m_asked.clear();
    m_known.clear();
    m_slots.clear();
    m_lines.clear();
    touch();
}

void ContextPlot::backToLive()
{
    if (!m_byHand)
        return;
    m_byHand = false;
    emit liveChanged(true);
    touch();
}

void ContextPlot::moveByHand(TimeSpan span)
{
    m_span = boundedSpan(span);
    if (!m_byHand) {
        m_byHand = true;
        emit liveChanged(false);
    }
    touch();
}

/// Something to draw has changed: soon, if anybody looks.
void ContextPlot::touch()
{
    m_dirty = true;
    if (!isVisible() || m_timer.isActive())
        return;
    const qint64 since = m_sinceDrawn.isValid() ? m_sinceDrawn.elapsed() : frameMs;
    m_timer.start(int(std::clamp<qint64>(frameMs - since, 0, frameMs)));
}

void ContextPlot::draw()
{
    if (!m_dirty || !isVisible())
        return;
    m_dirty = false;
    m_sinceDrawn.start();
    const qint64 nowMs = currentMs();
    if (!m_byHand) {
        const qint64 first = m_history.firstMs();
        m_span = liveSpan(m_range, nowMs, first > 0 ? std::optional(first) : std::nullopt);
    }
    const QList<AgentId> agents = shownAgents();
    askCurves(agents);
    assignSlots(agents);
    m_lines.clear();
    m_withoutWindow.clear();
    for (const AgentId& id : agents) {
        FillLine line = lineOf(id, nowMs);
        if (!line.points.isEmpty())
            m_lines.append(std::move(line));
        else if (const Agent* agent = m_agents.agent(id); agent != nullptr && !agent->usage.contextWindow)
            m_withoutWindow.append(line.name);
    }
    // While curves are on their way nobody knows yet that there is nothing.
    m_note =
        m_lines.isEmpty() && m_asked.isEmpty()
            ? emptyPlotNote(m_byHand ? std::nullopt : std::optional(m_range), int(m_withoutWindow.size()))
            : QString();
    PlotPicture picture{m_lines, m_selected, m_span, nowMs, {}, m_note};
    if (const Agent* agent = m_agents.agent(m_selected)) {
        const Usage& usage = agent->usage;
        if (usage.compactAtTokens && usage.contextWindow && *usage.contextWindow > 0)
            picture.triggerPercent = 100.0 * double(*usage.compactAtTokens) / double(*usage.contextWindow);
    }
    m_canvas->draw(picture);
    updateFoot();
    describe();
    ++m_drawCount;
    emit drawn();
}

/// Those whose life touches the shown time, the selected one first, then the newest, at most maxLines.
QList<AgentId> ContextPlot::shownAgents() const
{
    QList<const Agent*> candidates;
    for (const Agent& agent : m_agents.agents()) {
        const bool before = agent.info.updatedAtMs != 0 && agent.info.updatedAtMs < m_span.fromMs;
        const bool after = agent.info.createdAtMs != 0 && agent.info.createdAtMs > m_span.toMs;
        if ((before && !lives(agent.state)) || after || !agent.usage.contextTokens)
            continue;
        candidates.append(&agent);
    }
    std::sort(candidates.begin(), candidates.end(), [this](const Agent* a, const Agent* b) {
        const auto key = [this](const Agent* agent) {
            return std::make_tuple(agent->id != m_selected, -agent->info.updatedAtMs, agent->id.uuid);
        };
        return key(a) < key(b);
    });
    if (candidates.size() > maxLines)
        candidates.resize(maxLines);
    QList<AgentId> ids;
    ids.reserve(candidates.size());
    for (const Agent* agent : std::as_const(candidates))
        ids.append(agent->id);
    return ids;
}

void ContextPlot::askCurves(const QList<AgentId>& agents)
{
    for (const AgentId& id : agents) {
        if (m_known.contains(id))
            continue;
        m_known.insert(id);
        const quint64 query =
            m_host.query(QStringLiteral("curve"), {{QStringLiteral("agent_id"), id.toString()}});
        m_asked.insert(query, id);
    }
}

void ContextPlot::onReplied(const Reply& reply)
{
    const auto asked = m_asked.constFind(reply.id);
    if (asked == m_asked.constEnd())
        return;
    const AgentId id = *asked;
    m_asked.erase(asked);
    touch();
    if (reply.error.isEmpty()) // else the line begins with what is seen live
        m_history.setCurve(id, samplesFromCurve(reply.result));
}

FillLine ContextPlot::lineOf(const AgentId& id, qint64 nowMs)
{
    const Agent* agent = m_agents.agent(id);
    FillLine line{id, {}, m_slots.value(id), {}};
    if (agent == nullptr)
        return line;
    line.name = agent->info.name;
    const int columns = std::clamp(width(), 200, 4000);
    QList<FillPoint> points;
    for (const UsageSample& sample : m_history.visible(id, m_span.fromMs, m_span.toMs, columns)) {
        const Count window = sample.contextWindow ? sample.contextWindow : agent->usage.contextWindow;
        if (window && *window > 0)
            points.append({sample.atMs, sample.contextTokens, *window});
    }
    // What lives still fills its window, also while nothing is said.
    line.points = withDrops(points, lives(agent->state) ? std::optional(nowMs) : std::nullopt);
    return line;
}

void ContextPlot::assignSlots(const QList<AgentId>& agents)
{
    const QSet<AgentId> shown(agents.begin(), agents.end());
    m_slots.removeIf([&shown](QHash<AgentId, int>::iterator it) { return !shown.contains(it.key()); });
    for (const AgentId& id : agents) {
        if (!m_slots.contains(id))
            m_slots.insert(id, freeSlot(m_slots.values()));
    }
}

void ContextPlot::updateFoot()
{
    const QString missing = m_note.isEmpty() ? withoutWindowNote(int(m_withoutWindow.size())) : QString();
    m_foot->setTip(m_withoutWindow.join(QStringLiteral(", ")));
    m_foot->setWholeText(missing);
    m_foot->setVisible(!missing.isEmpty());
    const Agent* agent = m_agents.agent(m_selected);
    const bool drawn = std::any_of(m_lines.begin(), m_lines.end(),
                                   [this](const FillLine& line) { return line.agent == m_selected; });
    const TimeSpan whole = wholeHistory();
    const bool elsewhere = whole.toMs > 0 && (whole.fromMs < m_span.fromMs || whole.toMs > m_span.toMs);
    m_whole->setVisible(agent != nullptr && !drawn && elsewhere && agent->usage.contextTokens &&
                        agent->usage.contextWindow &&
                        std::find(m_asked.cbegin(), m_asked.cend(), m_selected) == m_asked.cend());
}

/// The life of the selected agent with some air around it; nothing where it is not known.
TimeSpan ContextPlot::wholeHistory() const
{
    const Agent* agent = m_agents.agent(m_selected);
    if (agent == nullptr || agent->info.createdAtMs <= 0 || agent->info.updatedAtMs < agent->info.createdAtMs)
        return {};
    const qint64 air = (agent->info.updatedAtMs - agent->info.createdAtMs) / 20 + airMs;
    return {agent->info.createdAtMs - air, agent->info.updatedAtMs + air};
}

void ContextPlot::showWholeHistory()
{
    const TimeSpan whole = wholeHistory();
    if (whole.toMs > 0)
        moveByHand(whole);
}

void ContextPlot::describe()
{
    const QString text = plotSummary(m_lines, m_byHand ? QStringLiteral("chosen time") : rangeWords(m_range));
    if (accessibleDescription() != text)
        setAccessibleDescription(text);
}

void ContextPlot::updateLook()
{
    const Theme& theme = Theme::of(palette());
    tint(m_foot, theme.dimText);
    QPalette link = m_whole->palette();
    link.setColor(QPalette::ButtonText, theme.accentText);
    m_whole->setPalette(link);
}

void ContextPlot::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && m_whole != nullptr)
        updateLook();
}

void ContextPlot::keyPressEvent(QKeyEvent* event)
{
    const qint64 length = m_span.toMs - m_span.fromMs;
    const qint64 step = length / 8;
    switch (event->key()) {
    case Qt::Key_Left: return moveByHand({m_span.fromMs - step, m_span.toMs - step});
    case Qt::Key_Right: return moveByHand({m_span.fromMs + step, m_span.toMs + step});
    case Qt::Key_Plus:
    case Qt::Key_Equal: return moveByHand({m_span.fromMs + step, m_span.toMs - step});
    case Qt::Key_Minus: return moveByHand({m_span.fromMs - step, m_span.toMs + step});
    case Qt::Key_Home:
    case Qt::Key_Escape:
        if (m_byHand)
            return backToLive();
        break;
    default: break;
    }
    QWidget::keyPressEvent(event);
}

void ContextPlot::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    touch();
}

void ContextPlot::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    updateLook();
    touch();
}

} // namespace plimsoll
