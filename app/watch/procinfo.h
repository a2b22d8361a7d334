// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QByteArrayView>

#include <optional>

namespace plimsoll {

// What Linux tells of processes, read from /proc. Free functions without state: any thread.

struct ProcessStat
{
    char state = '?'; ///< as in ps: R, S, Z …
    quint64 startTicks =
        0; ///< clock ticks from boot to the start of the process: with the pid it names a process

    bool operator==(const ProcessStat&) const = default;
};

/// The text of /proc/<pid>/stat; the name in it may hold spaces, brackets and newlines.
[[nodiscard]] std::optional<ProcessStat> parseProcessStat(QByteArrayView text);

/// Nothing where no such process is.
[[nodiscard]] std::optional<ProcessStat> processStat(qint64 pid);

/// That very process runs: not another one that got its number, not one that has ended and was not collected.
[[nodiscard]] bool isAlive(qint64 pid, quint64 procStart);

/// Whether a process has this file open. False also where it belongs to another user and cannot be asked.
[[nodiscard]] bool processHolds(qint64 pid, quint64 dev, quint64 inode);

/// The text of /proc/locks, all file locks of this machine; empty if it cannot be read.
[[nodiscard]] QByteArray readLockTable();

} // namespace plimsoll
