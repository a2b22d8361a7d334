// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/agents/kinds.h"
#include "app/watch/logrecord.h"
#include "models/event.h"

#include <QHash>
#include <QRandomGenerator>

#include <array>
#include <vector>

// Made-up events and records of logs for the store, each of them told apart from every other, and how a
// program that fills a store tells of them.
namespace plimsoll::test {

inline constexpr int madeAgents = 5;
inline constexpr int madeLogs = 4;

[[nodiscard]] QByteArray madeRootPath();
[[nodiscard]] LogRoot madeRoot();
/// Response number `index` of a log, from 0 on; its output is index + 1.
[[nodiscard]] Response madeResponse(int log, qint64 index);
/// The whole text of a made-up line by what is known of it.
[[nodiscard]] QString madeText(const QString& file, qint64 offset);

struct MadeFrame
{
    Events events; ///< numbered
    std::vector<LogRecord> logs;
    QList<Agent> agents; ///< last pictures of those that the events change
};

/// Makes one frame after the other. The offset of a log is the number of its responses, so that a record and
/// its samples can be told to belong together.
class MadeFrames
{
public:
    /// \param run no two runs on one store may have the same
    explicit MadeFrames(int run);

    /// Goes on behind what the store has. \param logs as it has kept them
    void startAfter(quint64 seq, const std::vector<LogRecord>& logs);
    /// Begins without a store: the numbers at 1, the logs with all they hold.
    void startAnew(const std::array<qint64, madeLogs>& responses);
    [[nodiscard]] const std::array<qint64, madeLogs>& responses() const { return m_responses; }
    [[nodiscard]] MadeFrame next();
    [[nodiscard]] quint64 lastSeq() const { return m_seq; }

private:
    [[nodiscard]] Body makeBody();
    [[nodiscard]] Logged makeLine();
    [[nodiscard]] LogRecord makeRecord(int log);

    QRandomGenerator m_random;
    qint64 m_clock; ///< grows with each thing that is made
    quint64 m_seq = 0;
    std::array<qint64, madeLogs> m_responses{};
    std::array<bool, madeLogs> m_isTold{}; ///< a record of this log has gone out
    QHash<AgentId, Agent> m_agents;
};

/// "E {event}" for each event that must be kept, with the head of its text.
[[nodiscard]] QByteArray toldLines(const Events& events);
/// "L SEQ LOG RESPONSES" for each record: on the disk at the latest with the event of that number.
[[nodiscard]] QByteArray toldLines(const std::vector<LogRecord>& logs, quint64 seq);

/// The head of a text that is told of, characters.
inline constexpr int toldTextLength = 16;

} // namespace plimsoll::test
