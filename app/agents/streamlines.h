// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QByteArrayView>

#include <functional>

namespace plimsoll {

/// Cuts what a running agent prints into lines. A line longer than maxBytes is left out and counted, so that
/// memory stays bounded; bytes behind the last newline are no line. Understands nothing. Any thread, one at a
/// time.
class StreamLines
{
public:
    static constexpr qsizetype maxBytes = qsizetype{1024} * 1024;

    /// \param take called with each line, without its newline; valid during the call
    explicit StreamLines(std::function<void(QByteArrayView)> take)
        : m_take(std::move(take))
    {
    }

    void feed(QByteArrayView bytes);

    [[nodiscard]] qint64 leftOutLines() const { return m_leftOutLines; }
    [[nodiscard]] qint64 leftOutBytes() const { return m_leftOutBytes; } ///< of those lines, newline excluded

private:
    void take(QByteArrayView end);

    std::function<void(QByteArrayView)> m_take;
    QByteArray m_begun; ///< of the line whose newline has not come
    bool m_skipping = false;
    qint64 m_leftOutLines = 0;
    qint64 m_leftOutBytes = 0;
};

} // namespace plimsoll
