// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/agents/claude/claudebook.h"

#include "models/jsonparts.h"

#include <QDateTime>
#include <QVersionNumber>

#include <algorithm>

namespace plimsoll {

namespace {

constexpr qsizetype maxEntries = 500; ///< of a menu
constexpr qsizetype maxTasks = 200;
constexpr qsizetype maxMessages = 100;
constexpr qsizetype maxWords = 500;

QString words(const QJsonObject& object, const char* key)
{
    return json::text(object, key).left(maxWords);
}

QString stateOf(const QString& told)
{
    if (told == QLatin1String("completed") || told == QLatin1String("failed"))
        return told;
    if (told == QLatin1String("killed") || told == QLatin1String("stopped"))
        return QStringLiteral("stopped");
    return QStringLiteral("running");
}

QString kindOf(const QString& type)
{
    if (type == QLatin1String("local_bash"))
        return QStringLiteral("shell");
    return type == QLatin1String("local_agent") ? QStringLiteral("agent") : type;
}

} // namespace

void ClaudeBook::takeGreeting(const QJsonObject& response)
{
    m_version = words(response, "claude_code_version");
    m_commands = {};
    for (const auto& value : response.value(QLatin1String("commands")).toArray()) {
        const QJsonObject one = value.toObject();
        const QString name = words(one, "name");
        if (!name.isEmpty() && m_commands.size() < maxEntries)
            m_commands.append(QJsonObject{{QStringLiteral("name"), name},
                                          {QStringLiteral("description"), words(one, "description")},
                                          {QStringLiteral("hint"), words(one, "argumentHint")}});
    }
    m_models = {};
    for (const auto& value : response.value(QLatin1String("models")).toArray()) {
        const QJsonObject one = value.toObject();
        const QString model = words(one, "value");
        if (!model.isEmpty() && m_models.size() < maxEntries)
            m_models.append(QJsonObject{{QStringLiteral("value"), model},
                                        {QStringLiteral("name"), words(one, "displayName")},
                                        {QStringLiteral("description"), words(one, "description")}});
    }
    const QString mode = words(response, "current_permission_mode");
    if (!mode.isEmpty())
        m_mode = mode;
}

void ClaudeBook::takeSettings(const ClaudeFrame& frame)
{
    if (!frame.model.isEmpty())
        m_model = frame.model;
    if (!frame.mode.isEmpty())
        m_mode = frame.mode;
}

ClaudeBook::Task* ClaudeBook::find(const QString& id)
{
    const auto found =
        std::find_if(m_tasks.begin(), m_tasks.end(), [&id](const Task& task) { return task.id == id; });
    return found == m_tasks.end() ? nullptr : &*found;
}

void ClaudeBook::takeTask(const ClaudeFrame& frame)
{
    const QJsonObject& line = frame.response;
    const QString id = words(line, "task_id");
    Task* task = find(id);
    if (frame.text == QLatin1String("task_started") && !task && !id.isEmpty()) {
        if (m_tasks.size() >= maxTasks) {
            const auto over = std::find_if(m_tasks.begin(), m_tasks.end(), [](const Task& one) {
                return one.state != QLatin1String("running");
            });
            m_tasks.erase(over == m_tasks.end() ? m_tasks.begin() : over);
        }
        m_tasks.append({id, kindOf(words(line, "task_type")), words(line, "description"),
                        QStringLiteral("running"), QDateTime::currentMSecsSinceEpoch()});
    } else if (task && frame.text == QLatin1String("task_updated")) {
        const QJsonObject patch = line.value(QLatin1String("patch")).toObject();
        if (patch.contains(QLatin1String("status")))
            task->state = stateOf(json::text(patch, "status"));
    } else if (task && frame.text == QLatin1String("task_notification")) {
        task->state = stateOf(json::text(line, "status"));
    }
}

void ClaudeBook::note(const DriveMessage& sent)
{
    if (m_waiting.size() >= maxMessages)
        m_waiting.removeFirst();
    m_waiting.append({sent.id, sent.text.left(maxWords), sent.mode});
}

void ClaudeBook::takeLifecycle(const ClaudeFrame& frame)
{
    m_tellsLifecycle = true;
    if (frame.text == QLatin1String("queued"))
        return;
    m_waiting.removeIf([&frame](const Message& message) { return message.id == frame.requestId; });
}

void ClaudeBook::takeRest()
{
    if (!m_tellsLifecycle)
        m_waiting.clear();
}

QJsonObject ClaudeBook::menu() const
{
    return {{QStringLiteral("commands"), m_commands},
            {QStringLiteral("models"), m_models},
            {QStringLiteral("model"), json::textOrNull(m_model)},
            {QStringLiteral("permission_mode"), json::textOrNull(m_mode)}};
}

bool ClaudeBook::knowsItsContext() const
{
    // 2.1.330 is known to, 2.1.197 not to, and tells no version here.
    return QVersionNumber::fromString(m_version) >= QVersionNumber(2, 1, 330);
}

Count ClaudeBook::windowIn(const QJsonObject& modelUsage) const
{
    QJsonValue usage = modelUsage.value(m_model);
    if (usage.isUndefined() && modelUsage.size() == 1)
        usage = modelUsage.begin().value();
    const qint64 window = usage.toObject().value(QLatin1String("contextWindow")).toInteger(-1);
    return window > 0 ? Count(window) : Count();
}

QJsonArray ClaudeBook::tasks() const
{
    QJsonArray tasks;
    for (const Task& task : m_tasks)
        tasks.append(QJsonObject{{QStringLiteral("id"), task.id},
                                 {QStringLiteral("kind"), task.kind},
                                 {QStringLiteral("description"), task.description},
                                 {QStringLiteral("state"), task.state},
                                 {QStringLiteral("started_at_ms"), task.startedAtMs}});
    return tasks;
}

QJsonArray ClaudeBook::waitingMessages() const
{
    QJsonArray messages;
    for (const Message& message : m_waiting)
        messages.append(
            QJsonObject{{QStringLiteral("message_id"), message.id},
                        {QStringLiteral("text"), message.text},
                        {QStringLiteral("mode"), message.mode == SendMode::Steer ? QStringLiteral("steer")
                                                                                 : QStringLiteral("queue")}});
    return messages;
}

bool ClaudeBook::isWaiting(const QString& messageId) const
{
    return std::any_of(m_waiting.begin(), m_waiting.end(),
                       [&messageId](const Message& message) { return message.id == messageId; });
}

} // namespace plimsoll
