// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/event.h"

#include <QJsonObject>
#include <QObject>

namespace plimsoll {

/// What a host can do and what it is; the window shows nothing that it cannot.
struct HostCapabilities
{
    QString label;          ///< for people: "This machine", "Demo recording"
    bool recording = false; ///< time stands in the recording; the window says so all the time
    QStringList watched{};  ///< absolute paths of the folders that it watches
    QStringList commands{}; ///< what it carries out of the methods that act (see Host): "create_agent" …
    QString refusal{};      ///< why it carries out no others, for people; empty where nothing is to be said
};

/// Long work: the first scan. Counts only grow; `running` false ends it.
struct Progress
{
    bool running = false;
    bool cancelled = false;
    qint64 filesDone = 0;
    qint64 filesTotal = 0;
    qint64 bytesDone = 0;
    qint64 bytesTotal = 0;
    bool operator==(const Progress&) const = default;
};

/// Where a host keeps what it has seen. `problem` says why it does not, for people; empty = nothing is wrong.
struct StoreState
{
    bool kept = false;
    qint64 sizeBytes = 0; ///< on the disk
    QString problem;
    bool operator==(const StoreState&) const = default;
};

/// Answer to a query: a result, or an error a person can act on.
struct Reply
{
    quint64 id = 0;
    QJsonObject result;
    QString error;  ///< empty = good
    QString code{}; ///< of an error, as in PROTOCOL.md ("not_found"); empty = "unavailable"
};

/// How a host hangs together with what it shows. A local one is always Near.
struct LinkState
{
    enum class Phase : quint8 {
        Near,       ///< no link is needed
        Connecting, ///< the first attempt, or one after a loss
        Connected,
        Lost,   ///< what is shown is stale; another attempt follows
        Failed, ///< refused, or too many attempts: a person must do something
    };
    Phase phase = Phase::Near;
    QString place;           ///< for people: where it leads to ("wss://desk:7431")
    QString text;            ///< for people: what is wrong, and what to do; empty = nothing
    int attempt = 0;         ///< of connecting, from 1; 0 = none under way
    qint64 staleSinceMs = 0; ///< ms UTC of the loss; 0 = what is shown is true
    bool operator==(const LinkState&) const = default;

    [[nodiscard]] bool isStale() const { return staleSinceMs != 0; }
};

/// A place where agents run: this process, another machine, a recording. Hands out events and answers
/// queries; the window knows a Host and nothing else. Does not know of widgets. Lives in the thread of its
/// receiver (the GUI thread, or the main thread when headless); every call returns at once.
///
/// Queries (params → result):
///  - "history" {agent_id, before_offset?, file?, limit?} → {items: [{at, kind, text, tool, truncated, file,
///    offset, block}], file, before_offset, more}: the conversation from the agent's log, oldest first, the
///    last page when no `before_offset` is given. `at` is ms UTC, `kind` a LogKind by name.
///  - "text" {file, offset, block} → {text}: the whole text behind one Logged (at most 4 MiB).
///  - "curve" {agent_id} → {points: [[at_ms, context_tokens], …], windows: context window of the agent}: the
///    fill after each main-thread response and compaction, ascending, at most 2,000 points.
///  - "tokens" {text, model} → {tokens, basis, error, model, model_known, tokenizer, ratio, samples}: how
///  many
///    tokens a text has for a model; `error` is relative. At most 16 M characters.
///  - "agent_menu" {agent_id} → {commands: [{name, description, hint}], models: [{value, name, description}],
///  model,
///    permission_mode}; "tasks" {agent_id} → {tasks: [{id, kind, description, state, started_at_ms}]}, state
///    running, completed, failed or stopped; "task_output" {agent_id, task_id} → {output, total_bytes,
///    truncated}; "waiting" {agent_id} → {messages: [{message_id, text, mode}]}, not taken yet. Of an agent
///    that the host does not drive the lists are empty.
///  - "todos" {agent_id} → {todos: [{text, state}]}: what it means to do, as far as its tools tell; state
///  pending,
///    in_progress or completed. "counts" {agent_id} → {responses, prompt, text, thinking, tool_use,
///    tool_result, error, system, result}: how many of each its logs hold.
///  - "agents" {limit} → {count, left}: loads older agents; they arrive as AgentAdded. `left`: how many more.
///
/// Methods that act have the names and params of PROTOCOL.md's commands: "create_agent", "command_agent",
/// "interrupt_agent", "compact_agent", "stop_agent", "resume_agent", "delete_agent", "set_model",
/// "set_permission_mode", "stop_task", "withdraw_message", "answer_permission"; a
/// param `by` says who gave it where it was not the operator at this window. HostCapabilities::commands lists
/// those that a host carries out; all others it refuses with code "unsupported".
class Host : public QObject
{
    Q_OBJECT

public:
    using QObject::QObject;

    [[nodiscard]] virtual quint64 lastSeq() const = 0;
    [[nodiscard]] virtual HostCapabilities capabilities() const = 0;

    /// How it hangs together with what it shows, now.
    [[nodiscard]] virtual LinkState link() const { return {}; }

    /// Connects anew at once where the link is lost or has failed; else does nothing.
    virtual void retryLink() {}

    /// Begins to hand out events. Call after connecting.
    virtual void start() = 0;

    /// Ends the first scan early; what has been read stays.
    virtual void cancelScan() = 0;

    /// Asks; the answer comes by replied() with the returned id, also when it is a refusal.
    virtual quint64 query(const QString& method, const QJsonObject& params) = 0;

signals:
    void recorded(const plimsoll::Events& events);                 ///< in order of seq, no gaps
    void reset(const QList<plimsoll::Agent>& agents, quint64 seq); ///< forget all, begin with these
    void replied(const plimsoll::Reply& reply);
    void progressed(const plimsoll::Progress& progress);
    void storeChanged(const plimsoll::StoreState& state);
    void linkChanged(const plimsoll::LinkState& link);
    void capabilitiesChanged();       ///< ask capabilities() again
    void failed(const QString& text); ///< something went wrong that a person should know
};

} // namespace plimsoll
