// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/server/server.h"

#include "app/server/guardedsocket.h"
#include "app/server/wire.h"

#include <QDateTime>
#include <QHostInfo>
#include <QNetworkInterface>
#include <QPointer>
#include <QThread>
#include <QTimer>

#include <algorithm>
#include <tuple>
#include <unistd.h>
#include <utility>

namespace plimsoll {

namespace {

constexpr int heartbeatMs = 30'000;
constexpr int sweepMs = 500; ///< pings, hellos that did not come, who does not read
constexpr int stateMs = 200; ///< the window is told of viewers at most so often
constexpr int revoked = 4401;
constexpr int goingAway = 1001;
constexpr qint64 auditEveryMs = 100; ///< refusals beyond that are only counted

qint64 nowMs()
{
    return QDateTime::currentMSecsSinceEpoch();
}

QHostAddress addressOf(const SharingPlace& place)
{
    return QHostAddress(place.address);
}

QString inUrl(const QString& address)
{
    return address.contains(u':') ? QStringLiteral("[%1]").arg(address) : address;
}

bool isAny(const QHostAddress& address)
{
    const QString text = address.toString();
    return text == QLatin1String("0.0.0.0") || text == QLatin1String("::");
}

/// What a link should call the machine.
QString nameForLinks(const SharingPlace& place)
{
    const QHostAddress address = addressOf(place);
    if (!isAny(address))
        return place.address;
    const QList<QHostAddress> all = QNetworkInterface::allAddresses();
    for (const QHostAddress& own : all) {
        if (!own.isLoopback() && own.protocol() == QAbstractSocket::IPv4Protocol)
            return own.toString();
    }
    return QStringLiteral("127.0.0.1");
}

} // namespace

QString placeFault(const SharingPlace& place)
{
    const QHostAddress address = addressOf(place);
    if (address.isNull())
        return QStringLiteral("\"%1\" is no numeric address of this machine").arg(place.address);
    if (address.isLoopback() || place.tls)
        return {};
    return QStringLiteral("%1 is beyond this machine, where others can listen: add TLS (--tls), and let "
                          "devices in by pairing "
                          "(plimsoll token pair). To share on this machine alone use 127.0.0.1")
        .arg(place.address);
}

QStringList namesOfPlace(const SharingPlace& place)
{
    const QHostAddress address = addressOf(place);
    QStringList names;
    if (address.isLoopback() || isAny(address))
        names << QStringLiteral("127.0.0.1") << QStringLiteral("localhost") << QStringLiteral("::1");
    if (!address.isLoopback()) {
        const QString host = QHostInfo::localHostName().toLower();
        if (!host.isEmpty())
            names << host << host + QStringLiteral(".local");
    }
    if (isAny(address)) {
        const QList<QHostAddress> all = QNetworkInterface::allAddresses();
        for (QHostAddress own : all) {
            own.setScopeId({});
            if (!own.isLoopback())
                names << own.toString();
        }
    } else {
        names << address.toString();
    }
    names.removeDuplicates();
    return names;
}

struct Server::Running
{
    Running(Server& server, SharingPlace where)
        : place(std::move(where))
        , throttle(server.m_limits)
        , access(server.m_dir)
        , hub(server.m_limits, QUuid::createUuid().toString(QUuid::WithoutBraces))
        , commands(hub, nullptr)
        , routes(hub, counters, commands, nullptr)
        , webSockets(QStringLiteral("plimsoll"), QWebSocketServer::NonSecureMode)
    {
        clock.start();
        webSockets.setSupportedSubprotocols({QStringLiteral("plimsoll.v1")});
    }

