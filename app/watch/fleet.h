// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/agents/claude/claudepaths.h"
#include "app/agents/kinds.h"
#include "app/agents/linesplitter.h"
#include "app/watch/drivensession.h"
#include "app/watch/ledger.h"
#include "app/watch/livesession.h"
#include "app/watch/rowbuilder.h"
#include "app/watch/rowstate.h"
#include "app/watch/safefile.h"
#include "models/event.h"

#include <QHash>
#include <QSet>

#include <deque>
#include <memory>
#include <vector>

namespace plimsoll {

/// One log file as the fleet keeps it between two reads.
struct LogFile
{
    AgentKind kind = AgentKind::Other;
    LogRole role;
    QByteArray root;     ///< absolute
    QByteArray relative; ///< below the root
    QString path;        ///< absolute, for people and events
    std::unique_ptr<LogReader> reader;
    LineSplitter::Position position;
    FileIdentity identity;
    ReadMark mark;        ///< what stood before `position`
    qint64 sizeBytes = 0; ///< when it was last read
    qint64 mtimeMs = 0;
    bool gone = false; ///< the file is not there any more; what it told is kept
    SubagentMeta meta;
    Ledger::File ledgerFile = 0;
    std::vector<Ledger::Row> rows; ///< by thread
};

/// What one run of reading found in one file, beyond what its reader keeps.
struct ReadBatch
{
    std::vector<Response> responses;
    std::vector<LogItem> items;
};

/// All agents that logs and registries tell of: joins files to rows, counts through the Ledger, decides
/// states and says what has changed as events. Reads no file and watches nothing. Belongs to the watch
/// thread.
class Fleet
{
public:
    /// \param home absolute path of the home folder; it is part of each agent's id
    Fleet(const Catalogue& catalogue, QString home);

    /// Takes a file in; the answer is its index. Its reader may have read already.
    [[nodiscard]] size_t addFile(LogFile file);
    [[nodiscard]] LogFile& file(size_t index) { return *m_files[index]; }
    [[nodiscard]] const LogFile& file(size_t index) const { return *m_files[index]; }
    [[nodiscard]] size_t fileCount() const { return m_files.size(); }

    /// The file began anew (its reader was restarted): its threads will be joined to rows again.
    void restartFile(size_t index);
    /// The file's reader has read and settled; counts what it found. Log items become events.
    void absorb(size_t index, const ReadBatch& batch);
    void setMeta(size_t index, const SubagentMeta& meta);
    /// The file has vanished, or come back.
    void setGone(size_t index, bool gone);
    /// What no log tells: which agents go on from which others, as earlier runs saw it.
    void setContinues(QHash<AgentId, AgentId> continues) { m_continues = std::move(continues); }
    void setLive(const LiveSession& session);
    /// A session that runs, or ran, as our own child. What it says of itself counts more than a registry.
    void setDriven(const DrivenSession& session);

    /// How many agents may be told of before somebody asks for more (live ones always are).
    void setPublishLimit(int agents) { m_publishLimit = agents; }
    /// From now on every row that changes is told of.
    void setLiveMode() { m_liveMode = true; }
    /// Tells of `limit` more agents, the newest of those not told of yet. Returns how many.
    int publishOlder(int limit);
    [[nodiscard]] int unpublished() const;

    /// What has changed since the last call, ready for the Recorder. What was printed comes before what
    /// counts it. \param nowMs ms UTC
    [[nodiscard]] Events takeEvents(qint64 nowMs);

    /// Looks again at states that change by time alone. \param nowMs ms UTC
    void recheckStates(qint64 nowMs);

    /// Every agent, told of or not, by id of session.
    [[nodiscard]] QList<Agent> agents(qint64 nowMs);

    /// Files and threads that tell of an agent, newest last; for history and curves.
    struct Place
    {
        size_t file = 0;
        uint32_t thread = 0;
    };
    [[nodiscard]] std::vector<Place> placesOf(const AgentId& id) const;

    /// Fill of an agent's window after each response that was counted for it and each compaction, by what is
    /// kept of its logs: ms UTC, tokens; in no order. For logs that are gone.
    [[nodiscard]] std::vector<std::pair<int64_t, int64_t>> pointsOf(const AgentId& id) const;

    /// Name and id of an agent, for log lines.
    [[nodiscard]] QString titleOf(const AgentId& id) const;

    /// Sums of all readers: lines that could not be read.
    [[nodiscard]] qint64 badLines() const;

private:
    struct Row
    {
        AgentId id;
        AgentKind kind = AgentKind::Other;
        QString nativePath; ///< `session` or `session/agent`
        AgentId parent;     ///< null = none
        std::vector<Place> places;
        Agent built; ///< as the facts said when they changed last; between two rounds also as last told
        std::unique_ptr<LiveSession> live;     ///< of few
        std::unique_ptr<DrivenSession> driven; ///< of those that we have started
        qint64 stateUntilMs = 0;               ///< its state may change at this time by itself; 0 = not
        QString permission;                    ///< id of the request that is open, empty = none
        QString permissionInput;               ///< tool and input as last told
        QSet<qint64> toldCompactions;          ///< ms UTC of those that were told
        bool changed = false;
        bool told = false;

        [[nodiscard]] bool runsHere() const { return driven && driven->running; }
        [[nodiscard]] bool isHidden() const { return driven && driven->hidden; }
    };

    [[nodiscard]] Ledger::Row rowFor(AgentKind kind, const QString& nativePath);
    void joinThreads(size_t index);
    void markChanged(Ledger::Row row);
    void markChildren(const Row& row);
    void rebuild(Row& row, Ledger::Row index, qint64 nowMs);
    void setIdentity(Row& row, const std::vector<RowSource>& sources, Usage& usage, Ledger::Row index);
    void setState(Row& row, const std::vector<RowSource>& sources, qint64 nowMs);
    static void setDrivenFacts(Row& row);
    [[nodiscard]] std::vector<RowSource> sourcesOf(const Row& row) const;
    [[nodiscard]] bool hasMoved(const Row& row, const LogFile& gone) const;
    [[nodiscard]] bool mayTell(const Row& row) const;
    void dropUntold(Events& events) const;
    void tell(Row& row, const Agent& before, qint64 nowMs, Events& events);
    void tellChange(Row& row, const Agent& before, Events& events);
    void tellPermission(Row& row, qint64 nowMs, Events& events);
    void tellFleet(qint64 nowMs, Events& events);
    [[nodiscard]] AgentId idOf(AgentKind kind, const QString& nativePath) const;

    const Catalogue& m_catalogue;
    const QString m_home;
    Ledger m_ledger;
    std::vector<std::unique_ptr<LogFile>> m_files;
    std::deque<Row> m_rows; ///< large values, never moved
    QHash<AgentId, Ledger::Row> m_rowById;
    QHash<AgentId, AgentId> m_continues;
    QHash<AgentId, QList<Ledger::Row>> m_children; ///< by parent
    QSet<QString> m_words; ///< that many rows say alike: folders, branches, models, roles
    std::vector<Ledger::Row> m_changed;
    Events m_logged;   ///< of this round
    Events m_rowsGone; ///< of this round
    int m_publishLimit = 1000;
    int m_told = 0;
    bool m_liveMode = false;
    SpendChanged m_toldSpend;
    QHash<int, LimitsChanged> m_limits; ///< by kind
    QList<LimitsChanged> m_newLimits;
    bool m_spendChanged = false;
};

} // namespace plimsoll
