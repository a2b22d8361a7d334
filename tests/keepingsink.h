// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/agents/linesplitter.h"
#include "app/agents/reader.h"

#include <QByteArray>
#include <QFile>
#include <QList>
#include <QString>
#include <QStringList>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace plimsoll {

/// For tests of readers: keeps what a reader finds, each response once, as the ledger does.
class KeepingSink : public ReaderSink
{
public:
    explicit KeepingSink(bool wanted = false)
        : wants(wanted)
    {
    }
    void response(const Response& response) override
    {
        ++told;
        Response& known = responses[response.key];
        if (known.key == 0 || known.tokens.output < response.tokens.output)
            known = response;
    }
    void contextPoint(uint32_t thread, int64_t /*atMs*/, int64_t tokens) override
    {
        points.append({thread, tokens});
    }
    void logged(LogItem item) override { items.append(std::move(item)); }
    bool wantsLog() const override { return wants; }
    bool wantsContextPoints() const override { return wants; }

    TokenCounts sum(uint32_t thread) const
    {
        TokenCounts total;
        for (const auto& [key, response] : responses) {
            if (response.thread == thread)
                total += response.tokens;
        }
        return total;
    }

    /// The response with this many output tokens; null if there is none.
    const Response* withOutput(int64_t output) const
    {
        for (const auto& [key, response] : responses) {
            if (response.tokens.output == output)
                return &response;
        }
        return nullptr;
    }

    bool wants;
    int told = 0;
    std::map<uint64_t, Response> responses;
    QList<QPair<uint32_t, int64_t>> points;
    QList<LogItem> items;
};

/// Reads the bytes of `data` from `from` on up to byte `to`, as a file that was that long; settles the
/// reader.
inline LineSplitter::Position readBytes(const QByteArray& data, LineSplitter::Position from, qsizetype to,
                                        LogReader& reader, ReaderSink& sink, qsizetype chunk = 64 * 1024)
{
    LineSplitter splitter(from, reader, sink);
    for (auto at = qsizetype(from.offset); at < to; at += chunk) {
        const qsizetype size = std::min(chunk, to - at);
        std::memcpy(splitter.room(size_t(size)), data.constData() + at, size_t(size));
        splitter.feed(size_t(size));
    }
    const LineSplitter::Position end = splitter.finish();
    reader.settle();
    return end;
}

inline void readWhole(const QByteArray& data, LogReader& reader, ReaderSink& sink)
{
    (void)readBytes(data, {}, data.size(), reader, sink);
}

/// Empty if it cannot be read.
inline QByteArray fileBytes(const QString& path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

/// "kind(tool):head" of a line of the stream.
inline std::string itemText(const LogItem& item)
{
    static const std::array<const char*, 8> names{"prompt", "text",  "thinking", "use",
                                                  "result", "error", "end",      "system"};
    std::string text = names.at(size_t(item.kind));
    if (!item.tool.empty())
        text += '(' + item.tool + ')';
    return text + ':' + oneLine(item.text, 60);
}

inline std::vector<std::string> itemTexts(const KeepingSink& sink)
{
    std::vector<std::string> out;
    for (const LogItem& item : sink.items)
        out.push_back(itemText(item));
    return out;
}

namespace dumping {

inline QString num(int64_t number)
{
    return QString::number(number);
}

inline QString num(const std::optional<int64_t>& number)
{
    return number ? QString::number(*number) : QStringLiteral("-");
}

inline QString str(const std::string& text)
{
    return QString::fromStdString(text);
}

template <typename... Parts>
QString row(const Parts&... parts)
{
    return QStringList{parts...}.join(QLatin1Char('|'));
}

inline QString thread(const ThreadFacts& t)
{
    return row(str(t.agentId), str(t.role), str(t.name), str(t.model), str(t.requestedModel),
               num(t.firstAtMs), num(t.lastAtMs)) +
           row(num(t.contextTokens), num(t.contextAtMs), num(int(t.contextBasis)), num(t.contextPeak),
               num(t.window), num(t.turns), num(t.toolCalls), num(int(t.finished))) +
           row(num(int(t.phase)), num(t.phaseAtMs), str(t.activity), str(t.openTool), str(t.openInput));
}

inline QString response(const Response& r, const FileFacts& facts)
{
    return row(num(int64_t(r.key)), num(int64_t(r.ownerHash)), num(r.atMs), str(facts.models.at(r.model)),
               num(int64_t(r.thread)), num(int(r.fast)), num(r.tokens.input), num(r.tokens.output)) +
           row(num(r.tokens.cacheRead), num(r.tokens.cacheWrite5m), num(r.tokens.cacheWrite1h),
               num(r.tokens.reasoning));
}

} // namespace dumping

/// Everything that a reader has told, for comparing.
inline QString dump(const FileFacts& facts, const KeepingSink& sink)
{
    using namespace dumping;
    QStringList out;
    out << row(str(facts.sessionId), str(facts.agentId), str(facts.parentSessionId),
               str(facts.forkedFromSessionId), str(facts.title), str(facts.workingDir), str(facts.gitBranch),
               str(facts.clientVersion));
    out << row(num(facts.firstAtMs), num(facts.lastAtMs), num(facts.lines), num(facts.badLines),
               num(facts.reportedTreeCostPico), num(int(facts.outputUnderReported)), num(int(facts.ended)));
    for (const ThreadFacts& t : facts.threads)
        out << thread(t);
    for (const CompactionFact& c : facts.compactions)
        out << row(num(int64_t(c.key)), num(c.atMs), num(c.beforeTokens), num(c.afterTokens), str(c.trigger));
    for (const auto& [key, found] : sink.responses)
        out << response(found, facts);
    for (const auto& [index, tokens] : sink.points)
        out << row(num(int64_t(index)), num(tokens));
    for (const LogItem& i : sink.items)
        out << row(num(int(i.kind)), num(int64_t(i.thread)), num(i.atMs), num(i.offset),
                   num(int64_t(i.block)), str(i.tool), num(int(i.truncated)), str(i.text));
    return out.join(QLatin1Char('\n'));
}

} // namespace plimsoll
