// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/server/commanddesk.h"

#include "app/server/wire.h"
#include "models/codec.h"
#include "models/jsonparts.h"
#include "models/masking.h"
#include "models/names.h"
#include "models/permissionanswer.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QRegularExpression>

#include <algorithm>

namespace plimsoll {

namespace {

constexpr qint64 maxPage = 100;
constexpr qint64 defaultPage = 50;
constexpr qsizetype maxTextUnits = 64 * 1024;
constexpr qsizetype maxWaiting = 1000;
constexpr qsizetype maxSearchChars = 500;

Outcome refused(const char* code, const QString& message)
{
    return {{}, QLatin1String(code), message};
}

Outcome badParam(const QString& message)
{
    return refused("bad_request", message);
}

Outcome outcomeOf(const Reply& reply)
{
    if (reply.error.isEmpty())
        return {reply.result};
    return {{}, reply.code.isEmpty() ? QStringLiteral("unavailable") : reply.code, reply.error};
}

int pageOf(const QJsonObject& params)
{
    return int(std::clamp(countFromJson(params.value(QLatin1String("limit"))).value_or(defaultPage),
                          qint64{1}, maxPage));
}

/// A line as the host's "history" tells it.
QJsonObject logOfItem(const AgentId& agent, const QJsonObject& item)
{
    Logged line;
    line.kind = logKindFromName(json::text(item, "kind"));
    line.truncated = item.value(QLatin1String("truncated")).toBool();
    line.text = maskSecrets(json::text(item, "text"), line.truncated ? TextEnd::Cut : TextEnd::Whole);
    line.tool = json::text(item, "tool");
    line.file = json::text(item, "file");
    line.offset = qint64(item.value(QLatin1String("offset")).toDouble(-1));
    line.block = item.value(QLatin1String("block")).toInt();
    return wire::logObject(agent, line, qint64(item.value(QLatin1String("at")).toDouble()));
}

/// Whether somebody allows what he need not have seen: it was told without its input, and he does not say
/// which one he has loaded.
bool allowsUnseen(const FleetPicture& fleet, const QJsonObject& params)
{
    const auto asked = fleet.permissions.constFind(json::text(params, "request_id"));
    if (asked == fleet.permissions.constEnd() || !json::text(params, "input_sha256").isEmpty() ||
        !wire::permissionObject(*asked).value(QLatin1String("input")).isNull())
        return false;
    const PermissionOption* const option = chosenOption(std::get<PermissionAsked>(asked->body), params);
    return option == nullptr || !denies(*option);
}

/// What an agent may not set of one that it starts, for that one asks a person, too; empty where nothing is.
QString fieldForPersons(const QJsonObject& params)
{
    for (const char* field : {"allowed_tools", "env", "keep_running"}) {
        if (params.contains(QLatin1String(field)))
            return QLatin1String(field);
    }
    const QString mode = json::text(params, "permission_mode");
    const bool asks = mode == QLatin1String("default") || mode == QLatin1String("plan");
    const bool isSet = params.contains(QLatin1String("permission_mode"));
    return isSet && !asks ? QStringLiteral("permission_mode") : QString();
}

/// Finds text, or a pattern that gives up before it takes long.
class Finder
{
public:
    Finder(const QString& text, bool isPattern)
        : m_text(text)
    {
        if (isPattern) {
            m_pattern.emplace(QStringLiteral("(*LIMIT_MATCH=20000)") + text,
                              QRegularExpression::CaseInsensitiveOption);
            m_isGood = m_pattern->isValid();
        }
    }

