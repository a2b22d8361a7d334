// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/server/peer.h"

#include "app/server/guardedsocket.h"
#include "app/server/wire.h"

#include <QDateTime>
#include <QTimer>

#include <sys/socket.h>
#include <utility>

namespace plimsoll {

namespace {

constexpr int closeMs = 2000;
constexpr int policyViolation = 1008;
constexpr int tooSlow = 4408;

} // namespace

Peer::Peer(QWebSocket* socket, QTcpSocket* tcp, Principal principal, const ServerLimits& limits,
           QObject* parent)
    : QObject(parent)
    , m_socket(socket)
    , m_tcp(tcp)
    , m_principal(std::move(principal))
    , m_limits(limits)
    , m_address(socket->peerAddress())
    , m_sinceMs(QDateTime::currentMSecsSinceEpoch())
    , m_isPlain(qobject_cast<QSslSocket*>(tcp) == nullptr)
    , m_messages(limits.messagesPerSecond)
{
    m_socket->setParent(this);
    m_clock.start();
    // Both: a message of many small frames is as large as one frame.
    m_socket->setMaxAllowedIncomingFrameSize(quint64(limits.messageBytes));
    m_socket->setMaxAllowedIncomingMessageSize(quint64(limits.messageBytes));
    guardOf(*m_tcp).startCounting();
    connect(m_socket, &QWebSocket::textMessageReceived, this,
            [this](const QString& text) { take(text.toUtf8()); });
    connect(m_socket, &QWebSocket::binaryMessageReceived, this, &Peer::take);
    connect(m_socket, &QWebSocket::pong, this, [this] {
        ++m_frames;
        m_unansweredPings = 0;
    });
    connect(m_socket, &QWebSocket::textFrameReceived, this, [this] { ++m_frames; });
    connect(m_socket, &QWebSocket::binaryFrameReceived, this, [this] { ++m_frames; });
    connect(m_tcp, &QTcpSocket::readyRead, this, &Peer::noteRead); // after QWebSocket has read
    connect(m_socket, &QWebSocket::disconnected, this, &Peer::end);
    connect(m_tcp, &QTcpSocket::bytesWritten, this, &Peer::noteWritten);
    connect(m_tcp, &QTcpSocket::disconnected, this, &Peer::end);
}

Peer::~Peer()
{
    disconnect(m_socket, nullptr, this, nullptr);
    if (m_tcp)
        disconnect(m_tcp, nullptr, this, nullptr);
}

void Peer::take(const QByteArray& message)
{
    if (!m_open)
        return;
    if (!m_messages.take(m_clock.elapsed() + 1))
        return close(policyViolation, QStringLiteral("too many messages"));
    emit messageCame(message);
}

bool Peer::canTake() const
{
    return m_open && m_tcp && m_tcp->bytesToWrite() < m_limits.unsentBytes;
}

void Peer::send(const QByteArray& frames)
{
    if (!m_open || !m_tcp || frames.isEmpty())
        return;
    qsizetype sent = 0;
    if (m_isPlain && m_tcp->bytesToWrite() == 0) {
        m_progressAtMs = m_clock.elapsed();
        // To the kernel at once, without Qt's buffer between; what it does not take waits there.
        const ssize_t taken = ::send(int(m_tcp->socketDescriptor()), frames.constData(),
                                     size_t(frames.size()), MSG_DONTWAIT | MSG_NOSIGNAL);
        sent = taken > 0 ? qsizetype(taken) : 0;
    }
    if (sent < frames.size()) {
        const WriteGuard::Ours ours(guardOf(*m_tcp));
        m_tcp->write(sent == 0 ? frames : frames.sliced(sent));
    }
    m_blocked = m_tcp->bytesToWrite() >= m_limits.unsentBytes;
}

/// QWebSocket waits for ever for the rest of a frame of which a second part has come.
void Peer::noteRead()
{
    if (!m_open || !m_tcp)
        return;
    const qint64 now = m_clock.elapsed() + 1;
    // A ping is told by nobody, but it is answered.
    const quint64 heard = m_frames + guardOf(*m_tcp).answered();
    if (std::exchange(m_heard, heard) != heard)
        m_halfSinceMs = m_tcp->bytesAvailable() > 0 ? now : 0;
    else if (m_halfSinceMs == 0)
        m_halfSinceMs = now;
}

void Peer::noteWritten()
{
    m_progressAtMs = m_clock.elapsed();
    if (!m_open || !m_tcp)
        return;
    // Half empty, so that it does not go to and fro at the bound.
    if (m_blocked && m_tcp->bytesToWrite() < m_limits.unsentBytes / 2) {
        m_blocked = false;
        emit drained();
    }
}

void Peer::tick()
{
    if (!m_open || !m_tcp)
        return;
    const qint64 now = m_clock.elapsed();
    const WriteGuard& guard = guardOf(*m_tcp);
    if (guard.isFlooded())
        return close(policyViolation, QStringLiteral("too many pings"));
    const qint64 pending = m_tcp->bytesToWrite();
    if (pending == 0)
        m_progressAtMs = now;
    if (pending > m_limits.droppedBytes || guard.isFull() || now - m_progressAtMs > m_limits.stuckMs)
        return close(tooSlow, QStringLiteral("this viewer does not read"));
    if (m_halfSinceMs != 0 && now - m_halfSinceMs > m_limits.bodyMs)
        return close(policyViolation, QStringLiteral("a frame has no end"));
    if (now - m_pingedAtMs < m_limits.pingMs)
        return;
    m_pingedAtMs = now;
    if (++m_unansweredPings > 2) {
        m_socket->abort();
        return;
    }
    send(QByteArray::fromRawData("\x89\x00", 2));
}

void Peer::close(int code, const QString& reason)
{
    if (!m_open)
        return;
    m_open = false;
    if (m_tcp)
        guardOf(*m_tcp).stopCounting();
    m_socket->close(QWebSocketProtocol::CloseCode(code), reason);
    // A peer that does not read answers nothing.
    QTimer::singleShot(closeMs, this, [this] {
        m_socket->abort();
        end();
    });
}

void Peer::end()
{
    m_open = false;
    disconnect(m_socket, nullptr, this, nullptr);
    if (m_tcp)
        disconnect(m_tcp, nullptr, this, nullptr);
    emit ended();
    deleteLater();
}

} // namespace plimsoll
