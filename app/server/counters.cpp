// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/server/counters.h"

#include "app/server/wire.h"

#include <QDateTime>
#include <QJsonDocument>

#include <algorithm>
#include <cmath>

namespace plimsoll {

namespace {

constexpr int tickMs = 100;
constexpr qint64 maxCount = qint64{1} << 53;
constexpr qsizetype maxSessions = 10'000;

qint64 nowMs()
{
    return QDateTime::currentMSecsSinceEpoch();
}

double percentage(qint64 part, qint64 whole)
{
    return whole <= 0 ? 0 : std::round(double(part) / double(whole) * 1e4) / 100;
}

/// Nothing for everything but a whole number from 0 to 2^53.
std::optional<qint64> wholeNumber(const QJsonValue& value)
{
    if (value.isString()) {
        const QString text = value.toString();
        const bool digits =
            !text.isEmpty() && text.size() <= 17 &&
            std::all_of(text.begin(), text.end(), [](QChar c) { return c >= u'0' && c <= u'9'; });
        const qint64 number = digits ? text.toLongLong() : -1;
        return number >= 0 && number <= maxCount ? std::optional(number) : std::nullopt;
    }
    if (!value.isDouble())
        return std::nullopt;
    const double number = value.toDouble();
    if (!(number >= 0) || number > double(maxCount) || number != std::floor(number))
        return std::nullopt;
    return qint64(number);
}

QByteArray message(const char* type, const QString& session, const QJsonObject& data)
{
    return QJsonDocument(QJsonObject{{QStringLiteral("type"), QLatin1String(type)},
                                     {QStringLiteral("session_id"), session},
                                     {QStringLiteral("data"), data},
                                     {QStringLiteral("timestamp"), double(nowMs()) / 1000}})
        .toJson(QJsonDocument::Compact);
}

} // namespace

std::optional<ContextValue> contextFromJson(const QJsonObject& object, QString& fault)
{
    const std::optional<qint64> used = wholeNumber(object.value(QLatin1String("used")));
    const std::optional<qint64> total = wholeNumber(object.value(QLatin1String("total")));
    if (!used || !total)
        fault = QStringLiteral("\"%1\" must be a whole number from 0 to 2^53")
                    .arg(used ? QStringLiteral("total") : QStringLiteral("used"));
    else if (*total == 0)
        fault = QStringLiteral("\"total\" must not be 0");
    else
        return ContextValue{*used, *total, nowMs()};
    return std::nullopt;
}

bool isSessionName(QByteArrayView name)
{
    return !name.isEmpty() && name.size() <= 256 &&
           std::all_of(name.begin(), name.end(), [](char c) { return c >= 0x20 && c < 0x7f && c != '/'; });
}

QJsonObject contextData(const ContextValue& value)
{
    return {{QStringLiteral("used"), value.used},
            {QStringLiteral("total"), value.total},
            {QStringLiteral("percentage"), percentage(value.used, value.total)}};
}

QJsonObject tokenData(qint64 count, qint64 max)
{
    constexpr double warningPercent = 80;
    const double percent = percentage(count, max);
    return {{QStringLiteral("count"), count},
            {QStringLiteral("max"), max},
            {QStringLiteral("percentage"), percent},
            {QStringLiteral("warning"), percent >= warningPercent}};
}

Counters::Counters(QObject* parent)
    : QObject(parent)
    , m_tick(this)
{
    m_tick.setSingleShot(true);
    m_tick.setInterval(tickMs);
    connect(&m_tick, &QTimer::timeout, this, &Counters::tellWaiting);
}

void Counters::setKept(const QHash<QString, ContextValue>& values)
{
    for (auto it = values.begin(); it != values.end(); ++it) {
        if (it->atMs + counterLifeMs > nowMs() && !m_values.contains(it.key()))
            m_values.insert(it.key(), *it);
    }
}

std::optional<ContextValue> Counters::value(const QString& session) const
{
    const auto found = m_values.constFind(session);
    if (found == m_values.constEnd() || found->atMs + counterLifeMs <= nowMs())
        return std::nullopt;
    return *found;
}

void Counters::dropOld()
{
    const qint64 now = nowMs();
    m_values.removeIf([now](const auto& item) { return item->atMs + counterLifeMs <= now; });
    while (m_values.size() >= maxSessions) {
        const auto oldest = std::min_element(m_values.begin(), m_values.end(),
                                             [](const auto& a, const auto& b) { return a.atMs < b.atMs; });
        m_values.erase(oldest);
    }
}

void Counters::post(const QString& session, const ContextValue& value)
{
    if (!m_values.contains(session) && m_values.size() >= maxSessions)
        dropOld();
    const auto before = m_values.constFind(session);
    const bool isLower = before != m_values.constEnd() && value.used < before->used;
    m_values.insert(session, value);
    emit changed(session, value);
    tell(session, value, isLower);
}

void Counters::takeAgent(const Agent& agent, bool compacted)
{
    if (!agent.usage.contextTokens || agent.usage.contextWindow.value_or(0) <= 0)
        return;
    const ContextValue value{*agent.usage.contextTokens, *agent.usage.contextWindow, nowMs()};
    tell(agent.id.toString(), value, compacted);
    if (!agent.info.sessionId.isEmpty())
        tell(agent.info.sessionId, value, compacted);
}

void Counters::tell(const QString& session, const ContextValue& value, bool atOnce)
{
    const auto room = m_rooms.find(session);
    if (room == m_rooms.end())
        return;
    const qint64 now = nowMs();
    if (atOnce || now - room->toldAtMs >= tickMs) {
        room->waiting.reset();
        room->toldAtMs = now;
        return broadcast(*room, session, "context_update", contextData(value));
    }
    room->waiting = value;
    m_waiting.insert(session);
    if (!m_tick.isActive())
        m_tick.start();
}

void Counters::postTokens(const QString& session, const QJsonObject& data)
{
    const auto room = m_rooms.find(session);
    if (room == m_rooms.end())
        return;
    const qint64 now = nowMs();
    if (now - room->toldAtMs >= tickMs) {
        room->toldAtMs = now;
        return broadcast(*room, session, "token_count", data);
    }
    room->waitingTokens = data;
    m_waiting.insert(session);
    if (!m_tick.isActive())
        m_tick.start();
}

void Counters::tellWaiting()
{
    const QSet<QString> waiting = std::exchange(m_waiting, {});
    for (const QString& session : waiting) {
        const auto room = m_rooms.find(session);
        if (room == m_rooms.end())
            continue;
        room->toldAtMs = nowMs();
        if (room->waiting)
            broadcast(*room, session, "context_update", contextData(*room->waiting));
        if (!room->waitingTokens.isEmpty())
            broadcast(*room, session, "token_count", room->waitingTokens);
        room->waiting.reset();
        room->waitingTokens = {};
    }
}

void Counters::broadcast(Room& room, const QString& session, const char* type, const QJsonObject& data)
{
    const QByteArray frame = wire::frame(message(type, session, data), false);
    for (Peer* peer : std::as_const(room.peers)) {
        if (peer->canTake())
            peer->send(frame);
    }
}

void Counters::join(Peer* peer, const QString& session, const std::optional<ContextValue>& now)
{
    m_rooms[session].peers.append(peer);
    ++m_watchers;
    connect(peer, &Peer::ended, this, [this, peer, session] { leave(peer, session); });
    connect(peer, &Peer::messageCame, peer, [peer](const QByteArray& text) {
        peer->send(wire::frame(text == "ping"
                                   ? wire::pong()
                                   : wire::error(QStringLiteral("only \"ping\" is understood here"), nowMs()),
                               false));
    });
    if (now)
        peer->send(wire::frame(message("context_update", session, contextData(*now)), false));
}

void Counters::leave(Peer* peer, const QString& session)
{
    const auto room = m_rooms.find(session);
    if (room == m_rooms.end())
        return;
    m_watchers -= room->peers.removeAll(peer);
    if (room->peers.isEmpty())
        m_rooms.erase(room);
}

} // namespace plimsoll
