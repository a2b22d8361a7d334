// SPDX-License-Identifier: GPL-3.0-or-later
// The same statements on PostgreSQL: a server of its own on a socket in a temporary folder. Skipped, with the
// reason, where PostgreSQL or Qt's driver for it is not installed.
#include "app/store/database.h"
#include "tests/childprocess.h"
#include "tests/durability/made.h"

#include <QDir>
#include <QProcess>
#include <QSqlDatabase>
#include <QSqlQuery>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QtTest>

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

constexpr int waitMs = 60'000;
const QString connectionName = QStringLiteral("postgres");

/// Where Debian and others keep the programs of the server.
QString serverProgram(const QString& name)
{
    QStringList places;
    for (const QString& version :
         QDir(QStringLiteral("/usr/lib/postgresql")).entryList(QDir::Dirs | QDir::NoDotAndDotDot))
        places.prepend(QStringLiteral("/usr/lib/postgresql/%1/bin").arg(version));
    const QString found = QStandardPaths::findExecutable(name, places);
    return found.isEmpty() ? QStandardPaths::findExecutable(name) : found;
}

} // namespace

class TestStorePostgres : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase()
    {
        NEEDS_CHILD_PROCESSES();
        if (!QSqlDatabase::isDriverAvailable(QStringLiteral("QPSQL")))
            QSKIP("Qt's PostgreSQL driver (libqt6sql6-psql) is not installed");
        if (serverProgram(QStringLiteral("initdb")).isEmpty() ||
            serverProgram(QStringLiteral("pg_ctl")).isEmpty())
            QSKIP("PostgreSQL's server is not installed");
        if (::getuid() == 0 && !::getpwnam("postgres"))
            QSKIP("root may not run PostgreSQL, and there is no user postgres");
        if (::getuid() == 0) {
            const passwd* user = ::getpwnam("postgres");
            QCOMPARE(::chown(QFile::encodeName(m_temp.path()).constData(), user->pw_uid, user->pw_gid), 0);
        }
        QCOMPARE(run(QStringLiteral("initdb"),
                     {QStringLiteral("-D"), dataDir(), QStringLiteral("-U"), QStringLiteral("plimsoll"),
                      QStringLiteral("-A"), QStringLiteral("trust"), QStringLiteral("-N"),
                      QStringLiteral("--encoding=UTF8"), QStringLiteral("--locale=C.UTF-8")}),
                 QString());
        const QString options =
            QStringLiteral("-c listen_addresses='' -c fsync=off -c unix_socket_directories=%1")
                .arg(m_temp.path());
        QCOMPARE(run(QStringLiteral("pg_ctl"),
                     {QStringLiteral("start"), QStringLiteral("-w"), QStringLiteral("-D"), dataDir(),
                      QStringLiteral("-l"), m_temp.path() + QStringLiteral("/log"), QStringLiteral("-o"),
                      options}),
                 QString());
        m_running = true;
        m_db = QSqlDatabase::addDatabase(QStringLiteral("QPSQL"), connectionName);
        m_db.setHostName(m_temp.path());
        m_db.setUserName(QStringLiteral("plimsoll"));
        m_db.setDatabaseName(QStringLiteral("postgres"));
        QVERIFY(m_db.open());
    }

    void cleanupTestCase()
    {
        m_db = {};
        QSqlDatabase::removeDatabase(connectionName);
        if (m_running)
            QCOMPARE(run(QStringLiteral("pg_ctl"), {QStringLiteral("stop"), QStringLiteral("-m"),
                                                    QStringLiteral("fast"), QStringLiteral("-D"), dataDir()}),
                     QString());
    }

    void keepsWhatSqliteKeeps()
    {
        const QTemporaryDir temp;
        Database lite;
        QCOMPARE(lite.open(temp.path(), Database::Access::ReadWrite), QString());
        Database postgres;
        QCOMPARE(postgres.attach(m_db), QString());
        MadeFrames made(1);
        made.startAfter(0, {});
        for (int i = 0; i < 200; ++i) { // parts are joined meanwhile
            const MadeFrame frame = made.next();
            const StoreBatch batch{frame.logs, frame.agents, frame.events};
            QCOMPARE(lite.write(batch), QString());
            QCOMPARE(postgres.write(batch), QString());
        }
        compare(lite, postgres, made.lastSeq());
        // Another run finds the same, and what was told is known.
        postgres.close();
        QCOMPARE(postgres.attach(m_db), QString());
        compare(lite, postgres, made.lastSeq());
        MadeFrames again(1);
        again.startAfter(0, {});
        Events told = again.next().events;
        QCOMPARE(postgres.dropKept(told), QString());
        for (const Event& event : std::as_const(told))
            QVERIFY(!std::holds_alternative<Compacted>(event.body));
    }

    void oddBytesComeBack()
    {
        Database postgres;
        QCOMPARE(postgres.attach(m_db), QString());
        LogRecord log;
        log.kind = AgentKind::Codex;
        log.root = QByteArrayLiteral("/odd");
        log.relative = QByteArray("a'\\\xff\n.jsonl", 11);
        log.identity.headHash = ~quint64{0};
        log.identity.dev = ~quint64{0};
        for (int byte = 0; byte < 256; ++byte)
            log.reader.push_back(char(byte));
        Agent agent;
        agent.id = {QUuid(77, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)};
        agent.info.name = QStringLiteral("it's \"odd\" \\ ☃ \U0001F600");
        agent.usage.costPico = std::numeric_limits<qint64>::max();
        QCOMPARE(postgres.write({{log}, {agent}, {}}), QString());
        std::vector<LogRecord> logs;
        QCOMPARE(postgres.loadLogs({log.root}, logs), QString());
        QCOMPARE(logs.size(), size_t(1));
        QCOMPARE(logs[0].relative, log.relative);
        QCOMPARE(logs[0].reader, log.reader);
        QVERIFY(logs[0].identity == log.identity);
        QHash<AgentId, Agent> agents;
        QCOMPARE(postgres.loadAgents(agents), QString());
        QCOMPARE(agents.value(agent.id).info.name, agent.info.name);
        QCOMPARE(agents.value(agent.id).usage.costPico, agent.usage.costPico);
    }

    void failedWriteLeavesNothing()
    {
        Database postgres;
        QCOMPARE(postgres.attach(m_db), QString());
        quint64 before = 0;
        QCOMPARE(postgres.loadLastSeq(before), QString());
        const Event event{before + 1, 1, {}, AlertRaised{}};
        QVERIFY(!postgres.write({{}, {}, {event, event}}).isEmpty()); // one number twice
        quint64 after = 0;
        QCOMPARE(postgres.loadLastSeq(after), QString());
        QCOMPARE(after, before);
        QCOMPARE(postgres.write({{}, {}, {event}}), QString());
    }

    void prunes()
    {
        Database postgres;
        QCOMPARE(postgres.attach(m_db), QString());
        const AgentId agent = linesOf();
        QList<StoredLine> lines;
        QCOMPARE(postgres.loadLines(agent, 0, 1000, lines), QString());
        QVERIFY(!lines.isEmpty());
        const qint64 laterMs = lines.constLast().atMs + qint64{400} * 24 * 3600 * 1000;
        for (bool more = true; more;)
            QCOMPARE(postgres.prune({1, 90, 1}, laterMs, more), QString());
        lines.clear();
        QCOMPARE(postgres.loadLines(agent, 0, 1000, lines), QString());
        QVERIFY(lines.isEmpty());
    }

    void newerSchemaIsRefused()
    {
        {
            QSqlQuery query(m_db);
            QVERIFY(query.exec(QStringLiteral("INSERT INTO schema_version (version) VALUES (99)")));
        }
        Database postgres;
        QVERIFY(postgres.attach(m_db).contains(QLatin1String("newer Plimsoll")));
    }

