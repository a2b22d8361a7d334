// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QString>

namespace plimsoll {

/// Replaces a file as a whole, which nobody but its owner may read, at no moment; the folder must exist.
/// Blocks on the disk: any thread but that of a server or, with large files, the GUI. Empty, or what is
/// wrong, for people.
[[nodiscard]] QString writePrivately(const QString& path, const QByteArray& bytes);

} // namespace plimsoll
