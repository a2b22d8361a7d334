// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/agent.h"

#include <QString>

// Text for people is made here and nowhere else. Pure functions, any thread. What is unknown is a dash.
namespace plimsoll {

/// "–", the face of what is unknown.
[[nodiscard]] QString dash();

/// "950", "3.4k", "171k", "1.00M", "12.3M", "1.20B"
[[nodiscard]] QString tokens(Count count);

/// As tokens(), but a size that is round in hundreds shows them: "258.4k".
[[nodiscard]] QString windowTokens(Count count);

/// "171k / 200k", "~171k / 200k" where the fill is estimated, "171k / ~200k" where the window is, "171k / ?"
[[nodiscard]] QString fill(const Usage& usage);

/// Fill of the window: "86%", "~86%" where one of the two numbers is estimated.
[[nodiscard]] QString percent(const Usage& usage);

/// "$4.18", "<$0.01", "$0.00"
[[nodiscard]] QString cost(Count pico);

/// As cost(pico), with a leading "~" where it is estimated.
[[nodiscard]] QString cost(const Usage& usage);

/// A step: "+$0.04", "+<$0.01"; empty where it is unknown or none.
[[nodiscard]] QString costStep(Count beforePico, Count afterPico);

/// "just now", "41 s ago", "12 min ago", "3 h ago", "2 d ago"; both in ms UTC.
[[nodiscard]] QString ago(qint64 ms, qint64 nowMs);

/// "41 s", "4 min 12 s", "3 h 5 min", "2 d 4 h"
[[nodiscard]] QString duration(qint64 ms);

/// Local time of day: "14:41:07".
[[nodiscard]] QString clock(qint64 ms);

/// As short as it says which day: "14:41:07" today, "07-06 02:52" in this year, else "2025-07-06". Local
/// time.
[[nodiscard]] QString moment(qint64 ms, qint64 nowMs);

/// Local date and time: "2026-11-23 14:41".
[[nodiscard]] QString dateTime(qint64 ms);

/// To the second: "2026-11-23 14:41:07".
[[nodiscard]] QString exactTime(qint64 ms);

/// "Claude Code", "Codex", "Other"
[[nodiscard]] QString kindLabel(AgentKind kind);

/// "needs you", "working", "waiting", "idle", "finished", "failed", "unknown"
[[nodiscard]] QString stateLabel(AgentState state);

/// Without maker and date: "claude-opus-4-5-20251101" → "opus-4-5". Empty stays empty.
[[nodiscard]] QString shortModel(const QString& model);

enum class Number : quint8 { Context, Window, Trigger, Cost };

/// Where a number comes from, a sentence for tooltips.
[[nodiscard]] QString basisSentence(Number number, Basis basis);

/// Makes control, bidi and invisible characters visible; keeps newlines and tabs.
[[nodiscard]] QString plain(const QString& text);

/// plain() in one line: white space becomes single spaces, cut to `limit` characters with an ellipsis.
[[nodiscard]] QString oneLine(const QString& text, qsizetype limit = 300);

/// "api-migration, Claude Code, needs you, context 86 percent, 171k of 200k, cost $4.18"
[[nodiscard]] QString accessibleSentence(const Agent& agent);

} // namespace plimsoll
