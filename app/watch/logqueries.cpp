// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/watch/logqueries.h"

#include "app/watch/coldscan.h"
#include "app/watch/logfileio.h"
#include "app/watch/todoqueries.h"
#include "models/jsonparts.h"
#include "models/names.h"

#include <QFileInfo>
#include <QJsonArray>
#include <QSet>

#include <algorithm>
#include <deque>
#include <map>

namespace plimsoll {

namespace {

constexpr int defaultPage = 200;
constexpr int maxPage = 1000;
constexpr qint64 firstStretchBytes = qint64{512} * 1024;
constexpr qint64 maxStretchBytes = qint64{64} * 1024 * 1024;
constexpr size_t maxWholeText = size_t{4} * 1024 * 1024;
constexpr qsizetype maxCurvePoints = 2000;

QJsonObject refusal(const QString& text)
{
    return {{QStringLiteral("error"), text}};
}

/// Keeps the last `limit` lines of one thread.
class PageSink : public ReaderSink
{
public:
    PageSink(const FileFacts& facts, std::string agentId, size_t limit)
        : m_facts(facts)
        , m_agentId(std::move(agentId))
        , m_limit(limit)
    {
    }

    void response(const Response& /*response*/) override {}
    void contextPoint(uint32_t /*thread*/, int64_t /*atMs*/, int64_t /*tokens*/) override {}
    void logged(LogItem item) override
    {
        // Threads of a stretch are numbered as they are met: the name of the agent tells them apart.
        if (m_facts.threads[item.thread].agentId != m_agentId)
            return;
        m_items.push_back(std::move(item));
        if (m_items.size() > m_limit) {
            m_items.pop_front();
            m_dropped = true;
        }
    }
    [[nodiscard]] bool wantsLog() const override { return true; }
    [[nodiscard]] bool wantsContextPoints() const override { return false; }

    [[nodiscard]] const std::deque<LogItem>& items() const { return m_items; }
    [[nodiscard]] bool hasDropped() const { return m_dropped; }

private:
    const FileFacts& m_facts;
    const std::string m_agentId;
    const size_t m_limit;
    std::deque<LogItem> m_items;
    bool m_dropped = false;
};

std::unique_ptr<LogReader> freshReader(const LogFile& file, const QList<LogRoot>& roots)
{
    for (const LogRoot& root : roots) {
        if (root.kind == file.kind)
            return root.makeReader(file.role, {file.relative.constData(), size_t(file.relative.size())});
    }
    return nullptr;
}

/// A reader like the one that the file has, with nothing read.
std::unique_ptr<LogReader> readerFor(const LogFile& file)
{
    return freshReader(file, logRoots({}));
}

struct Page
{
    std::deque<LogItem> items;
    qint64 beforeOffset = 0; ///< where an older page ends
    bool more = false;
    bool readable = true;
};

/// The last `limit` lines of a thread that begin before byte `to`.
Page readPage(const LogFile& file, const std::string& agentId, qint64 to, size_t limit)
{
    Page page;
    const bool anywhere = !file.role.compressed;
    qint64 stretch = anywhere ? firstStretchBytes : to;
    for (;;) {
        const qint64 from = std::max<qint64>(0, to - stretch);
        const std::unique_ptr<LogReader> reader = readerFor(file);
        PageSink sink(reader->facts(), agentId, limit);
        page.readable = readRange(file, from, to, *reader, sink);
        page.items = sink.items();
        page.more = from > 0 || sink.hasDropped();
        const bool enough = page.items.size() >= limit || from == 0 || stretch >= maxStretchBytes;
        if (!page.readable || enough) {
            page.beforeOffset = page.items.empty() ? from : page.items.front().offset;
            return page;
        }
        stretch *= 4;
    }
}

QJsonObject toJson(const LogItem& item)
{
    return {
        {QStringLiteral("at"), double(item.atMs)},
        {QStringLiteral("kind"), toName(item.kind)},
        {QStringLiteral("text"), QString::fromStdString(item.text)},
        {QStringLiteral("tool"), QString::fromStdString(item.tool)},
        {QStringLiteral("truncated"), item.truncated},
        {QStringLiteral("offset"), double(item.offset)},
        {QStringLiteral("block"), item.block},
    };
}

/// The place that holds the page asked for: the named file, else the newest.
const Fleet::Place* placeFor(const Fleet& fleet, const std::vector<Fleet::Place>& places, const QString& path)
{
    for (auto it = places.rbegin(); it != places.rend(); ++it) {
        if (path.isEmpty() || fleet.file(it->file).path == path)
            return &*it;
    }
    return nullptr;
}

std::string agentIdOf(const Fleet& fleet, const Fleet::Place& place)
{
    const std::vector<ThreadFacts>& threads = fleet.file(place.file).reader->facts().threads;
    return place.thread < threads.size() ? threads[place.thread].agentId : std::string();
}

} // namespace

QJsonObject historyOf(const Fleet& fleet, const QJsonObject& params)
{
    const AgentId id = AgentId::fromString(params.value(QStringLiteral("agent_id")).toString());
    const std::vector<Fleet::Place> places = fleet.placesOf(id);
    const Fleet::Place* place = placeFor(fleet, places, params.value(QStringLiteral("file")).toString());
    if (!place)
        return refusal(QStringLiteral("this agent has no log"));
    const LogFile& file = fleet.file(place->file);
    const int limit = std::clamp(params.value(QStringLiteral("limit")).toInt(defaultPage), 1, maxPage);
    const qint64 end = std::max<qint64>(file.position.offset, file.sizeBytes);
    const auto before = qint64(params.value(QStringLiteral("before_offset")).toDouble(double(end)));
    const Page page =
        readPage(file, agentIdOf(fleet, *place), std::clamp<qint64>(before, 0, end), size_t(limit));
    if (!page.readable)
        return refusal(QStringLiteral("the log %1 cannot be read any more").arg(file.path));
    QJsonArray items;
    for (const LogItem& item : page.items) {
        QJsonObject json = toJson(item);
        json.insert(QStringLiteral("file"), file.path);
        items.append(json);
    }
    return {
        {QStringLiteral("items"), items},
        {QStringLiteral("file"), file.path},
        {QStringLiteral("before_offset"), double(page.beforeOffset)},
        {QStringLiteral("more"), page.more},
    };
}

bool isHistoryLost(const Fleet& fleet, const QJsonObject& params)
{
    const AgentId id = AgentId::fromString(params.value(QStringLiteral("agent_id")).toString());
    const std::vector<Fleet::Place> places = fleet.placesOf(id);
    const Fleet::Place* place = placeFor(fleet, places, params.value(QStringLiteral("file")).toString());
    return place && fleet.file(place->file).gone;
}

QJsonObject textOf(const Fleet& fleet, const QJsonObject& params)
{
    const QString path = params.value(QStringLiteral("file")).toString();
    const auto offset = qint64(params.value(QStringLiteral("offset")).toDouble(-1));
    const int block = params.value(QStringLiteral("block")).toInt();
    for (size_t i = 0; i < fleet.fileCount() && offset >= 0; ++i) {
        const LogFile& file = fleet.file(i);
        if (file.path != path)
            continue;
        const std::unique_ptr<LogReader> reader = readerFor(file);
        reader->setTextLimit(maxWholeText);
        ReadBatch batch;
        BatchSink sink(batch, true);
        if (!readRange(file, offset, offset + 1, *reader, sink))
            break;
        for (const LogItem& item : batch.items) {
            if (item.offset == offset && item.block == block)
                return {{QStringLiteral("text"), QString::fromStdString(item.text)}};
        }
    }
    return refusal(QStringLiteral("the text is not in the log any more"));
}

namespace {

/// Gathers the fill of one thread.
class CurveSink : public ReaderSink
{
public:
    CurveSink(const FileFacts& facts, std::string agentId)
        : m_facts(facts)
        , m_agentId(std::move(agentId))
    {
    }

