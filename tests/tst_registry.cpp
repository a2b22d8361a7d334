// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/agents/claude/registry.h"

#include <QDir>
#include <QFile>
#include <QtTest>

#include <climits>

using namespace plimsoll;

namespace {

QByteArray readFile(const QString& path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

QByteArray fixture(const char* name)
{
    return readFile(QStringLiteral(TEST_DATA_DIR "/claude/sessions/") + QLatin1String(name));
}

} // namespace

class TestRegistry : public QObject
{
    Q_OBJECT

private slots:
    void wholeEntry()
    {
        const std::optional<RegistryEntry> entry = parseRegistryEntry(fixture("busy.json"));
        QVERIFY(entry);
        QCOMPARE(entry->pid, 4711);
        QCOMPARE(entry->sessionId, QStringLiteral("11111111-2222-4333-8444-555555555555"));
        QCOMPARE(entry->cwd, QStringLiteral("/home/ann/boat"));
        QCOMPARE(entry->procStart, std::optional<quint64>(319339));
        QCOMPARE(entry->version, QStringLiteral("2.1.330"));
        QCOMPARE(entry->kind, QStringLiteral("interactive"));
        QCOMPARE(entry->name, QStringLiteral("boat-12"));
        QCOMPARE(entry->nameSource, QStringLiteral("derived"));
        QCOMPARE(entry->status, RegistryStatus::Busy);
        QCOMPARE(entry->startedAtMs, 1767000000000);
        QCOMPARE(entry->updatedAtMs, 1767000005000);
        QCOMPARE(entry->statusUpdatedAtMs, 1767000004000);
        QVERIFY(entry->waitingFor.isEmpty() && entry->jobId.isEmpty());
    }

    void waitingBackgroundJob()
    {
        const std::optional<RegistryEntry> entry = parseRegistryEntry(fixture("waiting.json"));
        QVERIFY(entry);
        QCOMPARE(entry->status, RegistryStatus::Waiting);
        QCOMPARE(entry->waitingFor, QStringLiteral("permission prompt"));
        QCOMPARE(entry->jobId, QStringLiteral("1f2e3d4c"));
    }

    void oldClientSaysNoStatus()
    {
        const std::optional<RegistryEntry> entry = parseRegistryEntry(fixture("old.json"));
        QVERIFY(entry);
        QCOMPARE(entry->status, RegistryStatus::None);
        QVERIFY(!entry->procStart);
    }

    void everyPrefixIsHalfWritten()
    {
        const QByteArray whole = fixture("waiting.json").trimmed();
        QVERIFY(whole.size() > 100);
        for (qsizetype length = 0; length < whole.size(); ++length)
            QVERIFY(!parseRegistryEntry(whole.left(length)));
        // Rewritten in place by a shorter one whose end is not cut off yet.
        QVERIFY(!parseRegistryEntry(whole + whole.right(20)));
    }

    void hostile_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        const QByteArray session = "\"sessionId\":\"s\"";
        QTest::newRow("no object") << QByteArray("[1]");
        QTest::newRow("no pid") << QByteArray("{" + session + "}");
        QTest::newRow("pid is a text") << QByteArray("{\"pid\":\"1\"," + session + "}");
        QTest::newRow("pid zero") << QByteArray("{\"pid\":0," + session + "}");
        QTest::newRow("pid negative") << QByteArray("{\"pid\":-1," + session + "}");
        QTest::newRow("pid huge") << QByteArray("{\"pid\":99999999999," + session + "}");
        QTest::newRow("pid a fraction") << QByteArray("{\"pid\":1.5," + session + "}");
        QTest::newRow("no session") << QByteArray("{\"pid\":1}");
        QTest::newRow("session is a path") << QByteArray("{\"pid\":1,\"sessionId\":\"../../x\"}");
        QTest::newRow("session too long")
            << QByteArray("{\"pid\":1,\"sessionId\":\"" + QByteArray(129, 'a') + "\"}");
        QTest::newRow("too large") << QByteArray("{\"pid\":1," + session + ",\"x\":\"" +
                                                 QByteArray(65536, 'a') + "\"}");
        QTest::newRow("NULs") << QByteArray(100, '\0');
        QTest::newRow("deep") << QByteArray(30000, '[');
    }

    void hostile()
    {
        QFETCH(const QByteArray, bytes);
        QVERIFY(!parseRegistryEntry(bytes));
    }

