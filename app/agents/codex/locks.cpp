// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/agents/codex/locks.h"

#include <QMultiHash>

#include <algorithm>
#include <climits>
#include <sys/sysmacros.h>

namespace plimsoll {

namespace {

constexpr qsizetype maxThreadId = 128;

/// "08:01:5678": major and minor in hex, inode in decimal.
std::optional<FlockHolder> parseFile(const QByteArray& text, qint64 pid)
{
    const QList<QByteArray> parts = text.split(':');
    if (parts.size() != 3)
        return std::nullopt;
    bool okMajor = false;
    bool okMinor = false;
    bool okInode = false;
    const uint majorNumber = parts.at(0).toUInt(&okMajor, 16);
    const uint minorNumber = parts.at(1).toUInt(&okMinor, 16);
    const quint64 inode = parts.at(2).toULongLong(&okInode);
    if (!okMajor || !okMinor || !okInode)
        return std::nullopt;
    return FlockHolder{pid, makedev(majorNumber, minorNumber), inode};
}

} // namespace

QList<FlockHolder> parseFlocks(QByteArrayView lockTable)
{
    // "1: FLOCK  ADVISORY  WRITE 1234 08:01:5678 0 EOF"; who waits has "->" behind the number.
    QList<FlockHolder> holders;
    const QList<QByteArray> lines = lockTable.toByteArray().split('\n');
    for (const QByteArray& line : lines) {
        const QList<QByteArray> fields = line.simplified().split(' ');
        if (fields.size() < 6 || fields.at(1) != "FLOCK")
            continue;
        bool ok = false;
        const qint64 pid = fields.at(4).toLongLong(&ok);
        if (!ok || pid <= 0 || pid > INT_MAX)
            continue;
        if (const std::optional<FlockHolder> holder = parseFile(fields.at(5), pid))
            holders.append(*holder);
    }
    return holders;
}

std::optional<QByteArray> threadOfLockName(QByteArrayView fileName)
{
    constexpr QByteArrayView suffix(".lock");
    if (!fileName.endsWith(suffix))
        return std::nullopt;
    fileName.chop(suffix.size());
    const bool isPlain = std::all_of(fileName.begin(), fileName.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
               c == '_';
    });
    if (fileName.isEmpty() || fileName.size() > maxThreadId || !isPlain)
        return std::nullopt;
    return fileName.toByteArray();
}

QList<LoadedThread> loadedThreads(const QList<LockFile>& files, const QList<FlockHolder>& holders)
{
    QMultiHash<quint64, FlockHolder> byInode;
    for (const FlockHolder& holder : holders)
        byInode.insert(holder.inode, holder);
    QList<LoadedThread> threads;
    for (const LockFile& file : files) {
        const QList<FlockHolder> possible = byInode.values(file.inode);
        const auto sure = std::find_if(possible.begin(), possible.end(),
                                       [&file](const FlockHolder& holder) { return holder.dev == file.dev; });
        if (sure != possible.end()) {
            threads.append({file.threadId, sure->pid, file.dev, file.inode, true});
            continue;
        }
        for (const FlockHolder& holder : possible)
            threads.append({file.threadId, holder.pid, file.dev, file.inode, false});
    }
    return threads;
}

} // namespace plimsoll
