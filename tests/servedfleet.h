// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/shareservice.h"
#include "tests/fleet.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSignalSpy>
#include <QTcpSocket>
#include <QTemporaryDir>
#include <QTest>
#include <QWebSocket>

namespace plimsoll::test {

/// A host whose fleet is shared on a free port of this machine.
class ServedFleet
{
public:
    explicit ServedFleet(const ServerLimits& limits = {}, bool tls = false)
        : share(host, dir.path(), {}, limits)
    {
        QSignalSpy listening(&share, &ShareService::listening);
        SharingPlace place;
        place.port = 0;
        place.tls = tls;
        share.switchOn(place);
        if (!listening.wait(10'000))
            qFatal("the server does not listen: %s", qPrintable(share.state().problem));
        url = QUrl(listening.constFirst().at(0).toString());
        QFile file(listening.constFirst().at(1).toString());
        if (!file.open(QIODevice::ReadOnly))
            qFatal("the token cannot be read");
        token = file.readAll();
    }

    [[nodiscard]] quint16 port() const { return quint16(url.port()); }

    /// The answer to one request, head and all; empty where the connection ended without one.
    [[nodiscard]] QByteArray request(const QByteArray& bytes) const
    {
        QTcpSocket socket;
        socket.connectToHost(QHostAddress::LocalHost, port());
        if (!socket.waitForConnected(5000))
            return {};
        socket.write(bytes);
        QByteArray answer;
        while (socket.state() == QAbstractSocket::ConnectedState && socket.waitForReadyRead(10'000))
            answer += socket.readAll();
        return answer + socket.readAll();
    }

    [[nodiscard]] QByteArray head(const QByteArray& what, const QByteArray& who,
                                  const QByteArray& fields = {}) const
    {
        const QByteArray bearer = who.isEmpty() ? QByteArray() : "Authorization: Bearer " + who + "\r\n";
        return what + " HTTP/1.1\r\nHost: 127.0.0.1:" + QByteArray::number(port()) + "\r\n" + bearer +
               fields + "\r\n";
    }

    [[nodiscard]] QByteArray get(const QByteArray& path) const { return request(head("GET " + path, token)); }
    [[nodiscard]] QByteArray post(const QByteArray& path, const QByteArray& content, const QByteArray& who,
                                  const QByteArray& fields = {}) const
    {
        const QByteArray length = "Content-Length: " + QByteArray::number(content.size()) +
                                  "\r\nContent-Type: application/json\r\n";
        return request(head("POST " + path, who, length + fields) + content);
    }

    QTemporaryDir dir;
    FakeHost host;
    ShareService share;
    QUrl url;
    QByteArray token;
};

[[nodiscard]] inline int statusOf(const QByteArray& answer)
{
    return answer.mid(9, 3).toInt();
}

[[nodiscard]] inline QJsonObject contentOf(const QByteArray& answer)
{
    return QJsonDocument::fromJson(answer.mid(answer.indexOf("\r\n\r\n") + 4)).object();
}

/// A client of a WebSocket that keeps what it gets.
class Client
{
public:
    Client(const ServedFleet& fleet, const QByteArray& who, const QString& path = QStringLiteral("/ws"))
    {
        QNetworkRequest request(QUrl(QStringLiteral("ws://127.0.0.1:%1%2").arg(fleet.port()).arg(path)));
        request.setRawHeader("Authorization", "Bearer " + who);
        QObject::connect(&socket, &QWebSocket::textMessageReceived, &socket,
                         [this](const QString& text) { take(text.toUtf8()); });
        QObject::connect(&socket, &QWebSocket::binaryMessageReceived, &socket,
                         [this](const QByteArray& bytes) { take(bytes); });
        QObject::connect(&socket, &QWebSocket::disconnected, &socket, [this] { closed = true; });
        socket.open(request);
    }

    void say(const QJsonObject& message)
    {
        socket.sendTextMessage(QString::fromUtf8(QJsonDocument(message).toJson(QJsonDocument::Compact)));
    }
    void hello(const QJsonObject& more = {})
    {
        QJsonObject message = more;
        message.insert(QStringLiteral("type"), QStringLiteral("hello"));
        say(message);
    }

    [[nodiscard]] QList<QJsonObject> ofType(const char* type) const
    {
        QList<QJsonObject> found;
        for (const QJsonObject& message : messages) {
            if (message.value(QLatin1String("type")) == QLatin1String(type))
                found << message;
        }
        return found;
    }
    [[nodiscard]] bool has(const char* type) const { return !ofType(type).isEmpty(); }

    QWebSocket socket{QStringLiteral("")};
    QList<QJsonObject> messages;
    qsizetype frames = 0;
    bool closed = false;

private:
    void take(const QByteArray& bytes)
    {
        ++frames;
        const QJsonDocument document = QJsonDocument::fromJson(bytes);
        if (document.isObject())
            messages << document.object();
        const QJsonArray batch = document.array();
        for (const auto& message : batch)
            messages << message.toObject();
    }
};

} // namespace plimsoll::test
