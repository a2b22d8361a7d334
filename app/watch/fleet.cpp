// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/watch/fleet.h"

#include "app/agents/agentid.h"

#include <algorithm>

namespace plimsoll {

namespace {

constexpr qint64 spendKeptMs = qint64{48} * 3600 * 1000;
constexpr qsizetype mostWords = 10'000; // a hostile log makes up new ones for ever

} // namespace

Fleet::Fleet(const Catalogue& catalogue, QString home)
    : m_catalogue(catalogue)
    , m_home(std::move(home))
    , m_ledger(catalogue)
{
}

AgentId Fleet::idOf(AgentKind kind, const QString& nativePath) const
{
    return agentIdOf(kind, m_home, nativePath);
}

Ledger::Row Fleet::rowFor(AgentKind kind, const QString& nativePath)
{
    const AgentId id = idOf(kind, nativePath);
    const auto known = m_rowById.constFind(id);
    if (known != m_rowById.constEnd())
        return *known;
    const auto index = static_cast<Ledger::Row>(m_rows.size());
    Row row;
    row.id = id;
    row.kind = kind;
    row.nativePath = nativePath;
    m_rowById.insert(id, index);
    m_ledger.nameSession(stableHash(nativePath.toStdString()), index);
    m_rows.push_back(std::move(row));
    return index;
}

size_t Fleet::addFile(LogFile file)
{
    file.ledgerFile = m_ledger.addFile(file.relative);
    m_files.push_back(std::make_unique<LogFile>(std::move(file)));
    return m_files.size() - 1;
}

/// Gives each thread of a file its row.
void Fleet::joinThreads(size_t index)
{
    LogFile& file = *m_files[index];
    const FileFacts& facts = file.reader->facts();
    if (facts.sessionId.empty())
        return;
    const QString session = QString::fromStdString(facts.sessionId);
    for (size_t thread = file.rows.size(); thread < facts.threads.size(); ++thread) {
        const std::string& agentId = facts.threads[thread].agentId;
        const QString path =
            agentId.empty() ? session : session + QLatin1Char('/') + QString::fromStdString(agentId);
        const Ledger::Row row = rowFor(file.kind, path);
        file.rows.push_back(row);
        m_rows[row].places.push_back({index, static_cast<uint32_t>(thread)});
        QString parent = agentId.empty() ? QString() : session;
        if (thread == 0 && !facts.parentSessionId.empty())
            parent = QString::fromStdString(facts.parentSessionId);
        if (m_rows[row].parent.isNull() && !parent.isEmpty() && parent != path) {
            m_rows[row].parent = idOf(file.kind, parent);
            m_children[m_rows[row].parent].append(row);
        }
    }
}

void Fleet::restartFile(size_t index)
{
    for (const Ledger::Row row : std::exchange(m_files[index]->rows, {})) {
        std::vector<Place>& places = m_rows[row].places;
        places.erase(std::remove_if(places.begin(), places.end(),
                                    [&](const Place& place) { return place.file == index; }),
                     places.end());
    }
}

void Fleet::absorb(size_t index, const ReadBatch& batch)
{
    LogFile& file = *m_files[index];
    const FileFacts& facts = file.reader->facts();
    joinThreads(index);
    if (file.rows.empty())
        return;
    m_ledger.setFirstAt(file.ledgerFile, facts.firstAtMs);
    for (const Response& response : batch.responses)
        m_ledger.add(response, file.ledgerFile, file.rows[response.thread], facts.models);
    for (const CompactionFact& compaction : facts.compactions)
        m_ledger.addCompaction(compaction.key, file.ledgerFile, file.rows[0]);
    m_spendChanged = m_spendChanged || !batch.responses.empty();
    for (const LogItem& item : batch.items) {
        Logged logged;
        logged.kind = item.kind;
        logged.text = QString::fromStdString(item.text);
        logged.tool = QString::fromStdString(item.tool);
        logged.truncated = item.truncated;
        logged.file = file.path;
        logged.offset = item.offset;
        logged.block = item.block;
        m_logged.append({0, item.atMs, m_rows[file.rows[item.thread]].id, logged});
    }
    if (facts.limits && facts.limits->atMs > m_limits.value(int(file.kind)).atMs) {
        m_limits.insert(int(file.kind), *facts.limits);
        m_newLimits.append(*facts.limits);
    }
    for (const Ledger::Row row : file.rows)
        markChanged(row);
}

void Fleet::setMeta(size_t index, const SubagentMeta& meta)
{
    LogFile& file = *m_files[index];
    if (file.meta == meta)
        return;
    file.meta = meta;
    for (const Ledger::Row row : file.rows)
        markChanged(row);
}

void Fleet::setGone(size_t index, bool gone)
{
    LogFile& file = *m_files[index];
    if (file.gone == gone)
        return;
    file.gone = gone;
    for (const Ledger::Row row : file.rows)
        markChanged(row);
}

void Fleet::setLive(const LiveSession& session)
{
    const Ledger::Row index = rowFor(session.kind, session.sessionId);
    Row& row = m_rows[index];
    if (session.ended)
        row.live.reset();
    else
        row.live = std::make_unique<LiveSession>(session);
    markChanged(index);
    markChildren(row);
}

void Fleet::setDriven(const DrivenSession& session)
{
    const Ledger::Row index = rowFor(session.kind, session.sessionId);
    Row& row = m_rows[index];
    row.driven = std::make_unique<DrivenSession>(session);
    if (!session.continuesSessionId.isEmpty())
        m_continues.insert(row.id, idOf(session.kind, session.continuesSessionId));
    markChanged(index);
    markChildren(row);
}

void Fleet::markChanged(Ledger::Row row)
{
    if (m_rows[row].changed)
        return;
    m_rows[row].changed = true;
    m_changed.push_back(row);
}

void Fleet::markChildren(const Row& row)
{
    for (const Ledger::Row child : m_children.value(row.id))
        markChanged(child);
}

std::vector<RowSource> Fleet::sourcesOf(const Row& row) const
{
    std::vector<RowSource> sources;
    sources.reserve(row.places.size());
    for (const Place& place : row.places) {
        const LogFile& file = *m_files[place.file];
        const FileFacts& facts = file.reader->facts();
        // After a file began anew its nested threads come back one by one.
        if (place.thread >= facts.threads.size() || facts.lines <= facts.badLines)
            continue;
        if (file.gone && hasMoved(row, file))
            continue;
        sources.push_back({&facts, &facts.threads[place.thread],
                           file.role.agentId.empty() ? nullptr : &file.meta, file.path, file.ledgerFile,
                           file.gone});
    }
    return sources;
}

/// Whether the same log stands elsewhere now: archived, compressed, its folder renamed.
bool Fleet::hasMoved(const Row& row, const LogFile& gone) const
{
    const auto nameOf = [](const LogFile& file) {
        const QByteArray name = file.relative.mid(file.relative.lastIndexOf('/') + 1);
        return file.role.compressed ? name.chopped(4) : name;
    };
    return std::any_of(row.places.begin(), row.places.end(), [&](const Place& place) {
        const LogFile& file = *m_files[place.file];
        return !file.gone && nameOf(file) == nameOf(gone);
    });
}

void Fleet::rebuild(Row& row, Ledger::Row index, qint64 nowMs)
{
    const std::vector<RowSource> sources = sourcesOf(row);
    Agent& agent = row.built;
    agent.id = row.id;
    const bool hadLog = !agent.info.files.isEmpty();
    if (sources.empty() && row.told && !row.live && hadLog)
        return; // its log begins anew: what was told stays until there is more
    if (sources.empty()) {
        // A session that lives and has not written yet: a row without numbers.
        agent.info.kind = row.kind;
        agent.info.sessionId = row.nativePath;
        if (row.live) {
            agent.info.name = row.live->name;
            agent.info.workingDir = row.live->workingDir;
            agent.info.createdAtMs = row.live->startedAtMs;
            agent.info.updatedAtMs = std::max(row.live->startedAtMs, row.live->sinceMs);
            if (!row.live->continuesSessionId.isEmpty())
                agent.info.continuesId = idOf(row.kind, row.live->continuesSessionId);
        }
        if (agent.info.name.isEmpty())
            agent.info.name = agent.info.workingDir.section(QLatin1Char('/'), -1);
        if (agent.info.name.isEmpty())
            agent.info.name = QStringLiteral("session ") + row.nativePath.left(8);
        static const std::vector<RowSource> nothing;
        setDrivenFacts(row);
        setState(row, nothing, nowMs);
        return;
    }
    agent.info = buildInfo(row.kind, sources, m_ledger);
    agent.usage = buildUsage(row.kind, sources, m_ledger, index, m_catalogue, agent.info.compactions);
    if (m_words.size() > mostWords)
        m_words.clear();
    for (QString* text : {&agent.info.workingDir, &agent.info.gitBranch, &agent.info.model, &agent.info.role})
        *text = *m_words.insert(*text);
    for (ModelUsage& usage : agent.usage.byModel)
        usage.model = *m_words.insert(usage.model);
    setIdentity(row, sources, agent.usage, index);
    setDrivenFacts(row);
    setState(row, sources, nowMs);
}

void Fleet::setDrivenFacts(Row& row)
{
    if (!row.driven)
        return;
    const DrivenSession& driven = *row.driven;
    AgentInfo& info = row.built.info;
    info.name = driven.name;
    info.commands = driven.commands;
    if (info.workingDir.isEmpty())
        info.workingDir = driven.workingDir;
    if (info.model.isEmpty())
        info.model = driven.model;
    if (info.createdAtMs == 0)
        info.createdAtMs = driven.createdAtMs;
    if (info.updatedAtMs == 0)
        info.updatedAtMs = std::max(driven.createdAtMs, driven.sinceMs);
    Usage& usage = row.built.usage;
    if (driven.contextWindow) {
        usage.contextWindow = driven.contextWindow;
        usage.windowBasis = Basis::Reported;
    }
    if (driven.compactAtTokens) {
        usage.compactAtTokens = driven.compactAtTokens;
        usage.triggerBasis = Basis::Reported;
    }
}

void Fleet::setIdentity(Row& row, const std::vector<RowSource>& sources, Usage& usage, Ledger::Row index)
{
    AgentInfo& info = row.built.info;
    info.sessionId = row.nativePath;
    info.notes = buildNotes(sources, m_ledger, index, usage);
    info.parentId = row.parent;
    for (const RowSource& source : sources) {
        if (!source.facts->forkedFromSessionId.empty() && source.thread->agentId.empty())
            info.forkedFromId = idOf(row.kind, QString::fromStdString(source.facts->forkedFromSessionId));
    }
    info.continuesId = m_continues.value(row.id);
    if (row.live && row.live->nameGiven && !row.live->name.isEmpty())
        info.name = row.live->name;
    // The same process may also have gone back to an older session (/resume): that one continues nothing.
    if (row.live && !row.live->continuesSessionId.isEmpty() && info.createdAtMs >= row.live->startedAtMs) {
        info.continuesId = idOf(row.kind, row.live->continuesSessionId);
        m_continues.insert(row.id, info.continuesId);
    }
}

void Fleet::setState(Row& row, const std::vector<RowSource>& sources, qint64 nowMs)
{
    static const ThreadFacts nothing;
    StateInputs inputs;
    inputs.kind = row.kind;
    inputs.thread = sources.empty() ? &nothing : newestSource(sources).thread;
    inputs.isSubagent = !row.parent.isNull();
    inputs.tellsLife = sources.empty();
    inputs.nowMs = nowMs;
    if (row.live)
        inputs.live = LiveFacts{row.live->state, row.live->source, row.live->reason, row.live->sinceMs};
    if (row.runsHere())
        inputs.live =
            LiveFacts{row.driven->state, StateSource::Stream, row.driven->reason, row.driven->sinceMs};
    if (!sources.empty()) {
        const RowSource& newest = newestSource(sources);
        inputs.tellsLife = tellsLife(row.kind, newest.facts->clientVersion);
        inputs.logEnded = newest.facts->ended;
        inputs.finished = newest.thread->finished || (newest.meta && newest.meta->finished);
    }
    if (inputs.isSubagent) {
        const auto parent = m_rowById.constFind(row.parent);
        if (parent != m_rowById.constEnd())
            inputs.parentState = m_rows[*parent].built.state;
        if (row.live) // a thread of its own, as Codex has them, tells more than its parent
            inputs.isSubagent = false;
    }
    DecidedState decided = decideState(inputs);
    if (row.driven && !inputs.live) // how it ended nobody knows better
        decided = {row.driven->state, StateSource::Stream, row.driven->reason, row.driven->sinceMs, 0};
    row.built.state = decided.state;
    row.built.stateSource = decided.source;
    row.built.stateReason = decided.reason;
    row.built.stateSinceMs = decided.sinceMs;
    row.stateUntilMs = decided.validForMs > 0 ? nowMs + decided.validForMs : 0;
    if (decided.state == AgentState::Blocked && !inputs.thread->openTool.empty()) {
        row.built.info.summary = QStringLiteral("Asks: %1 %2")
                                     .arg(QString::fromStdString(inputs.thread->openTool),
                                          QString::fromStdString(oneLine(inputs.thread->openInput, 200)));
    }
}

void Fleet::recheckStates(qint64 nowMs)
{
    for (size_t i = 0; i < m_rows.size(); ++i) {
        if (m_rows[i].stateUntilMs > 0 && m_rows[i].stateUntilMs <= nowMs)
            markChanged(static_cast<Ledger::Row>(i));
    }
}

bool Fleet::mayTell(const Row& row) const
{
    if (row.told)
        return true;
    if (row.isHidden() || (row.places.empty() && !row.live && !row.driven))
        return false;
    return m_liveMode || row.live || row.driven || m_told < m_publishLimit;
}

Events Fleet::takeEvents(qint64 nowMs)
{
    for (const Ledger::Row row : m_ledger.takeChangedRows()) {
        if (row < m_rows.size())
            markChanged(row);
    }
    Events events = std::exchange(m_logged, {});
    // A child's state depends on its parent's: parents first, and children again when a parent's changed.
    std::vector<Ledger::Row> round = std::exchange(m_changed, {});
    while (!round.empty()) {
        std::stable_sort(round.begin(), round.end(), [this](Ledger::Row a, Ledger::Row b) {
            return m_rows[a].parent.isNull() && !m_rows[b].parent.isNull();
        });
        for (const Ledger::Row index : round) {
            Row& row = m_rows[index];
            row.changed = false;
            const Agent before = row.built;
            rebuild(row, index, nowMs);
            if (row.built.state != before.state)
                markChildren(row);
            if (mayTell(row))
                tell(row, before, nowMs, events);
        }
        round = std::exchange(m_changed, {});
    }
    dropUntold(events);
    events.append(std::exchange(m_rowsGone, {}));
    // Agents come before the lines that they printed in this round, parents before their children.
    std::stable_partition(events.begin(), events.end(),
                          [](const Event& event) { return std::holds_alternative<AgentAdded>(event.body); });
    tellFleet(nowMs, events);
    return events;
}

/// Lines of agents beyond the publish limit: nobody knows whose they are.
void Fleet::dropUntold(Events& events) const
{
    const auto isUntold = [this](const Event& event) { return !m_rows[m_rowById.value(event.agent)].told; };
    events.removeIf(isUntold);
}

void Fleet::tell(Row& row, const Agent& before, qint64 nowMs, Events& events)
{
    if (row.isHidden()) {
        row.told = false;
        --m_told;
        events.removeIf([&row](const Event& event) { return event.agent == row.id; });
        m_rowsGone.append({0, nowMs, row.id, AgentRemoved{}});
        return;
    }
    if (!row.told) {
        if (row.built.info.files.isEmpty() && !row.live && !row.driven)
            return; // nothing readable and nobody alive: not an agent yet
        row.told = true;
        ++m_told;
        for (const Compaction& compaction : row.built.info.compactions)
            row.toldCompactions.insert(compaction.atMs);
        events.append({0, nowMs, row.id, AgentAdded{row.built}});
    } else {
        tellChange(row, before, events);
    }
    tellPermission(row, nowMs, events);
}

void Fleet::tellChange(Row& row, const Agent& before, Events& events)
{
    const qint64 atMs = row.built.info.updatedAtMs;
    for (const Compaction& compaction : row.built.info.compactions) {
        if (row.toldCompactions.contains(compaction.atMs))
            continue;
        row.toldCompactions.insert(compaction.atMs);
        events.append({0, compaction.atMs, row.id, Compacted{compaction}});
    }
    if (before.usage != row.built.usage)
        events.append({0, atMs, row.id, UsageChanged{row.built.usage}});
    if (before.info != row.built.info)
        events.append({0, atMs, row.id, AgentChanged{row.built.info}});
    else
        row.built.info = before.info; // whoever was told of it shares its texts
    const bool stateDiffers = before.state != row.built.state ||
                              before.stateReason != row.built.stateReason ||
                              before.stateSource != row.built.stateSource;
    if (stateDiffers) {
        events.append({0, atMs, row.id,
                       StateChanged{row.built.state, row.built.stateSource, row.built.stateReason,
                                    row.built.stateSinceMs}});
    } else {
        row.built.stateSinceMs = before.stateSinceMs;
    }
}

void Fleet::tellPermission(Row& row, qint64 nowMs, Events& events)
{
    if (row.built.state != AgentState::Blocked || row.runsHere()) { // our own child asks by itself
        if (!row.permission.isEmpty())
            events.append({0, nowMs, row.id, PermissionAnswered{row.permission, QStringLiteral("gone")}});
        row.permission.clear();
        return;
    }
    const std::vector<RowSource> sources = sourcesOf(row);
    PermissionAsked asked;
    asked.requestId = row.nativePath + QLatin1Char('@') + QString::number(row.built.stateSinceMs);
    asked.workingDir = row.built.info.workingDir;
    if (!sources.empty()) {
        asked.tool = QString::fromStdString(newestSource(sources).thread->openTool);
        asked.input = QString::fromStdString(newestSource(sources).thread->openInput);
    }
    if (asked.input.isEmpty() && row.live)
        asked.input = row.live->needs;
    if (asked.tool == QLatin1String("ExitPlanMode"))
        asked.kind = PermissionKind::Plan;
    else if (row.built.stateReason == QLatin1String("input needed"))
        asked.kind = PermissionKind::Question;
    const QString input = asked.tool + QLatin1Char('\n') + asked.input;
    if (row.permission == asked.requestId && row.permissionInput == input)
        return;
    if (!row.permission.isEmpty() && row.permission != asked.requestId)
        events.append({0, nowMs, row.id, PermissionAnswered{row.permission, QStringLiteral("gone")}});
    row.permission = asked.requestId;
    row.permissionInput = input;
    events.append({0, nowMs, row.id, asked});
}

/// What concerns the whole fleet: spend and quotas.
void Fleet::tellFleet(qint64 nowMs, Events& events)
{
    if (std::exchange(m_spendChanged, false)) {
        SpendChanged spend{m_ledger.spendSince(nowMs - spendKeptMs)};
        if (spend != m_toldSpend) {
            m_toldSpend = spend;
            events.append({0, nowMs, {}, std::move(spend)});
        }
    }
    for (const LimitsChanged& limits : std::exchange(m_newLimits, {})) {
        if (limits.atMs == m_limits.value(int(limits.kind)).atMs)
            events.append({0, nowMs, {}, limits});
    }
}

int Fleet::unpublished() const
{
    return static_cast<int>(std::count_if(m_rows.begin(), m_rows.end(), [](const Row& row) {
        return !row.told && !row.isHidden() && !row.built.info.files.isEmpty();
    }));
}

int Fleet::publishOlder(int limit)
{
    std::vector<Ledger::Row> waiting;
    for (size_t i = 0; i < m_rows.size(); ++i) {
        if (!m_rows[i].told && !m_rows[i].isHidden() && !m_rows[i].built.info.files.isEmpty())
            waiting.push_back(static_cast<Ledger::Row>(i));
    }
    std::sort(waiting.begin(), waiting.end(), [this](Ledger::Row a, Ledger::Row b) {
        return m_rows[a].built.info.updatedAtMs > m_rows[b].built.info.updatedAtMs;
    });
    const int count = std::min(limit, static_cast<int>(waiting.size()));
    m_publishLimit = std::max(m_publishLimit, m_told + count);
    for (int i = 0; i < count; ++i)
        markChanged(waiting[size_t(i)]);
    return count;
}

QList<Agent> Fleet::agents(qint64 nowMs)
{
    const Events events = takeEvents(nowMs);
    Q_UNUSED(events)
    QList<Agent> agents;
    for (const Row& row : m_rows) {
        if (!row.isHidden() && (!row.built.info.files.isEmpty() || row.live || row.driven))
            agents.append(row.built);
    }
    std::sort(agents.begin(), agents.end(), [](const Agent& a, const Agent& b) {
        if (a.info.kind != b.info.kind)
            return a.info.kind < b.info.kind;
        return a.info.sessionId < b.info.sessionId;
    });
    return agents;
}

std::vector<Fleet::Place> Fleet::placesOf(const AgentId& id) const
{
    const auto row = m_rowById.constFind(id);
    if (row == m_rowById.constEnd())
        return {};
    std::vector<Place> places = m_rows[*row].places;
    std::stable_sort(places.begin(), places.end(), [this](const Place& a, const Place& b) {
        return m_files[a.file]->reader->facts().lastAtMs < m_files[b.file]->reader->facts().lastAtMs;
    });
    return places;
}

std::vector<std::pair<int64_t, int64_t>> Fleet::pointsOf(const AgentId& id) const
{
    const auto row = m_rowById.constFind(id);
    if (row == m_rowById.constEnd())
        return {};
    std::vector<std::pair<int64_t, int64_t>> points;
    // Codex counts what came out as part of the window at once, Claude with the next request (CODEX.md §5).
    const bool withOutput = m_rows[*row].kind == AgentKind::Codex;
    for (const Ledger::Sample& sample : m_ledger.samples(*row))
        points.emplace_back(sample.atMs, sample.tokens.prompt() + (withOutput ? sample.tokens.output : 0));
    for (const Compaction& compaction : m_rows[*row].built.info.compactions) {
        if (compaction.afterTokens)
            points.emplace_back(compaction.atMs, *compaction.afterTokens);
    }
    return points;
}

QString Fleet::titleOf(const AgentId& id) const
{
    const auto row = m_rowById.constFind(id);
    return row == m_rowById.constEnd()
               ? id.toString()
               : QStringLiteral("%1 (%2)").arg(m_rows[*row].built.info.name, id.toString());
}

qint64 Fleet::badLines() const
{
    qint64 sum = 0;
    for (const auto& file : m_files)
        sum += file->reader->facts().badLines;
    return sum;
}

} // namespace plimsoll