    [[nodiscard]] bool isGood() const { return m_isGood; }
    [[nodiscard]] QString fault() const { return m_pattern ? m_pattern->errorString() : QString(); }
    [[nodiscard]] bool finds(const QString& where) const
    {
        return m_pattern ? m_pattern->match(where).hasMatch() : where.contains(m_text, Qt::CaseInsensitive);
    }

private:
    QString m_text;
    std::optional<QRegularExpression> m_pattern;
    bool m_isGood = true;
};

} // namespace

CommandDesk::CommandDesk(Hub& hub, QObject* parent)
    : QObject(parent)
    , m_hub(hub)
{
}

QStringList CommandDesk::commandsFor(AccessRole role) const
{
    QStringList commands;
    for (const CommandRule& rule : commandTable()) {
        const QString method = QLatin1String(rule.method);
        if (rule.acts && (rule.roles & bitOf(role)) != 0 && m_host.commands.contains(method))
            commands << method;
    }
    return commands;
}

bool CommandDesk::maySee(const Principal& principal, const AgentId& agent) const
{
    return principal.role != AccessRole::Agent || m_creators.value(agent) == principal.tokenId;
}

void CommandDesk::run(const Principal& principal, const QString& method, const QJsonObject& params,
                      QObject* owner, const Done& done)
{
    const CommandRule* rule = commandRule(method);
    if (!rule)
        return done(refused("not_found", QStringLiteral("there is no method \"%1\"").arg(method.left(100))));
    if ((rule->roles & bitOf(principal.role)) == 0)
        return done(refused(
            "forbidden", QStringLiteral("the role \"%1\" may not %2").arg(toName(principal.role), method)));
    const AgentId agent = AgentId::fromString(json::text(params, "agent_id"));
    const bool isForeign =
        !agent.isNull() && (!m_hub.fleet().agents.contains(agent) || !maySee(principal, agent));
    if (isForeign)
        return done(refused("not_found", QStringLiteral("no such agent")));
    if (rule->acts)
        return act(principal, method, params, owner, done);
    if (method == QLatin1String("fetch_agents"))
        return fetchAgents(principal, params, owner, done);
    if (method == QLatin1String("fetch_text"))
        return fetchText(principal, params, owner, done);
    if (method == QLatin1String("fetch_permission_input"))
        return fetchInput(principal, params, done);
    if (method == QLatin1String("search"))
        return search(principal, params, done);
    if (method == QLatin1String("count_tokens"))
        return forward("tokens",
                       {{QStringLiteral("text"), json::text(params, "text")},
                        {QStringLiteral("model"), json::text(params, "model")}},
                       owner, done);
    if (agent.isNull())
        return done(badParam(QStringLiteral("\"agent_id\" is missing or is no id")));
    if (method == QLatin1String("fetch_history"))
        return fetchHistory(params, owner, done);
    if (method == QLatin1String("fetch_curve"))
        return forward("curve", {{QStringLiteral("agent_id"), agent.toString()}}, owner, done);
    forwardMasked(method, agent, params, owner, done);
}

/// What an agent tells of itself: its words may hold secrets.
void CommandDesk::forwardMasked(const QString& method, const AgentId& agent, const QJsonObject& params,
                                QObject* owner, const Done& done)
{
    // "fetch_tasks" asks for "tasks"; only the menu is called otherwise.
    const QString query = method == QLatin1String("fetch_menu")
                              ? QStringLiteral("agent_menu")
                              : method.sliced(QLatin1String("fetch_").size());
    const QJsonObject question{{QStringLiteral("agent_id"), agent.toString()},
                               {QStringLiteral("task_id"), json::text(params, "task_id")}};
    ask(query, question, owner, [done](const Reply& reply) {
        Outcome outcome = outcomeOf(reply);
        outcome.result = maskedTexts(outcome.result).toObject();
        done(outcome);
    });
}

void CommandDesk::ask(const QString& method, const QJsonObject& params, QObject* owner,
                      std::function<void(const Reply&)> done)
{
    if (m_waiting.size() >= maxWaiting) {
        m_waiting.removeIf([](const auto& item) { return item->owner.isNull(); });
        if (m_waiting.size() >= maxWaiting)
            return done(
                {0, {}, QStringLiteral("too many questions wait for an answer"), QStringLiteral("too_many")});
    }
    m_waiting.insert(++m_lastId, {owner, std::move(done)});
    emit asked(m_lastId, method, params);
}

void CommandDesk::takeReply(const Reply& reply)
{
    const Waiting waiting = m_waiting.take(reply.id);
    if (waiting.owner && waiting.done)
        waiting.done(reply);
}

void CommandDesk::forward(const char* method, const QJsonObject& params, QObject* owner, const Done& done)
{
    ask(QLatin1String(method), params, owner, [done](const Reply& reply) { done(outcomeOf(reply)); });
}

void CommandDesk::fetchAgents(const Principal& principal, const QJsonObject& params, QObject* owner,
                              const Done& done)
{
    const QJsonValue beforeText = params.value(QLatin1String("before"));
    const qint64 before = timeFromJson(beforeText);
    if (!beforeText.isUndefined() && !beforeText.isNull() && before == 0)
        return done(badParam(QStringLiteral("\"before\" must be a time such as 2026-11-26T08:00:00.000Z")));
    const int limit = pageOf(params);
    const auto page = [this, principal, before, limit](int left) {
        QJsonArray agents;
        for (const Agent& agent : m_hub.newestFirst()) {
            const bool isOlder = before == 0 || agent.info.updatedAtMs < before;
            if (agents.size() < limit && isOlder && maySee(principal, agent.id))
                agents.append(toJson(agent));
        }
        return Outcome{{{QStringLiteral("agents"), agents}, {QStringLiteral("left"), left}}};
    };
    const Outcome held = page(0);
    const bool isWhole = held.result.value(QLatin1String("agents")).toArray().size() >= limit;
    // Older ones come as events before the answer does.
    ask(QStringLiteral("agents"), {{QStringLiteral("limit"), isWhole ? 0 : limit}}, owner,
        [page, done](const Reply& reply) { done(page(reply.result.value(QLatin1String("left")).toInt())); });
}

void CommandDesk::fetchHistory(const QJsonObject& params, QObject* owner, const Done& done)
{
    const AgentId agent = AgentId::fromString(json::text(params, "agent_id"));
    QJsonObject question{{QStringLiteral("agent_id"), agent.toString()},
                         {QStringLiteral("limit"), pageOf(params)}};
    if (const Count before = countFromJson(params.value(QLatin1String("before_seq"))))
        question.insert(QStringLiteral("before_offset"), *before);
    if (params.contains(QLatin1String("file")))
        question.insert(QStringLiteral("file"), json::text(params, "file"));
    ask(QStringLiteral("history"), question, owner, [agent, done](const Reply& reply) {
        if (!reply.error.isEmpty())
            return done(outcomeOf(reply));
        QJsonArray log;
        const QJsonArray items = reply.result.value(QLatin1String("items")).toArray();
        for (const auto& item : items)
            log.append(logOfItem(agent, item.toObject()));
        done({{{QStringLiteral("log"), log},
               {QStringLiteral("before_seq"), reply.result.value(QLatin1String("before_offset"))},
               {QStringLiteral("file"), reply.result.value(QLatin1String("file"))},
               {QStringLiteral("more"), reply.result.value(QLatin1String("more"))}}});
    });
}

void CommandDesk::fetchText(const Principal& principal, const QJsonObject& params, QObject* owner,
                            const Done& done)
{
    const std::optional<wire::LogPlace> place = wire::logPlaceFromId(json::text(params, "log_id"));
    if (!place)
        return done(badParam(QStringLiteral("\"log_id\" is not the id of a log line")));
    const auto agent = m_hub.fleet().agents.constFind(place->agent);
    QString file;
    if (agent != m_hub.fleet().agents.constEnd() && maySee(principal, place->agent)) {
        for (const QString& path : agent->info.files) {
            if (wire::fileHash(path) == place->fileHash)
                file = path;
        }
    }
    if (file.isEmpty())
        return done(refused("not_found", QStringLiteral("no such log line")));
    const qint64 from = countFromJson(params.value(QLatin1String("from"))).value_or(0);
    const QJsonObject question{{QStringLiteral("file"), file},
                               {QStringLiteral("offset"), place->offset},
                               {QStringLiteral("block"), place->block}};
    ask(QStringLiteral("text"), question, owner, [from, done](const Reply& reply) {
        if (!reply.error.isEmpty())
            return done(refused("not_found", reply.error));
        const QString text = maskSecrets(json::text(reply.result, "text"));
        const qsizetype begin = std::min<qint64>(from, text.size());
        qsizetype end = std::min(begin + maxTextUnits, text.size());
        if (end < text.size() && text.at(end - 1).isHighSurrogate())
            --end;
        done(
            {{{QStringLiteral("text"), text.sliced(begin, end - begin)},
              {QStringLiteral("next"), end < text.size() ? QJsonValue(end) : QJsonValue(QJsonValue::Null)}}});
    });
}

/// The very bytes that would run for those who may answer; for others without secrets.
void CommandDesk::fetchInput(const Principal& principal, const QJsonObject& params, const Done& done) const
{
    const auto asked = m_hub.fleet().permissions.constFind(json::text(params, "request_id"));
    if (asked == m_hub.fleet().permissions.constEnd())
        return done(refused("not_found", QStringLiteral("no such request is open")));
    const QString input = std::get<PermissionAsked>(asked->body).input;
    const QString masked = maskSecrets(input);
    const bool mayAnswer = (commandRule(u"answer_permission")->roles & bitOf(principal.role)) != 0;
    done({{{QStringLiteral("input"), mayAnswer ? input : masked},
           {QStringLiteral("masked"), !mayAnswer && masked != input}}});
}

void CommandDesk::search(const Principal& principal, const QJsonObject& params, const Done& done) const
{
    const QString text = json::text(params, "text");
    if (text.isEmpty() || text.size() > maxSearchChars)
        return done(badParam(QStringLiteral("\"text\" must have 1 to %1 characters").arg(maxSearchChars)));
    const Finder finder(text, params.value(QLatin1String("regex")).toBool());
    if (!finder.isGood())
        return done(badParam(QStringLiteral("the pattern is wrong: %1").arg(finder.fault())));
    QJsonArray agents;
    for (const Agent& agent : m_hub.newestFirst()) {
        const bool found = finder.finds(agent.info.name) || finder.finds(agent.info.workingDir) ||
                           finder.finds(agent.info.model) || finder.finds(agent.info.summary) ||
                           finder.finds(agent.info.sessionId);
        if (found && maySee(principal, agent.id))
            agents.append(agent.id.toString());
    }
    QJsonArray log;
    const SentRing& ring = m_hub.ring();
    for (quint64 seq = ring.lastSeq(); seq >= ring.firstSeq() && seq > 0 && log.size() < maxPage; --seq) {
        const SentRing::Message& message = ring.at(seq);
        if (!message.json.startsWith("{\"type\":\"agent_log\"") || !maySee(principal, message.agent))
            continue;
        const QJsonObject line =
            QJsonDocument::fromJson(message.json).object().value(QLatin1String("log")).toObject();
        if (finder.finds(json::text(line, "content")))
            log.append(line);
    }
    done({{{QStringLiteral("agents"), agents}, {QStringLiteral("log"), log}}});
}

void CommandDesk::act(const Principal& principal, const QString& method, const QJsonObject& params,
                      QObject* owner, const Done& done)
{
    if (!m_host.commands.contains(method)) {
        const QString why = m_host.refusal.isEmpty()
                                ? QStringLiteral("this Plimsoll only observes its agents")
                                : m_host.refusal;
        return done(refused("unsupported", QStringLiteral("%1 cannot be done here: %2").arg(method, why)));
    }
    if (method == QLatin1String("answer_permission") && allowsUnseen(m_hub.fleet(), params))
        return done(badParam(QStringLiteral(
            "load what would run by fetch_permission_input, and send its \"input_sha256\" with the answer")));
    const bool isCreate = method == QLatin1String("create_agent");
    const bool isAgents = isCreate && principal.role == AccessRole::Agent;
    if (const QString field = isAgents ? fieldForPersons(params) : QString(); !field.isEmpty())
        return done(refused("forbidden",
                            QStringLiteral("an agent may not set \"%1\" of one that it starts").arg(field)));
    QJsonObject question = params;
    question.insert(QStringLiteral("by"), principal.name);
    emit acted(principal, method, json::text(params, "agent_id"));
    ask(method, question, owner, [this, isCreate, token = principal.tokenId, done](const Reply& reply) {
        const AgentId created = AgentId::fromString(json::text(reply.result, "agent_id"));
        if (isCreate && reply.error.isEmpty() && !created.isNull())
            m_creators.insert(created, token);
        done(outcomeOf(reply));
    });
}

} // namespace plimsoll
