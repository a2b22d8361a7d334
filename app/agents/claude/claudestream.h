// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/agents/driver.h"

#include <QByteArrayView>
#include <QJsonArray>
#include <QJsonObject>

#include <optional>

namespace plimsoll {

/// One line of Claude Code's stream-json, as far as the driver needs it (CLAUDE_CODE.md §2, §3). Whatever it
/// does not know is Other.
struct ClaudeFrame
{
    enum class Kind : quint8 {
        Other,
        Init,         ///< a turn begins; `session`, `model`, `mode`
        SessionState, ///< `text`: "running", "requires_action", "idle"
        Status,       ///< `text`: "requesting", "compacting", or empty; `mode` where it changes
        Retry,        ///< of a request to the API; `text` says which and why
        TextDelta,    ///< `text`, of the main thread
        TextEnd,      ///< the block or message is over, or was thrown away
        Result,    ///< a turn is over; `isError`, `text` = what is wrong, for people; `response` = modelUsage
        Question,  ///< can_use_tool; `question`, `suggestions`
        Withdrawn, ///< `requestId` needs no answer any more
        OtherRequest, ///< a request that the driver cannot fulfil; `requestId`, `text` = its subtype
        Reply,        ///< to a request of ours; `requestId`, `response`; `isError` with `text`
        Limits,       ///< `limits`
        Task,         ///< of a background task or subagent; `text` = subtype, `response` = the whole line
        Plan,         ///< the model asks to leave plan mode; `toolUseId`, `text` = the plan
        Lifecycle,    ///< of a message of ours, `requestId`; `text`: "queued", "started", "completed",
                      ///< "cancelled"
    };
    Kind kind = Kind::Other;
    bool isError = false;
    QString session;
    QString text;
    QString requestId;
    QString toolUseId; ///< of Plan and Question
    QString model;
    QString mode; ///< of permissions
    DriveQuestion question;
    QJsonArray suggestions; ///< of permission rules, as they came
    QJsonObject response;
    LimitsChanged limits;
};

/// Total on bytes: a line that is no JSON object is nothing, a value of the wrong type reads as missing.
[[nodiscard]] std::optional<ClaudeFrame> parseClaudeFrame(QByteArrayView line);

/// What "allow for the session" allows besides the one call: rules for this session only, made of what the
/// client suggests. Empty where it suggests nothing that fits.
[[nodiscard]] QJsonArray sessionRules(const QJsonArray& suggestions);

/// The answer to can_use_tool, one line with its newline. What may run is sent as the bytes of the question.
/// \param rules of sessionRules(); only for AllowSession
[[nodiscard]] QByteArray permissionReply(const QString& requestId, const DriveAnswer& answer,
                                         const QJsonArray& rules);

} // namespace plimsoll
