// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/server/certificate.h"
#include "app/server/httpconnection.h"
#include "app/server/throttle.h"

#include <QElapsedTimer>
#include <QSslConfiguration>
#include <QTcpServer>
#include <QTimer>

#include <optional>

namespace plimsoll {

/// The one open port: takes connections within the limits, each on a guarded socket, plain or TLS, and gives
/// them to HttpConnection. Counts a connection until its socket is gone, whoever has it then. Server thread.
class Listener : public QTcpServer
{
    Q_OBJECT

public:
    Listener(const ServerLimits& limits, Throttle& throttle, HttpDesk& desk, QObject* parent);

    /// TLS from here on. \return false: OpenSSL takes neither of the two
    [[nodiscard]] bool useTls(const ServerCertificate& certificate);

    [[nodiscard]] int unauthenticated() const { return m_unauthenticated; }

protected:
    void incomingConnection(qintptr descriptor) override;

private:
    [[nodiscard]] QTcpSocket* makeSocket();
    void pause();

    const ServerLimits m_limits;
    Throttle& m_throttle;
    HttpDesk& m_desk;
    std::optional<QSslConfiguration> m_tls;
    QElapsedTimer m_clock;
    int m_unauthenticated = 0;
};

} // namespace plimsoll
