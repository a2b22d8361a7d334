// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/server/commanddesk.h"
#include "app/server/httpconnection.h"

#include <QJsonArray>
#include <QList>
#include <QObject>

namespace plimsoll {

/// `POST /mcp`: the commands as tools of the Model Context Protocol (streamable HTTP, stateless: an answer is
/// one JSON object, there are no sessions and no stream), for agents that command other agents. Checks
/// nothing that the gate and CommandDesk check. Server thread.
class Mcp : public QObject
{
    Q_OBJECT

public:
    Mcp(Hub& hub, CommandDesk& commands, QObject* parent);

    void answer(const HttpRequest& request, const HttpResponder& responder);

    /// All that there are, as "tools/list" tells them; of resources/mcp/tools.json.
    [[nodiscard]] static const QJsonArray& tools();

private:
    void call(const HttpRequest& request, const HttpResponder& responder, const QJsonValue& id,
              const QJsonObject& params);
    void wait(const Principal& principal, const QJsonObject& params, const HttpResponder& responder,
              const QJsonValue& id);
    void checkWaits();
    [[nodiscard]] bool isOffered(const QString& tool, AccessRole role) const;

    /// Somebody who waits until an agent works no more.
    struct Wait
    {
        quint64 number = 0;
        AgentId agent;
        HttpResponder responder;
        QJsonValue id;
        bool isChecking = false; ///< it rested a moment ago: does it still?
    };
    void finish(quint64 number, bool timedOut);
    void confirm(quint64 number);

    Hub& m_hub;
    CommandDesk& m_commands;
    QList<Wait> m_waits;
    quint64 m_lastWait = 0;
};

} // namespace plimsoll
