// SPDX-License-Identifier: GPL-3.0-or-later
// Loading and counting, beside the npm package tiktoken over the same text in the same run. The package is
// looked for in $PLIMSOLL_TIKTOKEN, else where the end-to-end tests keep it.
#include "app/tokens/tokenizer.h"

#include <QDir>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <tuple>

using namespace plimsoll;

namespace {

constexpr int textBytes = 10'000'000;
constexpr int rounds = 3;

void say(const char* name, double value, const char* unit)
{
    std::printf("%s %.1f %s\n", name, value, unit);
}

/// Memory of this process, bytes.
double residentBytes()
{
    QFile file(QStringLiteral("/proc/self/statm"));
    if (!file.open(QIODevice::ReadOnly))
        return 0;
    constexpr double pageBytes = 4096;
    return file.readAll().split(' ').value(1).toDouble() * pageBytes;
}

double cpuMs()
{
    timespec time{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return double(time.tv_sec) * 1e3 + double(time.tv_nsec) / 1e6;
}

template <typename Work>
double bestMs(const Work& work)
{
    double best = 1e9;
    for (int round = 0; round < rounds; ++round) {
        const double start = cpuMs();
        work();
        best = std::min(best, cpuMs() - start);
    }
    return best;
}

QString script(const QString& name)
{
    return QStringLiteral(E2E_DIR "/") + name;
}

QString packageFolder()
{
    const QString given = qEnvironmentVariable("PLIMSOLL_TIKTOKEN");
    if (!given.isEmpty())
        return given;
    const QString cache =
        qEnvironmentVariable("XDG_CACHE_HOME", QDir::homePath() + QStringLiteral("/.cache"));
    return cache + QStringLiteral("/plimsoll-e2e/tiktoken-1.0.22/node_modules/tiktoken");
}

/// Milliseconds that the package needs for the text, 0 where it is not at hand.
double baselineMs(const QString& textFile, const QString& encoding)
{
    QProcess node;
    node.start(QStringLiteral("node"),
               {script(QStringLiteral("tiktoken.mjs")), packageFolder(), textFile, encoding});
    if (!node.waitForFinished(300'000) || node.exitCode() != 0)
        return 0;
    const QJsonDocument said = QJsonDocument::fromJson(node.readAllStandardOutput());
    say(qPrintable(QStringLiteral("tokenizer_%1_npm_load").arg(encoding)),
        said[QStringLiteral("load_ms")].toDouble(), "ms");
    return said[QStringLiteral("seconds")].toDouble() * 1000;
}

void compare(const Tokenizer& tokenizer, const QString& textFile, const QString& encoding)
{
    QFile file(textFile);
    if (!file.open(QIODevice::ReadOnly))
        return;
    const QByteArray text = file.readAll();
    const double ours = bestMs([&] {
        std::ignore = tokenizer.count({text.constData(), size_t(text.size())});
    });
    const auto name = [&](const char* what) {
        return QStringLiteral("tokenizer_%1_%2").arg(encoding, QLatin1String(what)).toLatin1();
    };
    say(name("speed").constData(), double(text.size()) / 1e3 / ours, "MB/s");
    const double theirs = baselineMs(textFile, encoding);
    if (theirs <= 0) {
        std::fprintf(stderr, "tokenizer: no node, or no npm package tiktoken in %s: no baseline\n",
                     qPrintable(packageFolder()));
        return;
    }
    say(name("npm_speed").constData(), double(text.size()) / 1e3 / theirs, "MB/s");
    say(name("times_npm").constData(), theirs / ours, "times");
}

/// What loading costs. Before anything else: freed memory would be used again unseen.
std::shared_ptr<const Tokenizer> load(Encoding encoding)
{
    const QString name = encodingName(encoding);
    const double before = residentBytes();
    const double start = cpuMs();
    std::shared_ptr<const Tokenizer> tokenizer = Tokenizer::load(encoding);
    say(qPrintable(QStringLiteral("tokenizer_%1_load").arg(name)), cpuMs() - start, "ms");
    say(qPrintable(QStringLiteral("tokenizer_%1_memory").arg(name)), (residentBytes() - before) / 1e6, "MB");
    return tokenizer;
}

/// The slowest of some texts of a million equal characters.
void countRuns(const Tokenizer& tokenizer, const QString& encoding)
{
    double slowest = 0;
    for (const char* character : {"a", " ", "=", "-", "\n", "Z", "\u7684", "\U0001F600"}) {
        const std::string million = QByteArray(character).repeated(1'000'000).toStdString();
        slowest = std::max(slowest, bestMs([&] { std::ignore = tokenizer.count(million); }));
    }
    say(qPrintable(QStringLiteral("tokenizer_%1_million_equal").arg(encoding)), slowest, "ms");
}

} // namespace

int main()
{
    const std::shared_ptr<const Tokenizer> o200k = load(Encoding::O200k);
    const std::shared_ptr<const Tokenizer> cl100k = load(Encoding::Cl100k);
    if (!o200k || !cl100k)
        return 1;
    const QTemporaryDir folder;
    const QString textFile = folder.filePath(QStringLiteral("text"));
    const int made = QProcess::execute(
        QStringLiteral("python3"),
        {QStringLiteral("-B"), script(QStringLiteral("mixedtext.py")), QString::number(textBytes), textFile});
    for (const auto& [tokenizer, encoding] :
         {std::pair(o200k, Encoding::O200k), std::pair(cl100k, Encoding::Cl100k)}) {
        const QString name = encodingName(encoding);
        countRuns(*tokenizer, name);
        if (made == 0)
            compare(*tokenizer, textFile, name);
    }
    return 0;
}
