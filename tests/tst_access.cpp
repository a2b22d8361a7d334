// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/server/access.h"
#include "app/server/accessfile.h"
#include "app/server/throttle.h"

#include <QFileInfo>
#include <QTemporaryDir>
#include <QtTest>

using namespace plimsoll;

namespace {

constexpr qint64 nowMs = 1'767'000'000'000;

} // namespace

class TestAccess : public QObject
{
    Q_OBJECT

private slots:
    void secretsAreNotKept()
    {
        AccessBook book;
        const QByteArray secret = addToken(book, QStringLiteral("dashboard"), AccessRole::Viewer, {}, nowMs);
        const QByteArray code = addCode(book, false, nowMs);
        QCOMPARE(secret.size(), 43);
        const QByteArray kept = QJsonDocument(toJson(book)).toJson();
        QVERIFY(!kept.contains(secret));
        QVERIFY(!kept.contains(code));
        QCOMPARE(accessBookFromJson(toJson(book)), book);
    }

    void launchCodeOnceAndInTime()
    {
        AccessBook book;
        const QByteArray code = addCode(book, false, nowMs);
        QVERIFY(!takeLaunchCode(book, newCode(), nowMs));
        QVERIFY(takeLaunchCode(book, code, nowMs + launchCodeMs - 1));
        QVERIFY(!takeLaunchCode(book, code, nowMs));
        const QByteArray late = addCode(book, false, nowMs);
        QVERIFY(!takeLaunchCode(book, late, nowMs + launchCodeMs));
    }

    void pairing()
    {
        AccessBook book;
        const QByteArray code = addCode(book, true, nowMs);
        QVERIFY(!takeLaunchCode(book, code, nowMs)); // another kind of code
        const QString id =
            takePairingCode(book, code, QStringLiteral("Ada's laptop"), QStringLiteral("10.0.0.2"), nowMs);
        QVERIFY(!id.isEmpty());
        QVERIFY(takePairingCode(book, code, QStringLiteral("x"), {}, nowMs).isEmpty());
        QVERIFY(decidePairing(book, id, true, AccessRole::Approver, nowMs));
        QVERIFY(!decidePairing(book, id, false, AccessRole::Viewer, nowMs)); // the first answer counts
        QCOMPARE(book.pairings.constFirst().role, AccessRole::Approver);
        QVERIFY(!decidePairing(book, id, true, AccessRole::Viewer, nowMs + pairingCodeMs));
    }

    void pairingCodeDiesOfGuesses()
    {
        AccessBook book;
        const QByteArray code = addCode(book, true, nowMs);
        for (int i = 0; i < pairingTries; ++i)
            QVERIFY(takePairingCode(book, newCode(), QStringLiteral("x"), {}, nowMs).isEmpty());
        QVERIFY(takePairingCode(book, code, QStringLiteral("x"), {}, nowMs).isEmpty());
    }

    void sessionsEnd()
    {
        AccessTable table;
        const QByteArray token = table.addSession(nowMs);
        QCOMPARE(table.byToken(token, nowMs + sessionIdleMs - 1).value().role, AccessRole::Admin);
        QVERIFY(table.byToken(token, nowMs + 2 * sessionIdleMs - 2)); // it was used in between
        QVERIFY(!table.byToken(token, nowMs + 4 * sessionIdleMs));
    }

    void revokedIsGone()
    {
        AccessTable table;
        AccessBook book;
        const QByteArray token = addToken(book, QStringLiteral("a"), AccessRole::Viewer, {}, nowMs);
        table.setBook(book);
        const QByteArray ticket = table.addTicket(QStringLiteral("t1"), nowMs);
        QVERIFY(table.byToken(token, nowMs));
        table.setBook({});
        QVERIFY(!table.byToken(token, nowMs));
        QVERIFY(!table.takeTicket(ticket, nowMs)); // nor what was made with it
        QVERIFY(!table.byId(QStringLiteral("t1")));
    }

    void hostileBook()
    {
        const QJsonObject admin{
            {QStringLiteral("tokens"),
             QJsonArray{QJsonObject{{QStringLiteral("id"), QStringLiteral("t9")},
                                    {QStringLiteral("role"), QStringLiteral("admin")},
                                    {QStringLiteral("hash"), QString(64, u'a')}},
                        QJsonObject{{QStringLiteral("id"), QStringLiteral("t8")},
                                    {QStringLiteral("role"), QStringLiteral("viewer")}}}}};
        QVERIFY(accessBookFromJson(admin).tokens.isEmpty());
    }

