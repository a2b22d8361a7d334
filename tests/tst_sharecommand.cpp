// SPDX-License-Identifier: GPL-3.0-or-later
// The program that shares, from outside: `plimsoll --headless --serve` and `plimsoll token`.
#include "app/store/database.h"
#include "tests/childprocess.h"
#include "tests/claudelines.h"
#include "tests/servedfleet.h"

#include <QProcess>
#include <QTemporaryDir>
#include <QtTest>

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

/// A `plimsoll --headless --serve` that ends with this.
class ServingProgram
{
public:
    explicit ServingProgram(const QString& home, const QStringList& more = {QStringLiteral("--serve"),
                                                                            QStringLiteral("127.0.0.1:0")})
    {
        m_process.start(QStringLiteral(PLIMSOLL_PROGRAM),
                        QStringList{QStringLiteral("--headless"), QStringLiteral("--home"), home,
                                    QStringLiteral("--data-dir"), home + QStringLiteral("/data")} +
                            more);
        if (QTest::qWaitFor(
                [this] { return m_process.canReadLine() || m_process.state() == QProcess::NotRunning; },
                10'000) &&
            m_process.canReadLine())
            firstLine = QJsonDocument::fromJson(m_process.readLine()).object();
        port = quint16(QUrl(firstLine.value(QLatin1String("listening")).toString()).port());
        QFile file(firstLine.value(QLatin1String("token_file")).toString());
        if (file.open(QIODevice::ReadOnly))
            token = file.readAll();
    }
    ~ServingProgram() { stop(); }
    ServingProgram(const ServingProgram&) = delete;
    ServingProgram& operator=(const ServingProgram&) = delete;
    ServingProgram(ServingProgram&&) = delete;
    ServingProgram& operator=(ServingProgram&&) = delete;

    int stop()
    {
        if (m_process.state() != QProcess::NotRunning) {
            m_process.terminate();
            m_process.waitForFinished(10'000);
        }
        return m_process.exitCode();
    }

    [[nodiscard]] QByteArray request(const QByteArray& what, const QByteArray& who,
                                     const QByteArray& content = {}) const
    {
        QTcpSocket socket;
        socket.connectToHost(QHostAddress::LocalHost, port);
        socket.write(what + " HTTP/1.1\r\nHost: 127.0.0.1:" + QByteArray::number(port) +
                     "\r\nAuthorization: Bearer " + who +
                     "\r\nContent-Type: application/json\r\nContent-Length: " +
                     QByteArray::number(content.size()) + "\r\n\r\n" + content);
        QByteArray answer;
        while (socket.waitForReadyRead(5000))
            answer += socket.readAll();
        return answer + socket.readAll();
    }

    QJsonObject firstLine;
    quint16 port = 0;
    QByteArray token;

private:
    QProcess m_process;
};

} // namespace

class TestShareCommand : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase() { NEEDS_PROGRAM(); }

