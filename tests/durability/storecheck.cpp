// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/durability/storecheck.h"

#include "app/agents/reader.h"
#include "app/watch/logrecord.h"
#include "models/codec.h"
#include "tests/durability/made.h"

#include <QJsonDocument>
#include <QJsonObject>
#include <QSqlDatabase>
#include <QSqlError>
#include <QSqlQuery>
#include <QVariant>

namespace plimsoll::test {

namespace {

constexpr int mostComplaints = 5;

void complain(QStringList& wrong, const QString& text)
{
    if (wrong.size() < mostComplaints)
        wrong << text;
}

/// An event without its number: no two in a store are the same. Quotas and requests have a time or a name of
/// their own; they are told again at each start.
QByteArray meaningOf(const QByteArray& json)
{
    QJsonObject object = QJsonDocument::fromJson(json).object();
    object.remove(QStringLiteral("seq"));
    const QString type = object.value(QStringLiteral("type")).toString();
    if (type == QLatin1String("limits_changed") || type.startsWith(QLatin1String("permission_")))
        object.remove(QStringLiteral("timestamp"));
    return QJsonDocument(object).toJson(QJsonDocument::Compact);
}

} // namespace

QString firstAnswer(const QSqlDatabase& db, const QString& query)
{
    QSqlQuery asked(db);
    return asked.exec(query) && asked.next() ? asked.value(0).toString() : asked.lastError().text();
}

void StoreCheck::begin()
{
    m_rest.clear();
    m_told.clear();
    m_toldLogs.clear();
}

void StoreCheck::hear(const QByteArray& bytes)
{
    m_rest += bytes;
    for (qsizetype end = m_rest.indexOf('\n'); end >= 0; end = m_rest.indexOf('\n')) {
        hearLine(m_rest.left(end));
        m_rest.remove(0, end + 1);
    }
}

void StoreCheck::hearLine(const QByteArray& line)
{
    const QList<QByteArray> words = line.split(' ');
    if (line.startsWith("E "))
        hearEvent(line.mid(2));
    else if (line.startsWith("L ") && words.size() == 4)
        m_toldLogs[words[2].toInt()].insert(words[1].toULongLong(), words[3].toLongLong());
    else if (line.startsWith("A "))
        acknowledge(line.mid(2).toULongLong());
    else
        m_problems << QString::fromUtf8(line);
}

void StoreCheck::hearEvent(const QByteArray& json)
{
    const std::optional<Event> event = eventFromJson(QJsonDocument::fromJson(json).object());
    if (!event) {
        m_problems << QStringLiteral("not an event: ") + QString::fromUtf8(json);
        return;
    }
    Told told;
    told.seq = event->seq;
    if (const auto* line = std::get_if<Logged>(&event->body))
        told.line = {line->file.toUtf8(), line->offset, line->block, line->text};
    else
        told.json = json;
    m_told.append(told);
}

void StoreCheck::acknowledge(quint64 seq)
{
    while (!m_told.isEmpty() && m_told.constFirst().seq <= seq) {
        const Told told = m_told.takeFirst();
        ++m_acknowledged;
        if (told.json.isEmpty())
            m_lines.append(told.line);
        else
            m_events.append(meaningOf(told.json));
    }
    for (auto log = m_toldLogs.begin(); log != m_toldLogs.end(); ++log) {
        while (!log->isEmpty() && log->firstKey() <= seq)
            m_logs[log.key()] = std::max(m_logs.value(log.key()), log->take(log->firstKey()));
    }
}

QStringList StoreCheck::verify(const QString& dir, bool whole)
{
    const QString name = QStringLiteral("check");
    QStringList wrong;
    {
        QSqlDatabase db = QSqlDatabase::addDatabase(QStringLiteral("QSQLITE"), name);
        db.setDatabaseName(dir + QStringLiteral("/plimsoll.db"));
        if (!db.open()) {
            wrong << db.lastError().text();
        } else {
            const QString state =
                whole ? firstAnswer(db, QStringLiteral("PRAGMA integrity_check")) : QString();
            if (whole && state != QLatin1String("ok"))
                wrong << QStringLiteral("corrupt: ") + state;
            verifyEvents(db, whole, wrong);
            verifyLines(db, whole, wrong);
            verifyLogs(db, wrong);
        }
    }
    QSqlDatabase::removeDatabase(name);
    return wrong;
}

void StoreCheck::verifyEvents(const QSqlDatabase& db, bool whole, QStringList& wrong)
{
    if (whole) {
        m_meanings.clear();
        m_lookedAt = 0;
        m_eventsLookedAt = 0;
    }
    QSqlQuery query(db);
    if (!query.exec(
            QStringLiteral("SELECT seq, body FROM events WHERE seq > %1 ORDER BY seq").arg(m_lookedAt)))
        complain(wrong, query.lastError().text());
    while (query.next()) {
        m_lookedAt = query.value(0).toULongLong();
        const QByteArray meaning = meaningOf(query.value(1).toByteArray());
        if (m_meanings.contains(meaning))
            complain(wrong, QStringLiteral("doubled: %1").arg(QString::fromUtf8(meaning)));
        m_meanings.insert(meaning);
    }
    for (; m_eventsLookedAt < m_events.size(); ++m_eventsLookedAt) {
        if (!m_meanings.contains(m_events[m_eventsLookedAt]))
            complain(wrong, QStringLiteral("lost: %1").arg(QString::fromUtf8(m_events[m_eventsLookedAt])));
    }
}

void StoreCheck::verifyLines(const QSqlDatabase& db, bool whole, QStringList& wrong)
{
    QSqlQuery query(db);
    query.setForwardOnly(true);
    if (!query.prepare(
            QStringLiteral("SELECT text FROM texts WHERE file_hash = ? AND line_offset = ? AND block = ?")))
        complain(wrong, query.lastError().text());
    for (qsizetype i = whole ? 0 : m_linesLookedAt; i < m_lines.size() && wrong.size() < mostComplaints;
         ++i) {
        const Line& line = m_lines[i];
        query.addBindValue(qint64(stableHash(line.file.toStdString())));
        query.addBindValue(line.offset);
        query.addBindValue(line.block);
        const bool found = query.exec() && query.next();
        const QString text = found ? query.value(0).toString() : QString();
        const bool made = line.file.startsWith(madeRootPath());
        const bool same =
            made ? text == madeText(QString::fromUtf8(line.file), line.offset) : text.startsWith(line.head);
        if (!found || !same)
            complain(wrong, QStringLiteral("a line of %1 at %2 is lost: \"%3\", there is: \"%4\"")
                                .arg(QString::fromUtf8(line.file))
                                .arg(line.offset)
                                .arg(line.head, text.left(toldTextLength)));
        if (found && query.next())
            complain(wrong, QStringLiteral("a line is there twice: \"%1\"").arg(line.head));
    }
    m_linesLookedAt = m_lines.size();
}

/// Only those that were made up: their position tells how many responses belong to it.
void StoreCheck::verifyLogs(const QSqlDatabase& db, QStringList& wrong)
{
    QHash<int, qint64> positions;
    QHash<int, std::vector<Response>> responses;
    QSqlQuery query(db);
    if (!query.exec(
            QStringLiteral("SELECT f.inode, f.read_offset, s.data FROM files f LEFT JOIN samples s ON "
                           "s.file_id = f.id WHERE f.root = CAST('%1' AS BLOB) ORDER BY f.id, s.part")
                .arg(QString::fromLatin1(madeRootPath()))))
        complain(wrong, query.lastError().text());
    while (query.next()) {
        const int log = query.value(0).toInt();
        positions.insert(log, query.value(1).toLongLong());
        if (!unpackSamples(query.value(2).toByteArray().toStdString(), responses[log]))
            complain(wrong, QStringLiteral("samples of log %1 are damaged").arg(log));
    }
    for (auto it = m_logs.cbegin(); it != m_logs.cend(); ++it) {
        if (positions.value(it.key()) < *it)
            complain(wrong, QStringLiteral("log %1 stands at %2, %3 was answered for")
                                .arg(it.key())
                                .arg(positions.value(it.key()))
                                .arg(*it));
    }
    for (auto it = positions.cbegin(); it != positions.cend(); ++it) {
        QSet<quint64> keys;
        for (const Response& response : responses.value(it.key()))
            keys.insert(response.key);
        bool same = keys.size() == *it;
        for (qint64 i = 0; i < *it && same; ++i)
            same = keys.contains(madeResponse(it.key(), i).key);
        if (!same)
            complain(wrong, QStringLiteral("log %1 stands at %2 and has %3 responses")
                                .arg(it.key())
                                .arg(*it)
                                .arg(keys.size()));
    }
}

} // namespace plimsoll::test
