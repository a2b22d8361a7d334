// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/agents/codex/codexline.h"
#include "app/tokens/tokencounts.h"

#include <optional>

namespace plimsoll {

/// The counts of a rollout in our words: uncached input apart from cached and written.
[[nodiscard]] TokenCounts codexCounts(const CodexUsage& usage);

/// Turns the running totals of `token_count` lines into what each line adds. The sum of all that it adds is
/// the last total of the file, however often a total is repeated. Plain value; knows nothing of records.
class CodexTotals
{
public:
    struct Added
    {
        CodexUsage before; ///< spent before `last`, in requests that the file does not tell one by one
        CodexUsage last;   ///< the last request
    };

    /// \param firstIsForeign what a first total holds beyond its last request is another thread's (a fork)
    [[nodiscard]] Added feed(const CodexUsage& total, const CodexUsage& last, bool firstIsForeign);

    /// This total is known and counts for nothing.
    void rebase(const CodexUsage& total);

    /// The file begins anew: totals up to the largest so far have been counted.
    void restart();

private:
    template <typename Archive>
    friend void fields(Archive& archive, CodexTotals& totals);
    [[nodiscard]] CodexUsage firstBase(const CodexUsage& total, const CodexUsage& last, bool foreign) const;

    std::optional<CodexUsage> m_high;          ///< the largest total so far
    std::optional<CodexUsage> m_beforeRestart; ///< what it was when the file began anew
};

} // namespace plimsoll