    void init()
    {
        m_home = std::make_unique<QTemporaryDir>();
        QVERIFY(writeBytes(
            m_home->path() +
                QStringLiteral("/.claude/projects/boat/11111111-0000-4000-8000-000000000000.jsonl"),
            promptLine(QStringLiteral("Paint the line"), baseMs) +
                answerLine({"msg_1", 1000, 50, 20'000}, baseMs + 1)));
    }

    void tellsWhereItListens()
    {
        ServingProgram program(m_home->path());
        QCOMPARE(program.firstLine.size(), 2);
        QVERIFY(program.port != 0);
        QCOMPARE(program.token.size(), 43);
        QTRY_COMPARE(contentOf(program.request("GET /api/agents", program.token))
                         .value(QLatin1String("agents"))
                         .toArray()
                         .size(),
                     1);
        const QJsonObject agent = contentOf(program.request("GET /api/agents", program.token))
                                      .value(QLatin1String("agents"))
                                      .toArray()
                                      .at(0)
                                      .toObject();
        QCOMPARE(agent.value(QLatin1String("context_tokens")).toInt(), 21'000);
        QCOMPARE(program.stop(), 0);
        QVERIFY(!QFile::exists(m_home->path() + QStringLiteral("/data/server.json")));
    }

    void countersOutliveARestart()
    {
        {
            ServingProgram program(m_home->path());
            QCOMPARE(statusOf(program.request("POST /api/counters/context/build-42", program.token,
                                              "{\"used\":5,\"total\":10}")),
                     200);
            QCOMPARE(program.stop(), 0);
        }
        const ServingProgram again(m_home->path());
        QTRY_COMPARE(contentOf(again.request("GET /api/counters/context/build-42", again.token))
                         .value(QLatin1String("used"))
                         .toInt(),
                     5);
    }

    void refusalsAreKept()
    {
        {
            ServingProgram program(m_home->path());
            QCOMPARE(statusOf(program.request("GET /api/agents", "wrong")), 401);
            QCOMPARE(program.stop(), 0);
        }
        Database database;
        QCOMPARE(database.open(m_home->path() + QStringLiteral("/data"), Database::Access::ReadOnly),
                 QString());
        QList<AuditRow> rows;
        QCOMPARE(database.loadAudit(100, rows), QString());
        QStringList what;
        for (const AuditRow& row : std::as_const(rows))
            what << row.what;
        QVERIFY2(what.contains(QStringLiteral("refused")), qPrintable(what.join(u' ')));
        QVERIFY(what.contains(QStringLiteral("sharing_on")));
    }

    void beyondThisMachineIsRefusedWithHelp()
    {
        const Run run = start({QStringLiteral("--headless"), QStringLiteral("--serve=0.0.0.0:0")});
        QCOMPARE(run.code, 2);
        QVERIFY(run.err.contains("--tls"));
        QVERIFY(run.err.contains("plimsoll token pair"));
    }

    void tokens()
    {
        ServingProgram program(m_home->path());
        const Run made = start({QStringLiteral("token"), QStringLiteral("add"), QStringLiteral("dashboard"),
                                QStringLiteral("--role"), QStringLiteral("viewer")});
        QCOMPARE(made.code, 0);
        const QByteArray token = made.out.trimmed();
        QCOMPARE(token.size(), 43);
        // The server takes notice by itself.
        QTRY_COMPARE(statusOf(program.request("GET /api/agents", token)), 200);
        QCOMPARE(
            statusOf(program.request("POST /api/counters/context/x", token, "{\"used\":5,\"total\":10}")),
            403);
        const Run list = start({QStringLiteral("token"), QStringLiteral("list"), QStringLiteral("--json")});
        QCOMPARE(QJsonDocument::fromJson(list.out).object().value(QLatin1String("tokens")).toArray().size(),
                 2);
        QVERIFY(!list.out.contains(token));
        QCOMPARE(start({QStringLiteral("token"), QStringLiteral("revoke"), QStringLiteral("t2")}).code, 0);
        QTRY_COMPARE(statusOf(program.request("GET /api/agents", token)), 401);
        QCOMPARE(start({QStringLiteral("token"), QStringLiteral("revoke"), QStringLiteral("t2")}).code, 2);
    }

    void launchLink()
    {
        const Run without = start({QStringLiteral("token"), QStringLiteral("link")});
        QCOMPARE(without.code, 2);
        QVERIFY(without.err.contains("plimsoll --serve"));
        ServingProgram program(m_home->path());
        const QByteArray link = start({QStringLiteral("token"), QStringLiteral("link")}).out.trimmed();
        QVERIFY(link.startsWith("http://127.0.0.1:" + QByteArray::number(program.port) + "/#code="));
        const QByteArray code = link.mid(link.indexOf('=') + 1);
        const QByteArray answer =
            program.request("POST /api/access/token", "-", "{\"code\":\"" + code + "\"}");
        QCOMPARE(statusOf(answer), 200);
    }

private:
    struct Run
    {
        int code = -1;
        QByteArray out;
        QByteArray err;
    };

    [[nodiscard]] Run start(const QStringList& arguments) const
    {
        QProcess process;
        process.start(
            QStringLiteral(PLIMSOLL_PROGRAM),
            arguments + QStringList{QStringLiteral("--data-dir"), m_home->path() + QStringLiteral("/data")});
        process.closeWriteChannel();
        if (!process.waitForFinished(20'000))
            return {};
        return {process.exitCode(), process.readAllStandardOutput(), process.readAllStandardError()};
    }

    std::unique_ptr<QTemporaryDir> m_home;
};

QTEST_GUILESS_MAIN(TestShareCommand)
#include "tst_sharecommand.moc"
