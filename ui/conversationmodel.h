// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/event.h"

#include <QAbstractListModel>
#include <QSet>

class QJsonArray;

namespace plimsoll {

/// One thing said or done in a conversation.
struct ConversationItem
{
    qint64 atMs = 0; ///< ms UTC
    Logged log;
    bool operator==(const ConversationItem&) const = default;
};

/// The items of a "history" reply of a Host; what does not fit is skipped.
[[nodiscard]] QList<ConversationItem> conversationItems(const QJsonArray& items);

/// One agent's conversation, oldest first: pages read from its log, and live lines behind them. An item that
/// came both ways stands once. Holds at most 20,000 items and forgets the oldest. Does not ask anybody for
/// anything. GUI thread.
class ConversationModel : public QAbstractListModel
{
    Q_OBJECT

public:
    enum Role {
        AtRole = Qt::UserRole + 1, ///< ms UTC
        LogKindRole,               ///< LogKind as int
        ToolRole,                  ///< name of the tool
        TextRole,                  ///< plain text
        TruncatedRole,             ///< bool: the text is longer than what is here
        ExpandedRole,              ///< bool
        HeadRole,                  ///< text of the head above the item, empty = none
        SerialRole,                ///< quint64, unique in the model
        LiveRole,                  ///< bool: is being said now
    };

    explicit ConversationModel(QObject* parent = nullptr);

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] const ConversationItem& at(int row) const { return m_rows.at(row).item; }

    void clear();
    void setAgentName(const QString& name);
    void prepend(const QList<ConversationItem>& items);
    void append(const QList<ConversationItem>& items);
    void setExpanded(int row, bool expanded);

    /// What is being said now: a row behind all others, until it stands in the log. Of a long text its end.
    /// \param last nothing more comes of it
    void stream(const QString& chunk, bool last, qint64 atMs);
    [[nodiscard]] bool isStreaming() const { return m_live; }

private:
    struct Row
    {
        ConversationItem item;
        quint64 serial = 0;
        bool expanded = false;
    };

    [[nodiscard]] QList<Row> newRows(const QList<ConversationItem>& items);
    [[nodiscard]] QString speaker(const Logged& log) const;
    [[nodiscard]] QString head(int row) const;
    void forgetOldest();
    void endLive();

    QList<Row> m_rows;
    QSet<size_t> m_known; ///< hashes of (file, offset, block) of the rows that stand in a file
    QString m_agentName;
    quint64 m_nextSerial = 1;
    bool m_live = false;     ///< the last row is what is being said
    bool m_liveOver = false; ///< it has been said
};

} // namespace plimsoll