    void origins()
    {
        for (const char* good : {"http://localhost:3000", "https://example.org", "http://[::1]:3000"})
            QVERIFY2(isOrigin(QString::fromLatin1(good)), good);
        for (const char* bad : {"", "null", "*", "http://localhost:3000/", "localhost:3000", "ftp://a",
                                "http://a/b", "http://u@a", "http://*.a"})
            QVERIFY2(!isOrigin(QString::fromLatin1(bad)), bad);
        QVERIFY(!tokenFault({}, AccessRole::Viewer, {}).isEmpty());
        QVERIFY(!tokenFault(QStringLiteral("a"), AccessRole::Admin, {}).isEmpty());
        QVERIFY(tokenFault(QStringLiteral("a"), AccessRole::Agent, {}).isEmpty());
    }

    void filesArePrivate()
    {
        const QTemporaryDir dir;
        AccessFile file(dir.path());
        QCOMPARE(file.prepare(nowMs), QString());
        constexpr QFile::Permissions others =
            QFile::ReadGroup | QFile::WriteGroup | QFile::ReadOther | QFile::WriteOther;
        for (const QString& path : {file.tokenPath(), file.bookPath()})
            QVERIFY(!(QFileInfo(path).permissions() & others));
        QFile token(file.tokenPath());
        QVERIFY(token.open(QIODevice::ReadOnly));
        QCOMPARE(token.readAll().size(), 43); // the token and nothing else
        AccessBook before;
        QCOMPARE(file.read(before), QString());
        QCOMPARE(file.prepare(nowMs), QString()); // again: the same one
        AccessBook after;
        QCOMPARE(file.read(after), QString());
        QCOMPARE(after, before);
    }

    void damagedFileIsNotReplaced()
    {
        const QTemporaryDir dir;
        const AccessFile file(dir.path());
        QFile book(file.bookPath());
        QVERIFY(book.open(QIODevice::WriteOnly));
        book.write("not json");
        book.close();
        QVERIFY(!file.change([](AccessBook&) { return true; }).isEmpty());
        QVERIFY(book.open(QIODevice::ReadOnly));
        QCOMPARE(book.readAll(), QByteArray("not json"));
    }

    void bansGuessersButNotThisMachine()
    {
        ServerLimits limits;
        Throttle throttle(limits);
        const QHostAddress far(QStringLiteral("192.0.2.7"));
        const QHostAddress near(QHostAddress::LocalHost);
        for (int i = 0; i < limits.failuresPerMinute; ++i) {
            QVERIFY(throttle.noteFailure(far, 1000 + i) > 0);
            QVERIFY(throttle.noteFailure(near, 1000 + i) > 0);
        }
        QVERIFY(throttle.admit(far, 2000));
        std::ignore = throttle.noteFailure(far, 2000); // the sixth within the minute
        std::ignore = throttle.noteFailure(near, 2000);
        QVERIFY(!throttle.admit(far, 3000));
        QVERIFY(throttle.admit(near, 3000));
        QVERIFY(throttle.admit(QHostAddress(QStringLiteral("192.0.2.8")), 3000));
        QVERIFY(throttle.admit(far, 3000 + limits.banMs));
    }

    void capsConnections()
    {
        ServerLimits limits;
        limits.connections = 40;
        limits.newPerSecond = 1000;
        Throttle throttle(limits);
        const QHostAddress far(QStringLiteral("192.0.2.7"));
        int admitted = 0;
        for (int i = 0; i < 50; ++i)
            admitted += throttle.admit(far, 1000) ? 1 : 0;
        QCOMPARE(admitted, limits.perAddress);
        for (int i = 0; i < 50; ++i)
            admitted += throttle.admit(QHostAddress(QHostAddress::LocalHost), 1000) ? 1 : 0;
        QCOMPARE(admitted, limits.connections);
        throttle.release(far);
        QVERIFY(throttle.admit(far, 2000));
    }

    void slowDials()
    {
        ServerLimits limits;
        Throttle throttle(limits);
        const QHostAddress far(QStringLiteral("192.0.2.7"));
        int admitted = 0;
        for (int i = 0; i < 30; ++i)
            admitted += throttle.admit(far, 1000) ? 1 : 0;
        QCOMPARE(admitted, int(2 * limits.newPerSecond)); // a burst
        QVERIFY(throttle.admit(far, 1200));
    }
};

QTEST_GUILESS_MAIN(TestAccess)
#include "tst_access.moc"
