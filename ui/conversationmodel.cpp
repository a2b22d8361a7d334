// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/conversationmodel.h"

#include "models/format.h"
#include "models/names.h"

#include <QDateTime>
#include <QJsonArray>
#include <QJsonObject>

#include <algorithm>

namespace plimsoll {

namespace {

constexpr int maxRows = 20'000;
constexpr int forgetRows = 1'000;
constexpr qsizetype maxLiveChars = 12'000;
constexpr qint64 newHeadAfterMs = 10 * 60 * 1000;

size_t placeHash(const Logged& log)
{
    return qHashMulti(0, log.file, log.offset, log.block);
}

bool hasPlace(const Logged& log)
{
    return !log.file.isEmpty() && log.offset >= 0;
}

QString spokenKind(const Logged& log)
{
    switch (log.kind) {
    case LogKind::ToolUse: return QStringLiteral("tool %1").arg(log.tool);
    case LogKind::ToolResult: return QStringLiteral("tool result");
    case LogKind::Thinking: return QStringLiteral("thinking");
    case LogKind::Error: return QStringLiteral("error");
    case LogKind::Prompt:
    case LogKind::Text:
    case LogKind::Result:
    case LogKind::System: break;
    }
    return {};
}

} // namespace

QList<ConversationItem> conversationItems(const QJsonArray& items)
{
    QList<ConversationItem> out;
    out.reserve(items.size());
    for (const auto& value : items) {
        const QJsonObject object = value.toObject();
        if (object.isEmpty())
            continue;
        ConversationItem item;
        item.atMs = object.value(QLatin1String("at")).toInteger();
        item.log.kind = logKindFromName(object.value(QLatin1String("kind")).toString());
        item.log.text = object.value(QLatin1String("text")).toString();
        item.log.tool = object.value(QLatin1String("tool")).toString();
        item.log.truncated = object.value(QLatin1String("truncated")).toBool();
        item.log.file = object.value(QLatin1String("file")).toString();
        item.log.offset = object.value(QLatin1String("offset")).toInteger(-1);
        item.log.block = object.value(QLatin1String("block")).toInt();
        out.append(item);
    }
    return out;
}

ConversationModel::ConversationModel(QObject* parent)
    : QAbstractListModel(parent)
{
}

int ConversationModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(m_rows.size());
}

QVariant ConversationModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const Row& row = m_rows.at(index.row());
    const Logged& log = row.item.log;
    switch (role) {
    case Qt::DisplayRole:
    case TextRole: return log.text;
    case AtRole: return row.item.atMs;
    case LogKindRole: return int(log.kind);
    case ToolRole: return log.tool;
    case TruncatedRole: return log.truncated;
    case ExpandedRole: return row.expanded;
    case HeadRole: return head(index.row());
    case SerialRole: return row.serial;
    case LiveRole: return m_live && index.row() == int(m_rows.size()) - 1;
    case Qt::ToolTipRole: return exactTime(row.item.atMs);
    case Qt::AccessibleTextRole: {
        QStringList parts{speaker(log), spokenKind(log),
                          moment(row.item.atMs, QDateTime::currentMSecsSinceEpoch())};
        parts.removeAll(QString());
        return parts.join(QStringLiteral(", ")) + QStringLiteral(": ") + log.text.left(500);
    }
    default: return {};
    }
}

void ConversationModel::clear()
{
    beginResetModel();
    m_rows.clear();
    m_known.clear();
    m_live = false;
    endResetModel();
}

void ConversationModel::setAgentName(const QString& name)
{
    if (m_agentName == name)
        return;
    m_agentName = name;
    if (!m_rows.isEmpty())
        emit dataChanged(index(0), index(int(m_rows.size()) - 1), {HeadRole, Qt::AccessibleTextRole});
}

void ConversationModel::prepend(const QList<ConversationItem>& items)
{
    const QList<Row> rows = newRows(items);
    if (rows.isEmpty())
        return;
    beginInsertRows({}, 0, int(rows.size()) - 1);
    m_rows = rows + m_rows;
    endInsertRows();
    // What was first may have lost its head to the page above it.
    if (rows.size() < m_rows.size()) {
        const QModelIndex seam = index(int(rows.size()));
        emit dataChanged(seam, seam, {HeadRole});
    }
}

