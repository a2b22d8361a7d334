// SPDX-License-Identifier: GPL-3.0-or-later
// The questions of a RemoteHost: how each becomes a command, and the answer to it the Host's.
#include "app/remotehost.h"
#include "app/server/routetable.h"
#include "app/server/wire.h"
#include "models/codec.h"

#include <QJsonArray>
#include <QJsonDocument>

#include <algorithm>
#include <array>
#include <utility>

namespace plimsoll {

namespace {

constexpr qint64 maxPage = 100; ///< of the server
constexpr qsizetype maxTextUnits = 4 * 1024 * 1024;

bool acts(const QString& method)
{
    const CommandRule* rule = commandRule(method);
    return rule && rule->acts;
}

/// The queries whose params and answers are the same on the wire.
constexpr std::array<std::pair<const char*, const char*>, 8> sameQueries{
    {{"curve", "fetch_curve"},
     {"tokens", "count_tokens"},
     {"agent_menu", "fetch_menu"},
     {"tasks", "fetch_tasks"},
     {"task_output", "fetch_task_output"},
     {"waiting", "fetch_waiting"},
     {"todos", "fetch_todos"},
     {"counts", "fetch_counts"}}};

QJsonValue valueOf(const QJsonObject& object, const char* key)
{
    return object.value(QLatin1String(key));
}

QJsonValue pageOf(const QJsonObject& params)
{
    return std::clamp<qint64>(valueOf(params, "limit").toInteger(maxPage), 1, maxPage);
}

/// fetch_history's answer as the Host's.
QJsonObject historyOf(const QJsonObject& result)
{
    QJsonArray items;
    const QJsonArray log = valueOf(result, "log").toArray();
    for (const auto& entry : log) {
        const QJsonObject object = entry.toObject();
        qint64 atMs = 0;
        const Logged line = wire::readLog(object, atMs);
        items.append(QJsonObject{{QStringLiteral("at"), atMs},
                                 {QStringLiteral("kind"), valueOf(object, "event_type")},
                                 {QStringLiteral("text"), line.text},
                                 {QStringLiteral("tool"), line.tool},
                                 {QStringLiteral("truncated"), line.truncated},
                                 {QStringLiteral("file"), line.file},
                                 {QStringLiteral("offset"), line.offset},
                                 {QStringLiteral("block"), line.block}});
    }
    return {{QStringLiteral("items"), items},
            {QStringLiteral("file"), valueOf(result, "file")},
            {QStringLiteral("before_offset"), valueOf(result, "before_seq")},
            {QStringLiteral("more"), valueOf(result, "more")}};
}

} // namespace

quint64 RemoteHost::query(const QString& method, const QJsonObject& params)
{
    const quint64 id = ++m_lastQuery;
    Question question{Purpose::Plain, params, {}};
    QString code;
    QString problem = refusalOf(method);
    if (!problem.isEmpty()) {
        code = QStringLiteral("unsupported");
    } else if (!m_link.isUp()) {
        problem = QStringLiteral("There is no link to %1 now.").arg(placeText(m_place.url));
    } else if (const std::optional<QString> command = commandOf(method, question)) {
        problem = sendCommand(id, *command, question);
    } else {
        problem = QStringLiteral("%1 does not know \"%2\".").arg(placeText(m_place.url), method);
        code = QStringLiteral("not_found");
    }
    if (!problem.isEmpty())
        replyLater({id, {}, problem, code});
    return id;
}

QString RemoteHost::refusalOf(const QString& method) const
{
    return acts(method) && !m_commands.contains(method) ? capabilities().refusal : QString();
}

std::optional<QString> RemoteHost::commandOf(const QString& method, Question& question)
{
    const QJsonObject params = question.params;
    if (acts(method) || method == QLatin1String("search"))
        return method;
    for (const auto& [query, command] : sameQueries) {
        if (method == QLatin1String(query))
            return QLatin1String(command);
    }
    if (method == QLatin1String("history")) {
        question.purpose = Purpose::History;
        question.params = {{QStringLiteral("agent_id"), valueOf(params, "agent_id")},
                           {QStringLiteral("limit"), pageOf(params)}};
        if (params.contains(QLatin1String("before_offset")))
            question.params.insert(QStringLiteral("before_seq"), valueOf(params, "before_offset"));
        if (params.contains(QLatin1String("file")))
            question.params.insert(QStringLiteral("file"), valueOf(params, "file"));
        return QStringLiteral("fetch_history");
    }
    if (method == QLatin1String("agents")) {
        question.purpose = Purpose::Agents;
        question.params = {{QStringLiteral("limit"), pageOf(params)}};
        qint64 oldestMs = 0;
        for (const Agent& agent : std::as_const(m_agents)) {
            const qint64 atMs = agent.info.updatedAtMs;
            if (atMs > 0 && (oldestMs == 0 || atMs < oldestMs))
                oldestMs = atMs;
        }
        if (oldestMs > 0) // those of the same millisecond once more
            question.params.insert(QStringLiteral("before"), timeToJson(oldestMs + 1));
        return QStringLiteral("fetch_agents");
    }
    if (method == QLatin1String("text"))
        return textCommand(question);
    return std::nullopt;
}

/// The wire names a line by its agent; a Host by file, offset and block.
QString RemoteHost::textCommand(Question& question)
{
    Logged line;
    line.file = valueOf(question.params, "file").toString();
    line.offset = valueOf(question.params, "offset").toInteger(-1);
    line.block = valueOf(question.params, "block").toInt();
    AgentId owner;
    for (const Agent& agent : std::as_const(m_agents)) {
        if (agent.info.files.contains(line.file))
            owner = agent.id;
    }
    question.purpose = Purpose::Text;
    question.params = {{QStringLiteral("log_id"), wire::logId(owner, line)}};
    return QStringLiteral("fetch_text");
}

QString RemoteHost::sendCommand(quint64 id, const QString& method, const Question& question)
{
    const QJsonObject command{{QStringLiteral("type"), QStringLiteral("command")},
                              {QStringLiteral("id"), qint64(id)},
                              {QStringLiteral("method"), method},
                              {QStringLiteral("params"), question.params}};
    QString problem = m_link.send(QJsonDocument(command).toJson(QJsonDocument::Compact));
    if (problem.isEmpty())
        m_asked.insert(id, question);
    return problem;
}

/// Later, so that the asker knows the id by then.
void RemoteHost::replyLater(const Reply& reply)
{
    QMetaObject::invokeMethod(
        this, [this, reply] { emit replied(reply); }, Qt::QueuedConnection);
}

void RemoteHost::take(const wire::Answer& answer)
{
    if (!m_asked.contains(answer.id))
        return;
    const Question question = m_asked.take(answer.id);
    if (question.purpose == Purpose::Input) {
        const QJsonValue input = valueOf(answer.result, "input");
        const QString problem = answer.good ? QStringLiteral("no input was sent") : answer.message;
        recordInput(question.said,
                    input.isString()
                        ? input.toString()
                        : QStringLiteral("(what would run could not be loaded: %1)").arg(problem));
        return;
    }
    if (!answer.good) {
        emit replied({answer.id, {}, answer.message, answer.code});
        return;
    }
    switch (question.purpose) {
    case Purpose::History: emit replied({answer.id, historyOf(answer.result), {}}); break;
    case Purpose::Text: takeText(answer.id, question, answer.result); break;
    case Purpose::Agents: {
        const QJsonObject result = takeAgents(answer.result);
        flush(); // they are there before the answer is
        emit replied({answer.id, result, {}});
        break;
    }
    default: emit replied({answer.id, answer.result, {}}); break;
    }
}

void RemoteHost::takeText(quint64 id, Question question, const QJsonObject& result)
{
    question.said += valueOf(result, "text").toString();
    const qint64 before = valueOf(question.params, "from").toInteger(0);
    const qint64 next = valueOf(result, "next").toInteger(0);
    // Forwards only: a server that sends us back would have us ask for ever.
    if (next <= before || question.said.size() >= maxTextUnits) {
        emit replied({id, {{QStringLiteral("text"), question.said}}, {}});
        return;
    }
    question.params.insert(QStringLiteral("from"), next);
    const QString problem = sendCommand(id, QStringLiteral("fetch_text"), question);
    if (!problem.isEmpty())
        emit replied({id, {}, problem});
}

QJsonObject RemoteHost::takeAgents(const QJsonObject& result)
{
    const QJsonArray list = valueOf(result, "agents").toArray();
    int count = 0;
    for (const auto& item : list) {
        const Agent agent = agentFromJson(item.toObject());
        if (agent.id.isNull() || m_agents.contains(agent.id))
            continue;
        record({0, agent.info.updatedAtMs, agent.id, AgentAdded{agent}});
        ++count;
    }
    return {{QStringLiteral("count"), count},
            {QStringLiteral("left"), std::max<qint64>(0, valueOf(result, "left").toInteger(0))}};
}

void RemoteHost::onClosed()
{
    m_snapshot.reset();
    const auto asked = std::exchange(m_asked, {});
    for (auto it = asked.constBegin(); it != asked.constEnd(); ++it) {
        if (it->purpose != Purpose::Input)
            replyLater({it.key(),
                        {},
                        QStringLiteral("The link to %1 was cut before the answer came.")
                            .arg(placeText(m_place.url))});
    }
}

} // namespace plimsoll
