// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/watch/rowstate.h"

#include <QVersionNumber>

namespace plimsoll {

namespace {

/// A log that grew this short a time ago belongs to something that lives.
constexpr qint64 freshMs = 60 * 1000;

bool midTurn(const ThreadFacts& thread)
{
    return thread.phase == TurnPhase::Generating || thread.phase == TurnPhase::RunningTool ||
           thread.phase == TurnPhase::Retrying;
}

/// What a living session does, by its log.
DecidedState byPhase(const ThreadFacts& thread, StateSource source)
{
    const QString activity = QString::fromStdString(thread.activity);
    switch (thread.phase) {
    case TurnPhase::Generating:
        return {AgentState::Executing, source, QStringLiteral("generating"), thread.phaseAtMs, 0};
    case TurnPhase::RunningTool:
        return {AgentState::Executing, source,
                QStringLiteral("running ") + QString::fromStdString(thread.openTool), thread.phaseAtMs, 0};
    case TurnPhase::Retrying:
        return {AgentState::Waiting, source, QStringLiteral("retrying, ") + activity, thread.phaseAtMs, 0};
    case TurnPhase::Interrupted:
        return {AgentState::Idle, source, QStringLiteral("interrupted"), thread.phaseAtMs, 0};
    case TurnPhase::Failed: return {AgentState::Failed, source, activity, thread.phaseAtMs, 0};
    case TurnPhase::Done:
        return {AgentState::Idle, source, QStringLiteral("waiting for a prompt"), thread.phaseAtMs, 0};
    case TurnPhase::Unknown: break;
    }
    return {AgentState::Idle, source, QStringLiteral("no turn yet"), thread.phaseAtMs, 0};
}

DecidedState ofLiving(const StateInputs& inputs)
{
    const LiveFacts& live = *inputs.live;
    const ThreadFacts& thread = *inputs.thread;
    DecidedState told{live.state, live.source, live.reason, live.sinceMs, 0};
    switch (live.state) {
    case AgentState::Executing:
        if (thread.phase == TurnPhase::Retrying && thread.phaseAtMs >= live.sinceMs) {
            told.state = AgentState::Waiting;
            told.reason = QStringLiteral("retrying, ") + QString::fromStdString(thread.activity);
        } else if (thread.phase == TurnPhase::RunningTool) {
            told.reason = QStringLiteral("running ") + QString::fromStdString(thread.openTool);
        }
        return told;
    case AgentState::Idle:
        if (thread.phase == TurnPhase::Failed) {
            told.state = AgentState::Failed;
            told.reason = QString::fromStdString(thread.activity);
        } else if (thread.phase == TurnPhase::Interrupted && live.reason.isEmpty()) {
            told.reason = QStringLiteral("interrupted");
        }
        return told;
    case AgentState::Unknown: return byPhase(thread, live.source);
    default: return told;
    }
}

/// No living process is known; the client's builds leave no sign, so that silence proves nothing.
DecidedState bySilence(const StateInputs& inputs)
{
    const ThreadFacts& thread = *inputs.thread;
    const qint64 ageMs = inputs.nowMs - thread.lastAtMs;
    if (thread.lastAtMs > 0 && ageMs < freshMs) {
        DecidedState decided = byPhase(thread, StateSource::Log);
        decided.validForMs = freshMs - std::max<qint64>(ageMs, 0) + 1;
        return decided;
    }
    const QString reason = midTurn(thread)
                               ? QStringLiteral("its log stops in the middle of a turn")
                               : QStringLiteral("its log is silent, nothing tells whether it lives");
    return {AgentState::Unknown, StateSource::Silence, reason, thread.lastAtMs, 0};
}

DecidedState ofSubagent(const StateInputs& inputs)
{
    const ThreadFacts& thread = *inputs.thread;
    const bool ended = inputs.finished || thread.phase == TurnPhase::Done;
    if (thread.phase == TurnPhase::Failed)
        return {AgentState::Failed, StateSource::Log, QString::fromStdString(thread.activity),
                thread.phaseAtMs, 0};
    if (ended)
        return {AgentState::Complete, StateSource::Log, QStringLiteral("has reported"), thread.lastAtMs, 0};
    const AgentState parent = inputs.parentState.value_or(AgentState::Unknown);
    const bool parentLives = parent != AgentState::Complete && parent != AgentState::Unknown;
    if (parentLives && midTurn(thread))
        return byPhase(thread, StateSource::Log);
    if (parent == AgentState::Unknown)
        return bySilence(inputs);
    return {AgentState::Complete, StateSource::Log, QStringLiteral("its session has ended"), thread.lastAtMs,
            0};
}

} // namespace

DecidedState decideState(const StateInputs& inputs)
{
    if (inputs.isSubagent)
        return ofSubagent(inputs);
    if (inputs.live)
        return ofLiving(inputs);
    const ThreadFacts& thread = *inputs.thread;
    if (inputs.tellsLife || inputs.logEnded) {
        if (thread.phase == TurnPhase::Failed)
            return {AgentState::Failed, StateSource::Log, QString::fromStdString(thread.activity),
                    thread.phaseAtMs, 0};
        return {AgentState::Complete, StateSource::Log, QStringLiteral("its process has ended"),
                thread.lastAtMs, 0};
    }
    return bySilence(inputs);
}

bool tellsLife(AgentKind kind, const std::string& clientVersion)
{
    const QVersionNumber version = QVersionNumber::fromString(QString::fromStdString(clientVersion));
    switch (kind) {
    case AgentKind::ClaudeCode: return version >= QVersionNumber(2, 1, 139);
    case AgentKind::Codex: return version >= QVersionNumber(0, 150, 0);
    case AgentKind::Other: break;
    }
    return false;
}

} // namespace plimsoll
