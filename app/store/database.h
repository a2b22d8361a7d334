// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/agents/uniquefd.h"
#include "app/store/auditrow.h"
#include "app/watch/logname.h"
#include "app/watch/logrecord.h"
#include "models/event.h"

#include <QHash>
#include <QJsonObject>
#include <QSet>
#include <QSqlDatabase>
#include <QString>

#include <functional>
#include <vector>

class QSqlQuery;

namespace plimsoll {

/// Something that was worked out, under a name of its own.
struct KeptValue
{
    QString name;
    qint64 atMs = 0; ///< ms UTC when it was; 0 = there is none
    QJsonObject json;
};

/// By what a row of an agent is known: where it is the same the row has nothing new to say.
struct AgentStamp
{
    AgentState state = AgentState::Unknown;
    qint64 updatedAtMs = 0;

    bool operator==(const AgentStamp&) const = default;
};

[[nodiscard]] inline AgentStamp stampOf(const Agent& agent)
{
    return {agent.state, agent.info.updatedAtMs};
}

/// Counters that foreign programs have posted are kept under this and their name, for a day.
[[nodiscard]] inline QString counterPrefix()
{
    return QStringLiteral("counter/");
}
inline constexpr qint64 counterKeptMs = 24LL * 60 * 60 * 1000;

/// What one transaction writes.
struct StoreBatch
{
    std::vector<LogRecord> logs;
    QList<Agent> agents; ///< last pictures
    Events events;       ///< numbered; Logged ones go to the texts
    QList<KeptValue> values{};
    QList<AuditRow> audit{};

    [[nodiscard]] bool isEmpty() const
    {
        return logs.empty() && agents.isEmpty() && events.isEmpty() && values.isEmpty() && audit.isEmpty();
    }
};

/// How long things are kept. 0 = for ever.
struct Retention
{
    qint64 sampleDays = 0;
    qint64 textDays = 90; ///< of lines of the stream, and of audit rows
    qint64 textBytes = qint64{1} << 30;

    bool operator==(const Retention&) const = default;
};

/// The folders by which loadLogs() chooses.
[[nodiscard]] QSet<QByteArray> rootPaths(const QList<LogRoot>& roots);

/// A line of the stream that the store has kept.
struct StoredLine
{
    qint64 atMs = 0; ///< ms UTC
    Logged line;
};

/// Whether each run tells of it again, at a time of its own: requests that are open, quotas.
[[nodiscard]] bool isToldAgain(const Body& body);
/// What the store keeps of an event, whatever its number: two that say the same are one.
[[nodiscard]] QByteArray meaningOf(const Event& event);

/// The store on disk: SQLite in the data folder, one writer at a time (a lock file says who), WAL and FULL:
/// what write() answered well has reached the disk. Masks secrets in all text that it keeps. Every function
/// answers with an empty string, or with one line that says what is wrong; then nothing has changed. Blocks
/// on the disk: never in the GUI thread. One thread, which must be the one that opened it.
class Database
{
public:
    enum class Access { ReadWrite, ReadOnly };

    Database();
    ~Database();

    /// Creates what is missing (0600) and brings an older schema up to date. A schema newer than this
    /// program, garbage and a store in use by another Plimsoll are refused and left as they are. \param dir
    /// absolute path of the data folder
    [[nodiscard]] QString open(const QString& dir, Access access);
    /// The same on a connection made elsewhere (PostgreSQL, tests); without the lock file.
    [[nodiscard]] QString attach(const QSqlDatabase& connection);
    void close();
    [[nodiscard]] bool isOpen() const { return m_open; }

    /// Every log below one of these roots, with all its samples.
    [[nodiscard]] QString loadLogs(const QSet<QByteArray>& roots, std::vector<LogRecord>& logs);
    /// Last pictures: who they are, their state and numbers, without what logs tell better.
    [[nodiscard]] QString loadAgents(QHash<AgentId, Agent>& agents);
    [[nodiscard]] QString loadLastSeq(quint64& seq);
    /// By its name; its time stays 0 where there is none.
    [[nodiscard]] QString loadValue(KeptValue& value);
    /// Those whose name begins so and that are not older; at most 10,000, newest first. \param sinceMs ms UTC
    [[nodiscard]] QString loadValues(const QString& prefix, qint64 sinceMs, QList<KeptValue>& values);
    /// The newest rows, newest first.
    [[nodiscard]] QString loadAudit(int limit, QList<AuditRow>& rows);
    /// `limit` lines of an agent, oldest first, behind the `newer` newest.
    [[nodiscard]] QString loadLines(const AgentId& agent, int newer, int limit, QList<StoredLine>& lines);

    /// One transaction.
    [[nodiscard]] QString write(const StoreBatch& batch);
    /// What isToldAgain() events of earlier runs say; the newest of them.
    [[nodiscard]] QString loadToldBefore(QSet<QByteArray>& meanings);
    /// Takes out what the store holds already under whatever number: another Plimsoll has seen the same, or a
    /// write that could not be synced has reached the disk after all. Looks at all newer events: for after
    /// opening.
    [[nodiscard]] QString dropKept(Events& events);
    /// All that `work` writes by add() is one transaction, or nothing where it answers with a fault.
    [[nodiscard]] QString inTransaction(const std::function<QString()>& work);
    /// A part of the transaction that is under way.
    [[nodiscard]] QString add(const StoreBatch& batch);

    /// Removes a part of what is too old or too much. \param nowMs ms UTC \param more set when there is more
    /// to do
    [[nodiscard]] QString prune(const Retention& retention, qint64 nowMs, bool& more);

    /// Gives back memory that large writes have needed.
    void releaseMemory();

    /// Bytes on the disk, 0 where it is not a file.
    [[nodiscard]] qint64 sizeBytes() const;

private:
    struct FileRow
    {
        int id = 0;
        int nextPart = 0;
        int partsSinceJoin = 0;
    };

    [[nodiscard]] QString prepareFile(const QString& path, Access access);
    [[nodiscard]] QString runPragmas(const QStringList& pragmas);
    [[nodiscard]] QString readVersion(int& version);
    [[nodiscard]] QString migrate();
    [[nodiscard]] QString runScript(const QString& script);
    [[nodiscard]] QString loadFileRows();
    [[nodiscard]] QString writeLogs(const std::vector<LogRecord>& logs);
    [[nodiscard]] QString writeSamples(QSqlQuery& query, const LogRecord& log, FileRow& row);
    [[nodiscard]] QString joinSamples(FileRow& row);
    [[nodiscard]] QString writeAgents(const QList<Agent>& agents);
    [[nodiscard]] QString writeEvents(const Events& events);
    [[nodiscard]] QString writeValues(const QList<KeptValue>& values);
    [[nodiscard]] QString writeAudit(const QList<AuditRow>& rows);
    [[nodiscard]] QString pruneSharing(const Retention& retention, qint64 nowMs);
    [[nodiscard]] QString pruneSamples(const Retention& retention, qint64 nowMs, bool& more);
    [[nodiscard]] QString pruneTexts(const Retention& retention, qint64 nowMs, bool& more);

    QSqlDatabase m_db;
    QString m_name; ///< of the connection, where it is our own
    QString m_path;
    UniqueFd m_lock;
    QHash<LogName, FileRow> m_files;
    int m_nextFile = 1;
    qint64 m_textBytes = -1; ///< of all texts, -1 = not summed yet
    bool m_open = false;
};

} // namespace plimsoll
