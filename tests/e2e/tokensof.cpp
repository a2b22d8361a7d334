// SPDX-License-Identifier: GPL-3.0-or-later
// The tokens of a file, 4 bytes each, little endian: tokensof o200k_base|cl100k_base TEXT OUT. For
// tokens_live.py.
#include "app/tokens/tokenizer.h"

#include <QFile>
#include <QtEndian>

using namespace plimsoll;

int main(int argc, char** argv)
{
    if (argc != 4)
        return 2;
    const bool isO200k = encodingName(Encoding::O200k) == QString::fromLocal8Bit(argv[1]);
    const std::shared_ptr<const Tokenizer> tokenizer =
        Tokenizer::load(isO200k ? Encoding::O200k : Encoding::Cl100k);
    QFile in(QString::fromLocal8Bit(argv[2]));
    QFile out(QString::fromLocal8Bit(argv[3]));
    if (!tokenizer || !in.open(QIODevice::ReadOnly) || !out.open(QIODevice::WriteOnly))
        return 1;
    const QByteArray text = in.readAll();
    QByteArray bytes;
    for (const uint32_t token : tokenizer->encode({text.constData(), size_t(text.size())})) {
        const quint32 little = qToLittleEndian(token);
        bytes.append(reinterpret_cast<const char*>(&little), sizeof little);
    }
    return out.write(bytes) == bytes.size() ? 0 : 1;
}
