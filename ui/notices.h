// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/event.h"

#include <QHash>

#include <optional>

namespace plimsoll {

class AgentModel;

enum class NoticeKind : quint8 { NeedsYou, Level, Compaction, Finished, Failed };

/// Something a person may want to be told when not looking.
struct Notice
{
    NoticeKind kind = NoticeKind::NeedsYou;
    AgentId agent;
    QString title;
    QString text;

    bool operator==(const Notice&) const = default;
};

/// What the operator wants to be told.
struct NoticeSwitches
{
    bool needsYou = true;
    bool level = true; ///< crossed 80 or 90 %
    bool compaction = true;
    bool finished = true;
    bool failed = true;
    int finishedAfterS = 60; ///< shorter turns are not worth a word
};

/// Decides which events are worth a notification. Shows nothing. Remembers per agent its last state, so that
/// only changes count. Any thread, one at a time.
class NoticeRules
{
public:
    /// Begins with the states of these agents, without a word about them.
    void reset(const QList<Agent>& agents);

    /// Call after AgentModel::apply of the same events. What is older than a minute (the first scan) is
    /// learned, not told. \param nowMs ms UTC
    [[nodiscard]] QList<Notice> take(const Events& events, const AgentModel& agents,
                                     const NoticeSwitches& wanted, qint64 nowMs);

private:
    struct Known
    {
        AgentState state = AgentState::Unknown;
        qint64 sinceMs = 0; ///< ms UTC
    };

    [[nodiscard]] std::optional<Notice> onState(const Event& event, const StateChanged& body,
                                                const Agent& agent, const NoticeSwitches& wanted);

    QHash<AgentId, Known> m_known;
};

/// What the tray icon shows of the fleet.
struct TrayState
{
    std::optional<double> fraction; ///< of the fullest living agent's Plimsoll line, else of its window
    FillLevel level = FillLevel::Unknown;
    QString fullest; ///< its name
    int needsYou = 0;

    bool operator==(const TrayState&) const = default;
};

/// Finished and failed agents do not count.
[[nodiscard]] TrayState trayState(const QList<Agent>& agents);

/// For people, plain: "2 need you · fullest: api-migration 86%".
[[nodiscard]] QString trayText(const TrayState& state);

} // namespace plimsoll
