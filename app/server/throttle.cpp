// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/server/throttle.h"

namespace plimsoll {

namespace {

constexpr qsizetype mostPeers = 4096;
constexpr qint64 minuteMs = 60'000;
constexpr int failureDelayMs = 150;

/// An IPv6 peer owns a whole /64, and IPv4 comes in two forms.
QHostAddress keyOf(const QHostAddress& address)
{
    bool isV4 = false;
    const quint32 v4 = address.toIPv4Address(&isV4);
    if (isV4)
        return QHostAddress(v4);
    if (address.isLoopback())
        return address;
    Q_IPV6ADDR v6 = address.toIPv6Address();
    for (int i = 8; i < 16; ++i)
        v6[i] = 0;
    return QHostAddress(v6);
}

} // namespace

Throttle::Peer& Throttle::peerOf(const QHostAddress& address, qint64 nowMs)
{
    const QHostAddress key = keyOf(address);
    auto found = m_peers.find(key);
    if (found == m_peers.end()) {
        if (m_peers.size() >= mostPeers)
            forgetOld(nowMs);
        Peer peer;
        peer.dials = TokenBucket(key.isLoopback() ? m_limits.loopbackNewPerSecond : m_limits.newPerSecond);
        found = m_peers.insert(key, peer);
    }
    found->seenAtMs = nowMs;
    return *found;
}

void Throttle::forgetOld(qint64 nowMs)
{
    m_peers.removeIf([nowMs](const auto& item) {
        return item->connections == 0 && item->bannedUntilMs <= nowMs && item->seenAtMs + minuteMs <= nowMs;
    });
}

bool Throttle::admit(const QHostAddress& address, qint64 nowMs)
{
    if (m_connections >= m_limits.connections)
        return false;
    Peer& peer = peerOf(address, nowMs);
    const bool isHere = address.isLoopback();
    if (peer.bannedUntilMs > nowMs || (!isHere && peer.connections >= m_limits.perAddress) ||
        !peer.dials.take(nowMs))
        return false;
    ++peer.connections;
    ++m_connections;
    return true;
}

void Throttle::release(const QHostAddress& address)
{
    --m_connections;
    const auto found = m_peers.find(keyOf(address));
    if (found != m_peers.end() && found->connections > 0)
        --found->connections;
}

int Throttle::noteFailure(const QHostAddress& address, qint64 nowMs)
{
    Peer& peer = peerOf(address, nowMs);
    if (peer.failuresSinceMs + minuteMs <= nowMs || peer.failures == 0) {
        peer.failures = 0;
        peer.failuresSinceMs = nowMs;
    }
    ++peer.failures;
    if (!address.isLoopback() && peer.failures > m_limits.failuresPerMinute)
        peer.bannedUntilMs = nowMs + m_limits.banMs;
    return failureDelayMs;
}

} // namespace plimsoll
