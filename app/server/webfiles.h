// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/server/httpconnection.h"

#include <optional>

namespace plimsoll {

/// A file of the web viewer, which is built into the program; nothing for a path that is none. \param path as
/// in HttpHead
[[nodiscard]] std::optional<HttpReply> webFile(QByteArrayView path);

} // namespace plimsoll
