// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/agent.h"

#include <QJsonObject>
#include <QList>
#include <QString>

namespace plimsoll {

// What the details of an agent say, as rows of text. Pure; unknown is a dash.

/// One line of a table of details.
struct DetailRow
{
    QString label;
    QString value; ///< plain, may be foreign
    QString basis; ///< one word where the number comes from, empty = goes without saying
    QString tip;   ///< plain: where it comes from, a sentence
    bool operator==(const DetailRow&) const = default;
};

/// "Claude Code · opus-5 · 171k / 200k"
[[nodiscard]] QString headline(const Agent& agent);

/// "needs you: permission prompt (registry), for 41 s"; why the state is believed.
[[nodiscard]] QString stateSentence(const Agent& agent, qint64 nowMs);

/// Context, window, tokens, cost, turns …
/// \param treeCostPico derived cost of the agent and all its subagents; unknown where one of them is
[[nodiscard]] QList<DetailRow> numberRows(const Agent& agent, Count treeCostPico);

/// One row per compaction, newest first, at most `limit`.
[[nodiscard]] QList<DetailRow> compactionRows(const Agent& agent, int limit = 20);

/// Responses, tools, thinking, hooks …: how many of each the logs hold. \param counts answer to "counts" of a
/// Host; empty = no rows
[[nodiscard]] QList<DetailRow> eventRows(const QJsonObject& counts);

/// One row per model, only where there is more than one.
[[nodiscard]] QList<DetailRow> modelRows(const Agent& agent);

/// Session, folder, branch, files …
/// \param parentName empty unless a subagent
[[nodiscard]] QList<DetailRow> sessionRows(const Agent& agent, const QString& parentName);

/// Derived cost of an agent and all below it; unknown where one of them is.
[[nodiscard]] Count treeCost(const QList<Agent>& agents, const AgentId& root);

} // namespace plimsoll
