// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/eventmodel.h"

#include <QRegularExpression>
#include <QSet>
#include <QSortFilterProxyModel>

namespace plimsoll {

/// The event stream newest first, narrowed by agent, tag and text. GUI thread; the source outlives it. A
/// pattern cannot take long: its length, the text it sees and the steps it may take are limited.
class EventProxy : public QSortFilterProxyModel
{
    Q_OBJECT

public:
    static constexpr qsizetype maxPatternLength = 500;   ///< characters
    static constexpr qsizetype maxSearchedLength = 4096; ///< characters of one row

    explicit EventProxy(EventModel& source, QObject* parent = nullptr);

    void setAgent(const AgentId& agent); ///< null = all
    [[nodiscard]] AgentId agent() const { return m_agent; }

    void setTags(const QSet<QString>& tags); ///< empty = all
    [[nodiscard]] QSet<QString> tags() const { return m_tags; }

    /// Text (case does not matter) or regular expression; empty = all.
    /// \return what is wrong with the pattern, for people; then the one before stays. Empty = good.
    [[nodiscard]] QString setPattern(const QString& pattern, bool regex);

protected:
    [[nodiscard]] bool filterAcceptsRow(int sourceRow, const QModelIndex& sourceParent) const override;
    [[nodiscard]] bool lessThan(const QModelIndex& left, const QModelIndex& right) const override;

private:
    EventModel& m_source;
    AgentId m_agent;
    QSet<QString> m_tags;
    QString m_text;
    QRegularExpression m_expression;
    bool m_regex = false;
};

} // namespace plimsoll
