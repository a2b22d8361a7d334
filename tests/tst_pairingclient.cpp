// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/pairingclient.h"
#include "app/server/certificate.h"

#include <QCryptographicHash>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSignalSpy>
#include <QSslCertificate>
#include <QSslConfiguration>
#include <QSslKey>
#include <QSslServer>
#include <QSslSocket>
#include <QTest>

using namespace plimsoll;

namespace {

/// Answers each request with what it is told to; keeps what came.
class Desk : public QObject
{
public:
    Desk()
    {
        const ServerCertificate made = makeCertificate({QStringLiteral("127.0.0.1")});
        const QSslCertificate certificate(made.certificatePem);
        QSslConfiguration configuration = QSslConfiguration::defaultConfiguration();
        configuration.setLocalCertificate(certificate);
        configuration.setPrivateKey(QSslKey(made.keyPem, QSsl::Ec));
        configuration.setPeerVerifyMode(QSslSocket::VerifyNone);
        m_server.setSslConfiguration(configuration);
        m_server.listen(QHostAddress::LocalHost, 0);
        link = {QUrl(QStringLiteral("wss://127.0.0.1:%1").arg(m_server.serverPort())), QStringLiteral("c0de"),
                certificate.digest(QCryptographicHash::Sha256)};
        connect(&m_server, &QSslServer::pendingConnectionAvailable, this, [this] {
            QTcpSocket* socket = m_server.nextPendingConnection();
            connect(socket, &QTcpSocket::readyRead, socket, [this, socket] {
                request += socket->readAll();
                if (!request.contains("}"))
                    return;
                socket->write("HTTP/1.1 " + answer.left(answer.indexOf('\n')) +
                              "\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n" +
                              answer.mid(answer.indexOf('\n') + 1));
                socket->disconnectFromHost();
            });
        });
    }

    PairingLink link;
    QByteArray answer;
    QByteArray request;

private:
    QSslServer m_server;
};

} // namespace

class TestPairingClient : public QObject
{
    Q_OBJECT

private slots:
    void aDeviceIsLetIn()
    {
        Desk desk;
        desk.answer = "200 OK\n{\"token\":\"t0ken\",\"role\":\"viewer\",\"fingerprint\":\"00\"}";
        PairingClient client;
        QSignalSpy paired(&client, &PairingClient::paired);
        client.pair(desk.link, QStringLiteral("Ada's laptop"));
        QTRY_COMPARE(paired.size(), 1);
        const auto place = paired.first().first().value<RemotePlace>();
        QCOMPARE(place.url, desk.link.url);
        QCOMPARE(place.token, QStringLiteral("t0ken"));
        QCOMPARE(place.fingerprintSha256, desk.link.fingerprintSha256);
        QVERIFY(desk.request.startsWith("POST /api/access/pair HTTP/1.1\r\n"));
        QVERIFY(desk.request.contains("Content-Type: application/json\r\n"));
        const QByteArray body = desk.request.mid(desk.request.indexOf("\r\n\r\n") + 4);
        QCOMPARE(QJsonDocument::fromJson(body).object(),
                 (QJsonObject{{QStringLiteral("code"), QStringLiteral("c0de")},
                              {QStringLiteral("name"), QStringLiteral("Ada's laptop")}}));
    }

    void refusals_data()
    {
        QTest::addColumn<QByteArray>("answer");
        QTest::addColumn<QString>("text");
        QTest::newRow("refused there") << QByteArray("403 Forbidden\n{}") << QStringLiteral("did not let");
        QTest::newRow("code") << QByteArray("401 Unauthorized\n{}") << QStringLiteral("pairing code");
        QTest::newRow("often") << QByteArray("429 Too Many Requests\n{}") << QStringLiteral("too often");
        QTest::newRow("another program")
            << QByteArray("200 OK\n<html></html>") << QStringLiteral("no Plimsoll");
        QTest::newRow("bad token") << QByteArray("200 OK\n{\"token\":\"a b\"}")
                                   << QStringLiteral("no Plimsoll");
        QTest::newRow("redirect") << QByteArray("302 Found\nx") << QStringLiteral("no Plimsoll");
    }

    void refusals()
    {
        QFETCH(QByteArray, answer);
        QFETCH(QString, text);
        Desk desk;
        desk.answer = answer;
        PairingClient client;
        QSignalSpy failed(&client, &PairingClient::failed);
        client.pair(desk.link, QStringLiteral("x"));
        QTRY_COMPARE(failed.size(), 1);
        QVERIFY2(failed.first().first().toString().contains(text),
                 qPrintable(failed.first().first().toString()));
    }

    void theCodeGoesToNobodyElse()
    {
        Desk desk;
        PairingLink link = desk.link;
        link.fingerprintSha256 = QByteArray(32, '\x11');
        PairingClient client;
        QSignalSpy failed(&client, &PairingClient::failed);
        client.pair(link, QStringLiteral("x"));
        QTRY_COMPARE(failed.size(), 1);
        QVERIFY(failed.first().first().toString().contains(fingerprintText(link.fingerprintSha256)));
        QVERIFY(failed.first().first().toString().contains(fingerprintText(desk.link.fingerprintSha256)));
        QVERIFY(desk.request.isEmpty());
    }

    void nobodyThere()
    {
        PairingClient client;
        QSignalSpy failed(&client, &PairingClient::failed);
        client.pair({QUrl(QStringLiteral("wss://127.0.0.1:1")), QStringLiteral("c"), QByteArray(32, 'x')},
                    QStringLiteral("x"));
        QTRY_COMPARE(failed.size(), 1);
        QVERIFY(failed.first().first().toString().contains(QStringLiteral("cannot be reached")));
    }
};

QTEST_GUILESS_MAIN(TestPairingClient)
#include "tst_pairingclient.moc"
