// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/watch/ledger.h"

#include <QtTest>

#include <algorithm>
#include <map>
#include <random>

using namespace plimsoll;

namespace {

const std::vector<std::string> models{"claude-opus-4-5", "claude-sonnet-4-5", "nobody-knows-1"};
constexpr int64_t baseMs = 1'767'000'000'000; // a multiple of no slot
constexpr Ledger::Row noRow = 999;

Response responseOf(uint64_t key, int64_t output, uint32_t model = 0, int64_t atMs = baseMs)
{
    Response response;
    response.key = key;
    response.atMs = atMs;
    response.model = model;
    response.tokens.input = 1000;
    response.tokens.output = output;
    return response;
}

/// A file of the home as the tests know it.
struct LogOfTest
{
    QByteArray path;
    int64_t firstAtMs = 0;
    Ledger::Row row = 0;
    uint64_t session = 0; ///< hash by which responses name it
    std::vector<Response> responses;
};

/// row → model → sum
using Sums = std::map<Ledger::Row, std::map<std::string, ModelSum>>;

QString dump(const Sums& sums)
{
    QStringList out;
    for (const auto& [row, byModel] : sums) {
        for (const auto& [model, sum] : byModel) {
            out << QStringLiteral("%1 %2: %3 responses, %4 in, %5 out, %6 pico, %7 unpriced")
                       .arg(row)
                       .arg(QString::fromStdString(model))
                       .arg(sum.responses)
                       .arg(sum.tokens.input)
                       .arg(sum.tokens.output)
                       .arg(sum.costPico)
                       .arg(sum.unpriced);
        }
    }
    return out.join(QLatin1Char('\n'));
}

/// The sums of a ledger that read the files in the given order.
Sums readInOrder(const Catalogue& catalogue, const std::vector<LogOfTest>& logs,
                 const std::vector<size_t>& order, Ledger& ledger)
{
    Q_UNUSED(catalogue)
    for (const size_t index : order) {
        const LogOfTest& log = logs[index];
        const Ledger::File file = ledger.addFile(log.path);
        ledger.setFirstAt(file, log.firstAtMs);
        ledger.nameSession(log.session, log.row);
        for (const Response& response : log.responses)
            ledger.add(response, file, log.row, models);
    }
    Sums sums;
    for (const LogOfTest& log : logs) {
        for (const ModelSum& sum : ledger.sums(log.row))
            sums[log.row][ledger.modelName(sum.model)] = sum;
    }
    return sums;
}

bool ranksBefore(const LogOfTest& a, const LogOfTest& b)
{
    return a.firstAtMs != b.firstAtMs ? a.firstAtMs < b.firstAtMs : a.path < b.path;
}

/// The same by brute force: all copies of each key side by side.
Sums bruteForce(const Catalogue& catalogue, std::vector<LogOfTest> logs)
{
    std::sort(logs.begin(), logs.end(), ranksBefore);
    std::map<uint64_t, std::vector<std::pair<const LogOfTest*, const Response*>>> copies;
    for (const LogOfTest& log : logs) {
        for (const Response& response : log.responses)
            copies[response.key].emplace_back(&log, &response);
    }
    Sums sums;
    for (const auto& [key, all] : copies) {
        Ledger::Row row = all.front().first->row;
        for (const auto& [log, copy] : all) {
            const auto named =
                std::find_if(logs.begin(), logs.end(), [owner = copy->ownerHash](const auto& l) {
                    return owner != 0 && l.session == owner;
                });
            if (named != logs.end()) {
                row = named->row;
                break;
            }
        }
        const Response* best = all.front().second;
        for (const auto& [log, copy] : all) {
            if (copy->tokens.output > best->tokens.output)
                best = copy;
        }
        ModelSum& sum = sums[row][models[best->model]];
        const auto cost = catalogue.costPico(models[best->model], best->tokens, best->atMs, best->fast);
        ++sum.responses;
        sum.unpriced += cost ? 0 : 1;
        sum.costPico += cost.value_or(0);
        sum.tokens += best->tokens;
    }
    return sums;
}

/// Files that share responses the way forks, resumes and repeated lines do.
std::vector<LogOfTest> randomLogs(std::mt19937& random)
{
    const auto below = [&](int bound) { return int(random() % unsigned(bound)); };
    std::vector<LogOfTest> logs(size_t(2 + below(6)));
    for (size_t i = 0; i < logs.size(); ++i) {
        logs[i].path =
            "project/" + QByteArray::number(below(1000)) + "-" + QByteArray::number(int(i)) + ".jsonl";
        logs[i].firstAtMs = baseMs + below(3) * 1000; // ties are common
        logs[i].row = Ledger::Row(i);
        logs[i].session = 100 + i;
    }
    for (int i = 0; i < 60; ++i) {
        const uint64_t key = uint64_t(below(25)) + 1;
        LogOfTest& log = logs[size_t(below(int(logs.size())))];
        Response response = responseOf(key, below(4) * 10, uint32_t(key % models.size()));
        response.fast = key % 7 == 0;
        // Some name their session; some of those name one that has no file.
        if (key % 3 == 0)
            response.ownerHash = 100 + key % 9;
        log.responses.push_back(response);
    }
    return logs;
}

} // namespace

