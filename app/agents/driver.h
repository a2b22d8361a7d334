// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/agents/childprocess.h"
#include "models/event.h"
#include "models/usage.h"

#include <QJsonArray>
#include <QJsonObject>
#include <QList>
#include <QObject>

namespace plimsoll {

/// What an agent is started with; checked by whoever fills it in.
struct DriveSetup
{
    QString reaper;    ///< absolute path of plimsoll-reaper
    QString program;   ///< absolute path of the agent's client
    QString sessionId; ///< to be given to a new session, or of the one to be resumed
    bool resume = false;
    QString workingDir; ///< absolute path
    QString model;      ///< empty = the client's default, like all that follow
    QString permissionMode;
    QString systemPrompt;  ///< added to the client's own
    QString agentTemplate; ///< name of a .claude/agents/*.md
    QStringList allowedTools;
    int maxTurns = 0;
    double maxUsd = 0;
    QStringList environment; ///< "NAME=value", whole
    bool keepRunning = false;
};

/// The agent asks before it uses a tool.
struct DriveQuestion
{
    QString requestId; ///< the agent's own
    PermissionKind kind = PermissionKind::Permission;
    QString tool;
    QByteArray input;     ///< the very bytes that it has sent, a JSON object in valid UTF-8
    QString sessionLabel; ///< what "for the session" would allow besides; empty = is not offered
    QJsonArray questions; ///< of a question; of a plan its text, [{plan}]
};

/// What it is told.
struct DriveAnswer
{
    enum class Effect : quint8 { AllowOnce, AllowSession, Deny, DenyAndStop };
    Effect effect = Effect::Deny;
    QByteArray input;    ///< when allowed: what may run, the bytes of the question
    QJsonObject answers; ///< to a question: text of the question → answer
    QString message;     ///< when denied: why
};

enum class SendMode : quint8 {
    Queue, ///< a turn of its own, after the one that runs
    Steer, ///< taken into the turn that runs, where it pauses next
};

struct DriveImage
{
    QString mediaType; ///< "image/png" …
    QString base64;
};

/// What is said to the agent.
struct DriveMessage
{
    QString id; ///< a UUID, by which it can be withdrawn
    QString text;
    QList<DriveImage> images{};
    SendMode mode = SendMode::Queue;
};

/// What else it can be asked; the answer comes by replied().
enum class DriveAsk : quint8 {
    SetModel,          ///< subject: name of the model; result {model}
    SetPermissionMode, ///< subject: the mode; result {mode}
    StopTask,          ///< subject: id of a background task
    TaskOutput,        ///< subject: id of a task; result {output, total_bytes, truncated}: its last part
    Withdraw,          ///< subject: id of a message that was not taken yet
};

/// Speaks with one agent that runs as a child of ours. Says what the stream alone tells; numbers and the
/// conversation come from the session's log. Knows nothing of other agents, of people and of names. Lives in
/// the engine thread. What is asked of it before it is ready is sent as soon as it is.
class Driver : public QObject
{
    Q_OBJECT

public:
    using QObject::QObject;

    [[nodiscard]] virtual QString start(const DriveSetup& setup) = 0; ///< empty = good, else why not
    [[nodiscard]] virtual bool send(const DriveMessage& message) = 0; ///< false: it does not read
    /// \param ticket comes back with the answer, not 0. \return false: it does not read
    [[nodiscard]] virtual bool ask(DriveAsk what, const QString& subject, quint64 ticket) = 0;
    [[nodiscard]] virtual bool interrupt() = 0;
    [[nodiscard]] virtual bool compact() = 0;
    [[nodiscard]] virtual bool answer(const QString& requestId, const DriveAnswer& answer) = 0;
    /// {commands: [{name, description, hint}], models: [{value, name}], model, permission_mode}: what it
    /// offers and how it is set; lists are empty until it has told them.
    [[nodiscard]] virtual QJsonObject menu() const = 0;
    /// [{id, kind, description, state, started_at_ms}]: tasks beside its turns, the newest last.
    [[nodiscard]] virtual QJsonArray tasks() const = 0;
    /// [{message_id, text, mode}]: what was said and not taken yet.
    [[nodiscard]] virtual QJsonArray waitingMessages() const = 0;
    virtual void stop() = 0;  ///< politely, then by force; ended() follows
    virtual void letGo() = 0; ///< begins the end without waiting for it

signals:
    void stateChanged(plimsoll::AgentState state, const QString& reason);
    void sessionChanged(const QString& sessionId); ///< it goes on under another id (/clear)
    void streamed(const QString& chunk, bool last);
    void asked(const plimsoll::DriveQuestion& question);
    void withdrawn(const QString& requestId); ///< needs no answer any more
    /// \param error why it refuses, for people; empty = done
    void replied(quint64 ticket, const QJsonObject& result, const QString& error);
    void windowReported(plimsoll::Count window, plimsoll::Count compactAt);
    void limitsReported(const plimsoll::LimitsChanged& limits);
    void ended(const plimsoll::ChildEnd& end);
};

} // namespace plimsoll
