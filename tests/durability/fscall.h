// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

// The trace of file system calls as fsrecorder writes it and FsTrace reads it, on one machine.
namespace plimsoll::test {

enum class FsCall : int32_t {
    Start, ///< another program begins: all descriptors are closed
    Open,  ///< number: flags; first: path
    Close,
    Write, ///< number: offset in bytes; first: what was written
    Sync,
    Truncate, ///< number: size in bytes
    Unlink,   ///< first: path
    Rename,   ///< first: from; second: to
    Say,      ///< first: what was said on standard output
};

/// Stands before each call; then come the bytes of `first` and `second`.
struct FsCallHead
{
    FsCall call = FsCall::Start;
    int32_t fd = -1;
    int64_t number = 0;
    uint32_t firstBytes = 0;
    uint32_t secondBytes = 0;
};

} // namespace plimsoll::test