class TestLedger : public QObject
{
    Q_OBJECT

private slots:
    void oneResponseCountsOnceByItsLargestOutput()
    {
        Ledger ledger(m_catalogue);
        const Ledger::File file = ledger.addFile("p/a.jsonl");
        ledger.setFirstAt(file, baseMs);
        for (const int64_t output : {1, 700, 700, 3})
            ledger.add(responseOf(7, output), file, 0, models);
        const std::vector<ModelSum>& sums = ledger.sums(0);
        QCOMPARE(sums.size(), size_t(1));
        QCOMPARE(sums[0].responses, 1);
        QCOMPARE(sums[0].tokens.output, 700);
        QCOMPARE(sums[0].tokens.input, 1000);
        QCOMPARE(sums[0].costPico, 1000 * 5'000'000LL + 700 * 25'000'000LL);
        QVERIFY(ledger.sums(noRow).empty());
    }

    void manyResponsesStayApart()
    {
        Ledger ledger(m_catalogue); // more than the table holds at first: it grows
        const Ledger::File file = ledger.addFile("p/a.jsonl");
        constexpr int many = 5000;
        for (int round = 0; round < 2; ++round) {
            for (int i = 0; i < many; ++i)
                ledger.add(responseOf(stableHash(std::to_string(i)), 2), file, 0, models);
        }
        QCOMPARE(ledger.sums(0).at(0).responses, many);
        QCOMPARE(ledger.sums(0).at(0).tokens.output, 2 * many);
    }

    void olderFileOwnsWhatAForkCopied()
    {
        const LogOfTest fork{"p/a.jsonl", baseMs + 1, 0, 100, {responseOf(7, 5)}};
        const LogOfTest parent{"p/b.jsonl", baseMs, 1, 101, {responseOf(7, 5)}};
        for (const std::vector<size_t>& order : {std::vector<size_t>{0, 1}, std::vector<size_t>{1, 0}}) {
            Ledger ledger(m_catalogue);
            const Sums sums = readInOrder(m_catalogue, {fork, parent}, order, ledger);
            QVERIFY(sums.find(0) == sums.end());
            QCOMPARE(sums.at(1).at(models[0]).responses, 1);
        }
    }

    void equallyOldFilesAreRankedByPath()
    {
        const LogOfTest later{"p/b.jsonl", baseMs, 0, 100, {responseOf(7, 5)}};
        const LogOfTest earlier{"p/a.jsonl", baseMs, 1, 101, {responseOf(7, 5)}};
        for (const std::vector<size_t>& order : {std::vector<size_t>{0, 1}, std::vector<size_t>{1, 0}}) {
            Ledger ledger(m_catalogue);
            const Sums sums = readInOrder(m_catalogue, {later, earlier}, order, ledger);
            QVERIFY(sums.find(0) == sums.end());
            QCOMPARE(sums.at(1).at(models[0]).responses, 1);
        }
    }

    void namedSessionOwnsEvenWhereItsFileIsYounger()
    {
        Response named = responseOf(7, 5);
        named.ownerHash = 101;
        const LogOfTest older{"p/a.jsonl", baseMs, 0, 100, {named}};
        const LogOfTest owner{"p/b.jsonl", baseMs + 1, 1, 101, {}}; // does not hold the response itself
        for (const std::vector<size_t>& order : {std::vector<size_t>{0, 1}, std::vector<size_t>{1, 0}}) {
            Ledger ledger(m_catalogue);
            const Sums sums = readInOrder(m_catalogue, {older, owner}, order, ledger);
            QCOMPARE(dump(sums), dump(bruteForce(m_catalogue, {older, owner})));
            QCOMPARE(sums.at(1).at(models[0]).responses, 1);
        }
    }

    void anyOrderOfReadingGivesTheSame()
    {
        std::mt19937 random(20261123);
        for (int round = 0; round < 300; ++round) {
            const std::vector<LogOfTest> logs = randomLogs(random);
            const QString expected = dump(bruteForce(m_catalogue, logs));
            std::vector<size_t> order(logs.size());
            for (size_t i = 0; i < order.size(); ++i)
                order[i] = i;
            for (int shuffle = 0; shuffle < 6; ++shuffle) {
                std::shuffle(order.begin(), order.end(), random);
                Ledger ledger(m_catalogue);
                QCOMPARE(dump(readInOrder(m_catalogue, logs, order, ledger)), expected);
            }
        }
    }

