// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/store/database.h"
#include "app/store/sqltext.h"
#include "tests/fleet.h"

#include <QFile>
#include <QFileInfo>
#include <QSqlDatabase>
#include <QSqlQuery>
#include <QTemporaryDir>
#include <QTest>

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

constexpr qint64 nowMs = 1'767'000'000'000;
constexpr qint64 dayMs = 24 * 3600 * 1000;

LogRecord recordOf(const char* path, int samples)
{
    LogRecord record;
    record.kind = AgentKind::ClaudeCode;
    record.root = "/home/ann/.claude/projects";
    record.relative = path;
    record.identity = {7, 8, 0xffff'ffff'ffff'fff0, 256};
    record.mark = {0xffff'ffff'ffff'fff1, 64};
    record.position = {4096, true};
    record.sizeBytes = 5000;
    record.mtimeMs = nowMs;
    record.meta = {"Explore", "Look for the paint", true};
    record.reader = std::string("reader\0bytes", 12);
    for (int i = 0; i < samples; ++i) {
        Response response;
        response.key = uint64_t(i) + 1;
        response.atMs = nowMs + i;
        response.tokens.output = i;
        for (SampleChunk& chunk : packSamples({response}))
            record.samples.push_back(std::move(chunk));
    }
    return record;
}

Event lineAt(qint64 offset, const QString& text, qint64 atMs = nowMs)
{
    return {1, atMs, idOf(1),
            Logged{LogKind::Text, text, {}, false, QStringLiteral("/home/ann/a.jsonl"), offset, 0}};
}

} // namespace

class TestDatabase : public QObject
{
    Q_OBJECT

private slots:
    void init()
    {
        m_temp = std::make_unique<QTemporaryDir>();
        m_database = std::make_unique<Database>();
    }
    void cleanup() { m_database.reset(); }

    void filesArePrivate()
    {
        open();
        write({{recordOf("boat/s1.jsonl", 1)}, {}, {}});
        for (const char* name : {"plimsoll.db", "plimsoll.db-wal", "plimsoll.db-shm", "plimsoll.lock"}) {
            const QFileInfo info(m_temp->filePath(QString::fromLatin1(name)));
            QVERIFY2(info.exists(), name);
            QCOMPARE(info.permissions() & (QFile::ReadGroup | QFile::ReadOther | QFile::WriteGroup),
                     QFile::Permissions());
        }
    }

    void logsComeBackWhole()
    {
        open();
        const LogRecord record = recordOf("boat/s1.jsonl", 3);
        write({{record, recordOf("boat/s2.jsonl", 0)}, {}, {}});
        reopen();
        const std::vector<LogRecord> logs = loaded();
        QCOMPARE(logs.size(), size_t{2});
        const LogRecord& back = logs[0].relative == "boat/s1.jsonl" ? logs[0] : logs[1];
        QCOMPARE(back.kind, record.kind);
        QVERIFY(back.identity == record.identity);
        QVERIFY(back.mark == record.mark);
        QVERIFY(back.position == record.position);
        QCOMPARE(back.sizeBytes, record.sizeBytes);
        QVERIFY(back.meta == record.meta);
        QCOMPARE(back.reader, record.reader);
        QCOMPARE(back.samples.size(), size_t{3});
        QCOMPARE(back.samples[2].bytes, record.samples[2].bytes);

        std::vector<LogRecord> others;
        QCOMPARE(m_database->loadLogs({"/elsewhere"}, others), QString());
        QVERIFY(others.empty());
    }

    void laterRecordsAddTheirSamples()
    {
        open();
        write({{recordOf("boat/s1.jsonl", 2)}, {}, {}});
        LogRecord later = recordOf("boat/s1.jsonl", 1);
        later.position.offset = 9000;
        write({{later}, {}, {}});
        reopen();
        QCOMPARE(loaded()[0].samples.size(), size_t{3});
        QCOMPARE(loaded()[0].position.offset, int64_t{9000});
        later.isWhole = true; // read again from its beginning
        write({{later}, {}, {}});
        QCOMPARE(loaded()[0].samples.size(), size_t{1});
    }

    void manyPartsBecomeOne()
    {
        open();
        for (int i = 0; i < 70; ++i) {
            LogRecord record = recordOf("boat/s1.jsonl", 0);
            Response response;
            response.key = uint64_t(i % 60) + 1;
            response.atMs = nowMs + i;
            response.tokens.output = i;
            record.samples = packSamples({response});
            write({{record}, {}, {}});
        }
        const LogRecord back = loaded()[0];
        QVERIFY(back.samples.size() < 10);
        std::vector<Response> responses;
        for (const SampleChunk& chunk : back.samples)
            QVERIFY(unpackSamples(chunk.bytes, responses));
        QCOMPARE(responses[0].tokens.output, int64_t{60}); // the best of its key
    }

    void agentsComeBack()
    {
        open();
        Agent agent = agentOf(1, QStringLiteral("boat"), AgentState::Idle, 171'000, nowMs);
        agent.info.continuesId = idOf(2);
        write({{}, {agent}, {}});
        agent.state = AgentState::Complete;
        agent.usage.contextTokens.reset();
        write({{}, {agent}, {}});
        reopen();
        QHash<AgentId, Agent> agents;
        QCOMPARE(m_database->loadAgents(agents), QString());
        QCOMPARE(agents.size(), 1);
        const Agent back = agents.value(idOf(1));
        QCOMPARE(back.state, AgentState::Complete);
        QCOMPARE(back.info.name, QStringLiteral("boat"));
        QVERIFY(back.info.continuesId == idOf(2));
        QCOMPARE(back.usage.contextTokens, Count());
        QCOMPARE(back.usage.costPico, agent.usage.costPico);
    }

    void eventsAreNumberedAndLinesKeptOnce()
    {
        open();
        write({{},
               {},
               {{5, nowMs, idOf(1),
                 StateChanged{AgentState::Idle, StateSource::Log, QStringLiteral("done"), nowMs}},
                {6, nowMs, idOf(1), UsageChanged{}},
                lineAt(100, QStringLiteral("first")),
                lineAt(200, QStringLiteral("second"), nowMs + 1)}});
        write({{}, {}, {lineAt(100, QStringLiteral("first"))}});
        quint64 seq = 0;
        QCOMPARE(m_database->loadLastSeq(seq), QString());
        QCOMPARE(seq, quint64{5}); // numbers of usage are in the samples
        QCOMPARE(linesBefore(0, 10), (QStringList{QStringLiteral("first"), QStringLiteral("second")}));
        QCOMPARE(linesBefore(1, 10), QStringList{QStringLiteral("first")});
        QCOMPARE(linesBefore(0, 1), QStringList{QStringLiteral("second")});
    }

    void valuesAreKeptByName()
    {
        open();
        KeptValue value{QStringLiteral("colour"), nowMs, {{QStringLiteral("hull"), QStringLiteral("red")}}};
        write({{}, {}, {}, {value}});
        value.atMs = nowMs + 1;
        value.json.insert(QStringLiteral("hull"), QStringLiteral("blue"));
        write({{}, {}, {}, {value}});
        reopen();
        KeptValue back{QStringLiteral("colour"), 0, {}};
        QCOMPARE(m_database->loadValue(back), QString());
        QCOMPARE(back.atMs, nowMs + 1);
        QCOMPARE(back.json, value.json);
        KeptValue other{QStringLiteral("shape"), 0, {}};
        QCOMPARE(m_database->loadValue(other), QString());
        QCOMPARE(other.atMs, qint64(0));
    }

    void aFailedWriteChangesNothing()
    {
        open();
        const Event state{5, nowMs, idOf(1), StateChanged{}};
        write({{}, {}, {state}});
        // The same number twice: the whole transaction is refused, the log with it.
        QVERIFY(!m_database->write({{recordOf("boat/s1.jsonl", 1)}, {}, {state}}).isEmpty());
        QVERIFY(loaded().empty());
        write({{recordOf("boat/s1.jsonl", 1)}, {}, {}});
        QCOMPARE(loaded().size(), size_t{1});
    }

    void secondWriterIsRefused()
    {
        open();
        Database second;
        const QString wrong = second.open(m_temp->path(), Database::Access::ReadWrite);
        QVERIFY2(wrong.contains(QLatin1String("in use by another Plimsoll")), qPrintable(wrong));
        write({{recordOf("boat/s1.jsonl", 1)}, {}, {}});
        QCOMPARE(second.open(m_temp->path(), Database::Access::ReadOnly), QString());
        std::vector<LogRecord> logs;
        QCOMPARE(second.loadLogs({"/home/ann/.claude/projects"}, logs), QString());
        QCOMPARE(logs.size(), size_t{1});
        m_database->close();
        QCOMPARE(second.open(m_temp->path(), Database::Access::ReadWrite), QString());
    }

    void newerSchemaIsLeftAlone()
    {
        open();
        m_database->close();
        {
            QSqlDatabase raw = QSqlDatabase::addDatabase(QStringLiteral("QSQLITE"), QStringLiteral("raw"));
            raw.setDatabaseName(m_temp->filePath(QStringLiteral("plimsoll.db")));
            QVERIFY(raw.open());
            QCOMPARE(runSql(raw, QStringLiteral("INSERT INTO schema_version (version) VALUES (99)")),
                     QString());
        }
        QSqlDatabase::removeDatabase(QStringLiteral("raw"));
        const QString wrong = m_database->open(m_temp->path(), Database::Access::ReadWrite);
        QVERIFY2(wrong.contains(QLatin1String("written by a newer Plimsoll")), qPrintable(wrong));
        QVERIFY(!m_database->isOpen());
    }

    void garbageIsLeftAlone()
    {
        const QString path = m_temp->filePath(QStringLiteral("plimsoll.db"));
        const QByteArray garbage(5000, 'x');
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write(garbage) == garbage.size());
        file.close();
        const QString wrong = m_database->open(m_temp->path(), Database::Access::ReadWrite);
        QVERIFY2(wrong.contains(QLatin1String("move it away")), qPrintable(wrong));
        QVERIFY(file.open(QIODevice::ReadOnly));
        QCOMPARE(file.readAll(), garbage);
    }

    void oldTextsGoFirst()
    {
        open();
        Events lines;
        for (int i = 0; i < 1200; ++i)
            lines << lineAt(i, QStringLiteral("old"), nowMs - 100 * dayMs + i);
        lines << lineAt(5000, QStringLiteral("new"), nowMs);
        write({{}, {}, lines});
        int rounds = 0;
        for (bool more = true; more; ++rounds)
            QCOMPARE(m_database->prune({0, 90, 0}, nowMs, more), QString());
        QVERIFY(rounds > 1); // in small steps
        QCOMPARE(linesBefore(0, 10), QStringList{QStringLiteral("new")});
    }

    void tooMuchTextGoesOldestFirst()
    {
        open();
        Events lines;
        for (int i = 0; i < 1000; ++i)
            lines << lineAt(i, i == 0 ? QStringLiteral("oldest") : QString(1000, QLatin1Char('a')),
                            nowMs + i);
        write({{}, {}, lines});
        for (bool more = true; more;)
            QCOMPARE(m_database->prune({0, 0, 600'000}, nowMs + dayMs, more), QString());
        const qsizetype left = linesBefore(0, 2000).size();
        QVERIFY2(left > 0 && left <= 600, qPrintable(QString::number(left)));
        QVERIFY(!linesBefore(0, 2000).contains(QStringLiteral("oldest")));
    }

    void whatIsToldAgainIsKnownHoweverMuchCameSince()
    {
        open();
        const Event limits{
            1, nowMs, {}, LimitsChanged{AgentKind::Codex, {}, {{QStringLiteral("5 h"), 62, 0}}, nowMs}};
        write({{}, {}, {limits}});
        Events later;
        for (quint64 seq = 2; seq < 30'000; ++seq)
            later << Event{seq, nowMs + qint64(seq), idOf(1), AlertRaised{FillLevel::Warning, 0.8}};
        write({{}, {}, later});
        QSet<QByteArray> meanings;
        QCOMPARE(m_database->loadToldBefore(meanings), QString());
        QCOMPARE(meanings, QSet<QByteArray>{meaningOf(limits)});
    }

    void firstSchemaIsBroughtUpToDate()
    {
        open();
        write({{recordOf("boat/a.jsonl", 2)}, {}, {}});
        m_database->close();
        {
            QSqlDatabase old = QSqlDatabase::addDatabase(QStringLiteral("QSQLITE"), QStringLiteral("old"));
            old.setDatabaseName(m_temp->filePath(QStringLiteral("plimsoll.db")));
            QVERIFY(old.open());
            QSqlQuery query(old);
            QVERIFY(query.exec(QStringLiteral("DROP INDEX events_told_again")));
            QVERIFY(query.exec(QStringLiteral("DELETE FROM schema_version WHERE version > 1")));
            QVERIFY(query.exec(QStringLiteral("DROP TABLE audit")));
        }
        QSqlDatabase::removeDatabase(QStringLiteral("old"));
        open();
        QCOMPARE(loaded().size(), size_t{1});
        reopen(); // and only once
    }

    void samplesOfLogsThatExistStay()
    {
        open();
        LogRecord gone = recordOf("boat/gone.jsonl", 2);
        gone.gone = true;
        gone.mtimeMs = nowMs - 40 * dayMs;
        LogRecord there = recordOf("boat/there.jsonl", 2);
        there.mtimeMs = nowMs - 40 * dayMs;
        write({{gone, there}, {}, {}});
        bool more = true;
        QCOMPARE(m_database->prune({30, 0, 0}, nowMs, more), QString());
        QVERIFY(!more);
        QCOMPARE(loaded().size(), size_t{1});
        QCOMPARE(loaded()[0].relative, QByteArray("boat/there.jsonl"));
        write({{gone}, {}, {}}); // a place in the tables again
        QCOMPARE(loaded().size(), size_t{2});
    }

    void sharingIsKeptForItsTime()
    {
        QCOMPARE(m_database->open(m_temp->path(), Database::Access::ReadWrite), QString());
        const AuditRow row{
            nowMs, QStringLiteral("refused"), {}, QStringLiteral("192.0.2.7"), QStringLiteral("401 GET /ws")};
        StoreBatch batch;
        batch.values = {{QStringLiteral("counter/a"), nowMs, {{QStringLiteral("used"), 5}}},
                        {QStringLiteral("counter/old"), nowMs - 2 * counterKeptMs, {}},
                        {QStringLiteral("other"), nowMs, {}}};
        batch.audit = {row};
        QCOMPARE(m_database->write(batch), QString());
        QList<KeptValue> values;
        QCOMPARE(m_database->loadValues(counterPrefix(), nowMs - counterKeptMs, values), QString());
        QCOMPARE(values.size(), 1);
        QCOMPARE(values.constFirst().name, QStringLiteral("counter/a"));
        QList<AuditRow> rows;
        QCOMPARE(m_database->loadAudit(10, rows), QString());
        QCOMPARE(rows, QList<AuditRow>{row});
        bool more = false;
        QCOMPARE(m_database->prune({0, 90, 0}, nowMs + 91LL * 24 * 60 * 60 * 1000, more), QString());
        rows.clear();
        values.clear();
        QCOMPARE(m_database->loadAudit(10, rows), QString());
        QCOMPARE(m_database->loadValues(counterPrefix(), 0, values), QString());
        QVERIFY(rows.isEmpty() && values.isEmpty());
        KeptValue other{QStringLiteral("other"), 0, {}};
        QCOMPARE(m_database->loadValue(other), QString());
        QCOMPARE(other.atMs, nowMs); // what has no time of its own stays
    }

private:
    void open() { QCOMPARE(m_database->open(m_temp->path(), Database::Access::ReadWrite), QString()); }
    void reopen()
    {
        m_database->close();
        open();
    }
    void write(const StoreBatch& batch) { QCOMPARE(m_database->write(batch), QString()); }

    [[nodiscard]] std::vector<LogRecord> loaded()
    {
        std::vector<LogRecord> logs;
        const QString wrong = m_database->loadLogs({"/home/ann/.claude/projects"}, logs);
        return wrong.isEmpty() ? logs : std::vector<LogRecord>();
    }

    [[nodiscard]] QStringList linesBefore(int newer, int limit)
    {
        QList<StoredLine> lines;
        QStringList texts{QStringLiteral("failed")};
        if (m_database->loadLines(idOf(1), newer, limit, lines).isEmpty())
            texts.clear();
        for (const StoredLine& stored : std::as_const(lines))
            texts << stored.line.text;
        return texts;
    }

    std::unique_ptr<QTemporaryDir> m_temp;
    std::unique_ptr<Database> m_database;
};

QTEST_GUILESS_MAIN(TestDatabase)
#include "tst_database.moc"
