// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/watch/logfileio.h"

#include "app/agents/codex/zstdfile.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <unistd.h>

namespace plimsoll {

namespace {

constexpr size_t chunkBytes = size_t{128} * 1024;
constexpr qint64 maxReadBytes = qint64{256} * 1024 * 1024;
constexpr qint64 maxMetaBytes = 64 * 1024;

/// Bytes at `offset`; 0 at the end, -1 if the file cannot be read.
qint64 readAt(int fd, char* to, size_t bytes, qint64 offset)
{
    ssize_t got = 0;
    do {
        got = ::pread(fd, to, bytes, offset);
    } while (got < 0 && errno == EINTR);
    return got;
}

bool isCancelled(const std::atomic<bool>* cancelled)
{
    return cancelled && cancelled->load(std::memory_order_relaxed);
}

/// Feeds a splitter with a whole compressed log.
bool feedCompressed(int fd, LineSplitter& splitter, const std::atomic<bool>* cancelled)
{
    return readZst(fd, [&](std::string_view bytes) {
        while (!bytes.empty()) {
            const size_t part = std::min(bytes.size(), chunkBytes);
            std::memcpy(splitter.room(part), bytes.data(), part);
            splitter.feed(part);
            bytes.remove_prefix(part);
        }
        return !isCancelled(cancelled);
    });
}

/// A compressed log does not grow: it is read whole when it is new or another file.
void readCompressed(LogFile& file, int fd, ReaderSink& sink, ReadResult& result,
                    const std::atomic<bool>* cancelled)
{
    LineSplitter splitter({}, *file.reader, sink);
    if (!feedCompressed(fd, splitter, cancelled) && !isCancelled(cancelled))
        file.reader->skipLine(); // what came before the damage counts
    file.position = splitter.finish();
    result.bytes = file.sizeBytes;
}

void readPlain(LogFile& file, int fd, ReaderSink& sink, ReadResult& result,
               const std::atomic<bool>* cancelled)
{
    LineSplitter splitter(file.position, *file.reader, sink);
    qint64 offset = file.position.offset;
    while (result.bytes < maxReadBytes && !isCancelled(cancelled)) {
        const qint64 got = readAt(fd, splitter.room(chunkBytes), chunkBytes, offset);
        if (got <= 0) {
            if (got < 0)
                result.fault = OpenFault::Failed;
            break;
        }
        splitter.feed(static_cast<size_t>(got));
        offset += got;
        result.bytes += got;
    }
    result.more = result.bytes >= maxReadBytes;
    file.position = splitter.finish();
}

} // namespace

ReadResult readNew(LogFile& file, bool wantLog, const std::atomic<bool>* cancelled)
{
    ReadResult result;
    const OpenedFile opened = openRegular(file.root, file.relative);
    result.fault = opened.fault;
    if (opened.fault != OpenFault::None)
        return result;
    const int fd = opened.fd.get();
    const bool known = file.identity.headLength > 0;
    // Its length alone does not tell that a log was cut: it may have grown beyond that place again.
    const bool truncated = !file.role.compressed &&
                           (opened.size < file.position.offset ||
                            (file.mark.length > 0 && file.mark != markBefore(fd, file.position.offset)));
    if (known && (truncated || !isSameFile(fd, file.identity))) {
        file.reader->restart();
        file.position = {};
        file.identity = {};
        result.restarted = true;
    }
    const bool unread = file.identity.headLength == 0;
    file.sizeBytes = opened.size;
    file.mtimeMs = opened.mtimeMs;
    if (file.identity.headLength < FileIdentity::maxHead) {
        if (const std::optional<FileIdentity> identity = identify(fd))
            file.identity = *identity;
    }
    BatchSink sink(result.batch, wantLog);
    if (!file.role.compressed) {
        readPlain(file, fd, sink, result, cancelled);
        file.mark = markBefore(fd, file.position.offset);
    } else if (unread) {
        readCompressed(file, fd, sink, result, cancelled);
    }
    file.reader->settle();
    return result;
}

SubagentMeta readSubagentMeta(const LogFile& file)
{
    QByteArray relative = file.relative;
    if (file.role.agentId.empty() || !relative.endsWith(".jsonl"))
        return {};
    relative.replace(relative.size() - 6, 6, ".meta.json");
    const OpenedFile opened = openRegular(file.root, relative);
    if (opened.fault != OpenFault::None || opened.size > maxMetaBytes)
        return {};
    QByteArray json(maxMetaBytes, Qt::Uninitialized);
    const qint64 got = readAt(opened.fd.get(), json.data(), size_t(json.size()), 0);
    if (got <= 0)
        return {};
    return parseSubagentMeta({json.constData(), size_t(got)});
}

namespace {

/// Hands on what begins in a range and leaves out the rest: compressed logs cannot be read from the middle.
class RangeSink : public ReaderSink
{
public:
    RangeSink(qint64 from, qint64 to, ReaderSink& inner)
        : m_from(from)
        , m_to(to)
        , m_inner(inner)
    {
    }

    void response(const Response& response) override { m_inner.response(response); }
    void contextPoint(uint32_t thread, int64_t atMs, int64_t tokens) override
    {
        m_inner.contextPoint(thread, atMs, tokens);
    }
    void logged(LogItem item) override
    {
        if (item.offset >= m_from && item.offset < m_to)
            m_inner.logged(std::move(item));
    }
    [[nodiscard]] bool wantsLog() const override { return m_inner.wantsLog(); }
    [[nodiscard]] bool wantsContextPoints() const override { return m_inner.wantsContextPoints(); }

private:
    const qint64 m_from;
    const qint64 m_to;
    ReaderSink& m_inner;
};

/// Where the first line at or behind `from` begins.
qint64 nextLineStart(int fd, qint64 from)
{
    if (from <= 0)
        return 0;
    std::vector<char> bytes(chunkBytes);
    for (qint64 offset = from - 1;;) {
        const qint64 got = readAt(fd, bytes.data(), bytes.size(), offset);
        if (got <= 0)
            return offset;
        const void* const newline = std::memchr(bytes.data(), '\n', size_t(got));
        if (newline)
            return offset + (static_cast<const char*>(newline) - bytes.data()) + 1;
        offset += got;
    }
}

} // namespace

bool readRange(const LogFile& file, qint64 from, qint64 to, LogReader& reader, ReaderSink& sink)
{
    const OpenedFile opened = openRegular(file.root, file.relative);
    if (opened.fault != OpenFault::None)
        return false;
    const int fd = opened.fd.get();
    RangeSink range(from, to, sink);
    if (file.role.compressed) {
        LineSplitter splitter({}, reader, range);
        const bool whole = feedCompressed(fd, splitter, nullptr);
        const LineSplitter::Position end = splitter.finish();
        return whole || end.offset > 0;
    }
    qint64 offset = nextLineStart(fd, from);
    LineSplitter splitter({offset, false}, reader, range);
    while (offset < to) {
        const qint64 got = readAt(fd, splitter.room(chunkBytes), chunkBytes, offset);
        if (got <= 0)
            break;
        splitter.feed(static_cast<size_t>(got));
        offset += got;
    }
    const LineSplitter::Position end = splitter.finish();
    return end.offset >= 0;
}

} // namespace plimsoll
