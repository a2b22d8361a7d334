// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/tokens/tokenizer.h"
#include "app/tokens/utf8.h"

#include <QFile>

#include <algorithm>
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
        const auto count = qsizetype(byte(8) | (byte(9) << 8U) | (byte(10) << 16U));
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

    static constexpr uint32_t noRank = ~0U;

    [[nodiscard]] uint32_t rankOf(std::string_view text) const
    {
        const auto found = m_ranks.find(text);
        return found == m_ranks.end() ? noRank : found->second;
    }

    void addPiece(std::string_view piece, std::vector<uint32_t>& tokens) const
    {
        if (const uint32_t whole = rankOf(piece); whole != noRank) {
            tokens.push_back(whole);
            return;
        }
        std::vector<size_t> cuts; // where parts begin, and the end
        for (size_t i = 0; i <= piece.size(); ++i)
            cuts.push_back(i);
        const auto partsFrom = [&](size_t i, size_t count) {
            return rankOf(piece.substr(cuts[i], cuts[i + count] - cuts[i]));
        };
        std::vector<uint32_t> pairs; // by part: the rank of what it and the next one make
        for (size_t i = 0; i + 2 < cuts.size(); ++i)
            pairs.push_back(partsFrom(i, 2));
        while (!pairs.empty()) {
            const auto lowest = std::min_element(pairs.begin(), pairs.end()); // the first of equal ones
            if (*lowest == noRank)
                break;
            const auto at = static_cast<size_t>(lowest - pairs.begin());
            pairs.erase(lowest);
            cuts.erase(cuts.begin() + static_cast<ptrdiff_t>(at) + 1);
            for (const size_t i : {at - 1, at}) {
                if (i < pairs.size())
                    pairs[i] = partsFrom(i, 2);
            }
        }
        for (size_t i = 0; i + 1 < cuts.size(); ++i)
            tokens.push_back(partsFrom(i, 1));
    }

    const Encoding m_encoding;
    const std::optional<CharClasses> m_classes;
    std::unordered_map<std::string, uint32_t, Hash, std::equal_to<>> m_ranks;
};

} // namespace plimsoll::test
