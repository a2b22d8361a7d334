// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/server/gate.h"
#include "app/server/throttle.h"

#include <QElapsedTimer>
#include <QObject>
#include <QPointer>
#include <QTcpSocket>
#include <QWebSocket>

namespace plimsoll {

/// One WebSocket that the gate has let in. Reads through QWebSocket, within the limits; writes whole frames
/// that were encoded once for all, past QWebSocket, which would encode and copy them for each. Keeps no
/// queue: who writes asks canTake() first, and goes on when it has drained. Closes itself where the peer
/// breaks a rule or does not read. Deletes itself when the connection ends. Server thread.
class Peer : public QObject
{
    Q_OBJECT

public:
    /// Takes both over. \param tcp the guarded socket below `socket`
    Peer(QWebSocket* socket, QTcpSocket* tcp, Principal principal, const ServerLimits& limits,
         QObject* parent);
    ~Peer() override;

    [[nodiscard]] const Principal& principal() const { return m_principal; }
    void setPrincipal(const Principal& principal) { m_principal = principal; }
    [[nodiscard]] QHostAddress address() const { return m_address; }
    [[nodiscard]] qint64 sinceMs() const { return m_sinceMs; } ///< ms UTC
    [[nodiscard]] bool isOpen() const { return m_open; }

    /// Whether little enough is unsent to hand over more.
    [[nodiscard]] bool canTake() const;
    /// \param frames whole WebSocket frames
    void send(const QByteArray& frames);
    /// Says why, waits a moment for the answer, and ends.
    void close(int code, const QString& reason);
    /// Pings, and looks whether the peer reads. About once a second.
    void tick();

signals:
    void messageCame(const QByteArray& message); ///< text or binary, within the limits
    void drained();                              ///< canTake() again
    void ended();

private:
    void take(const QByteArray& message);
    void noteRead();
    void noteWritten();
    void end();

    QWebSocket* m_socket;
    QPointer<QTcpSocket> m_tcp;
    Principal m_principal;
    const ServerLimits m_limits;
    QHostAddress m_address;
    qint64 m_sinceMs = 0;
    bool m_isPlain = false;
    bool m_open = true;
    bool m_blocked = false;
    QElapsedTimer m_clock;
    TokenBucket m_messages;
    qint64 m_progressAtMs = 0; ///< of m_clock; when something was written last, or nothing waited
    qint64 m_pingedAtMs = 0;
    int m_unansweredPings = 0;
    quint64 m_frames = 0;     ///< that came whole and were told
    quint64 m_heard = 0;      ///< of all frames, when something was read last
    qint64 m_halfSinceMs = 0; ///< of m_clock; 0 = no frame has begun without its end
};

} // namespace plimsoll
