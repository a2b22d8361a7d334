// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/agents/codex/codexline.h"

#include <string_view>

namespace plimsoll {

/// What the types that a line names make it. Of doubled tellings (response_item and event_msg) one counts:
/// texts, reasoning and tools by the response_item, prompts by the event (the items mix them with injected
/// blocks).
[[nodiscard]] CodexKind codexKind(std::string_view type, std::string_view payloadType, std::string_view role,
                                  std::string_view itemType);

/// Empties a line for the next one; keeps the memory of its lists.
void clearCodexLine(CodexLine& line);

} // namespace plimsoll
