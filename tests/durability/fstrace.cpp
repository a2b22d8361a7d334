// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/durability/fstrace.h"

#include <QFile>

#include <algorithm>
#include <cstring>
#include <fcntl.h>

namespace plimsoll::test {

namespace {

constexpr qint64 sectorBytes = 512;
constexpr int folderFile = -1;

void change(QByteArray& content, qint64 offset, const QByteArray& bytes)
{
    if (content.size() < offset + bytes.size())
        content.append(offset + bytes.size() - content.size(), '\0');
    std::memcpy(content.data() + offset, bytes.constData(), size_t(bytes.size()));
}

void truncate(QByteArray& content, qint64 size)
{
    if (content.size() > size)
        content.truncate(size);
    else
        content.append(size - content.size(), '\0');
}

/// Each sector reaches the disk or does not.
void changeTorn(QByteArray& content, qint64 offset, const QByteArray& bytes, QRandomGenerator& random)
{
    for (qint64 at = 0; at < bytes.size();) {
        const qint64 inSector = sectorBytes - (offset + at) % sectorBytes;
        const qint64 size = std::min<qint64>(inSector, bytes.size() - at);
        if (random.bounded(2) == 0)
            change(content, offset + at, bytes.mid(at, size));
        at += size;
    }
}

} // namespace

std::vector<TracedCall> readTrace(const QString& path)
{
    std::vector<TracedCall> calls;
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return calls;
    while (!file.atEnd()) {
        TracedCall call;
        if (file.read(reinterpret_cast<char*>(&call.head), sizeof call.head) != qint64(sizeof call.head))
            return {};
        call.first = file.read(call.head.firstBytes);
        call.second = file.read(call.head.secondBytes);
        if (call.first.size() != qint64(call.head.firstBytes) ||
            call.second.size() != qint64(call.head.secondBytes))
            return {};
        calls.push_back(std::move(call));
    }
    return calls;
}

QByteArray SimulatedFolder::nameOf(const QByteArray& path) const
{
    return path.mid(m_dir.size() + 1);
}

void SimulatedFolder::apply(const TracedCall& call)
{
    const int fd = call.head.fd;
    switch (call.head.call) {
    case FsCall::Start: m_fds.clear(); break;
    case FsCall::Open: open(call); break;
    case FsCall::Close: m_fds.remove(fd); break;
    case FsCall::Write:
        m_files[size_t(m_fds.value(fd))].changes.append({false, call.head.number, call.first});
        break;
    case FsCall::Truncate:
        m_files[size_t(m_fds.value(fd))].changes.append({true, call.head.number, {}});
        break;
    case FsCall::Sync: sync(fd); break;
    case FsCall::Unlink: rename(nameOf(call.first), -1); break;
    case FsCall::Rename:
        rename(nameOf(call.second), m_names.value(nameOf(call.first), -1));
        rename(nameOf(call.first), -1);
        break;
    case FsCall::Say: break;
    }
}

void SimulatedFolder::open(const TracedCall& call)
{
    if (call.first == m_dir) {
        m_fds.insert(call.head.fd, folderFile);
        return;
    }
    const QByteArray name = nameOf(call.first);
    if (!m_names.contains(name)) {
        m_files.emplace_back();
        rename(name, int(m_files.size()) - 1);
    }
    const int file = m_names.value(name);
    m_fds.insert(call.head.fd, file);
    if ((call.head.number & O_TRUNC) != 0)
        m_files[size_t(file)].changes.append({true, 0, {}});
}

void SimulatedFolder::rename(const QByteArray& name, int file)
{
    if (file < 0)
        m_names.remove(name);
    else
        m_names.insert(name, file);
    m_nameChanges.append({name, file});
}

void SimulatedFolder::sync(int fd)
{
    const int number = m_fds.value(fd);
    if (number == folderFile) {
        m_syncedNames = m_names;
        m_nameChanges.clear();
        return;
    }
    File& file = m_files[size_t(number)];
    for (const Change& each : std::exchange(file.changes, {})) {
        if (each.truncates)
            truncate(file.synced, each.offset);
        else
            change(file.synced, each.offset, each.bytes);
    }
}

QByteArray SimulatedFolder::contentOf(const File& file, CutKind kind, QRandomGenerator& random) const
{
    QByteArray content = file.synced;
    if (kind == CutKind::Nothing)
        return content;
    const bool some = kind == CutKind::Prefix && !file.changes.isEmpty();
    const qsizetype count = some ? random.bounded(int(file.changes.size()) + 1) : file.changes.size();
    for (qsizetype i = 0; i < count; ++i) {
        const Change& each = file.changes[i];
        const bool torn = kind == CutKind::Torn ? random.bounded(2) == 0 : some && i == count - 1;
        if (kind == CutKind::Torn && random.bounded(2) == 0)
            continue;
        if (each.truncates)
            truncate(content, each.offset);
        else if (torn)
            changeTorn(content, each.offset, each.bytes, random);
        else
            change(content, each.offset, each.bytes);
    }
    return content;
}

bool SimulatedFolder::cut(const QString& into, CutKind kind, QRandomGenerator& random) const
{
    Names names = m_syncedNames;
    qsizetype count = 0;
    if (kind == CutKind::Everything)
        count = m_nameChanges.size();
    else if (kind != CutKind::Nothing)
        count = random.bounded(int(m_nameChanges.size()) + 1);
    for (const NameChange& each : m_nameChanges.mid(0, count)) {
        if (each.file < 0)
            names.remove(each.name);
        else
            names.insert(each.name, each.file);
    }
    for (auto it = names.cbegin(); it != names.cend(); ++it) {
        QByteArray content = contentOf(m_files[size_t(*it)], kind, random);
        if (it.key().endsWith("-shm")) { // written through memory: anything may be there
            for (char& byte : content)
                byte = char(random.bounded(256));
        }
        QFile file(into + QLatin1Char('/') + QString::fromUtf8(it.key()));
        if (!file.open(QIODevice::WriteOnly) || file.write(content) != content.size())
            return false;
    }
    return true;
}

} // namespace plimsoll::test
