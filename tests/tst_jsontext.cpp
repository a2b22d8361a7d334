// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/agents/jsontext.h"
#include "app/agents/reader.h"
#include "app/agents/toolinput.h"

#include <QSet>
#include <QStringList>
#include <QTest>

#include <functional>

using namespace plimsoll;

namespace {

using Value = simdjson::ondemand::value;

/// Calls `use` with the value of "v" in {"v":json,"after":1}; false if it has none.
bool withValue(const std::string& json, const std::function<void(Value)>& use)
{
    simdjson::ondemand::parser parser;
    const simdjson::padded_string text("{\"v\" : " + json + " , \"after\":1}");
    simdjson::ondemand::document document;
    Value value;
    if (parser.iterate(text).get(document) != simdjson::SUCCESS ||
        document["v"].get(value) != simdjson::SUCCESS)
        return false;
    use(value);
    return true;
}

int64_t countOf(const std::string& json)
{
    int64_t count = -1;
    withValue(json, [&](Value value) { count = boundedCount(value); });
    return count;
}

std::string stringOf(const std::string& json)
{
    std::string text = "not called";
    withValue(json, [&](Value value) { text = std::string(rawString(value)); });
    return text;
}

std::string valueOf(const std::string& json)
{
    std::string text = "not called";
    withValue(json, [&](Value value) { text = std::string(rawValue(value)); });
    while (!text.empty() && text.back() == ' ')
        text.pop_back();
    return text;
}

bool isValidUtf8(const std::string& text)
{
    return simdjson::validate_utf8(text.data(), text.size());
}

const std::string unknown = "\uFFFD";

} // namespace

class TestJsonText : public QObject
{
    Q_OBJECT

private slots:
    void escapes_data();
    void escapes();
    void cutsAtEveryLimit_data();
    void cutsAtEveryLimit();
    void rawBytesBecomeValid();
    void rawStrings();
    void rawValues();
    void counts();
    void countsWithoutSpace();
    void rawKeys();
    void hashesTellTextsApart();
    void flags();
    void wholeObjects_data();
    void wholeObjects();
    void oneLines();
    void isoTimes_data();
    void isoTimes();
    void toolInputs_data();
    void toolInputs();
};

void TestJsonText::escapes_data()
{
    QTest::addColumn<QByteArray>("raw");
    QTest::addColumn<QByteArray>("text");
    const auto add = [](const char* name, const char* raw, const QByteArray& text) {
        QTest::newRow(name) << QByteArray(raw) << text;
    };
    add("plain", "abc", "abc");
    add("empty", "", "");
    add("short ones", R"(a\n\t\r\b\f\"\\\/z)", "a\n\t\r\b\f\"\\/z");
    add("unicode", R"(\u0041\u00e9\u20AC)", "A\u00e9\u20ac");
    add("NUL", R"(a\u0000b)", QByteArray("a\0b", 3));
    add("pair", R"(\ud83d\udea2!)", "\U0001F6A2!");
    add("largest pair", R"(\uDBFF\uDFFF)", "\U0010FFFF");
    add("lone high", R"(a\ud83d)", "a\uFFFD");
    add("lone high, text", R"(\ud83dxy)", "\uFFFDxy");
    add("lone low", R"(\udea2x)", "\uFFFDx");
    add("low, low", R"(\udea2\udea2)", "\uFFFD\uFFFD");
    add("high, other escape", R"(\ud83d\n)", "\uFFFD\n");
    add("high, plain \\u", R"(\ud83d\u0041)", "\uFFFDA");
    add("high, high, low", R"(\ud83d\ud83d\udea2)", "\uFFFD\U0001F6A2");
    add("cut pair", R"(\ud83d\udea)", "\uFFFD\uFFFDdea");
    add("cut unicode", R"(\u12)", "\uFFFD12");
    add("no hex", R"(\u12g4)", "\uFFFD12g4");
    add("unknown letter", R"(\q)", "q");
    add("lone backslash", "a\\", "a\uFFFD");
}

