// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/oldersessions.h"

#include "models/agentmodel.h"
#include "models/format.h"
#include "models/host.h"
#include "ui/widgets.h"

namespace plimsoll {

namespace {

constexpr int firstAgents = 1000; // a host that has told of fewer has no more
constexpr int pageSize = 200;

} // namespace

OlderSessions::OlderSessions(Host& host, AgentModel& agents, QWidget* parent)
    : QPushButton(parent)
    , m_host(host)
    , m_agents(agents)
{
    setAutoDefault(false);
    connect(this, &QPushButton::clicked, this, &OlderSessions::ask);
    connect(&m_host, &Host::replied, this, &OlderSessions::onReplied);
    connect(&m_agents, &QAbstractItemModel::rowsInserted, this, &OlderSessions::refresh);
    connect(&m_agents, &QAbstractItemModel::modelReset, this, &OlderSessions::refresh);
    refresh();
}

void OlderSessions::reset()
{
    m_left = -1;
    m_asked = 0;
    refresh();
}

void OlderSessions::ask()
{
    if (m_asked != 0)
        return;
    m_asked = m_host.query(QStringLiteral("agents"), {{QStringLiteral("limit"), pageSize}});
    setToolTip({});
    refresh();
}

void OlderSessions::onReplied(const Reply& reply)
{
    if (m_asked == 0 || reply.id != m_asked)
        return;
    m_asked = 0;
    if (reply.error.isEmpty())
        m_left = reply.result.value(QLatin1String("left")).toInteger();
    else
        setToolTip(plainToolTip(reply.error));
    refresh();
}

void OlderSessions::refresh()
{
    setEnabled(m_asked == 0);
    if (m_asked != 0)
        setText(tr("Reading older sessions…"));
    else if (m_left > 0)
        setText(tr("Show older sessions (%1 more)").arg(m_left));
    else
        setText(tr("Show older sessions"));
    setAccessibleName(text());
    setVisible(m_left > 0 || (m_left < 0 && m_agents.rowCount() >= firstAgents));
}

} // namespace plimsoll