    void response(const Response& /*response*/) override {}
    void contextPoint(uint32_t thread, int64_t atMs, int64_t tokens) override
    {
        if (m_facts.threads[thread].agentId != m_agentId)
            return;
        if (!points.empty() && points.back() == std::pair(atMs, tokens))
            return;
        points.emplace_back(atMs, tokens);
    }
    void logged(LogItem /*item*/) override {}
    [[nodiscard]] bool wantsLog() const override { return false; }
    [[nodiscard]] bool wantsContextPoints() const override { return true; }

    std::vector<std::pair<int64_t, int64_t>> points; ///< ms UTC, tokens

private:
    const FileFacts& m_facts;
    const std::string m_agentId;
};

/// Thins out evenly but keeps both ends of every drop: compactions are what the curve is for.
QJsonArray thinned(const std::vector<std::pair<int64_t, int64_t>>& points)
{
    QJsonArray out;
    const size_t step = points.size() / size_t(maxCurvePoints / 2) + 1;
    for (size_t i = 0; i < points.size(); ++i) {
        const bool drop = (i + 1 < points.size() && points[i + 1].second < points[i].second) ||
                          (i > 0 && points[i].second < points[i - 1].second);
        const bool kept =
            step == 1 || i % step == 0 || i + 1 == points.size() || (drop && out.size() < maxCurvePoints);
        if (kept)
            out.append(QJsonArray{double(points[i].first), double(points[i].second)});
    }
    return out;
}

} // namespace

QJsonObject curveOf(const Fleet& fleet, const QJsonObject& params)
{
    const AgentId id = AgentId::fromString(params.value(QStringLiteral("agent_id")).toString());
    std::vector<std::pair<int64_t, int64_t>> points;
    bool isLost = false;
    for (const Fleet::Place& place : fleet.placesOf(id)) {
        const LogFile& file = fleet.file(place.file);
        if (file.gone) {
            isLost = true;
            continue;
        }
        const std::unique_ptr<LogReader> reader = readerFor(file);
        CurveSink sink(reader->facts(), agentIdOf(fleet, place));
        const qint64 end = std::max<qint64>(file.position.offset, file.sizeBytes);
        if (readRange(file, 0, end, *reader, sink))
            points.insert(points.end(), sink.points.begin(), sink.points.end());
    }
    if (isLost && points.empty())
        points = fleet.pointsOf(id);
    std::stable_sort(points.begin(), points.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    return {{QStringLiteral("agent_id"), id.toString()}, {QStringLiteral("points"), thinned(points)}};
}

namespace {

/// Counts what one thread has said and done. The log tells a response more than once.
class CountSink : public ReaderSink
{
public:
    CountSink(const FileFacts& facts, std::string agentId)
        : m_facts(facts)
        , m_agentId(std::move(agentId))
    {
    }

    void response(const Response& response) override
    {
        if (m_facts.threads[response.thread].agentId == m_agentId)
            responses.insert(response.key);
    }
    void contextPoint(uint32_t /*thread*/, int64_t /*atMs*/, int64_t /*tokens*/) override {}
    void logged(LogItem item) override
    {
        if (m_facts.threads[item.thread].agentId == m_agentId)
            ++kinds[item.kind];
    }
    [[nodiscard]] bool wantsLog() const override { return true; }
    [[nodiscard]] bool wantsContextPoints() const override { return false; }

    QSet<quint64> responses;
    std::map<LogKind, qint64> kinds;

private:
    const FileFacts& m_facts;
    const std::string m_agentId;
};

constexpr size_t todoLines = 400; ///< that are looked through for the last list

} // namespace

QJsonObject countsOf(const Fleet& fleet, const QJsonObject& params)
{
    QSet<quint64> responses;
    std::map<LogKind, qint64> kinds;
    for (const Fleet::Place& place : fleet.placesOf(json::idFromJson(params, "agent_id"))) {
        const LogFile& file = fleet.file(place.file);
        const std::unique_ptr<LogReader> reader = readerFor(file);
        reader->setTextLimit(1); // nobody reads them
        CountSink sink(reader->facts(), agentIdOf(fleet, place));
        const qint64 end = std::max<qint64>(file.position.offset, file.sizeBytes);
        if (file.gone || !readRange(file, 0, end, *reader, sink))
            continue;
        responses.unite(sink.responses);
        for (const auto& [kind, count] : sink.kinds)
            kinds[kind] += count;
    }
    QJsonObject counts{{QStringLiteral("responses"), responses.size()}};
    for (const LogKind kind : {LogKind::Prompt, LogKind::Text, LogKind::Thinking, LogKind::ToolUse,
                               LogKind::ToolResult, LogKind::Error, LogKind::System, LogKind::Result})
        counts.insert(toName(kind), kinds[kind]);
    return counts;
}

QJsonObject todosOf(const Fleet& fleet, const QJsonObject& params)
{
    const std::vector<Fleet::Place> places = fleet.placesOf(json::idFromJson(params, "agent_id"));
    if (places.empty() || fleet.file(places.back().file).gone)
        return {{QStringLiteral("todos"), QJsonArray()}};
    const LogFile& file = fleet.file(places.back().file);
    QJsonArray todos;
    if (file.kind == AgentKind::ClaudeCode) {
        const qsizetype below = file.path.lastIndexOf(QLatin1String("/projects/"));
        todos = todosOfFiles(file.path.left(std::max<qsizetype>(0, below)),
                             QFileInfo(file.path).completeBaseName());
    }
    if (todos.isEmpty()) {
        const qint64 end = std::max<qint64>(file.position.offset, file.sizeBytes);
        const Page page = readPage(file, agentIdOf(fleet, places.back()), end, todoLines);
        for (auto item = page.items.rbegin(); item != page.items.rend() && todos.isEmpty(); ++item) {
            if (item->kind == LogKind::ToolUse)
                todos = todosOfTool(QString::fromStdString(item->tool), QString::fromStdString(item->text));
        }
    }
    return {{QStringLiteral("todos"), todos}};
}

Events recentLines(const Fleet& fleet, const QList<Agent>& newestFirst, int agents, int lines)
{
    Events events;
    for (const Agent& agent : newestFirst.first(std::min<qsizetype>(agents, newestFirst.size()))) {
        const std::vector<Fleet::Place> places = fleet.placesOf(agent.id);
        if (places.empty())
            continue;
        const LogFile& file = fleet.file(places.back().file);
        const qint64 end = std::max<qint64>(file.position.offset, file.sizeBytes);
        const Page page = readPage(file, agentIdOf(fleet, places.back()), end, size_t(lines));
        for (const LogItem& item : page.items) {
            events.append(
                {0, item.atMs, agent.id,
                 Logged{item.kind, QString::fromStdString(item.text), QString::fromStdString(item.tool),
                        item.truncated, file.path, item.offset, item.block}});
        }
    }
    std::stable_sort(events.begin(), events.end(),
                     [](const Event& a, const Event& b) { return a.atMs < b.atMs; });
    return events;
}

} // namespace plimsoll
