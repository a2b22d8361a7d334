// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/agents/kinds.h"
#include "app/createparams.h"
#include "app/drivenfile.h"
#include "app/permissiondesk.h"
#include "app/watch/handover.h"
#include "app/watch/watcher.h"

#include <QHash>
#include <QObject>
#include <QTimer>

#include <map>
#include <memory>

namespace plimsoll {

/// Where agents are started from.
struct DrivePlace
{
    QString reaper; ///< absolute path of plimsoll-reaper; empty = agents cannot be started here
    QString home;   ///< absolute path
    AgentHomes homes;
    QString dataDir; ///< absolute path; empty = nothing is kept
    QString program; ///< absolute path of Claude Code; empty = it is looked for
};

/// plimsoll-reaper beside this program or where it is installed; empty = it is missing.
[[nodiscard]] QString findReaper();

/// Carries out the methods that act: starts agents, speaks with them, answers what they ask, resumes and
/// hides them. Says what they do to the watch thread, which joins it with what their logs tell: one agent is
/// one row, and nothing is counted here. Lives in the engine thread; owns the agents: they end with it.
class DriveDesk : public QObject
{
    Q_OBJECT

public:
    DriveDesk(DrivePlace place, Handover<WatchQuery> commands, Handover<WatchCommand> watch,
              Handover<Event> events, Handover<WatchNotice> notices);
    ~DriveDesk() override;

    /// Tells of the agents that earlier runs have started, and takes commands from then on. Once the numbers
    /// of events are known.
    void begin();

    /// The methods that it carries out.
    [[nodiscard]] static QStringList commands();
    /// Whether a method is for it at all: those, and what is asked of driven agents (see Host).
    [[nodiscard]] static bool takes(const QString& method);

private:
    struct Driven;
    void run(const WatchQuery& command);
    /// Of a command that the agent itself answers: its reply is on the way.
    struct Later
    {
    };
    using Answer = std::variant<QJsonObject, Refusal, Later>;

    [[nodiscard]] Answer carryOut(const WatchQuery& command);
    [[nodiscard]] Answer create(const WatchQuery& command);
    [[nodiscard]] Answer startNew(const CreateParams& wanted);
    [[nodiscard]] Answer send(Driven& agent, const QJsonObject& params);
    [[nodiscard]] Answer stop(Driven& agent);
    [[nodiscard]] Answer resume(Driven& agent);
    [[nodiscard]] Answer remove(Driven& agent);
    [[nodiscard]] Answer answerPermission(const QJsonObject& params);
    [[nodiscard]] Answer onAgent(const WatchQuery& command);
    [[nodiscard]] Answer tellOf(const QString& method, const QJsonObject& params) const;
    [[nodiscard]] Answer tellInstalled(quint64 id);
    [[nodiscard]] Answer ask(Driven& agent, const WatchQuery& command);
    void takeReply(Driven& agent, quint64 id, const QJsonObject& result, const QString& error);
    void reply(quint64 id, const Answer& answer);
    [[nodiscard]] QString launch(Driven& agent);
    void connectDriver(Driven& agent);
    void takeEnd(Driven& agent, const ChildEnd& end);
    void takeSession(Driven& agent, const QString& session);
    void setState(Driven& agent, AgentState state, const QString& reason);
    void tell(const Driven& agent);
    void tellGone(const AgentId& agent);
    void apply(const PermissionDesk::Decision& decision);
    void armExpiry();
    void save();
    [[nodiscard]] QString program() const;
    [[nodiscard]] bool nameIsTaken(const QString& name) const;

    const DrivePlace m_place;
    Handover<WatchQuery> m_commands;
    Handover<WatchCommand> m_watch;
    Handover<Event> m_events;
    Handover<WatchNotice> m_notices;
    DrivenFile m_file;
    PermissionDesk m_permissions;
    QTimer m_expiry;
    std::map<AgentId, std::unique_ptr<Driven>> m_agents;
    struct Asked
    {
        const Driven* agent = nullptr;
        QString method;
        QString subject;
    };
    QHash<quint64, Asked> m_asked; ///< what an agent has not answered yet, by id of the command
};

} // namespace plimsoll
