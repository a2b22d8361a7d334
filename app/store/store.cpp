// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/store/store.h"

#include "models/apply.h"
#include "models/names.h"

#include <QDateTime>
#include <QJsonArray>
#include <QLoggingCategory>
#include <QThread>

#include <algorithm>

namespace plimsoll {

namespace {

Q_LOGGING_CATEGORY(lcStore, "plimsoll.store", QtInfoMsg)

constexpr int groupMs = 100; ///< what comes within it is one transaction
constexpr int firstRetryMs = 1000;
constexpr int longestRetryMs = 60 * 1000;
constexpr int pruneMs = 60 * 60 * 1000;
constexpr int pruneStepMs = 200;
constexpr qsizetype mostLogBytes = 32 * 1024 * 1024; ///< that wait while nothing can be written
constexpr qsizetype mostEvents = 20'000;
constexpr qsizetype mostAudit = 10'000; ///< waiting
constexpr size_t manyLogs = 50;         ///< in one transaction: a first scan
constexpr int pageLines = 100;

qint64 now()
{
    return QDateTime::currentMSecsSinceEpoch();
}

qsizetype bytesOf(const LogRecord& record)
{
    auto bytes = qsizetype(record.reader.size());
    for (const SampleChunk& chunk : record.samples)
        bytes += qsizetype(chunk.bytes.size());
    return bytes;
}

} // namespace

Store::Store(QString dir, const QList<LogRoot>& roots, Retention retention, StoreIntake intake,
             Handover<StoreNotice> notices)
    : m_dir(std::move(dir))
    , m_roots(rootPaths(roots))
    , m_retention(retention)
    , m_in(std::move(intake))
    , m_notices(std::move(notices))
    , m_flushTimer(this)
    , m_retryTimer(this)
    , m_pruneTimer(this)
{
    for (QTimer* timer : {&m_flushTimer, &m_retryTimer, &m_pruneTimer})
        timer->setSingleShot(true);
    m_flushTimer.setInterval(groupMs);
    connect(&m_flushTimer, &QTimer::timeout, this, &Store::flush);
    connect(&m_retryTimer, &QTimer::timeout, this, &Store::retry);
    connect(&m_pruneTimer, &QTimer::timeout, this, &Store::prune);
}

/// Everything that was handed over is written before the end.
Store::~Store()
{
    m_in.records.takeNow();
    m_in.frames.takeNow();
    m_in.values.takeNow();
    m_in.audit.takeNow();
    if (m_database.isOpen())
        flush();
    m_in.values.disconnect();
    m_in.audit.disconnect();
    m_in.records.disconnect();
    m_in.frames.disconnect();
    m_in.queries.disconnect();
}

void Store::start()
{
    Q_ASSERT(QThread::currentThread() == thread());
    StoreLoaded loaded;
    KeptValue ratios{tokenRatiosName(), 0, {}};
    const QString fault = open();
    if (fault.isEmpty()) {
        load(loaded, ratios);
        m_pruneTimer.start(pruneStepMs * 10);
    } else {
        fail(fault);
    }
    m_notices.push(std::move(loaded));
    loadToldBefore();
    loadCounters();
    if (ratios.atMs > 0)
        m_notices.push(std::move(ratios));
    tellState();
    m_in.records.connectTo(this, [this](std::vector<LogRecord> records) {
        for (LogRecord& record : records)
            takeRecord(std::move(record));
    });
    m_in.frames.connectTo(this, [this](const std::vector<Events>& frames) {
        for (const Events& frame : frames)
            takeFrame(frame);
    });
    m_in.queries.connectTo(this, [this](const std::vector<WatchQuery>& queries) {
        for (const WatchQuery& query : queries)
            answer(query);
    });
    m_in.values.connectTo(this, [this](const std::vector<KeptValue>& values) {
        for (const KeptValue& value : values)
            m_pending.values.insert(value.name, value);
        flushLater();
    });
    m_in.audit.connectTo(this, [this](const std::vector<AuditRow>& rows) {
        for (const AuditRow& row : rows) {
            if (m_pending.audit.size() < mostAudit)
                m_pending.audit.append(row);
        }
        flushLater();
    });
}

QString Store::open()
{
    return m_database.open(m_dir, Database::Access::ReadWrite);
}

void Store::load(StoreLoaded& loaded, KeptValue& ratios)
{
    QHash<AgentId, Agent> agents;
    QString fault = m_database.loadLogs(m_roots, loaded.kept.records);
    if (fault.isEmpty())
        fault = m_database.loadAgents(agents);
    if (fault.isEmpty())
        fault = m_database.loadLastSeq(loaded.lastSeq);
    if (fault.isEmpty())
        fault = m_database.loadValue(ratios);
    if (!fault.isEmpty()) {
        loaded = {};
        m_database.close();
        fail(fault);
        return;
    }
    m_lastSeq = loaded.lastSeq;
    for (auto it = agents.cbegin(); it != agents.cend(); ++it) {
        m_known.insert(it.key(), stampOf(*it));
        if (!it->info.continuesId.isNull())
            loaded.kept.continues.insert(it.key(), it->info.continuesId);
    }
    qCDebug(lcStore, "%lld logs and %lld agents kept", qint64(loaded.kept.records.size()),
            qint64(agents.size()));
}

/// Each as a KeptValue.
void Store::loadCounters()
{
    if (!m_database.isOpen())
        return;
    QList<KeptValue> counters;
    const QString fault =
        m_database.loadValues(counterPrefix(), QDateTime::currentMSecsSinceEpoch() - counterKeptMs, counters);
    if (!fault.isEmpty()) {
        m_database.close();
        fail(fault);
        return;
    }
    for (KeptValue& counter : counters)
        m_notices.push(std::move(counter));
}

/// After the rest, so that the scan need not wait for it; before anything is taken.
void Store::loadToldBefore()
{
    if (!m_database.isOpen())
        return;
    const QString fault = m_database.loadToldBefore(m_toldBefore);
    if (!fault.isEmpty()) {
        m_database.close();
        fail(fault);
        return;
    }
    m_database.releaseMemory(); // what was read once is not read again
}

// ---- what comes in

void Store::takeRecord(LogRecord record)
{
    const LogName name{record.root, record.relative};
    if (m_frozen.contains(name))
        return;
    const auto known = m_pending.logs.find(name);
    if (known != m_pending.logs.end() && !record.isWhole) {
        // The samples that already wait come first.
        std::vector<SampleChunk> samples = std::move(known->second.samples);
        samples.insert(samples.end(), std::make_move_iterator(record.samples.begin()),
                       std::make_move_iterator(record.samples.end()));
        record.samples = std::move(samples);
        record.isWhole = known->second.isWhole;
    }
    if (known != m_pending.logs.end())
        m_pending.logBytes -= bytesOf(known->second);
    m_pending.logBytes += bytesOf(record);
    if (!m_database.isOpen() && m_pending.logBytes > mostLogBytes) {
        // As it stands in the store it is whole in itself: the next run reads on from there.
        m_pending.logBytes -= bytesOf(record);
        m_pending.logs.erase(name);
        m_frozen.insert(name);
        return;
    }
    m_pending.logs.insert_or_assign(name, std::move(record));
    flushLater();
}

void Store::takeFrame(const Events& events)
{
    for (const Event& event : events)
        takeEvent(event);
    if (!events.isEmpty())
        m_lastSeq = events.constLast().seq;
    flushLater();
}

void Store::takeEvent(const Event& event)
{
    if (std::holds_alternative<TextStreamed>(event.body) || std::holds_alternative<SpendChanged>(event.body))
        return;
    if (event.agent.isNull() || std::holds_alternative<Logged>(event.body)) {
        keepEvent(event);
        return;
    }
    Agent& agent = m_agents[event.agent];
    if (std::holds_alternative<AgentAdded>(event.body))
        keepState(event, std::get<AgentAdded>(event.body).agent);
    else
        m_pending.agents.insert(event.agent);
    plimsoll::apply(agent, event);
    keepEvent(event);
}

/// An agent told of at the start of a run is news only where it differs from its row.
void Store::keepState(const Event& event, const Agent& agent)
{
    const auto known = m_known.constFind(event.agent);
    if (known == m_known.constEnd() || *known != stampOf(agent))
        m_pending.agents.insert(event.agent);
    if (known != m_known.constEnd() && known->state != agent.state) {
        Event changed = event;
        changed.body = StateChanged{agent.state, agent.stateSource, agent.stateReason, agent.stateSinceMs};
        keepEvent(changed);
    }
    m_known.insert(event.agent, stampOf(agent));
}

void Store::keepEvent(const Event& event)
{
    if (m_pending.events.size() >= mostEvents && !m_database.isOpen())
        return; // whoever cannot write for so long keeps the oldest
    if (isToldAgain(event.body) && m_toldBefore.contains(meaningOf(event)))
        return;
    m_pending.events.append(event);
    m_pending.events.last().seq += m_seqOffset;
}

// ---- what goes out

void Store::flushLater()
{
    if (m_database.isOpen() && !m_flushTimer.isActive() && !m_pending.isEmpty())
        m_flushTimer.start();
}

StoreBatch Store::takeBatch()
{
    StoreBatch batch;
    batch.logs.reserve(m_pending.logs.size());
    for (auto& [name, record] : m_pending.logs)
        batch.logs.push_back(std::move(record));
    for (const AgentId& id : std::as_const(m_pending.agents))
        batch.agents.append(m_agents.value(id));
    batch.events = std::exchange(m_pending.events, {});
    batch.values = std::exchange(m_pending.values, {}).values();
    batch.audit = std::exchange(m_pending.audit, {});
    m_pending.logs.clear();
    return batch;
}

void Store::putBack(StoreBatch batch)
{
    for (LogRecord& record : batch.logs) {
        LogName name{record.root, record.relative};
        m_pending.logs.emplace(std::move(name), std::move(record));
    }
    m_pending.events = std::move(batch.events);
    for (const KeptValue& value : std::as_const(batch.values))
        m_pending.values.insert(value.name, value);
    m_pending.audit = std::move(batch.audit);
}

void Store::flush()
{
    m_flushTimer.stop();
    if (m_pending.isEmpty())
        return;
    StoreBatch batch = takeBatch();
    const bool isLarge = batch.logs.size() >= manyLogs;
    const QString fault = m_database.write(batch);
    if (!fault.isEmpty()) {
        putBack(std::move(batch));
        // Never again on the same handle: after a failed sync it may take back what it said.
        m_database.close();
        fail(QStringLiteral("the history cannot be written (%1); it is tried again").arg(fault));
        return;
    }
    m_pending = {};
    m_retryMs = 0;
    if (isLarge) {
        batch = {};
        m_database.releaseMemory();
    }
    m_notices.push(StoreAck{m_lastSeq});
    tellState();
}

void Store::fail(const QString& text)
{
    qCDebug(lcStore, "%s", qUtf8Printable(text));
    m_told.problem = text;
    m_told.kept = false;
    m_notices.push(m_told);
    m_retryMs = std::clamp(m_retryMs * 2, firstRetryMs, longestRetryMs);
    m_retryTimer.start(m_retryMs);
}

void Store::retry()
{
    QString fault = open();
    quint64 lastSeq = 0;
    if (fault.isEmpty())
        fault = m_database.loadLastSeq(lastSeq);
    if (fault.isEmpty())
        fault = m_database.dropKept(m_pending.events);
    if (fault.isEmpty())
        fault = m_database.loadToldBefore(m_toldBefore);
    if (!fault.isEmpty()) {
        m_database.close();
        fail(fault);
        return;
    }
    // The store knows numbers that this run has given as well, or will.
    const quint64 next = m_lastSeq + 1 + m_seqOffset;
    const quint64 first = m_pending.events.isEmpty() ? next : m_pending.events.constFirst().seq;
    if (first <= lastSeq) {
        const quint64 shift = lastSeq + 1 - first;
        for (Event& event : m_pending.events)
            event.seq += shift;
        m_seqOffset += shift;
    }
    flush();
    if (m_database.isOpen()) {
        tellState();
        m_pruneTimer.start(pruneStepMs);
    }
}

void Store::tellState()
{
    if (!m_database.isOpen())
        return;
    StoreState state;
    state.kept = true;
    constexpr qint64 step = 100'000; // nobody reads single bytes
    state.sizeBytes = (m_database.sizeBytes() + step - 1) / step * step;
    if (state == m_told)
        return;
    m_told = state;
    m_notices.push(state);
}

void Store::prune()
{
    if (!m_database.isOpen())
        return;
    bool more = false;
    const QString fault = m_database.prune(m_retention, now(), more);
    if (!fault.isEmpty())
        qCWarning(lcStore, "old history cannot be removed: %s", qUtf8Printable(fault));
    m_pruneTimer.setTimerType(more ? Qt::CoarseTimer : Qt::VeryCoarseTimer);
    m_pruneTimer.start(more ? pruneStepMs : pruneMs);
}

/// "history" of an agent whose log is gone: what was seen of it. `before_offset` counts lines here, from the
/// newest.
void Store::answer(const WatchQuery& query)
{
    const AgentId id = AgentId::fromString(query.params.value(QStringLiteral("agent_id")).toString());
    const int newer = std::max(0, query.params.value(QStringLiteral("before_offset")).toInt());
    const int limit = std::clamp(query.params.value(QStringLiteral("limit")).toInt(pageLines), 1, 1000);
    QList<StoredLine> lines;
    m_in.frames.takeNow();
    if (m_database.isOpen())
        flush();
    QString fault = m_database.isOpen() ? m_database.loadLines(id, newer, limit, lines)
                                        : QStringLiteral("the log is gone and the history is not open");
    if (fault.isEmpty() && lines.isEmpty() && newer == 0)
        fault = QStringLiteral("the log is gone, and nothing of its conversation was kept");
    QJsonArray items;
    for (const StoredLine& stored : std::as_const(lines)) {
        items.append(QJsonObject{{QStringLiteral("at"), double(stored.atMs)},
                                 {QStringLiteral("kind"), toName(stored.line.kind)},
                                 {QStringLiteral("text"), stored.line.text},
                                 {QStringLiteral("tool"), stored.line.tool},
                                 {QStringLiteral("truncated"), false},
                                 {QStringLiteral("file"), QString()},
                                 {QStringLiteral("offset"), double(stored.line.offset)},
                                 {QStringLiteral("block"), stored.line.block}});
    }
    m_notices.push(Reply{query.id,
                         {{QStringLiteral("items"), items},
                          {QStringLiteral("file"), QString()},
                          {QStringLiteral("before_offset"), newer + int(lines.size())},
                          {QStringLiteral("more"), lines.size() == limit}},
                         fault});
}

} // namespace plimsoll
