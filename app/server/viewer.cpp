// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/server/viewer.h"

#include "app/server/wire.h"
#include "models/codec.h"

#include <QDateTime>
#include <QJsonArray>
#include <QJsonDocument>

#include <algorithm>

namespace plimsoll {

namespace {

constexpr qsizetype maxFollowed = 1000;

qint64 nowMs()
{
    return QDateTime::currentMSecsSinceEpoch();
}

} // namespace

Viewer::Viewer(Peer& peer, QString clientId, Hub& hub, ViewerDesk& desk, const ServerLimits& limits)
    : QObject(&peer)
    , m_peer(peer)
    , m_clientId(std::move(clientId))
    , m_hub(hub)
    , m_desk(desk)
    , m_limits(limits)
{
    m_clock.start();
    connect(&m_peer, &Peer::messageCame, this, &Viewer::take);
    connect(&m_peer, &Peer::drained, this, &Viewer::pump);
    connect(&m_hub, &Hub::sent, this, &Viewer::pump);
    connect(&m_hub, &Hub::seeded, this, [this] {
        startSnapshot();
        pump();
    });
    connect(&m_hub, &Hub::streamed, this, &Viewer::tellStreamed);
    m_peer.send(framed(m_desk.greeting(m_clientId, m_peer.principal())));
}

QByteArray Viewer::framed(const QByteArray& json) const
{
    return wire::frame(m_style.batch ? '[' + json + ']' : json, m_style.binary);
}

bool Viewer::isFiltered() const
{
    return m_agents.has_value() || m_peer.principal().role == AccessRole::Agent;
}

bool Viewer::wants(const AgentId& agent) const
{
    return (!m_agents || m_agents->contains(agent)) && m_desk.maySee(m_peer.principal(), agent);
}

void Viewer::tell(const QByteArray& json, bool mayDrop)
{
    if (mayDrop && !m_peer.canTake())
        return;
    m_peer.send(framed(json));
}

void Viewer::tellStreamed(const AgentId& agent, const QByteArray& json)
{
    if (m_greeted && !m_snapshot && (!isFiltered() || wants(agent)))
        tell(json, true);
}

void Viewer::greetIfSilent()
{
    if (!m_greeted && m_clock.elapsed() > m_limits.helloMs)
        hello({});
}

void Viewer::take(const QByteArray& message)
{
    if (message == "ping")
        return tell(wire::pong());
    QJsonParseError fault;
    const QJsonDocument document = QJsonDocument::fromJson(message, &fault);
    if (!document.isObject()) {
        const QString why =
            fault.error == QJsonParseError::NoError ? QStringLiteral("it is no object") : fault.errorString();
        return tell(wire::error(QStringLiteral("this is not a JSON message: %1").arg(why), nowMs()));
    }
    const QJsonObject object = document.object();
    const QJsonValue type = object.value(QLatin1String("type"));
    if (type == QLatin1String("hello"))
        hello(object);
    else if (type == QLatin1String("command"))
        m_desk.command(*this, object);
    else if (type == QLatin1String("ping"))
        tell(wire::pong());
    else
        tell(wire::error(QStringLiteral("unknown message type \"%1\"").arg(type.toString().left(100)),
                         nowMs()));
}

void Viewer::hello(const QJsonObject& hello)
{
    m_greeted = true;
    m_style = {hello.value(QLatin1String("batch")).toBool(), hello.value(QLatin1String("binary")).toBool()};
    m_agents.reset();
    if (hello.value(QLatin1String("agents")).isArray()) {
        QSet<AgentId> followed;
        const QJsonArray list = hello.value(QLatin1String("agents")).toArray();
        for (qsizetype i = 0; i < std::min(list.size(), maxFollowed); ++i)
            followed.insert(AgentId::fromString(list.at(i).toString()));
        m_agents = followed;
    }
    m_snapshot.reset();
    const Count since = countFromJson(hello.value(QLatin1String("since")));
    const bool isSameRun = hello.value(QLatin1String("run")).toString() == m_hub.run();
    if (since && isSameRun && m_hub.ring().holdsAfter(quint64(*since))) {
        m_seq = quint64(*since);
        m_resumedTo = m_hub.ring().lastSeq();
        if (m_seq == m_resumedTo) {
            tell(wire::resumed(m_seq, nowMs()));
            m_resumedTo = 0;
        }
    } else {
        startSnapshot();
    }
    pump();
}

void Viewer::startSnapshot()
{
    m_resumedTo = 0;
    m_snapshot = isFiltered() ? m_hub.snapshotOf([this](const AgentId& agent) { return wants(agent); })
                              : m_hub.snapshot();
    m_nextPart = 0;
}

bool Viewer::pumpSnapshot()
{
    while (m_snapshot && m_peer.canTake()) {
        m_peer.send(framed(m_snapshot->messages.at(m_nextPart)));
        if (++m_nextPart < m_snapshot->messages.size())
            continue;
        m_seq = m_snapshot->seq;
        m_snapshot.reset();
    }
    return !m_snapshot;
}

void Viewer::pump()
{
    if (!m_greeted || !pumpSnapshot())
        return;
    while (m_seq < m_hub.ring().lastSeq() && m_peer.canTake()) {
        if (!m_hub.ring().holdsAfter(m_seq)) { // too far behind: begin anew
            startSnapshot();
            if (!pumpSnapshot())
                return;
            continue;
        }
        const Outgoing out = isFiltered()
                                 ? framesAfter(m_hub.ring(), m_seq, m_style, m_limits.frameBytes - 16,
                                               [this](const AgentId& agent) { return wants(agent); })
                                 : m_hub.sharedFrames(m_seq, m_style);
        m_seq = out.lastSeq;
        m_peer.send(out.frames);
    }
    if (m_resumedTo != 0 && m_seq >= m_resumedTo) {
        m_resumedTo = 0;
        tell(wire::resumed(m_seq, nowMs()));
    }
}

} // namespace plimsoll
