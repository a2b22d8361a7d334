// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace plimsoll {

/// Most bytes that a compressed rollout may unpack to.
inline constexpr int64_t maxUnpackedBytes = int64_t{4} * 1024 * 1024 * 1024;

/// Unpacks a zstd file (Codex's cold rollouts) from the descriptor's place on, in chunks of bounded size;
/// memory is bounded whatever the file says. True if all of it was unpacked; false if it is no zstd, cut,
/// damaged, larger than allowed, cannot be read, or `take` refused a chunk. What came before a fault has been
/// handed over. Blocks; does not close the descriptor.
[[nodiscard]] bool readZst(int fd, const std::function<bool(std::string_view)>& take,
                           int64_t maxBytes = maxUnpackedBytes);

} // namespace plimsoll
