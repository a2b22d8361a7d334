// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/tokens/catalogue.h"

#include <QFile>
#include <QTest>

using namespace plimsoll;

namespace {

constexpr int64_t million = 1'000'000;
constexpr int64_t now = 1'795'290'000'000; // 2026-11-21

TokenCounts counts(int64_t input, int64_t output, int64_t read = 0, int64_t write5m = 0, int64_t write1h = 0)
{
    return {input, output, read, write5m, write1h, 0};
}

/// USD of one million tokens of one sort, taken from requests small enough to stay below every step.
double usdPerMillion(const Catalogue& catalogue, std::string_view model, const TokenCounts& thousand)
{
    return double(catalogue.costPico(model, thousand, now, false).value_or(-1)) / 1e9;
}

QList<QByteArrayList> table(const QString& name)
{
    QFile file(QStringLiteral(SHARED_DIR "/reference/claude-code/samples/") + name);
    QList<QByteArrayList> rows;
    if (!file.open(QIODevice::ReadOnly))
        return rows;
    const QByteArrayList lines = file.readAll().split('\n');
    for (const QByteArray& line : lines.mid(1)) {
        if (!line.isEmpty())
            rows.append(line.split('\t'));
    }
    return rows;
}

} // namespace

class TestCatalogue : public QObject
{
    Q_OBJECT

private slots:
    void pricesAreThoseOfTheClient();
    void windowsAndTriggersAreThoseOfTheClient();
    void findsByRules_data();
    void findsByRules();
    void unknownStaysUnknown();
    void stepsPriceTheWholeRequest();
    void pricesHaveDates();
    void fastModeCostsAMultiple();
    void noPriceForWritesMeansInput();
    void hostileCountsDoNotOverflow();
    void overrideReplacesSingleEntries();
    void badOverrideChangesNothing_data();
    void badOverrideChangesNothing();

private:
    const Catalogue m_catalogue = Catalogue::builtIn();
};

