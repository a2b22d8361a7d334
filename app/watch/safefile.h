// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/agents/uniquefd.h"

#include <QByteArray>
#include <QList>

#include <optional>

namespace plimsoll {

// Opening and listing below a root that others may fill with tricks: symbolic links, FIFOs, devices, sockets,
// files of other users. The root itself may be a symbolic link; below it none is followed, so nothing leads
// out. Never blocks on what it meets. Free functions without state: any thread. Paths are bytes as the kernel
// has them; a relative path has no empty, "." or ".." component.

/// Why a file was not opened.
enum class OpenFault : quint8 {
    None,
    Missing,    ///< not there (any more)
    LeadsOut,   ///< a link on the way, or a path that is not plainly below the root
    NotRegular, ///< directory, FIFO, device, socket
    NotOurs,    ///< belongs to another user
    Denied,     ///< no permission
    Failed,     ///< anything else: too many open files, I/O error
};

/// A regular file of this user, open for reading, with what fstat said at that moment.
struct OpenedFile
{
    UniqueFd fd;
    OpenFault fault = OpenFault::None; ///< other than None: fd is not open
    qint64 size = 0;                   ///< bytes
    qint64 mtimeMs = 0;                ///< ms UTC
    quint64 dev = 0;
    quint64 inode = 0;
};

/// The directory `path`, for the functions below; a link is followed. Not open where there is none.
[[nodiscard]] UniqueFd openRoot(const QByteArray& path);

[[nodiscard]] OpenedFile openRegular(int rootFd, const QByteArray& relative);
[[nodiscard]] OpenedFile openRegular(const QByteArray& root, const QByteArray& relative);

/// Size and time of last change of what lies below the root, without opening it.
struct FileStamp
{
    qint64 size = 0; ///< bytes
    qint64 mtimeMs = 0;

    bool operator==(const FileStamp&) const = default;
};

/// A cheap look whether it is worth opening: a link on the way is followed, so the answer may be of another
/// file; openRegular() refuses that one. Nothing if it is not there.
[[nodiscard]] std::optional<FileStamp> stampOf(int rootFd, const QByteArray& relative);

/// A directory below the root as an O_PATH descriptor; empty `relative` = the root itself.
[[nodiscard]] UniqueFd openDirectory(int rootFd, const QByteArray& relative);

/// Opens below the root with the kernel's openat2 (not open and errno ENOSYS where it has none) or, by the
/// same rules, component by component. The functions above choose; these two are apart so that both are
/// tested. \param flags of open(2)
[[nodiscard]] UniqueFd openByKernel(int rootFd, const QByteArray& relative, int flags);
[[nodiscard]] UniqueFd openByComponents(int rootFd, const QByteArray& relative, int flags);

struct TreeLimits
{
    int depth = 12;               ///< directories below the root: 0 = only what lies in the root itself
    qsizetype entries = 200'000;  ///< of all kinds looked at
    QList<QByteArray> suffixes{}; ///< names of files end with one of these; empty = all files
};

struct FileEntry
{
    QByteArray path; ///< relative to the root
    qint64 size = 0; ///< bytes
    qint64 mtimeMs = 0;
    quint64 dev = 0;
    quint64 inode = 0;

    bool operator==(const FileEntry&) const = default;
};

struct TreeListing
{
    QList<FileEntry> files;        ///< regular files of this user, in the order of the disk
    QList<QByteArray> directories; ///< relative; the first is the root, "" (none: the root is missing)
    qsizetype unreadable = 0;      ///< directories that could not be read
    bool truncated = false;        ///< a limit was met
};

/// \param below only what lies in this folder of the root, which is reached without a link; paths and depth
/// count from the root all the same
[[nodiscard]] TreeListing listTree(const QByteArray& root, const TreeLimits& limits = {},
                                   const QByteArray& below = {});

/// Tells a file from another one at the same path. Growing keeps it; a new inode or other first bytes do not.
struct FileIdentity
{
    quint64 dev = 0;
    quint64 inode = 0;
    quint64 headHash = 0;   ///< stableHash of the first headLength bytes
    quint16 headLength = 0; ///< as many of the first maxHead bytes as were there

    static constexpr quint16 maxHead = 256;

    bool operator==(const FileIdentity&) const = default;
};

/// Identity of an open file now; nothing if it cannot be read. Does not move the read position.
[[nodiscard]] std::optional<FileIdentity> identify(int fd);

/// The last bytes before a place in a file: a file that was cut and has grown beyond the place again has
/// others there, though it is the same file with the same first bytes.
struct ReadMark
{
    quint64 hash = 0;   ///< stableHash of these bytes
    quint16 length = 0; ///< 0 = nothing is known

    static constexpr quint16 maxLength = 64;

    bool operator==(const ReadMark&) const = default;
};

/// The mark before `offset`; an empty one if the file is shorter or cannot be read.
[[nodiscard]] ReadMark markBefore(int fd, qint64 offset);

/// Whether `fd` is still the file that was `known`: same inode, and it begins with the same headLength bytes.
[[nodiscard]] bool isSameFile(int fd, const FileIdentity& known);

} // namespace plimsoll
