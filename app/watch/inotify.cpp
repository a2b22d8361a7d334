// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/watch/inotify.h"

#include "app/watch/safefile.h"

#include <QFile>
#include <QSocketNotifier>

#include <cerrno>
#include <cstring>
#include <map>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <utility>

namespace plimsoll {

namespace {

constexpr size_t bufferBytes = 64 * 1024;
constexpr int maxReadsPerWakeUp =
    64; // a writer without pause must not keep the thread; the notifier fires again

uint32_t maskOf(WatchScope scope)
{
    uint32_t mask = IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF |
                    IN_ONLYDIR | IN_EXCL_UNLINK | IN_MASK_ADD;
    if (scope != WatchScope::Names)
        mask |= IN_MODIFY | IN_CLOSE_WRITE;
    if (scope == WatchScope::Opens)
        mask |= IN_OPEN | IN_CLOSE_NOWRITE;
    return mask;
}

DirEvent::Kinds kindsOf(uint32_t mask)
{
    DirEvent::Kinds kinds;
    kinds.setFlag(DirEvent::Modified, (mask & IN_MODIFY) != 0);
    kinds.setFlag(DirEvent::Appeared, (mask & (IN_CREATE | IN_MOVED_TO)) != 0);
    kinds.setFlag(DirEvent::Gone, (mask & (IN_DELETE | IN_MOVED_FROM)) != 0);
    kinds.setFlag(DirEvent::Closed, (mask & (IN_CLOSE_WRITE | IN_CLOSE_NOWRITE)) != 0);
    kinds.setFlag(DirEvent::Opened, (mask & IN_OPEN) != 0);
    return kinds;
}

QString limitOf(const QString& name)
{
    QFile file(QStringLiteral("/proc/sys/fs/inotify/") + name);
    if (!file.open(QIODevice::ReadOnly))
        return QStringLiteral("?");
    return QString::fromLatin1(file.read(32).trimmed());
}

QByteArray withoutTrailingSlash(QByteArray path)
{
    while (path.size() > 1 && path.endsWith('/'))
        path.chop(1);
    return path;
}

} // namespace

/// Merges what one wake-up brings.
class Inotify::Batch
{
public:
    void add(const QByteArray& dir, const QByteArray& name, DirEvent::Kinds kinds, bool isDirectory)
    {
        const auto [it, isNew] = m_index.try_emplace({dir, name}, m_events.size());
        if (isNew) {
            m_events.append({dir, name, kinds, isDirectory});
            return;
        }
        m_events[it->second].kinds |= kinds;
        m_events[it->second].isDirectory = isDirectory; // the last one stands
    }
    void addGone(const QByteArray& dir) { add(dir, {}, DirEvent::DirectoryGone, true); }

    [[nodiscard]] const QList<DirEvent>& events() const { return m_events; }
    bool overflow = false;

private:
    QList<DirEvent> m_events;
    std::map<std::pair<QByteArray, QByteArray>, qsizetype> m_index;
};

Inotify::Inotify(QObject* parent)
    : QObject(parent)
    , m_fd(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC))
    , m_buffer(bufferBytes)
{
    if (!m_fd.isOpen()) {
        m_errorText =
            errno == EMFILE
                ? QStringLiteral("No inotify instance left for this user (fs.inotify.max_user_instances = "
                                 "%1), or too many open files. Close other watchers or raise the limit.")
                      .arg(limitOf(QStringLiteral("max_user_instances")))
                : QStringLiteral("The system gives no inotify instance: %1").arg(qt_error_string(errno));
        return;
    }
    m_notifier = new QSocketNotifier(m_fd.get(), QSocketNotifier::Read, this);
    connect(m_notifier, &QSocketNotifier::activated, this, &Inotify::readEvents);
}

Inotify::~Inotify()
{
    delete m_notifier; // before the descriptor is closed: a notifier on a closed one warns or hits a
                       // stranger's
}

bool Inotify::watch(const QByteArray& dir, WatchScope scope)
{
    const UniqueFd fd = openRoot(dir);
    return fd.isOpen() ? add(fd.get(), withoutTrailingSlash(dir), scope) : fail(errno, dir);
}

bool Inotify::watchBelow(const QByteArray& root, const QByteArray& relative, WatchScope scope)
{
    if (relative.isEmpty())
        return watch(root, scope);
    const QByteArray path = withoutTrailingSlash(root) + '/' + relative;
    const UniqueFd rootFd = openRoot(root);
    if (!rootFd.isOpen())
        return fail(errno, root);
    const UniqueFd fd = openDirectory(rootFd.get(), relative);
    return fd.isOpen() ? add(fd.get(), path, scope) : fail(errno, path);
}

