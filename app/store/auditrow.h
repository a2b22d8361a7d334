// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

namespace plimsoll {

/// Somebody came, was refused, or did something. Without secrets.
struct AuditRow
{
    qint64 atMs = 0; ///< ms UTC
    QString what;    ///< "connected", "refused", "token_added" …
    QString who;     ///< name of the token; empty = nobody known
    QString address;
    QString detail; ///< for people
    bool operator==(const AuditRow&) const = default;
};

} // namespace plimsoll
