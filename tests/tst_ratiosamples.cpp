// SPDX-License-Identifier: GPL-3.0-or-later
// What is learned about tokens from logs: sessions with a known ratio must give that ratio.
#include "app/watch/ratiosamples.h"
#include "tests/claudelines.h"

#include <QTemporaryDir>
#include <QTest>

#include <cmath>

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

constexpr int turns = 30;
constexpr double trueRatio = 1.35;

QByteArray resultLine(const QString& text, qint64 atMs)
{
    QJsonObject line = lineOf("user", atMs);
    const QJsonObject block{{QStringLiteral("type"), QStringLiteral("tool_result")},
                            {QStringLiteral("tool_use_id"), QStringLiteral("toolu_1")},
                            {QStringLiteral("content"), text}};
    line.insert(QStringLiteral("message"), QJsonObject{{QStringLiteral("role"), QStringLiteral("user")},
                                                       {QStringLiteral("content"), QJsonArray{block}}});
    return jsonLine(line);
}

QJsonObject thinkingBlock(const QString& text)
{
    return {{QStringLiteral("type"), QStringLiteral("thinking")}, {QStringLiteral("thinking"), text}};
}

/// How a made session differs from a plain one.
struct Session
{
    const char* model = "claude-opus-4-5-20251101";
    bool thinks = false;
    bool hidesOutput = false; ///< reports far more than it shows
    int resultLines = 200;
};

} // namespace

class TestRatioSamples : public QObject
{
    Q_OBJECT

private slots:
    void init()
    {
        m_temp = std::make_unique<QTemporaryDir>();
        QVERIFY(m_temp->isValid());
    }

    void ratioIsLearnedFromTheGrowthOfPrompts()
    {
        write({});
        const std::optional<Ratio> learned = learn().learned("claude", ContentKind::Code);
        QVERIFY(learned);
        QCOMPARE(learned->samples, turns - 1);
        QVERIFY2(std::abs(learned->value - trueRatio) < 0.03, QByteArray::number(learned->value).constData());
        QVERIFY(learned->error < 0.05);
    }

    void familiesAreKeptApart()
    {
        Session session;
        session.model = "claude-opus-4-7";
        write(session);
        QVERIFY(learn().learned("claude-4.7", ContentKind::Code));
        QVERIFY(!learn().learned("claude", ContentKind::Code));
    }

    void whatDoesNotTellIsLeftOut_data()
    {
        QTest::addColumn<QString>("what");
        for (const char* what :
             {"thinking", "hidden output", "short results", "cut results", "public tokenizer"})
            QTest::newRow(what) << QString::fromLatin1(what);
    }

    void whatDoesNotTellIsLeftOut()
    {
        QFETCH(const QString, what);
        Session session;
        session.thinks = what == QLatin1String("thinking");
        session.hidesOutput = what == QLatin1String("hidden output");
        if (what == QLatin1String("short results"))
            session.resultLines = 5;
        if (what == QLatin1String("cut results"))
            session.resultLines = 15'000;
        if (what == QLatin1String("public tokenizer"))
            session.model = "gpt-5.5";
        write(session);
        QCOMPARE(learn(), TokenRatios());
    }

    void whatIsFreshIsNotLearnedAgain()
    {
        write({});
        const std::optional<KnownRatios> first = refreshRatios({}, roots(), m_tokenizers);
        QVERIFY(first && first->ratios.learned("claude", ContentKind::Code));
        QVERIFY(!refreshRatios(*first, roots(), m_tokenizers));
    }

    void whatWasLearnedOutlivesTheLogs()
    {
        write({});
        KnownRatios known = *refreshRatios({}, roots(), m_tokenizers);
        known.atMs -= qint64{25} * 3600 * 1000;
        m_temp = std::make_unique<QTemporaryDir>(); // another home, without logs
        const std::optional<KnownRatios> again = refreshRatios(known, roots(), m_tokenizers);
        QVERIFY(again && again->atMs > known.atMs);
        QCOMPARE(again->ratios, known.ratios);
        QCOMPARE(TokenRatios::fromJson(known.ratios.toJson()), known.ratios); // … and the way to the disk
    }

    void noLogsNoRatios() { QCOMPARE(learn(), TokenRatios()); }

    void learningCanBeCancelled()
    {
        write({});
        const std::atomic<bool> cancelled = true;
        QCOMPARE(learnRatios(roots(), m_tokenizers, &cancelled), TokenRatios());
    }

private:
    [[nodiscard]] QList<LogRoot> roots() const { return logRoots(agentHomes(m_temp->path(), false)); }
    [[nodiscard]] TokenRatios learn() { return learnRatios(roots(), m_tokenizers); }

    int64_t local(const QString& text)
    {
        return m_tokenizers.get(Encoding::O200k)->count(text.toStdString()).value_or(0);
    }

    /// A session whose model counts trueRatio times as many tokens as o200k_base.
    void write(const Session& session)
    {
        QByteArray log = promptLine(QStringLiteral("Go on"), baseMs);
        double prompt = 20'000;
        for (int turn = 0; turn < turns; ++turn) {
            const qint64 atMs = baseMs + turn * 1000;
            const QString command = QStringLiteral("cat part-%1.cpp | head -n 200 | sort --unique").arg(turn);
            const double output = (double(local(command)) + 5) * trueRatio + (session.hidesOutput ? 500 : 0);
            const Said said{"msg_" + QByteArray::number(turn),
                            qint64(prompt),
                            qint64(output),
                            0,
                            "tool_use",
                            session.model};
            if (session.thinks)
                log += answerLine(said, atMs, thinkingBlock(QStringLiteral("Which file is next?")));
            log += answerLine(said, atMs, toolBlock(QStringLiteral("Bash"), command));
            QString result;
            for (int line = 0; line < session.resultLines; ++line)
                result += QStringLiteral("x[%1] = f(%2, %3);\n").arg(line).arg(turn).arg(line * 7);
            log += resultLine(result, atMs + 500);
            prompt += double(qint64(output)) + double(local(result)) * trueRatio;
        }
        QVERIFY(writeBytes(m_temp->path() + QStringLiteral("/.claude/projects/boat/"
                                                           "11111111-0000-4000-8000-000000000000.jsonl"),
                           log));
    }

    std::unique_ptr<QTemporaryDir> m_temp;
    Tokenizers m_tokenizers;
};

QTEST_GUILESS_MAIN(TestRatioSamples)
#include "tst_ratiosamples.moc"