    void costIsKeptPerModel()
    {
        Ledger ledger(m_catalogue);
        const Ledger::File file = ledger.addFile("p/a.jsonl");
        ledger.add(responseOf(1, 10, 0), file, 0, models);
        ledger.add(responseOf(2, 10, 1), file, 0, models);
        ledger.add(responseOf(3, 10, 1), file, 0, models);
        QCOMPARE(ledger.sums(0).size(), size_t(2));
        for (const ModelSum& sum : ledger.sums(0)) {
            const bool opus = ledger.modelName(sum.model) == models[0];
            QCOMPARE(sum.responses, opus ? 1 : 2);
            QCOMPARE(sum.costPico, opus ? 1000 * 5'000'000LL + 10 * 25'000'000LL
                                        : 2 * (1000 * 3'000'000LL + 10 * 15'000'000LL));
        }
    }

    void unknownPriceIsCountedAndCostsNothing()
    {
        Ledger ledger(m_catalogue);
        const Ledger::File file = ledger.addFile("p/a.jsonl");
        ledger.add(responseOf(1, 10, 2), file, 0, models);
        QCOMPARE(ledger.sums(0).at(0).unpriced, 1);
        QCOMPARE(ledger.sums(0).at(0).costPico, 0);
        QCOMPARE(ledger.sums(0).at(0).tokens.output, 10);
        QVERIFY(ledger.spendSince(0).isEmpty());
    }

    void spendLiesInQuartersOfAnHour()
    {
        Ledger ledger(m_catalogue);
        const Ledger::File file = ledger.addFile("p/a.jsonl");
        const int64_t slot = baseMs - baseMs % spendSlotMs;
        constexpr qint64 cost = 1000 * 5'000'000LL + 10 * 25'000'000LL;
        ledger.add(responseOf(1, 10, 0, slot), file, 0, models);
        ledger.add(responseOf(2, 10, 0, slot + spendSlotMs - 1), file, 0, models);
        ledger.add(responseOf(3, 10, 0, slot + spendSlotMs), file, 0, models);
        ledger.add(responseOf(3, 9, 0, slot + 9 * spendSlotMs), file, 0, models); // the same, earlier form
        const QList<SpendSlot> expected{{slot, 2 * cost}, {slot + spendSlotMs, cost}};
        QCOMPARE(ledger.spendSince(slot), expected);
        QCOMPARE(ledger.spendSince(slot + 1), expected.mid(1));
    }

    void betterCopyMovesItsSpend()
    {
        Ledger ledger(m_catalogue);
        const Ledger::File file = ledger.addFile("p/a.jsonl");
        const int64_t slot = baseMs - baseMs % spendSlotMs;
        ledger.add(responseOf(1, 10, 0, slot), file, 0, models);
        ledger.add(responseOf(1, 20, 0, slot + spendSlotMs), file, 0, models);
        const QList<SpendSlot> expected{{slot + spendSlotMs, 1000 * 5'000'000LL + 20 * 25'000'000LL}};
        QCOMPARE(ledger.spendSince(0), expected);
    }

    void compactionBelongsToOneFile()
    {
        for (const bool parentFirst : {true, false}) {
            Ledger ledger(m_catalogue);
            const Ledger::File fork = ledger.addFile("p/a.jsonl");
            const Ledger::File parent = ledger.addFile("p/b.jsonl");
            ledger.setFirstAt(fork, baseMs + 1);
            ledger.setFirstAt(parent, baseMs);
            if (parentFirst)
                ledger.addCompaction(5, parent, 1);
            ledger.addCompaction(5, fork, 0);
            (void)ledger.takeChangedRows();
            ledger.addCompaction(5, parent, 1);
            QVERIFY(ledger.ownsCompaction(5, parent));
            QVERIFY(!ledger.ownsCompaction(5, fork));
            QVERIFY(!ledger.ownsCompaction(6, parent));
            std::vector<Ledger::Row> changed = ledger.takeChangedRows();
            std::sort(changed.begin(), changed.end());
            const std::vector<Ledger::Row> both{0, 1}; // the fork's row lost it
            QCOMPARE(changed, parentFirst ? std::vector<Ledger::Row>{1} : both);
        }
    }

    void changedRowsAreNamedOnce()
    {
        Ledger ledger(m_catalogue);
        const Ledger::File older = ledger.addFile("p/a.jsonl");
        const Ledger::File younger = ledger.addFile("p/b.jsonl");
        ledger.setFirstAt(older, baseMs);
        ledger.setFirstAt(younger, baseMs + 1);
        ledger.add(responseOf(1, 10), younger, 4, models);
        ledger.add(responseOf(2, 10), younger, 4, models);
        QCOMPARE(ledger.takeChangedRows(), std::vector<Ledger::Row>{4});
        QVERIFY(ledger.takeChangedRows().empty());
        ledger.add(responseOf(1, 10), younger, 4, models); // nothing new
        QVERIFY(ledger.takeChangedRows().empty());
        ledger.add(responseOf(1, 10), older, 3, models); // changes hands
        const std::vector<Ledger::Row> both{4, 3};
        QCOMPARE(ledger.takeChangedRows(), both);
    }

private:
    const Catalogue m_catalogue = Catalogue::builtIn();
};

QTEST_GUILESS_MAIN(TestLedger)
#include "tst_ledger.moc"
