// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/privatefile.h"

#include <QSaveFile>

namespace plimsoll {

QString writePrivately(const QString& path, const QByteArray& bytes)
{
    QSaveFile file(path);
    // Private before the first byte is in it.
    const bool good = file.open(QIODevice::WriteOnly) &&
                      file.setPermissions(QFileDevice::ReadOwner | QFileDevice::WriteOwner) &&
                      file.write(bytes) == bytes.size() && file.commit();
    return good ? QString() : QStringLiteral("%1 cannot be written: %2").arg(path, file.errorString());
}

} // namespace plimsoll
