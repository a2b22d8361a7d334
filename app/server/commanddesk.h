// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/server/gate.h"
#include "app/server/hub.h"
#include "models/host.h"

#include <QHash>
#include <QJsonObject>
#include <QObject>
#include <QPointer>
#include <QSet>

#include <functional>

namespace plimsoll {

/// What came of a command.
struct Outcome
{
    QJsonObject result;
    QString code{};    ///< of a refusal; empty = done
    QString message{}; ///< of a refusal, for people

    [[nodiscard]] bool isDone() const { return code.isEmpty(); }
};

/// Carries out commands of viewers, the same for WebSocket, HTTP and every other way: checks role and params,
/// answers from the server's copy or asks the host. Server thread.
class CommandDesk : public QObject
{
    Q_OBJECT

public:
    using Done = std::function<void(const Outcome&)>;

    CommandDesk(Hub& hub, QObject* parent);

    void setHost(const HostCapabilities& host) { m_host = host; }
    [[nodiscard]] const HostCapabilities& host() const { return m_host; }
    /// The methods that act, which the host carries out and this role may give.
    [[nodiscard]] QStringList commandsFor(AccessRole role) const;

    /// \param done called once, at once or later, unless its owner has gone
    void run(const Principal& principal, const QString& method, const QJsonObject& params, QObject* owner,
             const Done& done);

    /// Asks the host; the answer comes by takeReply().
    void ask(const QString& method, const QJsonObject& params, QObject* owner,
             std::function<void(const Reply&)> done);
    void takeReply(const Reply& reply);
    [[nodiscard]] bool maySee(const Principal& principal, const AgentId& agent) const;

signals:
    void asked(quint64 id, const QString& method, const QJsonObject& params);
    void acted(const plimsoll::Principal& principal, const QString& method, const QString& detail);

private:
    void fetchAgents(const Principal& principal, const QJsonObject& params, QObject* owner, const Done& done);
    void fetchHistory(const QJsonObject& params, QObject* owner, const Done& done);
    void fetchText(const Principal& principal, const QJsonObject& params, QObject* owner, const Done& done);
    void fetchInput(const Principal& principal, const QJsonObject& params, const Done& done) const;
    void search(const Principal& principal, const QJsonObject& params, const Done& done) const;
    void forwardMasked(const QString& method, const AgentId& agent, const QJsonObject& params, QObject* owner,
                       const Done& done);
    void forward(const char* method, const QJsonObject& params, QObject* owner, const Done& done);
    void act(const Principal& principal, const QString& method, const QJsonObject& params, QObject* owner,
             const Done& done);

    struct Waiting
    {
        QPointer<QObject> owner;
        std::function<void(const Reply&)> done;
    };

    Hub& m_hub;
    HostCapabilities m_host;
    QHash<quint64, Waiting> m_waiting;
    QHash<AgentId, QString> m_creators; ///< id of the token that created an agent
    quint64 m_lastId = 0;
};

} // namespace plimsoll
