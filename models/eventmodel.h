// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/event.h"

#include <QAbstractTableModel>
#include <QHash>
#include <QSet>

#include <deque>
#include <vector>

namespace plimsoll {

class AgentModel;

/// The stream of events as a ring: oldest row first, the oldest fall out in slices. Does not filter or turn
/// around (EventProxy does) and loads no text. GUI thread. Usage events of one agent with nothing else of
/// that agent between them share one row, which is changed in place.
class EventModel : public QAbstractTableModel
{
    Q_OBJECT

public:
    enum Column { TimeColumn, AgentColumn, KindColumn, TextColumn, ColumnCount };

    /// Every column answers every role; DisplayRole is the column's own text.
    enum Role {
        AtRole = Qt::UserRole + 1, ///< ms UTC
        AgentRole,                 ///< AgentId
        AgentNameRole,
        TagRole,       ///< one of tags()
        TextRole,      ///< one line, plain
        WholeTextRole, ///< as the event carries it, at most 8 KiB; foreign
        TruncatedRole, ///< bool: there is more at FileRole, OffsetRole, BlockRole
        FileRole,      ///< absolute path, may be empty
        OffsetRole,    ///< bytes, -1 = none
        BlockRole,
    };
    Q_ENUM(Role)

    static constexpr int defaultCapacity = 10'000;

    explicit EventModel(int capacity = defaultCapacity, QObject* parent = nullptr);

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
    [[nodiscard]] QHash<int, QByteArray> roleNames() const override;

    /// "permission", "tool", "usage", "text", "thinking", "compaction", "result", "error", "prompt", "state"
    [[nodiscard]] static QStringList tags();

    // For the proxy, which asks for thousands of rows at once.
    [[nodiscard]] const AgentId& agentAt(int row) const;
    [[nodiscard]] QString tagAt(int row) const;
    [[nodiscard]] QString searchTextAt(int row) const; ///< agent's name, tool and whole text

    /// \param agents gives names of agents that have not been met in events
    void apply(const Events& events, const AgentModel& agents);
    void clear();

    /// In the order of tags().
    enum class Tag : quint8 {
        Permission,
        Tool,
        Usage,
        Text,
        Thinking,
        Compaction,
        Result,
        Error,
        Prompt,
        State
    };

private:
    struct Row
    {
        qint64 atMs = 0;
        AgentId agent;
        Tag tag = Tag::State;
        bool arrow = false; ///< what came back from a tool
        bool truncated = false;
        int block = 0;
        qint64 offset = -1;
        QString tool;
        QString text; ///< foreign, whole
        QString file;
    };

    void note(const Event& event, const AgentModel& agents);
    void noteName(const AgentId& id, const QString& name);
    void noteUsage(const Event& event, const Usage& usage);
    void flush();
    void emitUsageRows();
    [[nodiscard]] static QString lineOf(const Row& row);
    [[nodiscard]] QString columnText(const Row& row, int column) const;

    struct Numbers
    {
        Count contextTokens;
        Count costPico;
    };
    struct UsageRun
    {
        quint64 serial = 0; ///< of its row
        qint64 atMs = 0;    ///< ms UTC when it began
        Numbers before;
    };

    const int m_capacity;
    std::deque<Row> m_rows;
    std::vector<Row> m_incoming; ///< not yet inserted: will stand behind m_rows
    quint64 m_firstSerial = 0;   ///< of m_rows.front(); rows are numbered as they come
    QHash<AgentId, QString> m_names;
    QHash<AgentId, Numbers> m_numbers;
    QHash<AgentId, UsageRun> m_runs;
    QSet<quint64> m_changedSerials;
    bool m_namesChanged = false;
};

} // namespace plimsoll
