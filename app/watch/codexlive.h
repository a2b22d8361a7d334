// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/watch/livesession.h"

#include <QByteArray>
#include <QHash>
#include <QList>
#include <QMap>

namespace plimsoll {

/// The threads of one Codex home that some process has loaded, by their lock files. Says nothing of what they
/// do: that stands in the log only. Reads when told to; watches nothing and takes no lock. Belongs to one
/// thread.
class CodexLive
{
public:
    /// \param home such as ~/.codex, absolute; may be missing
    explicit CodexLive(const QByteArray& home)
        : m_locksDir(home + "/thread-writer-locks")
    {
    }

    [[nodiscard]] const QByteArray& locksDir() const { return m_locksDir; }

    /// Looks at all lock files and who holds them.
    void scan();
    [[nodiscard]] QHash<qint64, quint64> processes() const;
    [[nodiscard]] QList<LiveSession> sessions() const;

private:
    struct Loaded
    {
        qint64 pid = 0;
        quint64 procStart = 0;
    };

    QByteArray m_locksDir;
    QMap<QByteArray, Loaded> m_loaded; ///< by thread id
};

} // namespace plimsoll
