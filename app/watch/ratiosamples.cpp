// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/watch/ratiosamples.h"

#include "app/watch/coldscan.h"
#include "app/watch/logfileio.h"

#include <QDateTime>

#include <algorithm>
#include <numeric>

namespace plimsoll {

namespace {

constexpr size_t wholeTextBytes = size_t{256} * 1024; ///< longer results are cut: no sample
constexpr qint64 stretchBytes = qint64{1024} * 1024;  ///< of each log, its end
constexpr qint64 mostBytes = 16 * stretchBytes;       ///< of all
constexpr int mostFiles = 200;

/// True if the output that was reported is about what the log shows: nothing hidden, no placeholder.
bool isPlausible(int64_t reported, int64_t local)
{
    constexpr double least = 0.6;
    constexpr double most = 2.2;
    constexpr double wrapping = 60; // tokens around a text and a tool call
    return double(reported) >= least * double(local) && double(reported) <= most * double(local) + wrapping;
}

} // namespace

RatioSamples::RatioSamples(const FileFacts& facts, const Tokenizer& o200k, TokenRatios& ratios)
    : m_facts(facts)
    , m_o200k(o200k)
    , m_ratios(ratios)
{
}

void RatioSamples::logged(LogItem item)
{
    Thread& thread = m_threads[item.thread];
    const auto localTokens = [&] { return m_o200k.count(item.text).value_or(0); };
    switch (item.kind) {
    case LogKind::Thinking: thread.next.hasThinking = true; break;
    case LogKind::Text:
    case LogKind::ToolUse: thread.next.localTokens += localTokens(); break;
    case LogKind::Prompt:
    case LogKind::ToolResult:
    case LogKind::Error: {
        Turn& turn = thread.turn;
        if (!turn.family)
            break;
        turn.isWhole = turn.isWhole && !item.truncated;
        turn.added[static_cast<size_t>(contentKindOf(item.text))] += localTokens();
        break;
    }
    case LogKind::Result:
    case LogKind::System: break;
    }
}

void RatioSamples::response(const Response& response)
{
    Thread& thread = m_threads[response.thread];
    Turn& turn = thread.turn;
    const Output output = std::exchange(thread.next, {});
    if (turn.key == response.key) {
        // One more line of the same response: the last usage is the final one.
        turn.outputTokens = std::max(turn.outputTokens, response.tokens.output);
        turn.output.localTokens += output.localTokens;
        turn.output.hasThinking = turn.output.hasThinking || output.hasThinking;
        return;
    }
    const ModelFamily& family = familyOf(m_facts.models[response.model]);
    const int64_t promptTokens = response.tokens.prompt();
    close(turn, family, promptTokens);
    turn = {};
    turn.family = family.encoding || !family.isKnown() ? nullptr : &family;
    turn.key = response.key;
    turn.promptTokens = promptTokens;
    turn.outputTokens = response.tokens.output;
    turn.output = output;
}

/// The turn before has ended with the prompt of the next one.
void RatioSamples::close(const Turn& turn, const ModelFamily& family, int64_t promptTokens)
{
    constexpr double mostlyOne = 0.8; // of what was added is of one kind
    if (turn.family != &family || !turn.isWhole || turn.output.hasThinking ||
        !isPlausible(turn.outputTokens, turn.output.localTokens))
        return;
    const int64_t added = std::accumulate(turn.added.begin(), turn.added.end(), int64_t{0});
    const auto largest = std::max_element(turn.added.begin(), turn.added.end());
    if (double(*largest) < mostlyOne * double(added))
        return;
    const auto kind = static_cast<ContentKind>(largest - turn.added.begin());
    m_ratios.add(family.name, kind, added, promptTokens - turn.promptTokens - turn.outputTokens);
}

TokenRatios learnRatios(const QList<LogRoot>& roots, Tokenizers& tokenizers,
                        const std::atomic<bool>* cancelled)
{
    TokenRatios ratios;
    const std::shared_ptr<const Tokenizer> o200k = tokenizers.get(Encoding::O200k);
    if (!o200k)
        return ratios;
    int files = 0;
    qint64 bytes = 0;
    for (const FoundLog& found : listLogs(roots).logs) { // the newest first
        if (found.role.compressed)
            continue; // an old one, which can only be read from its beginning
        if (++files > mostFiles || bytes >= mostBytes || (cancelled && *cancelled))
            break;
        const LogFile file = makeLogFile(found);
        file.reader->setTextLimit(wholeTextBytes);
        RatioSamples samples(file.reader->facts(), *o200k, ratios);
        const qint64 from = std::max<qint64>(0, found.sizeBytes - stretchBytes);
        bytes += found.sizeBytes - from;
        std::ignore = readRange(file, from, found.sizeBytes, *file.reader, samples);
    }
    return ratios;
}

std::optional<KnownRatios> refreshRatios(const KnownRatios& known, const QList<LogRoot>& roots,
                                         Tokenizers& tokenizers, const std::atomic<bool>* cancelled)
{
    constexpr qint64 dayMs = qint64{24} * 3600 * 1000;
    const qint64 nowMs = QDateTime::currentMSecsSinceEpoch();
    if (known.atMs > nowMs - dayMs && known.atMs <= nowMs)
        return std::nullopt;
    KnownRatios fresh{learnRatios(roots, tokenizers, cancelled), nowMs};
    fresh.ratios.takeBetter(known.ratios);
    return fresh;
}

} // namespace plimsoll
