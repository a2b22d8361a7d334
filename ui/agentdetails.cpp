// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/agentdetails.h"

#include "models/format.h"
#include "models/names.h"

#include <QHash>
#include <QSet>

#include <algorithm>

namespace plimsoll {

namespace {

QString basisWord(Basis basis)
{
    return toName(basis);
}

DetailRow counted(const QString& label, Count count, const QString& tip = {})
{
    return {label, tokens(count), {}, tip};
}

QString sourceWords(StateSource source)
{
    switch (source) {
    case StateSource::Registry: return QStringLiteral("says the agent's registry");
    case StateSource::Hook: return QStringLiteral("says a hook");
    case StateSource::Stream: return QStringLiteral("says the agent's own stream");
    case StateSource::Lock: return QStringLiteral("from its lock file");
    case StateSource::Silence: return QStringLiteral("from its silence");
    case StateSource::Log: return QStringLiteral("from its log");
    case StateSource::None: break;
    }
    return QStringLiteral("nothing tells");
}

DetailRow triggerRow(const Usage& usage)
{
    DetailRow row{QStringLiteral("Compacts at"), windowTokens(usage.compactAtTokens),
                  basisWord(usage.triggerBasis), basisSentence(Number::Trigger, usage.triggerBasis)};
    if (usage.compactAtTokens && usage.contextWindow && *usage.contextWindow > 0) {
        const double percent = 100.0 * double(*usage.compactAtTokens) / double(*usage.contextWindow);
        row.value += QStringLiteral(" (%1%)").arg(percent, 0, 'f', 1);
    }
    return row;
}

void addReportedCost(QList<DetailRow>& rows, const Usage& usage, Count treeCostPico)
{
    if (!usage.reportedTreeCostPico)
        return;
    rows.append({QStringLiteral("Reported cost of the tree"), cost(usage.reportedTreeCostPico),
                 QStringLiteral("reported"),
                 QStringLiteral("What the agent itself reports for this session and all its subagents. "
                                "It is shown beside our own sum and never added to it.")});
    if (!treeCostPico)
        return;
    const qint64 missing = *usage.reportedTreeCostPico - *treeCostPico;
    if (missing >= 0)
        rows.append({QStringLiteral("Not in the log"),
                     cost(missing),
                     {},
                     QStringLiteral(
                         "Reported cost less what the logs of this session and its subagents account for.")});
    else
        rows.append({QStringLiteral("Log above report"),
                     cost(-missing),
                     {},
                     QStringLiteral("What the logs account for beyond the reported cost.")});
}

void addIf(QList<DetailRow>& rows, const QString& label, const QString& value)
{
    if (!value.isEmpty())
        rows.append({label, value, {}, {}});
}

} // namespace

QString headline(const Agent& agent)
{
    QStringList parts{kindLabel(agent.info.kind), shortModel(agent.info.model), fill(agent.usage)};
    parts.removeAll(QString());
    return parts.join(QStringLiteral(" · "));
}

QString stateSentence(const Agent& agent, qint64 nowMs)
{
    QString text = stateLabel(agent.state);
    if (!text.isEmpty())
        text[0] = text.at(0).toUpper();
    if (agent.stateSinceMs > 0 && nowMs >= agent.stateSinceMs)
        text += QStringLiteral(" for ") + duration(nowMs - agent.stateSinceMs);
    text += QStringLiteral(" · ");
    if (!agent.stateReason.isEmpty())
        text += agent.stateReason + QStringLiteral(", ");
    return text + sourceWords(agent.stateSource);
}

QList<DetailRow> numberRows(const Agent& agent, Count treeCostPico)
{
    const Usage& usage = agent.usage;
    QList<DetailRow> rows;
    rows.append({QStringLiteral("Context"),
                 tokens(usage.contextTokens) + QStringLiteral(" (") + percent(usage) + QStringLiteral(")"),
                 basisWord(usage.contextBasis), basisSentence(Number::Context, usage.contextBasis)});
    rows.append(counted(QStringLiteral("Peak"), usage.contextPeakTokens,
                        QStringLiteral("The fullest that this window has been.")));
    rows.append({QStringLiteral("Window"), windowTokens(usage.contextWindow), basisWord(usage.windowBasis),
                 basisSentence(Number::Window, usage.windowBasis)});
    rows.append(triggerRow(usage));
    rows.append(counted(QStringLiteral("Input, uncached"), usage.inputTokens));
    rows.append(counted(QStringLiteral("Cache read"), usage.cacheReadTokens));
    rows.append(counted(QStringLiteral("Cache write, 5 min"), usage.cacheWrite5mTokens));
    rows.append(counted(QStringLiteral("Cache write, 1 h"), usage.cacheWrite1hTokens));
    rows.append(counted(QStringLiteral("Output"), usage.outputTokens));
    rows.append(counted(QStringLiteral("… of it reasoning"), usage.reasoningTokens));
    rows.append({QStringLiteral("Cost"), cost(usage), basisWord(usage.costBasis),
                 basisSentence(Number::Cost, usage.costBasis)});
    addReportedCost(rows, usage, treeCostPico);
    rows.append(
        counted(QStringLiteral("Turns"), usage.turns, QStringLiteral("Prompts by a person or a program.")));
    rows.append(counted(QStringLiteral("Tool calls"), usage.toolCalls));
    rows.append(counted(QStringLiteral("Compactions"), usage.compactionCount));
    if (usage.freedTokens && *usage.freedTokens > 0)
        rows.append(counted(QStringLiteral("Freed by them"), usage.freedTokens));
    return rows;
}

QList<DetailRow> compactionRows(const Agent& agent, int limit)
{
    QList<DetailRow> rows;
    const QList<Compaction>& all = agent.info.compactions;
    for (auto it = all.crbegin(); it != all.crend() && rows.size() < limit; ++it) {
        rows.append({dateTime(it->atMs),
                     tokens(it->beforeTokens) + QStringLiteral(" → ") + tokens(it->afterTokens),
                     it->trigger,
                     {}});
    }
    return rows;
}

QList<DetailRow> eventRows(const QJsonObject& counts)
{
    QList<DetailRow> rows;
    const auto add = [&](const QString& label, const QString& tip, std::initializer_list<const char*> keys) {
        qint64 sum = 0;
        for (const char* key : keys)
            sum += counts.value(QLatin1String(key)).toInteger();
        rows.append({label, QString::number(sum), {}, tip});
    };
    if (counts.isEmpty())
        return rows;
    add(QStringLiteral("Responses"), QStringLiteral("Answers of the API."), {"responses"});
    add(QStringLiteral("Tools"), QStringLiteral("Calls of tools."), {"tool_use"});
    add(QStringLiteral("Thinking"), QStringLiteral("Stretches of thinking that the log shows."),
        {"thinking"});
    add(QStringLiteral("Hooks"), QStringLiteral("Lines of hooks and of the client itself."),
        {"system", "result"});
    add(QStringLiteral("Errors"), QStringLiteral("Tools that failed, and refusals of the API."), {"error"});
    return rows;
}

QList<DetailRow> modelRows(const Agent& agent)
{
    QList<DetailRow> rows;
    if (agent.usage.byModel.size() < 2)
        return rows;
    for (const ModelUsage& model : agent.usage.byModel) {
        const qint64 in =
            model.inputTokens + model.cacheReadTokens + model.cacheWrite5mTokens + model.cacheWrite1hTokens;
        const QStringList numbers{
            QStringLiteral("input, uncached ") + tokens(model.inputTokens),
            QStringLiteral("cache read ") + tokens(model.cacheReadTokens),
            QStringLiteral("cache write, 5 min ") + tokens(model.cacheWrite5mTokens),
            QStringLiteral("cache write, 1 h ") + tokens(model.cacheWrite1hTokens),
            QStringLiteral("output ") + tokens(model.outputTokens),
            QStringLiteral("of it reasoning ") + tokens(model.reasoningTokens),
        };
        rows.append({shortModel(model.model),
                     QStringLiteral("in ") + tokens(in) + QStringLiteral(" · out ") +
                         tokens(model.outputTokens) + QStringLiteral(" · ") + cost(model.costPico),
                     {},
                     model.model + QLatin1Char('\n') + numbers.join(QLatin1Char('\n'))});
    }
    return rows;
}

QList<DetailRow> sessionRows(const Agent& agent, const QString& parentName)
{
    const AgentInfo& info = agent.info;
    QList<DetailRow> rows;
    addIf(rows, QStringLiteral("Session"), info.sessionId);
    addIf(rows, QStringLiteral("Subagent of"), parentName);
    addIf(rows, QStringLiteral("Role"), info.role);
    addIf(rows, QStringLiteral("Model"), info.model);
    addIf(rows, QStringLiteral("Folder"), info.workingDir);
    addIf(rows, QStringLiteral("Branch"), info.gitBranch);
    if (info.createdAtMs > 0)
        rows.append({QStringLiteral("Started"), dateTime(info.createdAtMs), {}, {}});
    if (info.updatedAtMs > 0)
        rows.append({QStringLiteral("Last line"), dateTime(info.updatedAtMs), {}, {}});
    for (const QString& file : info.files.mid(0, 20))
        rows.append({QStringLiteral("Log"), file, {}, {}});
    return rows;
}

Count treeCost(const QList<Agent>& agents, const AgentId& root)
{
    QMultiHash<AgentId, const Agent*> children;
    const Agent* top = nullptr;
    for (const Agent& agent : agents) {
        if (agent.id == root)
            top = &agent;
        if (!agent.info.parentId.isNull())
            children.insert(agent.info.parentId, &agent);
    }
    if (top == nullptr)
        return std::nullopt;
    QList<const Agent*> open{top};
    QSet<AgentId> seen; // a log may claim a circle of parents
    qint64 sum = 0;
    while (!open.isEmpty()) {
        const Agent* agent = open.takeLast();
        if (seen.contains(agent->id))
            continue;
        seen.insert(agent->id);
        if (!agent->usage.costPico)
            return std::nullopt;
        sum += *agent->usage.costPico;
        open += children.values(agent->id);
    }
    return sum;
}

} // namespace plimsoll
