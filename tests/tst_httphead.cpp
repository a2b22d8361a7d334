// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/server/httphead.h"

#include <QtTest>

using namespace plimsoll;

namespace {

const QByteArray goodHead = "GET /api/agents?x=1 HTTP/1.1\r\nHost: 127.0.0.1:7431\r\nAccept: */*\r\n\r\n";

/// The good one with this in place of its second line.
QByteArray withField(const QByteArray& field)
{
    return "GET / HTTP/1.1\r\nHost: 127.0.0.1:7431\r\n" + field + "\r\n\r\n";
}

} // namespace

class TestHttpHead : public QObject
{
    Q_OBJECT

private slots:
    void good()
    {
        const HeadResult result = parseHead(goodHead + "what follows");
        QCOMPARE(result.state, HeadResult::State::Complete);
        QCOMPARE(result.head.method, QByteArray("GET"));
        QCOMPARE(result.head.path, QByteArray("/api/agents"));
        QCOMPARE(result.head.query, QByteArray("x=1"));
        QCOMPARE(result.head.field("host"), QByteArray("127.0.0.1:7431"));
        QCOMPARE(result.head.headBytes, goodHead.size());
    }

    void everyPrefixIsIncomplete()
    {
        for (qsizetype i = 0; i < goodHead.size(); ++i)
            QCOMPARE(parseHead(QByteArrayView(goodHead).first(i)).state, HeadResult::State::Incomplete);
    }

    void refused_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<int>("status");
        const QByteArray host = "\r\nHost: a\r\n\r\n";
        QTest::newRow("no host") << QByteArray("GET / HTTP/1.1\r\nAccept: x\r\n\r\n") << 400;
        QTest::newRow("HTTP/1.0") << "GET / HTTP/1.0" + host << 505;
        QTest::newRow("HTTP/2.0") << "GET / HTTP/2.0" + host << 505;
        QTest::newRow("no version") << "GET /" + host << 400;
        QTest::newRow("lower-case method") << "get / HTTP/1.1" + host << 400;
        QTest::newRow("absolute form") << "GET http://a/ HTTP/1.1" + host << 400;
        QTest::newRow("space in target") << "GET /a b HTTP/1.1" + host << 400;
        QTest::newRow("fragment in target") << "GET /#x HTTP/1.1" + host << 400;
        QTest::newRow("long target") << "GET /" + QByteArray(maxTargetBytes, 'a') + " HTTP/1.1" + host << 414;
        QTest::newRow("two hosts") << withField("Host: b") << 400;
        QTest::newRow("two origins") << withField("Origin: http://a\r\norigin: http://b") << 400;
        QTest::newRow("two lengths") << withField("Content-Length: 1\r\nContent-Length: 2") << 400;
        QTest::newRow("two authorizations")
            << withField("Authorization: Bearer a\r\nAuthorization: Bearer b") << 400;
        QTest::newRow("transfer encoding") << withField("Transfer-Encoding: chunked") << 501;
        QTest::newRow("both lengths") << withField("Transfer-Encoding: chunked\r\nContent-Length: 3") << 501;
        QTest::newRow("negative length") << withField("Content-Length: -1") << 400;
        QTest::newRow("signed length") << withField("Content-Length: +1") << 400;
        QTest::newRow("large content") << withField("Content-Length: 65537") << 413;
        QTest::newRow("huge content") << withField("Content-Length: 99999999999999999999") << 413;
        QTest::newRow("folded") << withField("X: a\r\n b") << 400;
        QTest::newRow("space before colon") << withField("X : a") << 400;
        QTest::newRow("no colon") << withField("nonsense") << 400;
        QTest::newRow("bare LF") << withField("X: a\nY: b") << 400;
        QTest::newRow("bare CR") << withField("X: a\rY: b") << 400;
        QTest::newRow("NUL") << withField(QByteArray("X: a\0b", 6)) << 400;
        QTest::newRow("control character") << withField("X: a\x01") << 400;
        QByteArray many;
        for (int i = 0; i <= maxFields; ++i)
            many += "X" + QByteArray::number(i) + ": a\r\n";
        QTest::newRow("many fields") << withField(many + "Y: z") << 431;
        QTest::newRow("large head") << withField("X: " + QByteArray(maxHeadBytes, 'a')) << 431;
        QTest::newRow("endless first line") << QByteArray(maxHeadBytes, 'A') << 414;
    }

    void refused()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(int, status);
        const HeadResult result = parseHead(bytes);
        QCOMPARE(result.state, HeadResult::State::Bad);
        QCOMPARE(result.status, status);
    }

    void limitsAreTakenWhole()
    {
        QCOMPARE(parseHead(withField("Content-Length: 65536")).head.contentLength, maxBodyBytes);
        const QByteArray target =
            "GET /" + QByteArray(maxTargetBytes - 1, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n";
        QCOMPARE(parseHead(target).state, HeadResult::State::Complete);
    }

    void percent()
    {
        QCOMPARE(percentDecoded("a%20b%2Fc").value(), QByteArray("a b/c"));
        for (const char* broken : {"%", "%2", "%zz", "a%00b", "%0a", "%7f"})
            QVERIFY2(!percentDecoded(broken), broken);
        const auto items = queryItems("used=5&total=1+0&&flag");
        QVERIFY(items);
        QCOMPARE(items->size(), 3);
        QCOMPARE(items->at(1).second, QByteArray("1 0"));
        QVERIFY(!queryItems("a=%0"));
    }
};

QTEST_GUILESS_MAIN(TestHttpHead)
#include "tst_httphead.moc"
