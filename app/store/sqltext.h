// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QSqlDatabase>
#include <QSqlError>
#include <QSqlQuery>
#include <QString>
#include <QVariant>

// What the store's statements share. Empty text = good, as in database.h.
namespace plimsoll {

/// What the database says went wrong, in one line.
[[nodiscard]] inline QString faultText(const QSqlError& error)
{
    const QString text = error.databaseText().isEmpty() ? error.driverText() : error.databaseText();
    return text.isEmpty() ? QStringLiteral("unknown database error") : text.simplified();
}

[[nodiscard]] inline QString runSql(QSqlQuery& query)
{
    return query.exec() ? QString() : faultText(query.lastError());
}

[[nodiscard]] inline QString prepareSql(QSqlQuery& query, const QString& sql)
{
    query.setForwardOnly(true);
    return query.prepare(sql) ? QString() : faultText(query.lastError());
}

[[nodiscard]] inline QString runSql(const QSqlDatabase& connection, const QString& sql)
{
    QSqlQuery query(connection);
    return query.exec(sql) ? QString() : faultText(query.lastError());
}

/// "?, ?, ?"
[[nodiscard]] inline QString placeholders(int count)
{
    return QStringList(count, QStringLiteral("?")).join(QStringLiteral(", "));
}

} // namespace plimsoll