void TestCatalogue::pricesAreThoseOfTheClient()
{
    const auto rows = table(QStringLiteral("prices-per-mtok.tsv"));
    if (rows.isEmpty())
        QSKIP("../shared/reference is not there");
    int checked = 0;
    for (const QByteArrayList& row : rows) {
        const std::string model = row[0].toStdString();
        if (!m_catalogue.find(model)) {
            QCOMPARE(row[0], QByteArray("my-unknown-model"));
            continue;
        }
        QCOMPARE(usdPerMillion(m_catalogue, model, counts(1000, 0)), row[1].toDouble());
        QCOMPARE(usdPerMillion(m_catalogue, model, counts(0, 1000)), row[2].toDouble());
        QCOMPARE(usdPerMillion(m_catalogue, model, counts(0, 0, 0, 1000)), row[3].toDouble());
        QCOMPARE(usdPerMillion(m_catalogue, model, counts(0, 0, 0, 0, 1000)), row[4].toDouble());
        QCOMPARE(usdPerMillion(m_catalogue, model, counts(0, 0, 1000)), row[5].toDouble());
        const auto long_ = m_catalogue.costPico(model, counts(250'000, 0), now, false);
        QCOMPARE(long_.value_or(-1), qRound64(row[6].toDouble() * 1e6) * 250'000);
        ++checked;
    }
    QCOMPARE(checked, 16);
}

void TestCatalogue::windowsAndTriggersAreThoseOfTheClient()
{
    const auto rows = table(QStringLiteral("models.tsv"));
    if (rows.isEmpty())
        QSKIP("../shared/reference is not there");
    int checked = 0;
    for (const QByteArrayList& row : rows) {
        if (row.size() < 3)
            continue;
        // The client maps aliases and retired ids to another model: the answer's model and the asked suffix
        // count.
        std::string model = row[1].toStdString();
        if (row[0].endsWith("[1m]") && !row[1].endsWith("[1m]"))
            model += "[1m]";
        const qsizetype max = row[2].indexOf("max=") + 4;
        const qsizetype threshold = row[2].indexOf("thr=") + 4;
        const auto number = [&](qsizetype at) { return row[2].mid(at).split(' ').first().toLongLong(); };
        const int64_t window = m_catalogue.claudeWindow(model);
        QCOMPARE(window, number(max));
        QCOMPARE(m_catalogue.claudeTrigger(model, window), number(threshold));
        ++checked;
    }
    QVERIFY(checked >= 30);
}

void TestCatalogue::findsByRules_data()
{
    QTest::addColumn<QByteArray>("asked");
    QTest::addColumn<QByteArray>("id");
    const QList<std::pair<const char*, const char*>> rows{
        {"claude-opus-4-5", "claude-opus-4-5"},
        {"claude-opus-4-5-20251101", "claude-opus-4-5"},
        {"claude-sonnet-4-5-20250929[1m]", "claude-sonnet-4-5"},
        {"claude-sonnet-4-20250514", "claude-sonnet-4"},
        {"claude-opus-4-1-20250805", "claude-opus-4-1"},
        {"anthropic/claude-opus-4.5", "claude-opus-4-5"},
        {"us.anthropic.claude-sonnet-4-5-20250929-v1:0", "claude-sonnet-4-5"},
        {"claude-haiku-4-5@20251001", "claude-haiku-4-5"},
        {"claude-3-7-sonnet-latest", "claude-3-7-sonnet"},
        {"gpt-5.5", "gpt-5.5"},
        {"openai/gpt-5.5-2026-04-23", "gpt-5.5"},
        {"gpt-5.5-codex", "gpt-5.5"},
        {"gpt-5-codex", "gpt-5-codex"},
    };
    for (const auto& [asked, id] : rows)
        QTest::newRow(asked) << QByteArray(asked) << QByteArray(id);
}

void TestCatalogue::findsByRules()
{
    QFETCH(QByteArray, asked);
    QFETCH(QByteArray, id);
    const ModelEntry* entry = m_catalogue.find(asked.toStdString());
    QVERIFY(entry);
    QCOMPARE(QByteArray::fromStdString(entry->id), id);
}

void TestCatalogue::unknownStaysUnknown()
{
    for (const char* model : {"", "my-model", "[1m]", "-", "-v1", "claude-", "/", "20250101", "-20250101"})
        QVERIFY2(!m_catalogue.find(model), model);
    QVERIFY(!m_catalogue.find(std::string(100'000, '-')));
    QVERIFY(!m_catalogue.costPico("my-model", counts(1, 1), now, false));
    QCOMPARE(m_catalogue.claudeWindow("my-model"), million);
    QCOMPARE(m_catalogue.claudeTrigger("my-model", million), int64_t(967'000));
    QCOMPARE(m_catalogue.claudeWindow("gpt-5.5"), million); // not in the client's own table
}

void TestCatalogue::stepsPriceTheWholeRequest()
{
    // haiku-5-5 costs five times as much above 100,000 tokens of prompt, cached or not.
    QCOMPARE(m_catalogue.costPico("claude-haiku-5-5", counts(100'000, 10), now, false),
             std::optional<int64_t>(100'000 * 100'000LL + 10 * 500'000LL));
    QCOMPARE(m_catalogue.costPico("claude-haiku-5-5", counts(1, 10, 100'000), now, false),
             std::optional<int64_t>(500'000LL + 100'000 * 50'000LL + 10 * 2'500'000LL));
    QCOMPARE(m_catalogue.costPico("gpt-5.5", counts(272'000, 10), now, false),
             std::optional<int64_t>(272'000 * 5 * million + 10 * 30 * million));
    QCOMPARE(m_catalogue.costPico("gpt-5.5", counts(1, 10, 272'000), now, false),
             std::optional<int64_t>(10 * million + 272'000 * million + 10 * 45 * million));
}

void TestCatalogue::pricesHaveDates()
{
    constexpr int64_t day20260821 = 1'787'270'400'000;
    const TokenCounts one = counts(1, 0);
    QCOMPARE(m_catalogue.costPico("gpt-5.6-sol", one, day20260821 - 1, false),
             std::optional<int64_t>(5 * million));
    QCOMPARE(m_catalogue.costPico("gpt-5.6-sol", one, day20260821, false),
             std::optional<int64_t>(4 * million));
    QCOMPARE(m_catalogue.costPico("gpt-5.6-sol", one, 0, false), std::optional<int64_t>(5 * million));
}

void TestCatalogue::fastModeCostsAMultiple()
{
    const TokenCounts some = counts(3, 7);
    const auto normal = m_catalogue.costPico("claude-opus-4-8", some, now, false);
    QCOMPARE(m_catalogue.costPico("claude-opus-4-8", some, now, true).value_or(0), normal.value_or(-1) * 2);
    QCOMPARE(m_catalogue.costPico("claude-sonnet-4-5", some, now, true),
             m_catalogue.costPico("claude-sonnet-4-5", some, now, false));
}

void TestCatalogue::noPriceForWritesMeansInput()
{
    QCOMPARE(m_catalogue.costPico("gpt-5.5", counts(0, 0, 0, 10), now, false),
             std::optional<int64_t>(50 * million));
    QCOMPARE(m_catalogue.costPico("gpt-5-pro", counts(0, 0, 10), now, false),
             std::optional<int64_t>(150 * million));
    QCOMPARE(m_catalogue.costPico("gpt-5.5", counts(0, 0, 10), now, false),
             std::optional<int64_t>(5 * million));
}

void TestCatalogue::hostileCountsDoNotOverflow()
{
    constexpr int64_t huge = std::numeric_limits<int64_t>::max() / 8;
    const auto cost =
        m_catalogue.costPico("claude-opus-4-7", counts(huge, huge, huge, huge, huge), now, false);
    QVERIFY(cost && *cost > 0);
}

void TestCatalogue::overrideReplacesSingleEntries()
{
    Catalogue catalogue = Catalogue::builtIn();
    const QByteArray json = R"({"models": [
        {"id": "claude-opus-4-5", "context_window": 500000},
        {"id": "house-model", "context_window": 64000, "max_output": 4000, "fast_factor": 3,
         "prices_usd_per_mtok": [{"input": 1, "output": 2, "cache_read": 0.5,
                                  "steps": [{"above_tokens": 100, "input": 10, "output": 20}]},
                                 {"from": "2026-01-01", "input": 3, "output": 4}]}]})";
    QCOMPARE(catalogue.applyOverrides(json, QStringLiteral("models.json")), QString());
    QCOMPARE(catalogue.claudeWindow("claude-opus-4-5-20251101"), int64_t(500'000));
    QCOMPARE(usdPerMillion(catalogue, "claude-opus-4-5", counts(1000, 0)), 5.0); // what is left out stays
    QCOMPARE(catalogue.costPico("house-model", counts(1, 0), 1, false), std::optional<int64_t>(million));
    QCOMPARE(catalogue.costPico("house-model", counts(101, 0), 1, false),
             std::optional<int64_t>(1010 * million));
    QCOMPARE(catalogue.costPico("house-model", counts(101, 0), now, true),
             std::optional<int64_t>(909 * million));
    QCOMPARE(catalogue.claudeTrigger("house-model", 64'000), int64_t(64'000 - 4'000 - 13'000));
    QCOMPARE(catalogue.claudeWindow("claude-sonnet-4-5"), int64_t(200'000));
}

void TestCatalogue::badOverrideChangesNothing_data()
{
    QTest::addColumn<QByteArray>("json");
    QTest::addColumn<QString>("start");
    const auto row = [](const char* name, const QByteArray& json, const char* start) {
        QTest::newRow(name) << json << QString::fromLatin1(start);
    };
    const QByteArray good = "{\"models\": [\n{\"id\": \"claude-opus-4-5\", \"context_window\": 1},\n";
    row("empty", "", "m.json:1: ");
    row("syntax", "{\"models\":\n[\n}", "m.json:3: ");
    row("not an object", "[]", "m.json:1: not an object");
    row("no models", "{}", "m.json:1: not an object");
    row("models no list", "{\n\"models\": 3}", "m.json:2: models must be a list");
    row("no id", good + "{\"max_output\": 3}]}", "m.json:3: a model needs an id");
    row("window a text", good + "{\"id\": \"x\",\n\"context_window\": \"big\"}]}",
        "m.json:4: context_window must");
    row("window 0", good + "{\"id\": \"x\", \"context_window\": 0}]}", "m.json:3: context_window must");
    row("negative price", good + R"({"id": "x", "prices_usd_per_mtok": {"input": -1, "output": 1}}]})",
        "m.json:3: input must be a price");
    row("half a price", good + R"({"id": "x", "prices_usd_per_mtok": {"input": 1}}]})",
        "m.json:3: a price needs");
    row("step without",
        good + "{\"id\": \"x\", \"prices_usd_per_mtok\": {\"input\": 1, \"output\": 1, \"steps\": "
               "[\n{\"input\": 1, \"output\": 1}]}}]}",
        "m.json:4: a step needs");
    row("bad date", good + R"({"id": "x", "prices_usd_per_mtok": [{"input": 1, "output": 1},
        {"input": 1, "output": 1, "from": "soon"}]}]})",
        "m.json:4: from must be a date");
    row("only dated",
        good + R"({"id": "x", "prices_usd_per_mtok": [{"input": 1, "output": 1, "from": "2026-01-01"}]}]})",
        "m.json:3: prices_usd_per_mtok needs one");
    row("invalid UTF-8", good + "{\"id\": \"\xff\"}]}", "m.json:");
}

void TestCatalogue::badOverrideChangesNothing()
{
    QFETCH(QByteArray, json);
    QFETCH(QString, start);
    Catalogue catalogue = Catalogue::builtIn();
    const QString problem = catalogue.applyOverrides(json, QStringLiteral("m.json"));
    QVERIFY2(problem.startsWith(start), qPrintable(problem));
    QVERIFY(!problem.contains(QLatin1Char('\n')));
    QCOMPARE(catalogue.claudeWindow("claude-opus-4-5"), int64_t(200'000));
}

QTEST_GUILESS_MAIN(TestCatalogue)
#include "tst_catalogue.moc"
