// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/remotelink.h"
#include "app/server/wireread.h"
#include "models/host.h"

#include <QHash>
#include <QMap>

#include <optional>

namespace plimsoll {

/// Another machine's agents: what its server says becomes events, what is asked becomes its commands. After a
/// cut it goes on where it was. Stores nothing. GUI thread (headless: main thread).
///
/// Events are numbered here, from 1 and without gaps: one message of the wire can be up to three events, and
/// the wire's numbers, which only serve to resume, begin anew with each run of the server.
class RemoteHost : public Host
{
    Q_OBJECT

public:
    explicit RemoteHost(const RemotePlace& place, const RemoteLink::Timing& timing = {},
                        QObject* parent = nullptr);

    [[nodiscard]] quint64 lastSeq() const override { return m_seq; }
    [[nodiscard]] HostCapabilities capabilities() const override;
    [[nodiscard]] LinkState link() const override { return m_link.state(); }
    void retryLink() override { m_link.retry(); }
    void start() override { m_link.open(); }
    void cancelScan() override; ///< nothing is scanned here: does nothing
    quint64 query(const QString& method, const QJsonObject& params) override;

    /// The window is looked at, or the network is back: tries again where nobody answered.
    void wake() { m_link.wake(); }

    /// As it calls itself; empty before it has said so.
    [[nodiscard]] QString hostName() const { return m_hostName; }

private:
    /// What the answer to a command is for.
    enum class Purpose : quint8 { Plain, History, Text, Agents, Input };
    struct Question
    {
        Purpose purpose = Purpose::Plain;
        QJsonObject params; ///< as they were sent
        QString said;       ///< Text: what has come; Input: the id of the request
    };
    struct Snapshot
    {
        quint64 seq = 0;
        QList<Agent> agents;
        QList<wire::Message> later; ///< what was told before it was whole
    };

    void hello();
    void takeFrame(const QByteArray& bytes);
    void takeMessage(const wire::Message& message);
    void take(const wire::Welcome& welcome);
    void take(const wire::SnapshotBegin& begin);
    void take(const wire::SnapshotPart& part);
    void take(const wire::SnapshotEnd& end);
    void take(const wire::Resumed& resumed);
    void take(const wire::Told& told);
    void take(const wire::Requested& requested);
    void take(const wire::Updated& updated);
    void take(const wire::Answer& answer);
    void take(const wire::Said& said);
    void take(const wire::Alive& /*alive*/) {}
    void take(const wire::Skipped& skipped);
    [[nodiscard]] bool isNew(quint64 wireSeq);

    void record(Event event);
    void flush();
    void ask(const wire::Request& request);
    void askForInputs();
    void recordInput(const QString& requestId, const QString& input);
    void onClosed();

    [[nodiscard]] std::optional<QString> commandOf(const QString& method, Question& question);
    [[nodiscard]] QString textCommand(Question& question);
    [[nodiscard]] QString refusalOf(const QString& method) const;
    [[nodiscard]] QString sendCommand(quint64 id, const QString& method, const Question& question);
    void replyLater(const Reply& reply);
    void takeText(quint64 id, Question question, const QJsonObject& result);
    [[nodiscard]] QJsonObject takeAgents(const QJsonObject& result);

    RemotePlace m_place;
    RemoteLink m_link;
    QString m_hostName;
    QString m_run;
    std::optional<AccessRole> m_role;
    QStringList m_commands;

    QHash<AgentId, Agent> m_agents;
    QMap<QString, Event> m_withoutInput; ///< requests whose input is being loaded: told when it is there
    std::optional<Snapshot> m_snapshot;  ///< on its way
    bool m_isWhole = false;              ///< a snapshot of this run has been taken
    quint64 m_wireSeq = 0;
    quint64 m_seq = 0;
    Events m_frame; ///< recorded, not yet handed out

    QHash<quint64, Question> m_asked;
    quint64 m_lastQuery = 0;
};

} // namespace plimsoll
