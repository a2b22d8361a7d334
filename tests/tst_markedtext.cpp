// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/markedtext.h"

#include <QRandomGenerator>
#include <QtTest>

using namespace plimsoll;

namespace {

MarkedLook look()
{
    MarkedLook look;
    look.fixed.setFamily(QStringLiteral("Fixed"));
    look.dim = Qt::gray;
    look.code = Qt::lightGray;
    look.came = Qt::green;
    look.went = Qt::red;
    return look;
}

/// The parts with a format, as "kind:text".
QStringList parts(const MarkedText& marked)
{
    QStringList parts;
    for (const QTextLayout::FormatRange& range : marked.formats) {
        QString kind;
        if (range.format.fontWeight() == QFont::Bold)
            kind += QLatin1Char('b');
        if (range.format.fontItalic())
            kind += QLatin1Char('i');
        if (range.format.fontStrikeOut())
            kind += QLatin1Char('s');
        if (range.format.background().style() != Qt::NoBrush)
            kind += QLatin1Char('c');
        if (range.format.foreground().style() != Qt::NoBrush)
            kind += range.format.foreground().color() == Qt::green ? u'+'
                    : range.format.foreground().color() == Qt::red ? u'-'
                                                                   : u'd';
        parts << kind + QLatin1Char(':') + marked.text.mid(range.start, range.length);
    }
    return parts;
}

} // namespace

class TestMarkedText : public QObject
{
    Q_OBJECT

private slots:
    void markdown_data()
    {
        QTest::addColumn<QString>("source");
        QTest::addColumn<QString>("text");
        QTest::addColumn<QStringList>("formats");
        const auto row = [](const char* name, const char* source, const char* text,
                            const QStringList& formats) {
            QTest::newRow(name) << QString::fromUtf8(source) << QString::fromUtf8(text) << formats;
        };
        row("plain", "a < b & c", "a < b & c", {});
        row("heading", "## Done ##", "Done", {QStringLiteral("b:Done")});
        row("emphasis", "a **b** _c_ ~~d~~", "a b c d",
            {QStringLiteral("b:b"), QStringLiteral("i:c"), QStringLiteral("s:d")});
        row("code", "run `make **x**`", "run make **x**", {QStringLiteral("c:make **x**")});
        row("names", "snake_case_name and 2 * 3 * 4", "snake_case_name and 2 * 3 * 4", {});
        row("without end", "**a `b [c", "**a `b [c", {});
        row("escaped", "\\*a\\*", "*a*", {});
        row("list", "- a\n  * b", "• a\u2028  • b", {});
        row("quote", "> so", "▏ so", {QStringLiteral("d:▏ "), QStringLiteral("d:so")});
        row("fence", "```c++\n**x**\n```\ny", "**x**\u2028y", {QStringLiteral("c:**x**")});
        row("fence without end", "```\n# x", "# x", {QStringLiteral("c:# x")});
        row("link", "[docs](https://evil.test)", "docs (https://evil.test)",
            {QStringLiteral("d:https://evil.test")});
        row("picture", "![p](http://x/y.png)", "p (http://x/y.png)", {QStringLiteral("d:http://x/y.png")});
        row("tags stay", "<img src=x onerror=1>", "<img src=x onerror=1>", {});
    }

    void markdown()
    {
        QFETCH(QString, source);
        QFETCH(QString, text);
        QFETCH(QStringList, formats);
        const MarkedText marked = markdownLines(source, 1000, look());
        QCOMPARE(marked.text, text);
        QCOMPARE(parts(marked), formats);
    }

    void whatCannotBeSeenIsShown()
    {
        for (const QString& hidden : {QString(QChar(0x202e)), QString(QChar(0x1b)), QString(QChar(0x200b))}) {
            const QString source = QStringLiteral("a") + hidden + QStringLiteral("b");
            QVERIFY(!plainLines(source, 100).text.contains(hidden));
            QVERIFY(!markdownLines(source, 100, look()).text.contains(hidden));
            QVERIFY(!diffLines(source, 100, look()).text.contains(hidden));
        }
    }

    void diff()
    {
        const MarkedText marked = diffLines(QStringLiteral("/a.c\n  x\n- y\n+ z"), 1000, look());
        QCOMPARE(parts(marked), QStringList({QStringLiteral("-:- y"), QStringLiteral("+:+ z")}));
    }

    /// Whatever comes: it ends, no format lies outside of the text, and no letter is lost.
    void totalOnAnything()
    {
        QRandomGenerator random(11);
        const QString alphabet = QStringLiteral("ab*_`~[]()!\\#>-| \n");
        for (int round = 0; round < 3000; ++round) {
            QString source;
            for (int i = random.bounded(60); i > 0; --i)
                source += alphabet.at(random.bounded(int(alphabet.size())));
            const MarkedText marked = markdownLines(source, 1000, look());
            for (const QTextLayout::FormatRange& range : marked.formats)
                QVERIFY(range.start >= 0 && range.length > 0 &&
                        range.start + range.length <= marked.text.size());
            if (!source.contains(QStringLiteral("```")) && !source.contains(QStringLiteral("~~~")))
                QCOMPARE(marked.text.count(QLatin1Char('a')), source.count(QLatin1Char('a')));
        }
    }

    void longLinesOfMarksEnd()
    {
        for (const char* mark : {"*", "_", "`", "[", "~~", "![a]("}) {
            const QString source = QString::fromLatin1(mark).repeated(16'000);
            QVERIFY(!markdownLines(source, 16'000, look()).text.isEmpty());
        }
    }
};

QTEST_MAIN(TestMarkedText)
#include "tst_markedtext.moc"
