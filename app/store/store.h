// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/store/database.h"
#include "app/watch/handover.h"
#include "app/watch/watcher.h"
#include "models/host.h"

#include <QObject>
#include <QTimer>

#include <map>
#include <variant>

namespace plimsoll {

/// What an earlier run has left: said once, after the store was opened or could not be.
struct StoreLoaded
{
    BeginScan kept;
    quint64 lastSeq = 0;
};
/// Everything recorded up to `seq` is on the disk. For those who must know (tests, receipts).
struct StoreAck
{
    quint64 seq = 0;
};
using StoreNotice = std::variant<StoreLoaded, StoreState, StoreAck, KeptValue, Reply>;

/// Names of what is kept besides: told as KeptValue after StoreLoaded.
[[nodiscard]] inline QString tokenRatiosName()
{
    return QStringLiteral("token_ratios");
}

/// Ways into the store.
struct StoreIntake
{
    Handover<LogRecord> records;
    Handover<Events> frames;
    Handover<WatchQuery> queries; ///< "history" of agents whose logs are gone
    Handover<KeptValue> values;
    Handover<AuditRow> audit;
};

/// Keeps what happens, on a thread of its own: gathers what comes for a moment and writes it as one
/// transaction. What cannot be written waits, within bounds, while the file is opened again and again with
/// growing delay; nobody else waits for it. Shows nothing and asks the logs nothing. Lives in the store
/// thread: construct anywhere, move there, then call start() by a queued call.
class Store : public QObject
{
    Q_OBJECT

public:
    /// \param dir absolute path of the data folder \param roots whose logs this run watches
    Store(QString dir, const QList<LogRoot>& roots, Retention retention, StoreIntake intake,
          Handover<StoreNotice> notices);
    ~Store() override;

    void start();

private:
    /// Waits to be written.
    struct Pending
    {
        std::map<LogName, LogRecord> logs; ///< the newest of each
        qsizetype logBytes = 0;
        Events events;
        QSet<AgentId> agents;
        QHash<QString, KeptValue> values; ///< the newest of each name
        QList<AuditRow> audit;

        [[nodiscard]] bool isEmpty() const
        {
            return logs.empty() && events.isEmpty() && agents.isEmpty() && values.isEmpty() &&
                   audit.isEmpty();
        }
    };

    [[nodiscard]] QString open();
    void load(StoreLoaded& loaded, KeptValue& ratios);
    void loadToldBefore();
    void loadCounters();
    void takeRecord(LogRecord record);
    void takeFrame(const Events& events);
    void takeEvent(const Event& event);
    void keepState(const Event& event, const Agent& agent);
    void keepEvent(const Event& event);
    void flushLater();
    void flush();
    void retry();
    void fail(const QString& text);
    void prune();
    void answer(const WatchQuery& query);
    void tellState();
    [[nodiscard]] StoreBatch takeBatch();
    void putBack(StoreBatch batch);

    const QString m_dir;
    const QSet<QByteArray> m_roots;
    const Retention m_retention;
    StoreIntake m_in;
    Handover<StoreNotice> m_notices;
    Database m_database;
    QTimer m_flushTimer;
    QTimer m_retryTimer;
    QTimer m_pruneTimer;
    int m_retryMs = 0;
    Pending m_pending;
    QHash<AgentId, AgentStamp> m_known; ///< of rows in the store
    QHash<AgentId, Agent> m_agents;     ///< last pictures of those told of in this run
    QSet<LogName> m_frozen;        ///< logs whose records were dropped: they stay as they are in the store
    QSet<QByteArray> m_toldBefore; ///< by earlier runs (Database::loadToldBefore())
    quint64 m_lastSeq = 0;         ///< the last number that has come, as this run counts
    quint64 m_seqOffset = 0;       ///< from this run's numbers to the store's, where the store came late
    StoreState m_told;
};

} // namespace plimsoll
