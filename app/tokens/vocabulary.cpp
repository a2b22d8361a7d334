// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/tokens/vocabulary.h"

#include <algorithm>
#include <limits>

namespace plimsoll {

namespace {

constexpr uint32_t singleBytes = 256;     ///< the first ranks are the bytes
constexpr uint32_t maxTokens = 1U << 18U; ///< so that two fit into a key
constexpr uint32_t maxNodes = 1U << 19U;  ///< so that an edge fits into a value
constexpr size_t maxTokenBytes = 255;
constexpr size_t places = size_t{1} << 24U; ///< of Vocabulary::placeOfMerge()
constexpr uint32_t noToken = std::numeric_limits<uint32_t>::max();
constexpr uint32_t noEdge = noToken;

uint64_t childKey(uint32_t node, unsigned char byte)
{
    return (uint64_t{node} << 8U) | byte;
}

uint64_t mergeKey(uint32_t left, uint32_t right)
{
    return (uint64_t{left} << 18U) | right;
}

} // namespace

/// The file as make-vocabularies.py writes it; views into it.
struct Vocabulary::Blocks
{
    std::string_view shared;
    std::string_view rest;
    std::string_view left;
    std::string_view ranks;
    std::string_view rights;
    std::string_view bytes;

    [[nodiscard]] static std::optional<Blocks> in(std::string_view file);
    [[nodiscard]] size_t count() const { return shared.size(); }
    [[nodiscard]] static uint32_t number(std::string_view block, size_t i)
    {
        const auto byte = [&](size_t at) { return uint32_t{static_cast<unsigned char>(block[3 * i + at])}; };
        return byte(0) | (byte(1) << 8U) | (byte(2) << 16U);
    }
    /// Puts the next token together from the one before it; false if the file is not whole.
    [[nodiscard]] bool next(size_t i, std::string& token, size_t& at) const
    {
        const auto kept = static_cast<unsigned char>(shared[i]);
        const auto added = static_cast<unsigned char>(rest[i]);
        if (kept > token.size() || added == 0 || added > bytes.size() - at || kept + added > maxTokenBytes)
            return false;
        token.resize(kept);
        token += bytes.substr(at, added);
        at += added;
        return true;
    }
};

std::optional<Vocabulary::Blocks> Vocabulary::Blocks::in(std::string_view file)
{
    constexpr std::string_view magic("PLVOC1\n\0", 8);
    if (!file.starts_with(magic) || file.size() < magic.size() + 8)
        return std::nullopt;
    file.remove_prefix(magic.size());
    const auto number = [&] {
        uint32_t value = 0;
        for (size_t i = 0; i < 4; ++i)
            value |= uint32_t{static_cast<unsigned char>(file[i])} << (8 * i);
        file.remove_prefix(4);
        return value;
    };
    const uint32_t tokens = number();
    const uint32_t stored = number();
    if (tokens < singleBytes || tokens > maxTokens || stored > maxNodes ||
        file.size() != size_t{tokens} * 9 + stored)
        return std::nullopt;
    const auto take = [&](size_t size) {
        const std::string_view block = file.substr(0, size);
        file.remove_prefix(size);
        return block;
    };
    Blocks blocks;
    blocks.shared = take(tokens);
    blocks.rest = take(tokens);
    blocks.left = take(tokens);
    blocks.ranks = take(size_t{tokens} * 3);
    blocks.rights = take(size_t{tokens} * 3);
    blocks.bytes = take(stored);
    return blocks;
}

std::optional<Vocabulary> Vocabulary::parse(const QByteArray& file)
{
    const std::optional<Blocks> blocks = Blocks::in({file.constData(), size_t(file.size())});
    if (!blocks)
        return std::nullopt;
    Vocabulary vocabulary;
    vocabulary.m_children = Children(blocks->bytes.size());
    vocabulary.m_ranks.resize(blocks->bytes.size());
    vocabulary.m_merges = Merges(blocks->count());
    vocabulary.m_mayMerge.resize(places / 512);
    vocabulary.m_tokens.resize(blocks->count());
    vocabulary.m_bytes.fill(noEdge);
    if (!vocabulary.readTokens(*blocks))
        return std::nullopt;
    vocabulary.insertMerges();
    return vocabulary;
}

/// Grows the tree. In the order of the file a token comes before all that begin with it, so each byte that
/// the file holds is a new node.
bool Vocabulary::readTokens(const Blocks& blocks)
{
    std::string text;
    std::array<uint32_t, maxTokenBytes> path{};     // the nodes of `text`
    std::array<uint32_t, maxTokenBytes + 1> best{}; // by length: the longest token in `text` up to there
    best[0] = noToken;
    uint32_t node = 0;
    size_t at = 0;
    for (size_t i = 0; i < blocks.count(); ++i) {
        if (!blocks.next(i, text, at))
            return false;
        const size_t last = text.size() - 1;
        for (size_t k = static_cast<unsigned char>(blocks.shared[i]); k <= last; ++k, ++node) {
            const auto byte = static_cast<unsigned char>(text[k]);
            const uint32_t edge = node * 2 + (k == last ? 1 : 0);
            if (k > 0)
                m_children.insert(childKey(path[k - 1], byte), edge);
            else if (last == 0 && m_bytes[byte] == noEdge)
                m_bytes[byte] = edge;
            else
                return false;
            path[k] = node;
            best[k + 1] = best[k];
        }
        const size_t left = static_cast<unsigned char>(blocks.left[i]);
        if (left > last)
            return false;
        if (!setToken(blocks, i, {best[left], 0, best[last], static_cast<uint32_t>(text.size())}))
            return false;
        best[last + 1] = Blocks::number(blocks.ranks, i);
        m_ranks[path[last]] = best[last + 1];
    }
    return at == blocks.bytes.size();
}

/// Parts rank below what they make: what fit() relies on to come to an end.
bool Vocabulary::setToken(const Blocks& blocks, size_t index, const Token& token)
{
    const uint32_t rank = Blocks::number(blocks.ranks, index);
    const uint32_t right = Blocks::number(blocks.rights, index);
    if (rank >= m_tokens.size() || m_tokens[rank].length != 0)
        return false;
    m_tokens[rank] = token;
    m_tokens[rank].right = right;
    const bool isByte = token.length == 1;
    return isByte ? rank < singleBytes : rank >= singleBytes && token.left < rank && right < rank;
}

void Vocabulary::insertMerges()
{
    constexpr size_t ahead = 16;
    for (size_t rank = singleBytes; rank < m_tokens.size(); ++rank) {
        const Token& later = m_tokens[std::min(rank + ahead, m_tokens.size() - 1)];
        m_merges.prefetch(mergeKey(later.left, later.right));
        const Token& token = m_tokens[rank];
        const uint64_t key = mergeKey(token.left, token.right);
        m_merges.insert(key, static_cast<uint32_t>(rank));
        m_mayMerge[placeOfMerge(key) / 512] |= uint64_t{1} << (placeOfMerge(key) / 8 % 64);
    }
}

Vocabulary::Match Vocabulary::longest(std::string_view text) const
{
    uint32_t edge = m_bytes[static_cast<unsigned char>(text.front())];
    uint32_t best = edge;
    for (size_t i = 1; i < text.size(); ++i) {
        edge = m_children.find(childKey(edge / 2, static_cast<unsigned char>(text[i])));
        if (edge == Children::none)
            return {m_ranks[best / 2], text.substr(0, i + 1)};
        if (edge % 2 == 1)
            best = edge;
    }
    return {m_ranks[best / 2], {}};
}

/// What two neighbours merge into, noToken if they do not.
uint32_t Vocabulary::mergeOf(uint32_t left, uint32_t right) const
{
    const uint64_t key = mergeKey(left, right);
    const uint64_t place = placeOfMerge(key);
    if (((m_mayMerge[place / 512] >> (place / 8 % 64)) & 1U) == 0)
        return noToken;
    const uint32_t merged = m_merges.find(key);
    return merged == Merges::none ? noToken : merged;
}

/// Whether two tokens stay as they are when their bytes are encoded together: at no time on the way there
/// have the parts at their border merged. Goes back in time: `limit` is the rank at which the first of the
/// two was taken up into what it is part of. Of merges of equal rank the left one goes first.
bool Vocabulary::fit(uint32_t left, uint32_t right) const
{
    uint32_t limit = std::numeric_limits<uint32_t>::max();
    for (;;) {
        if (mergeOf(left, right) < limit)
            return false;
        if (left > right) {
            if (left < singleBytes)
                return true;
            limit = left;
            left = m_tokens[left].right;
        } else {
            if (right < singleBytes)
                return true;
            limit = right + 1;
            right = m_tokens[right].left;
        }
    }
}

/// The longest token that fits behind `left`: `longest` or one that it begins with; noToken if there is none.
uint32_t Vocabulary::fitting(uint32_t left, uint32_t longest, EncodeScratch& scratch) const
{
    const uint64_t key = mergeKey(left, longest);
    EncodeScratch::Known& known = scratch.known[placeOfMerge(key) % scratch.known.size()];
    if (known.key != key + 1) {
        uint32_t token = longest;
        while (token != noToken && !fit(left, token))
            token = m_tokens[token].shorter;
        known = {key + 1, token};
    }
    return known.token;
}

bool Vocabulary::encode(std::string_view piece, EncodeScratch& scratch,
                        const std::atomic<bool>* cancelled) const
{
    constexpr uint32_t stepsBetweenLooks = 1U << 14U;
    std::vector<uint32_t>& tokens = scratch.tokens;
    std::vector<uint64_t>& dead = scratch.deadEnds;
    tokens.clear();
    Match match = longest(piece);
    uint32_t token = match.token; // what may stand at `at`: it, or what it begins with
    if (m_tokens[token].length == piece.size()) {
        tokens.push_back(token);
        return true;
    }
    dead.assign(piece.size() / 64 + 1, 0);
    size_t at = 0;
    for (uint32_t steps = 1;; ++steps) {
        if (steps % stepsBetweenLooks == 0 && cancelled && *cancelled)
            return false;
        if (token != noToken && !tokens.empty())
            token = fitting(tokens.back(), token, scratch);
        if (token == noToken) {
            // The first token never runs out: the encoding exists.
            if (tokens.empty())
                return false;
            dead[at / 64] |= uint64_t{1} << (at % 64);
            at -= m_tokens[tokens.back()].length;
            token = m_tokens[tokens.back()].shorter;
            tokens.pop_back();
            continue;
        }
        const size_t end = at + m_tokens[token].length;
        if (((dead[end / 64] >> (end % 64)) & 1U) != 0) {
            token = m_tokens[token].shorter;
            continue;
        }
        tokens.push_back(token);
        at = end;
        if (at == piece.size())
            return true;
        const std::string_view left = piece.substr(at);
        // In a long run of one character it is what it was.
        if (match.decidedBy.empty() || !left.starts_with(match.decidedBy))
            match = longest(left);
        token = match.token;
    }
}

} // namespace plimsoll
