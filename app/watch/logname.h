// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QHash>

#include <tuple>

namespace plimsoll {

/// Names one log: its root and its path below it. In two parts, which all who name the log share: a path of
/// its own for each of them would be hundreds of bytes for each of thousands of logs.
struct LogName
{
    QByteArray root;     ///< absolute
    QByteArray relative; ///< below the root

    bool operator==(const LogName&) const = default;
    bool operator<(const LogName& other) const
    {
        return std::tie(root, relative) < std::tie(other.root, other.relative);
    }
};

[[nodiscard]] inline size_t qHash(const LogName& name, size_t seed = 0) noexcept
{
    return qHashMulti(seed, name.root, name.relative);
}

} // namespace plimsoll
