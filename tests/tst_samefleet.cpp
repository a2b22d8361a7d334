// SPDX-License-Identifier: GPL-3.0-or-later
// Thousands of random events go through the server to three other Plimsolls over real sockets: one is never
// cut, one briefly, one for so long that what it missed is no longer held. In the end all show the same.
#include "tests/remotedesk.h"
#include "tests/servedfleet.h"

#include <QtTest>

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

constexpr quint32 seed = 20261127;
constexpr int fleetSize = 40;
constexpr qint64 ringBytes = 512 * 1024;

/// Stands between a viewer and the server, and can be cut like a cable.
class Cable
{
public:
    explicit Cable(const ServedFleet& fleet)
        : m_serverPort(fleet.port())
    {
        join();
        m_port = m_listener.serverPort();
        QObject::connect(&m_listener, &QTcpServer::newConnection, &m_listener, [this] {
            while (QTcpSocket* near = m_listener.nextPendingConnection())
                relay(near);
        });
    }
    ~Cable() { cut(); }
    Q_DISABLE_COPY_MOVE(Cable)

    [[nodiscard]] QUrl url() const { return QUrl(QStringLiteral("ws://127.0.0.1:%1").arg(m_port)); }

    /// No close frame, nothing said: both ends find out by themselves. Whoever dials again gets through.
    void cut()
    {
        const QList<QTcpSocket*> all = std::exchange(m_sockets, {});
        for (QTcpSocket* socket : all) {
            socket->disconnect();
            socket->abort();
            socket->deleteLater();
        }
    }
    /// The same, and who dials again is refused until join().
    void cutForLong()
    {
        m_listener.close();
        cut();
    }
    void join()
    {
        if (!m_listener.listen(QHostAddress::LocalHost, m_port))
            qFatal("the cable cannot listen: %s", qPrintable(m_listener.errorString()));
    }

private:
    void relay(QTcpSocket* near)
    {
        auto* far = new QTcpSocket(&m_listener);
        m_sockets << near << far;
        QObject::connect(far, &QTcpSocket::connected, near, [this, near, far] {
            forward(near, far); // what came before
            QObject::connect(near, &QTcpSocket::readyRead, far, [this, near, far] { forward(near, far); });
        });
        QObject::connect(far, &QTcpSocket::readyRead, near, [near, far] { near->write(far->readAll()); });
        far->connectToHost(QHostAddress::LocalHost, m_serverPort);
    }

    /// The server answers to its own name only, in Host and Origin.
    void forward(QTcpSocket* near, QTcpSocket* far) const
    {
        far->write(near->readAll().replace("127.0.0.1:" + QByteArray::number(m_port),
                                           "127.0.0.1:" + QByteArray::number(m_serverPort)));
    }

    const quint16 m_serverPort;
    quint16 m_port = 0;
    QTcpServer m_listener;
    QList<QTcpSocket*> m_sockets;
};

struct FarDesk
{
    explicit FarDesk(const ServedFleet& fleet)
        : cable(fleet)
        , desk({cable.url(), QString::fromLatin1(fleet.token), {}})
    {
        desk.host.start();
    }
    Cable cable;
    Desk desk;
};

QByteArray jsonOf(const Agent& agent)
{
    return QJsonDocument(toJson(agent)).toJson(QJsonDocument::Compact);
}

QHash<QString, PermissionAsked> asked(const FleetPicture& picture)
{
    QHash<QString, PermissionAsked> all;
    for (auto it = picture.permissions.begin(); it != picture.permissions.end(); ++it)
        all.insert(it.key(), std::get<PermissionAsked>(it->body));
    return all;
}

/// Empty where both show the same; the numbers of their events are their own affair.
QString difference(const FleetPicture& a, const FleetPicture& b)
{
    for (const Agent& agent : a.agents) {
        if (b.agents.value(agent.id) != agent)
            return QString::fromUtf8("agent\n  " + jsonOf(agent) + "\n  " + jsonOf(b.agents.value(agent.id)));
    }
    if (a.agents.size() != b.agents.size())
        return QStringLiteral("%1 agents for %2").arg(b.agents.size()).arg(a.agents.size());
    if (a.limits != b.limits)
        return QStringLiteral("limits");
    if (a.spend != b.spend)
        return QStringLiteral("spend");
    if (asked(a) != asked(b))
        return QStringLiteral("requests");
    return {};
}

