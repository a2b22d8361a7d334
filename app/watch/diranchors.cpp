// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/watch/diranchors.h"

#include <algorithm>

namespace plimsoll {

namespace {

QByteArray parentOf(const QByteArray& path)
{
    const qsizetype slash = path.lastIndexOf('/');
    return slash <= 0 ? QByteArray("/") : path.left(slash);
}

} // namespace

void DirAnchors::want(const QByteArray& path, WatchScope scope)
{
    QByteArray plain = path;
    while (plain.size() > 1 && plain.endsWith('/'))
        plain.chop(1);
    m_wanted.append({plain, scope, {}});
}

QByteArray DirAnchors::attachOne(const Wanted& wanted, QList<QByteArray>& touched)
{
    // The folder below the one that is watched may come between the two calls, hence a second look from the
    // start.
    constexpr int looks = 8;
    QByteArray held;
    for (int i = 0; i < looks; ++i) {
        QByteArray path = wanted.path;
        while (!m_inotify.watch(path, path == wanted.path ? wanted.scope : WatchScope::Names)) {
            if (m_inotify.isLimitReached() || path == "/")
                return {};
            path = parentOf(path);
        }
        if (path == wanted.path || path == held)
            return path;
        held = path;
        touched.append(path);
    }
    return held;
}

QList<QByteArray> DirAnchors::attach()
{
    QList<QByteArray> fresh;
    QList<QByteArray> touched;
    for (Wanted& wanted : m_wanted) {
        const QByteArray before = wanted.held;
        touched.append(before);
        wanted.held = attachOne(wanted, touched);
        if (wanted.held == wanted.path && before != wanted.path)
            fresh.append(wanted.path);
    }
    for (const QByteArray& path : touched) {
        const bool isHeld = std::any_of(m_wanted.cbegin(), m_wanted.cend(),
                                        [&path](const Wanted& wanted) { return wanted.held == path; });
        if (!isHeld)
            m_inotify.unwatch(path);
    }
    return fresh;
}

QList<QByteArray> DirAnchors::update(const QList<DirEvent>& events)
{
    QList<QByteArray> lost;
    bool mayAttach = false;
    for (const DirEvent& event : events) {
        for (Wanted& wanted : m_wanted) {
            if (wanted.held != event.dir)
                continue;
            const bool isGone = event.kinds.testFlag(DirEvent::DirectoryGone);
            if (isGone && wanted.held == wanted.path)
                lost.append(wanted.path);
            if (isGone)
                wanted.held.clear();
            mayAttach = mayAttach || isGone ||
                        (wanted.held != wanted.path && event.kinds.testFlag(DirEvent::Appeared));
        }
    }
    if (!mayAttach)
        return {};
    QList<QByteArray> changed = attach();
    for (const QByteArray& path : lost) {
        if (!changed.contains(path))
            changed.append(path);
    }
    return changed;
}

bool DirAnchors::isAttached(const QByteArray& path) const
{
    return std::any_of(m_wanted.cbegin(), m_wanted.cend(),
                       [&path](const Wanted& wanted) { return wanted.path == path && wanted.held == path; });
}

} // namespace plimsoll
