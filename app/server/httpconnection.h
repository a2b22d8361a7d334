// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/server/gate.h"
#include "app/server/throttle.h"

#include <QObject>
#include <QPointer>
#include <QTcpSocket>
#include <QTimer>

namespace plimsoll {

struct HttpReply
{
    int status = 200;
    QByteArray body{};
    QByteArray contentType = "application/json";
    bool isCacheable = false; ///< a file of the page
};

[[nodiscard]] HttpReply errorReply(int status, const char* code, const QString& message);
[[nodiscard]] HttpReply jsonReply(const QJsonObject& object, int status = 200);

/// A request that the gate has let in.
struct HttpRequest
{
    HttpHead head;
    RouteMatch match;
    std::optional<Principal> principal; ///< null for routes of nobody in particular
    QHostAddress address;
    QByteArray content;
};

class HttpConnection;

/// Answers one request, now or later; nothing happens if the client has gone.
class HttpResponder
{
public:
    explicit HttpResponder(HttpConnection* connection);
    void answer(const HttpReply& reply) const;
    [[nodiscard]] bool isWaiting() const;

private:
    QPointer<HttpConnection> m_connection;
};

/// Who decides and answers behind the connections.
class HttpDesk
{
public:
    HttpDesk() = default;
    HttpDesk(const HttpDesk&) = delete;
    HttpDesk& operator=(const HttpDesk&) = delete;
    HttpDesk(HttpDesk&&) = delete;
    HttpDesk& operator=(HttpDesk&&) = delete;
    virtual ~HttpDesk() = default;

    [[nodiscard]] virtual Verdict judge(const HttpHead& head) = 0;
    /// Somebody was refused. \return ms that the answer waits
    [[nodiscard]] virtual int noteRefusal(const HttpHead& head, const Verdict& verdict,
                                          const QHostAddress& address) = 0;
    virtual void answer(HttpRequest request, HttpResponder responder) = 0;
    /// Takes the socket over, its head unread.
    virtual void upgrade(QTcpSocket* socket, const HttpHead& head, const Verdict& verdict) = 0;
};

/// One connection from its first byte to the answer of its one request, or to the hand-over of its socket.
/// Reads nothing before the gate has let it in. Deletes itself. Server thread.
class HttpConnection : public QObject
{
    Q_OBJECT

public:
    /// Takes the socket over.
    HttpConnection(QTcpSocket* socket, const ServerLimits& limits, HttpDesk& desk, QObject* parent);

    void answer(const HttpReply& reply);
    [[nodiscard]] bool isWaiting() const { return m_phase == Phase::Waiting; }

signals:
    void headCame(); ///< it is one of the unauthenticated no more
    void ended();    ///< the socket is closed or belongs to somebody else

private:
    enum class Phase : quint8 { Head, Content, Waiting, Answered, Over };

    void read();
    void readHead();
    void readContent();
    void refuse(const Verdict& verdict);
    void finish();
    [[nodiscard]] QByteArray headerText(const HttpReply& reply) const;

    QTcpSocket* m_socket;
    const ServerLimits m_limits;
    HttpDesk& m_desk;
    QTimer m_timer;
    Phase m_phase = Phase::Head;
    HttpHead m_head;
    Verdict m_verdict;
};

} // namespace plimsoll
