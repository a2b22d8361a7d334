// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/notices.h"

#include "models/agentmodel.h"
#include "models/format.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>

namespace plimsoll {

namespace {

constexpr qint64 freshMs = 60 * 1000;
constexpr int maxNoticeText = 160;

QString tr(const char* text)
{
    return QCoreApplication::translate("plimsoll::NoticeRules", text);
}

/// Notification servers may read markup; foreign text must not be able to write any.
QString harmless(const QString& text)
{
    QString result = oneLine(text, maxNoticeText);
    result.replace(QLatin1Char('<'), QChar(0x2039));
    result.replace(QLatin1Char('>'), QChar(0x203a));
    result.replace(QLatin1Char('&'), QChar(0xff06));
    return result;
}

Notice notice(NoticeKind kind, const Agent& agent, const QString& what, const QString& text)
{
    return {kind, agent.id, what.arg(harmless(agent.info.name)), harmless(text)};
}

std::optional<Notice> onLevel(const AlertRaised& body, const Agent& agent, const NoticeSwitches& wanted)
{
    if (!wanted.level || (body.level != FillLevel::Warning && body.level != FillLevel::Critical))
        return std::nullopt;
    const bool critical = body.level == FillLevel::Critical;
    const QString limit =
        agent.usage.compactAtTokens ? tr("%1 of the way to compaction") : tr("%1 of the window");
    return notice(NoticeKind::Level, agent, critical ? tr("%1 is almost full") : tr("%1 is filling up"),
                  limit.arg(QStringLiteral("%1%").arg(std::lround(body.fraction * 100))) +
                      QStringLiteral(" · ") + fill(agent.usage));
}

std::optional<Notice> onCompaction(const Compacted& body, const Agent& agent, const NoticeSwitches& wanted)
{
    if (!wanted.compaction)
        return std::nullopt;
    return notice(
        NoticeKind::Compaction, agent, tr("%1 has compacted its context"),
        tr("%1 → %2 tokens").arg(tokens(body.compaction.beforeTokens), tokens(body.compaction.afterTokens)));
}

bool isLiving(AgentState state)
{
    return state != AgentState::Complete && state != AgentState::Failed;
}

} // namespace

void NoticeRules::reset(const QList<Agent>& agents)
{
    m_known.clear();
    for (const Agent& agent : agents)
        m_known.insert(agent.id, {agent.state, agent.stateSinceMs});
}

QList<Notice> NoticeRules::take(const Events& events, const AgentModel& agents, const NoticeSwitches& wanted,
                                qint64 nowMs)
{
    QList<Notice> result;
    for (const Event& event : events) {
        const Agent* agent = agents.agent(event.agent);
        std::optional<Notice> found;
        if (const auto* added = std::get_if<AgentAdded>(&event.body))
            m_known.insert(event.agent, {added->agent.state, added->agent.stateSinceMs});
        else if (std::holds_alternative<AgentRemoved>(event.body))
            m_known.remove(event.agent);
        else if (agent == nullptr)
            continue;
        else if (const auto* state = std::get_if<StateChanged>(&event.body))
            found = onState(event, *state, *agent, wanted);
        else if (const auto* alert = std::get_if<AlertRaised>(&event.body))
            found = onLevel(*alert, *agent, wanted);
        else if (const auto* compacted = std::get_if<Compacted>(&event.body))
            found = onCompaction(*compacted, *agent, wanted);
        if (found && event.atMs >= nowMs - freshMs)
            result.append(*found);
    }
    return result;
}

std::optional<Notice> NoticeRules::onState(const Event& event, const StateChanged& body, const Agent& agent,
                                           const NoticeSwitches& wanted)
{
    const Known before = m_known.value(event.agent);
    // What is said again in other words (a second source, another reason) goes on from when it began.
    if (before.state == body.state)
        return std::nullopt;
    const qint64 sinceMs = body.sinceMs > 0 ? body.sinceMs : event.atMs;
    m_known.insert(event.agent, {body.state, sinceMs});
    const QString what = agent.info.summary.isEmpty() ? body.reason : agent.info.summary;
    switch (body.state) {
    case AgentState::Blocked:
        if (wanted.needsYou)
            return notice(NoticeKind::NeedsYou, agent, tr("%1 needs you"), what);
        break;
    case AgentState::Failed:
        if (wanted.failed)
            return notice(NoticeKind::Failed, agent, tr("%1 has failed"), body.reason);
        break;
    case AgentState::Idle:
    case AgentState::Complete: {
        const qint64 workedMs = sinceMs - before.sinceMs;
        const bool worked = before.state == AgentState::Executing && before.sinceMs > 0;
        if (wanted.finished && worked && workedMs >= qint64(wanted.finishedAfterS) * 1000 &&
            agent.info.parentId.isNull())
            return notice(NoticeKind::Finished, agent, tr("%1 has finished"),
                          tr("after %1").arg(duration(workedMs)));
        break;
    }
    case AgentState::Unknown:
    case AgentState::Executing:
    case AgentState::Waiting: break;
    }
    return std::nullopt;
}

TrayState trayState(const QList<Agent>& agents)
{
    TrayState result;
    for (const Agent& agent : agents) {
        if (agent.state == AgentState::Blocked)
            ++result.needsYou;
        // An agent of which nothing tells whether it lives would hold the icon at a level of long ago.
        const std::optional<double> fraction = loadFraction(agent.usage);
        if (!isLiving(agent.state) || agent.state == AgentState::Unknown || !fraction ||
            (result.fraction && *result.fraction >= *fraction))
            continue;
        result.fraction = fraction;
        result.level = fillLevel(agent.usage);
        result.fullest = agent.info.name;
    }
    return result;
}

QString trayText(const TrayState& state)
{
    QStringList parts;
    if (state.needsYou > 0)
        parts.append(state.needsYou == 1 ? tr("1 agent needs you")
                                         : tr("%1 agents need you").arg(state.needsYou));
    if (state.fraction)
        parts.append(
            tr("fullest: %1, %2%").arg(harmless(state.fullest)).arg(std::lround(*state.fraction * 100)));
    return parts.isEmpty() ? QStringLiteral("Plimsoll")
                           : QStringLiteral("Plimsoll: ") + parts.join(QStringLiteral(" · "));
}

} // namespace plimsoll
