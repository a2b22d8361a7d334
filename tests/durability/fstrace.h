// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/durability/fscall.h"

#include <QByteArray>
#include <QHash>
#include <QList>
#include <QMap>
#include <QRandomGenerator>
#include <QString>

#include <vector>

namespace plimsoll::test {

/// One call of a trace.
struct TracedCall
{
    FsCallHead head;
    QByteArray first;
    QByteArray second;
};

/// Nothing if the file cannot be read or does not end with a whole call.
[[nodiscard]] std::vector<TracedCall> readTrace(const QString& path);

/// What a power cut leaves of what was not synced.
enum class CutKind { Nothing, Prefix, Torn, Everything };

/// A folder on a disk that writes when it likes: takes one call after the other and can be asked at any time
/// what would be there after the power failed. Only what was synced is sure: bytes of a file by a sync of the
/// file, its name by a sync of the folder. Names change in order, sectors of 512 bytes in any.
class SimulatedFolder
{
public:
    /// \param dir the folder that was traced
    explicit SimulatedFolder(QByteArray dir)
        : m_dir(std::move(dir))
    {
    }

    void apply(const TracedCall& call);

    /// Writes what is left into an empty folder. False if that failed.
    [[nodiscard]] bool cut(const QString& into, CutKind kind, QRandomGenerator& random) const;

private:
    using Names = QMap<QByteArray, int>; ///< number of the file by name

    struct Change
    {
        bool truncates = false;
        qint64 offset = 0; ///< or the size
        QByteArray bytes;
    };
    struct File
    {
        QByteArray synced;
        QList<Change> changes; ///< since then
    };
    struct NameChange
    {
        QByteArray name;
        int file = -1; ///< -1 = the name goes
    };

    [[nodiscard]] QByteArray nameOf(const QByteArray& path) const;
    void open(const TracedCall& call);
    void rename(const QByteArray& name, int file);
    void sync(int fd);
    [[nodiscard]] QByteArray contentOf(const File& file, CutKind kind, QRandomGenerator& random) const;

    const QByteArray m_dir;
    std::vector<File> m_files;
    Names m_names;       ///< as programs see them
    Names m_syncedNames; ///< as they are on the disk
    QList<NameChange> m_nameChanges;
    QHash<int, int> m_fds; ///< number of the file, folderFd for the folder
};

} // namespace plimsoll::test
