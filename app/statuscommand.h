// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/options.h"
#include "app/tokens/catalogue.h"

#include <QByteArray>
#include <QString>

#include <functional>

namespace plimsoll {

/// `plimsoll status`: brings the history of the data folder up to date with the logs of the home, or only
/// reads the logs where no history can be kept, and says what stands in them. Blocks until it is done. Needs
/// a QCoreApplication. \param complain gets what went wrong meanwhile, for people
[[nodiscard]] QByteArray statusOf(const Options& options, const Catalogue& catalogue,
                                  const std::function<void(const QString&)>& complain);

} // namespace plimsoll
