// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/tokens/tokenizer.h"
#include "app/tokens/utf8.h"

#include <QFile>

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace plimsoll::test {

/// The definition of byte-pair encoding, as plainly as it can be said: of all neighbours that make a token
/// the ones that rank lowest are merged, the left ones first, until none are left. Slow; what the real one is
/// compared with.
class MergeByRank
{
public:
    /// Once a Tokenizer has been loaded: its resources are read here.
    explicit MergeByRank(Encoding encoding)
        : m_encoding(encoding)
        , m_classes(CharClasses::parse(bytesOf(QStringLiteral("charclasses.txt"))))
    {
        const QByteArray file = bytesOf(encodingName(encoding) + QStringLiteral(".vocabulary"));
        constexpr qsizetype head = 16;
        const auto byte = [&](qsizetype at) { return uint32_t(static_cast<unsigned char>(file.at(at))); };
        const qsizetype count = qsizetype(byte(8) | (byte(9) << 8U) | (byte(10) << 16U));
        qsizetype at = head + count * 9;
        std::string token;
        for (qsizetype i = 0; i < count; ++i) {
            token.resize(byte(head + i));
            const auto rest = qsizetype(byte(head + count + i));
            token.append(file.constData() + at, size_t(rest));
            at += rest;
            const qsizetype rank = head + count * 3 + i * 3;
            m_ranks[token] = byte(rank) | (byte(rank + 1) << 8U) | (byte(rank + 2) << 16U);
        }
    }

    [[nodiscard]] std::vector<uint32_t> encode(std::string_view broken) const
    {
        const std::string text = repairedUtf8(broken);
        std::vector<uint32_t> tokens;
        for (size_t at = 0; at < text.size();) {
            const size_t end = pieceEnd(text, at, m_encoding, *m_classes);
            addPiece(std::string_view(text).substr(at, end - at), tokens);
            at = end;
        }
        return tokens;
    }

private:
    static QByteArray bytesOf(const QString& name)
    {
        QFile file(QStringLiteral(":/tokens/") + name);
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }

    struct Hash
    {
        using is_transparent = void;
        size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
    };

    void addPiece(std::string_view piece, std::vector<uint32_t>& tokens) const
    {
        std::vector<size_t> cuts{0}; // where parts begin, and the end
        if (m_ranks.find(piece) != m_ranks.end())
            cuts.push_back(piece.size());
        else
            for (size_t i = 1; i <= piece.size(); ++i)
                cuts.push_back(i);
        while (mergeOne(piece, cuts)) {
        }
        for (size_t i = 0; i + 1 < cuts.size(); ++i)
            tokens.push_back(m_ranks.find(piece.substr(cuts[i], cuts[i + 1] - cuts[i]))->second);
    }

    bool mergeOne(std::string_view piece, std::vector<size_t>& cuts) const
    {
        uint32_t lowest = ~0U;
        size_t where = 0;
        for (size_t i = 0; i + 2 < cuts.size(); ++i) {
            const auto found = m_ranks.find(piece.substr(cuts[i], cuts[i + 2] - cuts[i]));
            if (found != m_ranks.end() && found->second < lowest) {
                lowest = found->second;
                where = i;
            }
        }
        if (lowest == ~0U)
            return false;
        cuts.erase(cuts.begin() + static_cast<ptrdiff_t>(where) + 1);
        return true;
    }

    const Encoding m_encoding;
    const std::optional<CharClasses> m_classes;
    std::unordered_map<std::string, uint32_t, Hash, std::equal_to<>> m_ranks;
};

} // namespace plimsoll::test
