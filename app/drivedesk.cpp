// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/drivedesk.h"

#include "app/agents/agentid.h"
#include "app/agents/claude/claudedriver.h"
#include "app/agents/claude/claudeprogram.h"
#include "app/driveasks.h"
#include "app/messageparams.h"
#include "app/server/routetable.h"
#include "app/worktree.h"
#include "models/jsonparts.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QDir>
#include <QFileInfo>
#include <QLoggingCategory>
#include <QProcess>
#include <QThread>
#include <QUuid>

#include <algorithm>
#include <array>
#include <tuple>

namespace plimsoll {

namespace {

Q_LOGGING_CATEGORY(lcDrive, "plimsoll.drive", QtInfoMsg) // --verbose shows the rest

constexpr size_t maxRunning = 200;
constexpr qsizetype maxAsked = 1000;
constexpr int versionMs = 10'000;
constexpr int askMs = 30'000; ///< a client that says nothing for so long is not waited for
/// What is asked besides the methods that act.
constexpr std::array questions{"templates", "installed", "agent_menu", "tasks", "task_output", "waiting"};

qint64 now()
{
    return QDateTime::currentMSecsSinceEpoch();
}

Refusal refusal(const char* code, const QString& text, const char* field = "")
{
    return {QLatin1String(code), text, QLatin1String(field)};
}

/// Whether Claude Code has written anything of a session.
bool hasLog(const QString& configDir, const QString& sessionId)
{
    const QDir projects(configDir + QStringLiteral("/projects"));
    const QStringList folders = projects.entryList(QDir::Dirs | QDir::NoDotAndDotDot);
    return std::any_of(folders.begin(), folders.end(), [&](const QString& folder) {
        return projects.exists(folder + QLatin1Char('/') + sessionId + QStringLiteral(".jsonl"));
    });
}

} // namespace

QString findReaper()
{
    const QString here = QCoreApplication::applicationDirPath();
    for (const char* place :
         {"/plimsoll-reaper", "/../libexec/plimsoll/plimsoll-reaper"}) { // built, installed
        const QFileInfo file(here + QLatin1String(place));
        if (file.isFile() && file.isExecutable())
            return file.canonicalFilePath();
    }
    return {};
}

/// One agent that was started here, running or not.
struct DriveDesk::Driven
{
    AgentId id;
    DrivenRecord record;
    std::unique_ptr<Driver> driver; ///< null = does not run
    AgentState state = AgentState::Complete;
    QString reason;
    qint64 sinceMs = 0;
    QString continuesSessionId;
    Count contextWindow;
    Count compactAtTokens;
    bool stopping = false; ///< by the operator: its end is no failure
};

DriveDesk::DriveDesk(DrivePlace place, Handover<WatchQuery> commands, Handover<WatchCommand> watch,
                     Handover<Event> events, Handover<WatchNotice> notices)
    : m_place(std::move(place))
    , m_commands(std::move(commands))
    , m_watch(std::move(watch))
    , m_events(std::move(events))
    , m_notices(std::move(notices))
    , m_file(m_place.dataDir.isEmpty() ? QString() : m_place.dataDir + QStringLiteral("/driven.json"))
    , m_expiry(this)
{
    m_expiry.setSingleShot(true);
    connect(&m_expiry, &QTimer::timeout, this, [this] {
        for (const PermissionDesk::Decision& decision : m_permissions.expire(now()))
            apply(decision);
        armExpiry();
    });
}

DriveDesk::~DriveDesk()
{
    m_commands.disconnect();
    // All begin to end before the first is waited for.
    for (const auto& [id, agent] : m_agents) {
        if (agent->driver)
            agent->driver->letGo();
    }
}

QStringList DriveDesk::commands()
{
    QStringList names;
    for (const CommandRule& rule : commandTable()) {
        if (rule.acts)
            names << QLatin1String(rule.method);
    }
    return names;
}

bool DriveDesk::takes(const QString& method)
{
    const CommandRule* rule = commandRule(method);
    return (rule && rule->acts) ||
           std::any_of(questions.begin(), questions.end(),
                       [&method](const char* name) { return method == QLatin1String(name); });
}

void DriveDesk::begin()
{
    Q_ASSERT(QThread::currentThread() == thread());
    QString error;
    for (const DrivenRecord& record : m_file.load(error)) {
        auto agent = std::make_unique<Driven>();
        agent->id = agentIdOf(AgentKind::ClaudeCode, m_place.home, record.setup.sessionId);
        agent->record = record;
        agent->reason = QStringLiteral("ended with an earlier run of Plimsoll, can be resumed");
        agent->sinceMs = record.createdAtMs;
        tell(*agent);
        m_agents.insert_or_assign(agent->id, std::move(agent));
    }
    if (!error.isEmpty())
        m_notices.push(WatchFailure{error});
    m_commands.connectTo(this, [this](const std::vector<WatchQuery>& waiting) {
        for (const WatchQuery& command : waiting)
            run(command);
    });
}

void DriveDesk::run(const WatchQuery& command)
{
    reply(command.id, carryOut(command));
}

void DriveDesk::reply(quint64 id, const Answer& answer)
{
    if (const auto* refused = std::get_if<Refusal>(&answer)) {
        QJsonObject details;
        if (!refused->field.isEmpty())
            details.insert(QStringLiteral("field"), refused->field);
        m_notices.push(Reply{id, details, refused->text, refused->code});
    } else if (const auto* result = std::get_if<QJsonObject>(&answer)) {
        m_notices.push(Reply{id, *result, {}, {}});
    }
}

DriveDesk::Answer DriveDesk::carryOut(const WatchQuery& command)
{
    const QString& method = command.method;
    const QJsonObject& params = command.params;
    if (method == QLatin1String("templates")) {
        const QStringList names = agentTemplates(json::text(params, "working_dir"), m_place.homes.claude);
        return QJsonObject{{QStringLiteral("templates"), QJsonArray::fromStringList(names)}};
    }
    if (method == QLatin1String("installed"))
        return tellInstalled(command.id);
    if (method == QLatin1String("create_agent"))
        return create(command);
    if (method == QLatin1String("answer_permission"))
        return answerPermission(params);
    for (const char* question : {"agent_menu", "tasks", "waiting"}) {
        if (method == QLatin1String(question))
            return tellOf(method, params);
    }
    return onAgent(command);
}

/// Which client would be started, and its version by its own word.
DriveDesk::Answer DriveDesk::tellInstalled(quint64 id)
{
    const QString path = program();
    if (path.isEmpty())
        return QJsonObject{{QStringLiteral("path"), path}, {QStringLiteral("hint"), claudeMissingText()}};
    auto* client = new QProcess(this);
    client->setProcessEnvironment(QProcessEnvironment::systemEnvironment());
    client->setStandardInputFile(QProcess::nullDevice());
    connect(client, &QProcess::finished, this, [this, client, id, path] {
        const QString said = QString::fromUtf8(client->readAllStandardOutput().left(100)).simplified();
        reply(id, QJsonObject{{QStringLiteral("path"), path},
                              {QStringLiteral("version"), said.section(QLatin1Char(' '), 0, 0)},
                              {QStringLiteral("hint"), QString()}});
        client->deleteLater();
    });
    connect(client, &QProcess::errorOccurred, this, [this, client, id, path](QProcess::ProcessError error) {
        if (error != QProcess::FailedToStart)
            return;
        reply(id, refusal("unavailable",
                          QStringLiteral("%1 cannot be started: %2").arg(path, client->errorString())));
        client->deleteLater();
    });
    client->start(path, {QStringLiteral("--version")});
    QTimer::singleShot(versionMs, client, &QProcess::kill);
    return Later();
}

/// Of an agent that does not run here there is nothing to tell.
DriveDesk::Answer DriveDesk::tellOf(const QString& method, const QJsonObject& params) const
{
    const auto found = m_agents.find(json::idFromJson(params, "agent_id"));
    const Driver* driver = found == m_agents.end() ? nullptr : found->second->driver.get();
    if (method == QLatin1String("agent_menu"))
        return driver ? driver->menu()
                      : QJsonObject{{QStringLiteral("commands"), QJsonArray()},
                                    {QStringLiteral("models"), QJsonArray()}};
    if (method == QLatin1String("tasks"))
        return QJsonObject{{QStringLiteral("tasks"), driver ? driver->tasks() : QJsonArray()}};
    return QJsonObject{{QStringLiteral("messages"), driver ? driver->waitingMessages() : QJsonArray()}};
}

DriveDesk::Answer DriveDesk::onAgent(const WatchQuery& command)
{
    const QString& method = command.method;
    const QJsonObject& params = command.params;
    const AgentId id = AgentId::fromString(json::text(params, "agent_id"));
    if (id.isNull())
        return refusal("bad_request", QStringLiteral("\"agent_id\" is missing or is no id"), "agent_id");
    const auto found = m_agents.find(id);
    if (found == m_agents.end() || found->second->record.hidden)
        return refusal("unsupported",
                       QStringLiteral("this agent was not started by Plimsoll: it is only observed"));
    Driven& agent = *found->second;
    if (method == QLatin1String("resume_agent"))
        return resume(agent);
    if (method == QLatin1String("delete_agent"))
        return remove(agent);
    if (!agent.driver)
        return refusal("conflict", QStringLiteral("the agent does not run; resume it first"));
    if (method == QLatin1String("stop_agent"))
        return stop(agent);
    if (method == QLatin1String("command_agent"))
        return send(agent, params);
    if (askRule(method))
        return ask(agent, command);
    const bool done =
        method == QLatin1String("compact_agent") ? agent.driver->compact() : agent.driver->interrupt();
    if (!done)
        return refusal("unavailable", QStringLiteral("the agent does not take messages now"));
    return QJsonObject();
}

QString DriveDesk::program() const
{
    return m_place.program.isEmpty() ? findClaude(m_place.home, qEnvironmentVariable("PATH"))
                                     : m_place.program;
}

bool DriveDesk::nameIsTaken(const QString& name) const
{
    return std::any_of(m_agents.begin(), m_agents.end(), [&name](const auto& agent) {
        return !agent.second->record.hidden &&
               agent.second->record.name.compare(name, Qt::CaseInsensitive) == 0;
    });
}

DriveDesk::Answer DriveDesk::create(const WatchQuery& command)
{
    std::variant<CreateParams, Refusal> read = readCreateParams(command.params, m_place.homes.claude);
    if (const auto* refused = std::get_if<Refusal>(&read))
        return *refused;
    const auto& wanted = std::get<CreateParams>(read);
    if (nameIsTaken(wanted.name))
        return refusal("conflict", QStringLiteral("another agent has this name"), "name");
    if (wanted.branch.isEmpty())
        return startNew(wanted);
    auto* worktree = new Worktree(wanted.setup.workingDir, wanted.branch, this);
    connect(worktree, &Worktree::failed, this, [this, id = command.id](const QString& why) {
        reply(id, refusal("unavailable", why, "worktree"));
    });
    connect(worktree, &Worktree::made, this, [this, id = command.id, wanted](const QString& folder) {
        CreateParams there = wanted;
        there.setup.workingDir = folder;
        reply(id, startNew(there));
    });
    return Later();
}

DriveDesk::Answer DriveDesk::startNew(const CreateParams& wanted)
{
    if (nameIsTaken(wanted.name))
        return refusal("conflict", QStringLiteral("another agent has this name"), "name");
    auto agent = std::make_unique<Driven>();
    agent->record.name = wanted.name;
    agent->record.createdAtMs = now();
    agent->record.additions = wanted.additions;
    agent->record.setup = wanted.setup;
    agent->record.setup.sessionId = QUuid::createUuid().toString(QUuid::WithoutBraces);
    agent->id = agentIdOf(AgentKind::ClaudeCode, m_place.home, agent->record.setup.sessionId);
    QString error = launch(*agent);
    if (!error.isEmpty())
        return refusal("unavailable", error);
    Driven& started = *agent;
    m_agents.insert_or_assign(started.id, std::move(agent));
    save();
    tell(started);
    qCInfo(lcDrive, "%s (%s) started in %s", qUtf8Printable(started.record.name),
           qUtf8Printable(started.id.toString()), qUtf8Printable(started.record.setup.workingDir));
    if (!wanted.prompt.isEmpty() &&
        !started.driver->send({QUuid::createUuid().toString(QUuid::WithoutBraces), wanted.prompt}))
        return refusal("unavailable", QStringLiteral("it was started and does not take its first prompt"),
                       "prompt");
    return QJsonObject{{QStringLiteral("agent_id"), started.id.toString()},
                       {QStringLiteral("session_id"), started.record.setup.sessionId}};
}

/// Starts its process, for the first time or again.
QString DriveDesk::launch(Driven& agent)
{
    const auto runs = [](const auto& other) { return other.second->driver != nullptr; };
    if (size_t(std::count_if(m_agents.begin(), m_agents.end(), runs)) >= maxRunning)
        return QStringLiteral("%1 agents run already").arg(maxRunning);
    DriveSetup setup = agent.record.setup;
    setup.reaper = m_place.reaper;
    setup.program = program();
    if (setup.program.isEmpty())
        return claudeMissingText();
    const bool isUsual = m_place.homes.claude == m_place.home + QStringLiteral("/.claude");
    setup.environment = claudeEnvironment(QProcessEnvironment::systemEnvironment(), m_place.home,
                                          isUsual ? QString() : m_place.homes.claude, agent.record.additions);
    agent.driver = std::make_unique<ClaudeDriver>();
    agent.stopping = false;
    connectDriver(agent);
    QString error = agent.driver->start(setup);
    if (!error.isEmpty())
        agent.driver.reset();
    return error;
}

void DriveDesk::connectDriver(Driven& agent)
{
    Driver* const driver = agent.driver.get();
    connect(driver, &Driver::stateChanged, this,
            [this, &agent](AgentState state, const QString& reason) { setState(agent, state, reason); });
    connect(driver, &Driver::sessionChanged, this,
            [this, &agent](const QString& session) { takeSession(agent, session); });
    connect(driver, &Driver::streamed, this, [this, &agent](const QString& chunk, bool last) {
        m_events.push({0, now(), agent.id, TextStreamed{chunk, last}});
    });
    connect(driver, &Driver::asked, this, [this, &agent](const DriveQuestion& question) {
        m_events.push({0, now(), agent.id,
                       m_permissions.open(agent.id, question, agent.record.setup.workingDir, now())});
        armExpiry();
    });
    connect(driver, &Driver::withdrawn, this, [this, &agent](const QString& requestId) {
        if (const auto gone = m_permissions.withdraw(agent.id, requestId))
            m_events.push({0, now(), agent.id, *gone});
    });
    connect(driver, &Driver::windowReported, this, [this, &agent](Count window, Count compactAt) {
        if (agent.contextWindow == window && agent.compactAtTokens == compactAt)
            return;
        agent.contextWindow = window;
        agent.compactAtTokens = compactAt;
        tell(agent);
    });
    connect(driver, &Driver::limitsReported, this, [this](const LimitsChanged& limits) {
        m_events.push({0, limits.atMs, {}, limits});
    });
    connect(driver, &Driver::replied, this,
            [this, &agent](quint64 id, const QJsonObject& result, const QString& error) {
                takeReply(agent, id, result, error);
            });
    connect(driver, &Driver::ended, this, [this, &agent](const ChildEnd& end) { takeEnd(agent, end); });
}

void DriveDesk::takeEnd(Driven& agent, const ChildEnd& end)
{
    if (agent.driver)
        agent.driver.release()->deleteLater(); // it has called
    tellGone(agent.id);
    const QHash<quint64, Asked> asked = m_asked;
    for (auto it = asked.begin(); it != asked.end(); ++it) {
        if (it->agent == &agent && m_asked.remove(it.key()))
            reply(it.key(), refusal("unavailable", QStringLiteral("the agent has ended")));
    }
    const bool good = end.isClean() || agent.stopping;
    const QString before =
        agent.state == AgentState::Failed ? agent.reason + QStringLiteral("; ") : QString();
    qCInfo(lcDrive, "%s (%s) %s", qUtf8Printable(agent.record.name), qUtf8Printable(agent.id.toString()),
           qUtf8Printable(end.text()));
    if (agent.record.hidden)
        return;
    setState(agent, good ? AgentState::Complete : AgentState::Failed,
             agent.stopping ? QStringLiteral("stopped, can be resumed") : before + end.text());
}

/// Withdraws what nobody hears an answer to any more.
void DriveDesk::tellGone(const AgentId& agent)
{
    for (const PermissionAnswered& gone : m_permissions.dropAgent(agent))
        m_events.push({0, now(), agent, gone});
}

/// The same child goes on with another session: another row, which tells where it comes from.
void DriveDesk::takeSession(Driven& agent, const QString& session)
{
    const AgentId before = agent.id;
    if (QUuid::fromString(session).isNull() || session.size() != 36)
        return;
    tellGone(before);
    auto left = std::make_unique<Driven>();
    left->id = before;
    left->record = agent.record;
    left->record.name += QStringLiteral(" (before /clear)");
    left->reason = QStringLiteral("cleared, can be resumed");
    left->sinceMs = now();
    auto node = m_agents.extract(before);
    agent.continuesSessionId = agent.record.setup.sessionId;
    agent.record.setup.sessionId = session;
    agent.record.createdAtMs = now();
    agent.id = agentIdOf(AgentKind::ClaudeCode, m_place.home, session);
    node.key() = agent.id;
    m_agents.insert(std::move(node));
    tell(*left);
    m_agents.insert_or_assign(before, std::move(left));
    tell(agent);
    save();
}

void DriveDesk::setState(Driven& agent, AgentState state, const QString& reason)
{
    agent.state = state;
    agent.reason = reason;
    agent.sinceMs = now();
    tell(agent);
}

void DriveDesk::tell(const Driven& agent)
{
    DrivenSession session;
    session.sessionId = agent.record.setup.sessionId;
    session.continuesSessionId = agent.continuesSessionId;
    session.name = agent.record.name;
    session.workingDir = agent.record.setup.workingDir;
    session.model = agent.record.setup.model;
    session.state = agent.state;
    session.reason = agent.reason;
    session.sinceMs = agent.sinceMs;
    session.createdAtMs = agent.record.createdAtMs;
    session.contextWindow = agent.contextWindow;
    session.compactAtTokens = agent.compactAtTokens;
    session.running = agent.driver != nullptr;
    session.hidden = agent.record.hidden;
    session.commands =
        session.running ? QStringList{QStringLiteral("command_agent"), QStringLiteral("interrupt_agent"),
                                      QStringLiteral("compact_agent"), QStringLiteral("stop_agent"),
                                      QStringLiteral("set_model"),     QStringLiteral("set_permission_mode"),
                                      QStringLiteral("stop_task"),     QStringLiteral("withdraw_message")}
                        : QStringList{QStringLiteral("resume_agent")};
    session.commands << QStringLiteral("delete_agent");
    m_watch.push(session);
}

DriveDesk::Answer DriveDesk::send(Driven& agent, const QJsonObject& params)
{
    const auto read = readMessage(params);
    if (const auto* refused = std::get_if<Refusal>(&read))
        return *refused;
    const auto& message = std::get<DriveMessage>(read);
    if (!agent.driver->send(message))
        return refusal("unavailable", QStringLiteral("the agent does not take messages now"));
    return QJsonObject{{QStringLiteral("message_id"), message.id}};
}

DriveDesk::Answer DriveDesk::ask(Driven& agent, const WatchQuery& command)
{
    const AskRule& rule = *askRule(command.method);
    const QString subject = json::text(command.params, rule.param);
    if (!rule.isGood(subject))
        return refusal("bad_request",
                       QStringLiteral("\"%1\" is missing or cannot be").arg(QLatin1String(rule.param)),
                       rule.param);
    if (m_asked.size() >= maxAsked || !agent.driver->ask(rule.what, subject, command.id))
        return refusal("unavailable", QStringLiteral("the agent does not take messages now"));
    m_asked.insert(command.id, {&agent, command.method, subject});
    QTimer::singleShot(askMs, this, [this, id = command.id] {
        if (m_asked.remove(id))
            reply(id, refusal("unavailable", QStringLiteral("the agent does not answer")));
    });
    return Later();
}

void DriveDesk::takeReply(Driven& agent, quint64 id, const QJsonObject& result, const QString& error)
{
    if (!m_asked.contains(id))
        return;
    const Asked asked = m_asked.take(id);
    if (!error.isEmpty())
        return reply(id, refusal("conflict", error));
    // What it is started with when it is resumed.
    if (asked.method == QLatin1String("set_model"))
        agent.record.setup.model = asked.subject;
    else if (asked.method == QLatin1String("set_permission_mode"))
        agent.record.setup.permissionMode = asked.subject;
    save();
    tell(agent);
    reply(id, result);
}

DriveDesk::Answer DriveDesk::stop(Driven& agent)
{
    agent.stopping = true;
    agent.driver->stop();
    return QJsonObject();
}

DriveDesk::Answer DriveDesk::resume(Driven& agent)
{
    if (agent.driver)
        return refusal("conflict", QStringLiteral("the agent runs already"));
    // Before its first turn there is nothing to go on from: the same session begins.
    const bool before =
        std::exchange(agent.record.setup.resume, hasLog(m_place.homes.claude, agent.record.setup.sessionId));
    QString error = launch(agent);
    agent.record.setup.resume = before;
    if (!error.isEmpty())
        return refusal("unavailable", error);
    tell(agent);
    return QJsonObject();
}

DriveDesk::Answer DriveDesk::remove(Driven& agent)
{
    agent.record.hidden = true;
    save();
    if (agent.driver)
        std::ignore = stop(agent);
    tellGone(agent.id);
    tell(agent);
    return QJsonObject();
}

DriveDesk::Answer DriveDesk::answerPermission(const QJsonObject& params)
{
    const auto answered = m_permissions.answer(params, now());
    if (const auto* refused = std::get_if<Refusal>(&answered))
        return *refused;
    apply(std::get<PermissionDesk::Decision>(answered));
    armExpiry();
    return QJsonObject();
}

void DriveDesk::apply(const PermissionDesk::Decision& decision)
{
    const auto agent = m_agents.find(decision.agent);
    PermissionAnswered told = decision.told;
    if (agent == m_agents.end() || !agent->second->driver ||
        !agent->second->driver->answer(decision.driverRequest, decision.answer))
        told.outcome = QStringLiteral("gone");
    qCInfo(lcDrive, "request %s: %s (%s) by %s", qUtf8Printable(told.requestId), qUtf8Printable(told.outcome),
           qUtf8Printable(told.optionId), qUtf8Printable(told.by));
    m_events.push({0, now(), decision.agent, told});
}

void DriveDesk::armExpiry()
{
    const qint64 next = m_permissions.nextExpiryMs();
    if (next == 0)
        m_expiry.stop();
    else
        m_expiry.start(int(std::clamp<qint64>(next - now(), 0, 24 * 3600 * 1000)));
}

void DriveDesk::save()
{
    QList<DrivenRecord> records;
    for (const auto& [id, agent] : m_agents)
        records << agent->record;
    QString error = m_file.save(records);
    if (!error.isEmpty())
        m_notices.push(WatchFailure{error});
}

} // namespace plimsoll
