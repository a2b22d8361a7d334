// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/childprocess.h"
#include "tests/claudelines.h"

#include <QTemporaryDir>
#include <QTest>

using namespace plimsoll::test;

namespace {

struct Run
{
    int code = -1;
    QByteArray out;
    QByteArray err;

    [[nodiscard]] QJsonObject json() const { return QJsonDocument::fromJson(out).object(); }
};

QStringList words(const char* line)
{
    return QString::fromUtf8(line).split(QLatin1Char(' '));
}

} // namespace

class TestTokensCommand : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase()
    {
        NEEDS_PROGRAM();
        QVERIFY(m_temp.isValid());
        QVERIFY(writeBytes(m_temp.filePath(QStringLiteral("text")), "Hello, World!"));
    }

    void countsAFile()
    {
        const Run run = start(words("tokens text"));
        QCOMPARE(run.code, 0);
        QCOMPARE(run.err, QByteArray());
        QCOMPARE(run.out, QByteArray("4 tokens\ncounted with o200k_base\n"));
    }

    void countsStandardInput()
    {
        for (const char* line : {"tokens", "tokens -"}) {
            const Run run = start(words(line), "a a");
            QCOMPARE(run.code, 0);
            QVERIFY2(run.out.startsWith("2 tokens\n"), run.out.constData());
        }
    }

    void answersInJson()
    {
        const QJsonObject json = start(words("tokens --model gpt-4 --json text")).json();
        QCOMPARE(
            json.keys(),
            (QStringList{QStringLiteral("basis"), QStringLiteral("error"), QStringLiteral("model"),
                         QStringLiteral("model_known"), QStringLiteral("ratio"), QStringLiteral("samples"),
                         QStringLiteral("tokenizer"), QStringLiteral("tokens"), QStringLiteral("version")}));
        QCOMPARE(json.value(QStringLiteral("tokens")).toInt(), 4);
        QCOMPARE(json.value(QStringLiteral("basis")).toString(), QStringLiteral("derived"));
        QCOMPARE(json.value(QStringLiteral("tokenizer")).toString(), QStringLiteral("cl100k_base"));
        QCOMPARE(json.value(QStringLiteral("error")).toDouble(), 0.0);
    }

    void unknownModelSaysWhatCounted()
    {
        const Run run = start(words("tokens --model ferry-9 text"));
        QCOMPARE(run.code, 0);
        QVERIFY2(run.out.startsWith("~4 tokens\n"), run.out.constData());
        QVERIFY2(run.out.contains("ferry-9 is not a model") && run.out.contains("o200k_base"),
                 run.out.constData());
    }

    void brokenUtf8IsCounted()
    {
        QVERIFY(writeBytes(m_temp.filePath(QStringLiteral("broken")), "a\xff"));
        QVERIFY(writeBytes(m_temp.filePath(QStringLiteral("repaired")), "a\uFFFD"));
        const Run broken = start(words("tokens broken"));
        QCOMPARE(broken.code, 0);
        QCOMPARE(broken.out, start(words("tokens repaired")).out);
    }

    void mistakesExitWithTwo_data()
    {
        QTest::addColumn<QByteArray>("word");
        QTest::newRow("tokens missing") << QByteArray("missing: ");
        QTest::newRow("tokens .") << QByteArray(".: is a folder");
        QTest::newRow("tokens --model") << QByteArray("model");
        QTest::newRow("tokens --model= text") << QByteArray("--model needs a value");
        QTest::newRow("tokens --frobnicate text") << QByteArray("frobnicate");
        QTest::newRow("tokens text text") << QByteArray("too many arguments: \"text\"");
        QTest::newRow("tokens --headless text") << QByteArray("--headless does not go with tokens");
    }

    void mistakesExitWithTwo()
    {
        QFETCH(const QByteArray, word);
        const Run run = start(words(QTest::currentDataTag()));
        QCOMPARE(run.code, 2);
        QCOMPARE(run.out, QByteArray());
        QCOMPARE(run.err.count('\n'), 1);
        QVERIFY2(run.err.startsWith("plimsoll: ") && run.err.contains(word), run.err.constData());
    }

private:
    [[nodiscard]] Run start(const QStringList& arguments, const QByteArray& input = {}) const
    {
        QProcess process;
        QProcessEnvironment environment;
        environment.insert(QStringLiteral("HOME"), m_temp.path());
        environment.insert(QStringLiteral("LC_ALL"), QStringLiteral("C.UTF-8"));
        process.setProcessEnvironment(environment);
        process.setWorkingDirectory(m_temp.path());
        process.start(QStringLiteral(PLIMSOLL_PROGRAM), arguments);
        process.write(input);
        process.closeWriteChannel();
        if (!process.waitForFinished())
            return {};
        const int code = process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1;
        return {code, process.readAllStandardOutput(), process.readAllStandardError()};
    }

    QTemporaryDir m_temp;
};

QTEST_GUILESS_MAIN(TestTokensCommand)
#include "tst_tokenscommand.moc"