    SharingPlace place;
    ServerNames names;
    QString url;
    QByteArray fingerprint;
    Throttle throttle;
    AccessDesk access;
    Hub hub;
    Counters counters;
    CommandDesk commands;
    Routes routes;
    QWebSocketServer webSockets; ///< speaks; does not listen
    std::unique_ptr<Listener> listener;
    QTimer sweep;
    QTimer heartbeat;
    QTimer stateTimer;
    QElapsedTimer clock;
    /// Sockets that the gate has let in and QWebSocketServer has not opened yet, by the peer's port.
    struct Admitted
    {
        QPointer<QTcpSocket> socket; ///< gone where the peer went in the middle of the handshake
        Principal principal;
        RouteId route;
        QString session;
        QHostAddress address;
    };
    QList<Admitted> admitted;
    QList<Peer*> peers;
    QList<Viewer*> viewers;
    bool seeded = false;
    QList<Events> unseeded; ///< came before the seed
    quint64 lastClient = 0;
    quint64 accepted = 0;
    quint64 refused = 0;
    quint64 alerts = 0;
    qint64 auditedAtMs = -auditEveryMs;
};

Server::Server(QString dir, ServerWays ways, const ServerLimits& limits)
    : m_dir(std::move(dir))
    , m_ways(std::move(ways))
    , m_limits(limits)
{
}

Server::~Server()
{
    switchOff();
    m_ways.commands.disconnect();
    m_ways.frames.disconnect();
}

void Server::start()
{
    Q_ASSERT(QThread::currentThread() == thread());
    m_ways.commands.connectTo(this, [this](std::vector<ServerCommand> commands) {
        for (ServerCommand& command : commands)
            execute(std::move(command));
    });
    m_ways.frames.connectTo(this, [this](const std::vector<Events>& frames) {
        for (const Events& frame : frames)
            takeFrame(frame);
        if (m_running)
            m_running->hub.announce();
    });
}

void Server::takeFrame(const Events& frame)
{
    if (!frame.isEmpty())
        m_seenSeq = std::max(m_seenSeq, frame.constLast().seq);
    if (!m_running)
        return;
    if (m_running->seeded)
        m_running->hub.take(frame);
    else
        m_running->unseeded.append(frame);
}

void Server::seed(FleetPicture picture)
{
    m_running->hub.seed(std::move(picture));
    m_running->seeded = true;
    const QList<Events> frames = std::exchange(m_running->unseeded, {});
    for (const Events& frame : frames)
        m_running->hub.take(frame);
    m_running->hub.announce();
}

void Server::execute(ServerCommand command)
{
    if (const auto* on = std::get_if<SwitchOn>(&command))
        return switchOn(on->place);
    if (auto* facts = std::get_if<HostFacts>(&command)) {
        m_host = facts->capabilities;
        if (m_running)
            m_running->commands.setHost(m_host);
        return;
    }
    if (const auto* kept = std::get_if<KeptCounter>(&command)) {
        if (!m_keptCounters.contains(kept->session))
            m_keptCounters.insert(kept->session, kept->value);
        if (m_running)
            m_running->counters.setKept({{kept->session, kept->value}});
        return;
    }
    if (!m_running)
        return;
    if (auto* wanted = std::get_if<SeedFleet>(&command)) {
        seed(std::move(wanted->picture));
    } else if (const auto* reply = std::get_if<HostReply>(&command)) {
        m_ways.frames.takeNow(); // what it speaks of comes first
        m_running->commands.takeReply(reply->reply);
    } else if (const auto* link = std::get_if<MakeLink>(&command)) {
        makeLink(link->isPairing);
    } else if (const auto* token = std::get_if<AddToken>(&command)) {
        addToken(*token);
    } else if (const auto* role = std::get_if<SetRole>(&command)) {
        noteFault(m_running->access.setRole(role->tokenId, role->role));
    } else if (const auto* gone = std::get_if<RevokeToken>(&command)) {
        bool found = false;
        noteFault(m_running->access.remove(gone->tokenId, found));
        audit(QStringLiteral("token_removed"), QStringLiteral("window"), {}, gone->tokenId);
    } else if (const auto* decided = std::get_if<DecidePairing>(&command)) {
        noteFault(m_running->access.decide(decided->pairingId, decided->accepted, decided->role));
    } else if (const auto* said = std::get_if<SayToAll>(&command)) {
        for (Viewer* viewer : std::as_const(m_running->viewers))
            viewer->tell(wire::systemLog(said->level, said->text, nowMs()), true);
    } else {
        switchOff();
        tellState();
    }
}

void Server::noteFault(const QString& fault)
{
    if (!fault.isEmpty())
        m_ways.notices.push(ServerFailure{fault});
}

void Server::switchOn(const SharingPlace& place)
{
    switchOff();
    m_running = std::make_unique<Running>(*this, place);
    m_running->commands.setHost(m_host);
    m_running->counters.setKept(m_keptCounters);
    const QString fault = listen(place);
    if (!fault.isEmpty()) {
        m_running.reset();
        SharingState state;
        state.problem = fault;
        m_told = state;
        m_ways.notices.push(state);
        return;
    }
    connectDesks();
    m_ways.notices.push(SeedWanted{m_seenSeq});
    audit(QStringLiteral("sharing_on"), {}, {}, m_running->url);
    m_ways.notices.push(ServerListens{m_running->url, m_running->access.file().tokenPath()});
    tellState();
}

QString Server::listen(const SharingPlace& place)
{
    QString fault = placeFault(place);
    if (fault.isEmpty())
        fault = m_running->access.open();
    if (!fault.isEmpty())
        return fault;
    m_running->listener =
        std::make_unique<Listener>(m_limits, m_running->throttle, static_cast<HttpDesk&>(*this), nullptr);
    Listener& listener = *m_running->listener;
    const QStringList names = namesOfPlace(place);
    if (place.tls) {
        ServerCertificate certificate;
        fault = loadCertificate(m_dir, names, certificate);
        if (!fault.isEmpty())
            return fault;
        if (!listener.useTls(certificate))
            return QStringLiteral("TLS cannot be used: the certificate in %1 does not work").arg(m_dir);
        m_running->fingerprint = certificate.fingerprint;
        m_running->access.setFingerprint(certificate.fingerprint);
        m_running->names.scheme = "https";
    }
    if (!listener.open(addressOf(place), place.port))
        return QStringLiteral("cannot listen on %1 port %2: %3; choose another port with --serve=ADDR:PORT")
            .arg(place.address)
            .arg(place.port)
            .arg(listener.errorString());
    const QString port = QStringLiteral(":%1").arg(listener.serverPort());
    for (const QString& name : names)
        m_running->names.authorities.insert((inUrl(name) + port).toLatin1());
    m_running->url = QString::fromLatin1(m_running->names.scheme) + QStringLiteral("://") +
                     inUrl(nameForLinks(place)) + port;
    fault = m_running->access.file().writePlace(
        {{QStringLiteral("url"), m_running->url},
         {QStringLiteral("fingerprint"), QString::fromLatin1(m_running->fingerprint)},
         {QStringLiteral("pid"), qint64(::getpid())}});
    return fault;
}

void Server::connectDesks()
{
    Running& running = *m_running;
    connect(&running.access, &AccessDesk::changed, this, &Server::checkPrincipals);
    connect(&running.access, &AccessDesk::happened, this, &Server::audit);
    connect(&running.access, &AccessDesk::guessed, this, [this](const QHostAddress& address) {
        std::ignore = m_running->throttle.noteFailure(address, m_running->clock.elapsed() + 1);
    });
    connect(&running.counters, &Counters::changed, this,
            [this](const QString& session, const ContextValue& value) {
                m_keptCounters.insert(session, value);
                m_ways.notices.push(CounterKept{session, value});
            });
    connect(&running.hub, &Hub::alerted, this, [this] { ++m_running->alerts; });
    connect(&running.hub, &Hub::contextChanged, &running.counters, &Counters::takeAgent);
    connect(&running.commands, &CommandDesk::asked, this,
            [this](quint64 id, const QString& method, const QJsonObject& params) {
                m_ways.notices.push(HostQuestion{id, method, params});
            });
    connect(&running.commands, &CommandDesk::acted, this,
            [this](const Principal& who, const QString& method, const QString& detail) {
                audit(method, who.name, {}, detail);
            });
    connect(&running.webSockets, &QWebSocketServer::newConnection, this, &Server::adopt);
    running.sweep.setInterval(sweepMs);
    connect(&running.sweep, &QTimer::timeout, this, &Server::tickAll);
    running.heartbeat.setInterval(heartbeatMs);
    connect(&running.heartbeat, &QTimer::timeout, this, [this] {
        const QByteArray json = wire::heartbeat(int(m_running->peers.size()), nowMs());
        for (Viewer* viewer : std::as_const(m_running->viewers))
            viewer->tell(json, true);
    });
    running.stateTimer.setSingleShot(true);
    running.stateTimer.setInterval(stateMs);
    connect(&running.stateTimer, &QTimer::timeout, this, &Server::tellState);
}

void Server::switchOff()
{
    if (!m_running)
        return;
    m_running->listener->shut();
    noteFault(m_running->access.file().writePlace({}));
    audit(QStringLiteral("sharing_off"), {}, {}, {});
    const QList<Peer*> peers = std::exchange(m_running->peers, {});
    for (Peer* peer : peers) {
        disconnect(peer, nullptr, this, nullptr);
        peer->close(goingAway, QStringLiteral("the server stops"));
    }
    qDeleteAll(peers); // with their viewers, while the hub is still there
    m_running->viewers.clear();
    m_running.reset();
}

Verdict Server::judge(const HttpHead& head)
{
    return decide(head, m_running->names, m_running->access.table(), nowMs());
}

int Server::noteRefusal(const HttpHead& head, const Verdict& verdict, const QHostAddress& address)
{
    ++m_running->refused;
    if (m_running->clock.elapsed() - m_running->auditedAtMs >= auditEveryMs) {
        m_running->auditedAtMs = m_running->clock.elapsed();
        // The path alone: a query may hold what should not have been there.
        audit(QStringLiteral("refused"), {}, address.toString(),
              QStringLiteral("%1 %2 %3: %4")
                  .arg(verdict.status)
                  .arg(QString::fromLatin1(head.method), QString::fromLatin1(head.path.left(100)),
                       verdict.message));
    }
    return verdict.wrongSecret ? m_running->throttle.noteFailure(address, m_running->clock.elapsed() + 1) : 0;
}

void Server::answer(HttpRequest request, HttpResponder responder)
{
    switch (request.match.route->id) {
    case RouteId::TradeCode:
    case RouteId::Pair:
    case RouteId::MakeTicket:
    case RouteId::ListTokens:
    case RouteId::AddToken:
    case RouteId::RemoveToken: return m_running->access.answer(request, responder, connectionsByToken());
    default: m_running->routes.answer(request, responder, counts());
    }
}

void Server::upgrade(QTcpSocket* socket, const HttpHead& /*head*/, const Verdict& verdict)
{
    auto& admitted = m_running->admitted;
    admitted.removeIf([](const auto& one) { return one.socket.isNull(); });
    socket->setParent(m_running->listener.get());
    admitted.append({socket, *verdict.principal, verdict.match.route->id,
                     QString::fromUtf8(verdict.match.captured.value(0)), socket->peerAddress()});
    // Should the handshake not be finished, nothing else would end it.
    QTimer::singleShot(m_limits.headMs, socket, [this, socket] {
        if (!m_running ||
            m_running->admitted.removeIf([socket](const auto& one) { return one.socket == socket; }) == 0)
            return;
        socket->abort();
        socket->deleteLater();
    });
    m_running->webSockets.handleConnection(socket);
}

void Server::adopt()
{
    while (QWebSocket* webSocket = m_running->webSockets.nextPendingConnection()) {
        // No two connections of one address have the same port.
        auto& admitted = m_running->admitted;
        const auto found = std::find_if(admitted.begin(), admitted.end(), [webSocket](const auto& one) {
            return one.socket && one.socket->peerPort() == webSocket->peerPort() &&
                   one.address == webSocket->peerAddress();
        });
        if (found == admitted.end()) {
            webSocket->abort();
            webSocket->deleteLater();
            continue;
        }
        const Running::Admitted one = *found;
        admitted.erase(found);
        auto* peer = new Peer(webSocket, one.socket, one.principal, m_limits, nullptr);
        m_running->peers.append(peer);
        ++m_running->accepted;
        m_running->sweep.start();
        m_running->heartbeat.start();
        connect(peer, &Peer::ended, this, [this, peer] {
            m_running->peers.removeAll(peer);
            if (m_running->peers.isEmpty()) {
                m_running->sweep.stop();
                m_running->heartbeat.stop();
            }
            m_running->stateTimer.start();
        });
        audit(QStringLiteral("connected"), one.principal.name, one.address.toString(),
              toName(one.principal.role));
        one.route == RouteId::EventStream ? openStream(peer) : openRoom(peer, one.session);
        m_running->stateTimer.start();
    }
}

void Server::openStream(Peer* peer)
{
    auto* viewer = new Viewer(*peer, QStringLiteral("c%1").arg(++m_running->lastClient), m_running->hub,
                              *this, m_limits);
    m_running->viewers.append(viewer);
    connect(peer, &Peer::ended, this, [this, viewer] { m_running->viewers.removeAll(viewer); });
}

void Server::openRoom(Peer* peer, const QString& session)
{
    m_running->counters.join(peer, session, m_running->routes.contextOf(session, peer->principal()));
}

void Server::tickAll()
{
    const QList<Viewer*> viewers = m_running->viewers;
    for (Viewer* viewer : viewers)
        viewer->greetIfSilent();
    const QList<Peer*> peers = m_running->peers;
    for (Peer* peer : peers)
        peer->tick();
}

/// Roles may be others, and tokens gone.
void Server::checkPrincipals()
{
    const QList<Peer*> peers = m_running->peers;
    for (Peer* peer : peers) {
        const std::optional<Principal> now = m_running->access.table().byId(peer->principal().tokenId);
        if (!now)
            peer->close(revoked, QStringLiteral("this token was revoked"));
        else
            peer->setPrincipal(*now);
    }
    m_running->stateTimer.start();
}

QByteArray Server::greeting(const QString& clientId, const Principal& principal) const
{
    return wire::established({clientId, m_host.label, m_running->hub.run(), principal.role,
                              m_running->commands.commandsFor(principal.role),
                              m_running->hub.ring().lastSeq()},
                             nowMs());
}

void Server::command(Viewer& viewer, const QJsonObject& command)
{
    const QJsonValue id = command.value(QLatin1String("id"));
    const QJsonValue method = command.value(QLatin1String("method"));
    const QJsonValue params = command.value(QLatin1String("params"));
    if ((!id.isString() && !id.isDouble()) || !method.isString() ||
        !(params.isObject() || params.isUndefined()))
        return viewer.tell(wire::error(
            QStringLiteral(
                "a command has an \"id\" (number or text), a \"method\" (text) and \"params\" (object)"),
            nowMs()));
    m_running->commands.run(viewer.peer().principal(), method.toString(), params.toObject(), &viewer,
                            [id, &viewer, this](const Outcome& outcome) {
                                viewer.tell(outcome.isDone()
                                                ? wire::result(id, outcome.result)
                                                : wire::refusal(id, outcome.code, outcome.message));
                                if (outcome.code == QLatin1String("forbidden"))
                                    audit(QStringLiteral("refused"), viewer.peer().principal().name,
                                          viewer.peer().address().toString(), outcome.message);
                            });
}

bool Server::maySee(const Principal& principal, const AgentId& agent) const
{
    return m_running->commands.maySee(principal, agent);
}

void Server::makeLink(bool isPairing)
{
    LinkMade made;
    made.isPairing = isPairing;
    const QByteArray code = m_running->access.makeCode(isPairing, made.fault);
    if (!code.isEmpty())
        made.link = linkText(m_running->url, isPairing, code, QString::fromLatin1(m_running->fingerprint));
    m_ways.notices.push(made);
}

void Server::addToken(const AddToken& wanted)
{
    QString fault;
    const QByteArray secret = m_running->access.add(wanted.name, wanted.role, wanted.origins, fault);
    if (secret.isEmpty())
        return noteFault(fault);
    audit(QStringLiteral("token_added"), QStringLiteral("window"), {}, wanted.name);
    m_ways.notices.push(TokenMade{wanted.name, QString::fromLatin1(secret)});
}

QHash<QString, int> Server::connectionsByToken() const
{
    QHash<QString, int> connections;
    for (const Peer* peer : m_running->peers)
        ++connections[peer->principal().tokenId];
    return connections;
}

ServerCounts Server::counts() const
{
    return {m_running->throttle.connections(),
            int(m_running->viewers.size()),
            m_running->accepted,
            m_running->refused,
            m_running->alerts,
            m_running->hub.ring().lastSeq()};
}

void Server::tellState()
{
    SharingState state;
    if (m_running) {
        state.url = m_running->url;
        state.tls = m_running->place.tls;
        state.beyondLoopback = !addressOf(m_running->place).isLoopback();
        state.fingerprint = QString::fromLatin1(m_running->fingerprint);
        for (const Peer* peer : std::as_const(m_running->peers))
            state.viewers << ViewerEntry{peer->principal().name, peer->address().toString(),
                                         peer->principal().role, peer->sinceMs()};
        state.tokens = m_running->access.tokens(connectionsByToken());
        state.pairings = m_running->access.pairings();
    }
    if (state == m_told)
        return;
    m_told = state;
    m_ways.notices.push(state);
}

void Server::audit(const QString& what, const QString& who, const QString& address, const QString& detail)
{
    m_ways.notices.push(AuditRow{nowMs(), what, who, address, detail});
}

} // namespace plimsoll
