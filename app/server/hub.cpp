// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/server/hub.h"

#include "app/server/wire.h"
#include "models/jsonwriter.h"
#include "models/masking.h"

#include <QDateTime>

#include <algorithm>

namespace plimsoll {

namespace {

qint64 nowMs()
{
    return QDateTime::currentMSecsSinceEpoch();
}

/// Masked, but for what an approver is to see as it would run: the wire tells that to nobody who may only
/// look.
Event maskedForHub(const Event& event)
{
    Event masked = maskedEvent(event);
    if (auto* asked = std::get_if<PermissionAsked>(&masked.body))
        asked->input = std::get<PermissionAsked>(event.body).input;
    return masked;
}

AgentDigest digestOf(const Agent& agent)
{
    AgentDigest digest{};
    QByteArray text;
    JsonWriter writer(text);
    writeChanges(writer, agent, digest);
    return digest;
}

QList<Agent> sorted(QList<Agent> agents)
{
    std::sort(agents.begin(), agents.end(), [](const Agent& a, const Agent& b) {
        if (a.info.updatedAtMs != b.info.updatedAtMs)
            return a.info.updatedAtMs > b.info.updatedAtMs;
        return a.id < b.id;
    });
    return agents;
}

} // namespace

Hub::Hub(const ServerLimits& limits, QString run, QObject* parent)
    : QObject(parent)
    , m_limits(limits)
    , m_run(std::move(run))
    , m_ring(limits.ringBytes)
    , m_tick(this)
{
    m_tick.setSingleShot(true);
    m_tick.setTimerType(Qt::PreciseTimer);
    m_tick.setInterval(tickMs);
    connect(&m_tick, &QTimer::timeout, this, &Hub::flush);
}

void Hub::seed(FleetPicture picture)
{
    m_fleet = {};
    m_fleet.seq = picture.seq;
    m_fleet.limits = picture.limits;
    m_fleet.spend = picture.spend;
    for (const Agent& agent : std::as_const(picture.agents))
        apply(m_fleet, maskedEvent({0, 0, agent.id, AgentAdded{agent}}));
    for (const Event& asked : std::as_const(picture.permissions))
        apply(m_fleet, maskedForHub(asked));
    m_fleet.seq = picture.seq;
    m_told.clear();
    for (const Agent& agent : std::as_const(m_fleet.agents))
        m_told.insert(agent.id, {digestOf(agent), agent.info.summary, agent.usage.contextTokens,
                                 agent.usage.contextWindow});
    m_changed.clear();
    m_snapshot.reset();
    emit seeded();
}

void Hub::send(const AgentId& agent, QByteArray json)
{
    m_ring.append({agent, std::move(json)});
    m_snapshot.reset();
}

void Hub::take(const Events& events)
{
    for (const Event& event : events) {
        if (event.seq == 0 || event.seq > m_fleet.seq || std::holds_alternative<TextStreamed>(event.body))
            takeOne(maskedForHub(event));
    }
}

void Hub::announce()
{
    if (std::exchange(m_announced, m_ring.lastSeq()) != m_ring.lastSeq())
        emit sent();
}

void Hub::takeOne(const Event& event)
{
    const auto known = m_fleet.agents.constFind(event.agent);
    const bool isKnown = known != m_fleet.agents.constEnd();
    const Agent before = isKnown ? *known : Agent();
    const bool isSameState = [&] {
        const auto* state = std::get_if<StateChanged>(&event.body);
        return state && isKnown && known->state == state->state && known->stateReason == state->reason &&
               known->stateSource == state->source && known->stateSinceMs == state->sinceMs;
    }();
    if (!apply(m_fleet, event))
        return;
    if (std::holds_alternative<TextStreamed>(event.body)) {
        if (const auto json = wire::eventMessage(event, 0, before))
            emit streamed(event.agent, *json);
        return;
    }
    const bool isAdded = std::holds_alternative<AgentAdded>(event.body);
    if (std::holds_alternative<UsageChanged>(event.body) ||
        std::holds_alternative<AgentChanged>(event.body) || (isAdded && isKnown))
        return markChanged(event.agent);
    if (isSameState)
        return;
    if (std::holds_alternative<AgentRemoved>(event.body)) {
        m_changed.remove(event.agent); // nobody misses its last numbers
        m_told.remove(event.agent);
    }
    Event told = event;
    if (isAdded)
        std::get<AgentAdded>(told.body).agent = m_fleet.agents.value(event.agent);
    if (auto json = wire::eventMessage(told, m_ring.lastSeq() + 1, before))
        send(event.agent, std::move(*json));
    if (std::holds_alternative<AlertRaised>(event.body))
        emit alerted();
    if (isAdded) {
        const Agent& agent = *m_fleet.agents.constFind(event.agent);
        m_told.insert(agent.id, {digestOf(agent), agent.info.summary, agent.usage.contextTokens,
                                 agent.usage.contextWindow});
        emit contextChanged(agent, false);
    } else if (const auto* compacted = std::get_if<Compacted>(&event.body)) {
        Agent agent = *m_fleet.agents.constFind(event.agent);
        if (compacted->compaction.afterTokens) // its numbers come later
            agent.usage.contextTokens = compacted->compaction.afterTokens;
        emit contextChanged(agent, true);
    } else if (std::holds_alternative<StateChanged>(event.body)) {
        // `status` of its object is told with the next numbers, also where it is by then what it was before.
        forgetState(m_told[event.agent].digest);
        markChanged(event.agent);
    }
}

void Hub::markChanged(const AgentId& id)
{
    m_changed.insert(id);
    m_snapshot.reset();
    if (!m_tick.isActive())
        m_tick.start();
}

void Hub::flush()
{
    m_tick.stop();
    settle();
    announce();
}

void Hub::settle()
{
    const QSet<AgentId> changed = std::exchange(m_changed, {});
    for (const AgentId& id : changed)
        tell(id);
}

void Hub::tell(const AgentId& id)
{
    const auto agent = m_fleet.agents.constFind(id);
    if (agent == m_fleet.agents.constEnd())
        return;
    Told& told = m_told[id];
    QByteArray changes;
    JsonWriter writer(changes);
    if (writeChanges(writer, *agent, told.digest) == 0)
        return;
    const qint64 now = nowMs();
    send(id, wire::updated(id, changes, m_ring.lastSeq() + 1, now));
    if (told.summary != agent->info.summary) {
        told.summary = agent->info.summary;
        send(id, wire::summaryUpdate(id, told.summary, m_ring.lastSeq() + 1, now));
    }
    if (told.contextTokens != agent->usage.contextTokens ||
        told.contextWindow != agent->usage.contextWindow) {
        told.contextTokens = agent->usage.contextTokens;
        told.contextWindow = agent->usage.contextWindow;
        emit contextChanged(*agent, false);
    }
}

QList<Agent> Hub::newestFirst() const
{
    return sorted(m_fleet.agents.values());
}

std::shared_ptr<const Hub::Snapshot> Hub::snapshot()
{
    settle();
    if (!m_snapshot) {
        const quint64 seq = m_ring.lastSeq();
        m_snapshot = std::make_shared<const Snapshot>(
            Snapshot{wire::snapshot(m_fleet, newestFirst(), seq, nowMs()), seq});
    }
    return m_snapshot;
}

std::shared_ptr<const Hub::Snapshot> Hub::snapshotOf(const std::function<bool(const AgentId&)>& wants)
{
    settle();
    QList<Agent> agents;
    for (const Agent& agent : m_fleet.agents) {
        if (wants(agent.id))
            agents << agent;
    }
    const quint64 seq = m_ring.lastSeq();
    return std::make_shared<const Snapshot>(
        Snapshot{wire::snapshot(m_fleet, sorted(agents), seq, nowMs()), seq});
}

Outgoing Hub::sharedFrames(quint64 seq, FrameStyle style)
{
    const quint64 upTo = m_ring.lastSeq();
    for (const Shared& shared : m_shared) {
        if (shared.upTo == upTo && shared.after == seq && shared.style == style &&
            !shared.outgoing.frames.isEmpty())
            return shared.outgoing;
    }
    Shared& shared = m_shared.at(m_nextShared++ % m_shared.size());
    shared = {seq, upTo, style, framesAfter(m_ring, seq, style, m_limits.frameBytes - 16, nullptr)};
    return shared.outgoing;
}

} // namespace plimsoll
