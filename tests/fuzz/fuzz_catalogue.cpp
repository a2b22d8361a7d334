// SPDX-License-Identifier: GPL-3.0-or-later
// A user's models.json of any bytes: taken or refused as a whole with one line of reason, and never a wild
// price.
#include "app/tokens/catalogue.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

using namespace plimsoll;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size)
{
    static const Catalogue builtIn = Catalogue::builtIn();
    Catalogue catalogue = builtIn;
    const QByteArray json(reinterpret_cast<const char*>(bytes), static_cast<qsizetype>(size));
    const QString problem = catalogue.applyOverrides(json, QStringLiteral("models.json"));
    if (problem.contains(QLatin1Char('\n')) ||
        (!problem.isEmpty() && !problem.startsWith(QLatin1String("models.json:"))))
        std::abort();
    const TokenCounts tokens{1, 2, 3, 4, 5, 0};
    const std::string_view name(reinterpret_cast<const char*>(bytes), size);
    for (const std::string_view model : {name, std::string_view("claude-opus-4-5"), std::string_view("x")}) {
        if (catalogue.costPico(model, tokens, 0, true).value_or(0) < 0 ||
            catalogue.claudeWindow(model) <= 0 ||
            catalogue.claudeTrigger(model, catalogue.claudeWindow(model)) < 0)
            std::abort();
    }
    return 0;
}
