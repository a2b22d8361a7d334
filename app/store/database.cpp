// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/store/database.h"

#include "app/store/sqltext.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <malloc.h>
#include <sys/file.h>
#include <sys/stat.h>

namespace plimsoll {

namespace {

/// One script for each step of the schema, in order.
constexpr std::array schemaSteps{":/sql/0001_store.sql", ":/sql/0002_told_again.sql", ":/sql/0003_audit.sql"};
constexpr int knownVersion = int(schemaSteps.size());

/// A file of ours alone; not open where that cannot be.
UniqueFd openPrivate(const QString& path, int flags)
{
    UniqueFd fd(::open(QFile::encodeName(path).constData(), flags | O_CLOEXEC | O_NOFOLLOW, 0600));
    struct stat info = {};
    if (fd.isOpen() && (::fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode))) {
        fd.reset();
        errno = EINVAL;
    }
    if (fd.isOpen() && (flags & O_CREAT) != 0 && (info.st_mode & 077) != 0 && ::fchmod(fd.get(), 0600) != 0)
        fd.reset();
    return fd;
}

QString systemFault(const QString& path)
{
    return QStringLiteral("the history cannot be kept: %1: %2")
        .arg(path, QString::fromLocal8Bit(std::strerror(errno)));
}

} // namespace

QSet<QByteArray> rootPaths(const QList<LogRoot>& roots)
{
    QSet<QByteArray> paths;
    for (const LogRoot& root : roots)
        paths.insert(root.bytes);
    return paths;
}

Database::Database() = default;

Database::~Database()
{
    close();
}

QString Database::open(const QString& dir, Access access)
{
    close();
    m_path = dir + QStringLiteral("/plimsoll.db");
    QString wrong = prepareFile(dir + QStringLiteral("/plimsoll.lock"), access);
    if (!wrong.isEmpty())
        return wrong;
    m_name = QStringLiteral("store-%1").arg(quintptr(this), 0, 16);
    QSqlDatabase connection = QSqlDatabase::addDatabase(QStringLiteral("QSQLITE"), m_name);
    connection.setDatabaseName(m_path);
    connection.setConnectOptions(access == Access::ReadOnly
                                     ? QStringLiteral("QSQLITE_BUSY_TIMEOUT=1000;QSQLITE_OPEN_READONLY")
                                     : QStringLiteral("QSQLITE_BUSY_TIMEOUT=1000"));
    QString fault;
    if (!connection.isValid())
        fault = QStringLiteral("Qt's SQLite driver is not installed");
    else if (!connection.open())
        fault = faultText(connection.lastError());
    m_db = connection;
    if (fault.isEmpty()) // also the probe: open() answers well on anything
        fault = runPragmas({QStringLiteral("SELECT COUNT(*) FROM sqlite_master"),
                            QStringLiteral("PRAGMA trusted_schema = OFF"),
                            QStringLiteral("PRAGMA cache_size = -1024"),
                            QStringLiteral("PRAGMA temp_store = MEMORY")});
    int version = 0;
    if (fault.isEmpty()) // before anything is changed
        fault = readVersion(version);
    // FULL loses nothing in a power cut and costs nothing in groups (SECURITY.md §0.9).
    if (fault.isEmpty() && access == Access::ReadWrite)
        fault = runPragmas({QStringLiteral("PRAGMA journal_mode = WAL"),
                            QStringLiteral("PRAGMA synchronous = FULL"),
                            QStringLiteral("PRAGMA journal_size_limit = 33554432")});
    if (fault.isEmpty() && access == Access::ReadWrite)
        fault = migrate();
    if (fault.isEmpty())
        fault = loadFileRows();
    if (fault.isEmpty()) {
        m_open = true;
        return {};
    }
    connection = {};
    close();
    if (fault.startsWith(QLatin1String("the history")))
        return fault;
    return QStringLiteral(
               "the history %1 cannot be used (%2); move it away or give another folder with --data-dir")
        .arg(m_path, fault);
}

QString Database::prepareFile(const QString& path, Access access)
{
    if (access == Access::ReadOnly)
        return QFileInfo::exists(m_path) ? QString() : QStringLiteral("there is no history yet");
    const QString dir = QFileInfo(path).path();
    if (!QDir().mkpath(dir))
        return QStringLiteral("the history cannot be kept: cannot create the folder %1").arg(dir);
    m_lock = openPrivate(path, O_RDWR | O_CREAT);
    if (!m_lock.isOpen())
        return systemFault(path);
    if (::flock(m_lock.get(), LOCK_EX | LOCK_NB) != 0) {
        m_lock.reset();
        return QStringLiteral(
                   "the history in %1 is in use by another Plimsoll: this one shows everything and keeps "
                   "nothing")
            .arg(dir);
    }
    const UniqueFd file = openPrivate(m_path, O_RDWR | O_CREAT);
    return file.isOpen() ? QString() : systemFault(m_path);
}

