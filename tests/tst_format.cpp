// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/format.h"
#include "tests/fleetsamples.h"

#include <QTest>

using namespace plimsoll;
using namespace plimsoll::samples;

namespace {

constexpr qint64 dollar = 1'000'000'000'000;

} // namespace

class TestFormat : public QObject
{
    Q_OBJECT

private slots:
    void tokensAreShort_data();
    void tokensAreShort();
    void windowsShowTheirHundreds();
    void fillSaysWhatIsUnknown();
    void percentIsOfTheWindow();
    void costs();
    void steps();
    void times();
    void models_data();
    void models();
    void hiddenCharactersAreShown();
    void oneLineIsOneLine();
    void sentences();
};

void TestFormat::tokensAreShort_data()
{
    QTest::addColumn<qint64>("count");
    QTest::addColumn<QString>("text");
    const QList<std::pair<qint64, const char*>> rows{
        {0, "0"},
        {950, "950"},
        {999, "999"},
        {1000, "1.0k"},
        {3449, "3.4k"},
        {9949, "9.9k"},
        {9950, "10k"},
        {29'000, "29k"},
        {171'200, "171k"},
        {231'499, "231k"},
        {999'499, "999k"},
        {999'500, "1.00M"},
        {1'048'576, "1.05M"},
        {9'994'999, "9.99M"},
        {9'995'000, "10.0M"},
        {12'345'678, "12.3M"},
        {99'949'999, "99.9M"},
        {99'950'000, "100M"},
        {999'499'999, "999M"},
        {999'500'000, "1.00B"},
        {12'345'678'901, "12.3B"},
        {-1500, "−1.5k"},
    };
    for (const auto& [count, text] : rows)
        QTest::addRow("%lld", count) << count << QString::fromUtf8(text);
}

void TestFormat::tokensAreShort()
{
    QFETCH(qint64, count);
    QFETCH(QString, text);
    QCOMPARE(tokens(count), text);
}

void TestFormat::windowsShowTheirHundreds()
{
    QCOMPARE(windowTokens(258'400), QStringLiteral("258.4k"));
    QCOMPARE(windowTokens(200'000), QStringLiteral("200k"));
    QCOMPARE(windowTokens(131'072), QStringLiteral("131k"));
    QCOMPARE(windowTokens(1'000'000), QStringLiteral("1.00M"));
    QCOMPARE(windowTokens(std::nullopt), dash());
}

void TestFormat::fillSaysWhatIsUnknown()
{
    QCOMPARE(fill(usage(171'000)), QStringLiteral("171k / 200k"));
    QCOMPARE(fill(usage(171'000, std::nullopt)), QStringLiteral("171k / ?"));
    QCOMPARE(fill(usage(std::nullopt)), QStringLiteral("– / 200k"));
    QCOMPARE(fill(usage(231'000, 258'400)), QStringLiteral("231k / 258.4k"));
    Usage guess = usage(171'000);
    guess.contextBasis = Basis::Estimated;
    QCOMPARE(fill(guess), QStringLiteral("~171k / 200k"));
    guess.windowBasis = Basis::Estimated;
    QCOMPARE(fill(guess), QStringLiteral("~171k / ~200k"));
}

void TestFormat::percentIsOfTheWindow()
{
    Usage full = usage(171'000);
    full.compactAtTokens = 167'000;
    QCOMPARE(percent(full), QStringLiteral("86%"));
    QCOMPARE(percent(usage(250'000)), QStringLiteral("125%"));
    QCOMPARE(percent(usage(7, std::nullopt)), dash());
    QCOMPARE(percent(usage(7, 0)), dash());
    full.contextBasis = Basis::Estimated;
    QCOMPARE(percent(full), QStringLiteral("~86%"));
}

void TestFormat::costs()
{
    QCOMPARE(cost(std::nullopt), dash());
    QCOMPARE(cost(0), QStringLiteral("$0.00"));
    QCOMPARE(cost(1), QStringLiteral("<$0.01"));
    QCOMPARE(cost(dollar / 100), QStringLiteral("$0.01"));
    QCOMPARE(cost(4 * dollar + dollar * 18 / 100), QStringLiteral("$4.18"));
    QCOMPARE(cost(1234 * dollar + dollar / 2), QStringLiteral("$1234.50"));
    Usage guess = usage(1, 2, dollar);
    guess.costBasis = Basis::Estimated;
    QCOMPARE(cost(guess), QStringLiteral("~$1.00"));
    QCOMPARE(cost(Usage()), dash());
}

void TestFormat::steps()
{
    QCOMPARE(costStep(dollar, dollar + dollar * 4 / 100), QStringLiteral("+$0.04"));
    QCOMPARE(costStep(dollar, dollar + 1), QStringLiteral("+<$0.01"));
    QVERIFY(costStep(dollar, dollar).isEmpty());
    QVERIFY(costStep(std::nullopt, dollar).isEmpty());
}

void TestFormat::times()
{
    QCOMPARE(ago(0, nowMs), dash());
    QCOMPARE(ago(nowMs + 5000, nowMs), QStringLiteral("just now"));
    QCOMPARE(ago(nowMs - 41'000, nowMs), QStringLiteral("41 s ago"));
    QCOMPARE(ago(nowMs - 12 * 60'000, nowMs), QStringLiteral("12 min ago"));
    QCOMPARE(ago(nowMs - 3 * 3'600'000, nowMs), QStringLiteral("3 h ago"));
    QCOMPARE(ago(nowMs - 50LL * 3'600'000, nowMs), QStringLiteral("2 d ago"));
    QCOMPARE(duration(252'000), QStringLiteral("4 min 12 s"));
    QCOMPARE(duration(4'200'000), QStringLiteral("1 h 10 min"));
    QCOMPARE(duration(999), QStringLiteral("0 s"));
    QCOMPARE(duration(52LL * 3'600'000), QStringLiteral("2 d 4 h"));
    QCOMPARE(clock(nowMs), QStringLiteral("14:30:00"));
    QCOMPARE(clock(0), dash());
    QCOMPARE(dateTime(nowMs), QStringLiteral("2026-01-15 14:30"));
    QCOMPARE(exactTime(nowMs), QStringLiteral("2026-01-15 14:30:00"));
    QCOMPARE(exactTime(0), dash());
    constexpr qint64 dayMs = 86'400'000;
    QCOMPARE(moment(nowMs, nowMs + 9 * 3'600'000), QStringLiteral("14:30:00"));
    QCOMPARE(moment(nowMs, nowMs + 10 * 3'600'000), QStringLiteral("01-15 14:30"));
    QCOMPARE(moment(nowMs - 15 * dayMs, nowMs), QStringLiteral("2025-12-31"));
    QCOMPARE(moment(0, nowMs), dash());
}

void TestFormat::models_data()
{
    QTest::addColumn<QString>("model");
    QTest::addColumn<QString>("text");
    const QList<std::pair<const char*, const char*>> rows{
        {"claude-opus-4-5-20251101", "opus-4-5"},
        {"claude-sonnet-4-5-20250929[1m]", "sonnet-4-5[1m]"},
        {"claude-3-5-haiku-20241022", "3-5-haiku"},
        {"us.anthropic.claude-sonnet-4-20250514-v1:0", "sonnet-4"},
        {"anthropic/claude-opus-4-1", "opus-4-1"},
        {"claude-opus-4-1@20250805", "opus-4-1"},
        {"gpt-5.1-codex", "gpt-5.1-codex"},
        {"gpt-4o-2024-08-06", "gpt-4o"},
        {"qwen3-coder", "qwen3-coder"},
        {"claude-", "claude-"},
        {"", ""},
    };
    for (const auto& [model, text] : rows)
        QTest::addRow("%s", model) << QString::fromLatin1(model) << QString::fromLatin1(text);
}

void TestFormat::models()
{
    QFETCH(QString, model);
    QFETCH(QString, text);
    QCOMPARE(shortModel(model), text);
}

void TestFormat::hiddenCharactersAreShown()
{
    QCOMPARE(plain(QStringLiteral("ls\n\t-la ü \U0001F600")), QStringLiteral("ls\n\t-la ü \U0001F600"));
    QCOMPARE(plain(QStringLiteral("a\x1b[2J")), QStringLiteral("a␛[2J"));
    QCOMPARE(plain(QString(QChar(0)) + QChar(0x7f)), QStringLiteral("␀␡"));
    QCOMPARE(plain(QStringLiteral("rm \u202Efdp.exe")), QStringLiteral("rm ‹U+202E›fdp.exe"));
    QCOMPARE(plain(QStringLiteral("a\u200Bb\u2066c")), QStringLiteral("a‹U+200B›b‹U+2066›c"));
    QCOMPARE(plain(QStringLiteral("\U000E0041")), QStringLiteral("‹U+E0041›"));
    QCOMPARE(plain(QString(QChar(0xd800)) + QLatin1Char('x')), QStringLiteral("\uFFFDx"));
    QCOMPARE(plain(QStringLiteral("👩\u200D💻")),
             QStringLiteral("👩\u200D💻")); // the joiner belongs to the picture
}

void TestFormat::oneLineIsOneLine()
{
    QCOMPARE(oneLine(QStringLiteral("  two\n\n lines\t")), QStringLiteral("two lines"));
    QCOMPARE(oneLine(QStringLiteral("abcdef"), 4), QStringLiteral("abc…"));
    QCOMPARE(oneLine(QStringLiteral("abcd"), 4), QStringLiteral("abcd"));
    QCOMPARE(oneLine(QStringLiteral("ab\U0001F600cd"), 4), QStringLiteral("ab…")); // no half character
    QVERIFY(oneLine(QString(10'000'000, QLatin1Char('x'))).size() == 300);
}

void TestFormat::sentences()
{
    Agent quiet = agent(1, AgentState::Unknown, QStringLiteral("scratch"));
    QCOMPARE(accessibleSentence(quiet),
             QStringLiteral("scratch, Claude Code, unknown, context unknown, cost unknown"));
    quiet.usage = usage(29'000, std::nullopt);
    QCOMPARE(accessibleSentence(quiet),
             QStringLiteral("scratch, Claude Code, unknown, context 29k, window unknown, cost unknown"));
    QSet<QString> all;
    for (int number = 0; number < 4; ++number) {
        for (int basis = 0; basis < 4; ++basis)
            all << basisSentence(Number(number), Basis(basis));
    }
    QCOMPARE(all.size(), 16); // each says something of its own
    QCOMPARE(stateLabel(AgentState::Blocked), QStringLiteral("needs you"));
    QCOMPARE(kindLabel(AgentKind::Codex), QStringLiteral("Codex"));
}

QTEST_GUILESS_MAIN(TestFormat)
#include "tst_format.moc"
