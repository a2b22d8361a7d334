// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace plimsoll {

/// The lines of a change as a person reads them: "- " before what went, "+ " before what came, "  " before up
/// to three lines around it, "…" where others are left out. The shortest change where the texts have at most
/// 500 lines that differ, else all that went before all that came. Total on any bytes.
[[nodiscard]] std::string lineDiff(std::string_view before, std::string_view after);

/// A tool's input that changes a file (old_string and new_string, a list of such edits, or the whole content)
/// as its path and its lineDiff(); empty for every other input. At most `limit` bytes of valid UTF-8. \param
/// rawJson the input as it stands in the log \param truncated set to true if something was cut; may be null
[[nodiscard]] std::string editText(std::string_view rawJson, size_t limit, bool* truncated = nullptr);

} // namespace plimsoll
