// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/tokens/catalogue.h"

#include "app/tokens/cataloguefile.h"

#include <QFile>

#include <algorithm>
#include <array>

// Must stand outside every namespace: the resource of a static library is only there once it is asked for.
static void initModelsResource()
{
    Q_INIT_RESOURCE(models);
}

namespace plimsoll {

namespace {

constexpr std::string_view millionSuffix = "[1m]";

/// Takes `suffix` off the end; false if it is not there.
bool chop(std::string_view& text, std::string_view suffix)
{
    if (!text.ends_with(suffix))
        return false;
    text.remove_suffix(suffix.size());
    return true;
}

bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}

/// Takes a date off the end: "-20250929", "@20250929" or "-2025-08-07".
void chopDate(std::string_view& text)
{
    constexpr std::array<std::string_view, 3> shapes{"-########", "@########", "-####-##-##"};
    for (const std::string_view shape : shapes) {
        if (text.size() <= shape.size())
            continue;
        const std::string_view tail = text.substr(text.size() - shape.size());
        const bool fits = std::equal(tail.begin(), tail.end(), shape.begin(),
                                     [](char c, char s) { return s == '#' ? isDigit(c) : c == s; });
        if (fits && tail.substr(1, 2) == "20") {
            text.remove_suffix(shape.size());
            return;
        }
    }
}

/// Takes "-v1", "-v1:0" … off the end, as Bedrock writes ids.
void chopRevision(std::string_view& text)
{
    const size_t at = text.rfind("-v");
    if (at == std::string_view::npos || at == 0 || at + 2 >= text.size() || !isDigit(text[at + 2]))
        return;
    const std::string_view tail = text.substr(at + 2);
    if (std::all_of(tail.begin(), tail.end(), [](char c) { return isDigit(c) || c == ':'; }))
        text = text.substr(0, at);
}

int64_t cost(const TokenCounts& tokens, const Price& price, int factor)
{
    // Counts come from foreign logs and may not overflow: 128 bits hold 5 × 2^63 × 2^40 × 1000.
    __extension__ using Wide = __int128;
    const Wide sum = Wide(tokens.input) * price.input + Wide(tokens.output) * price.output +
                     Wide(tokens.cacheRead) * price.cacheRead +
                     Wide(tokens.cacheWrite5m) * price.cacheWrite5m +
                     Wide(tokens.cacheWrite1h) * price.cacheWrite1h;
    constexpr Wide largest = int64_t{1} << 60; // leaves room to add several rows up
    return static_cast<int64_t>(std::clamp<Wide>(sum * factor, 0, largest));
}

/// The price that holds for a whole request with this prompt at this time.
const Price& priceAt(const ModelEntry& entry, int64_t atMs, int64_t prompt)
{
    const PricePeriod* period = &entry.prices.front();
    for (const PricePeriod& candidate : entry.prices) {
        if (candidate.fromMs <= atMs)
            period = &candidate;
    }
    const Price* price = &period->price;
    for (const PriceStep& step : period->steps) {
        if (prompt > step.aboveTokens)
            price = &step.price;
    }
    return *price;
}

} // namespace

std::string_view withoutProvider(std::string_view model)
{
    if (const size_t slash = model.rfind('/'); slash != std::string_view::npos)
        model.remove_prefix(slash + 1);
    if (const size_t claude = model.find("claude-");
        claude != std::string_view::npos && claude > 0 && model[claude - 1] == '.')
        model.remove_prefix(claude);
    return model;
}

Catalogue Catalogue::builtIn()
{
    initModelsResource();
    Catalogue catalogue;
    QFile file(QStringLiteral(":/models.json"));
    if (!file.open(QIODevice::ReadOnly))
        return catalogue;
    const QString problem = catalogue.applyOverrides(file.readAll(), file.fileName());
    Q_ASSERT_X(problem.isEmpty(), "Catalogue::builtIn", qPrintable(problem));
    return catalogue;
}

QString Catalogue::applyOverrides(const QByteArray& json, const QString& fileName)
{
    CatalogueFile file = readCatalogueFile(json, fileName);
    if (!file.problem.isEmpty())
        return file.problem;
    for (CatalogueFile::Record& record : file.records) {
        const auto known = m_index.find(record.entry.id);
        if (known != m_index.end() && m_entries[known->second].id == record.entry.id) {
            record.fillFrom(m_entries[known->second]);
            m_entries[known->second] = std::move(record.entry);
            continue;
        }
        m_index.insert_or_assign(record.entry.id, m_entries.size());
        m_entries.push_back(std::move(record.entry));
    }
    for (const auto& [alias, id] : file.aliases)
        m_index.try_emplace(alias, m_index.find(id)->second);
    return {};
}

const ModelEntry* Catalogue::lookUp(std::string_view id) const
{
    const auto found = m_index.find(id);
    return found == m_index.end() ? nullptr : &m_entries[found->second];
}

const ModelEntry* Catalogue::find(std::string_view model) const
{
    if (const ModelEntry* entry = lookUp(model))
        return entry;
    constexpr size_t longestId = 200; // ids come from foreign logs
    if (model.size() > longestId)
        return nullptr;
    std::string_view id = model;
    chop(id, millionSuffix);
    id = withoutProvider(id);
    chopRevision(id);
    if (const ModelEntry* entry = lookUp(id))
        return entry;
    if (!chop(id, "-latest"))
        chopDate(id);
    if (const ModelEntry* entry = lookUp(id))
        return entry;
    if (!id.starts_with("claude-"))
        return nullptr;
    std::string dashed(id); // "claude-opus-4.5"
    std::replace(dashed.begin(), dashed.end(), '.', '-');
    return lookUp(dashed);
}

std::optional<int64_t> Catalogue::costPico(std::string_view model, const TokenCounts& tokens, int64_t atMs,
                                           bool fast) const
{
    const ModelEntry* entry = find(model);
    if (!entry || entry->prices.empty())
        return std::nullopt;
    return cost(tokens, priceAt(*entry, atMs, tokens.prompt()), fast ? entry->fastFactor : 1);
}

int64_t Catalogue::claudeWindow(std::string_view requestedModel) const
{
    constexpr int64_t large = 1'000'000;
    if (requestedModel.ends_with(millionSuffix))
        return large;
    const ModelEntry* entry = find(requestedModel);
    if (!entry || !entry->id.starts_with("claude-"))
        return large;
    return entry->contextWindow.value_or(large);
}

int64_t Catalogue::claudeTrigger(std::string_view model, int64_t window) const
{
    constexpr int64_t largestReserve =
        20'000; // for the summary; smaller where the model cannot write as much
    constexpr int64_t buffer = 13'000;
    const ModelEntry* entry = find(model);
    const int64_t maxOutput = entry ? entry->maxOutput.value_or(largestReserve) : largestReserve;
    return std::max<int64_t>(0, window - std::min(maxOutput, largestReserve) - buffer);
}

} // namespace plimsoll
