// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/agent.h"

#include <QJsonArray>
#include <QList>
#include <QString>

#include <variant>

namespace plimsoll {

/// A new row. Says everything; applying it twice leaves one row.
struct AgentAdded
{
    Agent agent;
    bool operator==(const AgentAdded&) const = default;
};

/// Identity, name, summary, notes … as a whole.
struct AgentChanged
{
    AgentInfo info;
    bool operator==(const AgentChanged&) const = default;
};

struct AgentRemoved
{
    bool operator==(const AgentRemoved&) const = default;
};

struct StateChanged
{
    AgentState state = AgentState::Unknown;
    StateSource source = StateSource::None;
    QString reason;
    qint64 sinceMs = 0; ///< ms UTC
    bool operator==(const StateChanged&) const = default;
};

struct UsageChanged
{
    Usage usage;
    bool operator==(const UsageChanged&) const = default;
};

/// Told once, when it happens (the list of all stands in AgentInfo::compactions).
struct Compacted
{
    Compaction compaction;
    bool operator==(const Compacted&) const = default;
};

/// What a line of the stream is. By name on the wire, snake_case.
enum class LogKind : quint8 { Prompt, Text, Thinking, ToolUse, ToolResult, Error, Result, System };

/// One line of the stream. The text is at most maxLogBytes of UTF-8; the rest stands in `file` at `offset`.
struct Logged
{
    LogKind kind = LogKind::System;
    QString text; ///< plain text, foreign: never rich
    QString tool; ///< name of the tool for ToolUse and ToolResult
    bool truncated = false;
    QString file;       ///< absolute path, empty where there is none
    qint64 offset = -1; ///< byte offset of the line in `file`, -1 = none
    int block = 0;      ///< which content block of that line
    bool operator==(const Logged&) const = default;
};
inline constexpr int maxLogBytes = 8 * 1024;

/// By name on the wire, lower case.
enum class PermissionKind : quint8 { Permission, Question, Plan };

/// One way to answer. `effect` is one of "allow_once", "allow_session", "deny", "deny_and_stop", "answer".
struct PermissionOption
{
    QString id;
    QString label; ///< for people; may hold foreign text
    QString effect;
    bool operator==(const PermissionOption&) const = default;
};

/// The agent waits for the operator. For an observed session there is nothing to answer from here.
struct PermissionAsked
{
    QString requestId;
    PermissionKind kind = PermissionKind::Permission;
    QString tool;
    QString input; ///< what would run, plain text, whole; of a driven agent the very JSON that it has sent
    QString workingDir;
    QList<PermissionOption> options{}; ///< empty = cannot be answered from here
    QJsonArray questions{}; ///< of a question: [{question, header, options: [{label, description}],
                            ///< multiSelect}]; of a plan [{plan}], its text; foreign
    qint64 expiresAtMs = 0; ///< ms UTC; no answer until then means deny; 0 = never
    bool operator==(const PermissionAsked&) const = default;
};

struct PermissionAnswered
{
    QString requestId;
    QString outcome;    ///< "allowed", "denied", "gone" (the agent went on or ended)
    QString optionId{}; ///< which was chosen; empty = none
    QString by{};       ///< who has answered; empty = nobody
    bool operator==(const PermissionAnswered&) const = default;
};

/// One window of an account's quota.
struct LimitWindow
{
    QString name; ///< "5 h", "7 d" …
    double usedPercent = 0;
    qint64 resetsAtMs = 0; ///< ms UTC, 0 = unknown
    bool operator==(const LimitWindow&) const = default;
};

/// Quota of the account behind one kind of agent; whole, replaces the one before. `Event::agent` is null.
struct LimitsChanged
{
    AgentKind kind = AgentKind::Other;
    QString plan;
    QList<LimitWindow> windows;
    qint64 atMs = 0; ///< ms UTC when the agent said so
    bool operator==(const LimitsChanged&) const = default;
};

struct AlertRaised
{
    FillLevel level = FillLevel::Unknown; ///< Calm = the alert is over
    double fraction = 0;                  ///< of the Plimsoll line where known, else of the window
    bool operator==(const AlertRaised&) const = default;
};

/// Cost of one quarter of an hour, all agents of the host.
struct SpendSlot
{
    qint64 startMs = 0; ///< ms UTC, a multiple of spendSlotMs
    qint64 costPico = 0;
    bool operator==(const SpendSlot&) const = default;
};
inline constexpr qint64 spendSlotMs = 15 * 60 * 1000;

/// What the fleet spent in the last 48 hours; whole, replaces the one before. `Event::agent` is null.
struct SpendChanged
{
    QList<SpendSlot> slotList; ///< ascending, empty ones left out
    bool operator==(const SpendChanged&) const = default;
};

/// A piece of text while it is being written. Never stored or numbered, may be dropped.
struct TextStreamed
{
    QString chunk;
    bool last = false;
    bool operator==(const TextStreamed&) const = default;
};

using Body =
    std::variant<AgentAdded, AgentChanged, AgentRemoved, StateChanged, UsageChanged, Compacted, Logged,
                 PermissionAsked, PermissionAnswered, LimitsChanged, AlertRaised, SpendChanged, TextStreamed>;

/// Everything that happens to an agent. The same value is shown, stored, sent and replayed.
struct Event
{
    quint64 seq = 0; ///< given by the Recorder, ascending without gaps; 0 = not numbered (yet)
    qint64 atMs = 0; ///< ms UTC when it happened
    AgentId agent;   ///< null for what concerns the whole fleet
    Body body;
    bool operator==(const Event&) const = default;
};

using Events = QList<Event>;

} // namespace plimsoll

Q_DECLARE_METATYPE(plimsoll::Event)
