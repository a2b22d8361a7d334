// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/agent.h"

#include <QByteArray>

#include <deque>
#include <functional>

namespace plimsoll {

/// The last messages that were sent, numbered without gaps, for those who resume and for those who are slow:
/// a viewer has no queue, but a place in here. Bounded in bytes. Server thread.
class SentRing
{
public:
    struct Message
    {
        AgentId agent; ///< null: concerns the whole fleet
        QByteArray json;
    };

    explicit SentRing(qint64 mostBytes)
        : m_mostBytes(mostBytes)
    {
    }

    [[nodiscard]] quint64 lastSeq() const { return m_firstSeq + m_messages.size() - 1; }
    [[nodiscard]] quint64 firstSeq() const { return m_firstSeq; } ///< lastSeq() + 1 where none is held
    [[nodiscard]] bool holdsAfter(quint64 seq) const { return seq + 1 >= m_firstSeq && seq <= lastSeq(); }

    /// Gets the number lastSeq() + 1, which it must carry already.
    void append(Message message);

    [[nodiscard]] const Message& at(quint64 seq) const { return m_messages.at(size_t(seq - m_firstSeq)); }

private:
    const qint64 m_mostBytes;
    std::deque<Message> m_messages;
    quint64 m_firstSeq = 1;
    qint64 m_bytes = 0;
};

/// Frames that a viewer gets next.
struct Outgoing
{
    QByteArray frames;   ///< whole WebSocket frames
    quint64 lastSeq = 0; ///< of the last message looked at
};

/// How a viewer wants its frames.
struct FrameStyle
{
    bool batch = false; ///< all in one JSON array
    bool binary = false;
    bool operator==(const FrameStyle&) const = default;
};

/// The messages behind `seq`, as many as fit into `mostBytes` (at least one). \param wants null = all
[[nodiscard]] Outgoing framesAfter(const SentRing& ring, quint64 seq, FrameStyle style, qint64 mostBytes,
                                   const std::function<bool(const AgentId&)>& wants);

} // namespace plimsoll
