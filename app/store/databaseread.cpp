// SPDX-License-Identifier: GPL-3.0-or-later
// Database: what comes out, and what goes for good.
#include "app/store/database.h"
#include "app/store/sqltext.h"
#include "models/names.h"

#include <QJsonDocument>

#include <algorithm>

namespace plimsoll {

namespace {

constexpr qint64 dayMs = qint64{24} * 3600 * 1000;
constexpr int pruneStep = 500; ///< rows that go at once, so that nobody waits

/// Reads columns one after the other.
class Columns
{
public:
    explicit Columns(const QSqlQuery& query)
        : m_query(query)
    {
    }
    [[nodiscard]] QVariant next() { return m_query.value(m_column++); }
    [[nodiscard]] qint64 number() { return next().toLongLong(); }
    [[nodiscard]] bool flag() { return number() != 0; }
    [[nodiscard]] QByteArray bytes() { return next().toByteArray(); }
    [[nodiscard]] QString text() { return next().toString(); }
    [[nodiscard]] AgentId agent() { return AgentId::fromString(text()); }

private:
    const QSqlQuery& m_query;
    int m_column = 0;
};

LogRecord readLog(Columns row, int& id)
{
    LogRecord log;
    id = int(row.number());
    log.kind = agentKindFromName(row.text());
    log.root = row.bytes();
    log.relative = row.bytes();
    log.identity.dev = quint64(row.number());
    log.identity.inode = quint64(row.number());
    log.identity.headHash = quint64(row.number());
    log.identity.headLength = quint16(row.number());
    log.mark.hash = quint64(row.number());
    log.mark.length = quint16(row.number());
    log.position.offset = std::max<qint64>(0, row.number());
    log.position.skipping = row.flag();
    log.sizeBytes = row.number();
    log.mtimeMs = row.number();
    log.gone = row.flag();
    log.meta.type = row.text().toStdString();
    log.meta.description = row.text().toStdString();
    log.meta.finished = row.flag();
    log.reader = row.bytes().toStdString();
    return log;
}

Agent readAgent(Columns row)
{
    Agent agent;
    AgentInfo& info = agent.info;
    agent.id = row.agent();
    info.kind = agentKindFromName(row.text());
    info.sessionId = row.text();
    info.parentId = row.agent();
    info.forkedFromId = row.agent();
    info.continuesId = row.agent();
    info.name = row.text();
    info.role = row.text();
    info.model = row.text();
    info.workingDir = row.text();
    info.gitBranch = row.text();
    agent.state = agentStateFromName(row.text());
    agent.stateSource = stateSourceFromName(row.text());
    agent.stateReason = row.text();
    agent.stateSinceMs = row.number();
    info.createdAtMs = row.number();
    info.updatedAtMs = row.number();
    for (const UsageField& field : usageFields) {
        const QVariant value = row.next();
        if (!value.isNull())
            agent.usage.*field.member = value.toLongLong();
    }
    return agent;
}

} // namespace

QString Database::loadLogs(const QSet<QByteArray>& roots, std::vector<LogRecord>& logs)
{
    QHash<int, size_t> places;
    QSqlQuery files(m_db);
    QString fault = prepareSql(
        files,
        QStringLiteral("SELECT id, kind, root, path, dev, inode, head_hash, head_length, mark_hash, "
                       "mark_length, read_offset, "
                       "skipping, size_bytes, mtime_ms, gone, meta_type, meta_description, meta_finished, "
                       "reader FROM files WHERE revision = ?"));
    files.addBindValue(readerRevision);
    if (fault.isEmpty())
        fault = runSql(files);
    logs.reserve(size_t(m_files.size()));
    while (fault.isEmpty() && files.next()) {
        int id = 0;
        LogRecord log = readLog(Columns(files), id);
        if (!roots.contains(log.root))
            continue;
        const auto known = m_files.constFind({log.root, log.relative});
        if (known != m_files.constEnd()) { // one copy of each path
            log.root = known.key().root;
            log.relative = known.key().relative;
        }
        places.insert(id, logs.size());
        logs.push_back(std::move(log));
    }
    if (!fault.isEmpty() || logs.empty())
        return fault;
    QSqlQuery samples(m_db);
    fault = prepareSql(samples,
                       QStringLiteral("SELECT file_id, day, samples, data FROM samples ORDER BY file_id, "
                                      "part"));
    if (fault.isEmpty())
        fault = runSql(samples);
    while (fault.isEmpty() && samples.next()) {
        const auto place = places.constFind(samples.value(0).toInt());
        if (place != places.constEnd())
            logs[*place].samples.push_back({samples.value(1).toLongLong(), samples.value(2).toInt(),
                                            samples.value(3).toByteArray().toStdString()});
    }
    return fault;
}

QString Database::loadAgents(QHash<AgentId, Agent>& agents)
{
    QString numbers;
    for (const UsageField& field : usageFields)
        numbers += QStringLiteral(", ") + QString::fromLatin1(field.key);
    QSqlQuery query(m_db);
    QString fault = prepareSql(
        query, QStringLiteral("SELECT id, kind, session_id, parent_id, forked_from_id, continues_id, name, "
                              "role, model, working_dir, git_branch, status, status_source, status_reason, "
                              "status_since_ms, created_at_ms, updated_at_ms%1 FROM agents")
                   .arg(numbers));
    if (fault.isEmpty())
        fault = runSql(query);
    while (fault.isEmpty() && query.next()) {
        const Agent agent = readAgent(Columns(query));
        agents.insert(agent.id, agent);
    }
    return fault;
}

QString Database::loadLastSeq(quint64& seq)
{
    QSqlQuery query(m_db);
    if (!query.exec(QStringLiteral("SELECT MAX(seq) FROM events")) || !query.next())
        return faultText(query.lastError());
    seq = query.value(0).toULongLong();
    return {};
}

QString Database::loadValue(KeptValue& value)
{
    QSqlQuery query(m_db);
    QString fault = prepareSql(query, QStringLiteral("SELECT at_ms, json FROM kept_values WHERE name = ?"));
    query.addBindValue(value.name);
    if (fault.isEmpty())
        fault = runSql(query);
    if (fault.isEmpty() && query.next()) {
        value.atMs = query.value(0).toLongLong();
        value.json = QJsonDocument::fromJson(query.value(1).toString().toUtf8()).object();
    }
    return fault;
}

QString Database::loadValues(const QString& prefix, qint64 sinceMs, QList<KeptValue>& values)
{
    QSqlQuery query(m_db);
    QString fault =
        prepareSql(query, QStringLiteral("SELECT name, at_ms, json FROM kept_values WHERE name LIKE ? AND "
                                         "at_ms >= ? ORDER BY at_ms DESC LIMIT 10000"));
    query.addBindValue(prefix + QLatin1Char('%'));
    query.addBindValue(sinceMs);
    if (fault.isEmpty())
        fault = runSql(query);
    while (fault.isEmpty() && query.next())
        values << KeptValue{query.value(0).toString(), query.value(1).toLongLong(),
                            QJsonDocument::fromJson(query.value(2).toString().toUtf8()).object()};
    return fault;
}

QString Database::loadAudit(int limit, QList<AuditRow>& rows)
{
    QSqlQuery query(m_db);
    QString fault = prepareSql(
        query,
        QStringLiteral("SELECT at_ms, what, who, address, detail FROM audit ORDER BY at_ms DESC LIMIT ?"));
    query.addBindValue(limit);
    if (fault.isEmpty())
        fault = runSql(query);
    while (fault.isEmpty() && query.next()) {
        rows << AuditRow{query.value(0).toLongLong(), query.value(1).toString(), query.value(2).toString(),
                         query.value(3).toString(), query.value(4).toString()};
    }
    return fault;
}

QString Database::loadLines(const AgentId& agent, int newer, int limit, QList<StoredLine>& lines)
{
    QSqlQuery query(m_db);
    QString fault = prepareSql(
        query,
        QStringLiteral("SELECT at_ms, kind, text, tool, truncated, line_offset, block FROM texts WHERE "
                       "agent_id = ? ORDER BY at_ms DESC, line_offset DESC, block DESC LIMIT ? OFFSET ?"));
    for (const QVariant& value : QList<QVariant>{agent.toString(), limit, newer})
        query.addBindValue(value);
    if (fault.isEmpty())
        fault = runSql(query);
    while (fault.isEmpty() && query.next()) {
        Columns row(query);
        StoredLine stored;
        stored.atMs = row.number();
        stored.line.kind = logKindFromName(row.text());
        stored.line.text = row.text();
        stored.line.tool = row.text();
        stored.line.truncated = row.flag();
        stored.line.offset = row.number();
        stored.line.block = int(row.number());
        lines.prepend(stored);
    }
    return fault;
}

QString Database::prune(const Retention& retention, qint64 nowMs, bool& more)
{
    more = false;
    QString fault = inTransaction([&] { return pruneTexts(retention, nowMs, more); });
    if (fault.isEmpty())
        fault = inTransaction([&] { return pruneSharing(retention, nowMs); });
    if (!fault.isEmpty() || retention.sampleDays <= 0)
        return fault;
    return inTransaction([&] { return pruneSamples(retention, nowMs, more); });
}

QString Database::pruneSharing(const Retention& retention, qint64 nowMs)
{
    QSqlQuery query(m_db);
    QString fault =
        prepareSql(query, QStringLiteral("DELETE FROM kept_values WHERE name LIKE ? AND at_ms < ?"));
    query.addBindValue(counterPrefix() + QLatin1Char('%'));
    query.addBindValue(nowMs - counterKeptMs);
    if (fault.isEmpty())
        fault = runSql(query);
    if (fault.isEmpty() && retention.textDays > 0)
        fault = runSql(
            m_db,
            QStringLiteral("DELETE FROM audit WHERE at_ms < %1").arg(nowMs - retention.textDays * dayMs));
    return fault;
}

/// What a log that still exists tells would come back with it: only what is gone for good is let go.
QString Database::pruneSamples(const Retention& retention, qint64 nowMs, bool& more)
{
    const QString old =
        QStringLiteral("(SELECT id FROM files WHERE gone = 1 AND mtime_ms < %1 ORDER BY id LIMIT %2)")
            .arg((nowMs / dayMs - retention.sampleDays) * dayMs)
            .arg(pruneStep);
    QString fault = runSql(m_db, QStringLiteral("DELETE FROM samples WHERE file_id IN ") + old);
    QSqlQuery files(m_db);
    if (fault.isEmpty() && !files.exec(QStringLiteral("DELETE FROM files WHERE id IN ") + old))
        fault = faultText(files.lastError());
    const int removed = files.numRowsAffected();
    if (!fault.isEmpty() || removed <= 0)
        return fault;
    more = more || removed >= pruneStep;
    m_files.clear();
    return loadFileRows();
}

QString Database::pruneTexts(const Retention& retention, qint64 nowMs, bool& more)
{
    if (m_textBytes < 0) {
        QSqlQuery sum(m_db);
        if (!sum.exec(QStringLiteral("SELECT SUM(bytes) FROM texts")) || !sum.next())
            return faultText(sum.lastError());
        m_textBytes = sum.value(0).toLongLong();
    }
    const bool tooMuch = retention.textBytes > 0 && m_textBytes > retention.textBytes;
    const qint64 beforeMs = retention.textDays > 0 ? nowMs - retention.textDays * dayMs : 0;
    if (!tooMuch && beforeMs <= 0)
        return {};
    QSqlQuery query(m_db);
    // The oldest go first; how many by count or by time, whichever applies.
    QString fault = prepareSql(
        query,
        QStringLiteral("DELETE FROM texts WHERE (file_hash, line_offset, block, at_ms) IN (SELECT file_hash, "
                       "line_offset, block, at_ms FROM texts WHERE at_ms < ? ORDER BY at_ms LIMIT ?)"));
    query.addBindValue(tooMuch ? nowMs : beforeMs);
    query.addBindValue(pruneStep);
    if (fault.isEmpty())
        fault = runSql(query);
    if (fault.isEmpty() && query.numRowsAffected() > 0) {
        m_textBytes = -1; // summed again when asked next
        more = query.numRowsAffected() >= pruneStep || tooMuch;
    }
    return fault;
}

} // namespace plimsoll
