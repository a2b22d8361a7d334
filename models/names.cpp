// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/names.h"

#include <array>
#include <utility>

namespace plimsoll {

namespace {

template <typename Enum>
using Name = std::pair<Enum, const char*>;

// The first entry of each table is what an unknown name reads as.
// clang-format off
constexpr std::array<Name<Basis>, 4> basisNames{{
    {Basis::Unknown, ""}, {Basis::Reported, "reported"}, {Basis::Derived, "derived"}, {Basis::Estimated, "estimated"},
}};
constexpr std::array<Name<AgentKind>, 3> kindNames{{
    {AgentKind::Other, "other"}, {AgentKind::ClaudeCode, "claude-code"}, {AgentKind::Codex, "codex"},
}};
constexpr std::array<Name<AgentState>, 7> stateNames{{
    {AgentState::Unknown, "unknown"}, {AgentState::Executing, "executing"}, {AgentState::Blocked, "blocked"},
    {AgentState::Waiting, "waiting"}, {AgentState::Idle, "idle"}, {AgentState::Complete, "complete"},
    {AgentState::Failed, "failed"},
}};
constexpr std::array<Name<StateSource>, 7> sourceNames{{
    {StateSource::None, "none"}, {StateSource::Registry, "registry"}, {StateSource::Hook, "hook"},
    {StateSource::Stream, "stream"}, {StateSource::Lock, "lock"}, {StateSource::Silence, "silence"},
    {StateSource::Log, "log"},
}};
constexpr std::array<Name<LogKind>, 8> logNames{{
    {LogKind::System, "system"}, {LogKind::Prompt, "prompt"}, {LogKind::Text, "text"},
    {LogKind::Thinking, "thinking"}, {LogKind::ToolUse, "tool_use"}, {LogKind::ToolResult, "tool_result"},
    {LogKind::Error, "error"}, {LogKind::Result, "result"},
}};
constexpr std::array<Name<PermissionKind>, 3> permissionNames{{
    {PermissionKind::Permission, "permission"}, {PermissionKind::Question, "question"}, {PermissionKind::Plan, "plan"},
}};
constexpr std::array<Name<FillLevel>, 4> levelNames{{
    {FillLevel::Unknown, "unknown"}, {FillLevel::Calm, "ok"}, {FillLevel::Warning, "warning"},
    {FillLevel::Critical, "critical"},
}};
// clang-format on

template <typename Enum, std::size_t N>
QString nameIn(const std::array<Name<Enum>, N>& table, Enum value)
{
    for (const auto& [entry, name] : table) {
        if (entry == value)
            return QString::fromLatin1(name);
    }
    return {};
}

template <typename Enum, std::size_t N>
Enum valueIn(const std::array<Name<Enum>, N>& table, QStringView text)
{
    for (const auto& [entry, name] : table) {
        if (text == QLatin1String(name))
            return entry;
    }
    return table.front().first;
}

} // namespace

// clang-format off
QString toName(Basis basis) { return nameIn(basisNames, basis); }
QString toName(AgentKind kind) { return nameIn(kindNames, kind); }
QString toName(AgentState state) { return nameIn(stateNames, state); }
QString toName(StateSource source) { return nameIn(sourceNames, source); }
QString toName(LogKind kind) { return nameIn(logNames, kind); }
QString toName(PermissionKind kind) { return nameIn(permissionNames, kind); }
QString toName(FillLevel level) { return nameIn(levelNames, level); }

Basis basisFromName(QStringView name) { return valueIn(basisNames, name); }
AgentKind agentKindFromName(QStringView name) { return valueIn(kindNames, name); }
AgentState agentStateFromName(QStringView name) { return valueIn(stateNames, name); }
StateSource stateSourceFromName(QStringView name) { return valueIn(sourceNames, name); }
LogKind logKindFromName(QStringView name) { return valueIn(logNames, name); }
PermissionKind permissionKindFromName(QStringView name) { return valueIn(permissionNames, name); }
FillLevel fillLevelFromName(QStringView name) { return valueIn(levelNames, name); }
// clang-format on

} // namespace plimsoll
