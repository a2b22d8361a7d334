// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/recorder.h"

#include <QThread>

namespace plimsoll {

namespace {

/// Whether `next` makes `last` superfluous: a total that replaces a total of the same kind.
bool replaces(const Body& last, const Body& next)
{
    if (last.index() != next.index())
        return false;
    return std::holds_alternative<UsageChanged>(next) || std::holds_alternative<AgentChanged>(next) ||
           std::holds_alternative<SpendChanged>(next);
}

} // namespace

Recorder::Recorder(Handover<Event> in, QList<Handover<Events>> outs)
    : m_in(std::move(in))
    , m_outs(std::move(outs))
    , m_timer(this)
{
    m_timer.setSingleShot(true);
    m_timer.setTimerType(Qt::PreciseTimer);
    m_timer.setInterval(frameMs);
    connect(&m_timer, &QTimer::timeout, this, &Recorder::flush);
}

Recorder::~Recorder()
{
    m_in.takeNow(); // what was said to the end is kept
    flush();
    m_in.disconnect();
}

void Recorder::start()
{
    Q_ASSERT(QThread::currentThread() == thread());
    m_in.connectTo(this, [this](std::vector<Event> events) {
        for (Event& event : events)
            record(std::move(event));
    });
}

void Recorder::record(Event event)
{
    const auto last = m_last.constFind(event.agent);
    if (last != m_last.constEnd() && replaces(m_waiting.at(*last).body, event.body)) {
        m_waiting[*last] = std::move(event);
        return;
    }
    m_last.insert(event.agent, m_waiting.size());
    m_waiting.append(std::move(event));
    if (!m_timer.isActive())
        m_timer.start();
}

void Recorder::flush()
{
    m_timer.stop();
    if (m_waiting.isEmpty())
        return;
    m_last.clear();
    Events frame;
    frame.reserve(m_waiting.size());
    for (Event& event : m_waiting) {
        const std::optional<AlertRaised> alert = m_alerts.take(event);
        event.seq = ++m_seq;
        const qint64 atMs = event.atMs;
        const AgentId agent = event.agent;
        frame.append(std::move(event));
        if (alert)
            frame.append({++m_seq, atMs, agent, *alert});
    }
    m_waiting.clear();
    for (Handover<Events>& out : m_outs)
        out.push(frame);
}

} // namespace plimsoll
