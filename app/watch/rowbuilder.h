// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/agents/claude/claudepaths.h"
#include "app/agents/reader.h"
#include "app/tokens/catalogue.h"
#include "app/watch/ledger.h"
#include "models/agent.h"

#include <vector>

namespace plimsoll {

/// One thread of one log file that tells of a row.
struct RowSource
{
    const FileFacts* facts = nullptr;
    const ThreadFacts* thread = nullptr;
    const SubagentMeta* meta = nullptr; ///< null where there is none
    QString path;                       ///< absolute
    Ledger::File file = 0;
    bool gone = false; ///< the file is not there any more
};

/// The source whose last line is the newest: it tells what the agent does now. `sources` is not empty.
[[nodiscard]] const RowSource& newestSource(const std::vector<RowSource>& sources);

/// Puts together what the logs of one row tell: who it is and its numbers; not its state. Pure.
/// \param row of the ledger
[[nodiscard]] AgentInfo buildInfo(AgentKind kind, const std::vector<RowSource>& sources,
                                  const Ledger& ledger);
[[nodiscard]] Usage buildUsage(AgentKind kind, const std::vector<RowSource>& sources, const Ledger& ledger,
                               Ledger::Row row, const Catalogue& catalogue,
                               const QList<Compaction>& compactions);

/// Notes that a reader of these numbers must know; empty for most rows.
[[nodiscard]] QStringList buildNotes(const std::vector<RowSource>& sources, const Ledger& ledger,
                                     Ledger::Row row, const Usage& usage);

} // namespace plimsoll
