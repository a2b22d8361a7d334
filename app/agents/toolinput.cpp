// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/agents/toolinput.h"

#include "app/agents/reader.h"

#include <array>
#include <simdjson.h>

namespace plimsoll {

namespace {

/// The keys that say what a call is about, the most telling first.
constexpr std::array<std::string_view, 14> tellingKeys{
    "command", "cmd",  "file_path",   "notebook_path", "pattern",  "query",   "url",
    "skill",   "plan", "description", "prompt",        "question", "subject", "path",
};

} // namespace

std::string toolInputText(std::string_view rawJson, size_t limit, bool* truncated)
{
    if (truncated)
        *truncated = false;
    const simdjson::padded_string json(rawJson);
    simdjson::dom::parser parser;
    simdjson::dom::object object;
    if (parser.parse(json).get(object) != simdjson::SUCCESS) {
        if (truncated)
            *truncated = rawJson.size() > limit;
        return clippedUtf8(rawJson, limit);
    }
    for (const std::string_view key : tellingKeys) {
        std::string_view text;
        if (object[key].get(text) == simdjson::SUCCESS && !text.empty()) {
            if (truncated)
                *truncated = text.size() > limit;
            return clippedUtf8(text, limit);
        }
    }
    const std::string whole = simdjson::minify(object);
    if (truncated)
        *truncated = whole.size() > limit;
    return whole == "{}" ? std::string() : clippedUtf8(whole, limit);
}

} // namespace plimsoll
