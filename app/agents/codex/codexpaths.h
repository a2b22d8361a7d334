// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/agents/kinds.h"

namespace plimsoll {

/// `…/rollout-<time>-<thread id>.jsonl`, also `.jsonl.zst`.
[[nodiscard]] std::optional<LogRole> codexLogRole(std::string_view relativePath);

[[nodiscard]] std::unique_ptr<LogReader> makeCodexReader(const LogRole& role, std::string_view relativePath);

} // namespace plimsoll
