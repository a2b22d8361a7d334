// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/remotelink.h"

#include "app/certificatepin.h"

#include <QDateTime>
#include <QNetworkInformation>
#include <QNetworkRequest>
#include <QRegularExpression>
#include <QSslSocket>
#include <QWebSocket>
#include <QWebSocketHandshakeOptions>

#include <algorithm>

namespace plimsoll {

namespace {

// The server allows 20 a second and 40 at once; pings and what is under way stand between its count and ours.
constexpr double messagesPerSecond = 15;
constexpr double messagesAtOnce = 20;
constexpr int pumpMs = 50;

constexpr int closeRevoked = 4401;

void dropLater(QWebSocket* socket)
{
    socket->deleteLater(); // it may be the one that is calling
}

QString originOf(const QUrl& url)
{
    const bool isSecure = url.scheme() == QLatin1String("wss");
    return (isSecure ? QStringLiteral("https://") : QStringLiteral("http://")) + placeText(url);
}

/// The status of an upgrade that was refused; QWebSocket says it in its error text alone. 0 = none.
int statusIn(const QString& errorText)
{
    static const QRegularExpression pattern(QStringLiteral("status code: (\\d{3})"));
    return pattern.match(errorText).captured(1).toInt();
}

QString attemptText(const QString& what, int waitMs)
{
    return QStringLiteral("%1 Next attempt in %2 s.").arg(what).arg(std::max(1, waitMs / 1000));
}

} // namespace

RemoteLink::RemoteLink(RemotePlace place, Timing timing, QObject* parent)
    : QObject(parent)
    , m_place(std::move(place))
    , m_timing(std::move(timing))
    , m_socket(nullptr, &dropLater)
    , m_allowance(messagesAtOnce)
{
    m_state.place = m_place.url.toString();
    m_state.phase = LinkState::Phase::Connecting;
    m_retryTimer.setSingleShot(true);
    m_handshakeTimer.setSingleShot(true);
    m_handshakeTimer.setInterval(m_timing.handshakeMs);
    m_pingTimer.setInterval(m_timing.pingMs);
    m_pumpTimer.setInterval(pumpMs);
    connect(&m_retryTimer, &QTimer::timeout, this, &RemoteLink::connectSocket);
    connect(&m_pingTimer, &QTimer::timeout, this, &RemoteLink::ping);
    connect(&m_pumpTimer, &QTimer::timeout, this, &RemoteLink::pump);
    connect(&m_handshakeTimer, &QTimer::timeout, this,
            [this] { lose(QStringLiteral("%1 does not answer.").arg(placeText(m_place.url))); });
    // A laptop that wakes up or comes home; where nothing tells of the network, the window's activation does.
    if (QNetworkInformation::loadBackendByFeatures(QNetworkInformation::Feature::Reachability)) {
        connect(QNetworkInformation::instance(), &QNetworkInformation::reachabilityChanged, this,
                [this](QNetworkInformation::Reachability now) {
                    if (now == QNetworkInformation::Reachability::Online)
                        wake();
                });
    }
}

RemoteLink::~RemoteLink()
{
    if (m_socket)
        m_socket->disconnect(this);
    delete m_socket.release(); // there may be no event loop any more that does it later
}

void RemoteLink::open()
{
    if (m_socket)
        return;
    m_retries = 0;
    m_attempt = 0;
    connectSocket();
}

void RemoteLink::retry()
{
    if (m_state.phase == LinkState::Phase::Lost || m_state.phase == LinkState::Phase::Failed)
        open();
}

void RemoteLink::wake()
{
    if (m_state.phase == LinkState::Phase::Lost || m_mayWake)
        retry();
}

void RemoteLink::connectSocket()
{
    m_retryTimer.stop();
    ++m_attempt;
    m_mayWake = false;
    m_socket.reset(new QWebSocket(originOf(m_place.url)));
    m_socket->setMaxAllowedIncomingFrameSize(maxFrameBytes);
    m_socket->setMaxAllowedIncomingMessageSize(maxFrameBytes);
    connect(m_socket.get(), &QWebSocket::connected, this, &RemoteLink::onConnected);
    connect(m_socket.get(), &QWebSocket::disconnected, this, &RemoteLink::onGone);
    connect(m_socket.get(), qOverload<QAbstractSocket::SocketError>(&QWebSocket::error), this,
            &RemoteLink::onGone);
    connect(m_socket.get(), &QWebSocket::sslErrors, this, &RemoteLink::onCertificate);
    connect(m_socket.get(), &QWebSocket::binaryMessageReceived, this, &RemoteLink::onHeard);
    connect(m_socket.get(), &QWebSocket::textMessageReceived, this,
            [this](const QString& text) { onHeard(text.toUtf8()); });
    become(LinkState::Phase::Connecting, {}, m_attempt);
    m_handshakeTimer.start();
    QUrl url = m_place.url;
    url.setPath(QStringLiteral("/ws"));
    QNetworkRequest request(url);
    if (!m_place.token.isEmpty())
        request.setRawHeader("Authorization", "Bearer " + m_place.token.toLatin1());
    QWebSocketHandshakeOptions options;
    options.setSubprotocols({QStringLiteral("plimsoll.v1")});
    m_socket->setSslConfiguration(pinnedConfiguration(m_place.fingerprintSha256));
    m_socket->open(request, options);
}

/// Comes before anything is sent, the token too.
void RemoteLink::onCertificate()
{
    const auto* tls = m_socket->findChild<QSslSocket*>();
    const QSslCertificate certificate = tls ? tls->peerCertificate() : QSslCertificate();
    if (isPinned(certificate, m_place.fingerprintSha256))
        m_socket->ignoreSslErrors();
    else
        fail(certificateProblem(certificate, m_place.fingerprintSha256, placeText(m_place.url)));
}

void RemoteLink::onConnected()
{
    m_heard.start();
    m_pingTimer.start();
    m_allowance = messagesAtOnce;
    m_pumped.start();
    emit opened();
}

void RemoteLink::onHeard(const QByteArray& frame)
{
    m_handshakeTimer.stop();
    m_heard.restart();
    emit received(frame);
}

void RemoteLink::settle()
{
    if (!m_socket || isUp())
        return;
    m_attempt = 0;
    m_retries = 0;
    m_wasUp = true;
    m_state.staleSinceMs = 0;
    become(LinkState::Phase::Connected, {}, 0);
}

void RemoteLink::ping()
{
    if (m_heard.elapsed() >= m_timing.silenceMs)
        lose(QStringLiteral("%1 has not said anything for %2 s.")
                 .arg(placeText(m_place.url))
                 .arg(m_heard.elapsed() / 1000));
    else
        m_socket->sendTextMessage(QStringLiteral("ping"));
}

QString RemoteLink::send(const QByteArray& message)
{
    if (!m_socket || !m_pingTimer.isActive())
        return QStringLiteral("There is no link to %1 now.").arg(placeText(m_place.url));
    if (message.size() > maxSentBytes)
        return QStringLiteral("This is too long for a link to another machine, which takes 64 KiB at once.");
    if (m_waiting.size() >= maxWaiting)
        return QStringLiteral("Too much is being asked of %1 at once.").arg(placeText(m_place.url));
    m_waiting.append(message);
    pump();
    return {};
}

void RemoteLink::pump()
{
    m_allowance =
        std::min(messagesAtOnce, m_allowance + double(m_pumped.restart()) * messagesPerSecond / 1000);
    while (m_socket && m_allowance >= 1 && !m_waiting.isEmpty()) {
        m_socket->sendTextMessage(QString::fromUtf8(m_waiting.takeFirst()));
        m_allowance -= 1;
    }
    if (m_waiting.isEmpty())
        m_pumpTimer.stop();
    else if (!m_pumpTimer.isActive())
        m_pumpTimer.start();
}

/// Where another attempt would end like this one.
bool RemoteLink::wasRefused(QString& text) const
{
    const QString place = placeText(m_place.url);
    if (int(m_socket->closeCode()) == closeRevoked) {
        text = QStringLiteral("The token was revoked on %1. Get a new one there, or pair with it again.")
                   .arg(place);
        return true;
    }
    switch (statusIn(m_socket->errorString())) {
    case 401:
        text =
            m_place.token.isEmpty()
                ? QStringLiteral("%1 wants a token. Pair with it by Connect… in the menu, or give one by "
                                 "--token-file or PLIMSOLL_TOKEN.")
                      .arg(place)
                : QStringLiteral("%1 does not know this token. Get a new one there, or pair with it again.")
                      .arg(place);
        return true;
    case 403: text = QStringLiteral("%1 refuses this token: its role may not watch.").arg(place); return true;
    case 421:
        text = QStringLiteral("%1 does not go by this name. Use an address that it shows itself.").arg(place);
        return true;
    case 404: text = QStringLiteral("At %1 there is no Plimsoll to connect to.").arg(place); return true;
    default: return false;
    }
}

void RemoteLink::onGone()
{
    if (!m_socket)
        return;
    QString text;
    if (wasRefused(text)) {
        fail(text);
        return;
    }
    const QString reason = m_socket->closeReason();
    const QString error = m_socket->errorString();
    text = m_pingTimer.isActive() ? QStringLiteral("The link to %1 was cut").arg(placeText(m_place.url))
                                  : QStringLiteral("%1 cannot be reached").arg(placeText(m_place.url));
    const QString why = reason.isEmpty() ? error : reason;
    lose(why.isEmpty() ? text + QLatin1Char('.') : QStringLiteral("%1: %2.").arg(text, why.left(300)));
}

void RemoteLink::lose(const QString& text)
{
    drop();
    if (m_retries >= m_timing.retryMs.size()) {
        become(LinkState::Phase::Failed,
               QStringLiteral("%1 No attempt follows by itself; try again when the other machine is there.")
                   .arg(text),
               0);
        m_mayWake = true;
        return;
    }
    const int waitMs = m_timing.retryMs.at(m_retries++);
    m_retryTimer.start(waitMs);
    become(LinkState::Phase::Lost, attemptText(text, waitMs), 0);
}

void RemoteLink::fail(const QString& text)
{
    drop();
    m_mayWake = false;
    become(LinkState::Phase::Failed, text, 0);
}

void RemoteLink::drop()
{
    const bool wasOpen = m_pingTimer.isActive();
    for (QTimer* timer : {&m_retryTimer, &m_pingTimer, &m_handshakeTimer, &m_pumpTimer})
        timer->stop();
    m_waiting.clear();
    if (m_socket) {
        m_socket->disconnect(this);
        m_socket->abort();
        m_socket.reset();
    }
    if (m_wasUp && m_state.staleSinceMs == 0)
        m_state.staleSinceMs = QDateTime::currentMSecsSinceEpoch();
    if (wasOpen)
        emit closed();
}

void RemoteLink::become(LinkState::Phase phase, const QString& text, int attempt)
{
    m_state.phase = phase;
    m_state.text = text;
    m_state.attempt = attempt;
    emit changed();
}

} // namespace plimsoll
