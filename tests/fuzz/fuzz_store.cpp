// SPDX-License-Identifier: GPL-3.0-or-later
// What the store kept of a log, damaged in any way: no crash, no more memory than a multiple of the bytes,
// and what could be restored reads on, counts and packs as a log that was never away.
//
// The first byte chooses: samples alone; a reader made of bytes, and lines behind them; a reader that has
// read lines, whose bytes are changed here and there before it reads the same lines again.
#include "app/agents/statecodec.h"
#include "app/tokens/catalogue.h"
#include "app/watch/coldscan.h"
#include "app/watch/logfileio.h"
#include "app/watch/logrecord.h"

#include <QFile>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

using namespace plimsoll;

namespace {

constexpr qint64 nowMs = 1'767'000'000'000;
constexpr size_t leastSampleBytes = 17; ///< flags, key, time, model, thread and six counts

const QList<LogRoot>& roots()
{
    static const QList<LogRoot> all = logRoots(agentHomes(QStringLiteral("/home/ann"), false));
    return all;
}

LogRecord emptyRecord(bool isCodex)
{
    const AgentKind kind = isCodex ? AgentKind::Codex : AgentKind::ClaudeCode;
    LogRecord record;
    record.kind = kind;
    for (const LogRoot& root : roots()) {
        if (root.kind == kind && record.root.isEmpty())
            record.root = QFile::encodeName(root.path);
    }
    record.relative =
        isCodex ? "2026/01/02/rollout-2026-01-02T03-04-05-11111111-0000-4000-8000-000000000000.jsonl"
                : "-home-ann-boat/11111111-0000-4000-8000-000000000000.jsonl";
    return record;
}

void readOn(LogFile& file, std::string_view bytes, ReadBatch& batch)
{
    BatchSink sink(batch, true);
    LineSplitter splitter({}, *file.reader, sink);
    std::memcpy(splitter.room(bytes.size()), bytes.data(), bytes.size());
    splitter.feed(bytes.size());
    file.position = splitter.finish();
    file.reader->settle();
}

std::string stateOf(LogFile& file)
{
    StatePacker packer;
    file.reader->save(packer);
    return packer.take();
}

/// A reader that has read these lines, as the store keeps it.
LogRecord recordOfLines(bool isCodex, std::string_view lines)
{
    LogRecord record = emptyRecord(isCodex);
    std::optional<RestoredLog> log;
    for (const LogRoot& root : roots()) {
        const std::optional<FoundLog> found =
            QFile::encodeName(root.path) == record.root ? logAt(root, record.relative) : std::nullopt;
        if (!found)
            continue;
        LogFile file = makeLogFile(*found);
        ReadBatch batch;
        readOn(file, lines, batch);
        return recordOf(file, batch.responses);
    }
    std::abort(); // a name above is not that of a log
}

void checkSamples(std::string_view bytes)
{
    std::vector<Response> responses;
    const bool whole = unpackSamples(bytes, responses);
    if (responses.size() * leastSampleBytes > bytes.size())
        std::abort();
    if (!whole)
        return;
    std::string again;
    for (const SampleChunk& chunk : packSamples(responses))
        again += chunk.bytes;
    std::vector<Response> second;
    if (!unpackSamples(again, second) || second.size() > responses.size())
        std::abort();
}

/// Restores, reads on, and lets everything behind it work with what came out.
void checkRecord(const LogRecord& record, std::string_view more)
{
    std::optional<RestoredLog> restored = restoreLog(record, roots());
    if (!restored)
        return;
    static const Catalogue catalogue = Catalogue::builtIn();
    Fleet fleet(catalogue, QStringLiteral("/home/ann"));
    const size_t index = fleet.addFile(std::move(restored->file));
    fleet.absorb(index, restored->batch);
    fleet.setLiveMode();
    (void)fleet.takeEvents(nowMs);

    LogFile& file = fleet.file(index);
    ReadBatch batch;
    readOn(file, more, batch);
    const FileFacts& facts = file.reader->facts();
    for (const Response& response : batch.responses) {
        if (response.model >= facts.models.size() || response.thread >= facts.threads.size())
            std::abort();
    }
    fleet.absorb(index, batch);
    (void)fleet.takeEvents(nowMs + 1);
    (void)fleet.pointsOf(fleet.agents(nowMs + 2).value(0).id);

    // What is kept now can be restored for good.
    const LogRecord kept = recordOf(file, batch.responses);
    std::optional<RestoredLog> again = restoreLog(kept, roots());
    if (!again || stateOf(again->file) != kept.reader)
        std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size)
{
    if (size < 2)
        return 0;
    const bool isCodex = (bytes[0] & 1) != 0;
    const unsigned way = bytes[0] >> 1 & 3;
    const size_t edits = way >= 2 ? std::min<size_t>(bytes[1], (size - 2) / 3) : 0;
    const uint8_t* edit = bytes + 2;
    const std::string_view rest(reinterpret_cast<const char*>(bytes) + 2 + edits * 3, size - 2 - edits * 3);
    if (way == 0) {
        checkSamples(rest);
        return 0;
    }
    const size_t cut = rest.size() * bytes[1] / 256;
    LogRecord record;
    if (way == 1) {
        record = emptyRecord(isCodex);
        record.reader = rest.substr(0, cut);
    } else {
        record = recordOfLines(isCodex, rest);
        for (size_t i = 0; i < edits && !record.reader.empty(); ++i, edit += 3)
            record.reader[(size_t{edit[0]} << 8 | edit[1]) % record.reader.size()] =
                static_cast<char>(edit[2]);
    }
    checkRecord(record, rest.substr(way == 1 ? cut : 0));
    return 0;
}
