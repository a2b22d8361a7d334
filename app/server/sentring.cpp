// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/server/sentring.h"

#include "app/server/wire.h"

namespace plimsoll {

void SentRing::append(Message message)
{
    constexpr qint64 overhead = 64; // of one entry
    m_bytes += message.json.size() + overhead;
    m_messages.push_back(std::move(message));
    while (m_bytes > m_mostBytes && m_messages.size() > 1) {
        m_bytes -= m_messages.front().json.size() + overhead;
        m_messages.pop_front();
        ++m_firstSeq;
    }
}

Outgoing framesAfter(const SentRing& ring, quint64 seq, FrameStyle style, qint64 mostBytes,
                     const std::function<bool(const AgentId&)>& wants)
{
    Outgoing out;
    out.lastSeq = seq;
    QByteArray batch;
    qint64 bytes = 0;
    for (quint64 next = seq + 1; next <= ring.lastSeq(); ++next) {
        const SentRing::Message& message = ring.at(next);
        if (wants && !message.agent.isNull() && !wants(message.agent)) {
            out.lastSeq = next;
            continue;
        }
        if (bytes > 0 && bytes + message.json.size() > mostBytes)
            break;
        bytes += message.json.size();
        out.lastSeq = next;
        if (style.batch)
            batch += (batch.isEmpty() ? '[' : ',') + message.json;
        else
            out.frames += wire::frame(message.json, style.binary);
    }
    if (!batch.isEmpty())
        out.frames = wire::frame(batch + ']', style.binary);
    return out;
}

} // namespace plimsoll
