// SPDX-License-Identifier: GPL-3.0-or-later
// A reader that is put away and taken up again goes on as if nothing had been, wherever that happens.
#include "app/agents/claude/claudereader.h"
#include "app/agents/codex/codexreader.h"
#include "app/agents/statecodec.h"
#include "tests/keepingsink.h"

#include <QDirIterator>
#include <QFileInfo>
#include <QTest>

#include <functional>
#include <limits>
#include <memory>
#include <random>

using namespace plimsoll;

namespace {

using MakeReader = std::function<std::unique_ptr<LogReader>()>;

MakeReader makerFor(const QString& path)
{
    if (path.contains(QLatin1String("/codex/")))
        return [path] { return std::make_unique<CodexReader>(path.toStdString()); };
    return [] { return std::make_unique<ClaudeReader>(std::string(), std::string()); };
}

std::string saved(LogReader& reader)
{
    StatePacker packer;
    reader.save(packer);
    return packer.take();
}

/// Reads up to each of `cuts` in turn, each time with a reader made from what the one before has saved.
QString readWithRestarts(const QByteArray& data, const MakeReader& make, const QList<qsizetype>& cuts)
{
    KeepingSink sink(true);
    LineSplitter::Position position;
    std::unique_ptr<LogReader> reader = make();
    for (const qsizetype cut : cuts + QList<qsizetype>{data.size()}) {
        position = readBytes(data, position, std::max(cut, qsizetype(position.offset)), *reader, sink);
        const std::string bytes = saved(*reader);
        reader = make();
        StateUnpacker unpacker(bytes);
        if (!reader->load(unpacker) || !unpacker.atEnd())
            return QStringLiteral("not loaded");
    }
    return dump(reader->facts(), sink);
}

} // namespace

class TestReaderState : public QObject
{
    Q_OBJECT

private slots:
    void everyLine_data();
    void everyLine();
    void brokenBytesAreRefused_data() { everyLine_data(); }
    void brokenBytesAreRefused();
    void numbersOfAnySize();
};

void TestReaderState::everyLine_data()
{
    QTest::addColumn<QString>("path");
    for (const char* folder : {TEST_DATA_DIR "/claude", TEST_DATA_DIR "/codex",
                               SHARED_DIR "/reference/claude-code/samples/transcripts",
                               SHARED_DIR "/reference/agents/samples/codex"}) {
        QDirIterator files(QString::fromLatin1(folder), {QStringLiteral("*.jsonl")}, QDir::Files,
                           QDirIterator::Subdirectories);
        while (files.hasNext()) {
            const QString path = files.next();
            if (QFileInfo(path).size() < 400'000 && !path.contains(QLatin1String("appserver")))
                QTest::newRow(qPrintable(path.section(QLatin1Char('/'), -2))) << path;
        }
    }
}

void TestReaderState::everyLine()
{
    QFETCH(QString, path);
    const QByteArray data = fileBytes(path);
    const MakeReader make = makerFor(path);
    KeepingSink sink(true);
    const std::unique_ptr<LogReader> reader = make();
    readWhole(data, *reader, sink);
    const QString expected = dump(reader->facts(), sink);

    QList<qsizetype> cuts;
    for (qsizetype at = data.indexOf('\n'); at >= 0; at = data.indexOf('\n', at + 1))
        cuts << at + 1;
    QCOMPARE(readWithRestarts(data, make, cuts), expected);
    for (const qsizetype cut : std::as_const(cuts))
        QVERIFY2(readWithRestarts(data, make, {cut}) == expected, qPrintable(QString::number(cut)));
}

void TestReaderState::brokenBytesAreRefused()
{
    QFETCH(QString, path);
    const QByteArray data = fileBytes(path);
    const MakeReader make = makerFor(path);
    KeepingSink sink;
    const std::unique_ptr<LogReader> reader = make();
    readWhole(data, *reader, sink);
    const std::string bytes = saved(*reader);
    for (size_t length = 0; length < bytes.size(); length += 1 + bytes.size() / 200) {
        StateUnpacker cut(std::string_view(bytes).substr(0, length));
        QVERIFY(!make()->load(cut));
    }
    // Bytes that lie about a length or an index are either refused or of use.
    std::mt19937 random(20'261'125);
    for (int round = 0; round < 200; ++round) {
        std::string bent = bytes;
        bent[random() % bent.size()] = char(random());
        const std::unique_ptr<LogReader> other = make();
        StateUnpacker unpacker(bent);
        if (other->load(unpacker))
            readWhole(data, *other, sink);
    }
}

void TestReaderState::numbersOfAnySize()
{
    constexpr int64_t least = std::numeric_limits<int64_t>::min();
    constexpr int64_t most = std::numeric_limits<int64_t>::max();
    std::vector<int64_t> numbers{0, 1, -1, 63, 64, -64, -65, 1'000'000'000'000, least, most};
    uint64_t word = 0xfedc'ba98'7654'3210;
    StatePacker packer;
    packer(numbers);
    packer.word(word);
    StateUnpacker unpacker(packer.bytes());
    std::vector<int64_t> back;
    unpacker(back);
    QCOMPARE(back, numbers);
    QCOMPARE(unpacker.word(), word);
    QVERIFY(unpacker.ok() && unpacker.atEnd());
    QCOMPARE(unpacker.number(), int64_t{0}); // behind the end
    QVERIFY(!unpacker.ok());
}

QTEST_GUILESS_MAIN(TestReaderState)
#include "tst_readerstate.moc"
