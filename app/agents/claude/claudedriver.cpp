// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/agents/claude/claudedriver.h"

#include "models/jsonparts.h"

#include <QJsonDocument>
#include <QUuid>

#include <tuple>
#include <utility>

namespace plimsoll {

namespace {

constexpr int streamFrameMs = 33;
constexpr int maxQuestions = 64; ///< open at once; more are denied
constexpr int maxWaitingRequests = 100;
constexpr qsizetype maxOutput = qsizetype{64} * 1024;

} // namespace

ClaudeDriver::ClaudeDriver(QObject* parent)
    : Driver(parent)
    , m_child(this)
    , m_frame(this)
{
    m_frame.setSingleShot(true);
    m_frame.setInterval(streamFrameMs);
    connect(&m_frame, &QTimer::timeout, this, &ClaudeDriver::streamOn);
    connect(&m_child, &ChildProcess::lineRead, this, &ClaudeDriver::takeLine);
    connect(&m_child, &ChildProcess::ended, this, [this](const ChildEnd& end) {
        endStream();
        emit ended(end);
    });
}

QStringList ClaudeDriver::argumentsFor(const DriveSetup& setup)
{
    QStringList arguments{QStringLiteral("-p"),
                          QStringLiteral("--input-format"),
                          QStringLiteral("stream-json"),
                          QStringLiteral("--output-format"),
                          QStringLiteral("stream-json"),
                          QStringLiteral("--verbose"),
                          QStringLiteral("--permission-prompt-tool"),
                          QStringLiteral("stdio"),
                          QStringLiteral("--include-partial-messages"),
                          setup.resume ? QStringLiteral("--resume") : QStringLiteral("--session-id"),
                          setup.sessionId};
    const auto add = [&arguments](const char* option, const QString& value) {
        if (!value.isEmpty())
            arguments << QLatin1String(option) << value;
    };
    add("--model", setup.model);
    add("--permission-mode", setup.permissionMode);
    add("--agent", setup.agentTemplate);
    if (setup.maxTurns > 0)
        add("--max-turns", QString::number(setup.maxTurns));
    if (setup.maxUsd > 0)
        add("--max-budget-usd", QString::number(setup.maxUsd, 'f', 4));
    if (!setup.allowedTools.isEmpty())
        arguments << QStringLiteral("--allowedTools") << setup.allowedTools;
    return arguments;
}

QString ClaudeDriver::start(const DriveSetup& setup)
{
    m_setup = setup;
    QString error = m_child.start({setup.reaper, setup.program, argumentsFor(setup), setup.workingDir,
                                   setup.environment, setup.keepRunning});
    if (!error.isEmpty())
        return error;
    QJsonObject fields{{QStringLiteral("perTaskStopAffordance"), true}};
    // Not as an argument: everybody on this machine can read those.
    if (!setup.systemPrompt.isEmpty())
        fields.insert(QStringLiteral("appendSystemPrompt"), setup.systemPrompt);
    if (!request(QStringLiteral("initialize"), fields))
        return QStringLiteral("it does not take its first message");
    setState(AgentState::Waiting, QStringLiteral("starting"));
    return {};
}

bool ClaudeDriver::write(const QJsonObject& line)
{
    return m_child.write(QJsonDocument(line).toJson(QJsonDocument::Compact) + '\n');
}

bool ClaudeDriver::request(const QString& subtype, QJsonObject fields, quint64 ticket)
{
    const QString id = QStringLiteral("plimsoll-%1").arg(++m_lastRequest);
    fields.insert(QStringLiteral("subtype"), subtype);
    const char* const subject = subtype == QLatin1String("set_model") ? "model" : "mode";
    if (m_requests.size() >= maxWaitingRequests && ticket != 0)
        return false;
    if (m_requests.size() < maxWaitingRequests)
        m_requests.insert(id, {subtype, ticket, fields.value(QLatin1String(subject)).toString()});
    return write({{QStringLiteral("type"), QStringLiteral("control_request")},
                  {QStringLiteral("request_id"), id},
                  {QStringLiteral("request"), fields}});
}

bool ClaudeDriver::send(const DriveMessage& message)
{
    QJsonValue content = message.text;
    if (!message.images.isEmpty()) {
        QJsonArray parts;
        for (const DriveImage& image : message.images)
            parts.append(QJsonObject{
                {QStringLiteral("type"), QStringLiteral("image")},
                {QStringLiteral("source"), QJsonObject{{QStringLiteral("type"), QStringLiteral("base64")},
                                                       {QStringLiteral("media_type"), image.mediaType},
                                                       {QStringLiteral("data"), image.base64}}}});
        parts.append(QJsonObject{{QStringLiteral("type"), QStringLiteral("text")},
                                 {QStringLiteral("text"), message.text}});
        content = parts;
    }
    const bool sent =
        !m_stopping &&
        write({{QStringLiteral("type"), QStringLiteral("user")},
               {QStringLiteral("message"), QJsonObject{{QStringLiteral("role"), QStringLiteral("user")},
                                                       {QStringLiteral("content"), content}}},
               {QStringLiteral("parent_tool_use_id"), QJsonValue::Null},
               {QStringLiteral("session_id"), QString()},
               {QStringLiteral("uuid"), message.id},
               {QStringLiteral("priority"),
                message.mode == SendMode::Steer ? QStringLiteral("next") : QStringLiteral("later")}});
    if (sent)
        m_book.note(message);
    return sent;
}

bool ClaudeDriver::ask(DriveAsk what, const QString& subject, quint64 ticket)
{
    switch (what) {
    case DriveAsk::SetModel:
        return request(QStringLiteral("set_model"), {{QStringLiteral("model"), subject}}, ticket);
    case DriveAsk::SetPermissionMode:
        return request(QStringLiteral("set_permission_mode"), {{QStringLiteral("mode"), subject}}, ticket);
    case DriveAsk::StopTask:
        return request(QStringLiteral("stop_task"), {{QStringLiteral("task_id"), subject}}, ticket);
    case DriveAsk::TaskOutput:
        return request(QStringLiteral("get_task_output"), {{QStringLiteral("task_id"), subject}}, ticket);
    case DriveAsk::Withdraw:
        return request(QStringLiteral("cancel_async_message"), {{QStringLiteral("message_uuid"), subject}},
                       ticket);
    }
    return false;
}

bool ClaudeDriver::interrupt()
{
    return request(QStringLiteral("interrupt"));
}

bool ClaudeDriver::compact()
{
    return send({QUuid::createUuid().toString(QUuid::WithoutBraces), QStringLiteral("/compact")});
}

bool ClaudeDriver::answer(const QString& requestId, const DriveAnswer& answer)
{
    const auto rules = m_rules.constFind(requestId);
    if (rules == m_rules.constEnd())
        return false;
    const QByteArray reply = permissionReply(requestId, answer, *rules);
    m_rules.erase(rules);
    return m_child.write(reply);
}

void ClaudeDriver::stop()
{
    if (std::exchange(m_stopping, true))
        return;
    // What runs is ended with its result, so that the log is whole; a client that does not answer is ended
    // anyhow.
    if (m_turnRuns && m_child.isRunning())
        std::ignore = request(QStringLiteral("interrupt"), {{QStringLiteral("cancel_queued"), true}});
    m_child.stop();
}

void ClaudeDriver::takeLine(QByteArrayView line)
{
    if (const std::optional<ClaudeFrame> frame = parseClaudeFrame(line))
        take(*frame);
}

void ClaudeDriver::take(const ClaudeFrame& frame)
{
    using Kind = ClaudeFrame::Kind;
    switch (frame.kind) {
    case Kind::Init:
        m_turnRuns = true;
        m_book.takeSettings(frame);
        takeSession(frame.session);
        return;
    case Kind::SessionState: return takeState(frame.text);
    case Kind::Status:
        m_book.takeSettings(frame);
        if (frame.text == QLatin1String("compacting"))
            setState(AgentState::Executing, QStringLiteral("compacting"));
        else if (frame.text == QLatin1String("requesting") && m_rules.isEmpty())
            setState(AgentState::Executing, QStringLiteral("generating"));
        return;
    case Kind::Retry: return setState(AgentState::Waiting, QStringLiteral("retrying, ") + frame.text);
    case Kind::TextDelta:
        m_streaming = true;
        m_text += frame.text;
        if (!m_frame.isActive())
            m_frame.start();
        return;
    case Kind::TextEnd: return endStream();
    case Kind::Result: return takeResult(frame);
    case Kind::Question: return takeQuestion(frame);
    case Kind::Withdrawn:
        if (m_rules.remove(frame.requestId) > 0)
            emit withdrawn(frame.requestId);
        return;
    case Kind::OtherRequest:
        std::ignore = write({{QStringLiteral("type"), QStringLiteral("control_response")},
                             {QStringLiteral("response"),
                              QJsonObject{{QStringLiteral("subtype"), QStringLiteral("error")},
                                          {QStringLiteral("request_id"), frame.requestId},
                                          {QStringLiteral("error"),
                                           QStringLiteral("Plimsoll cannot do this: ") + frame.text}}}});
        return;
    case Kind::Reply: return takeReply(frame);
    case Kind::Limits: emit limitsReported(frame.limits); return;
    case Kind::Plan: m_plan = {frame.toolUseId, frame.text}; return;
    case Kind::Task: return m_book.takeTask(frame);
    case Kind::Lifecycle: return m_book.takeLifecycle(frame);
    case Kind::Other: return;
    }
}

void ClaudeDriver::takeState(const QString& state)
{
    m_turnRuns = state != QLatin1String("idle");
    if (!m_turnRuns)
        m_book.takeRest();
    if (state == QLatin1String("running"))
        setState(AgentState::Executing, {});
    else if (state == QLatin1String("requires_action"))
        setState(AgentState::Blocked, QStringLiteral("waits for you"));
    else if (state == QLatin1String("idle") && m_state != AgentState::Failed)
        setState(AgentState::Idle, {});
}

void ClaudeDriver::takeResult(const ClaudeFrame& frame)
{
    endStream();
    m_turnRuns = false;
    if (frame.isError)
        setState(AgentState::Failed, frame.text);
    else if (m_state == AgentState::Failed)
        setState(AgentState::Idle, {});
    const Count window = m_book.windowIn(frame.response);
    if (window && !m_book.knowsItsContext())
        emit windowReported(window, {});
    askWindow();
}

/// The client's own numbers: no request to the API, and right where the table of windows is old.
void ClaudeDriver::askWindow()
{
    if (!m_stopping && m_book.knowsItsContext())
        std::ignore = request(QStringLiteral("get_context_usage"),
                              {{QStringLiteral("detail"), QStringLiteral("summary")}});
}

void ClaudeDriver::takeReply(const ClaudeFrame& frame)
{
    const Request asked = m_requests.take(frame.requestId);
    const QString& subtype = asked.subtype;
    if (asked.ticket != 0)
        return takeAnswer(asked, frame);
    if (subtype == QLatin1String("initialize")) {
        m_book.takeGreeting(frame.response);
        if (m_state == AgentState::Waiting)
            setState(AgentState::Idle, QStringLiteral("no turn yet"));
        askWindow();
    } else if (subtype == QLatin1String("get_plan") && m_planless) {
        // Not in any typing: whichever of these holds it.
        QString plan;
        for (const char* key : {"plan", "content", "text"}) {
            if (plan.isEmpty())
                plan = json::text(frame.response, key).left(maxOutput);
        }
        askPlan(*std::exchange(m_planless, std::nullopt), plan);
    } else if (subtype == QLatin1String("get_context_usage") && !frame.isError) {
        const auto count = [&frame](const char* key) {
            const qint64 value = frame.response.value(QLatin1String(key)).toInteger(-1);
            return value > 0 ? Count(value) : Count();
        };
        emit windowReported(count("rawMaxTokens"), count("autoCompactThreshold"));
    }
}

/// Of what somebody has asked by ask().
void ClaudeDriver::takeAnswer(const Request& asked, const ClaudeFrame& frame)
{
    const QString& subtype = asked.subtype;
    const quint64 ticket = asked.ticket;
    if (frame.isError)
        return emit replied(ticket, {}, frame.text.isEmpty() ? QStringLiteral("it refuses") : frame.text);
    const QJsonObject& response = frame.response;
    QJsonObject result;
    if (subtype == QLatin1String("set_model")) {
        const QString told = json::shortText(response, "model");
        const QString model = told.isEmpty() ? asked.subject : told;
        m_book.setModel(model);
        result.insert(QStringLiteral("model"), model);
        askWindow(); // another model, another window
    } else if (subtype == QLatin1String("set_permission_mode")) {
        const QString told = json::shortText(response, "mode");
        const QString mode = told.isEmpty() ? asked.subject : told;
        m_book.setMode(mode);
        result.insert(QStringLiteral("mode"), mode);
    } else if (subtype == QLatin1String("get_task_output")) {
        result = {{QStringLiteral("output"), json::text(response, "output").right(maxOutput)},
                  {QStringLiteral("total_bytes"), response.value(QLatin1String("total_bytes")).toInteger()},
                  {QStringLiteral("truncated"), response.value(QLatin1String("truncated")).toBool()}};
    } else if (subtype == QLatin1String("cancel_async_message") &&
               !response.value(QLatin1String("cancelled")).toBool()) {
        return emit replied(ticket, {}, QStringLiteral("it has been taken already"));
    }
    emit replied(ticket, result, {});
}

void ClaudeDriver::takeQuestion(const ClaudeFrame& frame)
{
    if (m_rules.size() >= maxQuestions) {
        std::ignore = m_child.write(permissionReply(
            frame.requestId, {DriveAnswer::Effect::Deny, {}, {}, QStringLiteral("too many requests at once")},
            {}));
        return;
    }
    m_rules.insert(frame.requestId, sessionRules(frame.suggestions));
    setState(AgentState::Blocked, frame.question.kind == PermissionKind::Question
                                      ? QStringLiteral("input needed")
                                      : QStringLiteral("permission prompt"));
    if (frame.question.kind != PermissionKind::Plan)
        return emit asked(frame.question);
    if (frame.toolUseId == m_plan.toolUseId && !m_plan.text.isEmpty())
        return askPlan(frame.question, m_plan.text);
    m_planless = frame.question;
    if (!request(QStringLiteral("get_plan")))
        askPlan(*std::exchange(m_planless, std::nullopt), {});
}

/// With the text of the plan, as far as there is one beside the input.
void ClaudeDriver::askPlan(DriveQuestion question, const QString& plan)
{
    if (!m_rules.contains(question.requestId))
        return; // withdrawn meanwhile
    if (!plan.isEmpty())
        question.questions = QJsonArray{QJsonObject{{QStringLiteral("plan"), plan}}};
    emit asked(question);
}

void ClaudeDriver::takeSession(const QString& session)
{
    if (session.isEmpty() || session == m_setup.sessionId)
        return;
    m_setup.sessionId = session;
    emit sessionChanged(session);
}

void ClaudeDriver::setState(AgentState state, const QString& reason)
{
    // "requires_action" says no more than what is asked has already said.
    if (state == m_state && (reason == m_reason || state == AgentState::Blocked))
        return;
    m_state = state;
    m_reason = reason;
    emit stateChanged(state, reason);
}

void ClaudeDriver::streamOn()
{
    if (!m_text.isEmpty())
        emit streamed(std::exchange(m_text, {}), false);
}

void ClaudeDriver::endStream()
{
    m_frame.stop();
    if (std::exchange(m_streaming, false))
        emit streamed(std::exchange(m_text, {}), true);
}

} // namespace plimsoll
