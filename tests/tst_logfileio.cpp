// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/watch/coldscan.h"
#include "tests/childprocess.h"
#include "tests/claudelines.h"

#include <QDir>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QtTest>

#include <random>
#include <set>
#include <sys/stat.h>
#include <unistd.h>

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

const QByteArray relative = "boat/11111111-0000-4000-8000-000000000000.jsonl";
const QByteArray rollout =
    "2026/05/04/rollout-2026-05-04T10-00-00-01900000-0001-7aaa-8aaa-aaaaaaaaaaaa.jsonl";

QStringList textsOf(const ReadResult& result)
{
    QStringList out;
    for (const LogItem& item : result.batch.items)
        out << QString::fromStdString(item.text);
    return out;
}

/// A log under random writes, and what of it must have been counted.
struct Churn
{
    QString path;
    QByteArray bytes;      ///< of the file now
    std::set<int> inFile;  ///< numbers of the responses whose lines are whole in it
    std::set<int> counted; ///< of those that were whole there at some read
    int next = 1;          ///< number of the next response
    QByteArray halfLine;   ///< the rest of the line that was cut off last
    int halfNumber = 0;    ///< its number

    [[nodiscard]] QByteArray fresh(int count, bool cutLast, std::mt19937& random)
    {
        QByteArray out;
        for (int i = 0; i < count; ++i) {
            const int number = next++;
            const QByteArray line =
                answerLine({"msg_" + QByteArray::number(number), 1, number}, baseMs + number);
            if (i + 1 == count && cutLast) {
                const qsizetype cut =
                    qsizetype(random() % unsigned(line.size() - 3)) + 1; // a brace is missing
                out += line.left(cut);
                halfLine = line.mid(cut);
                halfNumber = number;
            } else {
                out += line;
                inFile.insert(number);
            }
        }
        return out;
    }

    void forget()
    {
        bytes.clear();
        inFile.clear();
        halfLine.clear();
    }

    /// The rest of a line that was cut, so that whole ones can follow.
    [[nodiscard]] QByteArray completed()
    {
        if (!halfLine.isEmpty())
            inFile.insert(halfNumber);
        return std::exchange(halfLine, {});
    }
};

enum class Act { Append, TruncateAndWrite, Rename, Recreate, CutBack };

/// Does one thing to the file.
void act(Churn& churn, Act what, std::mt19937& random)
{
    const int count = 1 + int(random() % 4);
    const bool cutLast = random() % 3 == 0;
    if (what == Act::Append) {
        QByteArray more = churn.completed();
        more += churn.fresh(count, cutLast, random);
        churn.bytes += more;
        if (!appendBytes(churn.path, more))
            qFatal("cannot append");
        return;
    }
    if (what == Act::CutBack) {
        // Back to the end of some line; its responses stay counted if they were read.
        const qsizetype end = churn.bytes.lastIndexOf('\n', -2 - qsizetype(random() % 400));
        const QByteArray kept = churn.bytes.left(std::max<qsizetype>(0, end + 1));
        churn.forget();
        churn.bytes = kept;
        for (const QByteArray& line : kept.split('\n')) {
            const auto from = line.indexOf("\"output_tokens\":");
            if (from >= 0)
                churn.inFile.insert(
                    line.mid(from + 16, line.indexOf('}', from) - from - 16).split(',')[0].toInt());
        }
        if (::truncate(QFile::encodeName(churn.path).constData(), kept.size()) != 0)
            qFatal("cannot truncate");
        return;
    }
    churn.forget();
    churn.bytes = churn.fresh(count, cutLast, random);
    const QString target = what == Act::Rename ? churn.path + QStringLiteral(".tmp") : churn.path;
    if (what == Act::Recreate)
        QFile::remove(churn.path);
    bool good = writeBytes(target, churn.bytes);
    if (what == Act::Rename)
        good = good && ::rename(QFile::encodeName(target).constData(),
                                QFile::encodeName(churn.path).constData()) == 0;
    if (!good)
        qFatal("cannot write");
}

} // namespace

class TestLogFileIo : public QObject
{
    Q_OBJECT

private slots:
    void init()
    {
        m_temp = std::make_unique<QTemporaryDir>();
        m_roots = logRoots(
            {m_temp->path() + QStringLiteral("/.claude"), m_temp->path() + QStringLiteral("/.codex")});
        m_path = m_roots[0].path + QLatin1Char('/') + QString::fromLatin1(relative);
    }

