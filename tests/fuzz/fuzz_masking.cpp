// SPDX-License-Identifier: GPL-3.0-or-later
// Masking any text: what is masked stays as it is when masked again, and a secret that is planted among
// foreign text never comes through.
#include "models/masking.h"

#include <cstdlib>

using namespace plimsoll;

namespace {

QString letters(const uint8_t* bytes, size_t size, int length)
{
    const QString all = QStringLiteral("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
    quint64 state = 1469598103934665603ULL;
    for (size_t i = 0; i < size; ++i)
        state = (state ^ bytes[i]) * 1099511628211ULL;
    QString out;
    for (int i = 0; i < length; ++i) {
        state = state * 6364136223846793005ULL + 1442695040888963407ULL;
        out += all[qsizetype((state >> 33U) % quint64(all.size()))];
    }
    return out;
}

void check(const QString& text, TextEnd end)
{
    const QString once = maskSecrets(text, end);
    if (maskSecrets(once, end) != once)
        std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size)
{
    if (size < 2)
        return 0;
    // Prefixes that are looked for anywhere, even in the middle of a word.
    const std::initializer_list<const char*> prefixes{"ghp_",  "sk-ant-",  "glpat-",
                                                      "xoxb-", "sk_live_", "lin_api_"};
    const QString prefix = QString::fromLatin1(*(prefixes.begin() + bytes[0] % prefixes.size()));
    const auto* rest = reinterpret_cast<const char*>(bytes) + 2;
    const QString text = QString::fromUtf8(rest, qsizetype(size) - 2);
    check(text, TextEnd::Whole);
    check(text, TextEnd::Cut);

    const QString body = letters(bytes, size, 40);
    const qsizetype place = text.size() * bytes[1] / 256;
    const QString planted = text.left(place) + prefix + body + text.mid(place);
    const QString masked = maskSecrets(planted);
    if (masked.contains(body) || maskSecrets(masked) != masked)
        std::abort();
    return 0;
}
