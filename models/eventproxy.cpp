// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/eventproxy.h"

namespace plimsoll {

namespace {

// A pattern like (a+)+$ would try for ever: PCRE gives up after so many steps, and the row does not match.
// A pattern of the operator can only lower it further.
constexpr QLatin1String stepLimit("(*LIMIT_MATCH=20000)");

} // namespace

EventProxy::EventProxy(EventModel& source, QObject* parent)
    : QSortFilterProxyModel(parent)
    , m_source(source)
{
    setSourceModel(&source);
    sort(0, Qt::DescendingOrder);
}

void EventProxy::setAgent(const AgentId& agent)
{
    if (m_agent == agent)
        return;
    m_agent = agent;
    invalidateFilter();
}

void EventProxy::setTags(const QSet<QString>& tags)
{
    if (m_tags == tags)
        return;
    m_tags = tags;
    invalidateFilter();
}

QString EventProxy::setPattern(const QString& pattern, bool regex)
{
    if (pattern.size() > maxPatternLength)
        return QStringLiteral("The filter is longer than %1 characters.").arg(maxPatternLength);
    if (regex && !pattern.isEmpty()) {
        QRegularExpression expression(stepLimit + pattern,
                                      QRegularExpression::CaseInsensitiveOption |
                                          QRegularExpression::UseUnicodePropertiesOption);
        if (!expression.isValid()) {
            const qsizetype place =
                std::max<qsizetype>(0, expression.patternErrorOffset() - stepLimit.size());
            return QStringLiteral("Character %1: %2").arg(place + 1).arg(expression.errorString());
        }
        m_expression = expression;
    }
    m_text = pattern;
    m_regex = regex;
    invalidateFilter();
    return {};
}

bool EventProxy::filterAcceptsRow(int sourceRow, const QModelIndex& /*sourceParent*/) const
{
    if (!m_agent.isNull() && m_source.agentAt(sourceRow) != m_agent)
        return false;
    if (!m_tags.isEmpty() && !m_tags.contains(m_source.tagAt(sourceRow)))
        return false;
    if (m_text.isEmpty())
        return true;
    const QString text = m_source.searchTextAt(sourceRow).left(maxSearchedLength);
    return m_regex ? m_expression.match(text).hasMatch() : text.contains(m_text, Qt::CaseInsensitive);
}

bool EventProxy::lessThan(const QModelIndex& left, const QModelIndex& right) const
{
    return left.row() < right.row();
}

} // namespace plimsoll
