// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/server/throttle.h"

#include <QElapsedTimer>
#include <QSslSocket>
#include <QTcpSocket>

namespace plimsoll {

/// What a guarded socket lets be written. QWebSocket answers each ping by itself and without bound: what is
/// written while nobody of ours writes is such an answer, and is counted here.
class WriteGuard
{
public:
    explicit WriteGuard(const ServerLimits& limits)
        : m_most(limits.droppedBytes)
        , m_answers(2 * limits.controlsPerSecond) // a pong is written in two parts
    {
        m_clock.start();
    }

    /// What follows is ours until the scope ends.
    class Ours
    {
    public:
        explicit Ours(WriteGuard& guard)
            : m_guard(guard)
        {
            m_guard.m_ours = true;
        }
        ~Ours() { m_guard.m_ours = false; }
        Ours(const Ours&) = delete;
        Ours& operator=(const Ours&) = delete;
        Ours(Ours&&) = delete;
        Ours& operator=(Ours&&) = delete;

    private:
        WriteGuard& m_guard;
    };

    /// \param pending bytes that wait already
    [[nodiscard]] bool allows(qint64 pending, qint64 bytes)
    {
        if (m_counting && !m_ours) {
            ++m_answered;
            m_flooded = m_flooded || !m_answers.take(m_clock.elapsed() + 1);
        }
        if (pending + bytes > m_most)
            m_full = true;
        return !m_flooded && !m_full;
    }
    void startCounting() { m_counting = true; }                   ///< from here on it is a WebSocket
    void stopCounting() { m_counting = false; }                   ///< the closing handshake is not counted
    [[nodiscard]] quint64 answered() const { return m_answered; } ///< writes that were not ours
    [[nodiscard]] bool isFlooded() const { return m_flooded; }
    [[nodiscard]] bool isFull() const { return m_full; }

private:
    const qint64 m_most;
    TokenBucket m_answers;
    QElapsedTimer m_clock;
    quint64 m_answered = 0;
    bool m_ours = false;
    bool m_counting = false;
    bool m_flooded = false;
    bool m_full = false;
};

/// A QTcpSocket or QSslSocket that refuses to be written more than a bound: it drops the peer then. Lives in
/// the server thread.
template <typename Base>
class GuardedSocket final : public Base
{
public:
    GuardedSocket(const ServerLimits& limits, QObject* parent)
        : Base(parent)
        , guard(limits)
    {
    }

    WriteGuard guard;

protected:
    qint64 writeData(const char* data, qint64 bytes) override
    {
        if (guard.allows(this->bytesToWrite(), bytes))
            return Base::writeData(data, bytes);
        // Not at once: who writes here is in the middle of something.
        QMetaObject::invokeMethod(
            this, [this] { this->abort(); }, Qt::QueuedConnection);
        return bytes; // nobody will read it
    }
};

using GuardedTcp = GuardedSocket<QTcpSocket>;
using GuardedTls = GuardedSocket<QSslSocket>;

/// The guard of a socket that was made by the listener.
[[nodiscard]] inline WriteGuard& guardOf(QTcpSocket& socket)
{
    if (auto* tls = dynamic_cast<GuardedTls*>(&socket))
        return tls->guard;
    return static_cast<GuardedTcp&>(socket).guard;
}

} // namespace plimsoll
