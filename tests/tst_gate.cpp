// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/server/gate.h"

#include <QtTest>

using namespace plimsoll;

namespace {

constexpr qint64 nowMs = 1'767'000'000'000;
const QByteArray own = "127.0.0.1:7431";

} // namespace

class TestGate : public QObject
{
    Q_OBJECT

private slots:
    void init()
    {
        AccessBook book;
        m_viewer = addToken(book, QStringLiteral("viewer"), AccessRole::Viewer,
                            {QStringLiteral("http://localhost:3000")}, nowMs);
        m_operator = addToken(book, QStringLiteral("operator"), AccessRole::Operator, {}, nowMs);
        m_access = {};
        m_access.setBook(book);
        m_names = {"http", {own, "localhost:7431"}};
    }

    /// Every route of somebody refuses nobody and strangers, and lets in exactly its roles.
    void everyRouteAsksWho()
    {
        int looked = 0;
        for (const Route& route : routeTable()) {
            if (route.roles == 0)
                continue;
            ++looked;
            QCOMPARE(judge(requestFor(route, {})).status, 401);
            QCOMPARE(judge(requestFor(route, newToken())).status, 401);
            for (const AccessRole role :
                 {AccessRole::Viewer, AccessRole::Approver, AccessRole::Operator, AccessRole::Agent}) {
                AccessBook book = m_access.book();
                const QByteArray token = addToken(book, QStringLiteral("x"), role, {}, nowMs);
                m_access.setBook(book);
                const Verdict verdict = judge(requestFor(route, token));
                const bool mayPass = (route.roles & bitOf(role)) != 0;
                QVERIFY2((verdict.kind == Verdict::Kind::Admitted) == mayPass, route.pattern);
                QCOMPARE(verdict.status, mayPass ? verdict.status : 403);
            }
        }
        QVERIFY(looked > 15);
    }

    void host_data()
    {
        QTest::addColumn<QByteArray>("host");
        QTest::addColumn<bool>("good");
        QTest::newRow("own") << own << true;
        QTest::newRow("its other name") << QByteArray("LOCALHOST:7431") << true;
        for (const char* bad :
             {"evil.test", "evil.test:7431", "127.0.0.1", "127.0.0.1:80", "127.0.0.1:7431.evil.test",
              "0.0.0.0:7431", "evil@127.0.0.1:7431", "127.0.0.1:7431,evil", "127.0.0.2:7431", "[::1]:7431",
              "127.0.0.1:07431", "localhost.:7431"})
            QTest::newRow(bad) << QByteArray(bad) << false;
    }

