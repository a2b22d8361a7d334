// SPDX-License-Identifier: GPL-3.0-or-later
// What takes the server's descriptors, connections and patience away (ctest -L security), and that the gate
// is the only way in. Each has a control that shows that the test can fail.
#include "app/server/routetable.h"
#include "tests/rawclient.h"

#include <QDirIterator>
#include <QtTest>

#include <algorithm>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <tuple>
#include <unistd.h>
#include <utility>
#include <vector>

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

const qint64 nowMs = QDateTime::currentMSecsSinceEpoch();

/// A descriptor of the kernel's, without Qt: it is there before the last one is taken.
class Dialler
{
public:
    Dialler()
        : m_socket(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0))
    {
    }
    Dialler(Dialler&& other) noexcept
        : m_socket(std::exchange(other.m_socket, -1))
    {
    }
    Dialler(const Dialler&) = delete;
    Dialler& operator=(const Dialler&) = delete;
    Dialler& operator=(Dialler&&) = delete;
    ~Dialler()
    {
        if (m_socket >= 0)
            std::ignore = ::close(m_socket);
    }

    [[nodiscard]] int descriptor() const { return m_socket; }
    void dial(quint16 port) const
    {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        std::ignore = ::connect(m_socket, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    }
    [[nodiscard]] bool say(const QByteArray& bytes) const
    {
        return ::send(m_socket, bytes.constData(), size_t(bytes.size()), MSG_NOSIGNAL) == bytes.size();
    }
    [[nodiscard]] QByteArray hear() const
    {
        QByteArray bytes(4096, '\0');
        const ssize_t count = ::recv(m_socket, bytes.data(), size_t(bytes.size()), MSG_DONTWAIT);
        return bytes.first(count > 0 ? count : 0);
    }

private:
    int m_socket;
};

/// While it lives no more than `most` descriptors may be open.
class DescriptorLimit
{
public:
    explicit DescriptorLimit(int most)
    {
        m_good = ::getrlimit(RLIMIT_NOFILE, &m_before) == 0;
        rlimit wanted = m_before;
        wanted.rlim_cur = rlim_t(most);
        m_good = m_good && ::setrlimit(RLIMIT_NOFILE, &wanted) == 0;
    }
    ~DescriptorLimit() { std::ignore = ::setrlimit(RLIMIT_NOFILE, &m_before); }
    DescriptorLimit(const DescriptorLimit&) = delete;
    DescriptorLimit& operator=(const DescriptorLimit&) = delete;
    DescriptorLimit(DescriptorLimit&&) = delete;
    DescriptorLimit& operator=(DescriptorLimit&&) = delete;

    [[nodiscard]] bool isGood() const { return m_good; }

private:
    rlimit m_before{};
    bool m_good = false;
};

int openDescriptors()
{
    return int(QDir(QStringLiteral("/proc/self/fd"))
                   .entryList(QDir::AllEntries | QDir::System | QDir::NoDotAndDotDot)
                   .size());
}

/// One more than the largest that is open.
int descriptorBound()
{
    int largest = 0;
    const QStringList names = QDir(QStringLiteral("/proc/self/fd"))
                                  .entryList(QDir::AllEntries | QDir::System | QDir::NoDotAndDotDot);
    for (const QString& name : names) {
        if (::fcntl(name.toInt(), F_GETFD) >= 0)
            largest = std::max(largest, name.toInt());
    }
    return largest + 1;
}

