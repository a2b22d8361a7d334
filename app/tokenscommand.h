// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/agents/kinds.h"

#include <QByteArray>
#include <QList>
#include <QString>

#include <optional>

namespace plimsoll {

/// All bytes of a file, or of standard input for "-". Nothing, and why in `error`, if it cannot be read or
/// has more than 256 MB. Waits for whoever writes to standard input.
[[nodiscard]] std::optional<QByteArray> readInput(const QString& path, QString& error);

/// What `plimsoll tokens` prints about a text: see tokencount.h. Learns from the logs below the roots where
/// the model needs it. Empty if the resources of the program are damaged.
/// \param dataDir whose history, if there is one, keeps what was learned; may be empty
[[nodiscard]] QByteArray tokensOutput(const QByteArray& text, const QString& model, bool json,
                                      const QList<LogRoot>& roots, const QString& dataDir = {});

} // namespace plimsoll
