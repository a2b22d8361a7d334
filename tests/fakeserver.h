// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/server/certificate.h"
#include "app/server/wire.h"

#include <QCryptographicHash>
#include <QJsonDocument>
#include <QSslCertificate>
#include <QSslConfiguration>
#include <QSslKey>
#include <QSslServer>
#include <QTcpSocket>
#include <QWebSocket>
#include <QWebSocketServer>

#include <memory>

namespace plimsoll::test {

/// What RemoteHost connects to in tests: says what the test tells it to, keeps what it is told.
class FakeServer : public QObject
{
public:
    explicit FakeServer(bool isSecure = false)
        : m_server(QStringLiteral("fake"),
                   isSecure ? QWebSocketServer::SecureMode : QWebSocketServer::NonSecureMode)
    {
        if (isSecure) {
            const ServerCertificate made = makeCertificate({QStringLiteral("127.0.0.1")});
            const QSslCertificate certificate(made.certificatePem);
            QSslConfiguration configuration = QSslConfiguration::defaultConfiguration();
            configuration.setLocalCertificate(certificate);
            configuration.setPrivateKey(QSslKey(made.keyPem, QSsl::Ec));
            configuration.setPeerVerifyMode(QSslSocket::VerifyNone);
            m_server.setSslConfiguration(configuration);
            fingerprint = certificate.digest(QCryptographicHash::Sha256);
        }
        m_server.setSupportedSubprotocols({QStringLiteral("plimsoll.v1")});
        m_server.listen(QHostAddress::LocalHost, 0);
        port = m_server.serverPort();
        connect(&m_server, &QWebSocketServer::newConnection, this, [this] { take(); });
    }

    ~FakeServer() override { cut(); }

    [[nodiscard]] QUrl url(bool isSecure = false) const
    {
        return QUrl(QStringLiteral("%1://127.0.0.1:%2")
                        .arg(isSecure ? QStringLiteral("wss") : QStringLiteral("ws"))
                        .arg(port));
    }

    void say(const QByteArray& message)
    {
        if (socket)
            socket->sendTextMessage(QString::fromUtf8(message));
    }
    void sayBinary(const QByteArray& message)
    {
        if (socket)
            socket->sendBinaryMessage(message);
    }

    /// As the real one does: after the greeting.
    void sayFleet(const FleetPicture& fleet, quint64 seq)
    {
        const QList<QByteArray> messages = wire::snapshot(fleet, fleet.agents.values(), seq, 1000);
        for (const QByteArray& message : messages)
            say(message);
    }

    void greet()
    {
        say(wire::established({QStringLiteral("c1"), QStringLiteral("Desk"), run, role, commands, 0}, 1000));
    }

    void close(int code) { socket->close(QWebSocketProtocol::CloseCode(code)); }

    /// As when a cable is pulled and put back: no close frame.
    void cut()
    {
        if (!socket)
            return;
        socket->disconnect(this);
        socket->abort();
        socket.reset();
    }

    void stop()
    {
        m_server.close();
        cut();
    }
    void begin() { m_server.listen(QHostAddress::LocalHost, port); }

    [[nodiscard]] QJsonObject lastHello() const { return hellos.value(hellos.size() - 1); }

    quint16 port = 0;
    QByteArray fingerprint;
    QString run = QStringLiteral("run-1");
    AccessRole role = AccessRole::Viewer;
    QStringList commands;
    std::unique_ptr<QWebSocket> socket;
    QNetworkRequest request; ///< of the last upgrade
    QList<QJsonObject> hellos;
    QList<QJsonObject> asked; ///< commands
    int pings = 0;
    int connections = 0;
    bool answersPings = true;
    bool greets = true;

private:
    void take()
    {
        cut();
        socket.reset(m_server.nextPendingConnection());
        socket->setParent(nullptr);
        ++connections;
        request = socket->request();
        connect(socket.get(), &QWebSocket::textMessageReceived, this,
                [this](const QString& text) { onText(text); });
        if (greets)
            greet();
    }

    void onText(const QString& text)
    {
        if (text == QLatin1String("ping")) {
            ++pings;
            if (answersPings)
                say(wire::pong());
            return;
        }
        const QJsonObject message = QJsonDocument::fromJson(text.toUtf8()).object();
        if (message.value(QLatin1String("type")).toString() == QLatin1String("hello"))
            hellos << message;
        else
            asked << message;
    }

    QWebSocketServer m_server;
};

/// A server that answers everything that is asked of it with one HTTP status.
class RefusingServer : public QObject
{
public:
    explicit RefusingServer(const QByteArray& status)
    {
        m_server.listen(QHostAddress::LocalHost, 0);
        connect(&m_server, &QTcpServer::newConnection, this, [this, status] {
            QTcpSocket* socket = m_server.nextPendingConnection();
            connect(socket, &QTcpSocket::readyRead, socket, [this, socket, status] {
                head += socket->readAll();
                if (!head.contains("\r\n\r\n"))
                    return;
                ++requests;
                socket->write(
                    "HTTP/1.1 " + status +
                    "\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}");
                socket->disconnectFromHost();
            });
        });
    }

    [[nodiscard]] QUrl url() const
    {
        return QUrl(QStringLiteral("ws://127.0.0.1:%1").arg(m_server.serverPort()));
    }

    QByteArray head;
    int requests = 0;

private:
    QTcpServer m_server;
};

} // namespace plimsoll::test
