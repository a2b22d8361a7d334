// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/tokens/tokencount.h"

#include <QJsonDocument>
#include <QTest>

#include <cmath>

using namespace plimsoll;

namespace {

const std::string code = "int main(int argc, char** argv)\n{\n    return argc > 1 ? f(argv[1]) : 0;\n}\n";
const std::string prose =
    "The mark on the side of a ship shows how deep it may lie in the water, and who looks "
    "at it knows at once whether there is room for more.\n";

/// Learns the ratios `from` to `to`, one sample each, evenly spread.
void learn(TokenRatios& ratios, const char* family, ContentKind kind, double from, double to, int samples)
{
    constexpr int64_t local = 100'000;
    for (int i = 0; i < samples; ++i) {
        const double ratio = from + (to - from) * i / std::max(1, samples - 1);
        ratios.add(family, kind, local, int64_t(double(local) * ratio));
    }
}

} // namespace

class TestTokenCount : public QObject
{
    Q_OBJECT

private slots:
    void families_data()
    {
        QTest::addColumn<QString>("family");
        const auto row = [](const char* model, const char* family) {
            QTest::newRow(model) << QString::fromLatin1(family);
        };
        row("gpt-5.5-codex", "openai-o200k");
        row("gpt-4o-mini-2024-07-18", "openai-o200k");
        row("gpt-4.1", "openai-o200k");
        row("openai/o3-mini", "openai-o200k");
        row("gpt-4", "openai-cl100k");
        row("gpt-4-turbo-2024-04-09", "openai-cl100k");
        row("gpt-3.5-turbo", "openai-cl100k");
        row("GPT-4", "openai-cl100k");
        row("claude-3-5-sonnet-20241022", "claude");
        row("claude-opus-4-20250514", "claude");
        row("us.anthropic.claude-opus-4-20250514-v1:0", "claude");
        row("claude-opus-4-6[1m]", "claude");
        row("claude-opus-4.7", "claude-4.7");
        row("claude-opus-4-7-20260401", "claude-4.7");
        row("anthropic/claude-sonnet-5", "claude-4.7");
        row("claude-haiku-4-5", "claude");
        row("google/gemini-3-pro-preview", "gemini");
        row("qwen3-coder-plus", "qwen");
        row("o10", "unknown");
        row("gpt-4omega", "unknown");
        row("ferry-9", "unknown");
    }

    void families()
    {
        QFETCH(const QString, family);
        const std::string_view name = familyOf(QTest::currentDataTag()).name;
        QCOMPARE(QString::fromLatin1(name.data(), qsizetype(name.size())), family);
    }

    void kindsOfContent()
    {
        QCOMPARE(contentKindOf(prose), ContentKind::Prose);
        QCOMPARE(contentKindOf("Où est le café ? Là-bas, près de l'été passé."), ContentKind::Prose);
        QCOMPARE(contentKindOf("# Heading\n\n" + prose + "Some *words* and a [link](there) in a text.\n"),
                 ContentKind::Prose);
        QCOMPARE(contentKindOf(code), ContentKind::Code);
        QCOMPARE(contentKindOf(R"({"key": [1, 2, 3], "other": null})"), ContentKind::Code);
        QCOMPARE(contentKindOf("吃水线在船的侧面。"), ContentKind::OtherScript);
        QCOMPARE(contentKindOf("Привет, мир!"), ContentKind::OtherScript);
        QCOMPARE(contentKindOf(""), ContentKind::Prose);
    }

    void nothingIsLearnedFromFewSamples()
    {
        TokenRatios ratios;
        learn(ratios, "claude", ContentKind::Code, 1.3, 1.3, 19);
        QVERIFY(!ratios.learned("claude", ContentKind::Code));
        learn(ratios, "claude", ContentKind::Code, 1.3, 1.3, 1);
        const std::optional<Ratio> learned = ratios.learned("claude", ContentKind::Code);
        QVERIFY(learned);
        QCOMPARE(learned->samples, 20);
        QVERIFY(std::abs(learned->value - 1.3) < 0.02);
        QVERIFY(!ratios.learned("claude", ContentKind::Prose)); // each kind and family for itself
        QVERIFY(!ratios.learned("gemini", ContentKind::Code));
    }

    void errorHoldsEightOfTenSamples()
    {
        TokenRatios ratios;
        learn(ratios, "claude", ContentKind::Prose, 1.0, 1.4, 200);
        const std::optional<Ratio> learned = ratios.learned("claude", ContentKind::Prose);
        QVERIFY(learned);
        QVERIFY(std::abs(learned->value - 1.2) < 0.02);
        QVERIFY(std::abs(learned->error - 0.133) < 0.02); // 1.04 and 1.36 are the ends
    }

