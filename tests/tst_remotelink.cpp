// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/remotedesk.h"

#include <QTest>

using namespace plimsoll;
using namespace plimsoll::samples;
using namespace plimsoll::test;
using Phase = LinkState::Phase;

class TestRemoteLink : public QObject
{
    Q_OBJECT

private slots:
    void refusals_data();
    void refusals();
    void aRevokedTokenIsTheEnd();
    void aSlowViewerComesBack();
    void givesUpAndWakes();
    void silenceIsALoss();
    void anotherProtocolIsRefused();
    void nonsenseIsRefused();
    void aPinnedCertificateIsTrusted();
    void anotherCertificateIsNot();
};

void TestRemoteLink::refusals_data()
{
    QTest::addColumn<QByteArray>("status");
    QTest::addColumn<QString>("text");
    QTest::newRow("401") << QByteArray("401 Unauthorized") << QStringLiteral("does not know this token");
    QTest::newRow("403") << QByteArray("403 Forbidden") << QStringLiteral("refuses this token");
    QTest::newRow("404") << QByteArray("404 Not Found") << QStringLiteral("no Plimsoll");
    QTest::newRow("421") << QByteArray("421 Misdirected Request") << QStringLiteral("this name");
}

void TestRemoteLink::refusals()
{
    QFETCH(QByteArray, status);
    QFETCH(QString, text);
    RefusingServer server(status);
    Desk desk(placeOf(server.url()));
    desk.host.start();
    QTRY_COMPARE(desk.phase(), Phase::Failed);
    QVERIFY2(desk.host.link().text.contains(text), qPrintable(desk.host.link().text));
    QVERIFY(!desk.host.link().text.contains(QStringLiteral("s3cret")));
    QCOMPARE(server.requests, 1);
    desk.host.wake(); // would end alike
    QCOMPARE(desk.phase(), Phase::Failed);
    desk.host.retryLink();
    QCOMPARE(desk.phase(), Phase::Connecting);
}

void TestRemoteLink::aRevokedTokenIsTheEnd()
{
    FakeServer server;
    Desk desk(placeOf(server.url()));
    connectTo(desk, server);
    server.close(4401);
    QTRY_COMPARE(desk.phase(), Phase::Failed);
    QVERIFY(desk.host.link().text.contains(QStringLiteral("revoked")));
    QVERIFY(desk.host.link().isStale());
    QCOMPARE(server.connections, 1);
}

void TestRemoteLink::aSlowViewerComesBack()
{
    FakeServer server;
    Desk desk(placeOf(server.url()));
    connectTo(desk, server);
    server.close(4408);
    QTRY_COMPARE(server.hellos.size(), 2);
}

void TestRemoteLink::givesUpAndWakes()
{
    FakeServer server;
    Desk desk(placeOf(server.url()));
    connectTo(desk, server);
    QList<LinkState> states;
    connect(&desk.host, &Host::linkChanged, &desk.host,
            [&states](const LinkState& state) { states << state; });
    server.stop();
    QTRY_COMPARE(desk.phase(), Phase::Failed);
    int attempts = 0;
    for (const LinkState& state : std::as_const(states)) {
        attempts = std::max(attempts, state.attempt);
        QVERIFY(state.isStale());
        QCOMPARE(state.place, server.url().toString());
    }
    QCOMPARE(attempts, 5);
    QVERIFY(states.first().phase == Phase::Lost);
    QVERIFY(desk.host.link().text.contains(QStringLiteral("127.0.0.1")));
    server.begin();
    desk.host.wake();
    QTRY_COMPARE(server.hellos.size(), 2);
    server.say(wire::resumed(100, nowMs));
    QTRY_COMPARE(desk.phase(), Phase::Connected);
    desk.host.retryLink(); // nothing is wrong: nothing happens
    QCOMPARE(desk.phase(), Phase::Connected);
}

void TestRemoteLink::silenceIsALoss()
{
    FakeServer server;
    RemoteLink::Timing timing = quick();
    timing.pingMs = 20;
    timing.silenceMs = 60;
    Desk desk(placeOf(server.url()), timing);
    connectTo(desk, server);
    QTRY_VERIFY(server.pings > 5); // answered: it stays
    QCOMPARE(server.connections, 1);
    server.answersPings = false;
    QTRY_VERIFY(server.connections > 1);

    server.greets = false; // takes the upgrade and then says nothing
    timing.handshakeMs = 30;
    Desk other(placeOf(server.url()), timing);
    other.host.start();
    QTRY_COMPARE(other.phase(), Phase::Failed);
    QVERIFY(other.host.link().text.contains(QStringLiteral("does not answer")));
}

void TestRemoteLink::anotherProtocolIsRefused()
{
    FakeServer server;
    server.greets = false;
    Desk desk(placeOf(server.url()));
    desk.host.start();
    QTRY_COMPARE(server.hellos.size(), 1);
    server.say(R"({"type":"connection_established","protocol":2,"run":"x","role":"viewer"})");
    QTRY_COMPARE(desk.phase(), Phase::Failed);
    QVERIFY(desk.host.link().text.contains(QStringLiteral("version 2")));
}

void TestRemoteLink::nonsenseIsRefused()
{
    FakeServer server;
    Desk desk(placeOf(server.url()));
    connectTo(desk, server);
    server.say(R"({"type":"error","message":"unknown message type"})");
    server.say(R"({"type":"system_log","level":"info","message":"all is well"})");
    server.say(R"({"type":"system_log","level":"warning","message":"disk full"})");
    server.say(R"({"type":"snapshot_end"})"); // of none
    QTRY_COMPARE(desk.said.size(), 2);
    QVERIFY(desk.said.last().contains(QStringLiteral("disk full")));
    QCOMPARE(desk.resets, 1);
    server.say("good day");
    QTRY_COMPARE(desk.phase(), Phase::Failed);
}

void TestRemoteLink::aPinnedCertificateIsTrusted()
{
    FakeServer server(true);
    QVERIFY(!server.fingerprint.isEmpty());
    RemotePlace place = placeOf(server.url(true));
    place.fingerprintSha256 = server.fingerprint;
    Desk desk(place);
    connectTo(desk, server);
    QCOMPARE(server.request.rawHeader("Origin"),
             QStringLiteral("https://127.0.0.1:%1").arg(server.port).toLatin1());
}

void TestRemoteLink::anotherCertificateIsNot()
{
    FakeServer server(true);
    RemotePlace place = placeOf(server.url(true));
    place.fingerprintSha256 = QByteArray(32, '\x11');
    Desk desk(place);
    desk.host.start();
    QTRY_COMPARE(desk.phase(), Phase::Failed);
    const QString text = desk.host.link().text;
    QVERIFY2(text.contains(fingerprintText(server.fingerprint)), qPrintable(text));
    QVERIFY2(text.contains(fingerprintText(place.fingerprintSha256)), qPrintable(text));

    Desk unpinned(placeOf(server.url(true)));
    unpinned.host.start();
    QTRY_COMPARE(unpinned.phase(), Phase::Failed);
    QVERIFY(unpinned.host.link().text.contains(fingerprintText(server.fingerprint)));
    QCOMPARE(server.connections, 0); // no token was sent
}

QTEST_GUILESS_MAIN(TestRemoteLink)
#include "tst_remotelink.moc"
