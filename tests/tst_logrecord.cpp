// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/watch/coldscan.h"
#include "app/watch/logrecord.h"
#include "tests/claudelines.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <random>

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

Response responseOf(uint64_t key, int64_t atMs, int64_t output)
{
    Response response;
    response.key = key;
    response.atMs = atMs;
    response.tokens = {12, output, 30'000, 500, 7, 3};
    return response;
}

std::vector<Response> unpacked(const std::vector<SampleChunk>& chunks)
{
    std::vector<Response> out;
    for (const SampleChunk& chunk : chunks)
        if (!unpackSamples(chunk.bytes, out))
            out.clear();
    return out;
}

constexpr qint64 dayMs = 24 * 3600 * 1000;

} // namespace

class TestLogRecord : public QObject
{
    Q_OBJECT

private slots:
    void init() { m_temp = std::make_unique<QTemporaryDir>(); }

    void samplesComeBack()
    {
        Response named = responseOf(~uint64_t{0}, baseMs + 5, 10);
        named.ownerHash = 0x8000'0000'0000'0001;
        named.fast = true;
        named.fillsContext = false;
        named.model = 3;
        named.thread = 2;
        const std::vector<SampleChunk> chunks =
            packSamples({responseOf(1, baseMs, 20), named, responseOf(2, baseMs - 1000, 0)});
        QCOMPARE(chunks.size(), size_t{1});
        QCOMPARE(chunks[0].day, baseMs / dayMs);
        QCOMPARE(chunks[0].samples, 3);
        const std::vector<Response> back = unpacked(chunks);
        QCOMPARE(back.size(), size_t{3});
        QCOMPARE(back[1].key, named.key);
        QCOMPARE(back[1].ownerHash, named.ownerHash);
        QCOMPARE(back[1].fast, true);
        QCOMPARE(back[1].fillsContext, false);
        QCOMPARE(back[1].model, 3U);
        QCOMPARE(back[1].thread, 2U);
        QVERIFY(back[1].tokens == named.tokens);
        QCOMPARE(back[2].atMs, baseMs - 1000);
    }

    void oneResponseIsOneSample()
    {
        const std::vector<Response> back = unpacked(
            packSamples({responseOf(1, baseMs, 1), responseOf(2, baseMs, 5), responseOf(1, baseMs + 9, 40)}));
        QCOMPARE(back.size(), size_t{2});
        QCOMPARE(back[0].tokens.output, int64_t{40});
        QCOMPARE(back[0].atMs, baseMs + 9);
    }

    void daysStandApartAndJoin()
    {
        const std::vector<SampleChunk> chunks =
            packSamples({responseOf(1, baseMs, 1), responseOf(2, baseMs + dayMs, 2),
                         responseOf(3, baseMs + dayMs + 1, 3)});
        QCOMPARE(chunks.size(), size_t{2});
        QCOMPARE(chunks[1].day, baseMs / dayMs + 1);
        std::vector<Response> joined;
        QVERIFY(unpackSamples(chunks[0].bytes + chunks[1].bytes, joined));
        QCOMPARE(joined.size(), size_t{3});
        QCOMPARE(joined[2].atMs, baseMs + dayMs + 1);
    }

    void brokenSamplesAreRefused()
    {
        const std::string bytes = packSamples({responseOf(1, baseMs, 1), responseOf(2, baseMs, 5)})[0].bytes;
        for (size_t length = 1; length < bytes.size(); ++length) {
            std::vector<Response> out;
            QVERIFY(!unpackSamples(std::string_view(bytes).substr(0, length), out));
        }
    }

    void restoredLogGoesOnWhereItWasLeft()
    {
        write(promptLine(QStringLiteral("Paint the line"), baseMs) +
              answerLine({"msg_1", 1000, 50}, baseMs + 1));
        const LogRecord record = scannedRecord();
        QCOMPARE(record.isWhole, true);
        append(answerLine({"msg_2", 3000, 60}, baseMs + 2));

        std::optional<RestoredLog> restored = restoreLog(record, m_roots());
        QVERIFY(restored);
        QCOMPARE(restored->batch.responses.size(), size_t{1});
        const ReadResult more = readNew(restored->file, false);
        QCOMPARE(more.batch.responses.size(), size_t{1});
        QVERIFY(!more.restarted);
        const FileFacts& facts = restored->file.reader->facts();
        QCOMPARE(facts.title, std::string("Paint the line"));
        QCOMPARE(facts.threads[0].contextTokens, std::optional<int64_t>(3000));
        QCOMPARE(facts.lines, int64_t{3});
    }

    void whatPointsNowhereIsRefused()
    {
        write(answerLine({"msg_1", 1000, 50}, baseMs));
        const LogRecord good = scannedRecord();
        QVERIFY(restoreLog(good, m_roots()));
        LogRecord elsewhere = good;
        elsewhere.root += "/other";
        QVERIFY(!restoreLog(elsewhere, m_roots()));
        LogRecord wrongModel = good;
        Response response = responseOf(5, baseMs, 1);
        response.model = 99;
        wrongModel.samples = packSamples({response});
        QVERIFY(!restoreLog(wrongModel, m_roots()));
        LogRecord cut = good;
        cut.reader.resize(cut.reader.size() / 2);
        QVERIFY(!restoreLog(cut, m_roots()));
    }

    void planReadsOnlyWhatGrew()
    {
        write(answerLine({"msg_1", 1000, 50}, baseMs));
        const LogRecord record = scannedRecord();
        ScanPlan plan = planScan(listLogs(m_roots()), {record}, m_roots());
        QCOMPARE(plan.jobs.size(), size_t{0});
        QCOMPARE(plan.kept.size(), size_t{1});
        QVERIFY(!plan.kept[0].record); // nothing new to say

        const QByteArray line = answerLine({"msg_2", 3000, 60}, baseMs + 2);
        append(line);
        plan = planScan(listLogs(m_roots()), {record}, m_roots());
        QCOMPARE(plan.jobs.size(), size_t{1});
        QCOMPARE(plan.jobs[0].isWhole, false);
        QCOMPARE(plan.bytes, qint64(line.size()));

        QVERIFY(QFile::remove(path()));
        plan = planScan(listLogs(m_roots()), {record}, m_roots());
        QCOMPARE(plan.jobs.size(), size_t{0});
        QCOMPARE(plan.kept.size(), size_t{1});
        QVERIFY(plan.kept[0].file.gone);
        QVERIFY(plan.kept[0].record && plan.kept[0].record->gone);
    }

private:
    [[nodiscard]] QString path() const
    {
        return m_temp->path() + QStringLiteral("/.claude/projects/boat/s1.jsonl");
    }
    [[nodiscard]] QList<LogRoot> m_roots() const { return logRoots(agentHomes(m_temp->path(), false)); }
    void write(const QByteArray& bytes) const { QVERIFY(writeBytes(path(), bytes)); }
    void append(const QByteArray& bytes) const { QVERIFY(appendBytes(path(), bytes)); }

    [[nodiscard]] LogRecord scannedRecord() const
    {
        const Catalogue catalogue = Catalogue::builtIn();
        Fleet fleet(catalogue, m_temp->path());
        LogRecord news;
        (void)scanAll(m_roots(), fleet, {}, [&](LogRecord record) { news = std::move(record); });
        return news;
    }

    std::unique_ptr<QTemporaryDir> m_temp;
};

QTEST_GUILESS_MAIN(TestLogRecord)
#include "tst_logrecord.moc"
