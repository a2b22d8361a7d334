// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/agent.h"

#include <QBasicTimer>
#include <QElapsedTimer>
#include <QHash>
#include <QObject>

namespace plimsoll {

/// Lets bars glide to their new length. Knows only the rows that have been painted; its timer runs only while
/// something moves. GUI thread.
class BarMotion : public QObject
{
    Q_OBJECT

public:
    using QObject::QObject;

    static constexpr int durationMs = 180;

    /// Off for people who asked their desktop for no motion: a bar then jumps.
    void setEnabled(bool enabled);

    /// The fraction to paint for a bar that stands or goes to `target`; remembered as what the eye has seen.
    [[nodiscard]] double painted(const AgentId& id, double target);

    /// A bar on screen has a new target. One that has not been painted before does not glide.
    void retarget(const AgentId& id, double target);

    /// Forgets everything that has been painted.
    void clear();

    [[nodiscard]] bool isRunning() const { return m_timer.isActive(); }

signals:
    void moved(const plimsoll::AgentId& id); ///< its bar must be painted anew

protected:
    void timerEvent(QTimerEvent* event) override;

private:
    struct Glide
    {
        double from = 0;
        double to = 0;
        qint64 startMs = 0;
    };

    QHash<AgentId, double> m_seen;
    QHash<AgentId, Glide> m_gliding;
    QBasicTimer m_timer;
    QElapsedTimer m_clock;
    bool m_enabled = true;
};

} // namespace plimsoll
