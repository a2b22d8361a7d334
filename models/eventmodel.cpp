// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/eventmodel.h"

#include "models/agentmodel.h"
#include "models/format.h"

#include <QDateTime>
#include <QMetaEnum>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace plimsoll {

namespace {

using Tag = EventModel::Tag;

constexpr std::array<const char*, 10> tagNames{"permission", "tool",   "usage", "text",   "thinking",
                                               "compaction", "result", "error", "prompt", "state"};

/// A usage row that has stood for so long is history: the next number begins a new one.
constexpr qint64 usageRunMs = 60'000;
/// Names of tools that would make a line of nothing else.
constexpr qsizetype maxToolName = 60;

Tag tagOf(LogKind kind)
{
    switch (kind) {
    case LogKind::Prompt: return Tag::Prompt;
    case LogKind::Text: return Tag::Text;
    case LogKind::Thinking: return Tag::Thinking;
    case LogKind::ToolUse:
    case LogKind::ToolResult: return Tag::Tool;
    case LogKind::Error: return Tag::Error;
    case LogKind::Result: return Tag::Result;
    case LogKind::System: break;
    }
    return Tag::State;
}

QString tagText(Tag tag)
{
    return QString::fromLatin1(tagNames.at(size_t(tag)));
}

QString outcomeText(const QString& outcome)
{
    if (outcome == QLatin1String("gone"))
        return QStringLiteral("Request withdrawn: the agent went on or ended");
    return QStringLiteral("Request ") + outcome;
}

QString compactionText(const Compaction& compaction)
{
    QString text = QStringLiteral("context %1 → %2")
                       .arg(tokens(compaction.beforeTokens), tokens(compaction.afterTokens));
    if (compaction.beforeTokens && compaction.afterTokens &&
        *compaction.beforeTokens > *compaction.afterTokens)
        text += QStringLiteral(" freed ") + tokens(*compaction.beforeTokens - *compaction.afterTokens);
    if (!compaction.trigger.isEmpty())
        text += QStringLiteral(" (%1)").arg(compaction.trigger);
    return text;
}

QString alertText(const AlertRaised& alert)
{
    const QString percent = QString::number(qRound(std::clamp(alert.fraction, 0.0, 1e6) * 100));
    if (alert.level == FillLevel::Calm)
        return QStringLiteral("context back at %1% of its limit").arg(percent);
    return QStringLiteral("context at %1% of its limit").arg(percent);
}

} // namespace

EventModel::EventModel(int capacity, QObject* parent)
    : QAbstractTableModel(parent)
    , m_capacity(std::max(1, capacity))
{
}

int EventModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(m_rows.size());
}

int EventModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(ColumnCount);
}

QVariant EventModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const Row& row = m_rows.at(size_t(index.row()));
    switch (role) {
    case Qt::DisplayRole: return columnText(row, index.column());
    case Qt::ToolTipRole: return index.column() == TimeColumn ? exactTime(row.atMs) : QString();
    case Qt::AccessibleTextRole:
        return QStringLiteral("%1, %2, %3, %4")
            .arg(moment(row.atMs, QDateTime::currentMSecsSinceEpoch()), m_names.value(row.agent),
                 tagText(row.tag), lineOf(row));
    case AtRole: return row.atMs;
    case AgentRole: return QVariant::fromValue(row.agent);
    case AgentNameRole: return m_names.value(row.agent);
    case TagRole: return tagText(row.tag);
    case TextRole: return lineOf(row);
    case WholeTextRole: return row.text;
    case TruncatedRole: return row.truncated;
    case FileRole: return row.file;
    case OffsetRole: return row.offset;
    case BlockRole: return row.block;
    default: return {};
    }
}

QString EventModel::columnText(const Row& row, int column) const
{
    switch (column) {
    case TimeColumn: return moment(row.atMs, QDateTime::currentMSecsSinceEpoch());
    case AgentColumn: return plain(m_names.value(row.agent));
    case KindColumn: return tagText(row.tag);
    default: return lineOf(row);
    }
}

QVariant EventModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case TimeColumn: return QStringLiteral("Time");
    case AgentColumn: return QStringLiteral("Agent");
    case KindColumn: return QStringLiteral("Kind");
    case TextColumn: return QStringLiteral("Text");
    default: return {};
    }
}

