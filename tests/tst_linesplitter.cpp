// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/agents/linesplitter.h"
#include "tests/keepingsink.h"

#include <QTest>

#include <unistd.h>

using namespace plimsoll;

namespace {

/// Keeps the lines that it gets, the long ones by their length only.
class LineKeeper : public LogReader
{
public:
    void restart() override {}
    [[nodiscard]] QByteArrayList lines() const
    {
        QByteArrayList out;
        for (const auto& [offset, line] : found)
            out << line;
        return out;
    }

    QList<QPair<int64_t, QByteArray>> found; ///< offset, at most 1 KiB of the line
    QList<size_t> sizes;

protected:
    bool takeLine(std::string_view line, int64_t offset, ReaderSink& /*sink*/) override
    {
        // The promise of readLine(): what lies behind may be read (ASan says if not).
        volatile char behind = 0;
        for (size_t i = 0; i < linePadding; ++i)
            behind = line.data()[line.size() + i];
        (void)behind;
        sizes.append(line.size());
        found.append({offset, QByteArray(line.data(), qsizetype(std::min<size_t>(line.size(), 1024)))});
        return true;
    }
};

struct Outcome
{
    QByteArrayList lines;
    QList<QPair<int64_t, QByteArray>> found;
    LineSplitter::Position position;
    int64_t badLines = 0;
};

Outcome split(const QByteArray& data, qsizetype chunk = 64 * 1024, LineSplitter::Position from = {})
{
    LineKeeper reader;
    KeepingSink sink;
    const LineSplitter::Position position = readBytes(data, from, data.size(), reader, sink, chunk);
    return {reader.lines(), reader.found, position, reader.facts().badLines};
}

/// Feeds `bytes` times the character in chunks, without ever holding them all.
void feedMany(LineSplitter& splitter, char c, size_t bytes)
{
    constexpr size_t chunk = 256 * 1024;
    for (size_t left = bytes; left > 0;) {
        const size_t size = std::min(chunk, left);
        std::memset(splitter.room(size), c, size);
        splitter.feed(size);
        left -= size;
    }
}

void feedText(LineSplitter& splitter, const QByteArray& text)
{
    std::memcpy(splitter.room(size_t(text.size())), text.constData(), size_t(text.size()));
    splitter.feed(size_t(text.size()));
}

/// Bytes of this process in memory.
size_t residentBytes()
{
    const QList<QByteArray> fields = fileBytes(QStringLiteral("/proc/self/statm")).split(' ');
    return fields.size() > 1 ? size_t(fields[1].toULongLong()) * size_t(sysconf(_SC_PAGESIZE)) : 0;
}

} // namespace

class TestLineSplitter : public QObject
{
    Q_OBJECT

private slots:
    void cutsLines_data();
    void cutsLines();
    void chunkBordersDoNotMatter_data() { cutsLines_data(); }
    void chunkBordersDoNotMatter();
    void offsetsAreOfTheFile();
    void partialLineWaits();
    void wholeObjectWithoutNewlineCountsOnce();
    void longestLineIsRead();
    void longLineIsSkippedOnce_data();
    void longLineIsSkippedOnce();
    void skippingGoesOnLater();
    void hugeChunksCountOnce();
};

void TestLineSplitter::cutsLines_data()
{
    QTest::addColumn<QByteArray>("data");
    QTest::addColumn<QByteArrayList>("lines");
    QTest::addColumn<qint64>("offset");
    const auto add = [](const char* name, const QByteArray& data, const QByteArrayList& lines,
                        qint64 offset) { QTest::newRow(name) << data << lines << offset; };
    add("nothing", "", {}, 0);
    add("lines", "ab\ncd\n", {"ab", "cd"}, 6);
    add("empty lines", "\n\nab\n\n\ncd\n\n", {"ab", "cd"}, 11);
    add("CRLF", "ab\r\n\r\ncd\r\n", {"ab\r", "cd\r"}, 10);
    add("no newline, no object", "ab\ncd", {"ab"}, 3);
    add("no newline, half an object", "ab\n{\"a\":1", {"ab"}, 3);
    add("no newline, closed inside", "{\"a\":{}", {}, 0);
    add("no newline, an array", "[{}]", {}, 0);
    add("no newline, glued", "{}{}", {}, 0);
    add("no newline, whole object", "ab\n{\"a\":1}", {"ab", "{\"a\":1}"}, 10);
    add("no newline, object and blanks", "{\"a\":1} \r", {"{\"a\":1} \r"}, 9);
    add("NULs", QByteArray("a\0b\n\0\0\ncd\n\0\0", 12), {QByteArray("a\0b", 3), QByteArray("\0\0", 2), "cd"},
        10);
    add("invalid UTF-8", "\xff\xfe\nab\n", {"\xff\xfe", "ab"}, 6);
}

void TestLineSplitter::cutsLines()
{
    QFETCH(QByteArray, data);
    const Outcome outcome = split(data);
    QTEST(outcome.lines, "lines");
    QTEST(qint64(outcome.position.offset), "offset");
    QVERIFY(!outcome.position.skipping);
    QCOMPARE(outcome.badLines, 0);
}

void TestLineSplitter::chunkBordersDoNotMatter()
{
    QFETCH(QByteArray, data);
    for (qsizetype chunk = 1; chunk <= data.size(); ++chunk) {
        const Outcome outcome = split(data, chunk);
        QTEST(outcome.lines, "lines");
        QTEST(qint64(outcome.position.offset), "offset");
    }
}

