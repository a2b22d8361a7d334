// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/agents/uniquefd.h"

#include <QByteArray>
#include <QHash>
#include <QList>
#include <QObject>
#include <QString>

#include <vector>

QT_BEGIN_NAMESPACE
class QSocketNotifier;
QT_END_NAMESPACE

struct inotify_event;

namespace plimsoll {

/// What is told of a directory.
enum class WatchScope : quint8 {
    Names,    ///< what appears in it and goes from it, and its own end
    Contents, ///< also every write to a file in it
    Opens,    ///< also every opening and closing: for lock files, whose locks make no event
};

/// What has happened to one name of a watched directory since the last wake-up. A hint to look, no history:
/// the kinds of several events are merged and their order is lost.
struct DirEvent
{
    enum Kind : quint8 {
        Modified = 1,
        Appeared = 2,      ///< created or moved here; may have replaced a file of that name
        Gone = 4,          ///< deleted or moved away
        Closed = 8,        ///< after writing; with WatchScope::Opens any closing
        Opened = 16,       ///< WatchScope::Opens only
        DirectoryGone = 32 ///< `dir` itself is gone or stands elsewhere now, and is watched no more; no name
    };
    Q_DECLARE_FLAGS(Kinds, Kind)

    QByteArray dir;  ///< as it was given to watch()
    QByteArray name; ///< in that directory
    Kinds kinds;
    bool isDirectory = false; ///< the name is a directory

    bool operator==(const DirEvent&) const = default;
};
Q_DECLARE_OPERATORS_FOR_FLAGS(DirEvent::Kinds)

/// Watches directories by raw inotify: one watch each, none per file. Does not descend and reads no file.
/// Belongs to one thread with an event loop; sleeps until something happens.
class Inotify : public QObject
{
    Q_OBJECT

public:
    explicit Inotify(QObject* parent = nullptr);
    ~Inotify() override;

    /// False after the constructor: the system gives no instance; errorText() says why.
    [[nodiscard]] bool isOpen() const { return m_fd.isOpen(); }

    /// Watches a directory by its absolute path; a link is followed. Again for the same path: fine, and if
    /// another directory stands there now, that one is watched. A wider scope is added, never taken back.
    /// False: errorText() says why.
    [[nodiscard]] bool watch(const QByteArray& dir, WatchScope scope = WatchScope::Contents);

    /// Watches root + '/' + relative without following a link below the root.
    [[nodiscard]] bool watchBelow(const QByteArray& root, const QByteArray& relative,
                                  WatchScope scope = WatchScope::Contents);

    void unwatch(const QByteArray& dir);
    [[nodiscard]] bool isWatched(const QByteArray& dir) const;
    [[nodiscard]] qsizetype count() const { return m_wdOf.size(); }

    /// For people: why the constructor or the last watch() failed.
    [[nodiscard]] const QString& errorText() const { return m_errorText; }
    /// The last watch() failed because the user has no watches left: only sweeps can see more.
    [[nodiscard]] bool isLimitReached() const { return m_limitReached; }

signals:
    /// Once per wake-up: every (dir, name) once, in the order in which they were first met.
    void changed(const QList<plimsoll::DirEvent>& events);
    /// The kernel's queue was full, events are lost: list everything again. Comes after changed().
    void overflowed();

private:
    struct Watched
    {
        QList<QByteArray> paths; ///< more than one where two paths lead to the same directory
        quint64 dev = 0;
        quint64 inode = 0;
    };
    class Batch;

    bool add(int dirFd, const QByteArray& path, WatchScope scope);
    bool fail(int error, const QByteArray& path);
    void readEvents();
    void take(const inotify_event& event, const QByteArray& name, Batch& batch);
    void forget(int wd, Batch& batch);
    void dropMoved(const QByteArray& prefix, Batch& batch);
    void drop(const QByteArray& path);

    UniqueFd m_fd;
    QSocketNotifier* m_notifier = nullptr;
    QHash<int, Watched> m_watched; ///< by watch descriptor
    QHash<QByteArray, int> m_wdOf; ///< path → watch descriptor
    std::vector<char> m_buffer;
    QString m_errorText;
    bool m_limitReached = false;
};

} // namespace plimsoll
