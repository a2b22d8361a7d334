// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/agents/claude/registry.h"

#include "app/agents/reader.h"

#include <QJsonDocument>
#include <QJsonObject>

#include <algorithm>
#include <climits>

namespace plimsoll {

namespace {

constexpr qsizetype maxText = 4096; // a path is the longest text of sense here
constexpr qsizetype maxId = 128;

bool isDigits(QByteArrayView text)
{
    return !text.isEmpty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// Ids become names of files and keys of rows: nothing that could be a path.
bool isPlainId(const QString& id)
{
    return !id.isEmpty() && id.size() <= maxId && std::all_of(id.begin(), id.end(), [](QChar c) {
        return (c >= u'a' && c <= u'z') || (c >= u'A' && c <= u'Z') || (c >= u'0' && c <= u'9') ||
               c == u'-' || c == u'_';
    });
}

std::optional<QJsonObject> objectOf(const QByteArray& bytes)
{
    if (bytes.size() > maxRegistryBytes)
        return std::nullopt;
    const QJsonDocument document = QJsonDocument::fromJson(bytes);
    return document.isObject() ? std::optional(document.object()) : std::nullopt;
}

QString text(const QJsonObject& object, QLatin1String key)
{
    return object.value(key).toString().left(maxText);
}

qint64 time(const QJsonObject& object, QLatin1String key)
{
    return qMax<qint64>(0, object.value(key).toInteger());
}

std::optional<quint64> ticks(const QJsonValue& value)
{
    bool ok = false;
    if (value.isString()) {
        const QByteArray digits = value.toString().toLatin1(); // other systems write a date here
        const quint64 number = digits.toULongLong(&ok);
        return ok && isDigits(digits) ? std::optional(number) : std::nullopt;
    }
    const qint64 number = value.toInteger(-1);
    return number >= 0 ? std::optional(quint64(number)) : std::nullopt;
}

RegistryStatus statusOf(const QString& word)
{
    if (word == QLatin1String("idle"))
        return RegistryStatus::Idle;
    if (word == QLatin1String("busy"))
        return RegistryStatus::Busy;
    if (word == QLatin1String("waiting"))
        return RegistryStatus::Waiting;
    if (word == QLatin1String("shell"))
        return RegistryStatus::Shell;
    return RegistryStatus::None;
}

} // namespace

bool isRegistryName(QByteArrayView fileName)
{
    constexpr QByteArrayView suffix(".json");
    constexpr QByteArrayView oldPrefix("pid-");
    if (!fileName.endsWith(suffix))
        return false;
    fileName.chop(suffix.size());
    if (fileName.startsWith(oldPrefix))
        fileName = fileName.sliced(oldPrefix.size());
    return fileName.size() <= 10 && isDigits(fileName);
}

std::optional<RegistryEntry> parseRegistryEntry(const QByteArray& bytes)
{
    const std::optional<QJsonObject> object = objectOf(bytes);
    if (!object)
        return std::nullopt;
    RegistryEntry entry;
    entry.pid = object->value(QLatin1String("pid")).toInteger();
    entry.sessionId = text(*object, QLatin1String("sessionId"));
    if (entry.pid <= 0 || entry.pid > INT_MAX || !isPlainId(entry.sessionId))
        return std::nullopt;
    entry.cwd = text(*object, QLatin1String("cwd"));
    entry.procStart = ticks(object->value(QLatin1String("procStart")));
    entry.version = text(*object, QLatin1String("version"));
    entry.kind = text(*object, QLatin1String("kind"));
    entry.name = text(*object, QLatin1String("name"));
    entry.nameSource = text(*object, QLatin1String("nameSource"));
    entry.status = statusOf(text(*object, QLatin1String("status")));
    entry.waitingFor = text(*object, QLatin1String("waitingFor"));
    entry.startedAtMs = time(*object, QLatin1String("startedAt"));
    entry.updatedAtMs = time(*object, QLatin1String("updatedAt"));
    entry.statusUpdatedAtMs = time(*object, QLatin1String("statusUpdatedAt"));
    const QString jobId = text(*object, QLatin1String("jobId"));
    if (isPlainId(jobId))
        entry.jobId = jobId;
    return entry;
}

std::optional<JobState> parseJobState(const QByteArray& bytes)
{
    const std::optional<QJsonObject> object = objectOf(bytes);
    if (!object)
        return std::nullopt;
    JobState job;
    job.sessionId = text(*object, QLatin1String("sessionId"));
    if (!isPlainId(job.sessionId))
        return std::nullopt;
    job.state = text(*object, QLatin1String("state"));
    job.tempo = text(*object, QLatin1String("tempo"));
    job.needs = text(*object, QLatin1String("needs"));
    job.detail = text(*object, QLatin1String("detail"));
    const QByteArray updatedAt = text(*object, QLatin1String("updatedAt")).toUtf8();
    job.updatedAtMs = parseIsoMs({updatedAt.constData(), size_t(updatedAt.size())});
    return job;
}

} // namespace plimsoll
