// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/agentactions.h"

#include "models/format.h"
#include "models/host.h"
#include "models/jsonparts.h"
#include "ui/rights.h"
#include "ui/widgets.h"

#include <QAction>
#include <QActionGroup>
#include <QJsonArray>

#include <array>
#include <utility>

namespace plimsoll {

namespace {

constexpr qsizetype maxModels = 50;

/// As the client names them, and as a person reads them.
constexpr std::array<std::pair<const char*, const char*>, 5> modes{{{"default", "Ask before each tool"},
                                                                    {"acceptEdits", "Let it edit files"},
                                                                    {"plan", "Plan only"},
                                                                    {"auto", "Let it decide"},
                                                                    {"dontAsk", "Deny what is not allowed"}}};

} // namespace

bool isAtWork(AgentState state)
{
    return state == AgentState::Executing || state == AgentState::Blocked || state == AgentState::Waiting;
}

AgentActions::AgentActions(Host& host, QWidget* parent)
    : QObject(parent)
    , m_host(host)
    , m_menu(new QMenu(parent))
    , m_models(new QMenu(tr("Model"), m_menu))
    , m_modes(new QMenu(tr("Permissions"), m_menu))
{
    m_menu->setToolTipsVisible(true);
    add(tr("Interrupt"), "interrupt_agent");
    add(tr("Compact its context"), "compact_agent");
    add(tr("Resume"), "resume_agent");
    m_menu->addMenu(m_models);
    m_menu->addMenu(m_modes);
    m_entries.append({m_models->menuAction(), QStringLiteral("set_model")});
    m_entries.append({m_modes->menuAction(), QStringLiteral("set_permission_mode")});
    add(tr("End it"), "stop_agent");
    add(tr("Delete…"), "delete_agent");
    addModes();
    connect(&m_host, &Host::capabilitiesChanged, this, &AgentActions::refresh);
    refresh();
}

QAction* AgentActions::add(const QString& text, const char* method)
{
    QAction* action = m_menu->addAction(text);
    const QString name = QLatin1String(method);
    connect(action, &QAction::triggered, this, [this, name] {
        if (name == QLatin1String("delete_agent"))
            emit deleteWanted();
        else
            emit wanted(name, {});
    });
    m_entries.append({action, name});
    return action;
}

void AgentActions::addModes()
{
    auto* group = new QActionGroup(this);
    for (const auto& [mode, text] : modes) {
        QAction* action = m_modes->addAction(tr(text));
        action->setCheckable(true);
        action->setActionGroup(group);
        action->setData(QLatin1String(mode));
        connect(action, &QAction::triggered, this, [this, name = QString(QLatin1String(mode))] {
            emit wanted(QStringLiteral("set_permission_mode"), {{QStringLiteral("mode"), name}});
        });
    }
}

void AgentActions::setOffers(const QJsonObject& menu)
{
    const QString mode = json::text(menu, "permission_mode");
    const QList<QAction*> all = m_modes->actions();
    for (QAction* action : all)
        action->setChecked(
            action->data().toString() == mode ||
            (mode == QLatin1String("manual") && action->data().toString() == QLatin1String("default")));
    m_models->clear();
    const QJsonArray models = menu.value(QLatin1String("models")).toArray();
    for (const auto& value : models) {
        const QString model = json::text(value.toObject(), "value");
        if (model.isEmpty() || m_models->actions().size() >= maxModels)
            continue;
        const QString name = json::text(value.toObject(), "name");
        QAction* action = m_models->addAction(
            oneLine(name.isEmpty() ? model : name, 80).replace(QLatin1Char('&'), QStringLiteral("&&")));
        action->setToolTip(plainToolTip(json::text(value.toObject(), "description")));
        connect(action, &QAction::triggered, this, [this, model] {
            emit wanted(QStringLiteral("set_model"), {{QStringLiteral("model"), model}});
        });
    }
    refresh();
}

void AgentActions::setAgent(const Agent& agent)
{
    if (agent.id != m_agent.id)
        m_models->clear();
    m_agent = agent;
    refresh();
}

void AgentActions::refresh()
{
    for (const Entry& entry : std::as_const(m_entries)) {
        const QString refusal = refusalOf(m_host.capabilities(), QLatin1String(entry.method.toLatin1()),
                                          tr("It takes no commands from here."));
        const bool rests = entry.method == QLatin1String("interrupt_agent") && !isAtWork(m_agent.state);
        const bool isBare = entry.action == m_models->menuAction() && m_models->isEmpty();
        entry.action->setVisible(m_agent.info.commands.contains(entry.method) && !isBare);
        entry.action->setEnabled(refusal.isEmpty() && !rests);
        entry.action->setToolTip(plainToolTip(rests ? tr("No turn of it runs") : refusal));
    }
}

} // namespace plimsoll
