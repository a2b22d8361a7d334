// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>

namespace plimsoll::bench {

/// What a corpus holds, by construction: every response once, subagents and forks included.
struct CorpusTruth
{
    int64_t files = 0;
    int64_t bytes = 0;
    int64_t input = 0; ///< tokens, uncached
    int64_t output = 0;
    int64_t cacheRead = 0;
    int64_t cacheWrite5m = 0;
    int64_t cacheWrite1h = 0;
    int64_t reasoning = 0; ///< part of output; only Codex tells it here

    bool operator==(const CorpusTruth&) const = default;
};

/// Writes a home folder as years of Claude Code and Codex leave it: about seven tenths of the bytes in
/// `.claude/projects`, the rest in `.codex/sessions`; kinds, sizes and repetitions of lines as measured on
/// real logs, with forks, subagents (in files of their own and nested), compactions, cut and broken lines.
/// The same arguments give the same bytes, as long as one compiler built it. The folder must be there and empty; a fault ends the program, for
/// a benchmark has nothing better to do.
/// \param bytes of all logs together, met within a few per cent
[[nodiscard]] CorpusTruth writeCorpus(const std::string& home, int64_t bytes, int files, uint64_t seed);

} // namespace plimsoll::bench
