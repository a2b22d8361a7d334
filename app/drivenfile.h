// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/agents/driver.h"

#include <QList>

namespace plimsoll {

/// What is kept of an agent that was started here, so that it can be resumed by a later run.
struct DrivenRecord
{
    QString name;
    qint64 createdAtMs = 0; ///< ms UTC
    QStringList additions;  ///< to its environment; may be secret
    bool hidden = false;    ///< deleted: it has no row
    DriveSetup setup;       ///< without program, reaper and environment
};

/// One JSON file in the data folder, 0600, written whole and at once. Keeps nothing where its path is empty.
/// Any thread, one at a time.
class DrivenFile
{
public:
    explicit DrivenFile(QString path)
        : m_path(std::move(path))
    {
    }

    /// Records that cannot be used are left out. \param error set where the file is there and cannot be read
    [[nodiscard]] QList<DrivenRecord> load(QString& error) const;
    /// Empty = good.
    [[nodiscard]] QString save(const QList<DrivenRecord>& records) const;

private:
    QString m_path;
};

} // namespace plimsoll