    void growingFileIsReadOnce()
    {
        QVERIFY(writeBytes(m_path, promptLine(QStringLiteral("one"), baseMs)));
        LogFile file = fileOf(0, relative);
        QCOMPARE(textsOf(readNew(file, true)), QStringList{QStringLiteral("one")});
        QCOMPARE(readNew(file, true).bytes, 0);
        QVERIFY(appendBytes(m_path, promptLine(QStringLiteral("two"), baseMs)));
        const ReadResult result = readNew(file, true);
        QCOMPARE(textsOf(result), QStringList{QStringLiteral("two")});
        QVERIFY(!result.restarted);
        QCOMPARE(file.reader->facts().threads[0].turns, 2);
    }

    void repeatedLinesOfAResponseAreOne()
    {
        QVERIFY(writeBytes(
            m_path, answerLine({"msg_1", 7, 2}, baseMs) + answerLine({"msg_1", 7, 50}, baseMs + 1) +
                        answerLine({"msg_1", 7, 9}, baseMs + 2) + answerLine({"msg_2", 8, 1}, baseMs + 3) +
                        answerLine({"msg_1", 7, 60}, baseMs + 4)));
        LogFile file = fileOf(0, relative);
        const std::vector<Response> responses = readNew(file, false).batch.responses;
        QCOMPARE(responses.size(), size_t(3)); // the last is the Ledger's: something else came between
        QCOMPARE(responses[0].tokens.output, 50);
        QCOMPARE(responses[0].atMs, baseMs + 1);
        QCOMPARE(responses[1].tokens.output, 1);
        QCOMPARE(responses[2].tokens.output, 60);
        QCOMPARE(responses[2].key, responses[0].key);
    }

    void partialLineWaits()
    {
        const QByteArray line = promptLine(QStringLiteral("one"), baseMs);
        QVERIFY(writeBytes(m_path, line.left(20)));
        LogFile file = fileOf(0, relative);
        QVERIFY(readNew(file, true).batch.items.empty());
        QVERIFY(appendBytes(m_path, line.mid(20, 30)));
        QVERIFY(readNew(file, true).batch.items.empty());
        QVERIFY(appendBytes(m_path, line.mid(50)));
        QCOMPARE(textsOf(readNew(file, true)), QStringList{QStringLiteral("one")});
        QCOMPARE(file.reader->facts().badLines, 0);
    }

    void truncatedFileBeginsAnew()
    {
        QVERIFY(writeBytes(m_path, promptLine(QStringLiteral("one"), baseMs) +
                                       promptLine(QStringLiteral("two"), baseMs)));
        LogFile file = fileOf(0, relative);
        (void)readNew(file, true);
        QVERIFY(writeBytes(m_path, promptLine(QStringLiteral("new"), baseMs)));
        const ReadResult result = readNew(file, true);
        QVERIFY(result.restarted);
        QCOMPARE(textsOf(result), QStringList{QStringLiteral("new")});
        QCOMPARE(file.reader->facts().threads[0].turns, 1);
    }

    void replacedFileBeginsAnewThoughItIsLarger()
    {
        QVERIFY(writeBytes(m_path, promptLine(QStringLiteral("one"), baseMs)));
        LogFile file = fileOf(0, relative);
        (void)readNew(file, true);
        QVERIFY(writeBytes(m_path + QStringLiteral(".tmp"),
                           promptLine(QStringLiteral("a much longer one"), baseMs)));
        QCOMPARE(::rename(QFile::encodeName(m_path + QStringLiteral(".tmp")).constData(),
                          QFile::encodeName(m_path).constData()),
                 0);
        const ReadResult result = readNew(file, true);
        QVERIFY(result.restarted);
        QCOMPARE(textsOf(result), QStringList{QStringLiteral("a much longer one")});
    }

    void rewrittenInPlaceBeginsAnewThoughItIsLarger()
    {
        QVERIFY(writeBytes(m_path, promptLine(QStringLiteral("one"), baseMs)));
        LogFile file = fileOf(0, relative);
        (void)readNew(file, true);
        QVERIFY(writeBytes(m_path, promptLine(QStringLiteral("a much longer one"), baseMs + 1)));
        QVERIFY(readNew(file, true).restarted);
    }