QHash<int, QByteArray> EventModel::roleNames() const
{
    QHash<int, QByteArray> names = QAbstractTableModel::roleNames();
    names.insert(Qt::AccessibleTextRole, QByteArrayLiteral("accessibleText"));
    const auto roles = QMetaEnum::fromType<Role>();
    for (int i = 0; i < roles.keyCount(); ++i) {
        QByteArray name = QByteArray(roles.key(i)).chopped(4);
        name[0] = char(std::tolower(static_cast<unsigned char>(name.at(0))));
        names.insert(roles.value(i), name);
    }
    return names;
}

QStringList EventModel::tags()
{
    QStringList list;
    for (const char* name : tagNames)
        list << QString::fromLatin1(name);
    return list;
}

const AgentId& EventModel::agentAt(int row) const
{
    return m_rows.at(size_t(row)).agent;
}

QString EventModel::tagAt(int row) const
{
    return tagText(m_rows.at(size_t(row)).tag);
}

QString EventModel::searchTextAt(int row) const
{
    const Row& entry = m_rows.at(size_t(row));
    return m_names.value(entry.agent) + QLatin1Char(' ') + entry.tool + QLatin1Char(' ') + entry.text;
}

/// Made when it is asked for: only rows on screen are.
QString EventModel::lineOf(const Row& row)
{
    QString line = plain(row.tool.left(maxToolName));
    if (row.arrow)
        line += line.isEmpty() ? QStringLiteral("→") : QStringLiteral(" →");
    const QString text = oneLine(row.text);
    if (!line.isEmpty() && !text.isEmpty())
        line += QLatin1Char(' ');
    return line + text;
}

void EventModel::apply(const Events& events, const AgentModel& agents)
{
    for (const Event& event : events)
        note(event, agents);
    flush();
}

void EventModel::note(const Event& event, const AgentModel& agents)
{
    const auto* const added = std::get_if<AgentAdded>(&event.body);
    if (added) {
        noteName(added->agent.id, added->agent.info.name);
        m_numbers.insert(added->agent.id, {added->agent.usage.contextTokens, added->agent.usage.costPico});
        return;
    }
    if (const auto* changed = std::get_if<AgentChanged>(&event.body)) {
        noteName(event.agent, changed->info.name);
        return;
    }
    if (!event.agent.isNull() && !m_names.contains(event.agent)) {
        if (const Agent* agent = agents.agent(event.agent))
            m_names.insert(event.agent, agent->info.name);
    }
    Row row;
    row.atMs = event.atMs;
    row.agent = event.agent;
    if (const auto* usage = std::get_if<UsageChanged>(&event.body)) {
        noteUsage(event, usage->usage);
        return;
    }
    if (const auto* logged = std::get_if<Logged>(&event.body)) {
        row.tag = tagOf(logged->kind);
        row.arrow = logged->kind == LogKind::ToolResult;
        row.tool = logged->tool;
        row.text = logged->text;
        row.truncated = logged->truncated;
        row.file = logged->file;
        row.offset = logged->offset;
        row.block = logged->block;
    } else if (const auto* state = std::get_if<StateChanged>(&event.body)) {
        row.text = stateLabel(state->state);
        if (!state->reason.isEmpty())
            row.text += QStringLiteral(" · ") + state->reason;
    } else if (const auto* compacted = std::get_if<Compacted>(&event.body)) {
        row.tag = Tag::Compaction;
        row.text = compactionText(compacted->compaction);
    } else if (const auto* asked = std::get_if<PermissionAsked>(&event.body)) {
        row.tag = Tag::Permission;
        row.tool = asked->tool;
        row.text = asked->input;
    } else if (const auto* answered = std::get_if<PermissionAnswered>(&event.body)) {
        row.tag = Tag::Permission;
        row.text = outcomeText(answered->outcome);
    } else if (const auto* alert = std::get_if<AlertRaised>(&event.body)) {
        row.text = alertText(*alert);
    } else {
        return; // limits, spend, streamed text and removal have their own places in the window
    }
    m_runs.remove(event.agent);
    m_incoming.push_back(std::move(row));
}

