// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/server/listener.h"

#include "app/server/guardedsocket.h"

#include <QSslKey>

#include <cerrno>
#include <sys/socket.h>
#include <tuple>
#include <unistd.h>

namespace plimsoll {

namespace {

constexpr int backlog = 1024;
constexpr int acceptedAtOnce = 64; ///< then others get their turn
constexpr int pauseMs = 250;
/// More than the largest message in, its head and its mask: else QWebSocket waits for ever for the rest.
constexpr qint64 readBufferSpare = 16 * 1024;

} // namespace

Listener::Listener(const ServerLimits& limits, Throttle& throttle, HttpDesk& desk, QObject* parent)
    : QTcpServer(parent)
    , m_limits(limits)
    , m_throttle(throttle)
    , m_desk(desk)
    , m_pause(this)
{
    m_clock.start();
    setListenBacklogSize(backlog);
    m_pause.setSingleShot(true);
    m_pause.setInterval(pauseMs);
    connect(&m_pause, &QTimer::timeout, this, [this] {
        if (m_dialled)
            m_dialled->setEnabled(true);
    });
}

bool Listener::open(const QHostAddress& address, quint16 port)
{
    if (!listen(address, port))
        return false;
    pauseAccepting();
    m_dialled = std::make_unique<QSocketNotifier>(socketDescriptor(), QSocketNotifier::Read);
    connect(m_dialled.get(), &QSocketNotifier::activated, this, &Listener::acceptSome);
    return true;
}

void Listener::shut()
{
    m_dialled.reset();
    m_pause.stop();
    close();
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

void Listener::acceptSome()
{
    for (int i = 0; i < acceptedAtOnce && m_dialled; ++i) {
        const int descriptor =
            ::accept4(int(socketDescriptor()), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (descriptor >= 0) {
            take(descriptor);
            continue;
        }
        // Of the others the one that dialled is gone again, and the next one is told anew.
        const bool isScarce = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
        if (isScarce) {
            m_dialled->setEnabled(false);
            m_pause.start();
        }
        return;
    }
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

void Listener::take(int descriptor)
{
    QTcpSocket* socket = makeSocket();
    if (!socket->setSocketDescriptor(descriptor)) {
        std::ignore = ::close(descriptor);
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
