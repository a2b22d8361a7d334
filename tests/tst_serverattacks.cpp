// SPDX-License-Identifier: GPL-3.0-or-later
// Attacks on the server over real sockets (ctest -L security). Each has a control: the same without what
// makes it an attack must pass, so that the test can fail.
#include "tests/rawclient.h"

#include <QDir>
#include <QDirIterator>
#include <QFile>
#include <QSslSocket>
#include <QTimer>
#include <QtTest>

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

const qint64 nowMs = QDateTime::currentMSecsSinceEpoch();
constexpr qint64 megabyte = 1024 * 1024;

// AddressSanitizer keeps what is freed.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define KEEPS_FREED_MEMORY
#endif
#endif

/// Bytes of this process in memory now; 0 where that says nothing of what it uses.
qint64 residentBytes()
{
#ifdef KEEPS_FREED_MEMORY
    return 0;
#else
    QFile file(QStringLiteral("/proc/self/statm"));
    if (!file.open(QIODevice::ReadOnly))
        return 0;
    return file.readAll().split(' ').value(1).toLongLong() * 4096;
#endif
}

} // namespace

class TestServerAttacks : public QObject
{
    Q_OBJECT

private slots:
    void init()
    {
        m_fleet = std::make_unique<ServedFleet>();
        m_fleet->host.send({added(agentOf(1, QStringLiteral("one"), AgentState::Executing, 50'000, nowMs))});
    }
    void cleanup() { m_fleet.reset(); }

    void headThatNeverEnds()
    {
        QTcpSocket slow;
        slow.connectToHost(QHostAddress::LocalHost, m_fleet->port());
        QElapsedTimer timer;
        timer.start();
        slow.write("GET / HTTP/1.1\r\nHost: ");
        QTimer drip;
        connect(&drip, &QTimer::timeout, &slow, [&slow] { slow.write("a"); });
        drip.start(100);
        QTRY_VERIFY_WITH_TIMEOUT(slow.state() == QAbstractSocket::UnconnectedState, 6000);
        QVERIFY2(timer.elapsed() >= 2500 && timer.elapsed() < 4500,
                 qPrintable(QString::number(timer.elapsed())));
        QCOMPARE(statusOf(m_fleet->get("/api/agents")), 200); // control: who hurries is answered
    }

    void goneBeforeTheHandshake()
    {
        for (int i = 0; i < 50; ++i) { // each is gone while its head still waits to be read
            RawClient hasty(*m_fleet, m_fleet->token);
            QVERIFY(hasty.socket.waitForConnected(5000));
            QVERIFY(hasty.socket.waitForBytesWritten(5000));
            hasty.socket.abort();
        }
        RawClient patient(*m_fleet, m_fleet->token); // control
        QVERIFY(patient.isOpen());
    }

    void stalledHandshakesKeepNobodyOut()
    {
        ServerLimits limits;
        limits.unauthenticated = 128;
        const ServedFleet fleet(limits, true);
        std::vector<std::unique_ptr<QTcpSocket>> stalled;
        for (int i = 0; i < 100; ++i) {
            stalled.push_back(std::make_unique<QTcpSocket>());
            stalled.back()->connectToHost(QHostAddress::LocalHost, fleet.port());
            QVERIFY(stalled.back()->waitForConnected(5000));
        }
        qint64 bestMs = std::numeric_limits<qint64>::max(); // of some: this machine has other work, too
        for (int i = 0; i < 5; ++i) {
            QElapsedTimer timer;
            timer.start();
            QSslSocket good;
            good.setPeerVerifyMode(QSslSocket::VerifyNone);
            good.connectToHostEncrypted(QStringLiteral("127.0.0.1"), fleet.port());
            QVERIFY(good.waitForEncrypted(3000));
            bestMs = std::min(bestMs, timer.elapsed());
        }
        QVERIFY2(bestMs < 100, qPrintable(QString::number(bestMs)));
        QCOMPARE(stalled.front()->state(), QAbstractSocket::ConnectedState);
    }

    void pingFlood()
    {
        RawClient client(*m_fleet, m_fleet->token);
        QVERIFY(client.isOpen());
        client.socket.setReadBufferSize(1024); // it never reads
        const qint64 before = residentBytes();
        const QByteArray flood = RawClient::frame(9, QByteArray(120, 'x')).repeated(500);
        for (int i = 0; i < 200 && client.socket.state() == QAbstractSocket::ConnectedState; ++i) {
            client.socket.write(flood);
            QCoreApplication::processEvents(QEventLoop::AllEvents, 1);
        }
        client.socket.setReadBufferSize(0);
        QVERIFY(client.isGone());
        QVERIFY2(residentBytes() - before < 16 * megabyte,
                 qPrintable(QString::number((residentBytes() - before) / megabyte)));
    }

    /// Control of the above: some pings are answered.
    void somePings()
    {
        RawClient client(*m_fleet, m_fleet->token);
        QVERIFY(client.isOpen());
        for (int i = 0; i < 5; ++i)
            client.socket.write(RawClient::frame(9, "hi"));
        QTRY_VERIFY(client.socket.peek(100'000).count("\x8a\x02hi") == 5);
        QCOMPARE(client.socket.state(), QAbstractSocket::ConnectedState);
    }

    void largeMessages_data()
    {
        QTest::addColumn<qint64>("bytes");
        QTest::addColumn<bool>("taken");
        QTest::newRow("64 KiB") << qint64{64 * 1024} << true;
        QTest::newRow("64 KiB and one") << qint64{64 * 1024 + 1} << false;
        QTest::newRow("1 GiB claimed") << 1024 * megabyte << false;
        QTest::newRow("2^63 claimed") << std::numeric_limits<qint64>::max() << false;
    }

    void largeMessages()
    {
        QFETCH(qint64, bytes);
        QFETCH(bool, taken);
        RawClient client(*m_fleet, m_fleet->token);
        QVERIFY(client.isOpen());
        const qint64 before = residentBytes();
        client.socket.write(RawClient::frame(1, QByteArray(std::min<qint64>(bytes, 256 * 1024), 'x'), bytes));
        if (taken) {
            QTRY_VERIFY(client.socket.peek(100'000).contains("this is not a JSON message"));
            return;
        }
        QVERIFY(client.isGone());
        QVERIFY(residentBytes() - before < 16 * megabyte);
    }

    void manyFragments()
    {
        RawClient client(*m_fleet, m_fleet->token);
        QVERIFY(client.isOpen());
        QByteArray first = RawClient::frame(1, QByteArray(30'000, 'x'));
        QByteArray more = RawClient::frame(0, QByteArray(30'000, 'x'));
        first[0] = char(0x01); // not the last one
        more[0] = char(0x00);
        client.socket.write(first + more + more);
        QVERIFY(client.isGone());
    }

    void tooManyMessages()
    {
        Client client(*m_fleet, m_fleet->token);
        QTRY_VERIFY(client.has("connection_established"));
        for (int i = 0; i < 40; ++i) // the burst that is allowed
            client.socket.sendTextMessage(QStringLiteral("ping"));
        QTRY_COMPARE(client.ofType("pong").size(), 40);
        for (int i = 0; i < 40; ++i)
            client.socket.sendTextMessage(QStringLiteral("ping"));
        QTRY_VERIFY(client.closed);
        QCOMPARE(int(client.socket.closeCode()), 1008);
    }

    void connectionCap()
    {
        ServerLimits limits;
        limits.connections = 20;
        const ServedFleet fleet(limits);
        std::vector<std::unique_ptr<Client>> clients;
        const auto open = [&clients] {
            return std::count_if(clients.begin(), clients.end(),
                                 [](const auto& client) { return client->has("connection_established"); });
        };
        for (int i = 0; i < 60; ++i)
            clients.push_back(std::make_unique<Client>(fleet, fleet.token));
        QTRY_COMPARE(open(), 20);
        const auto closed = [&clients] {
            return std::count_if(clients.begin(), clients.end(),
                                 [](const auto& client) { return client->closed; });
        };
        QTRY_COMPARE(closed(), 40);
        QTRY_COMPARE(fleet.share.state().viewers.size(), 20);
        clients.clear();
        // What has gone makes room.
        QTRY_COMPARE(fleet.share.state().viewers.size(), 0);
        Client late(fleet, fleet.token);
        QTRY_VERIFY(late.has("connection_established"));
    }

    /// A viewer that never reads costs no memory, and is dropped; others do not notice.
    void viewerThatNeverReads()
    {
        ServerLimits limits;
        limits.stuckMs = 1500;
        ServedFleet fleet(limits);
        FakeHost& host = fleet.host;
        host.send({added(agentOf(1, QStringLiteral("one"), AgentState::Executing, 1, nowMs))});
        RawClient stuck(fleet, fleet.token);
        stuck.socket.setReadBufferSize(1024);
        Client reader(fleet, fleet.token);
        QTRY_VERIFY(reader.has("connection_established"));
        reader.hello({{QStringLiteral("batch"), true}});
        stuck.socket.write(RawClient::frame(1, "{\"type\":\"hello\"}"));
        QTRY_VERIFY(reader.has("snapshot_end"));
        const qint64 before = residentBytes();
        Logged line;
        line.kind = LogKind::Text;
        line.text = QString(8000, u'x');
        int sent = 0;
        QTimer talk;
        connect(&talk, &QTimer::timeout, &reader.socket, [&] {
            Events events;
            for (int i = 0; i < 20; ++i, ++sent)
                events << Event{0, nowMs, idOf(1), line};
            host.send(events);
            reader.messages.clear(); // it is the test's memory, too
        });
        talk.start(10);
        QTRY_COMPARE_WITH_TIMEOUT(fleet.share.state().viewers.size(), 1, 60'000);
        talk.stop();
        QVERIFY(!reader.closed);
        QVERIFY2(residentBytes() - before < 24 * megabyte,
                 qPrintable(QString::number((residentBytes() - before) / megabyte)));
    }

    /// Many wrong tokens from here are slowed down, and the right one still works.
    void guessing()
    {
        for (int i = 0; i < 8; ++i)
            QCOMPARE(statusOf(m_fleet->request(m_fleet->head("GET /api/agents", newToken()))), 401);
        QCOMPARE(statusOf(m_fleet->get("/api/agents")), 200);
    }

    void secretsStandInNoFileButTheirOwn()
    {
        Client client(*m_fleet, m_fleet->token);
        QTRY_VERIFY(client.has("connection_established"));
        std::ignore = m_fleet->request(m_fleet->head("GET /api/agents?token=" + m_fleet->token, {}));
        QDirIterator files(m_fleet->dir.path(), QDir::Files);
        int looked = 0;
        while (files.hasNext()) {
            QFile file(files.next());
            QVERIFY(file.open(QIODevice::ReadOnly));
            const bool isTokens = file.fileName().endsWith(QStringLiteral("/token"));
            QCOMPARE(file.readAll().contains(m_fleet->token), isTokens);
            ++looked;
        }
        QVERIFY(looked >= 3);
    }

    /// Every command of the table with every role: refused exactly where the table says so.
    void rolesOfCommands()
    {
        QSignalSpy made(&m_fleet->share, &Sharing::tokenMade);
        for (const AccessRole role : givenRoles) {
            made.clear();
            m_fleet->share.addToken(toName(role), role, {});
            QTRY_COMPARE(made.size(), 1);
            Client client(*m_fleet, made.at(0).at(1).toString().toLatin1());
            QTRY_VERIFY(client.has("connection_established"));
            int id = 0;
            for (const CommandRule& rule : commandTable())
                client.say({{QStringLiteral("type"), QStringLiteral("command")},
                            {QStringLiteral("id"), id++},
                            {QStringLiteral("method"), QLatin1String(rule.method)}});
            const auto answers = [&client] {
                QHash<int, QString> codes;
                for (const QJsonObject& result : client.ofType("result"))
                    codes.insert(result.value(QLatin1String("id")).toInt(),
                                 result.value(QLatin1String("error"))
                                     .toObject()
                                     .value(QLatin1String("code"))
                                     .toString());
                return codes;
            };
            id = 0;
            for (const CommandRule& rule : commandTable()) {
                const bool may = (rule.roles & bitOf(role)) != 0;
                if (!may)
                    QTRY_COMPARE(answers().value(id), QStringLiteral("forbidden"));
                else
                    QVERIFY2(answers().value(id) != QStringLiteral("forbidden"), rule.method);
                ++id;
            }
        }
    }

    /// 10^3 connections of several kinds come and go: nothing is left.
    void comingAndGoing()
    {
        const auto descriptors = [] { return QDir(QStringLiteral("/proc/self/fd")).count(); };
        const auto round = [this] {
            for (int i = 0; i < 20; ++i) {
                QCOMPARE(statusOf(m_fleet->request(m_fleet->head("GET /api/agents", {}))), 401);
                QTcpSocket torn;
                torn.connectToHost(QHostAddress::LocalHost, m_fleet->port());
                torn.write("GET / HT");
                QVERIFY(torn.waitForBytesWritten(2000));
                torn.abort();
                RawClient client(*m_fleet, m_fleet->token);
                QVERIFY(client.isOpen());
                client.socket.abort();
            }
        };
        round();
        QTRY_COMPARE(m_fleet->share.state().viewers.size(), 0);
        const auto before = descriptors();
        const qint64 memory = residentBytes();
        for (int i = 0; i < 15; ++i)
            round();
        QTRY_COMPARE(m_fleet->share.state().viewers.size(), 0);
        QTRY_VERIFY(descriptors() <= before + 4);
        QVERIFY2(residentBytes() - memory < 6 * megabyte,
                 qPrintable(QString::number((residentBytes() - memory) / 1024)));
    }

private:
    std::unique_ptr<ServedFleet> m_fleet;
};

QTEST_GUILESS_MAIN(TestServerAttacks)
#include "tst_serverattacks.moc"