bool Inotify::add(int dirFd, const QByteArray& path, WatchScope scope)
{
    m_limitReached = false;
    if (!m_fd.isOpen())
        return false;
    // By descriptor: between looking and watching, nobody can put another directory or a link there.
    const QByteArray byFd = "/proc/self/fd/" + QByteArray::number(dirFd);
    struct stat info = {};
    const int wd =
        ::fstat(dirFd, &info) == 0 ? ::inotify_add_watch(m_fd.get(), byFd.constData(), maskOf(scope)) : -1;
    if (wd < 0)
        return fail(errno, path);
    const auto known = m_wdOf.constFind(path);
    if (known != m_wdOf.cend() && *known == wd)
        return true;
    if (known != m_wdOf.cend())
        drop(path); // another directory stands there now
    Watched& watched = m_watched[wd];
    watched.paths.append(path);
    watched.dev = info.st_dev;
    watched.inode = info.st_ino;
    m_wdOf.insert(path, wd);
    return true;
}

bool Inotify::fail(int error, const QByteArray& path)
{
    m_limitReached = error == ENOSPC;
    if (m_limitReached) {
        m_errorText =
            QStringLiteral("All inotify watches of this user are taken (fs.inotify.max_user_watches = %1): "
                           "%2 is not watched. Raise the limit with sysctl.")
                .arg(limitOf(QStringLiteral("max_user_watches")), QFile::decodeName(path));
    } else if (m_fd.isOpen()) {
        m_errorText =
            QStringLiteral("%1 cannot be watched: %2").arg(QFile::decodeName(path), qt_error_string(error));
    }
    return false;
}

void Inotify::unwatch(const QByteArray& dir)
{
    drop(withoutTrailingSlash(dir));
}

bool Inotify::isWatched(const QByteArray& dir) const
{
    return m_wdOf.contains(withoutTrailingSlash(dir));
}

void Inotify::drop(const QByteArray& path)
{
    const auto known = m_wdOf.constFind(path);
    if (known == m_wdOf.cend())
        return;
    const int wd = *known;
    m_wdOf.erase(known);
    const auto watched = m_watched.find(wd);
    watched->paths.removeOne(path);
    if (watched->paths.isEmpty()) {
        m_watched.remove(wd);
        ::inotify_rm_watch(m_fd.get(), wd); // fails only where the kernel has dropped it already
    }
}

void Inotify::readEvents()
{
    Batch batch;
    for (int i = 0; i < maxReadsPerWakeUp; ++i) {
        const ssize_t length = ::read(m_fd.get(), m_buffer.data(), m_buffer.size());
        if (length < 0 && errno == EINTR)
            continue;
        if (length <= 0)
            break;
        size_t at = 0;
        while (at + sizeof(inotify_event) <= size_t(length)) {
            inotify_event event = {};
            std::memcpy(&event, m_buffer.data() + at, sizeof(event));
            const char* name = m_buffer.data() + at + sizeof(event);
            take(event, QByteArray(name, qsizetype(::strnlen(name, event.len))), batch);
            at += sizeof(event) + event.len;
        }
    }
    if (batch.overflow)
        dropMoved({}, batch); // the end of a watch may be among what was lost
    if (!batch.events().isEmpty())
        emit changed(batch.events());
    if (batch.overflow)
        emit overflowed();
}

void Inotify::take(const inotify_event& event, const QByteArray& name, Batch& batch)
{
    if ((event.mask & IN_Q_OVERFLOW) != 0) {
        batch.overflow = true;
        return;
    }
    const auto watched = m_watched.constFind(event.wd);
    if (watched == m_watched.cend())
        return; // left over from a watch that was taken back
    if ((event.mask & IN_IGNORED) != 0) {
        forget(event.wd, batch); // deleted or unmounted
        return;
    }
    if ((event.mask & IN_MOVE_SELF) != 0) {
        const QList<QByteArray> paths = watched->paths;
        for (const QByteArray& path : paths)
            dropMoved(path, batch);
        return;
    }
    const DirEvent::Kinds kinds = kindsOf(event.mask);
    if (name.isEmpty() || !kinds)
        return; // the directory itself was opened, or is about to be deleted
    for (const QByteArray& path : watched->paths)
        batch.add(path, name, kinds, (event.mask & IN_ISDIR) != 0);
}

void Inotify::forget(int wd, Batch& batch)
{
    const Watched watched = m_watched.take(wd);
    for (const QByteArray& path : watched.paths) {
        m_wdOf.remove(path);
        batch.addGone(path);
    }
}

/// Drops what is no more where it was watched: `prefix` and all below it, or everything where it is empty.
void Inotify::dropMoved(const QByteArray& prefix, Batch& batch)
{
    QList<QByteArray> moved;
    for (auto it = m_wdOf.cbegin(); it != m_wdOf.cend(); ++it) {
        if (!prefix.isEmpty() && it.key() != prefix && !it.key().startsWith(prefix + '/'))
            continue;
        const Watched& watched = *m_watched.constFind(*it);
        struct stat info = {};
        if (::stat(it.key().constData(), &info) != 0 || info.st_dev != watched.dev ||
            info.st_ino != watched.inode)
            moved.append(it.key());
    }
    for (const QByteArray& path : moved) {
        drop(path);
        batch.addGone(path);
    }
}

} // namespace plimsoll
