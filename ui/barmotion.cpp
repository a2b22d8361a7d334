// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/barmotion.h"

#include <QEasingCurve>
#include <QTimerEvent>

#include <algorithm>

namespace plimsoll {

namespace {

constexpr int frameMs = 16;
// More rows than this are never on screen together; what was seen long ago need not glide.
constexpr qsizetype maxSeen = 512;

} // namespace

void BarMotion::setEnabled(bool enabled)
{
    m_enabled = enabled;
    if (enabled)
        return;
    const auto ids = m_gliding.keys();
    m_gliding.clear();
    m_timer.stop();
    for (const AgentId& id : ids)
        emit moved(id);
}

double BarMotion::painted(const AgentId& id, double target)
{
    double shown = target;
    if (const auto glide = m_gliding.constFind(id); glide != m_gliding.constEnd()) {
        const double part = std::min(1.0, double(m_clock.elapsed() - glide->startMs) / durationMs);
        shown = glide->from +
                (glide->to - glide->from) * QEasingCurve(QEasingCurve::OutCubic).valueForProgress(part);
    }
    if (m_seen.size() >= maxSeen && !m_seen.contains(id))
        m_seen.clear();
    m_seen.insert(id, shown);
    return shown;
}

void BarMotion::retarget(const AgentId& id, double target)
{
    const auto seen = m_seen.constFind(id);
    if (!m_enabled || seen == m_seen.constEnd() || *seen == target)
        return;
    if (!m_timer.isActive()) {
        m_clock.start();
        m_timer.start(frameMs, Qt::PreciseTimer, this);
    }
    m_gliding.insert(id, {*seen, target, m_clock.elapsed()});
}

void BarMotion::clear()
{
    m_seen.clear();
    m_gliding.clear();
    m_timer.stop();
}

void BarMotion::timerEvent(QTimerEvent* event)
{
    if (event->timerId() != m_timer.timerId()) {
        QObject::timerEvent(event);
        return;
    }
    const qint64 now = m_clock.elapsed();
    const auto ids = m_gliding.keys();
    for (const AgentId& id : ids) {
        if (now - m_gliding.value(id).startMs >= durationMs)
            m_gliding.remove(id);
        emit moved(id);
    }
    if (m_gliding.isEmpty())
        m_timer.stop();
}

} // namespace plimsoll
