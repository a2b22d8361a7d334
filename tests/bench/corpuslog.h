// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/bench/corpus.h"
#include "tests/bench/corpustext.h"

#include <cstdio>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

// What both writers of a corpus share.
namespace plimsoll::bench {

/// A text or a whole number.
class Part
{
public:
    Part(std::string_view text)
        : m_text(text)
    {
    }
    Part(const char* text)
        : m_text(text)
    {
    }
    Part(const std::string& text)
        : m_text(text)
    {
    }
    Part(int64_t number)
        : m_text(std::to_string(number))
    {
    }
    [[nodiscard]] const std::string& text() const { return m_text; }

private:
    std::string m_text;
};

/// One behind the other; a list, because its parts are worked out from left to right.
[[nodiscard]] inline std::string joined(std::initializer_list<Part> parts)
{
    std::string out;
    for (const Part& part : parts)
        out += part.text();
    return out;
}

/// One log being written; ends the program if the disk does not take it.
class LogWriter
{
public:
    explicit LogWriter(const std::string& path);
    void line(std::string_view text) { raw(joined({text, "\n"})); }
    void raw(std::string_view text);
    [[nodiscard]] int64_t bytes() const { return m_bytes; }

private:
    struct Closer
    {
        void operator()(std::FILE* file) const;
    };
    std::unique_ptr<std::FILE, Closer> m_file;
    int64_t m_bytes = 0;
};

/// What the logs of one corpus have in common.
struct CorpusState
{
    explicit CorpusState(std::string homeFolder, uint64_t seed)
        : home(std::move(homeFolder))
        , chance(seed)
        , text(chance)
    {
    }

    std::string home;
    Chance chance;
    CodeText text;
    int64_t clockMs = 1'767'600'000'000; ///< ms UTC at which the next session begins
    std::vector<std::string> projects;
    CorpusTruth truth;
};

/// Claude Code's sessions: one file for each size (bytes), subagents' files among them.
void writeClaudeLogs(CorpusState& corpus, const std::vector<int64_t>& sizes);

/// Codex's rollouts.
void writeCodexLogs(CorpusState& corpus, const std::vector<int64_t>& sizes);

} // namespace plimsoll::bench
