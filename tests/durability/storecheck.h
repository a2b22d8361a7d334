// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QHash>
#include <QMap>
#include <QSet>
#include <QString>
#include <QStringList>

#include <array>

class QSqlDatabase;

namespace plimsoll::test {

/// Listens to programs that fill a store (tests/durability/ingest.cpp) and looks whether the store holds what
/// was answered for: each event once and as it was told, each line once, each response of a log with its
/// position. One thread.
class StoreCheck
{
public:
    /// A new program speaks; what the last one left unfinished counts for nothing.
    void begin();
    /// What a program has said, in pieces of any size.
    void hear(const QByteArray& bytes);

    /// What is wrong in the store of a folder; empty = nothing. Leaves the store as it is but for what
    /// opening it does. \param whole also what earlier calls found in order, and the whole file
    [[nodiscard]] QStringList verify(const QString& dir, bool whole);

    [[nodiscard]] qint64 acknowledged() const { return m_acknowledged; }
    /// What programs complained of.
    [[nodiscard]] const QStringList& problems() const { return m_problems; }
    void clearProblems() { m_problems.clear(); }

private:
    struct Line
    {
        QByteArray file;
        qint64 offset = 0;
        qint64 block = 0;
        QString head;
    };
    struct Told
    {
        quint64 seq = 0;
        QByteArray json; ///< of an event, empty for a line
        Line line;
    };

    void hearLine(const QByteArray& line);
    void hearEvent(const QByteArray& json);
    void acknowledge(quint64 seq);
    void verifyEvents(const QSqlDatabase& db, bool whole, QStringList& wrong);
    void verifyLines(const QSqlDatabase& db, bool whole, QStringList& wrong);
    void verifyLogs(const QSqlDatabase& db, QStringList& wrong);

    QByteArray m_rest;
    QList<Told> m_told;                           ///< not answered for yet
    QHash<int, QMap<quint64, qint64>> m_toldLogs; ///< responses by the number that answers for them
    QList<QByteArray> m_events;                   ///< those that were answered for, without their numbers
    QList<Line> m_lines;
    QHash<int, qint64> m_logs;   ///< responses that were answered for
    QSet<QByteArray> m_meanings; ///< of the events that were looked at
    quint64 m_lookedAt = 0;      ///< the number of the last of them
    qsizetype m_eventsLookedAt = 0;
    qsizetype m_linesLookedAt = 0;
    qint64 m_acknowledged = 0;
    QStringList m_problems;
};

/// What `query` answers first, as text; the error where it fails.
[[nodiscard]] QString firstAnswer(const QSqlDatabase& db, const QString& query);

} // namespace plimsoll::test
