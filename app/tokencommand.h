// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/options.h"

#include <functional>

namespace plimsoll {

/// Where the command says things.
struct AccessTexts
{
    std::function<void(const QString&)> result; ///< what was asked for
    std::function<void(const QString&)> say;    ///< for the person at the terminal
};

/// `plimsoll token …` on the files of a data folder; a server that runs on it takes notice by itself. `pair`
/// waits for the device and asks on standard input. Blocks. \param dataDir absolute path of an existing
/// folder \return empty, or what is wrong
[[nodiscard]] QString runTokenCommand(const AccessCommand& command, bool json, const QString& dataDir,
                                      const AccessTexts& texts);

} // namespace plimsoll
