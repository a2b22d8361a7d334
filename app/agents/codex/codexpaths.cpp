// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/agents/codex/codexpaths.h"

#include "app/agents/codex/codexreader.h"

namespace plimsoll {

namespace {

bool takeSuffix(std::string_view& text, std::string_view suffix)
{
    if (text.size() < suffix.size() || text.substr(text.size() - suffix.size()) != suffix)
        return false;
    text.remove_suffix(suffix.size());
    return true;
}

} // namespace

std::optional<LogRole> codexLogRole(std::string_view relativePath)
{
    std::string_view name = relativePath.substr(relativePath.rfind('/') + 1);
    const bool compressed = takeSuffix(name, ".zst");
    if (!takeSuffix(name, ".jsonl") || name.substr(0, 8) != "rollout-")
        return std::nullopt;
    return LogRole{{}, {}, compressed};
}

std::unique_ptr<LogReader> makeCodexReader(const LogRole& /*role*/, std::string_view relativePath)
{
    return std::make_unique<CodexReader>(std::string(relativePath.substr(relativePath.rfind('/') + 1)));
}

} // namespace plimsoll
