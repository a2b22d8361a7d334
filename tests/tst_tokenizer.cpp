// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/tokens/tokenizer.h"
#include "app/tokens/utf8.h"
#include "tests/mergebyrank.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRandomGenerator>
#include <QTest>

#include <thread>

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

/// A text and the tokens that the npm package tiktoken makes of it.
struct Vector
{
    QString encoding;
    std::string text;
    std::vector<uint32_t> tokens;
};

std::vector<uint32_t> numbersOf(const QJsonArray& array)
{
    std::vector<uint32_t> numbers;
    for (const QJsonValue value : array)
        numbers.push_back(static_cast<uint32_t>(value.toInteger()));
    return numbers;
}

QList<Vector> ownVectors()
{
    QList<Vector> vectors;
    QFile file(QStringLiteral(TEST_DATA_DIR "/tokens/vectors.jsonl"));
    if (!file.open(QIODevice::ReadOnly))
        return vectors;
    while (!file.atEnd()) {
        const QJsonObject line = QJsonDocument::fromJson(file.readLine()).object();
        vectors.append({line.value(QStringLiteral("encoding")).toString(),
                        line.value(QStringLiteral("text")).toString().toStdString(),
                        numbersOf(line.value(QStringLiteral("tokens")).toArray())});
    }
    return vectors;
}

/// "EncodingName: …", "Sample: …", "Encoded: [ … ]", a blank line.
QList<Vector> testPlans(const QByteArray& bytes)
{
    QList<Vector> vectors;
    const auto valueOf = [](const QByteArray& line) { return line.mid(line.indexOf(": ") + 2); };
    for (const QByteArray& line : bytes.split('\n')) {
        if (line.startsWith("EncodingName: "))
            vectors.append({QString::fromLatin1(valueOf(line)), {}, {}});
        else if (line.startsWith("Sample: ") && !vectors.isEmpty())
            vectors.last().text = valueOf(line).toStdString();
        else if (line.startsWith("Encoded: ") && !vectors.isEmpty())
            vectors.last().tokens = numbersOf(QJsonDocument::fromJson(valueOf(line)).array());
    }
    return vectors;
}

QByteArray listOf(const std::vector<uint32_t>& tokens)
{
    QByteArray text;
    for (const uint32_t token : tokens)
        text += QByteArray::number(token) + ' ';
    return text;
}

std::string repeated(std::string_view text, int times)
{
    std::string all;
    for (int i = 0; i < times; ++i)
        all += text;
    return all;
}

} // namespace