QString Database::runPragmas(const QStringList& pragmas)
{
    for (const QString& pragma : pragmas) {
        QString fault = runSql(m_db, pragma);
        if (!fault.isEmpty())
            return fault;
    }
    return {};
}

QString Database::attach(const QSqlDatabase& connection)
{
    close();
    m_db = connection;
    if (!m_db.isOpen() && !m_db.open())
        return faultText(m_db.lastError());
    QString fault = migrate();
    if (fault.isEmpty())
        fault = loadFileRows();
    m_open = fault.isEmpty();
    return fault;
}

void Database::close()
{
    m_open = false;
    m_files.clear();
    m_nextFile = 1;
    m_textBytes = -1;
    m_db = {};
    if (!m_name.isEmpty())
        QSqlDatabase::removeDatabase(m_name); // closes it
    m_name.clear();
    m_lock.reset();
}

/// 0 where there is nothing yet; refuses what a newer program has made.
QString Database::readVersion(int& version)
{
    version = 0;
    if (m_db.tables().contains(QStringLiteral("schema_version"))) {
        QSqlQuery query(m_db);
        if (!query.exec(QStringLiteral("SELECT MAX(version) FROM schema_version")) || !query.next())
            return faultText(query.lastError());
        version = query.value(0).toInt();
    }
    if (version <= knownVersion)
        return {};
    return QStringLiteral(
               "the history %1 was written by a newer Plimsoll (schema %2, this one knows %3): update "
               "Plimsoll or give another folder with --data-dir")
        .arg(m_path)
        .arg(version)
        .arg(knownVersion);
}

QString Database::migrate()
{
    int version = 0;
    QString wrong = readVersion(version);
    if (wrong.isEmpty() && !m_db.tables().contains(QStringLiteral("schema_version")))
        wrong = runSql(m_db, QStringLiteral("CREATE TABLE schema_version (version INTEGER NOT NULL)"));
    if (!wrong.isEmpty())
        return wrong;
    for (; version < knownVersion; ++version) {
        QFile script(QString::fromLatin1(schemaSteps.at(size_t(version))));
        if (!script.open(QIODevice::ReadOnly))
            return QStringLiteral("the schema of step %1 is not in the program").arg(version + 1);
        const QString step =
            QString::fromUtf8(script.readAll()) +
            QStringLiteral("\nINSERT INTO schema_version (version) VALUES (%1);\n").arg(version + 1);
        QString fault = runScript(step);
        if (!fault.isEmpty())
            return fault;
    }
    return {};
}

/// All statements in one transaction.
QString Database::runScript(const QString& script)
{
    if (!m_db.transaction())
        return faultText(m_db.lastError());
    QString statement;
    QString fault;
    const QStringList lines = script.split(QLatin1Char('\n'));
    for (const QString& line : lines) {
        if (line.startsWith(QLatin1String("--")))
            continue;
        statement += line + QLatin1Char('\n');
        if (!line.endsWith(QLatin1Char(';')))
            continue;
        statement.chop(2); // not every driver takes the semicolon
        fault = runSql(m_db, statement);
        statement.clear();
        if (!fault.isEmpty())
            break;
    }
    if (fault.isEmpty() && m_db.commit())
        return {};
    if (fault.isEmpty())
        fault = faultText(m_db.lastError());
    return m_db.rollback() ? fault : fault + QStringLiteral("; ") + faultText(m_db.lastError());
}

QString Database::loadFileRows()
{
    QSqlQuery query(m_db);
    QString fault = prepareSql(
        query,
        QStringLiteral(
            "SELECT f.id, f.root, f.path, s.last_part, s.surplus FROM files f LEFT JOIN (SELECT file_id, "
            "MAX(part) AS last_part, COUNT(*) - COUNT(DISTINCT day) AS surplus FROM samples GROUP BY "
            "file_id) s ON s.file_id = f.id"));
    if (fault.isEmpty())
        fault = runSql(query);
    QSet<QByteArray> roots; // of few different
    while (fault.isEmpty() && query.next()) {
        FileRow row;
        row.id = query.value(0).toInt();
        row.nextPart = query.value(3).isNull() ? 0 : query.value(3).toInt() + 1;
        row.partsSinceJoin = query.value(4).toInt();
        const QByteArray root = *roots.insert(query.value(1).toByteArray());
        m_files.insert({root, query.value(2).toByteArray()}, row);
        m_nextFile = std::max(m_nextFile, row.id + 1);
    }
    return fault;
}

qint64 Database::sizeBytes() const
{
    return QFileInfo(m_path).size() + QFileInfo(m_path + QStringLiteral("-wal")).size();
}

void Database::releaseMemory()
{
    const QString fault = runSql(m_db, QStringLiteral("PRAGMA shrink_memory"));
    Q_UNUSED(fault) // nothing depends on it
#ifdef __GLIBC__
    ::malloc_trim(0);
#endif
}

} // namespace plimsoll