private:
    [[nodiscard]] QString dataDir() const { return m_temp.path() + QStringLiteral("/server"); }

    /// As a user that may. Empty = good, else what the program said.
    [[nodiscard]] static QString run(const QString& program, QStringList arguments)
    {
        QProcess process;
        arguments.prepend(serverProgram(program));
        if (::getuid() == 0)
            arguments = QStringList{QStringLiteral("runuser"), QStringLiteral("-u"),
                                    QStringLiteral("postgres"), QStringLiteral("--")} +
                        arguments;
        process.setWorkingDirectory(QStringLiteral("/"));
        process.setStandardOutputFile(QProcess::nullDevice()); // the server keeps it open
        process.start(arguments.takeFirst(), arguments);
        if (!process.waitForFinished(waitMs) || process.exitStatus() != QProcess::NormalExit)
            return QStringLiteral("it did not end well: ") + process.errorString();
        return process.exitCode() == 0 ? QString() : QString::fromUtf8(process.readAllStandardError());
    }

    /// An agent that lines were made of.
    [[nodiscard]] AgentId linesOf() const
    {
        QSqlQuery query(m_db);
        const bool found = query.exec(QStringLiteral("SELECT agent_id FROM texts LIMIT 1")) && query.next();
        return found ? AgentId::fromString(query.value(0).toString()) : AgentId();
    }

    void compare(Database& lite, Database& postgres, quint64 lastSeq)
    {
        std::vector<LogRecord> liteLogs;
        std::vector<LogRecord> logs;
        QCOMPARE(lite.loadLogs({madeRootPath()}, liteLogs), QString());
        QCOMPARE(postgres.loadLogs({madeRootPath()}, logs), QString());
        QCOMPARE(logs.size(), liteLogs.size());
        QCOMPARE(logs.size(), size_t(madeLogs));
        for (const LogRecord& log : logs) {
            const auto same = std::find_if(liteLogs.begin(), liteLogs.end(), [&](const LogRecord& each) {
                return each.relative == log.relative;
            });
            QVERIFY(same != liteLogs.end());
            QCOMPARE(log.position.offset, same->position.offset);
            QCOMPARE(log.samples.size(), same->samples.size());
            std::vector<Response> responses;
            for (size_t i = 0; i < log.samples.size(); ++i) {
                QCOMPARE(log.samples[i].bytes, same->samples[i].bytes);
                QVERIFY(unpackSamples(log.samples[i].bytes, responses));
            }
            QVERIFY(qint64(responses.size()) >= log.position.offset);
        }
        QHash<AgentId, Agent> liteAgents;
        QHash<AgentId, Agent> agents;
        QCOMPARE(lite.loadAgents(liteAgents), QString());
        QCOMPARE(postgres.loadAgents(agents), QString());
        QCOMPARE(agents, liteAgents);
        QCOMPARE(agents.size(), qsizetype(madeAgents));
        for (auto it = agents.cbegin(); it != agents.cend(); ++it) {
            for (const int newer : {0, 3}) {
                QList<StoredLine> liteLines;
                QList<StoredLine> lines;
                QCOMPARE(lite.loadLines(it.key(), newer, 50, liteLines), QString());
                QCOMPARE(postgres.loadLines(it.key(), newer, 50, lines), QString());
                QCOMPARE(lines.size(), liteLines.size());
                for (qsizetype i = 0; i < lines.size(); ++i)
                    QCOMPARE(lines[i].line.text, liteLines[i].line.text);
            }
        }
        quint64 seq = 0;
        QCOMPARE(postgres.loadLastSeq(seq), QString());
        QCOMPARE(seq, lastSeq);
    }

    const QTemporaryDir m_temp;
    QSqlDatabase m_db;
    bool m_running = false;
};

QTEST_GUILESS_MAIN(TestStorePostgres)
#include "tst_storepostgres.moc"
