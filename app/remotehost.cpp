// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/remotehost.h"

#include "models/apply.h"

#include <QJsonDocument>

#include <algorithm>
#include <tuple>

namespace plimsoll {

namespace {

constexpr int knownProtocol = 1;

} // namespace

RemoteHost::RemoteHost(const RemotePlace& place, const RemoteLink::Timing& timing, QObject* parent)
    : Host(parent)
    , m_place(place)
    , m_link(place, timing)
    , m_hostName(place.name)
{
    connect(&m_link, &RemoteLink::opened, this, &RemoteHost::hello);
    connect(&m_link, &RemoteLink::received, this, &RemoteHost::takeFrame);
    connect(&m_link, &RemoteLink::closed, this, &RemoteHost::onClosed);
    connect(&m_link, &RemoteLink::changed, this, [this] { emit linkChanged(m_link.state()); });
}

HostCapabilities RemoteHost::capabilities() const
{
    HostCapabilities host;
    const QString place = placeText(m_place.url);
    host.label = m_hostName.isEmpty() ? place : QStringLiteral("%1 · %2").arg(m_hostName, place);
    host.commands = m_commands;
    if (m_role == AccessRole::Viewer)
        host.refusal = QStringLiteral("This link has the role viewer: it may look but not act.");
    else if (m_role == AccessRole::Approver)
        host.refusal = QStringLiteral(
            "This link has the role approver: it may answer permission requests, nothing else.");
    else if (m_role)
        host.refusal = QStringLiteral("%1 does not carry this out.").arg(host.label);
    else
        host.refusal = QStringLiteral("It is not known yet what this link may do.");
    return host;
}

void RemoteHost::hello()
{
    QJsonObject message{{QStringLiteral("type"), QStringLiteral("hello")},
                        {QStringLiteral("batch"), true},
                        {QStringLiteral("binary"), true}};
    if (m_isWhole && !m_run.isEmpty()) {
        message.insert(QStringLiteral("since"), qint64(m_wireSeq));
        message.insert(QStringLiteral("run"), m_run);
    }
    m_snapshot.reset();
    std::ignore =
        m_link.send(QJsonDocument(message).toJson(QJsonDocument::Compact)); // it has just been opened
}

void RemoteHost::takeFrame(const QByteArray& bytes)
{
    const auto messages = wire::readFrame(bytes);
    if (!messages) {
        m_link.fail(
            QStringLiteral("What %1 says cannot be read. Is it a Plimsoll?").arg(placeText(m_place.url)));
        return;
    }
    for (const wire::Message& message : *messages)
        takeMessage(message);
    flush();
}

void RemoteHost::takeMessage(const wire::Message& message)
{
    const bool isEvent =
        std::holds_alternative<wire::Told>(message) || std::holds_alternative<wire::Requested>(message) ||
        std::holds_alternative<wire::Updated>(message) || std::holds_alternative<wire::Skipped>(message);
    if (m_snapshot && isEvent)
        m_snapshot->later << message;
    else
        std::visit([this](const auto& known) { take(known); }, message);
}

void RemoteHost::take(const wire::Welcome& welcome)
{
    if (welcome.protocol != knownProtocol) {
        m_link.fail(
            QStringLiteral(
                "%1 speaks version %2 of the protocol, this Plimsoll version %3; update the older one.")
                .arg(placeText(m_place.url))
                .arg(welcome.protocol)
                .arg(knownProtocol));
        return;
    }
    if (welcome.run != m_run) {
        m_run = welcome.run;
        m_isWhole = false;
    }
    m_hostName = welcome.host.simplified().left(100);
    m_role = welcome.role;
    m_commands = welcome.commands;
    emit capabilitiesChanged();
}

void RemoteHost::take(const wire::SnapshotBegin& begin)
{
    m_snapshot = Snapshot{begin.seq, {}, {}};
}

void RemoteHost::take(const wire::SnapshotPart& part)
{
    if (m_snapshot)
        m_snapshot->agents << part.agents;
}

void RemoteHost::take(const wire::SnapshotEnd& end)
{
    if (!m_snapshot)
        return;
    flush();
    const Snapshot snapshot = *std::exchange(m_snapshot, std::nullopt);
    m_agents.clear();
    m_withoutInput.clear();
    for (const Agent& agent : snapshot.agents)
        m_agents.insert(agent.id, agent);
    m_wireSeq = snapshot.seq;
    m_isWhole = true;
    emit reset(snapshot.agents, m_seq);
    for (const LimitsChanged& limits : end.limits)
        record({0, limits.atMs, {}, limits});
    if (!end.spend.slotList.isEmpty())
        record({0, end.spend.slotList.constLast().startMs, {}, end.spend});
    for (const wire::Request& request : end.permissions)
        ask(request);
    for (const wire::Message& message : snapshot.later)
        takeMessage(message);
    flush();
    m_link.settle();
    askForInputs();
}

void RemoteHost::take(const wire::Resumed& resumed)
{
    m_wireSeq = std::max(m_wireSeq, resumed.seq);
    flush();
    m_link.settle();
    askForInputs();
}

/// What is resumed is told once; 0 stands for what cannot be resumed.
bool RemoteHost::isNew(quint64 wireSeq)
{
    if (wireSeq == 0)
        return true;
    if (wireSeq <= m_wireSeq)
        return false;
    m_wireSeq = wireSeq;
    return true;
}

void RemoteHost::take(const wire::Told& told)
{
    if (!isNew(told.event.seq))
        return;
    const auto* answered = std::get_if<PermissionAnswered>(&told.event.body);
    if (answered && m_withoutInput.remove(answered->requestId) > 0)
        return; // nobody has seen it
    record(told.event);
}

void RemoteHost::take(const wire::Requested& requested)
{
    if (!isNew(requested.request.asked.seq))
        return;
    ask(requested.request);
    askForInputs();
}

void RemoteHost::take(const wire::Updated& updated)
{
    if (!isNew(updated.seq))
        return;
    const auto agent = m_agents.constFind(updated.agent);
    if (agent == m_agents.constEnd())
        return;
    Agent changed = *agent;
    const Events events = wire::eventsOf(updated, changed);
    for (const Event& event : events)
        record(event);
}

void RemoteHost::take(const wire::Said& said)
{
    const bool isNotice =
        !said.isError && said.level != QLatin1String("warning") && said.level != QLatin1String("error");
    if (!isNotice && !said.message.isEmpty())
        emit failed(QStringLiteral("%1: %2").arg(placeText(m_place.url), said.message));
}

void RemoteHost::take(const wire::Skipped& skipped)
{
    std::ignore = isNew(skipped.seq);
}

void RemoteHost::record(Event event)
{
    if (const auto* added = std::get_if<AgentAdded>(&event.body))
        m_agents.insert(event.agent, added->agent);
    else if (std::holds_alternative<AgentRemoved>(event.body))
        m_agents.remove(event.agent);
    else if (const auto agent = m_agents.find(event.agent); agent != m_agents.end())
        apply(*agent, event);
    event.seq = std::holds_alternative<TextStreamed>(event.body) ? 0 : ++m_seq;
    m_frame << std::move(event);
}

void RemoteHost::flush()
{
    if (!m_frame.isEmpty())
        emit recorded(std::exchange(m_frame, {}));
}

// ---- permission requests whose input is too long to come by itself

void RemoteHost::ask(const wire::Request& request)
{
    const QString id = std::get<PermissionAsked>(request.asked.body).requestId;
    m_withoutInput.remove(id);
    if (request.inputIsMissing)
        m_withoutInput.insert(id, request.asked);
    else
        record(request.asked);
}

void RemoteHost::askForInputs()
{
    if (!m_link.isUp())
        return;
    for (auto it = m_withoutInput.constBegin(); it != m_withoutInput.constEnd(); ++it) {
        const bool isAsked =
            std::any_of(m_asked.constBegin(), m_asked.constEnd(), [&it](const Question& other) {
                return other.purpose == Purpose::Input && other.said == it.key();
            });
        if (isAsked)
            continue;
        const Question question{Purpose::Input, {{QStringLiteral("request_id"), it.key()}}, it.key()};
        // What cannot be sent now is asked for when the link is back.
        std::ignore = sendCommand(++m_lastQuery, QStringLiteral("fetch_permission_input"), question);
    }
}

/// Nobody is shown a request with a part of what would run.
void RemoteHost::recordInput(const QString& requestId, const QString& input)
{
    const auto waiting = m_withoutInput.constFind(requestId);
    if (waiting == m_withoutInput.constEnd())
        return;
    Event event = *waiting;
    m_withoutInput.erase(waiting);
    std::get<PermissionAsked>(event.body).input = input;
    record(std::move(event));
}

void RemoteHost::cancelScan() {}

} // namespace plimsoll
