// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/watch/coldscan.h"
#include "tests/childprocess.h"
#include "tests/claudelines.h"

#include <QEventLoop>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QtTest>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

const QString rollout = QStringLiteral(
    "/.codex/sessions/2026/05/04/rollout-2026-05-04T10-00-00-01900000-0001-7aaa-8aaa-aaaaaaaaaaaa.jsonl");

QString sessionId(int number)
{
    return QStringLiteral("%1-0000-4000-8000-000000000000").arg(number, 8, 10, QLatin1Char('0'));
}

} // namespace

class TestColdScan : public QObject
{
    Q_OBJECT

private slots:
    void init()
    {
        m_temp = std::make_unique<QTemporaryDir>();
        m_roots = logRoots(
            {m_temp->path() + QStringLiteral("/.claude"), m_temp->path() + QStringLiteral("/.codex")});
    }

    void homeWithoutLogs()
    {
        QVERIFY(listLogs(m_roots).logs.isEmpty());
        Fleet fleet(m_catalogue, QStringLiteral("/home/ann"));
        const ScanTotals totals = scanAll(m_roots, fleet);
        QCOMPARE(totals.files, 0);
        QVERIFY(fleet.agents(baseMs).isEmpty());
    }

    void newestComesFirstAndOthersAreLeftOut()
    {
        writeSession(1, 1);
        writeSession(2, 1);
        const struct timespec times[2]{{0, UTIME_OMIT}, {1'600'000'000, 0}};
        QCOMPARE(::utimensat(AT_FDCWD, QFile::encodeName(pathOf(2)).constData(), times, 0), 0);
        for (const char* name : {"/.claude/projects/boat/notes.txt", "/.claude/projects/loose.jsonl",
                                 "/.claude/projects/boat/deep/er/x.jsonl"})
            QVERIFY(writeBytes(m_temp->path() + QLatin1String(name), "{}\n"));
        QCOMPARE(::mkfifo(QFile::encodeName(pathOf(3)).constData(), 0600), 0);
        const LogListing listing = listLogs(m_roots);
        QCOMPARE(listing.logs.size(), 2);
        QVERIFY(listing.logs[0].relative.contains(sessionId(1).toLatin1()));
        QCOMPARE(listing.bytes, listing.logs[0].sizeBytes + listing.logs[1].sizeBytes);
        QVERIFY(!listing.truncated);
    }

    void allIsReadAndCounted()
    {
        qint64 output = 0;
        for (int i = 1; i <= 40; ++i) {
            writeSession(i, i);
            output += i * 3;
        }
        QVERIFY(appendBytes(pathOf(7), "no json\n"));
        Fleet fleet(m_catalogue, QStringLiteral("/home/ann"));
        const ScanTotals totals = scanAll(m_roots, fleet);
        QCOMPARE(totals.files, 40);
        QCOMPARE(totals.bytesParsed, totals.bytes);
        QCOMPARE(totals.badLines, 1);
        const QList<Agent> agents = fleet.agents(baseMs);
        QCOMPARE(agents.size(), 40);
        qint64 sum = 0;
        for (const Agent& agent : agents)
            sum += agent.usage.outputTokens.value_or(0);
        QCOMPARE(sum, output);
    }

    void twoScansGiveTheSame()
    {
        for (int i = 1; i <= 20; ++i) {
            writeSession(i, i);
            // Each session copies the one before, as forks do.
            QVERIFY(appendBytes(pathOf(i),
                                answerLine({"msg_" + QByteArray::number(i * 1000 - 1000), 1, 3}, baseMs)));
        }
        Fleet one(m_catalogue, QStringLiteral("/home/ann"));
        Fleet two(m_catalogue, QStringLiteral("/home/ann"));
        (void)scanAll(m_roots, one);
        (void)scanAll(m_roots, two);
        QCOMPARE(one.agents(baseMs), two.agents(baseMs));
    }

    void plainRolloutShadowsTheCompressedOne()
    {
        NEEDS_CHILD_PROCESSES();
        QFile fixture(QStringLiteral(TEST_DATA_DIR "/codex/plain.jsonl"));
        QVERIFY(fixture.open(QIODevice::ReadOnly));
        const QString path = m_temp->path() + rollout;
        QVERIFY(writeBytes(path, fixture.readAll()));
        if (QStandardPaths::findExecutable(QStringLiteral("zstd")).isEmpty())
            QSKIP("no zstd program here");
        QCOMPARE(QProcess::execute(QStringLiteral("zstd"), {QStringLiteral("-q"), path}), 0);
        LogListing listing = listLogs(m_roots);
        QCOMPARE(listing.logs.size(), 1);
        QVERIFY(!listing.logs[0].role.compressed);
        QVERIFY(QFile::remove(path));
        listing = listLogs(m_roots);
        QCOMPARE(listing.logs.size(), 1);
        QVERIFY(listing.logs[0].role.compressed);
        Fleet fleet(m_catalogue, QStringLiteral("/home/ann"));
        (void)scanAll(m_roots, fleet);
        QCOMPARE(fleet.agents(baseMs).size(), 1);
        QVERIFY(fleet.agents(baseMs)[0].usage.contextTokens);
    }

    void poolHandsOverEachLogOnce()
    {
        for (int i = 1; i <= 30; ++i)
            writeSession(i, 2);
        const LogListing listing = listLogs(m_roots);
        QSet<QByteArray> seen;
        int taken = 0;
        ColdScan scan(this, [&](const std::vector<ScannedLog>& logs) {
            for (const ScannedLog& log : logs) {
                seen.insert(log.file.relative);
                ++taken;
                QVERIFY(!log.failed);
                QCOMPARE(log.batch.responses.size(), size_t(2));
                QVERIFY(log.batch.items.empty()); // nobody waits for lines in a first scan
            }
        });
        scan.start(planScan(listing, {}, m_roots).jobs);
        QTRY_COMPARE(taken, 30);
        QCOMPARE(seen.size(), 30);
    }

    void vanishedLogIsSaid()
    {
        writeSession(1, 1);
        const LogListing listing = listLogs(m_roots);
        QVERIFY(QFile::remove(pathOf(1)));
        int failures = 0;
        ColdScan scan(this, [&](const std::vector<ScannedLog>& logs) {
            for (const ScannedLog& log : logs)
                failures += log.failed ? 1 : 0;
        });
        scan.start(planScan(listing, {}, m_roots).jobs);
        QTRY_COMPARE(failures, 1);
    }

    void cancelledScanHandsOverOnlyWholeLogs()
    {
        constexpr int logCount = 24;
        const QString bulk = QStringLiteral("x").repeated(60'000); // a log is several chunks
        // Short lines take long to read: the first log is handed over while most of the others are not begun.
        const QByteArray prompts = promptLine(QStringLiteral("go on"), baseMs).repeated(500);
        for (int i = 1; i <= logCount; ++i) {
            QByteArray bytes;
            for (int line = 0; line < 20; ++line) {
                bytes +=
                    answerLine({"msg_" + QByteArray::number(i * 1000 + line), 1, 3}, baseMs, textBlock(bulk));
                bytes += prompts;
            }
            QVERIFY(writeBytes(pathOf(i), bytes));
        }
        QEventLoop untilFirst;
        int taken = 0;
        std::unique_ptr<ColdScan> scan =
            std::make_unique<ColdScan>(this, [&](const std::vector<ScannedLog>& logs) {
                scan->cancel(); // others are being read right now
                untilFirst.quit();
                for (const ScannedLog& log : logs) {
                    ++taken;
                    QCOMPARE(log.batch.responses.size(), size_t(20));
                }
            });
        scan->start(planScan(listLogs(m_roots), {}, m_roots).jobs);
        untilFirst.exec();
        QVERIFY(scan->isCancelled());
        QTest::qWait(100);
        QVERIFY(taken < logCount);
        scan.reset();
        const int before = taken;
        QTest::qWait(20); // nothing comes after the scan is gone
        QCOMPARE(taken, before);
    }

private:
    [[nodiscard]] QString pathOf(int number) const
    {
        return m_temp->path() + QStringLiteral("/.claude/projects/boat/%1.jsonl").arg(sessionId(number));
    }

    void writeSession(int number, int responses)
    {
        QByteArray bytes;
        for (int i = 0; i < responses; ++i)
            bytes += answerLine({"msg_" + QByteArray::number(number * 1000 + i), 1, 3}, baseMs + number + i);
        QVERIFY(writeBytes(pathOf(number), bytes));
    }

    const Catalogue m_catalogue = Catalogue::builtIn();
    std::unique_ptr<QTemporaryDir> m_temp;
    QList<LogRoot> m_roots;
};

QTEST_GUILESS_MAIN(TestColdScan)
#include "tst_coldscan.moc"