    void host()
    {
        QFETCH(QByteArray, host);
        QFETCH(bool, good);
        const Verdict verdict = judge("GET /health HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
        QCOMPARE(verdict.kind == Verdict::Kind::Admitted, good);
        QCOMPARE(verdict.status, good ? verdict.status : 421);
    }

    void origin_data()
    {
        QTest::addColumn<QByteArray>("origin");
        QTest::addColumn<int>("status"); // 0 = admitted
        QTest::newRow("own") << QByteArray("http://127.0.0.1:7431") << 0;
        QTest::newRow("listed by this token") << QByteArray("http://localhost:3000") << 0;
        for (const char* bad :
             {"null", "https://127.0.0.1:7431", "http://127.0.0.1", "http://127.0.0.1:7431.evil.test",
              "http://evil.test", "http://evil.test/127.0.0.1:7431", "http://127.0.0.1:7432",
              "HTTP://127.0.0.1:7431", "http://127.0.0.1:7431/", "http://localhost:30000",
              "http://localhost:3000.evil.test", "file://", "chrome-extension://abc", "127.0.0.1:7431"})
            QTest::newRow(bad) << QByteArray(bad) << 403;
    }

    void origin()
    {
        QFETCH(QByteArray, origin);
        QFETCH(int, status);
        const Verdict verdict = judge(request("GET /api/agents", m_viewer, "Origin: " + origin + "\r\n"));
        QCOMPARE(verdict.kind == Verdict::Kind::Admitted ? 0 : verdict.status, status);
    }

    /// An origin belongs to the token that lists it, not to all.
    void originOfAnotherToken()
    {
        QCOMPARE(judge(request("GET /api/agents", m_operator, "Origin: http://localhost:3000\r\n")).status,
                 403);
        QCOMPARE(judge("POST /api/access/token HTTP/1.1\r\nHost: " + own +
                       "\r\nOrigin: http://localhost:3000\r\n\r\n")
                     .status,
                 403);
        const Verdict asked = judge("OPTIONS /api/agents HTTP/1.1\r\nHost: " + own +
                                    "\r\nOrigin: http://localhost:3000\r\n\r\n");
        QCOMPARE(asked.kind, Verdict::Kind::Preflight);
    }

    void crossSite()
    {
        for (const char* site : {"cross-site", "same-site"})
            QCOMPARE(
                judge(request("GET /api/agents", m_viewer, QByteArray("Sec-Fetch-Site: ") + site + "\r\n"))
                    .status,
                403);
        for (const char* site : {"same-origin", "none"})
            QCOMPARE(
                judge(request("GET /api/agents", m_viewer, QByteArray("Sec-Fetch-Site: ") + site + "\r\n"))
                    .kind,
                Verdict::Kind::Admitted);
    }

    void secretsInTheUrl()
    {
        QCOMPARE(judge(request("GET /api/agents?token=" + m_viewer, {})).status, 401);
        QCOMPARE(judge(request("GET /api/agents?Access_Token=x", m_viewer)).status, 401);
        QCOMPARE(judge(request("GET /api/agents?limit=3", m_viewer)).kind, Verdict::Kind::Admitted);
    }

    void tickets()
    {
        const QByteArray page = "Origin: http://127.0.0.1:7431\r\n";
        const auto upgrade = [&](const QByteArray& protocols) {
            return upgradeHead(page + "Sec-WebSocket-Protocol: " + protocols + "\r\n");
        };
        const QByteArray ticket = m_access.addTicket(QStringLiteral("t1"), nowMs);
        QCOMPARE(judge(upgrade("plimsoll.ticket." + ticket)).status, 401); // nothing could be echoed
        QCOMPARE(judge(upgradeHead("Sec-WebSocket-Protocol: plimsoll.v1, plimsoll.ticket." + ticket + "\r\n"))
                     .status,
                 401); // no Origin; used up
        const QByteArray second = m_access.addTicket(QStringLiteral("t1"), nowMs);
        QCOMPARE(judge(upgrade("plimsoll.v1, plimsoll.ticket." + second)).kind, Verdict::Kind::Admitted);
        QCOMPARE(judge(upgrade("plimsoll.v1, plimsoll.ticket." + second)).status, 401); // used
        const QByteArray late = m_access.addTicket(QStringLiteral("t1"), nowMs);
        QCOMPARE(judge(upgrade("plimsoll.v1, plimsoll.ticket." + late), nowMs + ticketMs).status, 401);
        // A ticket opens sockets alone.
        const QByteArray third = m_access.addTicket(QStringLiteral("t1"), nowMs);
        QCOMPARE(
            judge(request("GET /api/agents", {},
                          page + "Sec-WebSocket-Protocol: plimsoll.v1, plimsoll.ticket." + third + "\r\n"))
                .status,
            401);
    }

    void upgrades()
    {
        const QByteArray bearer = "Authorization: Bearer " + m_viewer + "\r\n";
        QCOMPARE(judge(upgradeHead(bearer)).kind, Verdict::Kind::Admitted);
        QCOMPARE(judge(request("GET /ws", m_viewer)).status, 426);
        QCOMPARE(judge(request("GET /api/agents", m_viewer, "Upgrade: websocket\r\nConnection: Upgrade\r\n"))
                     .status,
                 400);
        QCOMPARE(judge(upgradeHead(bearer).replace("Version: 13", "Version: 8")).status, 426);
        QCOMPARE(judge(upgradeHead(bearer).replace("dGhlIHNhbXBsZSBub25jZQ==", "abc")).status, 400);
        QCOMPARE(judge(upgradeHead(bearer).replace("Upgrade: websocket", "Upgrade: h2c")).status, 400);
    }

    void unknownPaths()
    {
        // What is no route is looked for among the files of the page, which need nobody.
        QCOMPARE(judge(request("GET /nothing/here", m_viewer)).match.route->id, RouteId::Page);
        QCOMPARE(judge(request("GET /api/agents/../metrics", m_viewer)).match.route->id, RouteId::Page);
        QCOMPARE(judge(request("POST /nothing", m_viewer)).status, 404);
        QCOMPARE(judge(request("PUT /api/agents", m_viewer)).status, 405);
    }

    void otherWaysToSayWho()
    {
        QCOMPARE(judge(request("GET /api/agents", {}, "Authorization: Basic " + m_viewer + "\r\n")).status,
                 401);
        QCOMPARE(judge(request("GET /api/agents", {},
                               "Cookie: token=" + m_viewer + "\r\nOrigin: http://127.0.0.1:7431\r\n"))
                     .status,
                 401);
    }

private:
    [[nodiscard]] Verdict judge(const QByteArray& head, qint64 atMs = nowMs)
    {
        const HeadResult result = parseHead(head);
        if (result.state != HeadResult::State::Complete)
            qFatal("the test's own head is wrong: %s", head.constData());
        return decide(result.head, m_names, m_access, atMs);
    }

    [[nodiscard]] static QByteArray request(const QByteArray& what, const QByteArray& token,
                                            const QByteArray& fields = {})
    {
        const QByteArray bearer = token.isEmpty() ? QByteArray() : "Authorization: Bearer " + token + "\r\n";
        return what + " HTTP/1.1\r\nHost: " + own + "\r\n" + bearer + fields + "\r\n";
    }

    [[nodiscard]] static QByteArray upgradeHead(const QByteArray& fields, const QByteArray& path = "/ws")
    {
        return "GET " + path + " HTTP/1.1\r\nHost: " + own +
               "\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n"
               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
               fields + "\r\n";
    }

    [[nodiscard]] static QByteArray requestFor(const Route& route, const QByteArray& token)
    {
        const QByteArray path = QByteArray(route.pattern).replace("{}", "x");
        const QByteArray bearer = token.isEmpty() ? QByteArray() : "Authorization: Bearer " + token + "\r\n";
        return route.isSocket ? upgradeHead(bearer, path)
                              : request(QByteArray(route.method) + ' ' + path, token);
    }

    QByteArray m_viewer;
    QByteArray m_operator;
    AccessTable m_access;
    ServerNames m_names;
};

QTEST_GUILESS_MAIN(TestGate)
#include "tst_gate.moc"
