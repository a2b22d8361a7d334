// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/server/certificate.h"
#include "app/server/httpconnection.h"
#include "app/server/throttle.h"

#include <QElapsedTimer>
#include <QSocketNotifier>
#include <QSslConfiguration>
#include <QTcpServer>
#include <QTimer>

#include <memory>
#include <optional>

namespace plimsoll {

/// The one open port: takes connections within the limits, each on a guarded socket, plain or TLS, and gives
/// them to HttpConnection. Counts a connection until its socket is gone, whoever has it then. Accepts by
/// itself: QTcpServer 6.4 tells no acceptError() once there was nothing more to accept, and eats a core where
/// there are no descriptors. Server thread.
class Listener : public QTcpServer
{
    Q_OBJECT

public:
    Listener(const ServerLimits& limits, Throttle& throttle, HttpDesk& desk, QObject* parent);

    /// TLS from here on. \return false: OpenSSL takes neither of the two
    [[nodiscard]] bool useTls(const ServerCertificate& certificate);

    /// In place of listen(), which would accept as well.
    [[nodiscard]] bool open(const QHostAddress& address, quint16 port);
    void shut();

    [[nodiscard]] int unauthenticated() const { return m_unauthenticated; }

private:
    void acceptSome();
    void take(int descriptor);
    [[nodiscard]] QTcpSocket* makeSocket();

    const ServerLimits m_limits;
    Throttle& m_throttle;
    HttpDesk& m_desk;
    std::optional<QSslConfiguration> m_tls;
    QElapsedTimer m_clock;
    std::unique_ptr<QSocketNotifier> m_dialled; ///< null = shut
    QTimer m_pause;                             ///< runs while there are no descriptors
    int m_unauthenticated = 0;
};

} // namespace plimsoll
