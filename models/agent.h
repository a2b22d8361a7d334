// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/usage.h"

#include <QHash>
#include <QMetaType>
#include <QStringList>
#include <QUuid>

namespace plimsoll {

/// Names one agent for good. A strong type over QUuid, so that no other id is taken for it.
struct AgentId
{
    QUuid uuid;

    [[nodiscard]] bool isNull() const { return uuid.isNull(); }
    [[nodiscard]] QString toString() const { return uuid.toString(QUuid::WithoutBraces); }
    [[nodiscard]] static AgentId fromString(const QString& text) { return {QUuid::fromString(text)}; }

    bool operator==(const AgentId&) const = default;
    bool operator<(const AgentId& other) const { return uuid < other.uuid; }
};

[[nodiscard]] inline size_t qHash(const AgentId& id, size_t seed = 0) noexcept
{
    return qHash(id.uuid, seed);
}

/// By name on the wire: "claude-code", "codex", "other".
enum class AgentKind : quint8 { ClaudeCode, Codex, Other };

/// By name on the wire, lower case.
enum class AgentState : quint8 {
    Unknown,   ///< nothing tells
    Executing, ///< a turn runs
    Blocked,   ///< needs the operator: permission or question
    Waiting,   ///< retrying, rate-limited, queued
    Idle,      ///< alive, waiting for a prompt
    Complete,  ///< the session has ended
    Failed,    ///< the last turn ended in an error
};

/// Why a state is believed. By name on the wire, lower case.
enum class StateSource : quint8 { None, Registry, Hook, Stream, Lock, Silence, Log };

/// One compaction of a context window.
struct Compaction
{
    qint64 atMs = 0; ///< ms UTC
    Count beforeTokens;
    Count afterTokens;
    QString trigger; ///< "auto", "manual" or empty where the log does not say

    bool operator==(const Compaction&) const = default;
};

/// Who an agent is and what it does now: everything but its state and its numbers.
struct AgentInfo
{
    QString name; ///< a title, else the folder's name
    AgentKind kind = AgentKind::Other;
    QString sessionId;    ///< the agent's own id; `session/agent` for a subagent of Claude Code
    AgentId parentId;     ///< null unless a subagent
    AgentId forkedFromId; ///< null unless a fork
    AgentId continuesId;  ///< null unless it goes on after a /clear
    QString model;        ///< of the last response
    QString workingDir;   ///< absolute path on the agent's machine
    QString gitBranch;
    QString summary;               ///< one line: what it does now or did last
    QString role;                  ///< of a subagent: its type, such as "Explore"
    QStringList notes;             ///< what a reader of the numbers must know ("output under-reported")
    QStringList files;             ///< absolute paths of its logs
    QStringList commands;          ///< methods that Host carries out on it now; empty = it is only observed
    QList<Compaction> compactions; ///< oldest first
    qint64 createdAtMs = 0;        ///< ms UTC, 0 = unknown
    qint64 updatedAtMs = 0;        ///< ms UTC of the last line of its logs, 0 = unknown

    bool operator==(const AgentInfo&) const = default;
};

/// One agent as every receiver keeps it: the sum of the events so far.
struct Agent
{
    AgentId id;
    AgentInfo info;
    AgentState state = AgentState::Unknown;
    StateSource stateSource = StateSource::None;
    QString stateReason;     ///< for people: "permission prompt", "log is growing", …
    qint64 stateSinceMs = 0; ///< ms UTC, 0 = unknown
    Usage usage;

    bool operator==(const Agent&) const = default;
};

} // namespace plimsoll

Q_DECLARE_METATYPE(plimsoll::AgentId)
