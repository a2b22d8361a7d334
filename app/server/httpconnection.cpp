// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/server/httpconnection.h"

#include <QJsonDocument>
#include <QJsonObject>

#include <utility>

namespace plimsoll {

namespace {

constexpr int lingerMs = 2000;

const char* reason(int status)
{
    switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 409: return "Conflict";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 421: return "Misdirected Request";
    case 426: return "Upgrade Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    case 505: return "HTTP Version Not Supported";
    default: return "Bad Request";
    }
}

/// With every answer, whatever it is.
constexpr const char* securityHeaders =
    "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "X-Frame-Options: DENY\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "Cross-Origin-Opener-Policy: same-origin\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n";

QString messageOf(int status)
{
    switch (status) {
    case 413: return QStringLiteral("the content is larger than %1 bytes").arg(maxBodyBytes);
    case 414: return QStringLiteral("the address is longer than %1 bytes").arg(maxTargetBytes);
    case 431:
        return QStringLiteral("the head is larger than %1 bytes or has more than %2 fields")
            .arg(maxHeadBytes)
            .arg(maxFields);
    case 501: return QStringLiteral("transfer encodings are not understood: send Content-Length");
    case 505: return QStringLiteral("only HTTP/1.1 is spoken");
    default: return QStringLiteral("the head of the request is not in order");
    }
}

} // namespace

HttpReply errorReply(int status, const char* code, const QString& message)
{
    return jsonReply({{QStringLiteral("error"), QJsonObject{{QStringLiteral("code"), QLatin1String(code)},
                                                            {QStringLiteral("message"), message}}}},
                     status);
}

HttpReply jsonReply(const QJsonObject& object, int status)
{
    HttpReply reply;
    reply.status = status;
    reply.body = QJsonDocument(object).toJson(QJsonDocument::Compact);
    return reply;
}

HttpResponder::HttpResponder(HttpConnection* connection)
    : m_connection(connection)
{
}

void HttpResponder::answer(const HttpReply& reply) const
{
    if (m_connection)
        m_connection->answer(reply);
}

bool HttpResponder::isWaiting() const
{
    return m_connection && m_connection->isWaiting();
}

HttpConnection::HttpConnection(QTcpSocket* socket, const ServerLimits& limits, HttpDesk& desk,
                               QObject* parent)
    : QObject(parent)
    , m_socket(socket)
    , m_limits(limits)
    , m_desk(desk)
    , m_timer(this)
{
    m_socket->setParent(this);
    m_timer.setSingleShot(true);
    connect(&m_timer, &QTimer::timeout, this, [this] {
        m_socket->abort();
        finish();
    });
    connect(m_socket, &QTcpSocket::readyRead, this, &HttpConnection::read);
    connect(m_socket, &QTcpSocket::disconnected, this, &HttpConnection::finish);
    m_timer.start(m_limits.headMs);
}

void HttpConnection::read()
{
    if (m_phase == Phase::Head)
        readHead();
    if (m_phase == Phase::Content)
        readContent();
    else if (m_phase == Phase::Answered)
        m_socket->readAll(); // dropped: else closing would be a reset that eats the answer
}

void HttpConnection::readHead()
{
    const QByteArray bytes = m_socket->peek(maxHeadBytes);
    const HeadResult result = parseHead(bytes);
    if (result.state == HeadResult::State::Incomplete)
        return;
    emit headCame();
    if (result.state == HeadResult::State::Bad) {
        m_verdict = {};
        m_verdict.status = result.status;
        m_verdict.message = messageOf(result.status);
        return refuse(m_verdict);
    }
    m_head = result.head;
    m_verdict = m_desk.judge(m_head);
    if (m_verdict.kind == Verdict::Kind::Refused)
        return refuse(m_verdict);
    if (m_verdict.kind == Verdict::Kind::Preflight) {
        m_phase = Phase::Waiting;
        return answer({204});
    }
    if (m_verdict.match.route->isSocket) {
        m_timer.stop();
        m_phase = Phase::Over;
        QTcpSocket* socket = std::exchange(m_socket, nullptr);
        disconnect(socket, nullptr, this, nullptr);
        socket->setParent(nullptr);
        m_desk.upgrade(socket, m_head, m_verdict);
        emit ended();
        deleteLater();
        return;
    }
    m_socket->skip(m_head.headBytes);
    m_phase = Phase::Content;
    m_timer.start(m_limits.bodyMs);
}

void HttpConnection::readContent()
{
    if (m_socket->bytesAvailable() < m_head.contentLength)
        return;
    m_timer.stop();
    m_phase = Phase::Waiting;
    const QByteArray content = m_socket->read(m_head.contentLength);
    if (!content.isEmpty() &&
        m_head.field("content-type").split(';').constFirst().trimmed().toLower() != "application/json")
        return answer(
            errorReply(415, "bad_request", QStringLiteral("send JSON with Content-Type: application/json")));
    m_desk.answer({m_head, m_verdict.match, m_verdict.principal, m_socket->peerAddress(), content},
                  HttpResponder(this));
}

void HttpConnection::refuse(const Verdict& verdict)
{
    m_phase = Phase::Waiting;
    const int delayMs = m_desk.noteRefusal(m_head, verdict, m_socket->peerAddress());
    const HttpReply reply = errorReply(verdict.status, verdict.code, verdict.message);
    if (delayMs == 0)
        return answer(reply);
    m_timer.stop();
    QTimer::singleShot(delayMs, this, [this, reply] { answer(reply); });
}

QByteArray HttpConnection::headerText(const HttpReply& reply) const
{
    QByteArray text = "HTTP/1.1 " + QByteArray::number(reply.status) + ' ' + reason(reply.status) + "\r\n";
    text += "Connection: close\r\nContent-Length: " + QByteArray::number(reply.body.size()) + "\r\n";
    if (!reply.body.isEmpty())
        text += "Content-Type: " + reply.contentType + "\r\n";
    text += reply.isCacheable ? "Cache-Control: no-cache\r\n" : "Cache-Control: no-store\r\n";
    if (reply.status == 426)
        text += "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n";
    if (reply.status == 401)
        text += "WWW-Authenticate: Bearer\r\n";
    if (!m_verdict.foreignOrigin.isEmpty() && m_verdict.kind != Verdict::Kind::Refused) {
        text += "Access-Control-Allow-Origin: " + m_verdict.foreignOrigin + "\r\nVary: Origin\r\n";
        if (m_verdict.kind == Verdict::Kind::Preflight) {
            text += "Access-Control-Allow-Methods: GET, POST, DELETE\r\n"
                    "Access-Control-Allow-Headers: Authorization, Content-Type\r\nAccess-Control-Max-Age: "
                    "600\r\n";
        }
    }
    return text + securityHeaders + "\r\n";
}

void HttpConnection::answer(const HttpReply& reply)
{
    if (m_phase != Phase::Waiting || !m_socket)
        return;
    m_phase = Phase::Answered;
    m_socket->write(headerText(reply) + reply.body);
    m_socket->readAll();
    m_socket->disconnectFromHost(); // once all is written
    m_timer.start(m_limits.bodyMs + lingerMs);
    if (m_socket->state() == QAbstractSocket::UnconnectedState)
        finish();
}

void HttpConnection::finish()
{
    if (m_phase == Phase::Over)
        return;
    m_phase = Phase::Over;
    m_timer.stop();
    emit ended();
    deleteLater();
}

} // namespace plimsoll