void ConversationModel::append(const QList<ConversationItem>& items)
{
    const auto isOf = [&items](std::initializer_list<LogKind> kinds) {
        return std::any_of(items.begin(), items.end(), [&kinds](const ConversationItem& item) {
            return std::find(kinds.begin(), kinds.end(), item.log.kind) != kinds.end();
        });
    };
    // Also where a page has brought it already: then it stands above, once.
    const bool wasLive = m_live;
    if (m_live && isOf({LogKind::Text, LogKind::Prompt, LogKind::Error}))
        endLive();
    QList<Row> rows = newRows(items);
    if (rows.isEmpty())
        return;
    const auto said = std::find_if(rows.begin(), rows.end(),
                                   [](const Row& row) { return row.item.log.kind == LogKind::Text; });
    if (wasLive && said != rows.end())
        said->expanded = true; // it was read as a whole
    const int end = int(m_rows.size()) - (m_live ? 1 : 0);
    beginInsertRows({}, end, end + int(rows.size()) - 1);
    for (qsizetype i = 0; i < rows.size(); ++i)
        m_rows.insert(end + i, std::move(rows[i]));
    endInsertRows();
    forgetOldest();
}

void ConversationModel::stream(const QString& chunk, bool last, qint64 atMs)
{
    if (m_live && m_liveOver && !chunk.isEmpty())
        endLive(); // another text has begun before the log told the one before
    if (!m_live && !chunk.isEmpty()) {
        Row row;
        row.item.atMs = atMs;
        row.item.log.kind = LogKind::Text;
        row.serial = m_nextSerial++;
        row.expanded = true;
        beginInsertRows({}, int(m_rows.size()), int(m_rows.size()));
        m_rows.append(row);
        m_live = true;
        endInsertRows();
    }
    if (!m_live)
        return;
    m_liveOver = last;
    QString& text = m_rows.last().item.log.text;
    text += chunk;
    if (text.size() > maxLiveChars) // cut in the middle of a line it would begin with half a mark
        text =
            text.mid(text.indexOf(QLatin1Char('\n'), text.size() - maxLiveChars / 2) + 1).right(maxLiveChars);
    const QModelIndex row = index(int(m_rows.size()) - 1);
    emit dataChanged(row, row, {Qt::DisplayRole, TextRole, Qt::AccessibleTextRole});
}

void ConversationModel::endLive()
{
    const int row = int(m_rows.size()) - 1;
    beginRemoveRows({}, row, row);
    m_rows.removeLast();
    m_live = false;
    endRemoveRows();
}

void ConversationModel::setExpanded(int row, bool expanded)
{
    if (row < 0 || row >= m_rows.size() || m_rows.at(row).expanded == expanded)
        return;
    m_rows[row].expanded = expanded;
    emit dataChanged(index(row), index(row), {ExpandedRole});
}

QList<ConversationModel::Row> ConversationModel::newRows(const QList<ConversationItem>& items)
{
    QList<Row> rows;
    rows.reserve(items.size());
    for (const ConversationItem& item : items) {
        if (hasPlace(item.log)) {
            const size_t place = placeHash(item.log);
            if (m_known.contains(place))
                continue;
            m_known.insert(place);
        }
        rows.append({item, m_nextSerial++, false});
    }
    return rows;
}

QString ConversationModel::speaker(const Logged& log) const
{
    switch (log.kind) {
    case LogKind::Prompt: return QStringLiteral("You");
    case LogKind::System: return QStringLiteral("System");
    case LogKind::Text:
    case LogKind::Thinking:
    case LogKind::ToolUse:
    case LogKind::ToolResult:
    case LogKind::Error:
    case LogKind::Result: break;
    }
    return m_agentName;
}

QString ConversationModel::head(int row) const
{
    const ConversationItem& item = m_rows.at(row).item;
    if (row > 0) {
        const ConversationItem& above = m_rows.at(row - 1).item;
        const bool same = speaker(above.log) == speaker(item.log) && item.log.kind != LogKind::Prompt;
        if (same && item.atMs - above.atMs < newHeadAfterMs)
            return {};
    }
    return speaker(item.log);
}

void ConversationModel::forgetOldest()
{
    if (m_rows.size() <= maxRows)
        return;
    const int count = int(m_rows.size()) - maxRows + forgetRows;
    beginRemoveRows({}, 0, count - 1);
    for (int i = 0; i < count; ++i)
        m_known.remove(placeHash(m_rows.at(i).item.log));
    m_rows.remove(0, count);
    endRemoveRows();
    emit dataChanged(index(0), index(0), {HeadRole});
}

} // namespace plimsoll
