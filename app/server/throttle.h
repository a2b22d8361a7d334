// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QHash>
#include <QHostAddress>

#include <algorithm>

namespace plimsoll {

/// How much the server bears; benchmarks raise some.
struct ServerLimits
{
    int connections = 256;    ///< in all
    int perAddress = 32;      ///< of one address beyond loopback
    int unauthenticated = 64; ///< whose head has not come yet
    double newPerSecond = 10; ///< of one address; bursts of twice as many
    double loopbackNewPerSecond = 200;
    double messagesPerSecond = 20;         ///< of one viewer; bursts of twice as many
    double controlsPerSecond = 10;         ///< pings of one viewer; bursts of twice as many
    qint64 messageBytes = 64 * 1024;       ///< of one message in
    qint64 frameBytes = 256 * 1024;        ///< of one frame out
    qint64 unsentBytes = 1024 * 1024;      ///< above: nothing more is handed to the socket
    qint64 droppedBytes = 4 * 1024 * 1024; ///< above: the viewer is dropped
    int headMs = 3000;                     ///< for TLS and the head
    int bodyMs = 10'000;
    int stuckMs = 10'000; ///< without progress: dropped
    int pingMs = 20'000;
    int helloMs = 1000;
    int failuresPerMinute = 5; ///< wrong secrets of one address
    qint64 banMs = 15 * 60 * 1000;
    qint64 ringBytes = 4 * 1024 * 1024; ///< of sent messages, for those who resume
};

/// So many a second, and a burst of twice that. Plain value.
class TokenBucket
{
public:
    explicit TokenBucket(double perSecond)
        : m_perSecond(perSecond)
        , m_level(2 * perSecond)
    {
    }

    /// \param nowMs of a clock that only goes forward
    [[nodiscard]] bool take(qint64 nowMs)
    {
        if (m_atMs != 0)
            m_level = std::min(2 * m_perSecond, m_level + double(nowMs - m_atMs) * m_perSecond / 1000);
        m_atMs = nowMs;
        if (m_level < 1)
            return false;
        m_level -= 1;
        return true;
    }

private:
    double m_perSecond;
    double m_level;
    qint64 m_atMs = 0;
};

/// Who may connect, by address: counts, rates and bans. Who connects from this machine is slowed down after a
/// wrong secret and never banned, for a page could lock the operator out so. Server thread.
class Throttle
{
public:
    explicit Throttle(const ServerLimits& limits)
        : m_limits(limits)
    {
    }

    /// Whether one more may come in; counts it if so. \param nowMs of a clock that only goes forward
    [[nodiscard]] bool admit(const QHostAddress& address, qint64 nowMs);
    /// One that was admitted is gone.
    void release(const QHostAddress& address);
    /// A wrong secret. \return ms that the answer should wait
    [[nodiscard]] int noteFailure(const QHostAddress& address, qint64 nowMs);
    [[nodiscard]] int connections() const { return m_connections; }

private:
    struct Peer
    {
        int connections = 0;
        TokenBucket dials{0};
        int failures = 0;
        qint64 failuresSinceMs = 0;
        qint64 bannedUntilMs = 0;
        qint64 seenAtMs = 0;
    };

    Peer& peerOf(const QHostAddress& address, qint64 nowMs);
    void forgetOld(qint64 nowMs);

    const ServerLimits m_limits;
    QHash<QHostAddress, Peer> m_peers;
    int m_connections = 0;
};

} // namespace plimsoll