void TestJsonText::escapes()
{
    QFETCH(QByteArray, raw);
    bool truncated = true;
    const std::string text = unescaped(raw.toStdString(), 1000, &truncated);
    QTEST(QByteArray::fromStdString(text), "text");
    QVERIFY(!truncated);
    QVERIFY(isValidUtf8(text));
}

void TestJsonText::cutsAtEveryLimit_data()
{
    QTest::addColumn<QByteArray>("raw");
    QTest::newRow("plain") << QByteArray("a\u00e9\u20ac\U0001F6A2z");
    QTest::newRow("escaped") << QByteArray(R"(a\u00e9\u20ac\ud83d\udea2z)");
    QTest::newRow("mixed") << QByteArray("\\n\u20ac\\n\u20ac\\\\\\\"");
    QTest::newRow("broken") << QByteArray(R"(\ud83dx\udea2y\u1)");
}

void TestJsonText::cutsAtEveryLimit()
{
    QFETCH(QByteArray, raw);
    const std::string whole = unescaped(raw.toStdString(), 1000);
    for (size_t limit = 0; limit <= whole.size() + 1; ++limit) {
        bool truncated = false;
        const std::string cut = unescaped(raw.toStdString(), limit, &truncated);
        QVERIFY(cut.size() <= limit);
        QVERIFY(isValidUtf8(cut));
        QVERIFY(whole.compare(0, cut.size(), cut) == 0);
        QVERIFY(cut.size() + 4 > std::min(limit, whole.size())); // no more is cut than one character
        QCOMPARE(truncated, cut.size() < whole.size());
    }
}

void TestJsonText::rawBytesBecomeValid()
{
    QCOMPARE(unescaped("a\xff\xc3z\xe2\x82", 100), "a" + unknown + unknown + "z" + unknown);
    QCOMPARE(unescaped("\xed\xa0\x80", 100), unknown + unknown + unknown); // a surrogate in UTF-8
    QCOMPARE(unescaped("\xc0\xaf", 100), unknown + unknown);               // overlong
    QCOMPARE(clippedUtf8("\xff\xff", 5), unknown);
    QCOMPARE(clippedUtf8("\u20ac", 2), std::string());
}

void TestJsonText::rawStrings()
{
    // (moc does not take raw strings with quotes inside a macro.)
    for (const std::string inner : {"", "abc", "a\\\"b\\\\", "\\u00e9"})
        QCOMPARE(stringOf('"' + inner + '"'), inner);
    QCOMPARE(stringOf("\"a\"   \t "), std::string("a"));
    for (const char* other : {"7", "null", "true", "[\"a\"]", "{\"a\":\"b\"}"})
        QCOMPARE(stringOf(other), std::string());
}

void TestJsonText::rawValues()
{
    for (const char* json :
         {R"({"a":[1,{"b":"}]"}]})", R"(["]", {}])", "{}", "[]", R"("a\"b")", "-1.5e3", "null"})
        QCOMPARE(valueOf(json), std::string(json));
}

