// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/event.h"
#include "models/sharing.h"

#include <QByteArray>
#include <QJsonObject>
#include <QList>

#include <optional>
#include <variant>

// The messages of the event stream as a viewer reads them (PROTOCOL.md): the other side of wire.h. Pure
// functions, any thread, total: whatever the bytes are, they give a list of what can be used of them. Keeps
// nothing and does not know what came before.
namespace plimsoll::wire {

inline constexpr qsizetype maxReadBytes = 4 * 1024 * 1024; ///< a longer frame is not read at all

/// connection_established
struct Welcome
{
    int protocol = 0;
    QString server; ///< "plimsoll 0.1.0"
    QString host;   ///< for people
    QString run;
    std::optional<AccessRole> role; ///< nothing where the name is none that is known
    QStringList commands;           ///< that act and may be given
    quint64 seq = 0;
};

struct SnapshotBegin
{
    quint64 seq = 0; ///< of the last event that is in it
    qint64 count = 0;
};

struct SnapshotPart
{
    QList<Agent> agents; ///< those with an id
};

/// A request whose input is too long to be told unasked comes without it.
struct Request
{
    Event asked;
    bool inputIsMissing = false; ///< to be had by fetch_permission_input
};

struct SnapshotEnd
{
    QList<LimitsChanged> limits;
    QList<Request> permissions;
    SpendChanged spend;
};

/// All that was missed has been told.
struct Resumed
{
    quint64 seq = 0;
};

/// An event that stands for itself; `event.seq` is the wire's. 0 = it cannot be resumed.
struct Told
{
    Event event;
};

struct Requested
{
    Request request; ///< `asked.seq` is the wire's
};

/// agent_updated
struct Updated
{
    quint64 seq = 0;
    qint64 atMs = 0; ///< ms UTC
    AgentId agent;
    QJsonObject changes; ///< for mergeAgent()
};

/// Answer to a command.
struct Answer
{
    quint64 id = 0; ///< 0 = none of ours
    bool good = false;
    QJsonObject result;
    QString code;    ///< where it is not good
    QString message; ///< where it is not good; for people
};

/// `error` (something that we sent was wrong) and `system_log`.
struct Said
{
    bool isError = false;
    QString level; ///< of system_log: "warning"
    QString message;
};

/// pong and heartbeat
struct Alive
{
};

/// Of a kind that is not known, or one that says nothing new. Its number counts all the same.
struct Skipped
{
    quint64 seq = 0;
};

using Message = std::variant<Welcome, SnapshotBegin, SnapshotPart, SnapshotEnd, Resumed, Told, Requested,
                             Updated, Answer, Said, Alive, Skipped>;

/// One JSON object, or an array of them; what is no object is left out.
/// \return nothing where the bytes are no JSON, neither of the two, or more than maxReadBytes
[[nodiscard]] std::optional<QList<Message>> readFrame(const QByteArray& bytes);

[[nodiscard]] Message readMessage(const QJsonObject& object);

/// A line as it stands in `agent_log` and in a history. \param atMs gets its time, ms UTC
[[nodiscard]] Logged readLog(const QJsonObject& log, qint64& atMs);

/// Brings `agent` up to date. \return what makes the old agent the new one; no seq; nothing where all was
/// known
[[nodiscard]] Events eventsOf(const Updated& updated, Agent& agent);

} // namespace plimsoll::wire
