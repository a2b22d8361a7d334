// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/agents/driver.h"
#include "models/event.h"

#include <QHash>
#include <QJsonObject>
#include <QMap>

#include <variant>

namespace plimsoll {

/// A command that is not carried out, and why.
struct Refusal
{
    QString code; ///< as in PROTOCOL.md
    QString text; ///< for people
    QString field{};
};

/// All requests of driven agents that wait for somebody. The first answer counts; what is allowed is the very
/// input that was shown. Asks nobody and sends nothing. Belongs to the engine thread.
class PermissionDesk
{
public:
    static constexpr qint64 validMs = qint64{30} * 60 * 1000; ///< then it is denied
    static constexpr qsizetype maxMessage = 4096;

    /// What an answer means.
    struct Decision
    {
        AgentId agent;
        QString driverRequest;
        DriveAnswer answer;
        PermissionAnswered told;
    };

    [[nodiscard]] PermissionAsked open(const AgentId& agent, const DriveQuestion& question,
                                       const QString& workingDir, qint64 nowMs);

    /// \param params of "answer_permission"
    [[nodiscard]] std::variant<Decision, Refusal> answer(const QJsonObject& params, qint64 nowMs);

    /// The agent has withdrawn it; nothing where it is not open.
    [[nodiscard]] std::optional<PermissionAnswered> withdraw(const AgentId& agent,
                                                             const QString& driverRequest);
    /// The agent is gone: nobody hears an answer.
    [[nodiscard]] QList<PermissionAnswered> dropAgent(const AgentId& agent);
    /// Those whose time is over, as denied.
    [[nodiscard]] QList<Decision> expire(qint64 nowMs);

    [[nodiscard]] qint64 nextExpiryMs() const; ///< ms UTC, 0 = nothing is open
    [[nodiscard]] bool isEmpty() const { return m_open.isEmpty(); }

private:
    struct Open
    {
        AgentId agent;
        QString driverRequest;
        QByteArray input;
        PermissionAsked asked;
    };

    [[nodiscard]] Decision close(const QString& requestId, DriveAnswer answer, PermissionAnswered told);

    QMap<QString, Open> m_open;
    QHash<QString, QString> m_answered; ///< request id → by whom, of the last ones
};

} // namespace plimsoll
