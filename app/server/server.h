// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/server/accessdesk.h"
#include "app/server/commanddesk.h"
#include "app/server/counters.h"
#include "app/server/hub.h"
#include "app/server/listener.h"
#include "app/server/routes.h"
#include "app/server/servernotice.h"
#include "app/server/viewer.h"
#include "app/watch/handover.h"

#include <QObject>
#include <QWebSocketServer>

#include <memory>

namespace plimsoll {

/// Ways into and out of the server.
struct ServerWays
{
    Handover<ServerCommand> commands;
    Handover<Events> frames; ///< as recorded; those that the seed holds already are skipped
    Handover<ServerNotice> notices;
};

/// The server: one port, off until SwitchOn. Keeps its own copy of the fleet from the frames, and never waits
/// for the window nor makes it wait. Lives in the server thread: construct anywhere, move there, then call
/// start() by a queued call.
class Server : public QObject, private HttpDesk, private ViewerDesk
{
    Q_OBJECT

public:
    /// \param dir absolute path of the data folder, for tokens and the certificate
    Server(QString dir, ServerWays ways, const ServerLimits& limits);
    ~Server() override;

    void start();

private:
    /// All that there is while it is on.
    struct Running;

    void takeFrame(const Events& frame);
    void seed(FleetPicture picture);
    void execute(ServerCommand command);
    void switchOn(const SharingPlace& place);
    void switchOff();
    [[nodiscard]] QString listen(const SharingPlace& place);
    void connectDesks();
    void makeLink(bool isPairing);
    void addToken(const AddToken& wanted);
    void tickAll();
    void checkPrincipals();
    void tellState();
    void audit(const QString& what, const QString& who, const QString& address, const QString& detail);
    void noteFault(const QString& fault);
    void adopt();
    void openStream(Peer* peer);
    void openRoom(Peer* peer, const QString& session);
    [[nodiscard]] QHash<QString, int> connectionsByToken() const;
    [[nodiscard]] ServerCounts counts() const;

    [[nodiscard]] Verdict judge(const HttpHead& head) override;
    [[nodiscard]] int noteRefusal(const HttpHead& head, const Verdict& verdict,
                                  const QHostAddress& address) override;
    void answer(HttpRequest request, HttpResponder responder) override;
    void upgrade(QTcpSocket* socket, const HttpHead& head, const Verdict& verdict) override;
    [[nodiscard]] QByteArray greeting(const QString& clientId, const Principal& principal) const override;
    void command(Viewer& viewer, const QJsonObject& command) override;
    [[nodiscard]] bool maySee(const Principal& principal, const AgentId& agent) const override;

    const QString m_dir;
    ServerWays m_ways;
    const ServerLimits m_limits;
    HostCapabilities m_host;
    QHash<QString, ContextValue> m_keptCounters;
    std::unique_ptr<Running> m_running; ///< null = off
    SharingState m_told;
    quint64 m_seenSeq = 0; ///< of the last frame that came
};

/// What the addresses of a place are called in Host and Origin, and whether it may be opened: beyond loopback
/// only with TLS. Empty fault = it may.
[[nodiscard]] QString placeFault(const SharingPlace& place);
[[nodiscard]] QStringList namesOfPlace(const SharingPlace& place);

} // namespace plimsoll
