// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/watch/safefile.h"

#include "app/agents/reader.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <memory>
#include <sys/stat.h>
#include <sys/syscall.h>

namespace plimsoll {

namespace {

struct DirCloser
{
    void operator()(DIR* dir) const { ::closedir(dir); }
};
using DirHandle = std::unique_ptr<DIR, DirCloser>;

/// A path that can be said to lie below a root by its text alone.
bool isPlainRelative(const QByteArray& path)
{
    if (path.isEmpty() || path.size() >= PATH_MAX || path.contains('\0'))
        return false;
    const QList<QByteArray> parts = path.split('/');
    return std::none_of(parts.begin(), parts.end(),
                        [](const QByteArray& part) { return part.isEmpty() || part == "." || part == ".."; });
}

qint64 modifiedMs(const struct stat& info)
{
    return qint64(info.st_mtim.tv_sec) * 1000 + info.st_mtim.tv_nsec / 1'000'000;
}

UniqueFd openBelow(int rootFd, const QByteArray& relative, int flags)
{
    // Once missing it stays missing: asked again for each file, an old kernel or a seccomp filter would
    // double the calls.
    static std::atomic<bool> kernelHasIt{true};
    if (kernelHasIt.load(std::memory_order_relaxed)) {
        UniqueFd fd = openByKernel(rootFd, relative, flags);
        if (fd.isOpen() || (errno != ENOSYS && errno != EPERM && errno != E2BIG && errno != EINVAL))
            return fd;
        kernelHasIt.store(false, std::memory_order_relaxed);
    }
    return openByComponents(rootFd, relative, flags);
}

OpenFault faultOf(int error)
{
    switch (error) {
    case ENOENT: return OpenFault::Missing;
    case ELOOP:
    case EXDEV:
    case ENOTDIR:
    case EINVAL: return OpenFault::LeadsOut;
    case ENXIO: // a socket, or a device without a driver
        return OpenFault::NotRegular;
    case EACCES:
    case EPERM: return OpenFault::Denied;
    default: return OpenFault::Failed;
    }
}

/// Walks one tree; holds one open directory per level.
class TreeWalk
{
public:
    TreeWalk(const TreeLimits& limits, TreeListing& listing)
        : m_limits(limits)
        , m_listing(listing)
    {
    }

    void walk(UniqueFd directory, const QByteArray& path, int depth)
    {
        const DirHandle handle(::fdopendir(directory.get()));
        if (!handle) {
            ++m_listing.unreadable;
            return;
        }
        const int fd = directory.release(); // closedir closes it
        m_listing.directories.append(path);
        while (const dirent* entry = ::readdir(handle.get())) {
            const QByteArray name(static_cast<const char*>(entry->d_name));
            if (name == "." || name == "..")
                continue;
            if (++m_seen > m_limits.entries) {
                m_listing.truncated = true;
                return;
            }
            take(fd, name, entry->d_type, path.isEmpty() ? name : path + '/' + name, depth);
        }
    }

private:
    void take(int fd, const QByteArray& name, unsigned char type, const QByteArray& path, int depth)
    {
        if (type == DT_UNKNOWN) { // some file systems do not tell
            struct stat info = {};
            if (::fstatat(fd, name.constData(), &info, AT_SYMLINK_NOFOLLOW) != 0)
                return;
            type = S_ISDIR(info.st_mode) ? DT_DIR : (S_ISREG(info.st_mode) ? DT_REG : DT_LNK);
        }
        if (type == DT_DIR)
            enter(fd, name, path, depth);
        else if (type == DT_REG && isWanted(name))
            add(fd, name, path);
    }

