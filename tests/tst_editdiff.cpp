// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/agents/editdiff.h"

#include <QRandomGenerator>
#include <QtTest>

using namespace plimsoll;

namespace {

/// What a diff says stood there before ('-' and ' ') or stands there now ('+' and ' ').
QByteArray side(const QByteArray& diff, char mark)
{
    QByteArray lines;
    for (const QByteArray& line : diff.split('\n')) {
        if (line.startsWith(mark) || line.startsWith(' '))
            lines += line.mid(2) + '\n';
    }
    return lines;
}

} // namespace

class TestEditDiff : public QObject
{
    Q_OBJECT

private slots:
    void edits_data()
    {
        QTest::addColumn<QByteArray>("json");
        QTest::addColumn<QByteArray>("text");
        QTest::newRow("one line") << QByteArray(
                                         R"({"file_path":"/a.c","old_string":"x\ny","new_string":"x\nz"})")
                                  << QByteArray("/a.c\n  x\n- y\n+ z");
        QTest::newRow("whole file") << QByteArray(R"({"file_path":"/a.c","content":"x\ny\n"})")
                                    << QByteArray("/a.c\n+ x\n+ y");
        QTest::newRow("two edits")
            << QByteArray(
                   R"({"file_path":"/a.c","edits":[{"old_string":"a","new_string":"b"},{"old_string":"","new_string":"c"}]})")
            << QByteArray("/a.c\n- a\n+ b\n…\n+ c");
        QTest::newRow("far lines are left out")
            << QByteArray(
                   R"({"file_path":"/a","old_string":"1\n2\n3\n4\nx\n5\n6\n7\n8","new_string":"1\n2\n3\n4\n5\n6\n7\n8"})")
            << QByteArray("/a\n…\n  2\n  3\n  4\n- x\n  5\n  6\n  7\n…");
        QTest::newRow("a read is none") << QByteArray(R"({"file_path":"/a.c"})") << QByteArray();
        QTest::newRow("wrong types") << QByteArray(R"({"file_path":"/a","edits":[5]})") << QByteArray();
        QTest::newRow("no JSON") << QByteArray("{\"file_path\"") << QByteArray();
    }

    void edits()
    {
        QFETCH(QByteArray, json);
        QTEST(QByteArray::fromStdString(editText(json.toStdString(), 10'000)), "text");
    }

    /// Whatever the texts are: the one side is what stood there, the other what stands there.
    void tellsBothTexts()
    {
        QRandomGenerator random(7);
        for (int round = 0; round < 2000; ++round) {
            QByteArray before;
            QByteArray after;
            for (int i = random.bounded(1, 12); i > 0; --i)
                before += QByteArray(1, char('a' + random.bounded(4))) + '\n';
            for (int i = random.bounded(1, 12); i > 0; --i)
                after += QByteArray(1, char('a' + random.bounded(4))) + '\n';
            const QByteArray diff =
                QByteArray::fromStdString(lineDiff(before.toStdString(), after.toStdString()));
            if (diff.contains("…"))
                continue; // lines are left out
            QCOMPARE(side(diff, '-'), before);
            QCOMPARE(side(diff, '+'), after);
        }
    }

    void isBounded()
    {
        bool truncated = false;
        const std::string large(100'000, '\n');
        const std::string json = R"({"file_path":"/a","old_string":"x","new_string":"y"})";
        QCOMPARE(editText(json, 8, &truncated).size(), size_t(8));
        QVERIFY(truncated);
        QVERIFY(!lineDiff(large, "x" + large + "y").empty()); // linear beyond the bound: it ends
    }
};

QTEST_GUILESS_MAIN(TestEditDiff)
#include "tst_editdiff.moc"
