// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace plimsoll {

/// A tool's input as a person would say it: the command, file, pattern … that it is about; else the JSON as
/// it stands. Total on any bytes; at most `limit` bytes of valid UTF-8. \param rawJson the input as it stands
/// in the log; it is copied, so no padding is needed \param truncated set to true if something was cut; may
/// be null
[[nodiscard]] std::string toolInputText(std::string_view rawJson, size_t limit, bool* truncated = nullptr);

} // namespace plimsoll