class TestTokenizer : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase()
    {
        for (const Encoding encoding : {Encoding::Cl100k, Encoding::O200k})
            QVERIFY(m_tokenizers.get(encoding));
    }

    void ownVectorsAreExact() { compare(ownVectors(), 54); }

    void testPlansAreExact()
    {
        QFile file(QStringLiteral(SHARED_DIR "/reference/data/tokenizers/TestPlans.txt"));
        if (!file.open(QIODevice::ReadOnly))
            QSKIP("../shared/reference is not there");
        compare(testPlans(file.readAll()), 57 + 64);
    }

    /// Against the definition, over texts of few different characters: they merge in many ways.
    void randomTextsAreExact_data()
    {
        QTest::addColumn<QString>("characters");
        QTest::newRow("letters") << QStringLiteral("aeinorst");
        QTest::newRow("two letters") << QStringLiteral("ab");
        QTest::newRow("signs") << QStringLiteral("=-*#/ \n'");
        QTest::newRow("case") << QStringLiteral("aAeEs'S ");
        QTest::newRow("scripts") << QStringLiteral("的一是в\u0301éA 1");
    }

    void randomTextsAreExact()
    {
        QFETCH(const QString, characters);
        QRandomGenerator random(4);
        for (const Encoding encoding : {Encoding::Cl100k, Encoding::O200k}) {
            const MergeByRank definition(encoding);
            for (int round = 0; round < 200; ++round) {
                QString text;
                while (text.size() < 80)
                    text += QString(random.bounded(1, 12), characters.at(random.bounded(characters.size())));
                const std::string utf8 = text.toStdString();
                QVERIFY2(m_tokenizers.get(encoding)->encode(utf8) == definition.encode(utf8), utf8.c_str());
            }
        }
    }

    void countIsTheLengthOfTheEncoding()
    {
        for (const Vector& vector : ownVectors())
            QCOMPARE(of(vector)->count(vector.text).value_or(-1), int64_t(vector.tokens.size()));
    }

    void brokenUtf8CountsAsReplacementCharacters()
    {
        const std::shared_ptr<const Tokenizer> tokenizer = m_tokenizers.get(Encoding::O200k);
        const auto same = [&](std::string_view broken, std::string_view repaired) {
            QCOMPARE(repairedUtf8(broken), std::string(repaired));
            QCOMPARE(listOf(tokenizer->encode(broken)), listOf(tokenizer->encode(repaired)));
        };
        same("a\xff z", "a\uFFFD z");
        same("\xe2\x82", "\uFFFD");                 // the beginning of one character: one replacement
        same("\xe2\x82zz", "\uFFFDzz");             //
        same("\xf0\x9f\x98", "\uFFFD");             //
        same("\xed\xa0\x80", "\uFFFD\uFFFD\uFFFD"); // a surrogate cannot begin: each byte for itself
        same("\xc0\xaf", "\uFFFD\uFFFD");           // overlong
        same("\xf4\x90\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD"); // beyond the last character
        same("\xe0\x80\x80", "\uFFFD\uFFFD\uFFFD");
        same("\u20ac\U0001F600\x7f", "\u20ac\U0001F600\x7f"); // nothing broken
    }

    /// Pieces have no bound: a run of one character is one piece.
    void longRuns_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<qint64>("tokens");
        QTest::newRow("a") << QByteArray("a") << qint64(12'500);
        QTest::newRow("=") << QByteArray("=") << qint64(1'562);
        QTest::newRow("cjk") << QByteArray("\u7684") << qint64(100'000);
    }

    void longRuns()
    {
        QFETCH(const QByteArray, text);
        QFETCH(const qint64, tokens);
        const std::string run = repeated(text.toStdString(), 100'000);
        QCOMPARE(m_tokenizers.get(Encoding::O200k)->count(run).value_or(-1), tokens);
    }

    void countingCanBeCancelled_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::newRow("many pieces") << QByteArray("word ");
        QTest::newRow("one piece") << QByteArray("ab");
    }

    void countingCanBeCancelled()
    {
        QFETCH(const QByteArray, text);
        const std::string run = repeated(text.toStdString(), 200'000);
        std::atomic<bool> cancelled = false;
        QVERIFY(m_tokenizers.get(Encoding::O200k)->count(run, &cancelled));
        cancelled = true;
        QVERIFY(!m_tokenizers.get(Encoding::O200k)->count(run, &cancelled));
    }

    void tokenizersAreLoadedOnceForAllThreads()
    {
        Tokenizers tokenizers;
        std::shared_ptr<const Tokenizer> other;
        std::thread thread([&] { other = tokenizers.get(Encoding::Cl100k); });
        const std::shared_ptr<const Tokenizer> mine = tokenizers.get(Encoding::Cl100k);
        thread.join();
        QVERIFY(mine);
        QCOMPARE(mine, other);
    }

    void damagedFilesAreRefused()
    {
        QFile file(QStringLiteral(":/tokens/cl100k_base.vocabulary"));
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QByteArray good = file.readAll();
        QVERIFY(Vocabulary::parse(good));
        QVERIFY(!Vocabulary::parse({}));
        QVERIFY(!Vocabulary::parse(good.chopped(1)));
        QVERIFY(!Vocabulary::parse(good + 'x'));
        for (const qsizetype at : {0, 8, 16, 100'300, 500'000, 900'000}) {
            QByteArray bad = good;
            bad.replace(at, 4, QByteArray(4, '\xff'));
            QVERIFY2(!Vocabulary::parse(bad), QByteArray::number(at).constData());
        }
        QVERIFY(CharClasses::parse("# comment\n0-\n41U\n5b-\n"));
        for (const char* bad : {"0x\n", "41U\n0-\n", "zU\n", "110000U\n", "41\n", "\n"})
            QVERIFY2(!CharClasses::parse(bad), bad);
    }

private:
    std::shared_ptr<const Tokenizer> of(const Vector& vector)
    {
        const bool isO200k = vector.encoding == encodingName(Encoding::O200k);
        return m_tokenizers.get(isO200k ? Encoding::O200k : Encoding::Cl100k);
    }

    /// Those of our encodings; there are `expected` of them.
    void compare(const QList<Vector>& vectors, int expected)
    {
        int compared = 0;
        for (const Vector& vector : vectors) {
            if (vector.encoding != encodingName(Encoding::O200k) &&
                vector.encoding != encodingName(Encoding::Cl100k))
                continue;
            ++compared;
            const std::vector<uint32_t> tokens = of(vector)->encode(vector.text);
            QVERIFY2(tokens == vector.tokens,
                     QByteArray(vector.encoding.toUtf8() + " \"" + vector.text.c_str() +
                                "\": " + listOf(tokens) + "for " + listOf(vector.tokens)));
        }
        QCOMPARE(compared, expected);
    }

    Tokenizers m_tokenizers;
};

QTEST_GUILESS_MAIN(TestTokenizer)
#include "tst_tokenizer.moc"
