// SPDX-License-Identifier: GPL-3.0-or-later
// The first scan: `plimsoll status --json` over 1 GB in 2,000 logs into an empty history, beside `cat` of the
// same files; and the second start, when nothing has changed. bench_scan [HOME] [RUNS]: HOME with a
// truth.json of the same keys in place of a corpus made here.
#include "tests/bench/childrun.h"
#include "tests/bench/corpus.h"

#include <QDirIterator>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>

#include <array>
#include <cstdio>
#include <cstdlib>

using namespace plimsoll::bench;

namespace {

int fail(const char* what)
{
    std::fprintf(stderr, "bench_scan: %s\n", what);
    return 1;
}

void print(const char* name, double value, const char* unit)
{
    std::printf("%s %.3f %s\n", name, value, unit);
}

QJsonObject readObject(const QString& path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? QJsonDocument::fromJson(file.readAll()).object() : QJsonObject();
}

/// The truth.json of ../shared/tools/gen-corpus.
CorpusTruth givenTruth(const QString& home)
{
    const QJsonObject truth = readObject(home + QStringLiteral("/truth.json"));
    const auto number = [&truth](const char* kind, const char* part, const char* key) -> int64_t {
        const QJsonObject object = truth[QLatin1String(kind)].toObject();
        return (part ? object[QLatin1String(part)].toObject() : object)[QLatin1String(key)].toInteger();
    };
    CorpusTruth out;
    for (const char* kind : {"claude", "codex"}) {
        out.files += number(kind, nullptr, "files");
        out.bytes += number(kind, nullptr, "bytes");
        out.output += number(kind, "totals", "output");
    }
    for (const char* part : {"totals", "nestedSubagent"}) {
        out.input += number("claude", part, "input");
        out.cacheRead += number("claude", part, "cacheRead");
        out.cacheWrite5m += number("claude", part, "cache5m");
        out.cacheWrite1h += number("claude", part, "cache1h");
    }
    out.output += number("claude", "nestedSubagent", "output");
    out.input += number("codex", "totals", "input") - number("codex", "totals", "cached");
    out.cacheRead += number("codex", "totals", "cached");
    out.reasoning = number("codex", "totals", "reasoning");
    return out;
}

CorpusTruth toldTotals(const QString& path)
{
    const QJsonObject json = readObject(path);
    const QJsonObject scan = json[QLatin1String("scan")].toObject();
    const QJsonObject totals = json[QLatin1String("totals")].toObject();
    CorpusTruth out;
    out.files = scan[QLatin1String("files")].toInteger();
    out.bytes = scan[QLatin1String("bytes_parsed")].toInteger();
    out.input = totals[QLatin1String("input_tokens")].toInteger();
    out.output = totals[QLatin1String("output_tokens")].toInteger();
    out.cacheRead = totals[QLatin1String("cache_read_tokens")].toInteger();
    out.cacheWrite5m = totals[QLatin1String("cache_write_5m_tokens")].toInteger();
    out.cacheWrite1h = totals[QLatin1String("cache_write_1h_tokens")].toInteger();
    out.reasoning = totals[QLatin1String("reasoning_tokens")].toInteger();
    return out;
}

std::vector<std::string> catOf(const QString& home)
{
    std::vector<std::string> command{"cat"};
    QDirIterator files(home, {QStringLiteral("*.jsonl")}, QDir::Files | QDir::Hidden,
                       QDirIterator::Subdirectories);
    while (files.hasNext())
        command.push_back(files.next().toStdString());
    return command;
}

struct Measured
{
    std::vector<double> cpu;
    std::vector<double> user;
    std::vector<double> wall;
    std::vector<double> peak;

    void add(const ChildCost& cost)
    {
        cpu.push_back(cost.cpuSec());
        user.push_back(cost.userSec);
        wall.push_back(cost.wallSec);
        peak.push_back(cost.peakMb);
    }
};

/// The list out of the history. False if anything was read again or told otherwise.
bool runSecond(const std::vector<std::string>& status, const QString& out, const std::string& ownHome,
               const CorpusTruth& truth, Measured& cost, std::vector<double>& listMs)
{
    const ChildCost once = runChild(status, out.toStdString(), ownHome);
    cost.add(once);
    CorpusTruth told = toldTotals(out);
    const bool readNothing = told.bytes == 0;
    told.bytes = truth.bytes;
    listMs.push_back(
        readObject(out)[QLatin1String("scan")].toObject()[QLatin1String("elapsed_ms")].toDouble());
    return once.ok && readNothing && told == truth;
}

} // namespace

int main(int argc, char** argv)
{
    const QTemporaryDir temporary;
    if (!temporary.isValid())
        return fail("no temporary folder");
    const bool given = argc > 1;
    const int runs = argc > 2 ? std::atoi(argv[2]) : 5;
    const QString home = given ? QString::fromLocal8Bit(argv[1]) : temporary.filePath(QStringLiteral("home"));
    constexpr int64_t corpusBytes = 1'000'000'000;
    constexpr int corpusFiles = 2000;
    const CorpusTruth truth =
        given ? givenTruth(home) : writeCorpus(home.toStdString(), corpusBytes, corpusFiles, 1);
    const QString out = temporary.filePath(QStringLiteral("status.json"));
    const std::string ownHome = temporary.path().toStdString();
    const std::vector<std::string> cat = catOf(home);
    if (!runChild(cat, "/dev/null", ownHome).ok) // brings the files into the page cache
        return fail("cat failed");

    Measured catCost;
    Measured scanCost;
    Measured secondCost;
    std::vector<double> secondListMs;
    for (int run = 0; run < runs; ++run) {
        const QString data = temporary.filePath(QStringLiteral("data%1").arg(run));
        catCost.add(runChild(cat, "/dev/null", ownHome));
        const std::vector<std::string> status{PLIMSOLL_PROGRAM,   "status",     "--json",          "--home",
                                              home.toStdString(), "--data-dir", data.toStdString()};
        const ChildCost cost = runChild(status, out.toStdString(), ownHome);
        if (!cost.ok)
            return fail("plimsoll failed");
        scanCost.add(cost);
        if (toldTotals(out) != truth)
            return fail("the totals are not those of the corpus");
        if (!runSecond(status, out, ownHome, truth, secondCost, secondListMs))
            return fail("the second start read again, or told something else");
    }
    print("scan_corpus", static_cast<double>(truth.bytes) / 1e6, "MB");
    print("scan_cat_cpu", medianOf(catCost.cpu) * 1e3, "ms");
    print("scan_cpu", medianOf(scanCost.cpu) * 1e3, "ms");
    print("scan_cpu_user", medianOf(scanCost.user) * 1e3, "ms");
    print("scan_cpu_by_cat", medianOf(scanCost.cpu) / medianOf(catCost.cpu), "x");
    print("scan_wall", medianOf(scanCost.wall) * 1e3, "ms");
    print("scan_peak_memory", medianOf(scanCost.peak), "MB");
    print("second_start_list", medianOf(secondListMs), "ms");
    print("second_start_wall", medianOf(secondCost.wall) * 1e3, "ms");
    print("second_start_cpu", medianOf(secondCost.cpu) * 1e3, "ms");
    print("second_start_peak_memory", medianOf(secondCost.peak), "MB");
    return 0;
}
