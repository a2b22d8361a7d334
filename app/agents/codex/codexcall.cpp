// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/agents/codex/codexcall.h"

#include "app/agents/jsontext.h"
#include "app/agents/reader.h"
#include "app/agents/toolinput.h"

#include <algorithm>
#include <array>

namespace plimsoll {

namespace {

/// Inputs larger than this are shown as they stand: parsing them would only serve to cut them again.
constexpr size_t maxParsed = 256 * 1024;

/// ["bash", "-lc", "ls"] → "ls"; other words joined. Empty if the JSON holds no such command.
std::string commandWords(std::string_view json)
{
    if (json.find("\"command\"") == std::string_view::npos)
        return {};
    const simdjson::padded_string padded(json);
    simdjson::dom::parser parser;
    simdjson::dom::object object;
    simdjson::dom::array words;
    if (parser.parse(padded).get(object) != simdjson::SUCCESS ||
        object["command"].get(words) != simdjson::SUCCESS)
        return {};
    std::string joined;
    size_t count = 0;
    bool isShell = false;
    for (const simdjson::dom::element word : words) {
        std::string_view text;
        if (word.get(text) != simdjson::SUCCESS)
            return {};
        ++count;
        isShell = isShell || (count == 2 && (text == "-lc" || text == "-c"));
        if (count == 3 && isShell)
            joined.clear();
        joined += joined.empty() ? "" : " ";
        joined += text;
    }
    return joined;
}

/// The files that a patch of Codex's own format names first; empty if it is no patch.
std::string_view patchedFile(std::string_view text)
{
    constexpr std::array<std::string_view, 3> marks{
        "*** Update File: ", "*** Add File: ", "*** Delete File: "};
    size_t first = std::string_view::npos;
    for (const std::string_view mark : marks) {
        const size_t at = text.find(mark);
        if (at != std::string_view::npos)
            first = std::min(first, at + mark.size());
    }
    return first == std::string_view::npos ? std::string_view() : text.substr(first);
}

void setTruncated(bool* truncated, bool value)
{
    if (truncated)
        *truncated = value;
}

} // namespace

std::string codexInputText(std::string_view raw, bool isJson, size_t limit, bool* truncated)
{
    bool cut = false;
    const std::string text = isJson ? std::string(raw.substr(0, maxParsed)) : unescaped(raw, maxParsed, &cut);
    if (text.empty() || text.front() != '{' || cut) {
        setTruncated(truncated, cut || text.size() > limit);
        return clippedUtf8(text, limit);
    }
    const std::string words = commandWords(text);
    if (words.empty())
        return toolInputText(text, limit, truncated);
    setTruncated(truncated, words.size() > limit);
    return clippedUtf8(words, limit);
}

std::string codexActivity(std::string_view tool, std::string_view raw, bool isJson, size_t limit)
{
    constexpr size_t enough = 4096;
    const std::string input = codexInputText(raw, isJson, enough);
    const std::string_view file = patchedFile(input);
    const std::string object = oneLine(file.empty() ? std::string_view(input) : file, limit);
    std::string line(tool);
    if (!object.empty())
        line += ": " + object;
    return oneLine(line, limit);
}

std::string codexOutputText(std::string_view raw, size_t limit, bool* truncated)
{
    constexpr std::string_view wrapped = R"({\"output\":)";
    if (raw.starts_with(wrapped) && raw.size() <= maxParsed) {
        const simdjson::padded_string padded(unescaped(raw, maxParsed));
        simdjson::dom::parser parser;
        simdjson::dom::object object;
        std::string_view text;
        if (parser.parse(padded).get(object) == simdjson::SUCCESS &&
            object["output"].get(text) == simdjson::SUCCESS) {
            setTruncated(truncated, text.size() > limit);
            return clippedUtf8(text, limit);
        }
    }
    return unescaped(raw, limit, truncated);
}

std::string_view codexPrompt(std::string_view text)
{
    constexpr std::array<std::string_view, 8> injected{"<environment_context>",
                                                       "<user_instructions>",
                                                       "<INSTRUCTIONS>",
                                                       "<turn_aborted>",
                                                       "<subagent_notification>",
                                                       "<user_shell_command>",
                                                       "<permissions instructions>",
                                                       "# AGENTS.md instructions"};
    for (const std::string_view mark : injected) {
        if (text.starts_with(mark))
            return {};
    }
    constexpr std::string_view request =
        "## My request for Codex:"; // editors put their context in front of it
    const size_t at = text.find(request);
    return at == std::string_view::npos ? text : text.substr(at + request.size());
}

} // namespace plimsoll
