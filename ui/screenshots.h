// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

namespace plimsoll {

class Host;

/// Writes the README's pictures of a host that plays at once: main-dark.png, main-light.png,
/// main-dark-200.png (both sides doubled), main-small.png (1024 × 640) and empty.png. Runs the event loop
/// until each picture stands still; touches no settings of the operator. GUI thread, with the offscreen
/// platform. \param folder is created when missing \return false with `error` for people where a file could
/// not be written
[[nodiscard]] bool writeScreenshots(Host& host, const QString& folder, QString* error);

} // namespace plimsoll
