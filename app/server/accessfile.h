// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/server/access.h"

#include <functional>

namespace plimsoll {

/// The files of access in the data folder: `access.json` (hashes, codes, pairings), `token` (the operator's
/// own token and nothing else) and `server.json` (where the server of this folder listens now); all 0600 and
/// replaced as a whole. More than one program may use them at a time: changes are made under a lock. Blocks
/// on the disk for a moment: not in the GUI thread. Any one thread.
class AccessFile
{
public:
    /// \param dir absolute path of the data folder, which must exist
    explicit AccessFile(QString dir);

    [[nodiscard]] QString tokenPath() const;
    [[nodiscard]] QString bookPath() const;
    [[nodiscard]] QString dir() const { return m_dir; }

    /// Makes what is missing: the operator's token among others. Empty, or what is wrong.
    [[nodiscard]] QString prepare(qint64 nowMs);

    /// Empty, or what is wrong; a missing file is an empty book.
    [[nodiscard]] QString read(AccessBook& book) const;

    /// Reads the book, lets `work` change it, and writes it if `work` says true. Empty, or what is wrong.
    [[nodiscard]] QString change(const std::function<bool(AccessBook&)>& work) const;

    // Changes of one kind; empty, or what is wrong, for people. What returns a secret is empty with a fault.

    /// A launch code, or one that a device pairs by.
    [[nodiscard]] QByteArray makeCode(bool isPairing, qint64 nowMs, QString& fault) const;
    /// A token; its secret is shown once.
    [[nodiscard]] QByteArray add(const QString& name, AccessRole role, const QStringList& origins,
                                 qint64 nowMs, QString& fault) const;
    [[nodiscard]] QString remove(const QString& tokenId, bool& found) const;
    [[nodiscard]] QString decide(const QString& pairingId, bool accepted, AccessRole role,
                                 qint64 nowMs) const;

    /// Where the server listens, for `plimsoll token link`; an empty object = nowhere any more.
    [[nodiscard]] QString writePlace(const QJsonObject& place) const;
    [[nodiscard]] QJsonObject readPlace() const;

private:
    QString m_dir;
};

} // namespace plimsoll
