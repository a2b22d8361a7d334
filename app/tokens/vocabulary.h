// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace plimsoll {

/// Maps small keys to small values in one 64-bit slot each. Fixed size: holds at most what it was made for.
/// `Place` gives the slot that a key would like best, any number.
template <uint64_t (*Place)(uint64_t key)>
class PackedTable
{
public:
    static constexpr uint32_t none = (1U << 20U) - 1;

    PackedTable() = default;
    explicit PackedTable(size_t entries)
        : m_slots(std::bit_ceil(entries * 2 + 1), empty)
    {
    }

    /// \param key below 2^44, not in the table yet \param value below `none`
    void insert(uint64_t key, uint32_t value)
    {
        size_t slot = Place(key) & (m_slots.size() - 1);
        while (m_slots[slot] != empty)
            slot = (slot + 1) & (m_slots.size() - 1);
        m_slots[slot] = (key << valueBits) | value;
    }

    [[nodiscard]] uint32_t find(uint64_t key) const
    {
        for (size_t slot = Place(key);; ++slot) {
            const uint64_t entry = m_slots[slot & (m_slots.size() - 1)];
            if (entry >> valueBits == key)
                return static_cast<uint32_t>(entry & none);
            if (entry == empty)
                return none;
        }
    }

    /// Brings the slot of a key into the cache, for an insert() soon after.
    void prefetch(uint64_t key) const { __builtin_prefetch(&m_slots[Place(key) & (m_slots.size() - 1)], 1); }

private:
    static constexpr unsigned valueBits = 20;
    static constexpr uint64_t empty = ~uint64_t{0};

    std::vector<uint64_t> m_slots;
};

/// Memory that encoding needs between two pieces; one per caller.
struct EncodeScratch
{
    std::vector<uint32_t> tokens;
    std::vector<uint64_t> deadEnds; ///< a bit for each byte of the piece
    /// Answers of Vocabulary::fitting(), as far as lately asked: long runs of one character ask the same
    /// again and again.
    struct Known
    {
        uint64_t key = 0; ///< one more than the key of the question
        uint32_t token = 0;
    };
    std::array<Known, 1024> known{};
};

/// The tokens of one encoding and how they merge. Encodes pieces (see pieceEnd()) exactly as merging pairs
/// by rank does, but in linear time: a row of tokens is the encoding of a text if and only if each two
/// neighbours encode themselves, so tokens are tried from the left, the longest first, and a dead end is
/// never entered twice. Immutable, any thread.
class Vocabulary
{
public:
    /// Reads a file of `resources/tokens`; nothing if it is malformed.
    [[nodiscard]] static std::optional<Vocabulary> parse(const QByteArray& file);

    /// Encodes a piece into scratch.tokens, which it clears first. False if it was cancelled.
    /// \param piece not empty \param cancelled looked at now and then; may be null
    [[nodiscard]] bool encode(std::string_view piece, EncodeScratch& scratch,
                              const std::atomic<bool>* cancelled) const;

private:
    struct Token
    {
        uint32_t left = 0; ///< what it is merged from; of single bytes nothing
        uint32_t right = 0;
        uint32_t shorter = 0; ///< the longest token that it begins with, or noToken
        uint32_t length = 0;  ///< bytes
    };
    /// The longest token that a text begins with.
    struct Match
    {
        uint32_t token = 0;
        std::string_view
            decidedBy; ///< any text that begins with this begins with that token; empty = unknown
    };
    struct Blocks;

    /// Children stand near those of the node before theirs: a tree that grows in order stays in the cache.
    static constexpr uint64_t placeOfChild(uint64_t key)
    {
        return ((key >> 8U) << 1U) + (((key & 0xFFU) * 0x9E3779B1U >> 20U) & 0x7FFU);
    }
    static constexpr uint64_t placeOfMerge(uint64_t key) { return (key * 0x9E3779B97F4A7C15ULL) >> 40U; }
    using Children = PackedTable<placeOfChild>;
    using Merges = PackedTable<placeOfMerge>;

    [[nodiscard]] bool readTokens(const Blocks& blocks);
    [[nodiscard]] bool setToken(const Blocks& blocks, size_t index, const Token& token);
    void insertMerges();
    [[nodiscard]] Match longest(std::string_view text) const;
    [[nodiscard]] uint32_t mergeOf(uint32_t left, uint32_t right) const;
    [[nodiscard]] bool fit(uint32_t left, uint32_t right) const;
    [[nodiscard]] uint32_t fitting(uint32_t left, uint32_t longest, EncodeScratch& scratch) const;

    // A tree of all that tokens begin with, its nodes numbered in the order of their bytes. An edge leads to
    // the number of a node times two, plus one if it is a token. There is no root: every byte is a token.
    Children m_children; ///< (node, byte) → edge
    std::array<uint32_t, 256> m_bytes{};
    std::vector<uint32_t> m_ranks; ///< by node; of those that are no token nothing
    Merges m_merges;               ///< (left, right) → token
    /// A bit for each eighth of placeOfMerge(), set where a merge may be. Small enough to stay in the cache:
    /// most neighbours do not merge, and few of them need to be looked up.
    std::vector<uint64_t> m_mayMerge;
    std::vector<Token> m_tokens; ///< by rank
};

} // namespace plimsoll
