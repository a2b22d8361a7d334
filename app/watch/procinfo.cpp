// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/watch/procinfo.h"

#include "app/agents/uniquefd.h"

#include <QList>

#include <cctype>
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <sys/stat.h>

namespace plimsoll {

namespace {

constexpr qsizetype maxStatBytes = 4 * 1024;
constexpr qsizetype maxLockTableBytes = 4 * 1024 * 1024; // some 60,000 locks

struct DirCloser
{
    void operator()(DIR* dir) const { ::closedir(dir); }
};

QByteArray procPath(qint64 pid, const char* what)
{
    return "/proc/" + QByteArray::number(pid) + '/' + what;
}

/// At most `limit` bytes of a file of /proc; these have no size before they are read.
QByteArray readProc(const QByteArray& path, qsizetype limit)
{
    const UniqueFd fd(::open(path.constData(), O_RDONLY | O_CLOEXEC));
    if (!fd.isOpen())
        return {};
    QByteArray text;
    while (text.size() < limit) {
        const qsizetype have = text.size();
        text.resize(have + qMin(limit - have, qsizetype(16 * 1024)));
        const ssize_t got = ::read(fd.get(), text.data() + have, size_t(text.size() - have));
        text.resize(have + qMax<ssize_t>(got, 0));
        if (got == 0 || (got < 0 && errno != EINTR))
            break;
    }
    return text;
}

} // namespace

std::optional<ProcessStat> parseProcessStat(QByteArrayView text)
{
    // "pid (name) state ppid …": only the last bracket surely ends the name.
    const qsizetype bracket = text.lastIndexOf(')');
    if (bracket < 0)
        return std::nullopt;
    const QList<QByteArray> fields = text.sliced(bracket + 1).toByteArray().simplified().split(' ');
    constexpr qsizetype startTime =
        19; // field 22 of proc(5); the state, field 3, is the first behind the bracket
    if (fields.size() <= startTime || fields.first().size() != 1 ||
        !std::isalpha(static_cast<unsigned char>(fields.first().at(0))))
        return std::nullopt;
    bool ok = false;
    const quint64 ticks = fields.at(startTime).toULongLong(&ok);
    return ok ? std::optional(ProcessStat{fields.first().at(0), ticks}) : std::nullopt;
}

std::optional<ProcessStat> processStat(qint64 pid)
{
    return pid > 0 ? parseProcessStat(readProc(procPath(pid, "stat"), maxStatBytes)) : std::nullopt;
}

bool isAlive(qint64 pid, quint64 procStart)
{
    const std::optional<ProcessStat> stat = processStat(pid);
    return stat && stat->startTicks == procStart && stat->state != 'Z' && stat->state != 'X';
}

bool processHolds(qint64 pid, quint64 dev, quint64 inode)
{
    const std::unique_ptr<DIR, DirCloser> dir(::opendir(procPath(pid, "fd").constData()));
    if (!dir)
        return false;
    while (const dirent* entry = ::readdir(dir.get())) {
        struct stat info = {};
        if (::fstatat(::dirfd(dir.get()), static_cast<const char*>(entry->d_name), &info, 0) == 0 &&
            info.st_dev == dev && info.st_ino == inode)
            return true;
    }
    return false;
}

QByteArray readLockTable()
{
    return readProc("/proc/locks", maxLockTableBytes);
}

} // namespace plimsoll