    void cutAndGrownBackBeginsAnew()
    {
        const QByteArray head = promptLine(QString(300, QLatin1Char('x')), baseMs);
        QVERIFY(writeBytes(m_path, head + promptLine(QStringLiteral("two"), baseMs)));
        LogFile file = fileOf(0, relative);
        (void)readNew(file, true);
        QCOMPARE(::truncate(QFile::encodeName(m_path).constData(), head.size()), 0);
        QVERIFY(appendBytes(m_path, promptLine(QStringLiteral("another that is longer"), baseMs)));
        const ReadResult result = readNew(file, true);
        QVERIFY(result.restarted);
        QCOMPARE(textsOf(result).last(), QStringLiteral("another that is longer"));
    }

    void vanishedFileKeepsWhatWasRead()
    {
        QVERIFY(writeBytes(m_path, promptLine(QStringLiteral("one"), baseMs)));
        LogFile file = fileOf(0, relative);
        (void)readNew(file, true);
        QVERIFY(QFile::remove(m_path));
        const ReadResult result = readNew(file, true);
        QCOMPARE(result.fault, OpenFault::Missing);
        QVERIFY(!result.restarted);
        QCOMPARE(file.reader->facts().threads[0].turns, 1);
    }

    void fifoAndLinkAreRefused()
    {
        QVERIFY(writeBytes(m_path + QStringLiteral(".real"), promptLine(QStringLiteral("one"), baseMs)));
        QCOMPARE(::mkfifo(QFile::encodeName(m_path).constData(), 0600), 0);
        LogFile file = fileOf(0, relative);
        QCOMPARE(readNew(file, true).fault, OpenFault::NotRegular); // and does not wait for a writer
        QVERIFY(QFile::remove(m_path));
        QVERIFY(writeBytes(m_temp->path() + QStringLiteral("/outside.jsonl"),
                           promptLine(QStringLiteral("x"), baseMs)));
        QCOMPARE(::symlink("../../../outside.jsonl", QFile::encodeName(m_path).constData()), 0);
        QVERIFY(QFile::exists(m_path)); // the link is good
        const ReadResult result = readNew(file, true);
        QVERIFY(result.fault == OpenFault::LeadsOut || result.fault == OpenFault::NotRegular);
        QVERIFY(result.batch.items.empty());
    }

