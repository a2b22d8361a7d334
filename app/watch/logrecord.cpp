// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/watch/logrecord.h"

#include "app/agents/statecodec.h"
#include "app/watch/coldscan.h"

#include <QFile>

#include <algorithm>
#include <unordered_map>

namespace plimsoll {

namespace {

constexpr qint64 dayMs = qint64{24} * 3600 * 1000;

// What is true of a sample.
constexpr int64_t isFast = 1;
constexpr int64_t fillsContext = 2;
constexpr int64_t namesOwner = 4;

qint64 dayOf(int64_t atMs)
{
    return atMs > 0 ? atMs / dayMs : 0;
}

/// The best of each key, in the order of first meeting.
std::vector<Response> unique(const std::vector<Response>& responses)
{
    std::vector<Response> out;
    out.reserve(responses.size());
    std::unordered_map<uint64_t, size_t> places;
    places.reserve(responses.size());
    for (const Response& response : responses) {
        const auto [place, isNew] = places.try_emplace(response.key, out.size());
        if (isNew) {
            out.push_back(response);
            continue;
        }
        Response& known = out[place->second];
        const uint64_t owner = known.ownerHash != 0 ? known.ownerHash : response.ownerHash;
        if (response.tokens.output > known.tokens.output)
            known = response;
        known.ownerHash = owner;
    }
    return out;
}

void packTokens(StatePacker& packer, const TokenCounts& tokens)
{
    for (const int64_t count : {tokens.input, tokens.output, tokens.cacheRead, tokens.cacheWrite5m,
                                tokens.cacheWrite1h, tokens.reasoning})
        packer.number(count);
}

void packOne(StatePacker& packer, const Response& response, int64_t sinceMs)
{
    packer.number((response.fast ? isFast : 0) | (response.fillsContext ? fillsContext : 0) |
                  (response.ownerHash != 0 ? namesOwner : 0));
    packer.word(response.key);
    if (response.ownerHash != 0)
        packer.word(response.ownerHash);
    packer.number(response.atMs - sinceMs);
    packer.number(response.model);
    packer.number(response.thread);
    packTokens(packer, response.tokens);
}

Response unpackOne(StateUnpacker& unpacker, int64_t sinceMs)
{
    Response response;
    const int64_t flags = unpacker.number();
    response.fast = (flags & isFast) != 0;
    response.fillsContext = (flags & fillsContext) != 0;
    response.key = unpacker.word();
    response.ownerHash = (flags & namesOwner) != 0 ? unpacker.word() : 0;
    response.atMs = saturatingSum(sinceMs, unpacker.number());
    response.model = static_cast<uint32_t>(unpacker.number());
    response.thread = static_cast<uint32_t>(unpacker.number());
    TokenCounts& tokens = response.tokens;
    for (int64_t* count : {&tokens.input, &tokens.output, &tokens.cacheRead, &tokens.cacheWrite5m,
                           &tokens.cacheWrite1h, &tokens.reasoning})
        *count = std::max<int64_t>(0, unpacker.number());
    return response;
}

const LogRoot* rootOf(const LogRecord& record, const QList<LogRoot>& roots)
{
    const auto root = std::find_if(roots.begin(), roots.end(), [&](const LogRoot& candidate) {
        return candidate.kind == record.kind && candidate.bytes == record.root;
    });
    return root == roots.end() ? nullptr : &*root;
}

} // namespace

std::vector<SampleChunk> packSamples(const std::vector<Response>& responses)
{
    std::vector<SampleChunk> chunks;
    const std::vector<Response> samples = unique(responses);
    for (size_t begin = 0; begin < samples.size();) {
        SampleChunk chunk;
        chunk.day = dayOf(samples[begin].atMs);
        size_t end = begin;
        while (end < samples.size() && dayOf(samples[end].atMs) == chunk.day)
            ++end;
        StatePacker packer;
        packer.number(static_cast<int64_t>(end - begin));
        int64_t sinceMs = 0;
        for (; begin < end; ++begin) {
            packOne(packer, samples[begin], sinceMs);
            sinceMs = samples[begin].atMs;
            ++chunk.samples;
        }
        chunk.bytes = packer.take();
        chunks.push_back(std::move(chunk));
    }
    return chunks;
}

bool unpackSamples(std::string_view bytes, std::vector<Response>& responses)
{
    StateUnpacker unpacker(bytes);
    while (unpacker.ok() && !unpacker.atEnd()) {
        int64_t sinceMs = 0;
        for (int64_t left = unpacker.number(); left > 0 && unpacker.ok(); --left) {
            const Response response = unpackOne(unpacker, sinceMs);
            sinceMs = response.atMs;
            if (unpacker.ok())
                responses.push_back(response);
        }
    }
    return unpacker.ok();
}

LogRecord recordOf(const LogFile& file, const std::vector<Response>& news)
{
    LogRecord record;
    record.kind = file.kind;
    record.root = file.root;
    record.relative = file.relative;
    record.identity = file.identity;
    record.mark = file.mark;
    record.position = file.position;
    record.sizeBytes = file.sizeBytes;
    record.mtimeMs = file.mtimeMs;
    record.gone = file.gone;
    record.meta = file.meta;
    StatePacker packer;
    file.reader->save(packer);
    record.reader = packer.take();
    record.samples = packSamples(news);
    return record;
}

std::optional<RestoredLog> restoreLog(const LogRecord& record, const QList<LogRoot>& roots)
{
    const LogRoot* root = rootOf(record, roots);
    const std::optional<FoundLog> found = root ? logAt(*root, record.relative) : std::nullopt;
    if (!found)
        return std::nullopt;
    RestoredLog restored;
    restored.file = makeLogFile(*found);
    restored.file.identity = record.identity;
    restored.file.mark = record.mark;
    restored.file.position = record.position;
    restored.file.sizeBytes = record.sizeBytes;
    restored.file.mtimeMs = record.mtimeMs;
    restored.file.gone = record.gone;
    restored.file.meta = record.meta;
    StateUnpacker unpacker(record.reader);
    if (!restored.file.reader->load(unpacker))
        return std::nullopt;
    for (const SampleChunk& chunk : record.samples) {
        if (!unpackSamples(chunk.bytes, restored.batch.responses))
            return std::nullopt;
    }
    const FileFacts& facts = restored.file.reader->facts();
    const auto points = [&](const Response& response) {
        return response.key != 0 && response.model < facts.models.size() &&
               response.thread < facts.threads.size();
    };
    if (!std::all_of(restored.batch.responses.begin(), restored.batch.responses.end(), points))
        return std::nullopt;
    return restored;
}

} // namespace plimsoll