void TestJsonText::counts()
{
    constexpr int64_t most = int64_t{1} << 53;
    QCOMPARE(countOf("0"), 0);
    QCOMPARE(countOf("200000"), 200'000);
    QCOMPARE(countOf("9007199254740992"), most);
    QCOMPARE(countOf("9007199254740993"), most);
    QCOMPARE(countOf("9223372036854775807"), most);
    QCOMPARE(countOf("18446744073709551615"), most);
    QCOMPARE(countOf("1e300"), most);
    QCOMPARE(countOf("1e3"), 1'000);
    QCOMPARE(countOf("12.9"), 12);
    for (const char* none :
         {"-1", "-9223372036854775808", "-1e300", "-0.5", "\"5\"", "null", "true", "[5]", "{}"})
        QCOMPARE(countOf(none), 0);
}

void TestJsonText::countsWithoutSpace()
{
    const auto compactCount = [](const std::string& json) {
        simdjson::ondemand::parser parser;
        const simdjson::padded_string text("{\"v\":" + json + "}");
        simdjson::ondemand::document document;
        Value value;
        return parser.iterate(text).get(document) == simdjson::SUCCESS &&
                       document["v"].get(value) == simdjson::SUCCESS
                   ? boundedCount(value)
                   : -1;
    };
    QCOMPARE(compactCount("0"), 0);
    QCOMPARE(compactCount("200000"), 200'000);
    QCOMPARE(compactCount("999999999999999"), 999'999'999'999'999);
    QCOMPARE(compactCount("9007199254740993"), int64_t{1} << 53);
    QCOMPARE(compactCount("12.9"), 12);
    QCOMPARE(compactCount("1e3"), 1'000);
    for (const char* none : {"-1", "007", "00", "5x", "0x10", "\"5\"", "null", "[5]", "{\"a\":5}"})
        QCOMPARE(compactCount(none), 0);
}

void TestJsonText::rawKeys()
{
    const simdjson::padded_string text(
        std::string("{\"a\":1,\"b c\" :2,\"\":{},\"d\"\t: \t\"e\",\"f\\\"g\":[1],\"h\\\\\" : \"\\\"\"}"));
    simdjson::ondemand::parser parser;
    simdjson::ondemand::document document;
    QCOMPARE(parser.iterate(text).get(document), simdjson::SUCCESS);
    QStringList keys;
    for (auto entry : document.get_object()) {
        simdjson::ondemand::field field;
        QCOMPARE(std::move(entry).get(field), simdjson::SUCCESS);
        const std::string_view key = rawKey(field);
        keys << QString::fromUtf8(key.data(), qsizetype(key.size()));
    }
    QCOMPARE(keys, (QStringList{QStringLiteral("a"), QStringLiteral("b c"), QString(), QStringLiteral("d"),
                                QStringLiteral("f\\\"g"), QStringLiteral("h\\\\")}));
}

void TestJsonText::hashesTellTextsApart()
{
    // At every length, a change of any one byte is seen, and where the text ends.
    QSet<quint64> seen;
    qsizetype count = 0;
    for (size_t length = 0; length <= 40; ++length) {
        std::string text(length, 'a');
        for (size_t i = 0; i <= length; ++i) {
            if (i > 0)
                text[i - 1] = 'b';
            seen << quint64(keyHash(text));
            seen << quint64(stableHash(text));
            count += 2;
            if (i > 0)
                text[i - 1] = 'a';
        }
    }
    QCOMPARE(seen.size(), count);
    static_assert(keyHash("input_tokens") != keyHash("output_tokens"));
    volatile size_t cut = 12; // worked out when it runs, not when it is compiled
    QCOMPARE(keyHash(std::string_view("input_tokens and more").substr(0, cut)), keyHash("input_tokens"));
    QVERIFY(stableHash("") != 0);
    QVERIFY(stableHash("a", 1) != stableHash("a", 2));
}

void TestJsonText::flags()
{
    const auto flag = [](const char* json) {
        bool is = false;
        withValue(json, [&](Value value) { is = isTrue(value); });
        return is;
    };
    QVERIFY(flag("true"));
    for (const char* no : {"false", "1", "\"true\"", "null", "[true]", "{}"})
        QVERIFY(!flag(no));
}

void TestJsonText::wholeObjects_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<bool>("whole");
    const auto add = [](const QByteArray& text, bool whole) {
        QTest::newRow(text.constData()) << text << whole;
    };
    add("{}", true);
    add(" \t{\"a\": {\"b\": []}} \r", true);
    add("", false);
    add("   ", false);
    add("}", false);
    add("{", false);
    add("{\"a\":{}", false);
    add("{\"a\":\"}", false);
    add("{}{}", false);
    add("{} x", false);
    add("[{}]", false);
    add("\"{}\"", false);
    add("{\"a\":1,}", false);
    add("{\"a\":tru}", false);
}

void TestJsonText::wholeObjects()
{
    QFETCH(QByteArray, text);
    QTEST(isWholeObject(text.toStdString()), "whole");
}

void TestJsonText::oneLines()
{
    QCOMPARE(oneLine("\n\t  first line \r\nsecond", 100), std::string("first line"));
    QCOMPARE(oneLine("a\tb\x01"
                     "c\x7f",
                     100),
             std::string("a b c"));
    QCOMPARE(oneLine(" \n \n", 100), std::string());
    QCOMPARE(oneLine("abcdef", 3), std::string("abc"));
    QCOMPARE(oneLine("ab\u20ac", 4), std::string("ab"));
}

void TestJsonText::isoTimes_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<qint64>("ms");
    const auto add = [](const char* text, qint64 ms) { QTest::newRow(text) << QByteArray(text) << ms; };
    constexpr qint64 noon = 1'777'888'800'000;
    add("2026-05-04T10:00:00Z", noon);
    add("2026-05-04T10:00:00", noon);
    add("2026-05-04 10:00:00.054Z", noon + 54);
    add("2026-05-04T10:00:00.5Z", noon + 500);
    add("2026-05-04T10:00:00.123456789Z", noon + 123);
    add("2026-05-04T12:00:00+02:00", noon);
    add("2026-05-04T05:30:00-0430", noon);
    add("2026-05-04T10:00:00.054Z", noon + 54);
    add("2026-05-04T10:00:60.000Z", noon + 60'000); // a leap second
    add("1970-01-01T00:00:00.001Z", 1);
    add("2024-02-29T00:00:00Z", 1'709'164'800'000);
    for (const char* bad :
         {"", "2026", "2026-13-01T00:00:00Z", "2026-05-04T24:00:00Z", "2026-05-04T10:00:00X",
          "2026-05-04T10:00:00+2", "1969-12-31T23:59:59Z", "-026-05-04T10:00:00Z", "2026-00-04T10:00:00.000Z",
          "2026-05-32T10:00:00.000Z", "2026-05-04T10:60:00.000Z", "2026-05-04T10:00:61.000Z",
          "2026-05-04T1a:00:00.000Z", "2026-05-04T10:00:00,000Z", "2026-05-04T10:00:00.0/0Z",
          "2026-05-04T10:00:00Zjunk", "20260504T100000Z"})
        add(bad, 0);
}

void TestJsonText::isoTimes()
{
    QFETCH(QByteArray, text);
    QTEST(qint64(parseIsoMs(text.toStdString())), "ms");
}

void TestJsonText::toolInputs_data()
{
    QTest::addColumn<QByteArray>("json");
    QTest::addColumn<QByteArray>("text");
    const auto add = [](const char* json, const QByteArray& text) {
        QTest::newRow(json) << QByteArray(json) << text;
    };
    add(R"({"description":"list","command":"ls\n-l"})", "ls\n-l");
    add(R"({"file_path":"/a","content":"long"})", "/a");
    add(R"({ "x" : 1 })", R"({"x":1})");
    add(R"({"command":["a"],"n":1})", R"({"command":["a"],"n":1})");
    add("{}", "");
    add("", "");
    add("[1]", "[1]");
    add("{\"command\":\"cut", "{\"command\":\"cut");
}

void TestJsonText::toolInputs()
{
    QFETCH(QByteArray, json);
    bool truncated = true;
    QTEST(QByteArray::fromStdString(toolInputText(json.toStdString(), 1000, &truncated)), "text");
    QVERIFY(!truncated);
    QFETCH(QByteArray, text);
    if (text.size() > 1) {
        const std::string cut = toolInputText(json.toStdString(), size_t(text.size() - 1), &truncated);
        QVERIFY(truncated && text.startsWith(QByteArray::fromStdString(cut)));
    }
}

QTEST_GUILESS_MAIN(TestJsonText)
#include "tst_jsontext.moc"