/// CPU of this process so far.
double cpuSeconds()
{
    rusage used{};
    if (::getrusage(RUSAGE_SELF, &used) != 0)
        return 0;
    return double(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           double(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

/// A path that a route's pattern takes.
QByteArray pathOf(const Route& route)
{
    QByteArray path = route.pattern;
    if (route.id == RouteId::ActOnAgent)
        return "/api/agents/x/interrupt";
    return path.replace("{}", "x").replace("*", "");
}

} // namespace

class TestServerExhaustion : public QObject
{
    Q_OBJECT

private slots:
    /// Without descriptors the server waits instead of eating a core, what is open goes on, and who has
    /// dialled meanwhile is answered as soon as there are some again.
    void withoutDescriptors()
    {
        ServedFleet fleet;
        Client viewer(fleet, fleet.token);
        QTRY_VERIFY(viewer.has("connection_established"));
        viewer.hello();
        QTRY_VERIFY(viewer.has("snapshot_end"));
        const Dialler waiting;
        // Every number below the bound is taken, so that the next connection has none.
        std::vector<Dialler> fillers;
        const int bound = descriptorBound();
        while (fillers.empty() || fillers.back().descriptor() < bound)
            fillers.emplace_back();
        {
            const DescriptorLimit limit(fillers.back().descriptor() + 1);
            QVERIFY(limit.isGood());
            QCOMPARE(::socket(AF_INET, SOCK_STREAM, 0), -1); // there is none left
            waiting.dial(fleet.port());
            QVERIFY(waiting.say(fleet.head("GET /health", {})));
            const double before = cpuSeconds();
            QElapsedTimer watch;
            watch.start();
            fleet.host.send({added(agentOf(1, QStringLiteral("one"), AgentState::Idle, 1, nowMs))});
            QTRY_VERIFY(viewer.has("agent_created"));
            QTRY_VERIFY(watch.elapsed() > 1500);
            const double share = (cpuSeconds() - before) * 1000 / double(watch.elapsed());
            QVERIFY2(share < 0.4, qPrintable(QString::number(share)));
            QCOMPARE(waiting.hear(), QByteArray());
        }
        fillers.clear();
        QByteArray heard;
        QTRY_VERIFY((heard += waiting.hear()).contains("\"ok\""));
    }

    /// Thousands dial at once: who is here already is told what happens, nothing is left of the others, and
    /// the next one is answered.
    void burstOfDials()
    {
        ServedFleet fleet;
        Client viewer(fleet, fleet.token);
        QTRY_VERIFY(viewer.has("connection_established"));
        viewer.hello();
        QTRY_VERIFY(viewer.has("snapshot_end"));
        const int before = openDescriptors();
        rlimit limit{};
        QCOMPARE(::getrlimit(RLIMIT_NOFILE, &limit), 0);
        const int count = int(std::min<rlim_t>(3000, limit.rlim_cur / 3));
        {
            std::vector<Dialler> burst(static_cast<size_t>(count));
            for (const Dialler& one : burst)
                one.dial(fleet.port());
            fleet.host.send({added(agentOf(1, QStringLiteral("one"), AgentState::Idle, 1, nowMs))});
            QTRY_VERIFY(viewer.has("agent_created"));
        }
        QTRY_COMPARE_WITH_TIMEOUT(openDescriptors(), before, 10'000);
        QTRY_COMPARE(statusOf(fleet.get("/api/agents")), 200); // at once, or when the burst is forgotten
        QVERIFY(!viewer.closed);
    }

    /// Who does not answer pings is gone; who does stays (the control).
    void halfOpenPeers()
    {
        ServerLimits limits;
        limits.pingMs = 300;
        const ServedFleet fleet(limits);
        Client awake(fleet, fleet.token);
        RawClient dead(fleet, fleet.token); // it reads and says nothing
        QVERIFY(dead.isOpen());
        QTRY_VERIFY(awake.has("connection_established"));
        QVERIFY(dead.isGone());
        QTRY_COMPARE(fleet.share.state().viewers.size(), 1);
        QVERIFY(!awake.closed);
        QVERIFY(3 * ServerLimits().pingMs <= 60'000); // as it is by default: within a minute
    }

    /// QWebSocket alone would wait for ever once a second part of the frame has come.
    void aFrameWithoutEnd_data()
    {
        QTest::addColumn<QByteArray>("first");
        QTest::addColumn<QByteArray>("second");
        QTest::newRow("in its head") << QByteArray("\x81") << QByteArray("\xfe");
        QTest::newRow("in its length") << QByteArray("\x81\xfe") << QByteArray(1, '\0');
        QTest::newRow("in its payload") << QByteArray("\x81\x84\0\0\0\0", 6) << QByteArray("p");
        QTest::newRow("behind a whole one") << RawClient::frame(1, "ping") + "\x81" << QByteArray("\xfe");
    }
    void aFrameWithoutEnd()
    {
        QFETCH(QByteArray, first);
        QFETCH(QByteArray, second);
        ServerLimits limits;
        limits.bodyMs = 1500;
        const ServedFleet fleet(limits);
        RawClient client(fleet, fleet.token);
        RawClient whole(fleet, fleet.token); // the control: as slow, and it ends
        RawClient pinging(fleet, fleet.token);
        QVERIFY(client.isOpen() && whole.isOpen() && pinging.isOpen());
        client.socket.write(first);
        whole.socket.write(RawClient::frame(1, "ping").first(3));
        pinging.socket.write(RawClient::frame(9, "hi"));
        QTest::qWait(100); // so that it comes in two parts
        client.socket.write(second);
        whole.socket.write(RawClient::frame(1, "ping").sliced(3));
        QVERIFY(client.isGone());
        QTRY_VERIFY(whole.socket.peek(100'000).contains("pong"));
        QCOMPARE(whole.socket.state(), QAbstractSocket::ConnectedState);
        QCOMPARE(pinging.socket.state(), QAbstractSocket::ConnectedState);
    }

    void contentThatDoesNotCome()
    {
        ServerLimits limits;
        limits.bodyMs = 500;
        const ServedFleet fleet(limits);
        const QByteArray content = R"({"used":1,"total":2})";
        const QByteArray head = fleet.head("POST /api/counters/context/x", fleet.token,
                                           "Content-Type: application/json\r\nContent-Length: " +
                                               QByteArray::number(content.size()) + "\r\n");
        QCOMPARE(fleet.request(head + content.first(5)), QByteArray()); // ended without an answer
        QCOMPARE(statusOf(fleet.request(head + content)), 200);
        QCOMPARE(statusOf(fleet.get("/api/counters/context/y")), 200);
    }

    /// What a form of another page can send is not taken.
    void contentThatIsNoJson()
    {
        const ServedFleet fleet;
        for (const QByteArray type :
             {"text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""}) {
            const QByteArray field = type.isEmpty() ? QByteArray() : "Content-Type: " + type + "\r\n";
            QCOMPARE(statusOf(fleet.request(fleet.head("POST /api/counters/context/x", fleet.token,
                                                       field + "Content-Length: 20\r\n") +
                                            R"({"used":1,"total":2})")),
                     415);
        }
        QCOMPARE(statusOf(fleet.post("/api/counters/context/x", R"({"used":1,"total":2})", fleet.token)),
                 200);
    }

    /// All that the server answers, without a token, with a wrong one, and, as the control, with the right
    /// one.
    void everyRouteAsksWhoItIs()
    {
        ServerLimits limits;
        limits.loopbackNewPerSecond = 10'000;
        const ServedFleet fleet(limits);
        const QByteArray upgrade =
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
        int asked = 0;
        for (const Route& route : routeTable()) {
            const QByteArray what = QByteArray(route.method) + ' ' + pathOf(route);
            const QByteArray fields = route.isSocket ? upgrade : QByteArray();
            if (route.roles == 0)
                continue;
            QCOMPARE(statusOf(fleet.request(fleet.head(what, {}, fields))), 401);
            QCOMPARE(statusOf(fleet.request(fleet.head(what, QByteArray(43, 'A'), fields))), 401);
            if (!route.isSocket)
                QVERIFY2(statusOf(fleet.request(fleet.head(what, fleet.token, fields))) != 401,
                         what.constData());
            ++asked;
        }
        QVERIFY(asked >= 18);
    }

    /// There is one place where a connection begins and one where it becomes a WebSocket: behind the gate.
    void theGateIsTheOnlyWayIn()
    {
        int connections = 0;
        int upgrades = 0;
        int listeners = 0;
        QDirIterator files(QStringLiteral(SOURCE_DIR "/app"),
                           {QStringLiteral("*.cpp"), QStringLiteral("*.h")}, QDir::Files,
                           QDirIterator::Subdirectories);
        while (files.hasNext()) {
            QFile file(files.next());
            QVERIFY(file.open(QIODevice::ReadOnly));
            const QByteArray text = file.readAll();
            connections += int(text.count("new HttpConnection("));
            upgrades += int(text.count("handleConnection("));
            listeners += int(text.count("public QTcpServer"));
            QCOMPARE(text.count("nextPendingConnection()"),
                     file.fileName().endsWith(QStringLiteral("/server.cpp")) ? 1 : 0);
            QVERIFY2(!text.contains("webSockets.listen("), qPrintable(file.fileName()));
        }
        QCOMPARE(connections, 1);
        QCOMPARE(upgrades, 1);
        QCOMPARE(listeners, 1);
    }
};

QTEST_GUILESS_MAIN(TestServerExhaustion)
#include "tst_serverexhaustion.moc"
