// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/server/peer.h"
#include "models/agent.h"

#include <QHash>
#include <QJsonObject>
#include <QList>
#include <QObject>
#include <QSet>
#include <QTimer>

#include <optional>

namespace plimsoll {

/// How full a session's window is.
struct ContextValue
{
    qint64 used = 0;  ///< tokens
    qint64 total = 0; ///< tokens, more than 0
    qint64 atMs = 0;  ///< ms UTC
    bool operator==(const ContextValue&) const = default;
};

inline constexpr qint64 counterLifeMs = 24LL * 60 * 60 * 1000;
inline constexpr qint64 unknownTotal = 200'000; ///< told of what was never posted

/// "used" and "total" of a post: whole numbers, not negative, total not 0, at most 2^53; also as digits in
/// text where they come from a query. Nothing where they are not. \param fault what is wrong, for people
[[nodiscard]] std::optional<ContextValue> contextFromJson(const QJsonObject& object, QString& fault);
/// 1–256 bytes of printable ASCII without '/'.
[[nodiscard]] bool isSessionName(QByteArrayView name);
/// {used, total, percentage}: with two digits.
[[nodiscard]] QJsonObject contextData(const ContextValue& value);
/// {count, max, percentage, warning}
[[nodiscard]] QJsonObject tokenData(qint64 count, qint64 max);

/// The counter service: the last value of each session for 24 hours, and a room for those who watch it. At
/// most one update per 100 ms and session, the last value always. Counts no tokens itself. Server thread.
class Counters : public QObject
{
    Q_OBJECT

public:
    explicit Counters(QObject* parent = nullptr);

    /// \param values of an earlier run
    void setKept(const QHash<QString, ContextValue>& values);
    [[nodiscard]] std::optional<ContextValue> value(const QString& session) const;

    /// A foreign program's.
    void post(const QString& session, const ContextValue& value);
    /// One of our agents: told in the rooms of its id and of its session id.
    void takeAgent(const Agent& agent, bool compacted);
    void postTokens(const QString& session, const QJsonObject& data);

    /// The peer watches from here on. \param now what it is told at once, if known
    void join(Peer* peer, const QString& session, const std::optional<ContextValue>& now);
    [[nodiscard]] qsizetype watchers() const { return m_watchers; }

signals:
    void changed(const QString& session, const plimsoll::ContextValue& value); ///< worth keeping

private:
    struct Room
    {
        QList<Peer*> peers;
        std::optional<ContextValue> waiting; ///< told with the tick
        QJsonObject waitingTokens;
        qint64 toldAtMs = 0;
    };

    void tell(const QString& session, const ContextValue& value, bool atOnce);
    void tellWaiting();
    static void broadcast(Room& room, const QString& session, const char* type, const QJsonObject& data);
    void leave(Peer* peer, const QString& session);
    void dropOld();

    QHash<QString, ContextValue> m_values; ///< posted ones
    QHash<QString, Room> m_rooms;
    QSet<QString> m_waiting;
    QTimer m_tick;
    qsizetype m_watchers = 0;
};

} // namespace plimsoll
