// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/drivenfile.h"

#include "models/privatefile.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QUuid>

namespace plimsoll {

namespace {

constexpr qint64 maxBytes = qint64{16} * 1024 * 1024;

QStringList textsIn(const QJsonValue& value)
{
    QStringList texts;
    for (const auto& one : value.toArray())
        texts << one.toString();
    return texts;
}

QJsonObject toJson(const DrivenRecord& record)
{
    const DriveSetup& setup = record.setup;
    return {{QStringLiteral("kind"), QStringLiteral("claude-code")},
            {QStringLiteral("session_id"), setup.sessionId},
            {QStringLiteral("name"), record.name},
            {QStringLiteral("created_at_ms"), record.createdAtMs},
            {QStringLiteral("hidden"), record.hidden},
            {QStringLiteral("working_dir"), setup.workingDir},
            {QStringLiteral("model"), setup.model},
            {QStringLiteral("permission_mode"), setup.permissionMode},
            {QStringLiteral("system_prompt"), setup.systemPrompt},
            {QStringLiteral("template"), setup.agentTemplate},
            {QStringLiteral("allowed_tools"), QJsonArray::fromStringList(setup.allowedTools)},
            {QStringLiteral("max_turns"), setup.maxTurns},
            {QStringLiteral("max_usd"), setup.maxUsd},
            {QStringLiteral("keep_running"), setup.keepRunning},
            {QStringLiteral("env"), QJsonArray::fromStringList(record.additions)}};
}

DrivenRecord fromJson(const QJsonObject& object)
{
    const auto text = [&object](const char* key) { return object.value(QLatin1String(key)).toString(); };
    DrivenRecord record;
    record.name = text("name");
    record.createdAtMs = object.value(QLatin1String("created_at_ms")).toInteger();
    record.hidden = object.value(QLatin1String("hidden")).toBool();
    record.additions = textsIn(object.value(QLatin1String("env")));
    DriveSetup& setup = record.setup;
    setup.sessionId = text("session_id");
    setup.workingDir = text("working_dir");
    setup.model = text("model");
    setup.permissionMode = text("permission_mode");
    setup.systemPrompt = text("system_prompt");
    setup.agentTemplate = text("template");
    setup.allowedTools = textsIn(object.value(QLatin1String("allowed_tools")));
    setup.maxTurns = object.value(QLatin1String("max_turns")).toInt();
    setup.maxUsd = object.value(QLatin1String("max_usd")).toDouble();
    setup.keepRunning = object.value(QLatin1String("keep_running")).toBool();
    return record;
}

} // namespace

QList<DrivenRecord> DrivenFile::load(QString& error) const
{
    QFile file(m_path);
    if (m_path.isEmpty() || !file.exists())
        return {};
    if (!file.open(QIODevice::ReadOnly) || file.size() > maxBytes) {
        error = QStringLiteral(
                    "%1 cannot be read: the agents that earlier runs have started are not shown as such")
                    .arg(m_path);
        return {};
    }
    const QJsonDocument document = QJsonDocument::fromJson(file.readAll());
    if (!document.isObject())
        error =
            QStringLiteral("%1 is damaged: the agents that earlier runs have started are not shown as such")
                .arg(m_path);
    QList<DrivenRecord> records;
    for (const auto& value : document.object().value(QLatin1String("agents")).toArray()) {
        const DrivenRecord record = fromJson(value.toObject());
        // The id becomes an argument of a program.
        if (!QUuid::fromString(record.setup.sessionId).isNull() && record.setup.sessionId.size() == 36)
            records << record;
    }
    return records;
}

QString DrivenFile::save(const QList<DrivenRecord>& records) const
{
    if (m_path.isEmpty())
        return {};
    QJsonArray agents;
    for (const DrivenRecord& record : records)
        agents.append(toJson(record));
    const QByteArray bytes =
        QJsonDocument(QJsonObject{{QStringLiteral("version"), 1}, {QStringLiteral("agents"), agents}})
            .toJson();
    return writePrivately(m_path, bytes);
}

} // namespace plimsoll