void EventModel::noteName(const AgentId& id, const QString& name)
{
    QString& known = m_names[id];
    if (known == name)
        return;
    m_namesChanged = m_namesChanged || !known.isEmpty();
    known = name;
}

void EventModel::noteUsage(const Event& event, const Usage& usage)
{
    const Numbers now{usage.contextTokens, usage.costPico};
    const Numbers before = std::exchange(m_numbers[event.agent], now);
    if (before.contextTokens == now.contextTokens && before.costPico == now.costPico)
        return;
    const quint64 nextSerial = m_firstSerial + m_rows.size() + m_incoming.size();
    auto run = m_runs.find(event.agent);
    const bool begins =
        run == m_runs.end() || run->serial < m_firstSerial || event.atMs - run->atMs > usageRunMs;
    if (begins)
        run = m_runs.insert(event.agent, {nextSerial, event.atMs, before});

    QString text = QStringLiteral("context ");
    const QString fill = tokens(now.contextTokens);
    if (const QString start = tokens(run->before.contextTokens); run->before.contextTokens && start != fill)
        text += start + QStringLiteral(" → ");
    text += fill;
    if (const QString step = costStep(run->before.costPico, now.costPico); !step.isEmpty())
        text += QStringLiteral(" · ") + step;

    if (begins) {
        Row row;
        row.atMs = event.atMs;
        row.agent = event.agent;
        row.tag = Tag::Usage;
        row.text = text;
        m_incoming.push_back(std::move(row));
        return;
    }
    const quint64 place = run->serial - m_firstSerial;
    if (place >= m_rows.size()) {
        m_incoming.at(place - m_rows.size()).text = text;
        return;
    }
    Row& row = m_rows.at(place);
    if (row.text != text) {
        row.text = text;
        m_changedSerials.insert(run->serial);
    }
}

void EventModel::flush()
{
    emitUsageRows();
    const auto capacity = size_t(m_capacity);
    // The oldest go in slices, so that a full ring does not move with every frame.
    if (m_rows.size() + m_incoming.size() > capacity) {
        const size_t excess = m_rows.size() + m_incoming.size() - capacity;
        const size_t gone = std::min(m_rows.size(), std::max(excess, capacity / 16));
        if (gone > 0) {
            beginRemoveRows({}, 0, int(gone) - 1);
            m_rows.erase(m_rows.begin(), m_rows.begin() + std::ptrdiff_t(gone));
            m_firstSerial += gone;
            endRemoveRows();
        }
    }
    if (!m_incoming.empty()) {
        const size_t skipped = m_incoming.size() > capacity ? m_incoming.size() - capacity : 0;
        const auto first = int(m_rows.size());
        m_firstSerial += skipped; // these have never been seen; the ring is empty then
        beginInsertRows({}, first, first + int(m_incoming.size() - skipped) - 1);
        m_rows.insert(m_rows.end(), std::make_move_iterator(m_incoming.begin() + std::ptrdiff_t(skipped)),
                      std::make_move_iterator(m_incoming.end()));
        m_incoming.clear();
        endInsertRows();
    }
    if (std::exchange(m_namesChanged, false) && !m_rows.empty()) {
        emit dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1),
                         {Qt::DisplayRole, Qt::AccessibleTextRole, AgentNameRole});
    }
}

void EventModel::emitUsageRows()
{
    if (m_changedSerials.isEmpty())
        return;
    QList<quint64> serials = m_changedSerials.values();
    m_changedSerials.clear();
    std::sort(serials.begin(), serials.end());
    for (qsizetype first = 0; first < serials.size();) {
        qsizetype last = first;
        while (last + 1 < serials.size() && serials.at(last + 1) == serials.at(last) + 1)
            ++last;
        emit dataChanged(index(int(serials.at(first) - m_firstSerial), 0),
                         index(int(serials.at(last) - m_firstSerial), ColumnCount - 1),
                         {Qt::DisplayRole, Qt::AccessibleTextRole, TextRole, WholeTextRole});
        first = last + 1;
    }
}

void EventModel::clear()
{
    beginResetModel();
    m_firstSerial += m_rows.size();
    m_rows.clear();
    m_names.clear();
    m_numbers.clear();
    m_runs.clear();
    endResetModel();
}

} // namespace plimsoll
