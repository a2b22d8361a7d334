// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QByteArrayView>
#include <QString>

#include <optional>

namespace plimsoll {

// What Claude Code keeps about its running sessions: `sessions/<pid>.json` and, for background jobs,
// `jobs/<id>/state.json` in its config folder. Pure functions on bytes, total: anything but a whole, sensible
// object gives nothing. The `.key` files beside them hold secrets and are never read.

/// Nothing of ours is longer; a longer file is not read.
inline constexpr qint64 maxRegistryBytes = 64 * 1024;

/// What a session says it does.
enum class RegistryStatus : quint8 {
    None,    ///< it does not say (older clients, or a word that we do not know)
    Idle,    ///< waits for a prompt
    Busy,    ///< a turn runs, or a compaction
    Waiting, ///< needs the operator: RegistryEntry::waitingFor
    Shell,   ///< idle, but a shell of its runs in the background
};

struct RegistryEntry
{
    qint64 pid = 0;
    QString sessionId; ///< changes at /clear
    QString cwd;
    std::optional<quint64> procStart; ///< clock ticks since boot; without it the entry proves nothing
    QString version;
    QString kind; ///< "interactive", "bg"
    QString name;
    QString nameSource; ///< "derived", "user", "auto", "peer"
    RegistryStatus status = RegistryStatus::None;
    QString waitingFor;     ///< "permission prompt", "input needed", "dialog open"
    qint64 startedAtMs = 0; ///< ms UTC, 0 = unknown; so the next two
    qint64 updatedAtMs = 0;
    qint64 statusUpdatedAtMs = 0;
    QString jobId; ///< of a background job: its folder in jobs/

    bool operator==(const RegistryEntry&) const = default;
};

/// Whether the file of that name in sessions/ is an entry to read: `<pid>.json`, or `pid-<pid>.json` of old
/// clients.
[[nodiscard]] bool isRegistryName(QByteArrayView fileName);

/// Nothing for a half-written file: read it again after the next event.
[[nodiscard]] std::optional<RegistryEntry> parseRegistryEntry(const QByteArray& bytes);

struct JobState
{
    QString sessionId;
    QString state;  ///< "working", "stopped", "blocked", "done": a model's judgement, not to be relied on
    QString tempo;  ///< "blocked", "idle" or empty
    QString needs;  ///< what the operator is asked: "approve Bash: touch made.txt"
    QString detail; ///< one line: what it does
    qint64 updatedAtMs = 0; ///< ms UTC, 0 = unknown

    bool operator==(const JobState&) const = default;
};

/// Nothing for a half-written file.
[[nodiscard]] std::optional<JobState> parseJobState(const QByteArray& bytes);

} // namespace plimsoll
