// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

namespace plimsoll::bench {

/// What a child process has cost, by the kernel's account.
struct ChildCost
{
    bool ok = false; ///< it was started and ended with 0
    double userSec = 0;
    double systemSec = 0;
    double wallSec = 0;
    double peakMb = 0; ///< largest resident set, 10^6 bytes; never less than that of the calling process
    [[nodiscard]] double cpuSec() const { return userSec + systemSec; }
};

/// Runs a program found by PATH and waits for it. Its standard output goes to the file `output`, which is
/// made anew. \param home the child's HOME; no variable but this, PATH and LC_ALL reaches the child
[[nodiscard]] ChildCost runChild(const std::vector<std::string>& command, const std::string& output,
                                 const std::string& home);

[[nodiscard]] double medianOf(std::vector<double> values);

} // namespace plimsoll::bench