void TestLineSplitter::offsetsAreOfTheFile()
{
    const QByteArray data = "\nab\n\ncd\r\n{}";
    for (qsizetype chunk = 1; chunk <= data.size(); ++chunk) {
        const Outcome outcome = split(data, chunk);
        const QList<QPair<int64_t, QByteArray>> expected{{1, "ab"}, {5, "cd\r"}, {9, "{}"}};
        QCOMPARE(outcome.found, expected);
    }
    // Going on in mid-file tells offsets of the file, too.
    const Outcome rest = split(data, 3, {5, false});
    QCOMPARE(rest.found.first(), (QPair<int64_t, QByteArray>(5, "cd\r")));
}

void TestLineSplitter::partialLineWaits()
{
    const QByteArray data = "first\nsecond\nthird\n";
    for (qsizetype cut = 0; cut <= data.size(); ++cut) {
        LineKeeper reader;
        KeepingSink sink;
        const LineSplitter::Position position = readBytes(data, {}, cut, reader, sink);
        QCOMPARE(position.offset, int64_t(data.lastIndexOf('\n', cut - 1) + 1) * (cut > 0 ? 1 : 0));
        const LineSplitter::Position end = readBytes(data, position, data.size(), reader, sink);
        QCOMPARE(end.offset, int64_t(data.size()));
        QCOMPARE(reader.lines(), (QByteArrayList{"first", "second", "third"}));
    }
}

void TestLineSplitter::wholeObjectWithoutNewlineCountsOnce()
{
    const QByteArray data = "{\"a\":1}\n{\"b\":2}\n";
    LineKeeper reader;
    KeepingSink sink;
    LineSplitter::Position position = readBytes(data, {}, data.size() - 1, reader, sink);
    QCOMPARE(position.offset, int64_t(data.size() - 1));
    QCOMPARE(reader.found.size(), 2);
    position = readBytes(data, position, data.size(), reader, sink);
    QCOMPARE(position.offset, int64_t(data.size()));
    QCOMPARE(reader.found.size(), 2);
    QCOMPARE(reader.facts().lines, 2);
    const QByteArray more = data + "{\"c\":3}\n";
    position = readBytes(more, position, more.size(), reader, sink);
    QCOMPARE(reader.lines().last(), QByteArray("{\"c\":3}"));
}

void TestLineSplitter::longestLineIsRead()
{
    LineKeeper reader;
    KeepingSink sink;
    LineSplitter splitter({}, reader, sink);
    feedMany(splitter, 'x', maxLineBytes);
    feedText(splitter, "\n");
    feedMany(splitter, 'y', maxLineBytes);
    feedText(splitter, "y\nz\n");
    QCOMPARE(splitter.finish().offset, int64_t(2 * maxLineBytes + 5));
    QCOMPARE(reader.sizes, (QList<size_t>{maxLineBytes, 1}));
    QCOMPARE(reader.facts().badLines, 1);
    QCOMPARE(reader.facts().lines, 3);
}

void TestLineSplitter::longLineIsSkippedOnce_data()
{
    QTest::addColumn<quint64>("bytes");
    QTest::addColumn<char>("filling");
    QTest::newRow("20 MB") << quint64(20'000'000) << 'x';
    QTest::newRow("100 MB") << quint64(100'000'000) << 'x';
    QTest::newRow("100 MB of NULs") << quint64(100'000'000) << '\0';
    QTest::newRow("20 MB of braces") << quint64(20'000'000) << '}';
}

void TestLineSplitter::longLineIsSkippedOnce()
{
    QFETCH(quint64, bytes);
    QFETCH(char, filling);
    LineKeeper reader;
    KeepingSink sink;
    LineSplitter splitter({}, reader, sink);
    feedText(splitter, "before\n");
    const size_t residentBefore = residentBytes();
    feedMany(splitter, filling, bytes);
    QVERIFY(residentBytes() < residentBefore + 3 * maxLineBytes);
    feedText(splitter, "tail\n\nafter\n{\"whole\":1}");
    const LineSplitter::Position position = splitter.finish();
    QCOMPARE(reader.lines(), (QByteArrayList{"before", "after", "{\"whole\":1}"}));
    QCOMPARE(reader.facts().badLines, 1);
    QCOMPARE(reader.facts().lines, 4);
    QCOMPARE(position, (LineSplitter::Position{int64_t(7 + bytes + 23), false}));
    QCOMPARE(reader.found[1].first, int64_t(7 + bytes + 6));
}

void TestLineSplitter::skippingGoesOnLater()
{
    LineKeeper reader;
    KeepingSink sink;
    LineSplitter first({}, reader, sink);
    feedMany(first, 'x', maxLineBytes + 10);
    const LineSplitter::Position middle = first.finish();
    QCOMPARE(middle, (LineSplitter::Position{int64_t(maxLineBytes + 10), true}));
    LineSplitter second(middle, reader, sink);
    feedText(second, "{\"not\":\"a line\"}"); // still the long one, though it looks like an object
    const LineSplitter::Position later = second.finish();
    QCOMPARE(later, (LineSplitter::Position{int64_t(maxLineBytes + 26), true}));
    LineSplitter third(later, reader, sink);
    feedText(third, "end\nnext\n");
    QCOMPARE(third.finish(), (LineSplitter::Position{int64_t(maxLineBytes + 35), false}));
    QCOMPARE(reader.lines(), QByteArrayList{"next"});
    QCOMPARE(reader.facts().badLines, 1);
}

void TestLineSplitter::hugeChunksCountOnce()
{
    const QByteArray data = QByteArray(3 * maxLineBytes, 'x') + "\nnext\n";
    const Outcome outcome = split(data, qsizetype(maxLineBytes) + 1);
    QCOMPARE(outcome.lines, QByteArrayList{"next"});
    QCOMPARE(outcome.badLines, 1);
    QCOMPARE(outcome.position, (LineSplitter::Position{int64_t(data.size()), false}));
}

QTEST_GUILESS_MAIN(TestLineSplitter)
#include "tst_linesplitter.moc"
