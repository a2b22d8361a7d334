// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/agents/reader.h"
#include "app/tokens/catalogue.h"

#include <QByteArray>

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

namespace plimsoll {

/// What one model has cost one row.
struct ModelSum
{
    uint32_t model = 0; ///< Ledger::modelName()
    int64_t responses = 0;
    int64_t unpriced = 0; ///< of them, whose price nobody knows
    int64_t costPico = 0;
    TokenCounts tokens;
};

/// Counts every API response once, across all files of the home. One response met again (copied by a fork or
/// a resume, repeated line by line) is the same by its key: of several, the one with the largest output
/// counts; its owner is the session that it names itself, else the row of the file with the oldest first
/// timestamp, else of the lexically first path. The result does not depend on the order of reading.
/// Not thread-safe: belongs to the watch thread.
class Ledger
{
public:
    using Row = uint32_t;
    using File = uint32_t;

    explicit Ledger(const Catalogue& catalogue);

    /// A new file; its first timestamp and path decide who owns what several files hold.
    [[nodiscard]] File addFile(const QByteArray& path);
    /// \param firstAtMs ms UTC, 0 = not known yet
    void setFirstAt(File file, int64_t firstAtMs);

    /// Tells that `row` is the main row of a session, so that responses can name it as their owner.
    void nameSession(uint64_t sessionHash, Row row);

    /// \param models names by Response::model
    void add(const Response& response, File file, Row row, const std::vector<std::string>& models);

    /// The same compaction may stand in several files; it belongs to one.
    void addCompaction(uint64_t key, File file, Row row);
    [[nodiscard]] bool ownsCompaction(uint64_t key, File file) const;

    [[nodiscard]] const std::vector<ModelSum>& sums(Row row) const;
    [[nodiscard]] const std::string& modelName(uint32_t model) const { return m_models[model]; }

    /// A response that a row owns and that filled its window.
    struct Sample
    {
        int64_t atMs = 0; ///< ms UTC
        TokenCounts tokens;
    };
    /// In no order. Looks at every response of the home: for single questions.
    [[nodiscard]] std::vector<Sample> samples(Row row) const;

    /// Rows whose sums changed since the last call.
    [[nodiscard]] std::vector<Row> takeChangedRows();

    /// Cost by slots of spendSlotMs from `fromMs` on, ascending.
    [[nodiscard]] QList<SpendSlot> spendSince(int64_t fromMs) const;

private:
    struct FileRank
    {
        int64_t firstAtMs = 0;
        QByteArray path;
    };
    /// Tokens of one response in half the room: there are hundreds of thousands. What is more than four
    /// billion is made up, and reads as that.
    struct ShortCounts
    {
        ShortCounts() = default;
        explicit ShortCounts(const TokenCounts& counts);
        [[nodiscard]] TokenCounts whole() const;

        uint32_t input = 0;
        uint32_t output = 0;
        uint32_t cacheRead = 0;
        uint32_t cacheWrite5m = 0;
        uint32_t cacheWrite1h = 0;
        uint32_t reasoning = 0;
    };
    struct Entry
    {
        uint64_t key = 0;
        int64_t atMs = 0;
        ShortCounts tokens;
        Row row = 0;
        File ownerFile = 0;
        File bestFile = 0;
        uint16_t model : 12 = 0; ///< below maxModels
        bool fast : 1 = false;
        bool fillsContext : 1 = true;
        bool ownerNamed : 1 = false; ///< the response named its owner itself
    };
    static_assert(sizeof(Entry) == 56, "there are hundreds of thousands");
    static constexpr size_t maxModels =
        4096; ///< a home has dozens; the rest would be made up by a hostile log
    /// A response that names a session of which nobody has told yet.
    struct Claim
    {
        uint64_t key = 0;
        File file = 0;
    };
    struct CompactionOwner
    {
        File file = 0;
        Row row = 0;
    };

    /// Where an entry is, and the low half of its key: enough to find its place, and to pass by most others.
    struct Slot
    {
        uint32_t keyBits = 0;
        uint32_t entry = 0; ///< index + 1, 0 = free
    };

    [[nodiscard]] Entry& entryAt(size_t index)
    {
        return m_entries[index / entriesPerBlock][index % entriesPerBlock];
    }
    [[nodiscard]] Entry& newEntry();
    [[nodiscard]] Entry& entryFor(uint64_t key, bool& isNew);
    void grow();
    [[nodiscard]] bool ranksBefore(File a, File b) const;
    [[nodiscard]] uint16_t modelId(const std::string& name);
    void book(const Entry& entry, int sign);
    void markChanged(Row row);

    const Catalogue& m_catalogue;
    std::vector<FileRank> m_files;
    static constexpr size_t entriesPerBlock = 1024;
    std::vector<std::vector<Entry>> m_entries; ///< in blocks that are never moved: there are millions
    size_t m_entryCount = 0;
    std::vector<Slot> m_slots; ///< open addressing
    std::unordered_map<uint64_t, Row> m_rowBySession;
    std::unordered_multimap<uint64_t, Claim> m_claims; ///< by session
    std::unordered_map<uint64_t, CompactionOwner> m_compactions;
    std::vector<std::vector<ModelSum>> m_rows;
    std::vector<char> m_isChanged;
    std::vector<Row> m_changed;
    std::vector<std::string> m_models;
    std::map<int64_t, int64_t> m_spend; ///< slot start, ms UTC → pico-USD
};

} // namespace plimsoll