    void oddValuesAreBoundedOrLeftOut()
    {
        const std::optional<RegistryEntry> entry =
            parseRegistryEntry("{\"pid\":1,\"sessionId\":\"s\",\"startedAt\":-5,\"updatedAt\":\"x\","
                               "\"procStart\":\"Mon Nov 23\","
                               "\"status\":\"dancing\",\"jobId\":\"../x\",\"name\":\"" +
                               QByteArray(10000, 'n') + "\"}");
        QVERIFY(entry);
        QCOMPARE(entry->startedAtMs, 0);
        QCOMPARE(entry->updatedAtMs, 0);
        QVERIFY(!entry->procStart);
        QCOMPARE(entry->status, RegistryStatus::None);
        QVERIFY(entry->jobId.isEmpty());
        QCOMPARE(entry->name.size(), 4096);
        QCOMPARE(parseRegistryEntry("{\"pid\":1,\"sessionId\":\"s\",\"procStart\":77}")->procStart,
                 std::optional<quint64>(77));
    }

    void names()
    {
        QVERIFY(isRegistryName("2684.json"));
        QVERIFY(isRegistryName("pid-2684.json"));
        for (const char* name : {"2684.abc.key", "2684.key", ".json", "x.json", "2684.json.tmp", "",
                                 "pid-.json", "26 84.json", "99999999999.json", "2684.abc.json"})
            QVERIFY2(!isRegistryName(name), name);
    }

    void job()
    {
        const std::optional<JobState> job = parseJobState(fixture("job.json"));
        QVERIFY(job);
        QCOMPARE(job->tempo, QStringLiteral("blocked"));
        QCOMPARE(job->needs, QStringLiteral("approve Bash: touch hull.txt"));
        QCOMPARE(job->state, QStringLiteral("working"));
        QCOMPARE(job->detail, QStringLiteral("Painting the hull"));
        QCOMPARE(job->updatedAtMs, 1767000005500);
        const QByteArray whole = fixture("job.json").trimmed();
        for (qsizetype length = 0; length < whole.size(); ++length)
            QVERIFY(!parseJobState(whole.left(length)));
        QVERIFY(!parseJobState("{\"tempo\":\"blocked\"}"));
        QVERIFY(!parseJobState("{\"sessionId\":\"a/b\"}"));
        QVERIFY(!parseJobState("{\"sessionId\":\"s\",\"x\":\"" + QByteArray(65536, 'a') + "\"}"));
        QCOMPARE(parseJobState("{\"sessionId\":\"s\",\"updatedAt\":\"soon\"}")->updatedAtMs, 0);
    }

    void sharedSamples_data()
    {
        QTest::addColumn<int>("status");
        QTest::addColumn<QString>("waitingFor");
        QTest::newRow("pid-busy") << int(RegistryStatus::Busy) << QString();
        QTest::newRow("pid-idle") << int(RegistryStatus::Idle) << QString();
        QTest::newRow("pid-shell") << int(RegistryStatus::Shell) << QString();
        QTest::newRow("pid-bg-waiting")
            << int(RegistryStatus::Waiting) << QStringLiteral("permission prompt");
        QTest::newRow("pid-waiting-dialog") << int(RegistryStatus::Waiting) << QStringLiteral("dialog open");
        QTest::newRow("pid-waiting-input") << int(RegistryStatus::Waiting) << QStringLiteral("input needed");
        QTest::newRow("pid-waiting-permission")
            << int(RegistryStatus::Waiting) << QStringLiteral("permission prompt");
    }

    void sharedSamples()
    {
        const QString dir = QStringLiteral(SHARED_DIR "/reference/claude-code/samples/sessions/");
        if (!QDir(dir).exists())
            QSKIP("the shared samples are not here");
        QFETCH(const int, status);
        QFETCH(const QString, waitingFor);
        const std::optional<RegistryEntry> entry = parseRegistryEntry(
            readFile(dir + QLatin1String(QTest::currentDataTag()) + QStringLiteral(".json")));
        QVERIFY(entry);
        QCOMPARE(int(entry->status), status);
        QCOMPARE(entry->waitingFor, waitingFor);
        QVERIFY(entry->procStart && entry->statusUpdatedAtMs > 0);
        const std::optional<JobState> job =
            parseJobState(readFile(dir + QStringLiteral("bg-job-state-blocked.json")));
        QVERIFY(job);
        QCOMPARE(job->needs, QStringLiteral("approve Bash: touch made.txt && echo made"));
    }
};

QTEST_GUILESS_MAIN(TestRegistry)
#include "tst_registry.moc"
