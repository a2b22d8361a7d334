// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/server/listener.h"

#include "app/server/guardedsocket.h"

#include <QSslKey>

#include <unistd.h>

namespace plimsoll {

namespace {

constexpr int backlog = 1024;
constexpr int pauseMs = 250;
/// More than the largest message in, its head and its mask: else QWebSocket waits for ever for the rest.
constexpr qint64 readBufferSpare = 16 * 1024;

} // namespace

Listener::Listener(const ServerLimits& limits, Throttle& throttle, HttpDesk& desk, QObject* parent)
    : QTcpServer(parent)
    , m_limits(limits)
    , m_throttle(throttle)
    , m_desk(desk)
{
    m_clock.start();
    setListenBacklogSize(backlog);
    // Without file descriptors accepting again and again would eat a core.
    connect(this, &QTcpServer::acceptError, this, &Listener::pause);
}

bool Listener::useTls(const ServerCertificate& certificate)
{
    QSslConfiguration tls = QSslConfiguration::defaultConfiguration();
    const QSslCertificate own(certificate.certificatePem, QSsl::Pem);
    const QSslKey key(certificate.keyPem, QSsl::Ec, QSsl::Pem);
    if (own.isNull() || key.isNull() || !QSslSocket::supportsSsl())
        return false;
    tls.setLocalCertificate(own);
    tls.setPrivateKey(key);
    tls.setProtocol(QSsl::TlsV1_2OrLater);
    tls.setPeerVerifyMode(QSslSocket::VerifyNone); // clients show a token, not a certificate
    m_tls = tls;
    return true;
}

void Listener::pause()
{
    pauseAccepting();
    QTimer::singleShot(pauseMs, this, [this] { resumeAccepting(); });
}

QTcpSocket* Listener::makeSocket()
{
    if (m_tls) {
        auto* tls = new GuardedTls(m_limits, this);
        tls->setSslConfiguration(*m_tls);
        return tls;
    }
    return new GuardedTcp(m_limits, this);
}

void Listener::incomingConnection(qintptr descriptor)
{
    QTcpSocket* socket = makeSocket();
    if (!socket->setSocketDescriptor(descriptor)) {
        ::close(int(descriptor));
        delete socket;
        return;
    }
    const QHostAddress address = socket->peerAddress();
    if (m_unauthenticated >= m_limits.unauthenticated || !m_throttle.admit(address, m_clock.elapsed() + 1)) {
        socket->abort();
        delete socket;
        return;
    }
    socket->setSocketOption(QAbstractSocket::LowDelayOption, 1);
    socket->setReadBufferSize(m_limits.messageBytes + readBufferSpare);
    // Not its destroyed() signal: QWebSocket disconnects everything from the socket that it ends with.
    auto* end = new QObject(socket);
    connect(end, &QObject::destroyed, this, [this, address] { m_throttle.release(address); });

    auto* connection = new HttpConnection(socket, m_limits, m_desk, this);
    ++m_unauthenticated;
    auto* counted = new QObject(connection);
    connect(counted, &QObject::destroyed, this, [this] { --m_unauthenticated; });
    connect(connection, &HttpConnection::headCame, counted, &QObject::deleteLater);
    if (auto* tls = qobject_cast<QSslSocket*>(socket))
        tls->startServerEncryption();
}

} // namespace plimsoll
