// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/tokens/catalogue.h"

#include <QByteArray>
#include <QString>

#include <string>
#include <utility>
#include <vector>

namespace plimsoll {

/// A `models.json` as read: the built-in one or a user's. Plain value.
struct CatalogueFile
{
    struct Record
    {
        ModelEntry entry;
        bool saysFastFactor = false;
        /// Takes from `other` what this record leaves out.
        void fillFrom(const ModelEntry& other);
    };

    std::vector<Record> records;
    std::vector<std::pair<std::string, std::string>> aliases; ///< other name → id of a record
    QString problem;                                          ///< "file:line: reason"; empty = good
};

/// Reads {"models":[{"id", "context_window", "max_output", "fast_factor", "aliases",
/// "prices_usd_per_mtok"}]}. Prices are one object {input, output, cache_read, cache_write_5m,
/// cache_write_1h, steps:[{above_tokens, …}]} or a list of such with "from" (ISO date) in all but the first.
/// Unknown keys are skipped; a wrong value makes the whole file bad. Pure, total on any bytes.
[[nodiscard]] CatalogueFile readCatalogueFile(const QByteArray& json, const QString& fileName);

} // namespace plimsoll
