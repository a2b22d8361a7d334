// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/agents/streamlines.h"

#include <QtTest>

using namespace plimsoll;

class TestStreamLines : public QObject
{
    Q_OBJECT

private slots:
    void cutsAtEveryPlaceAlike()
    {
        const QByteArray bytes("one\n\ntwo\r\n\0x\nlast without an end", 32);
        const QByteArrayList whole = linesOf(bytes, bytes.size());
        QCOMPARE(whole, (QByteArrayList{"one", "two\r", QByteArray("\0x", 2)}));
        for (qsizetype piece = 1; piece < bytes.size(); ++piece)
            QCOMPARE(linesOf(bytes, piece), whole);
    }

    void longestLineIsTakenAndOneMoreByteIsNot()
    {
        QByteArrayList lines;
        StreamLines cutter([&](QByteArrayView line) { lines << line.toByteArray(); });
        const QByteArray most(StreamLines::maxBytes, 'a');
        cutter.feed(most + '\n');
        QCOMPARE(lines.size(), 1);
        QCOMPARE(lines.takeFirst(), most);
        cutter.feed(most);
        cutter.feed("b");
        cutter.feed("cc\nnext\n");
        QCOMPARE(lines, QByteArrayList{"next"});
        QCOMPARE(cutter.leftOutLines(), qint64(1));
        QCOMPARE(cutter.leftOutBytes(), qint64(most.size() + 3));
    }

private:
    static QByteArrayList linesOf(const QByteArray& bytes, qsizetype piece)
    {
        QByteArrayList lines;
        StreamLines cutter([&](QByteArrayView line) { lines << line.toByteArray(); });
        for (qsizetype at = 0; at < bytes.size(); at += piece)
            cutter.feed(QByteArrayView(bytes).sliced(at, std::min(piece, bytes.size() - at)));
        return lines;
    }
};

QTEST_GUILESS_MAIN(TestStreamLines)
#include "tst_streamlines.moc"
