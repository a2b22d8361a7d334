// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/event.h"

#include <QJsonObject>

#include <array>
#include <optional>

// JSON of the domain: the one shape that is stored, sent and recorded. Pure functions, any thread. Reading is
// total: unknown keys and kinds are skipped, a wrong type reads as unknown, nothing fails. Times are ISO 8601
// UTC with ms, unknown is null. Money is USD as a float, exact to the pico-USD up to $2,000.
namespace plimsoll {

class JsonWriter;

/// {"type", "seq", "timestamp", "agent_id", …the body}
[[nodiscard]] QJsonObject toJson(const Event& event);

/// Nothing where `type` is none of ours.
[[nodiscard]] std::optional<Event> eventFromJson(const QJsonObject& object);

/// The `agent` of the protocol, whole.
[[nodiscard]] QJsonObject toJson(const Agent& agent);
[[nodiscard]] Agent agentFromJson(const QJsonObject& object);

/// Takes over the keys that are there, as `agent_updated` sends them: null is unknown, lists and `by_model`
/// are replaced whole. `id` is left as it is.
void mergeAgent(Agent& agent, const QJsonObject& changes);

/// The same, straight to text.
void write(JsonWriter& out, const Agent& agent);

/// By what each key of an agent's JSON is known: where a hash is the same the value is, too.
inline constexpr size_t maxAgentKeys = 48;
using AgentDigest = std::array<quint64, maxAgentKeys>;

/// The keys of the agent whose values differ from `digest`, as one object straight to text; the digest is
/// brought up to date. `id` is not among them. \return how many; with 0 an empty object is written
int writeChanges(JsonWriter& out, const Agent& agent, AgentDigest& digest);
/// The state was told in another way: it is among the next changes whatever it is then.
void forgetState(AgentDigest& digest);

/// Only who it is and what it does, as it stands inside its object.
[[nodiscard]] QJsonObject toJson(const AgentInfo& info);
[[nodiscard]] AgentInfo infoFromJson(const QJsonObject& object);

/// Only the numbers of an agent, as they stand inside its object.
[[nodiscard]] QJsonObject toJson(const Usage& usage);
[[nodiscard]] Usage usageFromJson(const QJsonObject& object);

[[nodiscard]] QJsonObject toJson(const Compaction& compaction);
[[nodiscard]] Compaction compactionFromJson(const QJsonObject& object);

/// null where unknown
[[nodiscard]] QJsonValue toJson(Count count);
[[nodiscard]] QJsonValue moneyToJson(Count pico);
[[nodiscard]] std::optional<double> dollars(Count pico);

/// A whole number that is not negative; everything else is unknown.
[[nodiscard]] Count countFromJson(const QJsonValue& value);
[[nodiscard]] Count moneyFromJson(const QJsonValue& value);

/// ISO 8601 UTC with ms; null for 0 (unknown) and what lies outside the years 1970–9999.
[[nodiscard]] QJsonValue timeToJson(qint64 ms);
[[nodiscard]] qint64 timeFromJson(const QJsonValue& value);

} // namespace plimsoll
