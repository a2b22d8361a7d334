// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/watch/ledger.h"

#include <algorithm>
#include <limits>

namespace plimsoll {

namespace {

uint32_t shortened(int64_t count)
{
    return static_cast<uint32_t>(std::clamp<int64_t>(count, 0, std::numeric_limits<uint32_t>::max()));
}

} // namespace

Ledger::ShortCounts::ShortCounts(const TokenCounts& counts)
    : input(shortened(counts.input))
    , output(shortened(counts.output))
    , cacheRead(shortened(counts.cacheRead))
    , cacheWrite5m(shortened(counts.cacheWrite5m))
    , cacheWrite1h(shortened(counts.cacheWrite1h))
    , reasoning(shortened(counts.reasoning))
{
}

TokenCounts Ledger::ShortCounts::whole() const
{
    return {input, output, cacheRead, cacheWrite5m, cacheWrite1h, reasoning};
}

Ledger::Ledger(const Catalogue& catalogue)
    : m_catalogue(catalogue)
    , m_slots(1024)
{
}

Ledger::File Ledger::addFile(const QByteArray& path)
{
    m_files.push_back({0, path});
    return static_cast<File>(m_files.size() - 1);
}

void Ledger::setFirstAt(File file, int64_t firstAtMs)
{
    m_files[file].firstAtMs = firstAtMs;
}

void Ledger::nameSession(uint64_t sessionHash, Row row)
{
    if (!m_rowBySession.emplace(sessionHash, row).second)
        return;
    const auto [first, last] = m_claims.equal_range(sessionHash);
    for (auto it = first; it != last; ++it) {
        bool isNew = false;
        Entry& entry = entryFor(it->second.key, isNew);
        if (entry.ownerNamed && !ranksBefore(it->second.file, entry.ownerFile))
            continue;
        book(entry, -1);
        entry.row = row;
        entry.ownerFile = it->second.file;
        entry.ownerNamed = true;
        book(entry, +1);
    }
    m_claims.erase(first, last);
}

bool Ledger::ranksBefore(File a, File b) const
{
    if (a == b)
        return false;
    const FileRank& left = m_files[a];
    const FileRank& right = m_files[b];
    if (left.firstAtMs != right.firstAtMs) {
        if (left.firstAtMs == 0 || right.firstAtMs == 0)
            return left.firstAtMs != 0;
        return left.firstAtMs < right.firstAtMs;
    }
    return left.path < right.path;
}

void Ledger::grow()
{
    std::vector<Slot> grown(m_slots.size() * 2);
    const size_t mask = grown.size() - 1;
    for (const Slot& old : m_slots) {
        if (old.entry == 0)
            continue;
        size_t slot = old.keyBits & mask;
        while (grown[slot].entry != 0)
            slot = (slot + 1) & mask;
        grown[slot] = old;
    }
    m_slots = std::move(grown);
}

Ledger::Entry& Ledger::newEntry()
{
    if (m_entryCount % entriesPerBlock == 0)
        m_entries.emplace_back().reserve(entriesPerBlock);
    ++m_entryCount;
    return m_entries.back().emplace_back();
}

Ledger::Entry& Ledger::entryFor(uint64_t key, bool& isNew)
{
    if ((m_entryCount + 1) * 4 > m_slots.size() * 3)
        grow();
    const auto keyBits = static_cast<uint32_t>(key);
    const size_t mask = m_slots.size() - 1;
    size_t slot = keyBits & mask;
    for (; m_slots[slot].entry != 0; slot = (slot + 1) & mask) {
        if (m_slots[slot].keyBits != keyBits)
            continue;
        Entry& entry = entryAt(m_slots[slot].entry - 1);
        if (entry.key == key) {
            isNew = false;
            return entry;
        }
    }
    isNew = true;
    Entry& entry = newEntry();
    entry.key = key;
    m_slots[slot] = {keyBits, static_cast<uint32_t>(m_entryCount)};
    return entry;
}

uint16_t Ledger::modelId(const std::string& name)
{
    for (size_t i = m_models.size(); i-- > 0;) {
        if (m_models[i] == name)
            return static_cast<uint16_t>(i);
    }
    if (m_models.size() >= maxModels)
        return static_cast<uint16_t>(m_models.size() - 1);
    m_models.push_back(name);
    return static_cast<uint16_t>(m_models.size() - 1);
}

void Ledger::add(const Response& response, File file, Row row, const std::vector<std::string>& models)
{
    bool isNew = false;
    Entry& entry = entryFor(response.key, isNew);
    const bool names = response.ownerHash != 0 && response.thread == 0;
    const auto named = names ? m_rowBySession.find(response.ownerHash) : m_rowBySession.end();
    const bool ownerNamed = named != m_rowBySession.end();
    if (names && !ownerNamed)
        m_claims.emplace(response.ownerHash, Claim{response.key, file});
    const bool takesOver = isNew || (ownerNamed && !entry.ownerNamed) ||
                           (ownerNamed == entry.ownerNamed && ranksBefore(file, entry.ownerFile));
    const uint32_t output = shortened(response.tokens.output);
    const bool isBetter = isNew || output > entry.tokens.output ||
                          (output == entry.tokens.output && ranksBefore(file, entry.bestFile));
    if (!takesOver && !isBetter)
        return;
    if (!isNew)
        book(entry, -1);
    if (takesOver) {
        entry.row = ownerNamed ? named->second : row;
        entry.ownerFile = file;
        entry.ownerNamed = ownerNamed;
    }
    if (isBetter) {
        entry.tokens = ShortCounts(response.tokens);
        entry.bestFile = file;
        entry.atMs = response.atMs;
        entry.model = modelId(models[response.model]);
        entry.fast = response.fast;
        entry.fillsContext = response.fillsContext;
    }
    book(entry, +1);
}

/// Adds a response to the sums of its row and to the spend of its time, or takes it back.
void Ledger::book(const Entry& entry, int sign)
{
    if (entry.row >= m_rows.size())
        m_rows.resize(entry.row + 1);
    std::vector<ModelSum>& sums = m_rows[entry.row];
    auto sum =
        std::find_if(sums.begin(), sums.end(), [&](const ModelSum& s) { return s.model == entry.model; });
    if (sum == sums.end()) {
        sums.push_back({entry.model, 0, 0, 0, {}});
        sum = sums.end() - 1;
    }
    const TokenCounts tokens = entry.tokens.whole();
    const std::optional<int64_t> cost =
        m_catalogue.costPico(m_models[entry.model], tokens, entry.atMs, entry.fast);
    sum->responses += sign;
    sum->unpriced += cost ? 0 : sign;
    sum->costPico = saturatingSum(sum->costPico, sign * cost.value_or(0));
    if (sign > 0)
        sum->tokens += tokens;
    else
        sum->tokens -= tokens;
    if (sum->responses == 0)
        sums.erase(sum);
    if (cost && entry.atMs > 0) {
        int64_t& slot = m_spend[entry.atMs - entry.atMs % spendSlotMs];
        slot = saturatingSum(slot, sign * *cost);
    }
    markChanged(entry.row);
}

void Ledger::markChanged(Row row)
{
    if (row >= m_isChanged.size())
        m_isChanged.resize(row + 1);
    if (m_isChanged[row])
        return;
    m_isChanged[row] = 1;
    m_changed.push_back(row);
}

std::vector<Ledger::Row> Ledger::takeChangedRows()
{
    for (const Row row : m_changed)
        m_isChanged[row] = 0;
    return std::exchange(m_changed, {});
}

void Ledger::addCompaction(uint64_t key, File file, Row row)
{
    const auto [it, isNew] = m_compactions.try_emplace(key, CompactionOwner{file, row});
    if (!isNew && ranksBefore(file, it->second.file)) {
        markChanged(it->second.row);
        it->second = {file, row};
    }
    if (it->second.file == file)
        markChanged(row);
}

bool Ledger::ownsCompaction(uint64_t key, File file) const
{
    const auto it = m_compactions.find(key);
    return it != m_compactions.end() && it->second.file == file;
}

const std::vector<ModelSum>& Ledger::sums(Row row) const
{
    static const std::vector<ModelSum> none;
    return row < m_rows.size() ? m_rows[row] : none;
}

std::vector<Ledger::Sample> Ledger::samples(Row row) const
{
    std::vector<Sample> out;
    for (const std::vector<Entry>& block : m_entries) {
        for (const Entry& entry : block) {
            if (entry.row == row && entry.fillsContext && entry.atMs > 0)
                out.push_back({entry.atMs, entry.tokens.whole()});
        }
    }
    return out;
}

QList<SpendSlot> Ledger::spendSince(int64_t fromMs) const
{
    QList<SpendSlot> out;
    for (auto it = m_spend.lower_bound(fromMs); it != m_spend.end(); ++it) {
        if (it->second != 0)
            out.append({it->first, it->second});
    }
    return out;
}

} // namespace plimsoll
