// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/agents/streamlines.h"

namespace plimsoll {

void StreamLines::feed(QByteArrayView bytes)
{
    while (!bytes.isEmpty()) {
        const qsizetype newline = bytes.indexOf('\n');
        const qsizetype length = newline < 0 ? bytes.size() : newline;
        const QByteArrayView piece = bytes.first(length);
        bytes = newline < 0 ? QByteArrayView() : bytes.sliced(newline + 1);
        if (!m_skipping && m_begun.size() + length > maxBytes) {
            m_skipping = true;
            ++m_leftOutLines;
            m_leftOutBytes += m_begun.size();
            m_begun = QByteArray(); // gives its memory back
        }
        if (m_skipping) {
            m_leftOutBytes += length;
            m_skipping = newline < 0;
        } else if (newline < 0) {
            m_begun.append(piece);
        } else {
            take(piece);
        }
    }
}

void StreamLines::take(QByteArrayView end)
{
    if (m_begun.isEmpty()) {
        if (!end.isEmpty())
            m_take(end);
        return;
    }
    QByteArray line;
    line.swap(m_begun); // what takes it may end this object's owner
    line.append(end);
    m_take(line);
}

} // namespace plimsoll