    void enter(int fd, const QByteArray& name, const QByteArray& path, int depth)
    {
        if (depth >= m_limits.depth) {
            m_listing.truncated = true;
            return;
        }
        UniqueFd below(::openat(fd, name.constData(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        if (below.isOpen())
            walk(std::move(below), path, depth + 1);
        else if (errno != ENOENT)
            ++m_listing.unreadable;
    }

    void add(int fd, const QByteArray& name, const QByteArray& path)
    {
        struct stat info = {};
        if (::fstatat(fd, name.constData(), &info, AT_SYMLINK_NOFOLLOW) != 0)
            return;
        if (S_ISREG(info.st_mode) && info.st_uid == ::geteuid())
            m_listing.files.append({path, info.st_size, modifiedMs(info), info.st_dev, info.st_ino});
    }

    [[nodiscard]] bool isWanted(const QByteArray& name) const
    {
        return m_limits.suffixes.isEmpty() ||
               std::any_of(m_limits.suffixes.begin(), m_limits.suffixes.end(),
                           [&name](const QByteArray& suffix) { return name.endsWith(suffix); });
    }

    const TreeLimits& m_limits;
    TreeListing& m_listing;
    qsizetype m_seen = 0;
};

/// Bytes of a file at `offset`, at most `length`; nothing if it cannot be read.
std::optional<QByteArray> bytesAt(int fd, qint64 offset, quint16 length)
{
    QByteArray bytes(length, Qt::Uninitialized);
    qsizetype got = 0;
    while (got < length) {
        const ssize_t part = ::pread(fd, bytes.data() + got, size_t(length - got), offset + got);
        if (part < 0 && errno == EINTR)
            continue;
        if (part < 0)
            return std::nullopt;
        if (part == 0)
            break;
        got += part;
    }
    bytes.truncate(got);
    return bytes;
}

quint64 hashOf(const QByteArray& head)
{
    return stableHash({head.constData(), size_t(head.size())});
}

} // namespace

UniqueFd openRoot(const QByteArray& path)
{
    return UniqueFd(::open(path.constData(), O_PATH | O_DIRECTORY | O_CLOEXEC));
}

UniqueFd openByKernel(int rootFd, const QByteArray& relative, int flags)
{
    if (!isPlainRelative(relative)) {
        errno = EXDEV;
        return {};
    }
    open_how how = {};
    how.flags = static_cast<decltype(how.flags)>(flags);
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
    constexpr int tries = 8; // EAGAIN: something on the way was renamed meanwhile
    for (int i = 0; i < tries; ++i) {
        const long fd = ::syscall(SYS_openat2, rootFd, relative.constData(), &how, sizeof(how));
        if (fd >= 0)
            return UniqueFd(int(fd));
        if (errno != EAGAIN && errno != EINTR)
            break;
    }
    return {};
}

UniqueFd openByComponents(int rootFd, const QByteArray& relative, int flags)
{
    if (!isPlainRelative(relative)) {
        errno = EXDEV;
        return {};
    }
    const QList<QByteArray> parts = relative.split('/');
    UniqueFd folder;
    for (qsizetype i = 0; i + 1 < parts.size(); ++i) {
        folder.reset(::openat(folder.isOpen() ? folder.get() : rootFd, parts.at(i).constData(),
                              O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        if (!folder.isOpen())
            return {};
    }
    return UniqueFd(
        ::openat(folder.isOpen() ? folder.get() : rootFd, parts.last().constData(), flags | O_NOFOLLOW));
}

OpenedFile openRegular(int rootFd, const QByteArray& relative)
{
    OpenedFile file;
    // O_NONBLOCK: a FIFO without a writer would hold us for ever.
    file.fd = openBelow(rootFd, relative, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    struct stat info = {};
    if (!file.fd.isOpen() || ::fstat(file.fd.get(), &info) != 0)
        file.fault = faultOf(errno);
    else if (!S_ISREG(info.st_mode))
        file.fault = OpenFault::NotRegular;
    else if (info.st_uid != ::geteuid())
        file.fault = OpenFault::NotOurs;
    if (file.fault != OpenFault::None) {
        file.fd.reset();
        return file;
    }
    file.size = info.st_size;
    file.mtimeMs = modifiedMs(info);
    file.dev = info.st_dev;
    file.inode = info.st_ino;
    return file;
}

OpenedFile openRegular(const QByteArray& root, const QByteArray& relative)
{
    const UniqueFd fd = openRoot(root);
    if (fd.isOpen())
        return openRegular(fd.get(), relative);
    OpenedFile file;
    file.fault = faultOf(errno);
    return file;
}

std::optional<FileStamp> stampOf(int rootFd, const QByteArray& relative)
{
    struct stat info = {};
    if (::fstatat(rootFd, relative.constData(), &info, AT_SYMLINK_NOFOLLOW) != 0)
        return std::nullopt;
    return FileStamp{info.st_size, modifiedMs(info)};
}

UniqueFd openDirectory(int rootFd, const QByteArray& relative)
{
    if (relative.isEmpty())
        return UniqueFd(::openat(rootFd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
    return openBelow(rootFd, relative, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

TreeListing listTree(const QByteArray& root, const TreeLimits& limits, const QByteArray& below)
{
    TreeListing listing;
    constexpr int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
    UniqueFd fd(::open(root.constData(), flags));
    if (fd.isOpen() && !below.isEmpty())
        fd = openBelow(fd.get(), below, flags);
    const int depth = below.isEmpty() ? 0 : int(below.count('/')) + 1;
    if (depth > limits.depth)
        listing.truncated = true;
    else if (fd.isOpen())
        TreeWalk(limits, listing).walk(std::move(fd), below, depth);
    else if (errno != ENOENT)
        ++listing.unreadable;
    return listing;
}

std::optional<FileIdentity> identify(int fd)
{
    struct stat info = {};
    if (::fstat(fd, &info) != 0)
        return std::nullopt;
    const std::optional<QByteArray> head = bytesAt(fd, 0, FileIdentity::maxHead);
    if (!head)
        return std::nullopt;
    return FileIdentity{info.st_dev, info.st_ino, hashOf(*head), quint16(head->size())};
}

ReadMark markBefore(int fd, qint64 offset)
{
    const auto length = quint16(std::clamp<qint64>(offset, 0, ReadMark::maxLength));
    const std::optional<QByteArray> bytes = bytesAt(fd, offset - length, length);
    if (length == 0 || !bytes || bytes->size() != length)
        return {};
    return {hashOf(*bytes), length};
}

bool isSameFile(int fd, const FileIdentity& known)
{
    struct stat info = {};
    if (::fstat(fd, &info) != 0 || info.st_dev != known.dev || info.st_ino != known.inode)
        return false;
    const std::optional<QByteArray> head = bytesAt(fd, 0, known.headLength);
    return head && head->size() == known.headLength && hashOf(*head) == known.headHash;
}

} // namespace plimsoll
