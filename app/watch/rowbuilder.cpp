// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/watch/rowbuilder.h"

#include <QDir>
#include <QFileInfo>

#include <algorithm>

namespace plimsoll {

namespace {

QString text(const std::string& utf8)
{
    return QString::fromStdString(utf8);
}

QString rowName(const RowSource& source, const QString& workingDir)
{
    const bool isSubagent = !source.thread->agentId.empty();
    if (isSubagent && source.meta && !source.meta->description.empty())
        return text(source.meta->description);
    if (!source.thread->name.empty())
        return text(source.thread->name);
    if (isSubagent)
        return QStringLiteral("subagent ") + text(source.thread->agentId).left(8);
    if (!source.facts->title.empty())
        return text(source.facts->title);
    const QString folder = QFileInfo(QDir::cleanPath(workingDir)).fileName();
    return folder.isEmpty() ? text(source.facts->sessionId).left(8) : folder;
}

QString rowRole(const RowSource& source)
{
    if (source.meta && !source.meta->type.empty())
        return text(source.meta->type);
    return text(source.thread->role);
}

QList<Compaction> rowCompactions(const std::vector<RowSource>& sources, const Ledger& ledger)
{
    QList<Compaction> compactions;
    for (const RowSource& source : sources) {
        if (source.thread != &source.facts->threads[0])
            continue; // a nested subagent's window is another one
        for (const CompactionFact& fact : source.facts->compactions) {
            if (!ledger.ownsCompaction(fact.key, source.file))
                continue;
            Compaction compaction;
            compaction.atMs = fact.atMs;
            compaction.trigger = text(fact.trigger);
            if (fact.beforeTokens)
                compaction.beforeTokens = *fact.beforeTokens;
            if (fact.afterTokens)
                compaction.afterTokens = *fact.afterTokens;
            compactions.append(compaction);
        }
    }
    std::stable_sort(compactions.begin(), compactions.end(),
                     [](const Compaction& a, const Compaction& b) { return a.atMs < b.atMs; });
    return compactions;
}

void sumTokens(Usage& usage, const Ledger& ledger, Ledger::Row row)
{
    TokenCounts total;
    int64_t costPico = 0;
    qint64 responses = 0;
    qint64 unpriced = 0;
    for (const ModelSum& sum : ledger.sums(row)) {
        total += sum.tokens;
        costPico = saturatingSum(costPico, sum.costPico);
        responses += sum.responses;
        unpriced += sum.unpriced;
        ModelUsage model;
        model.model = text(ledger.modelName(sum.model));
        model.inputTokens = sum.tokens.input;
        model.outputTokens = sum.tokens.output;
        model.cacheReadTokens = sum.tokens.cacheRead;
        model.cacheWrite5mTokens = sum.tokens.cacheWrite5m;
        model.cacheWrite1hTokens = sum.tokens.cacheWrite1h;
        model.reasoningTokens = sum.tokens.reasoning;
        if (sum.unpriced == 0)
            model.costPico = sum.costPico;
        usage.byModel.append(model);
    }
    std::sort(usage.byModel.begin(), usage.byModel.end(),
              [](const ModelUsage& a, const ModelUsage& b) { return a.model < b.model; });
    usage.inputTokens = total.input;
    usage.outputTokens = total.output;
    usage.cacheReadTokens = total.cacheRead;
    usage.cacheWrite5mTokens = total.cacheWrite5m;
    usage.cacheWrite1hTokens = total.cacheWrite1h;
    usage.reasoningTokens = total.reasoning;
    if (responses == 0) {
        usage.costPico = 0;
        usage.costBasis = Basis::Derived;
    } else if (unpriced < responses) {
        usage.costPico = costPico;
        usage.costBasis = unpriced == 0 ? Basis::Derived : Basis::Estimated;
    }
}

void setContext(Usage& usage, const std::vector<RowSource>& sources)
{
    const RowSource* newest = nullptr;
    for (const RowSource& source : sources) {
        const ThreadFacts& thread = *source.thread;
        if (thread.contextPeak)
            usage.contextPeakTokens =
                std::max<qint64>(usage.contextPeakTokens.value_or(0), *thread.contextPeak);
        if (thread.contextTokens && (!newest || thread.contextAtMs > newest->thread->contextAtMs))
            newest = &source;
    }
    if (!newest)
        return;
    usage.contextTokens = *newest->thread->contextTokens;
    usage.contextBasis = newest->thread->contextBasis;
}

/// The client's own table, widened where a prompt shows that the window was larger.
void deriveClaudeWindow(Usage& usage, const ThreadFacts& thread, const Catalogue& catalogue,
                        const QList<Compaction>& compactions)
{
    const std::string& model = thread.requestedModel.empty() ? thread.model : thread.requestedModel;
    if (model.empty())
        return;
    qint64 seen = usage.contextPeakTokens.value_or(0);
    for (const Compaction& compaction : compactions)
        seen = std::max(seen, compaction.beforeTokens.value_or(0));
    constexpr qint64 wideWindow = 1'000'000;
    qint64 window = catalogue.claudeWindow(model);
    if (seen > window)
        window = std::max(seen, wideWindow);
    usage.contextWindow = window;
    usage.windowBasis = Basis::Derived;
    usage.compactAtTokens = catalogue.claudeTrigger(model, window);
    usage.triggerBasis = Basis::Derived;
}

/// Codex compacts at 90 % of the model's window and reports 95 % of that window as its own (CODEX.md §5).
void deriveCodexTrigger(Usage& usage)
{
    if (!usage.contextWindow)
        return;
    usage.compactAtTokens = *usage.contextWindow * 90 / 95;
    usage.triggerBasis = Basis::Derived;
}

/// Where this session itself was last compacted says more than any rule.
void useSeenTrigger(Usage& usage, const QList<Compaction>& compactions)
{
    for (auto it = compactions.crbegin(); it != compactions.crend(); ++it) {
        if (it->trigger != QLatin1String("auto") || !it->beforeTokens)
            continue;
        if (usage.contextWindow && *it->beforeTokens > *usage.contextWindow)
            return;
        usage.compactAtTokens = it->beforeTokens;
        usage.triggerBasis = Basis::Estimated;
        return;
    }
}

void countActivity(Usage& usage, const std::vector<RowSource>& sources, const QList<Compaction>& compactions)
{
    qint64 turns = 0;
    qint64 toolCalls = 0;
    for (const RowSource& source : sources) {
        turns += source.thread->turns;
        toolCalls += source.thread->toolCalls;
        const auto& reported = source.facts->reportedTreeCostPico;
        if (reported && source.thread->agentId.empty())
            usage.reportedTreeCostPico = std::max<qint64>(usage.reportedTreeCostPico.value_or(0), *reported);
    }
    usage.turns = turns;
    usage.toolCalls = toolCalls;
    usage.compactionCount = compactions.size();
    qint64 freed = 0;
    for (const Compaction& compaction : compactions) {
        if (compaction.beforeTokens && compaction.afterTokens)
            freed += std::max<qint64>(0, *compaction.beforeTokens - *compaction.afterTokens);
    }
    usage.freedTokens = freed;
}

} // namespace

const RowSource& newestSource(const std::vector<RowSource>& sources)
{
    return *std::max_element(sources.begin(), sources.end(), [](const RowSource& a, const RowSource& b) {
        return a.thread->lastAtMs < b.thread->lastAtMs;
    });
}

AgentInfo buildInfo(AgentKind kind, const std::vector<RowSource>& sources, const Ledger& ledger)
{
    const RowSource& newest = newestSource(sources);
    AgentInfo info;
    info.kind = kind;
    info.workingDir = text(newest.facts->workingDir);
    info.gitBranch = text(newest.facts->gitBranch);
    info.model = text(newest.thread->model);
    info.summary = text(newest.thread->activity);
    info.name = rowName(newest, info.workingDir);
    info.role = rowRole(newest);
    for (const RowSource& source : sources) {
        const bool whole = source.thread == &source.facts->threads[0];
        const qint64 firstAtMs = whole ? source.facts->firstAtMs : source.thread->firstAtMs;
        const qint64 lastAtMs = whole ? source.facts->lastAtMs : source.thread->lastAtMs;
        if (firstAtMs > 0 && (info.createdAtMs == 0 || firstAtMs < info.createdAtMs))
            info.createdAtMs = firstAtMs;
        info.updatedAtMs = std::max<qint64>(info.updatedAtMs, lastAtMs);
        info.files.append(source.path);
    }
    info.files.sort();
    info.files.removeDuplicates();
    info.compactions = rowCompactions(sources, ledger);
    return info;
}

Usage buildUsage(AgentKind kind, const std::vector<RowSource>& sources, const Ledger& ledger, Ledger::Row row,
                 const Catalogue& catalogue, const QList<Compaction>& compactions)
{
    Usage usage;
    sumTokens(usage, ledger, row);
    setContext(usage, sources);
    const ThreadFacts& thread = *newestSource(sources).thread;
    if (thread.window) {
        usage.contextWindow = *thread.window;
        usage.windowBasis = Basis::Reported;
    }
    if (kind == AgentKind::ClaudeCode) {
        if (!usage.contextWindow)
            deriveClaudeWindow(usage, thread, catalogue, compactions);
        // Only new builds tell; a sum of nothing told is not a zero.
        if (usage.reasoningTokens == Count(0))
            usage.reasoningTokens.reset();
    } else if (kind == AgentKind::Codex) {
        deriveCodexTrigger(usage);
    }
    useSeenTrigger(usage, compactions);
    countActivity(usage, sources, compactions);
    return usage;
}

QStringList buildNotes(const std::vector<RowSource>& sources, const Ledger& ledger, Ledger::Row row,
                       const Usage& usage)
{
    QStringList notes;
    qint64 badLines = 0;
    bool underReported = false;
    for (const RowSource& source : sources) {
        underReported = underReported || source.facts->outputUnderReported;
        if (source.thread == &source.facts->threads[0])
            badLines += source.facts->badLines;
    }
    if (std::all_of(sources.begin(), sources.end(), [](const RowSource& source) { return source.gone; }))
        notes.append(QStringLiteral("log gone, history kept"));
    if (underReported)
        notes.append(
            QStringLiteral("output under-reported: this log holds only placeholders for output tokens"));
    for (const ModelSum& sum : ledger.sums(row)) {
        if (sum.unpriced > 0)
            notes.append(QStringLiteral("price of %1 unknown: its cost is not in the sum")
                             .arg(text(ledger.modelName(sum.model))));
    }
    if (usage.contextPeakTokens && usage.contextWindow && *usage.contextPeakTokens > *usage.contextWindow)
        notes.append(QStringLiteral("a prompt was larger than the window that is known"));
    if (badLines > 0)
        notes.append(QStringLiteral("%1 lines of the log could not be read").arg(badLines));
    return notes;
}

} // namespace plimsoll
