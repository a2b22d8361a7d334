// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/replayhost.h"

#include "models/codec.h"
#include "models/names.h"

#include <QDateTime>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>

#include <algorithm>

namespace plimsoll {

namespace {

/// Events closer than this come as one frame.
constexpr qint64 frameMs = 16;
constexpr int defaultHistoryItems = 200;
constexpr int maxCurvePoints = 2000;

void shift(qint64& ms, qint64 byMs)
{
    if (ms > 0)
        ms += byMs;
}

void shift(AgentInfo& info, qint64 byMs)
{
    shift(info.createdAtMs, byMs);
    shift(info.updatedAtMs, byMs);
    for (Compaction& compaction : info.compactions)
        shift(compaction.atMs, byMs);
}

void shift(Event& event, qint64 byMs)
{
    shift(event.atMs, byMs);
    if (auto* added = std::get_if<AgentAdded>(&event.body)) {
        shift(added->agent.info, byMs);
        shift(added->agent.stateSinceMs, byMs);
    } else if (auto* changed = std::get_if<AgentChanged>(&event.body)) {
        shift(changed->info, byMs);
    } else if (auto* state = std::get_if<StateChanged>(&event.body)) {
        shift(state->sinceMs, byMs);
    } else if (auto* compacted = std::get_if<Compacted>(&event.body)) {
        shift(compacted->compaction.atMs, byMs);
    } else if (auto* limits = std::get_if<LimitsChanged>(&event.body)) {
        shift(limits->atMs, byMs);
        for (LimitWindow& window : limits->windows)
            shift(window.resetsAtMs, byMs);
    } else if (auto* spend = std::get_if<SpendChanged>(&event.body)) {
        for (SpendSlot& slot : spend->slotList) {
            shift(slot.startMs, byMs);
            slot.startMs -= slot.startMs % spendSlotMs;
        }
    }
}

AgentId agentIn(const QJsonObject& params)
{
    return AgentId::fromString(params.value(QLatin1String("agent_id")).toString());
}

} // namespace

ReplayHost::ReplayHost(const QString& path, Mode mode, QObject* parent)
    : Host(parent)
    , m_mode(mode)
    , m_path(path)
    , m_label(QFileInfo(path).fileName())
{
    m_timer.setSingleShot(true);
    m_timer.setTimerType(Qt::PreciseTimer);
    connect(&m_timer, &QTimer::timeout, this, &ReplayHost::play);
    load(path);
}

QString ReplayHost::demoPath()
{
    return QStringLiteral(":/demo/demo.jsonl");
}

void ReplayHost::load(const QString& path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly)) {
        m_error = QStringLiteral("The recording %1 cannot be opened: %2").arg(path, file.errorString());
        return;
    }
    if (file.size() > maxFileBytes) {
        m_error = QStringLiteral("The recording %1 is larger than 64 MiB.").arg(path);
        return;
    }
    if (!readHeader(file.readLine(maxLineBytes))) {
        m_error = QStringLiteral("%1 is not a recording of Plimsoll: its first line is no header.").arg(path);
        return;
    }
    while (!file.atEnd()) {
        const QByteArray line = file.readLine(maxLineBytes);
        if (line.size() >= maxLineBytes - 1 && !line.endsWith('\n')) {
            ++m_badLines;
            while (!file.atEnd() && !file.readLine(maxLineBytes).endsWith('\n')) {
            }
            continue;
        }
        if (!line.trimmed().isEmpty())
            readEvent(line);
    }
    std::stable_sort(m_events.begin(), m_events.end(),
                     [](const Event& a, const Event& b) { return a.atMs < b.atMs; });
    for (size_t i = 0; i < m_events.size(); ++i)
        m_events[i].seq = i + 1;
}

bool ReplayHost::readHeader(const QByteArray& line)
{
    const QJsonObject header = QJsonDocument::fromJson(line).object();
    if (header.value(QLatin1String("plimsoll_recording")).toInt() != 1)
        return false;
    const QString label = header.value(QLatin1String("label")).toString();
    if (!label.isEmpty())
        m_label = label.left(100);
    m_startedAtMs = timeFromJson(header.value(QLatin1String("started_at")));
    return m_startedAtMs > 0;
}

void ReplayHost::readEvent(const QByteArray& line)
{
    const QJsonDocument document = QJsonDocument::fromJson(line);
    if (!document.isObject()) {
        ++m_badLines;
        return;
    }
    const QJsonObject object = document.object();
    std::optional<Event> event = eventFromJson(object);
    if (!event)
        return; // of a newer program: skipped, as everywhere
    const QJsonValue at = object.value(QLatin1String("at"));
    if (at.isDouble()) {
        constexpr double yearMs = 366.0 * 86'400'000;
        event->atMs = m_startedAtMs + qint64(std::clamp(at.toDouble(), -yearMs, yearMs));
    } else if (at.isString()) {
        event->atMs = timeFromJson(at);
    }
    if (event->atMs <= 0) {
        ++m_badLines;
        return;
    }
    m_events.push_back(std::move(*event));
}

HostCapabilities ReplayHost::capabilities() const
{
    HostCapabilities capabilities;
    capabilities.label = m_label;
    capabilities.recording = true;
    capabilities.refusal = QStringLiteral("a recording is only played");
    return capabilities;
}

void ReplayHost::start()
{
    emit reset({}, 0);
    if (!m_error.isEmpty()) {
        emit failed(m_error);
        return;
    }
    if (m_badLines > 0)
        emit failed(
            QStringLiteral("%1 lines of the recording %2 could not be read.").arg(m_badLines).arg(m_path));
    if (m_events.empty())
        return;
    const qint64 nowMs = QDateTime::currentMSecsSinceEpoch();
    shiftTimes(nowMs - (m_mode == Mode::AtOnce ? m_events.back().atMs : m_startedAtMs));
    play();
}