    void wildSamplesDoNotMoveTheRatio()
    {
        TokenRatios ratios;
        learn(ratios, "claude", ContentKind::Code, 1.2, 1.2, 100);
        learn(ratios, "claude", ContentKind::Code, 3.0, 3.9, 20);
        QVERIFY(std::abs(ratios.learned("claude", ContentKind::Code)->value - 1.2) < 0.02);
        const TokenRatios before = ratios;
        ratios.add("claude", ContentKind::Code, 1000, 100);    // the prompt was cut
        ratios.add("claude", ContentKind::Code, 1000, 90'000); // a picture
        ratios.add("claude", ContentKind::Code, 1000, -5);
        ratios.add("claude", ContentKind::Code, 10, 12); // too short to tell
        QCOMPARE(ratios, before);
    }

    void newSamplesReplaceOldOnesInTime()
    {
        TokenRatios ratios;
        learn(ratios, "claude", ContentKind::Code, 1.0, 1.0, 6000);
        learn(ratios, "claude", ContentKind::Code, 1.5, 1.5, 6000);
        QVERIFY(std::abs(ratios.learned("claude", ContentKind::Code)->value - 1.5) < 0.02);
        QVERIFY(ratios.learned("claude", ContentKind::Code)->samples <= 4096);
    }

    void learnedStateSurvivesJson()
    {
        TokenRatios ratios;
        learn(ratios, "claude", ContentKind::Code, 1.0, 1.4, 50);
        learn(ratios, "gemini", ContentKind::OtherScript, 0.9, 1.1, 20);
        QCOMPARE(TokenRatios::fromJson(ratios.toJson()), ratios);
        QCOMPARE(TokenRatios::fromJson({}), TokenRatios());
    }

    void hostileJsonIsLeftOut()
    {
        const auto from = [](const QByteArray& entry) {
            const QByteArray json = R"({"version":1,"ratios":[)" + entry + "]}";
            return TokenRatios::fromJson(QJsonDocument::fromJson(json).object());
        };
        QVERIFY(!(from(R"({"family":"claude","kind":"code","bins":[[45,20]]})") == TokenRatios()));
        for (const char* bad :
             {"null", "7", R"({"family":"","kind":"code","bins":[[45,20]]})",
              R"({"family":"claude","kind":"song","bins":[[45,20]]})",
              R"({"family":"claude","kind":"code","bins":[[-1,20],[104,20],[1e99,1],[3,-4],"x",[]]})",
              R"({"family":"claude","kind":"code","bins":"many"})"})
            QCOMPARE(from(bad), TokenRatios());
        const TokenRatios large = from(R"({"family":"claude","kind":"code","bins":[[45,9e18],[46,9e18]]})");
        QVERIFY(large.learned("claude", ContentKind::Code)->samples > 0);
    }

    void ownTokenizerCountsExactly()
    {
        const auto count = countTokens(prose, QStringLiteral("gpt-5.5"), m_tokenizers, {});
        QVERIFY(count);
        QCOMPARE(count->basis, Basis::Derived);
        QCOMPARE(count->error, 0.0);
        QCOMPARE(count->tokens, m_tokenizers.get(Encoding::O200k)->count(prose).value_or(-1));
        QCOMPARE(toJson(*count).value(QStringLiteral("tokenizer")).toString(), QStringLiteral("o200k_base"));
        const auto older = countTokens(prose, QStringLiteral("gpt-4"), m_tokenizers, {});
        QCOMPARE(older->tokenizer, Encoding::Cl100k);
        QVERIFY(countText(*older).contains(QStringLiteral("cl100k_base, the tokenizer of gpt-4")));
    }

    void defaultIsUsedAndSaidBeforeAnythingIsLearned()
    {
        const auto count = countTokens(prose, QStringLiteral("claude-opus-4-5"), m_tokenizers, {});
        QVERIFY(count);
        QCOMPARE(count->basis, Basis::Estimated);
        QVERIFY(count->error > 0 && count->ratio.samples == 0 && count->modelKnown);
        const int64_t local = m_tokenizers.get(Encoding::O200k)->count(prose).value_or(-1);
        QCOMPARE(count->tokens, std::llround(double(local) * 1.14));
        QVERIFY(countText(*count).startsWith(QLatin1Char('~')));
        QVERIFY(countText(*count).contains(QStringLiteral("a default")));
    }

    void learnedRatioIsUsedAndSaid()
    {
        TokenRatios ratios;
        learn(ratios, "claude", ContentKind::Code, 1.39, 1.41, 40);
        const auto count = countTokens(code, QStringLiteral("claude-opus-4-5"), m_tokenizers, ratios);
        const int64_t local = m_tokenizers.get(Encoding::O200k)->count(code).value_or(-1);
        QVERIFY(std::abs(double(count->tokens) - double(local) * 1.4) <= 1);
        QVERIFY2(countText(*count).contains(QStringLiteral("learned from 40 turns")),
                 qPrintable(countText(*count)));
        QCOMPARE(toJson(*count).value(QStringLiteral("samples")).toInt(), 40);
    }

    void unknownModelSaysWhatCounted()
    {
        const auto count = countTokens(prose, QStringLiteral("ferry-9"), m_tokenizers, {});
        QCOMPARE(count->basis, Basis::Estimated);
        QVERIFY(!count->modelKnown);
        QVERIFY(countText(*count).contains(QStringLiteral("ferry-9 is not a model that Plimsoll knows")));
        QVERIFY(countText(*count).contains(QStringLiteral("o200k_base")));
        const auto plainCount = countTokens(prose, {}, m_tokenizers, {});
        QCOMPARE(plainCount->basis, Basis::Derived);
        QVERIFY(toJson(*plainCount).value(QStringLiteral("model")).isNull());
    }

private:
    Tokenizers m_tokenizers;
};

QTEST_GUILESS_MAIN(TestTokenCount)
#include "tst_tokencount.moc"
