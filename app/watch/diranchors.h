// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/watch/inotify.h"

#include <QByteArray>
#include <QList>

namespace plimsoll {

/// Keeps directories watched that may not be there yet, or may go and come back: while one is missing, the
/// nearest folder above that exists is watched for its coming. Has no timer; a link above that is turned to
/// another place is only noticed by attach(). A folder above is unwatched when none waits there any more,
/// also if somebody else has watched it by the same Inotify. Belongs to the thread of its Inotify, which must
/// outlive it.
class DirAnchors
{
public:
    explicit DirAnchors(Inotify& inotify)
        : m_inotify(inotify)
    {
    }

    /// \param path absolute; watched from the next attach() on
    void want(const QByteArray& path, WatchScope scope);

    /// Watches what is there now. Answers the wanted directories that are newly watched: list them.
    QList<QByteArray> attach();

    /// To be called with all events of the Inotify. Answers the wanted directories that have come or gone:
    /// list them.
    QList<QByteArray> update(const QList<DirEvent>& events);

    [[nodiscard]] bool isAttached(const QByteArray& path) const;

private:
    struct Wanted
    {
        QByteArray path;
        WatchScope scope = WatchScope::Contents;
        QByteArray held; ///< what is watched for it: `path`, or a folder above; empty = nothing
    };

    QByteArray attachOne(const Wanted& wanted, QList<QByteArray>& touched);

    Inotify& m_inotify;
    QList<Wanted> m_wanted;
};

} // namespace plimsoll