    void cancelStopsBetweenChunks()
    {
        QByteArray many;
        while (many.size() < 600'000)
            many += promptLine(QStringLiteral("one"), baseMs);
        QVERIFY(writeBytes(m_path, many));
        LogFile file = fileOf(0, relative);
        std::atomic<bool> cancelled = true;
        QCOMPARE(readNew(file, false, &cancelled).bytes, 0);
        cancelled = false;
        QCOMPARE(readNew(file, false, &cancelled).bytes, many.size());
    }

    void metaFileBesideASubagent()
    {
        const QByteArray agent = "boat/11111111-0000-4000-8000-000000000000/subagents/agent-abc.jsonl";
        const QString path = m_roots[0].path + QLatin1Char('/') + QString::fromLatin1(agent);
        QVERIFY(writeBytes(path, {}));
        const LogFile file = fileOf(0, agent);
        QCOMPARE(readSubagentMeta(file), SubagentMeta());
        QString meta = path;
        meta.replace(QStringLiteral(".jsonl"), QStringLiteral(".meta.json"));
        QVERIFY(writeBytes(meta, R"({"agentType":"Explore","description":"Look","finished":true})"));
        const SubagentMeta expected{"Explore", "Look", true};
        QCOMPARE(readSubagentMeta(file), expected);
        QVERIFY(writeBytes(meta, "{"));
        QCOMPARE(readSubagentMeta(file), SubagentMeta());
    }

    void compressedRolloutEqualsThePlainOne()
    {
        NEEDS_CHILD_PROCESSES();
        QFile fixture(QStringLiteral(TEST_DATA_DIR "/codex/plain.jsonl"));
        QVERIFY(fixture.open(QIODevice::ReadOnly));
        const QByteArray bytes = fixture.readAll();
        const QString path = m_roots[1].path + QLatin1Char('/') + QString::fromLatin1(rollout);
        QVERIFY(writeBytes(path, bytes));
        LogFile plain = fileOf(1, rollout);
        const ReadResult expected = readNew(plain, true);
        compress(path);
        LogFile packed = fileOf(1, rollout + ".zst");
        QVERIFY(packed.role.compressed);
        const ReadResult got = readNew(packed, true);
        QCOMPARE(textsOf(got), textsOf(expected));
        QCOMPARE(got.batch.responses.size(), expected.batch.responses.size());
        QVERIFY(!got.batch.responses.empty());
        QCOMPARE(packed.reader->facts().sessionId, plain.reader->facts().sessionId);
        QCOMPARE(readNew(packed, true).bytes, 0); // does not grow
    }

    void damagedCompressedRolloutIsCounted()
    {
        const QString path = m_roots[1].path + QLatin1Char('/') + QString::fromLatin1(rollout);
        QVERIFY(writeBytes(path + QStringLiteral(".zst"), "no zstd at all"));
        LogFile file = fileOf(1, rollout + ".zst");
        QVERIFY(readNew(file, true).batch.items.empty());
        QCOMPARE(file.reader->facts().badLines, 1);
    }

    void rangeOfALog()
    {
        const QByteArray one = promptLine(QStringLiteral("one"), baseMs);
        const QByteArray two = promptLine(QStringLiteral("two"), baseMs);
        QVERIFY(writeBytes(m_path, one + two + promptLine(QStringLiteral("three"), baseMs)));
        const auto read = [&](qint64 from, qint64 to) {
            const LogFile file = fileOf(0, relative);
            ReadResult result;
            BatchSink sink(result.batch, true);
            if (!readRange(file, from, to, *file.reader, sink))
                result.batch.items.clear();
            return textsOf(result).join(QLatin1Char(' '));
        };
        QCOMPARE(read(0, 1), QStringLiteral("one"));
        QCOMPARE(read(0, one.size()), QStringLiteral("one"));
        QCOMPARE(read(1, one.size() + 1), QStringLiteral("two"));
        QCOMPARE(read(one.size(), one.size() + 1), QStringLiteral("two"));
        QCOMPARE(read(one.size() + two.size(), 1'000'000), QStringLiteral("three"));
        QCOMPARE(read(0, 1'000'000), QStringLiteral("one two three"));
    }

    void nothingLostOrDoubledOverRandomRotations()
    {
        std::mt19937 random(20261123);
        const Catalogue catalogue = Catalogue::builtIn();
        Fleet fleet(catalogue, QStringLiteral("/home/ann"));
        Churn churn;
        churn.path = m_path;
        QVERIFY(writeBytes(m_path, {}));
        const size_t index = fleet.addFile(fileOf(0, relative));
        constexpr std::array<Act, 8> acts{Act::Append, Act::Append,           Act::Append,   Act::Append,
                                          Act::Rename, Act::TruncateAndWrite, Act::Recreate, Act::CutBack};
        for (int step = 0; step < 1000; ++step) {
            const Act what = acts.at(random() % acts.size());
            act(churn, what, random);
            if (random() % 3 == 0)
                continue;
            ReadResult result = readNew(fleet.file(index), true);
            QCOMPARE(result.fault, OpenFault::None);
            if (result.restarted)
                fleet.restartFile(index);
            fleet.absorb(index, result.batch);
            churn.counted.insert(churn.inFile.begin(), churn.inFile.end());
            qint64 output = 0;
            for (const int number : churn.counted)
                output += number;
            const QList<Agent> agents = fleet.agents(baseMs);
            const Usage usage = agents.isEmpty() ? Usage() : agents[0].usage;
            QCOMPARE(usage.inputTokens.value_or(0), qint64(churn.counted.size()));
            QCOMPARE(usage.outputTokens.value_or(0), output);
        }
        QVERIFY(churn.counted.size() > 800);
    }

private:
    [[nodiscard]] LogFile fileOf(int root, const QByteArray& path) const
    {
        const auto found = logAt(m_roots[root], path);
        if (!found)
            qFatal("%s is no log", path.constData());
        return makeLogFile(*found);
    }

    static void compress(const QString& path)
    {
        if (QStandardPaths::findExecutable(QStringLiteral("zstd")).isEmpty())
            QSKIP("no zstd program here");
        QCOMPARE(
            QProcess::execute(QStringLiteral("zstd"), {QStringLiteral("-q"), QStringLiteral("--rm"), path}),
            0);
    }

    std::unique_ptr<QTemporaryDir> m_temp;
    QList<LogRoot> m_roots;
    QString m_path;
};

QTEST_GUILESS_MAIN(TestLogFileIo)
#include "tst_logfileio.moc"
