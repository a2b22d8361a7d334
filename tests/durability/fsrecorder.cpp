// SPDX-License-Identifier: GPL-3.0-or-later
// Loaded before the C library (LD_PRELOAD) it writes down every call that changes a file below the folder
// PLIMSOLL_TRACE_DIR, and what is said on standard output, in the order in which they happen, to the file
// PLIMSOLL_TRACE (tests/durability/fstrace.h reads it). Files changed through memory maps are not seen:
// SQLite does so only with its -shm file, whose content counts for nothing after a crash.
#include "tests/durability/fscall.h"

#include <array>
#include <cstdarg>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fcntl.h>
#include <mutex>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

namespace {

using plimsoll::test::FsCall;
using plimsoll::test::FsCallHead;

constexpr size_t mostFds = 4096;

struct Recorder
{
    std::mutex mutex;
    int out = -1;
    std::array<bool, mostFds> tracked{};
    const char* dir = nullptr;

    Recorder()
    {
        const char* path = std::getenv("PLIMSOLL_TRACE");
        dir = std::getenv("PLIMSOLL_TRACE_DIR");
        if (path && dir)
            out = int(::syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
        write(FsCall::Start, -1, 0, {}, {});
    }

    [[nodiscard]] bool isBelow(const char* path) const { return out >= 0 && std::strstr(path, dir) == path; }
    [[nodiscard]] bool isTracked(int fd) const
    {
        return fd >= 0 && size_t(fd) < mostFds && tracked[size_t(fd)];
    }

    struct Bytes
    {
        const void* data = nullptr;
        size_t size = 0;
    };

    void write(FsCall call, int fd, int64_t number, Bytes first, Bytes second)
    {
        if (out < 0)
            return;
        const FsCallHead head{call, fd, number, uint32_t(first.size), uint32_t(second.size)};
        const std::array<iovec, 3> parts{iovec{const_cast<FsCallHead*>(&head), sizeof head},
                                         iovec{const_cast<void*>(first.data), first.size},
                                         iovec{const_cast<void*>(second.data), second.size}};
        const long all = long(sizeof head + first.size + second.size);
        if (::syscall(SYS_writev, out, parts.data(), parts.size()) != all)
            std::abort(); // half a trace proves nothing
    }
};

/// Made when it is needed first: other libraries open files before this one is ready. Never ends.
Recorder& recorder()
{
    static auto* const instance = new Recorder;
    return *instance;
}

Recorder::Bytes text(const char* path)
{
    return {path, std::strlen(path)};
}

template <typename Function>
Function real(const char* name)
{
    return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

int openAndTell(int dirFd, const char* path, int flags, mode_t mode)
{
    Recorder& to = recorder();
    const std::lock_guard lock(to.mutex);
    const int fd = int(::syscall(SYS_openat, dirFd, path, flags, mode));
    if (fd < 0 || size_t(fd) >= mostFds)
        return fd;
    to.tracked[size_t(fd)] = to.isBelow(path);
    if (to.isTracked(fd))
        to.write(FsCall::Open, fd, flags, text(path), {});
    return fd;
}

mode_t modeOf(int flags, va_list arguments)
{
    return (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;
}

ssize_t writeAndTell(int fd, const void* data, size_t size, off_t offset)
{
    Recorder& to = recorder();
    const std::lock_guard lock(to.mutex);
    const long written = ::syscall(SYS_pwrite64, fd, data, size, offset);
    if (written > 0 && to.isTracked(fd))
        to.write(FsCall::Write, fd, offset, {data, size_t(written)}, {});
    return written;
}

int syncAndTell(int fd, long number)
{
    Recorder& to = recorder();
    const std::lock_guard lock(to.mutex);
    const int result = int(::syscall(number, fd));
    if (result == 0 && to.isTracked(fd))
        to.write(FsCall::Sync, fd, 0, {}, {});
    return result;
}

int truncateAndTell(int fd, off_t size)
{
    Recorder& to = recorder();
    const std::lock_guard lock(to.mutex);
    const int result = int(::syscall(SYS_ftruncate, fd, size));
    if (result == 0 && to.isTracked(fd))
        to.write(FsCall::Truncate, fd, size, {}, {});
    return result;
}

} // namespace

extern "C" {

int open(const char* path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    const mode_t mode = modeOf(flags, arguments);
    va_end(arguments);
    return openAndTell(AT_FDCWD, path, flags, mode);
}

int open64(const char* path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    const mode_t mode = modeOf(flags, arguments);
    va_end(arguments);
    return openAndTell(AT_FDCWD, path, flags, mode);
}

int close(int fd)
{
    Recorder& to = recorder();
    const std::lock_guard lock(to.mutex);
    if (to.isTracked(fd)) {
        to.write(FsCall::Close, fd, 0, {}, {});
        to.tracked[size_t(fd)] = false;
    }
    return int(::syscall(SYS_close, fd));
}

ssize_t pwrite(int fd, const void* data, size_t size, off_t offset)
{
    return writeAndTell(fd, data, size, offset);
}

ssize_t pwrite64(int fd, const void* data, size_t size, off64_t offset)
{
    return writeAndTell(fd, data, size, offset);
}

ssize_t write(int fd, const void* data, size_t size)
{
    Recorder& to = recorder();
    const std::lock_guard lock(to.mutex);
    const off_t offset = to.isTracked(fd) ? ::lseek(fd, 0, SEEK_CUR) : 0;
    const long written = ::syscall(SYS_write, fd, data, size);
    if (written > 0 && to.isTracked(fd))
        to.write(FsCall::Write, fd, offset, {data, size_t(written)}, {});
    else if (written > 0 && fd == STDOUT_FILENO)
        to.write(FsCall::Say, fd, 0, {data, size_t(written)}, {});
    return written;
}

int fsync(int fd)
{
    return syncAndTell(fd, SYS_fsync);
}

int fdatasync(int fd)
{
    return syncAndTell(fd, SYS_fdatasync);
}

int ftruncate(int fd, off_t size) noexcept
{
    return truncateAndTell(fd, size);
}

int ftruncate64(int fd, off64_t size) noexcept
{
    return truncateAndTell(fd, size);
}

int unlink(const char* path) noexcept
{
    Recorder& to = recorder();
    const std::lock_guard lock(to.mutex);
    const int result = int(::syscall(SYS_unlink, path));
    if (result == 0 && to.isBelow(path))
        to.write(FsCall::Unlink, -1, 0, text(path), {});
    return result;
}

int rename(const char* from, const char* to) noexcept
{
    Recorder& told = recorder();
    const std::lock_guard lock(told.mutex);
    const int result = int(::syscall(SYS_rename, from, to));
    if (result == 0 && told.isBelow(to))
        told.write(FsCall::Rename, -1, 0, text(from), text(to));
    return result;
}

} // extern "C"
