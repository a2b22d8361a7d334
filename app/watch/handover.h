// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QCoreApplication>
#include <QEvent>
#include <QObject>

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace plimsoll {

/// Does something in its thread each time that an event is posted to it. The event carries nothing, for what
/// passes through Qt's queue ThreadSanitizer cannot follow.
class Waker : public QObject
{
public:
    /// Lives where `companion` lives, and as long as it.
    Waker(const QObject* companion, std::function<void()> wake)
        : m_wake(std::move(wake))
    {
        moveToThread(companion->thread());
        // Not as its child: the two may be made in different threads.
        connect(
            companion, &QObject::destroyed, this, [this] { delete this; }, Qt::DirectConnection);
    }

    bool event(QEvent* event) override
    {
        if (event->type() != QEvent::User)
            return QObject::event(event);
        m_wake();
        return true;
    }

private:
    const std::function<void()> m_wake;
};

/// Carries values to another thread: a queue under a mutex, with Qt as wake-up only, so that ThreadSanitizer
/// can follow (BUILD.md §9.3). One wake-up takes all that waits. push() from any thread; the receiver's
/// function runs in the receiver's thread, in order. Values pushed before connectTo() wait; after the
/// receiver is gone they are dropped. Copies share one queue.
template <typename T>
class Handover
{
public:
    /// Call once, in the receiver's thread or before that thread runs.
    void connectTo(QObject* receiver, std::function<void(std::vector<T>)> take)
    {
        bool waiting = false;
        {
            const std::lock_guard lock(m_queue->mutex);
            m_queue->waker = new Waker(receiver, [queue = m_queue] { drain(*queue); });
            m_queue->take = std::move(take);
            waiting = !m_queue->values.empty();
        }
        if (waiting)
            wake();
    }

    /// The receiver goes away: nothing is handed to it any more. In the receiver's thread.
    void disconnect()
    {
        const std::lock_guard lock(m_queue->mutex);
        m_queue->waker = nullptr;
        m_queue->take = nullptr;
        m_queue->closed = true;
        m_queue->values.clear();
    }

    void push(T value)
    {
        bool first = false;
        {
            const std::lock_guard lock(m_queue->mutex);
            if (m_queue->closed)
                return;
            first = m_queue->values.empty();
            m_queue->values.push_back(std::move(value));
        }
        if (first)
            wake();
    }

    /// Takes what waits, before its wake-up comes: so that what was pushed before something that went another
    /// way also arrives before it. In the receiver's thread.
    void takeNow() { drain(*m_queue); }

private:
    struct Queue
    {
        std::mutex mutex;
        std::vector<T> values;                    // guarded by mutex
        Waker* waker = nullptr;                   // guarded by mutex
        std::function<void(std::vector<T>)> take; // guarded by mutex
        bool closed = false;                      // guarded by mutex
    };

    void wake()
    {
        const std::lock_guard lock(m_queue->mutex);
        if (m_queue->waker)
            QCoreApplication::postEvent(m_queue->waker, new QEvent(QEvent::User));
    }

    static void drain(Queue& queue)
    {
        std::vector<T> values;
        std::function<void(std::vector<T>)> take;
        {
            const std::lock_guard lock(queue.mutex);
            values.swap(queue.values);
            take = queue.take;
        }
        if (take && !values.empty())
            take(std::move(values));
    }

    std::shared_ptr<Queue> m_queue = std::make_shared<Queue>();
};

} // namespace plimsoll
