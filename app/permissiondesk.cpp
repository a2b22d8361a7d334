// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/permissiondesk.h"

#include "models/jsonparts.h"
#include "models/masking.h"
#include "models/permissionanswer.h"

#include <QCryptographicHash>
#include <QUuid>

#include <algorithm>

namespace plimsoll {

namespace {

using Effect = DriveAnswer::Effect;

constexpr qsizetype maxAnswered = 1000;

PermissionOption option(const char* effect, const QString& label)
{
    return {QLatin1String(effect), label, QLatin1String(effect)};
}

QList<PermissionOption> optionsFor(const DriveQuestion& question)
{
    if (question.kind == PermissionKind::Question)
        return {option("answer", QStringLiteral("Answer")), option("deny", QStringLiteral("Do not answer"))};
    if (question.kind == PermissionKind::Plan)
        return {option("allow_once", QStringLiteral("Approve the plan")),
                option("deny", QStringLiteral("Keep planning"))};
    QList<PermissionOption> options{option("allow_once", QStringLiteral("Allow once"))};
    if (!question.sessionLabel.isEmpty())
        options << option("allow_session",
                          QStringLiteral("Allow for this session: ") + question.sessionLabel);
    options << option("deny", QStringLiteral("Deny"))
            << option("deny_and_stop", QStringLiteral("Deny and stop"));
    return options;
}

/// Answers to all questions, or nothing.
std::optional<QJsonObject> answersIn(const PermissionAsked& asked, const QJsonObject& params)
{
    const QJsonObject given = params.value(QLatin1String("answers")).toObject();
    QJsonObject answers;
    for (const auto& value : asked.questions) {
        const QString question = json::text(value.toObject(), "question");
        // A viewer knows the question as it was sent to him: without secrets.
        const QString answer =
            given.value(given.contains(question) ? question : maskSecrets(question)).toString();
        if (answer.isEmpty() || answer.size() > PermissionDesk::maxMessage)
            return std::nullopt;
        answers.insert(question, answer);
    }
    return answers.isEmpty() ? std::nullopt : std::optional(answers);
}

Effect effectOf(const QString& name)
{
    if (name == QLatin1String("allow_once") || name == QLatin1String("answer"))
        return Effect::AllowOnce;
    if (name == QLatin1String("allow_session"))
        return Effect::AllowSession;
    return name == QLatin1String("deny_and_stop") ? Effect::DenyAndStop : Effect::Deny;
}

} // namespace

PermissionAsked PermissionDesk::open(const AgentId& agent, const DriveQuestion& question,
                                     const QString& workingDir, qint64 nowMs)
{
    PermissionAsked asked{QUuid::createUuid().toString(QUuid::WithoutBraces), question.kind, question.tool,
                          QString::fromUtf8(question.input), workingDir};
    asked.options = optionsFor(question);
    asked.questions = question.questions;
    asked.expiresAtMs = nowMs + validMs;
    m_open.insert(asked.requestId, {agent, question.requestId, question.input, asked});
    return asked;
}

std::variant<PermissionDesk::Decision, Refusal> PermissionDesk::answer(const QJsonObject& params,
                                                                       qint64 nowMs)
{
    const QString id = json::text(params, "request_id");
    const auto open = m_open.constFind(id);
    if (open == m_open.constEnd()) {
        if (m_answered.contains(id))
            return Refusal{QStringLiteral("conflict"),
                           QStringLiteral("it was answered already, by ") + m_answered.value(id)};
        return Refusal{QStringLiteral("not_found"), QStringLiteral("no such request is open")};
    }
    if (nowMs >= open->asked.expiresAtMs)
        return Refusal{QStringLiteral("conflict"), QStringLiteral("its time is over")};
    const PermissionOption* const option = chosenOption(open->asked, params);
    if (option == nullptr)
        return Refusal{QStringLiteral("bad_request"),
                       QStringLiteral("this is none of its options: name one by \"option_id\", or say "
                                      "\"decision\", and not both"),
                       QStringLiteral("option_id")};
    const QString hash = json::text(params, "input_sha256");
    const QByteArray own = QCryptographicHash::hash(open->input, QCryptographicHash::Sha256).toHex();
    if (!hash.isEmpty() && hash.toLower() != QLatin1String(own))
        return Refusal{QStringLiteral("conflict"), QStringLiteral("what was shown is not what would run"),
                       QStringLiteral("input_sha256")};
    DriveAnswer answer;
    answer.effect = effectOf(option->effect);
    const bool allows = answer.effect == Effect::AllowOnce || answer.effect == Effect::AllowSession;
    answer.message = json::text(params, "message");
    if (answer.message.size() > maxMessage)
        return Refusal{QStringLiteral("bad_request"), QStringLiteral("the message is too long"),
                       QStringLiteral("message")};
    if (answer.message.isEmpty() && !allows)
        answer.message = QStringLiteral("The operator does not allow this.");
    if (option->effect == QLatin1String("answer")) {
        const std::optional<QJsonObject> answers = answersIn(open->asked, params);
        if (!answers)
            return Refusal{QStringLiteral("bad_request"), QStringLiteral("each question needs an answer"),
                           QStringLiteral("answers")};
        answer.answers = *answers;
    }
    const QString by = json::text(params, "by");
    return close(id, answer,
                 {id, allows ? QStringLiteral("allowed") : QStringLiteral("denied"), option->id,
                  by.isEmpty() ? QStringLiteral("the operator at the window") : by});
}

PermissionDesk::Decision PermissionDesk::close(const QString& requestId, DriveAnswer answer,
                                               PermissionAnswered told)
{
    const Open open = m_open.take(requestId);
    if (m_answered.size() >= maxAnswered)
        m_answered.clear();
    m_answered.insert(requestId, told.by);
    answer.input = open.input;
    return {open.agent, open.driverRequest, std::move(answer), std::move(told)};
}

std::optional<PermissionAnswered> PermissionDesk::withdraw(const AgentId& agent, const QString& driverRequest)
{
    for (auto it = m_open.begin(); it != m_open.end(); ++it) {
        if (it->agent == agent && it->driverRequest == driverRequest) {
            const PermissionAnswered gone{it.key(), QStringLiteral("gone")};
            m_open.erase(it);
            return gone;
        }
    }
    return std::nullopt;
}

QList<PermissionAnswered> PermissionDesk::dropAgent(const AgentId& agent)
{
    QList<PermissionAnswered> gone;
    for (auto it = m_open.begin(); it != m_open.end();) {
        if (it->agent == agent) {
            gone.append({it.key(), QStringLiteral("gone")});
            it = m_open.erase(it);
        } else {
            ++it;
        }
    }
    return gone;
}

QList<PermissionDesk::Decision> PermissionDesk::expire(qint64 nowMs)
{
    QList<Decision> expired;
    const QStringList ids = m_open.keys();
    for (const QString& id : ids) {
        if (m_open.value(id).asked.expiresAtMs > nowMs)
            continue;
        expired << close(id, {Effect::Deny, {}, {}, QStringLiteral("Nobody has answered in time.")},
                         {id, QStringLiteral("denied"), QStringLiteral("deny"), QStringLiteral("time-out")});
    }
    return expired;
}

qint64 PermissionDesk::nextExpiryMs() const
{
    qint64 next = 0;
    for (const Open& open : m_open)
        next = next == 0 ? open.asked.expiresAtMs : std::min(next, open.asked.expiresAtMs);
    return next;
}

} // namespace plimsoll
