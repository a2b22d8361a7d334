// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/corpus.h"

#include "tests/bench/corpuslog.h"

#include <cmath>
#include <cstdlib>
#include <filesystem>

namespace plimsoll::bench {

namespace {

[[noreturn]] void giveUp(const std::string& what)
{
    std::fprintf(stderr, "cannot write %s\n", what.c_str());
    std::exit(2);
}

/// Sizes as they are found: a few large sessions hold most of the bytes.
std::vector<int64_t> fileSizes(Chance& chance, int64_t count, double bytes)
{
    std::vector<double> weights;
    double sum = 0;
    for (int64_t i = 0; i < count; ++i) {
        weights.push_back(std::exp(1.35 * chance.bell()));
        sum += weights.back();
    }
    std::vector<int64_t> sizes;
    for (const double weight : weights)
        sizes.push_back(std::max<int64_t>(1500, std::llround(weight / sum * bytes)));
    return sizes;
}

} // namespace

LogWriter::LogWriter(const std::string& path)
{
    std::error_code error;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
    m_file.reset(error ? nullptr : std::fopen(path.c_str(), "wb"));
    if (!m_file)
        giveUp(path);
}

void LogWriter::raw(std::string_view text)
{
    if (std::fwrite(text.data(), 1, text.size(), m_file.get()) != text.size())
        giveUp("a log");
    m_bytes += static_cast<int64_t>(text.size());
}

void LogWriter::Closer::operator()(std::FILE* file) const
{
    if (std::fclose(file) != 0)
        giveUp("a log");
}

CorpusTruth writeCorpus(const std::string& home, int64_t bytes, int files, uint64_t seed)
{
    constexpr double codexShare = 0.28;
    CorpusState corpus(home, seed);
    for (int i = 0; i < std::max(4, files / 40); ++i)
        corpus.projects.push_back(joined({"/home/dev/", corpus.chance.letters(6), "-", i}));
    const int64_t codexFiles = std::llround(files * codexShare);
    const double codexBytes = static_cast<double>(bytes) * codexShare;
    writeClaudeLogs(corpus,
                    fileSizes(corpus.chance, files - codexFiles, static_cast<double>(bytes) - codexBytes));
    writeCodexLogs(corpus, fileSizes(corpus.chance, codexFiles, codexBytes));
    return corpus.truth;
}

} // namespace plimsoll::bench
