// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/shareservice.h"

#include "app/options.h"

#include <utility>

namespace plimsoll {

ShareService::ShareService(Host& host, const QString& dir, ShareTies ties, const ServerLimits& limits,
                           QObject* parent)
    : Sharing(parent)
    , m_host(host)
    , m_dir(dir)
    , m_ties(std::move(ties))
    , m_server(new Server(dir, m_ways, limits))
{
    m_thread.setObjectName(QStringLiteral("server"));
    m_server->moveToThread(&m_thread);
    connect(&m_thread, &QThread::started, m_server, &Server::start);
    connect(&m_thread, &QThread::finished, m_server, &QObject::deleteLater);
    connect(&m_host, &Host::recorded, this, &ShareService::takeEvents);
    connect(&m_host, &Host::reset, this, [this](const QList<Agent>& agents, quint64 seq) {
        m_picture = {};
        m_picture.seq = seq;
        for (const Agent& agent : agents)
            m_picture.agents.insert(agent.id, agent);
        if (m_state.isOn())
            m_ways.commands.push(SeedFleet{m_picture});
    });
    connect(&m_host, &Host::replied, this, &ShareService::takeReply);
    connect(&m_host, &Host::failed, this, [this](const QString& text) {
        if (m_thread.isRunning())
            m_ways.commands.push(SayToAll{QStringLiteral("warning"), text});
    });
    connect(&m_host, &Host::capabilitiesChanged, this, [this] {
        if (m_thread.isRunning())
            m_ways.commands.push(HostFacts{m_host.capabilities()});
    });
    m_ways.notices.connectTo(this, [this](const std::vector<ServerNotice>& notices) {
        for (const ServerNotice& notice : notices)
            takeNotice(notice);
    });
}

ShareService::~ShareService()
{
    if (!m_thread.isRunning()) {
        delete m_server;
        return;
    }
    m_ways.commands.push(SwitchOff{});
    m_thread.quit();
    m_thread.wait();
    m_ways.notices.takeNow(); // what is to be kept
    m_ways.notices.disconnect();
}

void ShareService::switchOn(const SharingPlace& place)
{
    const QString wrong = prepareDataDir(m_dir);
    if (!wrong.isEmpty()) {
        m_state.problem = wrong;
        emit stateChanged(m_state);
        return;
    }
    if (!m_thread.isRunning())
        m_thread.start();
    m_ways.commands.push(HostFacts{m_host.capabilities()});
    m_ways.commands.push(SwitchOn{place});
    if (m_attaching)
        return;
    m_attaching = true;
    if (m_ties.attach) {
        m_ties.attach(m_ways.frames, [this] {
            m_attached = true;
            seedIfWanted();
        });
    } else {
        m_feeding = true;
        m_attached = true;
    }
}

/// Nothing may be missing between the seed and the frames that the server has had since it was switched on.
void ShareService::seedIfWanted()
{
    if (!m_attached || !m_seedAfter || m_picture.seq < *m_seedAfter)
        return;
    m_seedAfter.reset();
    m_ways.commands.push(SeedFleet{m_picture});
}

void ShareService::switchOff()
{
    if (m_thread.isRunning())
        m_ways.commands.push(SwitchOff{});
}

void ShareService::makeLaunchLink()
{
    m_ways.commands.push(MakeLink{false});
}

void ShareService::makePairingLink()
{
    m_ways.commands.push(MakeLink{true});
}

void ShareService::addToken(const QString& name, AccessRole role, const QStringList& origins)
{
    m_ways.commands.push(AddToken{name, role, origins});
}

void ShareService::setRole(const QString& tokenId, AccessRole role)
{
    m_ways.commands.push(SetRole{tokenId, role});
}

void ShareService::revoke(const QString& tokenId)
{
    m_ways.commands.push(RevokeToken{tokenId});
}

void ShareService::decide(const QString& pairingId, bool accepted, AccessRole role)
{
    m_ways.commands.push(DecidePairing{pairingId, accepted, role});
}

void ShareService::addKeptCounter(const QString& session, const ContextValue& value)
{
    m_ways.commands.push(KeptCounter{session, value});
}

void ShareService::takeEvents(const Events& events)
{
    for (const Event& event : events)
        apply(m_picture, event);
    if (m_feeding)
        m_ways.frames.push(events);
    seedIfWanted();
}

void ShareService::takeReply(const Reply& reply)
{
    const auto question = m_questions.constFind(reply.id);
    if (question == m_questions.constEnd())
        return; // somebody else's
    Reply forServer = reply;
    forServer.id = *question;
    m_questions.erase(question);
    m_ways.commands.push(HostReply{forServer});
}

void ShareService::takeNotice(const ServerNotice& notice)
{
    if (const auto* state = std::get_if<SharingState>(&notice)) {
        m_state = *state;
        emit stateChanged(m_state);
    } else if (const auto* question = std::get_if<HostQuestion>(&notice)) {
        m_questions.insert(m_host.query(question->method, question->params), question->id);
    } else if (const auto* row = std::get_if<AuditRow>(&notice)) {
        if (m_ties.audit)
            m_ties.audit(*row);
    } else if (const auto* kept = std::get_if<CounterKept>(&notice)) {
        if (m_ties.keepCounter)
            m_ties.keepCounter(kept->session, kept->value);
    } else if (const auto* link = std::get_if<LinkMade>(&notice)) {
        if (link->link.isEmpty())
            emit failed(link->fault);
        else
            emit linkMade(link->link, link->isPairing);
    } else if (const auto* token = std::get_if<TokenMade>(&notice)) {
        emit tokenMade(token->name, token->secret);
    } else if (const auto* wanted = std::get_if<SeedWanted>(&notice)) {
        m_seedAfter = wanted->seq;
        seedIfWanted();
    } else if (const auto* listens = std::get_if<ServerListens>(&notice)) {
        emit listening(listens->url, listens->tokenFile);
    } else {
        emit failed(std::get<ServerFailure>(notice).text);
    }
}

} // namespace plimsoll
