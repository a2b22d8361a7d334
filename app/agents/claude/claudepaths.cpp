// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/agents/claude/claudepaths.h"

#include "app/agents/claude/claudereader.h"

#include <simdjson.h>

namespace plimsoll {

namespace {

constexpr std::string_view suffix = ".jsonl";
constexpr std::string_view agentPrefix = "agent-";
constexpr std::string_view subagentFolder = "/subagents/";

} // namespace

std::optional<LogRole> claudeLogRole(std::string_view relativePath)
{
    if (relativePath.size() <= suffix.size() ||
        relativePath.substr(relativePath.size() - suffix.size()) != suffix)
        return std::nullopt;
    const size_t slash = relativePath.rfind('/');
    if (slash == std::string_view::npos)
        return std::nullopt; // logs lie in a project's folder
    std::string_view stem = relativePath.substr(slash + 1);
    stem.remove_suffix(suffix.size());
    if (stem.empty())
        return std::nullopt;
    const bool isAgent =
        stem.substr(0, agentPrefix.size()) == agentPrefix && stem.size() > agentPrefix.size();
    const size_t folder = relativePath.find(subagentFolder);
    if (folder != std::string_view::npos) {
        const std::string_view session = relativePath.substr(0, folder);
        const size_t before = session.rfind('/');
        if (!isAgent || before == std::string_view::npos)
            return std::nullopt; // journals of workflows and the like
        return LogRole{std::string(session.substr(before + 1)), std::string(stem.substr(agentPrefix.size())),
                       false};
    }
    if (relativePath.find('/') != slash)
        return std::nullopt; // deeper: tool results, memory
    if (isAgent)
        return LogRole{{}, std::string(stem.substr(agentPrefix.size())), false};
    return LogRole{std::string(stem), {}, false};
}

std::unique_ptr<LogReader> makeClaudeReader(const LogRole& role, std::string_view /*relativePath*/)
{
    return std::make_unique<ClaudeReader>(role.sessionId, role.agentId);
}

SubagentMeta parseSubagentMeta(std::string_view json)
{
    SubagentMeta meta;
    const simdjson::padded_string padded(json);
    simdjson::dom::parser parser;
    simdjson::dom::object object;
    if (parser.parse(padded).get(object) != simdjson::SUCCESS)
        return meta;
    std::string_view text;
    if (object["agentType"].get(text) == simdjson::SUCCESS)
        meta.type = oneLine(text, 80);
    if (object["description"].get(text) == simdjson::SUCCESS)
        meta.description = oneLine(text, 120);
    bool finished = false;
    meta.finished = object["finished"].get(finished) == simdjson::SUCCESS && finished;
    return meta;
}

} // namespace plimsoll
