// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/agents/claude/claudestream.h"

#include <QJsonArray>

namespace plimsoll {

/// What one Claude Code has told of itself beside its turns: what it offers, how it is set, its tasks, and
/// which messages it has not taken yet. All of it bounded. Sends nothing. Belongs to the engine thread.
class ClaudeBook
{
public:
    /// \param response of "initialize"
    void takeGreeting(const QJsonObject& response);
    void takeSettings(const ClaudeFrame& frame); ///< model and mode of Init and Status
    void takeTask(const ClaudeFrame& frame);
    void takeLifecycle(const ClaudeFrame& frame);
    void note(const DriveMessage& sent);
    /// It rests: all that was said has been taken, where the client tells no lifecycle (older ones). Where it
    /// does, what was said since may still wait.
    void takeRest();

    void setModel(const QString& model) { m_model = model; }
    void setMode(const QString& mode) { m_mode = mode; }

    // As Driver::menu(), tasks() and waitingMessages().
    [[nodiscard]] QJsonObject menu() const;
    /// Whether it answers "get_context_usage" from what it knows: older ones ask the API a dozen times for
    /// it.
    [[nodiscard]] bool knowsItsContext() const;
    /// Of the model that it works with, in a Result's modelUsage; unknown where that does not tell.
    [[nodiscard]] Count windowIn(const QJsonObject& modelUsage) const;
    [[nodiscard]] QJsonArray tasks() const;
    [[nodiscard]] QJsonArray waitingMessages() const;
    [[nodiscard]] bool isWaiting(const QString& messageId) const;

private:
    struct Task
    {
        QString id;
        QString kind; ///< "shell", "agent", or as the client names it
        QString description;
        QString state; ///< "running", "completed", "failed", "stopped"
        qint64 startedAtMs = 0;
    };
    struct Message
    {
        QString id;
        QString text; ///< its beginning
        SendMode mode = SendMode::Queue;
    };

    Task* find(const QString& id);

    QJsonArray m_commands;
    QJsonArray m_models;
    QString m_version;
    QString m_model;
    QString m_mode;
    QList<Task> m_tasks;
    QList<Message> m_waiting;
    bool m_tellsLifecycle = false;
};

} // namespace plimsoll
