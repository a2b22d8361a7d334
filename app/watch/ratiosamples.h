// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/agents/kinds.h"
#include "app/agents/reader.h"
#include "app/tokens/tokenizer.h"
#include "app/tokens/tokenratios.h"

#include <QList>

#include <array>
#include <atomic>
#include <map>

namespace plimsoll {

/// Takes samples for TokenRatios from the lines of one log: between two responses of a thread the prompt grew
/// by what the first one put out and by what was added (tool results, prompts), which is counted here. Leaves
/// out what does not tell: models with a public tokenizer, thinking, cut texts, mixed kinds of content.
class RatioSamples : public ReaderSink
{
public:
    /// All three must outlive this.
    RatioSamples(const FileFacts& facts, const Tokenizer& o200k, TokenRatios& ratios);

    void response(const Response& response) override;
    void contextPoint(uint32_t /*thread*/, int64_t /*atMs*/, int64_t /*tokens*/) override {}
    void logged(LogItem item) override;
    [[nodiscard]] bool wantsLog() const override { return true; }
    [[nodiscard]] bool wantsContextPoints() const override { return false; }

private:
    /// What a response put out, as far as the log shows it.
    struct Output
    {
        int64_t localTokens = 0;
        bool hasThinking = false;
    };
    struct Turn
    {
        const ModelFamily* family = nullptr; ///< null: nothing to learn
        uint64_t key = 0;
        int64_t promptTokens = 0;
        int64_t outputTokens = 0;
        Output output;
        std::array<int64_t, contentKindCount> added{}; ///< local tokens by ContentKind
        bool isWhole = true;                           ///< all that was added is known
    };
    struct Thread
    {
        Turn turn;
        Output next; ///< of the response whose usage comes in the same or the next line
    };

    void close(const Turn& turn, const ModelFamily& family, int64_t promptTokens);

    const FileFacts& m_facts;
    const Tokenizer& m_o200k;
    TokenRatios& m_ratios;
    std::map<uint32_t, Thread> m_threads;
};

/// What was learned, and when.
struct KnownRatios
{
    TokenRatios ratios;
    qint64 atMs = 0; ///< ms UTC, 0 = nothing was yet
};

/// Learns again where that is worth while: nothing where what is known is not a day old. Keeps what was
/// learned from more samples than there are now. What it answers after `cancelled` was set is of no use.
[[nodiscard]] std::optional<KnownRatios> refreshRatios(const KnownRatios& known, const QList<LogRoot>& roots,
                                                       Tokenizers& tokenizers,
                                                       const std::atomic<bool>* cancelled = nullptr);

/// Learns from the ends of the newest logs: at most 16 MB are read, in about half a second. Any thread.
/// \param cancelled looked at between files; may be null
[[nodiscard]] TokenRatios learnRatios(const QList<LogRoot>& roots, Tokenizers& tokenizers,
                                      const std::atomic<bool>* cancelled = nullptr);

} // namespace plimsoll
