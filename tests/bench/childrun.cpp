// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/childrun.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>

namespace plimsoll::bench {

namespace {

std::vector<char*> pointersTo(std::vector<std::string>& texts)
{
    std::vector<char*> out;
    for (std::string& text : texts)
        out.push_back(text.data());
    out.push_back(nullptr);
    return out;
}

double seconds(const timeval& time)
{
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

} // namespace

ChildCost runChild(const std::vector<std::string>& command, const std::string& output,
                   const std::string& home)
{
    std::vector<std::string> arguments = command;
    const char* const path = std::getenv("PATH");
    std::vector<std::string> environment{"HOME=" + home, "LC_ALL=C.UTF-8",
                                         std::string("PATH=") + (path ? path : "/usr/bin:/bin")};
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, 1, output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    pid_t pid = 0;
    const auto start = std::chrono::steady_clock::now();
    const int failed = ::posix_spawnp(&pid, arguments.front().c_str(), &actions, nullptr,
                                      pointersTo(arguments).data(), pointersTo(environment).data());
    ::posix_spawn_file_actions_destroy(&actions);
    ChildCost cost;
    if (failed != 0)
        return cost;
    int status = 0;
    rusage usage{};
    if (::wait4(pid, &status, 0, &usage) != pid)
        return cost;
    cost.wallSec = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    cost.ok = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    cost.userSec = seconds(usage.ru_utime);
    cost.systemSec = seconds(usage.ru_stime);
    cost.peakMb = static_cast<double>(usage.ru_maxrss) * 1024 / 1e6;
    return cost;
}

double medianOf(std::vector<double> values)
{
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

} // namespace plimsoll::bench