QList<Logged> linesOf(const Events& events)
{
    QList<Logged> lines;
    for (const Event& event : events) {
        if (const auto* line = std::get_if<Logged>(&event.body))
            lines << *line;
    }
    return lines;
}

} // namespace

class TestSameFleet : public QObject
{
    Q_OBJECT

private slots:
    void init()
    {
        m_original = {};
        m_told.clear();
        ServerLimits limits;
        limits.ringBytes = ringBytes;
        m_fleet = std::make_unique<ServedFleet>(limits);
        happen(fleetSize * 20);
    }
    void cleanup() { m_fleet.reset(); }

    void thousandsOfEvents()
    {
        FarDesk whole(*m_fleet);
        FarDesk brief(*m_fleet);
        FarDesk absent(*m_fleet);
        for (const FarDesk* far : {&whole, &brief, &absent})
            QTRY_COMPARE(difference(m_original, far->desk.picture), QString());
        m_told.clear(); // the snapshot has no lines

        for (int round = 0; round < 6; ++round) {
            brief.cable.cut();
            happen(300); // while it is away: it dials again when this thread waits
            QTRY_COMPARE(difference(m_original, whole.desk.picture), QString());
            QTRY_COMPARE(difference(m_original, brief.desk.picture), QString());
        }
        QTRY_COMPARE(difference(m_original, absent.desk.picture), QString());

        absent.cable.cutForLong();
        QTRY_COMPARE(absent.desk.phase(), LinkState::Phase::Failed);
        const FleetPicture before = absent.desk.picture;
        for (qint64 bytes = 0; bytes < 2 * ringBytes; bytes += 300 * 400) {
            happen(300);
            QTRY_COMPARE(difference(m_original, whole.desk.picture), QString());
        }
        Logged large; // beyond the ring, whatever was drawn
        large.text = QString(8000, u'x');
        for (int i = 0; i < 100; ++i)
            m_fleet->host.send({samples::about(1, large)});
        QVERIFY(!difference(m_original, before).isEmpty());
        absent.cable.join();
        absent.desk.host.retryLink();
        for (const FarDesk* far : {&whole, &brief, &absent})
            QTRY_COMPARE(difference(m_original, far->desk.picture), QString());

        QCOMPARE(whole.desk.resets, 1);
        QCOMPARE(brief.desk.resets, 1);  // it went on where it was
        QCOMPARE(absent.desk.resets, 2); // it began anew
        for (const FarDesk* far : {&whole, &brief, &absent})
            QCOMPARE(far->desk.gaps, 0);
    }

    /// Who is cut briefly, again and again, gets each line once and in order.
    void noLineIsLostOrToldTwice()
    {
        FarDesk brief(*m_fleet);
        QTRY_COMPARE(difference(m_original, brief.desk.picture), QString());
        m_told.clear();
        brief.desk.all.clear();
        for (int round = 0; round < 10; ++round) {
            happen(100);
            brief.cable.cut();
            happen(100);
            QTRY_COMPARE(linesOf(brief.desk.all).size(), linesOf(m_told).size());
        }
        QCOMPARE(brief.desk.resets, 1);
        QCOMPARE(linesOf(brief.desk.all), linesOf(m_told));
    }

private:
    void happen(int count)
    {
        for (int i = 0; i < count; ++i) {
            const Event event = samples::randomEvent(m_random, fleetSize);
            const auto* request = std::get_if<PermissionAsked>(&event.body);
            if (request && request->requestId.isEmpty())
                continue; // could not be answered: viewers leave it out
            if (apply(m_original, event))
                m_told << event;
            m_fleet->host.send({event});
        }
    }

    std::unique_ptr<ServedFleet> m_fleet;
    QRandomGenerator m_random{seed};
    FleetPicture m_original; ///< what happened, without any wire
    Events m_told;           ///< what there is to be told of it
};

QTEST_GUILESS_MAIN(TestSameFleet)
#include "tst_samefleet.moc"
