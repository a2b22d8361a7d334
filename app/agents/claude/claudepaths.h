// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/agents/kinds.h"

#include <string>
#include <string_view>

namespace plimsoll {

/// `<project>/<session>.jsonl`, `<project>/<session>/subagents/…/agent-<id>.jsonl` and, from older builds,
/// `<project>/agent-<id>.jsonl`, whose lines name the session.
[[nodiscard]] std::optional<LogRole> claudeLogRole(std::string_view relativePath);

[[nodiscard]] std::unique_ptr<LogReader> makeClaudeReader(const LogRole& role, std::string_view relativePath);

/// What `agent-<id>.meta.json` beside a subagent's log says of it.
struct SubagentMeta
{
    std::string type;        ///< "Explore", …
    std::string description; ///< by its parent
    bool finished = false;

    bool operator==(const SubagentMeta&) const = default;
};

/// Total on any bytes; what is not there stays empty.
[[nodiscard]] SubagentMeta parseSubagentMeta(std::string_view json);

} // namespace plimsoll