void ReplayHost::shiftTimes(qint64 byMs)
{
    m_startedAtMs += byMs;
    for (Event& event : m_events)
        shift(event, byMs);
}

void ReplayHost::play()
{
    const qint64 dueMs = QDateTime::currentMSecsSinceEpoch() + frameMs;
    Events due;
    while (m_next < m_events.size() && (m_mode == Mode::AtOnce || m_events[m_next].atMs <= dueMs))
        due << m_events[m_next++];
    if (!due.isEmpty())
        emit recorded(due);
    if (m_next < m_events.size()) {
        const qint64 waitMs = m_events[m_next].atMs - QDateTime::currentMSecsSinceEpoch();
        m_timer.start(int(std::clamp<qint64>(waitMs, 0, 3'600'000)));
    }
}

void ReplayHost::cancelScan() {}

quint64 ReplayHost::query(const QString& method, const QJsonObject& params)
{
    Reply reply = answer(method, params);
    reply.id = ++m_lastQuery;
    // Later, so that the asker knows the id by then.
    QMetaObject::invokeMethod(
        this, [this, reply] { emit replied(reply); }, Qt::QueuedConnection);
    return reply.id;
}

Reply ReplayHost::answer(const QString& method, const QJsonObject& params) const
{
    if (method == QLatin1String("history"))
        return {0, history(params), {}};
    if (method == QLatin1String("curve"))
        return {0, curve(params), {}};
    if (method == QLatin1String("agents"))
        return {0, {{QStringLiteral("count"), 0}}, {}};
    if (method == QLatin1String("text")) {
        if (const std::optional<QString> whole = text(params))
            return {0, {{QStringLiteral("text"), *whole}}, {}};
        return {0, {}, QStringLiteral("This recording holds no such text.")};
    }
    return {0, {}, QStringLiteral("A recording does not know \"%1\".").arg(method)};
}

/// `before_offset` counts events of the recording: a log's own offsets mean nothing here.
QJsonObject ReplayHost::history(const QJsonObject& params) const
{
    const AgentId agent = agentIn(params);
    const qint64 limit =
        std::clamp<qint64>(params.value(QLatin1String("limit")).toInteger(defaultHistoryItems), 1, 2000);
    const qint64 before = params.value(QLatin1String("before_offset")).toInteger(qint64(m_next));
    QJsonArray newestFirst;
    qint64 place = std::clamp<qint64>(before, 0, qint64(m_next));
    bool more = false;
    QString file;
    while (place > 0) {
        const Event& event = m_events[size_t(place - 1)];
        const auto* logged = std::get_if<Logged>(&event.body);
        if (event.agent == agent && logged) {
            more = newestFirst.size() >= limit;
            if (more)
                break;
            file = logged->file;
            newestFirst.append(QJsonObject{{QStringLiteral("at"), event.atMs},
                                           {QStringLiteral("kind"), toName(logged->kind)},
                                           {QStringLiteral("text"), logged->text},
                                           {QStringLiteral("tool"), logged->tool},
                                           {QStringLiteral("truncated"), logged->truncated},
                                           {QStringLiteral("file"), logged->file},
                                           {QStringLiteral("offset"), logged->offset},
                                           {QStringLiteral("block"), logged->block}});
        }
        --place;
    }
    QJsonArray items;
    for (qsizetype i = newestFirst.size() - 1; i >= 0; --i)
        items.append(newestFirst.at(i));
    return {{QStringLiteral("items"), items},
            {QStringLiteral("file"), file},
            {QStringLiteral("before_offset"), place},
            {QStringLiteral("more"), more}};
}

QJsonObject ReplayHost::curve(const QJsonObject& params) const
{
    const AgentId agent = agentIn(params);
    QList<QJsonValue> points;
    Count window;
    const auto add = [&points](qint64 atMs, Count tokens) {
        if (tokens)
            points.append(QJsonArray{atMs, *tokens});
    };
    for (size_t i = 0; i < m_next; ++i) {
        const Event& event = m_events[i];
        if (const auto* added = std::get_if<AgentAdded>(&event.body)) {
            if (added->agent.id == agent) {
                window = added->agent.usage.contextWindow;
                add(event.atMs, added->agent.usage.contextTokens);
            }
        } else if (event.agent != agent) {
            continue;
        } else if (const auto* usage = std::get_if<UsageChanged>(&event.body)) {
            window = usage->usage.contextWindow;
            add(event.atMs, usage->usage.contextTokens);
        } else if (const auto* compacted = std::get_if<Compacted>(&event.body)) {
            add(event.atMs - 1, compacted->compaction.beforeTokens);
            add(event.atMs, compacted->compaction.afterTokens);
        }
    }
    QJsonArray newest;
    for (qsizetype i = std::max<qsizetype>(0, points.size() - maxCurvePoints); i < points.size(); ++i)
        newest.append(points.at(i));
    return {{QStringLiteral("points"), newest}, {QStringLiteral("windows"), toJson(window)}};
}

std::optional<QString> ReplayHost::text(const QJsonObject& params) const
{
    const QString file = params.value(QLatin1String("file")).toString();
    const qint64 offset = params.value(QLatin1String("offset")).toInteger(-1);
    const int block = params.value(QLatin1String("block")).toInt();
    for (const Event& event : m_events) {
        const auto* logged = std::get_if<Logged>(&event.body);
        if (logged && logged->offset == offset && logged->block == block && logged->file == file)
            return logged->text;
    }
    return std::nullopt;
}

} // namespace plimsoll
