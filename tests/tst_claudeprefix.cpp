// SPDX-License-Identifier: GPL-3.0-or-later
// Reading a prefix of a log and later the rest gives what reading all at once gives, wherever it is cut.
#include "app/agents/claude/claudereader.h"
#include "app/agents/jsontext.h"
#include "tests/childprocess.h"
#include "tests/keepingsink.h"

#include <QDirIterator>
#include <QFileInfo>
#include <QTemporaryDir>
#include <QTest>

#include <random>

using namespace plimsoll;

namespace {

/// What takes quadratic time is done on logs up to this size.
constexpr qint64 smallBytes = 256 * 1024;
/// Larger ones are left out, so that the test ends within a minute.
constexpr qint64 largestBytes = 4 * 1024 * 1024;

QString readAtOnce(const QByteArray& data, bool wanted)
{
    ClaudeReader reader({}, {});
    KeepingSink sink(wanted);
    readWhole(data, reader, sink);
    return dump(reader.facts(), sink);
}

/// Reads up to each of `cuts` in turn, then the rest.
QString readInParts(const QByteArray& data, const QList<qsizetype>& cuts, bool wanted)
{
    ClaudeReader reader({}, {});
    KeepingSink sink(wanted);
    LineSplitter::Position position;
    for (const qsizetype cut : cuts)
        position = readBytes(data, position, std::max(cut, qsizetype(position.offset)), reader, sink);
    (void)readBytes(data, position, data.size(), reader, sink);
    return dump(reader.facts(), sink);
}

/// Where one of two objects that were glued into one line ends: what was whole when it was read cannot be
/// taken back, so nobody can promise anything for a cut right there.
bool isGlue(const QByteArray& data, qsizetype cut)
{
    if (cut == 0 || cut == data.size() || data.at(cut - 1) != '}')
        return false;
    const qsizetype begin = data.lastIndexOf('\n', cut - 1) + 1;
    const qsizetype end = data.indexOf('\n', cut);
    return !data.mid(cut, end - cut).trimmed().isEmpty() &&
           isWholeObject({data.constData() + begin, size_t(cut - begin)});
}

QList<qsizetype> lineCuts(const QByteArray& data)
{
    QList<qsizetype> cuts;
    for (qsizetype at = data.indexOf('\n'); at >= 0; at = data.indexOf('\n', at + 1))
        cuts << at << at + 1; // before the newline and behind it
    return cuts;
}

QList<qsizetype> randomCuts(const QByteArray& data, int count)
{
    std::mt19937 random(20'260'504);
    std::uniform_int_distribution<qsizetype> place(0, data.size());
    QList<qsizetype> cuts;
    while (cuts.size() < count) {
        const qsizetype cut = place(random);
        if (!isGlue(data, cut))
            cuts.append(cut);
    }
    std::sort(cuts.begin(), cuts.end());
    return cuts;
}

void addLogs(const QString& folder)
{
    QDirIterator files(folder, {QStringLiteral("*.jsonl")}, QDir::Files, QDirIterator::Subdirectories);
    while (files.hasNext()) {
        const QString path = files.next();
        if (QFileInfo(path).size() <= largestBytes)
            QTest::newRow(qPrintable(path.section(QLatin1Char('/'), -2))) << path;
    }
}

} // namespace

class TestClaudePrefix : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void everyLine_data() { addAll(); }
    void everyLine();
    void everyByteOfOwnFixtures_data() { addOwn(); }
    void everyByteOfOwnFixtures();
    void randomBytes_data() { addAll(); }
    void randomBytes();
    void lastNewlineMissing_data() { addAll(); }
    void lastNewlineMissing();

private:
    static void addOwn();
    void addAll();

    QTemporaryDir m_homes;
};

void TestClaudePrefix::initTestCase()
{
    NEEDS_CHILD_PROCESSES();
    const QString archive = QStringLiteral(SHARED_DIR "/corpora/entireio__cli.tar.xz");
    if (QFileInfo::exists(archive))
        QCOMPARE(QProcess::execute(QStringLiteral("tar"),
                                   {QStringLiteral("-xJf"), archive, QStringLiteral("-C"), m_homes.path()}),
                 0);
}

void TestClaudePrefix::addOwn()
{
    QTest::addColumn<QString>("path");
    addLogs(QStringLiteral(TEST_DATA_DIR "/claude"));
}

void TestClaudePrefix::addAll()
{
    addOwn();
    addLogs(QStringLiteral(SHARED_DIR "/reference/claude-code/samples/transcripts"));
    addLogs(m_homes.path());
}

void TestClaudePrefix::everyLine()
{
    QFETCH(QString, path);
    const QByteArray data = fileBytes(path);
    QVERIFY(!data.isEmpty());
    const QList<qsizetype> cuts = lineCuts(data);
    const QString expected = readAtOnce(data, true);
    QVERIFY(readInParts(data, cuts, true) == expected); // each line by itself
    if (data.size() > smallBytes)
        return;
    const QString expectedCold = readAtOnce(data, false);
    for (const qsizetype cut : cuts)
        QVERIFY2(readInParts(data, {cut}, false) == expectedCold, qPrintable(QString::number(cut)));
}

void TestClaudePrefix::everyByteOfOwnFixtures()
{
    QFETCH(QString, path);
    const QByteArray data = fileBytes(path);
    const QString expected = readAtOnce(data, true);
    int glued = 0;
    for (qsizetype cut = 0; cut <= data.size(); ++cut) {
        if (isGlue(data, cut))
            ++glued;
        else
            QCOMPARE(readInParts(data, {cut}, true), expected);
    }
    QCOMPARE(glued, path.endsWith(QLatin1String("broken.jsonl")) ? 1 : 0);
}

void TestClaudePrefix::randomBytes()
{
    QFETCH(QString, path);
    const QByteArray data = fileBytes(path);
    const QString expected = readAtOnce(data, true);
    QVERIFY(readInParts(data, randomCuts(data, 100), true) == expected);
    if (data.size() > smallBytes)
        return;
    const QList<qsizetype> cuts = randomCuts(data, 20);
    for (const qsizetype cut : cuts)
        QVERIFY2(readInParts(data, {cut}, true) == expected, qPrintable(QString::number(cut)));
}

void TestClaudePrefix::lastNewlineMissing()
{
    QFETCH(QString, path);
    QByteArray data = fileBytes(path);
    if (!data.endsWith('\n'))
        data += '\n';
    const QString expected = readAtOnce(data, true);
    const QByteArray killed = data.chopped(1);
    QVERIFY(readAtOnce(killed, true) == expected);                 // it counts at once …
    QVERIFY(readInParts(data, {killed.size()}, true) == expected); // … and not again with its newline
    const QByteArray next = data + "{\"type\":\"custom-title\",\"customTitle\":\"new\"}\n";
    QVERIFY(readInParts(next, {killed.size()}, true) == readAtOnce(next, true));
    QVERIFY(readAtOnce(next, true) != expected);
}

QTEST_GUILESS_MAIN(TestClaudePrefix)
#include "tst_claudeprefix.moc"
