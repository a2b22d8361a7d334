// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/event.h"
#include "models/fleetpicture.h"
#include "models/sharing.h"

#include <QByteArray>
#include <QJsonObject>
#include <QList>

#include <optional>

// The messages of the event stream as JSON text (PROTOCOL.md). Pure functions, any thread. What they are
// given has no secrets in it any more.
namespace plimsoll::wire {

/// "AGENT/HASH16/OFFSET/BLOCK": where the whole text of a line is found; the hash names the file. Empty where
/// it is found nowhere.
[[nodiscard]] QString logId(const AgentId& agent, const Logged& line);
[[nodiscard]] QString fileHash(const QString& path); ///< 16 hex digits of its SHA-256

/// The place that a logId names.
struct LogPlace
{
    AgentId agent;
    QString fileHash;
    qint64 offset = 0;
    int block = 0;
};
[[nodiscard]] std::optional<LogPlace> logPlaceFromId(const QString& id);

/// The `log` of `agent_log`, as it also stands in a history.
[[nodiscard]] QJsonObject logObject(const AgentId& agent, const Logged& line, qint64 atMs);

/// Who greets.
struct Greeting
{
    QString clientId;
    QString host;
    QString run;
    AccessRole role = AccessRole::Viewer;
    QStringList commands; ///< those that act and that this role may give
    quint64 seq = 0;
};
[[nodiscard]] QByteArray established(const Greeting& greeting, qint64 nowMs);

/// An event as one message; nothing for those that travel otherwise (AgentChanged, UsageChanged: `updated`).
/// \param before the agent before the event; only some kinds look at it
[[nodiscard]] std::optional<QByteArray> eventMessage(const Event& event, quint64 seq, const Agent& before);

/// \param changes an object of the keys that changed
[[nodiscard]] QByteArray updated(const AgentId& agent, QByteArrayView changes, quint64 seq, qint64 nowMs);
[[nodiscard]] QByteArray summaryUpdate(const AgentId& agent, const QString& summary, quint64 seq,
                                       qint64 nowMs);

/// snapshot_begin, the parts, snapshot_end. \param keep those of its agents that are told
[[nodiscard]] QList<QByteArray> snapshot(const FleetPicture& fleet, const QList<Agent>& agents, quint64 seq,
                                         qint64 nowMs);

/// An input that is long, or that holds a secret, is not in it: its size and hash are.
[[nodiscard]] QJsonObject permissionObject(const Event& asked);
[[nodiscard]] QByteArray resumed(quint64 seq, qint64 nowMs);
[[nodiscard]] QByteArray heartbeat(int connections, qint64 nowMs);
[[nodiscard]] QByteArray systemLog(const QString& level, const QString& message, qint64 nowMs);
[[nodiscard]] QByteArray error(const QString& message, qint64 nowMs);
[[nodiscard]] QByteArray pong();

/// Answers to a command; `id` is sent back as it came.
[[nodiscard]] QByteArray result(const QJsonValue& id, const QJsonObject& result);
[[nodiscard]] QByteArray refusal(const QJsonValue& id, const QString& code, const QString& message);

/// WebSocket frames, unmasked, each whole. \param binary else text
[[nodiscard]] QByteArray frame(QByteArrayView payload, bool binary);

} // namespace plimsoll::wire
