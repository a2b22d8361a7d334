// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/watch/todoqueries.h"

#include "app/watch/safefile.h"
#include "models/jsonparts.h"

#include <QDir>
#include <QFile>
#include <QJsonDocument>
#include <QUuid>

#include <algorithm>
#include <unistd.h>

namespace plimsoll {

namespace {

constexpr qsizetype maxEntries = 100;
constexpr qsizetype maxWords = 300;
constexpr qsizetype maxFileBytes = qsizetype{64} * 1024;

void add(QJsonArray& todos, const QString& text, const QString& state)
{
    const bool isKnown = state == QLatin1String("in_progress") || state == QLatin1String("completed");
    if (!text.isEmpty() && todos.size() < maxEntries)
        todos.append(QJsonObject{{QStringLiteral("text"), text.left(maxWords)},
                                 {QStringLiteral("state"), isKnown ? state : QStringLiteral("pending")}});
}

QByteArray contentOf(int rootFd, const QByteArray& relative)
{
    const OpenedFile file = openRegular(rootFd, relative);
    if (file.fault != OpenFault::None || file.size > maxFileBytes)
        return {};
    QByteArray bytes(file.size, '\0');
    const ssize_t count = ::read(file.fd.get(), bytes.data(), size_t(bytes.size()));
    return count > 0 ? bytes.first(count) : QByteArray();
}

} // namespace

QJsonArray todosOfTool(const QString& tool, const QString& input)
{
    const bool isPlan = tool == QLatin1String("update_plan");
    if (!isPlan && tool != QLatin1String("TodoWrite"))
        return {};
    const QJsonObject object = QJsonDocument::fromJson(input.toUtf8()).object();
    const QJsonArray entries = object.value(QLatin1String(isPlan ? "plan" : "todos")).toArray();
    QJsonArray todos;
    for (const auto& value : entries)
        add(todos, json::text(value.toObject(), isPlan ? "step" : "content"),
            json::text(value.toObject(), "status"));
    return todos;
}

QJsonArray todosOfFiles(const QString& configDir, const QString& sessionId)
{
    if (QUuid::fromString(sessionId).isNull() || sessionId.size() != 36)
        return {};
    const QString below = QStringLiteral("tasks/") + sessionId;
    QList<int> numbers;
    const QStringList names =
        QDir(configDir + QLatin1Char('/') + below).entryList({QStringLiteral("*.json")}, QDir::Files);
    for (const QString& name : names) {
        bool isNumber = false;
        const int number = name.chopped(5).toInt(&isNumber);
        if (isNumber && number > 0)
            numbers << number;
    }
    std::sort(numbers.begin(), numbers.end());
    const UniqueFd root = openRoot(QFile::encodeName(configDir));
    QJsonArray todos;
    for (const int number : numbers.mid(0, maxEntries)) {
        const QString path = below + QStringLiteral("/%1.json").arg(number);
        const QJsonObject task =
            QJsonDocument::fromJson(contentOf(root.get(), QFile::encodeName(path))).object();
        add(todos, json::text(task, "subject"), json::text(task, "status"));
    }
    return todos;
}

} // namespace plimsoll
