// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/tokens/contentkind.h"

#include <array>

namespace plimsoll {

namespace {

constexpr std::array<const char*, contentKindCount> names{"prose", "code", "other_script"};

} // namespace

ContentKind contentKindOf(std::string_view text)
{
    constexpr size_t looked = size_t{64} * 1024;
    // English prose has 3 to 10 % signs and digits, technical Markdown up to 16 %, sources 20 % and more.
    constexpr double mostSignsInProse = 0.18;
    constexpr double mostForeignInLatin = 0.30; // French and Czech stay below
    size_t letters = 0;
    size_t foreign = 0;
    size_t signs = 0;
    for (const char c : text.substr(0, looked)) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x80)
            foreign += byte >= 0xC0 ? 1 : 0; // the first byte of each character
        else if ((byte | 0x20U) >= 'a' && (byte | 0x20U) <= 'z')
            ++letters;
        else if (byte > ' ')
            ++signs;
    }
    if (double(foreign) > mostForeignInLatin * double(letters + foreign))
        return ContentKind::OtherScript;
    return double(signs) > mostSignsInProse * double(letters + foreign + signs) ? ContentKind::Code
                                                                                : ContentKind::Prose;
}

QString toName(ContentKind kind)
{
    return QLatin1String(names[static_cast<size_t>(kind)]);
}

std::optional<ContentKind> contentKindFromName(const QString& name)
{
    for (size_t i = 0; i < names.size(); ++i) {
        if (name == QLatin1String(names[i]))
            return static_cast<ContentKind>(i);
    }
    return std::nullopt;
}

} // namespace plimsoll
