// SPDX-License-Identifier: GPL-3.0-or-later
// Database: what goes in.
#include "app/agents/reader.h"
#include "app/store/database.h"
#include "app/store/sqltext.h"
#include "models/codec.h"
#include "models/masking.h"
#include "models/names.h"

#include <QJsonDocument>
#include <QSet>

#include <algorithm>
#include <limits>

namespace plimsoll {

namespace {

/// So many parts of one day are joined into one.
constexpr int partsToJoin = 64;

QVariant orNull(const AgentId& id)
{
    return id.isNull() ? QVariant() : QVariant(id.toString());
}

QVariant orNull(Count count)
{
    return count ? QVariant(*count) : QVariant();
}

/// "INSERT … ON CONFLICT (key) DO UPDATE SET …" for a list of columns whose first is the key.
QString upsert(const QString& table, const QStringList& columns)
{
    QStringList updates;
    for (const QString& column : columns.mid(1))
        updates << column + QStringLiteral(" = excluded.") + column;
    return QStringLiteral("INSERT INTO %1 (%2) VALUES (%3) ON CONFLICT (%4) DO UPDATE SET %5")
        .arg(table, columns.join(QStringLiteral(", ")), placeholders(int(columns.size())),
             columns.constFirst(), updates.join(QStringLiteral(", ")));
}

QStringList fileColumnNames()
{
    return QStringLiteral(
               "id kind root path dev inode head_hash head_length mark_hash mark_length read_offset "
               "skipping size_bytes mtime_ms gone meta_type meta_description meta_finished revision "
               "reader")
        .split(QLatin1Char(' '));
}

QStringList agentColumnNames()
{
    QStringList columns =
        QStringLiteral("id kind session_id parent_id forked_from_id continues_id name role model working_dir "
                       "git_branch status status_source status_reason status_since_ms created_at_ms "
                       "updated_at_ms")
            .split(QLatin1Char(' '));
    for (const UsageField& field : usageFields)
        columns << QString::fromLatin1(field.key);
    return columns;
}

QByteArray bytesOf(const std::string& bytes)
{
    return {bytes.data(), qsizetype(bytes.size())};
}

/// The empty text, not NULL.
QString told(const QString& text)
{
    return text.isNull() ? QLatin1String("") : text;
}

void bindFile(QSqlQuery& query, const LogRecord& log, int id)
{
    const QList<QVariant> values{id,
                                 toName(log.kind),
                                 log.root,
                                 log.relative,
                                 qint64(log.identity.dev),
                                 qint64(log.identity.inode),
                                 qint64(log.identity.headHash),
                                 log.identity.headLength,
                                 qint64(log.mark.hash),
                                 log.mark.length,
                                 qint64(log.position.offset),
                                 int(log.position.skipping),
                                 log.sizeBytes,
                                 log.mtimeMs,
                                 int(log.gone),
                                 told(QString::fromStdString(log.meta.type)),
                                 told(QString::fromStdString(log.meta.description)),
                                 int(log.meta.finished),
                                 readerRevision,
                                 bytesOf(log.reader)};
    for (const QVariant& value : values)
        query.addBindValue(value);
}

bool isKeptAsEvent(const Body& body)
{
    return std::holds_alternative<StateChanged>(body) || std::holds_alternative<Compacted>(body) ||
           std::holds_alternative<PermissionAsked>(body) ||
           std::holds_alternative<PermissionAnswered>(body) || std::holds_alternative<LimitsChanged>(body) ||
           std::holds_alternative<AlertRaised>(body);
}

QByteArray withoutNumber(QJsonObject json, const Body& body)
{
    json.remove(QStringLiteral("seq"));
    if (isToldAgain(body))
        json.remove(QStringLiteral("timestamp"));
    return QJsonDocument(json).toJson(QJsonDocument::Compact);
}

/// The meanings of all events that a query answers.
QString addMeanings(QSqlQuery& query, QSet<QByteArray>& meanings)
{
    QString fault = runSql(query);
    while (fault.isEmpty() && query.next()) {
        const QJsonObject json = QJsonDocument::fromJson(query.value(0).toString().toUtf8()).object();
        if (const std::optional<Event> event = eventFromJson(json))
            meanings.insert(withoutNumber(json, event->body));
    }
    return fault;
}

void bindText(QSqlQuery& query, const Event& event, const Logged& line)
{
    const QString text = maskSecrets(line.text);
    for (const QVariant& value :
         QList<QVariant>{qint64(stableHash(line.file.toStdString())), line.offset, line.block, event.atMs,
                         event.agent.toString(), toName(line.kind), told(line.tool), int(line.truncated),
                         int(text.toUtf8().size()), told(text)})
        query.addBindValue(value);
}

} // namespace

bool isToldAgain(const Body& body)
{
    return std::holds_alternative<PermissionAsked>(body) ||
           std::holds_alternative<PermissionAnswered>(body) || std::holds_alternative<LimitsChanged>(body);
}

QByteArray meaningOf(const Event& event)
{
    return withoutNumber(toJson(maskedEvent(event)), event.body);
}

QString Database::write(const StoreBatch& batch)
{
    return inTransaction([&] { return add(batch); });
}

/// All of it or nothing; what is remembered of the tables goes back with them.
QString Database::inTransaction(const std::function<QString()>& work)
{
    if (!m_open)
        return QStringLiteral("the history is not open");
    if (!m_db.transaction())
        return faultText(m_db.lastError());
    const QHash<LogName, FileRow> filesBefore = m_files;
    const int nextBefore = m_nextFile;
    const qint64 textBytesBefore = m_textBytes;
    QString fault = work();
    if (fault.isEmpty() && !m_db.commit())
        fault = faultText(m_db.lastError());
    if (fault.isEmpty())
        return {};
    if (!m_db.rollback())
        fault += QStringLiteral("; ") + faultText(m_db.lastError());
    m_files = filesBefore;
    m_nextFile = nextBefore;
    m_textBytes = textBytesBefore;
    return fault;
}

QString Database::add(const StoreBatch& batch)
{
    QString fault = writeLogs(batch.logs);
    if (fault.isEmpty())
        fault = writeAgents(batch.agents);
    if (fault.isEmpty())
        fault = writeEvents(batch.events);
    if (fault.isEmpty())
        fault = writeValues(batch.values);
    if (fault.isEmpty())
        fault = writeAudit(batch.audit);
    return fault;
}

QString Database::writeLogs(const std::vector<LogRecord>& logs)
{
    if (logs.empty())
        return {};
    QSqlQuery file(m_db);
    QSqlQuery sample(m_db);
    QString fault = prepareSql(file, upsert(QStringLiteral("files"), fileColumnNames()));
    if (fault.isEmpty())
        fault = prepareSql(sample,
                           QStringLiteral("INSERT INTO samples (file_id, part, day, samples, data) VALUES "
                                          "(?, ?, ?, ?, ?)"));
    for (const LogRecord& log : logs) {
        if (!fault.isEmpty())
            break;
        FileRow& row = m_files[{log.root, log.relative}];
        const bool isNew = row.id == 0;
        if (isNew)
            row.id = m_nextFile++;
        bindFile(file, log, row.id);
        fault = runSql(file);
        if (fault.isEmpty() && log.isWhole && !isNew)
            fault = runSql(m_db, QStringLiteral("DELETE FROM samples WHERE file_id = %1").arg(row.id));
        if (fault.isEmpty())
            fault = writeSamples(sample, log, row);
        if (fault.isEmpty() && row.partsSinceJoin >= partsToJoin)
            fault = joinSamples(row);
    }
    return fault;
}

QString Database::writeSamples(QSqlQuery& query, const LogRecord& log, FileRow& row)
{
    for (const SampleChunk& chunk : log.samples) {
        for (const QVariant& value :
             QList<QVariant>{row.id, row.nextPart, chunk.day, chunk.samples, bytesOf(chunk.bytes)})
            query.addBindValue(value);
        QString fault = runSql(query);
        if (!fault.isEmpty())
            return fault;
        ++row.nextPart;
        ++row.partsSinceJoin;
    }
    return {};
}

/// A log that grows all day leaves many small parts: those of one day become one, each response once.
QString Database::joinSamples(FileRow& row)
{
    std::vector<Response> responses;
    QSqlQuery query(m_db);
    QString fault =
        prepareSql(query, QStringLiteral("SELECT data FROM samples WHERE file_id = ? ORDER BY part"));
    query.addBindValue(row.id);
    if (fault.isEmpty())
        fault = runSql(query);
    while (fault.isEmpty() && query.next()) {
        const QByteArray bytes = query.value(0).toByteArray();
        if (!unpackSamples({bytes.constData(), size_t(bytes.size())}, responses)) {
            row.partsSinceJoin = 0;
            return {}; // damaged: left as it is, and nothing else fails for it
        }
    }
    query.finish();
    if (fault.isEmpty())
        fault = runSql(m_db, QStringLiteral("DELETE FROM samples WHERE file_id = %1").arg(row.id));
    LogRecord joined;
    joined.samples = packSamples(responses);
    row.nextPart = 0;
    QSqlQuery insert(m_db);
    if (fault.isEmpty())
        fault = prepareSql(insert,
                           QStringLiteral("INSERT INTO samples (file_id, part, day, samples, data) VALUES "
                                          "(?, ?, ?, ?, ?)"));
    if (fault.isEmpty())
        fault = writeSamples(insert, joined, row);
    row.partsSinceJoin = 0;
    return fault;
}

QString Database::writeAgents(const QList<Agent>& agents)
{
    if (agents.isEmpty())
        return {};
    QSqlQuery query(m_db);
    QString fault = prepareSql(query, upsert(QStringLiteral("agents"), agentColumnNames()));
    for (const Agent& agent : agents) {
        if (!fault.isEmpty())
            return fault;
        const AgentInfo& info = agent.info;
        for (const QVariant& value : QList<QVariant>{
                 agent.id.toString(), toName(info.kind), told(info.sessionId), orNull(info.parentId),
                 orNull(info.forkedFromId), orNull(info.continuesId), told(maskSecrets(info.name)),
                 told(info.role), told(info.model), told(info.workingDir), told(info.gitBranch),
                 toName(agent.state), told(toName(agent.stateSource)), told(maskSecrets(agent.stateReason)),
                 agent.stateSinceMs, info.createdAtMs, info.updatedAtMs})
            query.addBindValue(value);
        for (const UsageField& field : usageFields)
            query.addBindValue(orNull(agent.usage.*field.member));
        fault = runSql(query);
    }
    return fault;
}

QString Database::writeEvents(const Events& events)
{
    if (events.isEmpty())
        return {};
    QSqlQuery event(m_db);
    QSqlQuery text(m_db);
    QString fault =
        prepareSql(event, QStringLiteral("INSERT INTO events (seq, at_ms, agent_id, type, body) VALUES "
                                         "(?, ?, ?, ?, ?)"));
    if (fault.isEmpty())
        fault = prepareSql(
            text, QStringLiteral("INSERT INTO texts (file_hash, line_offset, block, at_ms, agent_id, "
                                 "kind, tool, truncated, bytes, text) VALUES "
                                 "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"));
    for (const Event& each : events) {
        if (!fault.isEmpty())
            return fault;
        if (const auto* line = std::get_if<Logged>(&each.body)) {
            bindText(text, each, *line);
            fault = runSql(text);
            if (m_textBytes >= 0 && text.numRowsAffected() > 0)
                m_textBytes += line->text.size();
        } else if (isKeptAsEvent(each.body)) {
            const QJsonObject json = toJson(maskedEvent(each));
            for (const QVariant& value :
                 QList<QVariant>{qint64(each.seq), each.atMs, orNull(each.agent),
                                 json.value(QStringLiteral("type")).toString(),
                                 QString::fromUtf8(QJsonDocument(json).toJson(QJsonDocument::Compact))})
                event.addBindValue(value);
            fault = runSql(event);
        }
    }
    return fault;
}

QString Database::loadToldBefore(QSet<QByteArray>& meanings)
{
    constexpr int mostEvents = 20'000; // so that a start takes no longer after years
    // The types of isToldAgain(), as resources/sql/0002_told_again.sql names them.
    QSqlQuery query(m_db);
    QString fault = prepareSql(query, QStringLiteral("SELECT body FROM events WHERE type IN "
                                                     "('permission_requested', 'permission_resolved', "
                                                     "'limits_changed') ORDER BY seq DESC LIMIT ?"));
    query.addBindValue(mostEvents);
    return fault.isEmpty() ? addMeanings(query, meanings) : fault;
}

QString Database::dropKept(Events& events)
{
    constexpr qint64 apartMs = 60'000; // between two that tell of the same
    qint64 sinceMs = std::numeric_limits<qint64>::max();
    for (const Event& event : std::as_const(events)) {
        if (isKeptAsEvent(event.body))
            sinceMs = std::min(sinceMs, event.atMs - apartMs);
    }
    if (sinceMs == std::numeric_limits<qint64>::max())
        return {};
    QSet<QByteArray> kept;
    QSqlQuery query(m_db);
    QString fault = prepareSql(query, QStringLiteral("SELECT body FROM events WHERE at_ms >= ?"));
    query.addBindValue(sinceMs);
    if (fault.isEmpty())
        fault = addMeanings(query, kept);
    const auto isKept = [&](const Event& event) {
        return isKeptAsEvent(event.body) && kept.contains(meaningOf(event));
    };
    events.removeIf(isKept);
    return fault;
}

QString Database::writeValues(const QList<KeptValue>& values)
{
    if (values.isEmpty())
        return {};
    QSqlQuery query(m_db);
    QString fault =
        prepareSql(query, upsert(QStringLiteral("kept_values"),
                                 {QStringLiteral("name"), QStringLiteral("at_ms"), QStringLiteral("json")}));
    for (const KeptValue& value : values) {
        if (!fault.isEmpty())
            return fault;
        query.addBindValue(value.name);
        query.addBindValue(value.atMs);
        query.addBindValue(QString::fromUtf8(QJsonDocument(value.json).toJson(QJsonDocument::Compact)));
        fault = runSql(query);
    }
    return fault;
}

QString Database::writeAudit(const QList<AuditRow>& rows)
{
    if (rows.isEmpty())
        return {};
    QSqlQuery query(m_db);
    QString fault = prepareSql(
        query,
        QStringLiteral("INSERT INTO audit (at_ms, what, who, address, detail) VALUES (?, ?, ?, ?, ?)"));
    for (const AuditRow& row : rows) {
        if (!fault.isEmpty())
            return fault;
        query.addBindValue(row.atMs);
        for (const QString& text : {row.what, row.who, row.address, row.detail})
            query.addBindValue(text.isNull() ? QLatin1String("") : maskSecrets(text));
        fault = runSql(query);
    }
    return fault;
}

} // namespace plimsoll
