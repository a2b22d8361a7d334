// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace plimsoll {

/// A tool's input as a person would say it: the command of a shell, a patch as it is, else what
/// toolInputText() makes of it. Total on any bytes; at most `limit` bytes of valid UTF-8. \param raw the
/// input as it stands in the line: a text with escapes, or JSON where `isJson` \param truncated set to true
/// if something was cut; may be null
[[nodiscard]] std::string codexInputText(std::string_view raw, bool isJson, size_t limit,
                                         bool* truncated = nullptr);

/// "exec_command: git status", "apply_patch: notes.txt": one line of at most `limit` bytes.
[[nodiscard]] std::string codexActivity(std::string_view tool, std::string_view raw, bool isJson,
                                        size_t limit);

/// A tool's output without the JSON that older versions wrapped around it.
[[nodiscard]] std::string codexOutputText(std::string_view raw, size_t limit, bool* truncated = nullptr);

/// What a person asked, without what an editor put around it; empty for blocks that the client injects.
[[nodiscard]] std::string_view codexPrompt(std::string_view text);

} // namespace plimsoll
