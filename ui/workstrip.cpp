// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/workstrip.h"

#include "models/format.h"
#include "models/host.h"
#include "models/jsonparts.h"
#include "ui/readingpane.h"
#include "ui/rights.h"
#include "ui/theme.h"
#include "ui/widgets.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <array>

namespace plimsoll {

namespace {

constexpr int askDelayMs = 300;      // many events are one question
constexpr int runningDelayMs = 2000; // while a task runs
constexpr int shownTodos = 6;
constexpr qsizetype shownTasks = 4;

bool isRunning(const QJsonObject& task)
{
    return json::text(task, "state") == QLatin1String("running");
}

/// Tools whose use changes what these lists say.
bool changesWork(const QString& tool)
{
    constexpr std::array tools{"TodoWrite", "TaskCreate", "TaskUpdate", "update_plan",
                               "Bash",      "Agent",      "Task"};
    return std::any_of(tools.begin(), tools.end(),
                       [&tool](const char* one) { return tool == QLatin1String(one); });
}

} // namespace

QString todoText(const QJsonArray& todos, int limit)
{
    const int count = int(todos.size());
    int current = 0;
    while (current < count && json::text(todos.at(current).toObject(), "state") == QLatin1String("completed"))
        ++current;
    const int first = std::clamp(current - 1, 0, std::max(0, count - limit));
    QStringList lines;
    if (first > 0)
        lines << QStringLiteral("… %1 before").arg(first);
    for (int i = first; i < std::min(count, first + limit); ++i) {
        const QJsonObject todo = todos.at(i).toObject();
        const QString state = json::text(todo, "state");
        const QString mark = state == QLatin1String("completed")     ? QStringLiteral("☑ ")
                             : state == QLatin1String("in_progress") ? QStringLiteral("▶ ")
                                                                     : QStringLiteral("☐ ");
        lines << mark + oneLine(json::text(todo, "text"), 200);
    }
    if (first + limit < count)
        lines << QStringLiteral("… %1 more").arg(count - first - limit);
    return lines.join(QLatin1Char('\n'));
}

WorkStrip::WorkStrip(Host& host, QWidget* parent)
    : QWidget(parent)
    , m_host(host)
    , m_todos(plainLabel({}, this))
    , m_problem(plainLabel({}, this))
    , m_rows(new QVBoxLayout)
{
    m_todos->setAccessibleName(tr("To-do list of the agent"));
    m_todos->setWordWrap(true);
    auto* layout = new QVBoxLayout(this);
    const int side = grid(font(), 3);
    layout->setContentsMargins(side, grid(font(), 1), side, grid(font(), 1));
    layout->setSpacing(grid(font(), 1));
    layout->addWidget(m_todos);
    layout->addLayout(m_rows);
    layout->addWidget(m_problem);
    m_problem->setWordWrap(true);
    m_problem->hide();
    m_rows->setSpacing(0);
    m_delay.setSingleShot(true);
    connect(&m_delay, &QTimer::timeout, this, &WorkStrip::ask);
    connect(&m_host, &Host::replied, this, &WorkStrip::onReplied);
    updateLook();
    hide();
}

void WorkStrip::setAgent(const Agent& agent)
{
    const bool isOther = agent.id != m_agent;
    const bool wasDriven = m_isDriven;
    m_agent = agent.id;
    m_isDriven = agent.info.commands.contains(QLatin1String("stop_task"));
    m_mayStop =
        m_isDriven && refusalOf(m_host.capabilities(), QLatin1String("stop_task"), tr("no")).isEmpty();
    if (!isOther && wasDriven == m_isDriven)
        return;
    if (isOther) {
        m_todosAsked = m_tasksAsked = m_stopAsked = 0; // what comes now is of another one
        m_problem->hide();
        m_tasks = {};
        m_todos->clear();
        showTasks();
    }
    m_delay.start(askDelayMs);
}

void WorkStrip::apply(const Events& events)
{
    for (const Event& event : events) {
        if (event.agent != m_agent || m_agent.isNull())
            continue;
        const auto* log = std::get_if<Logged>(&event.body);
        const bool matters = std::holds_alternative<StateChanged>(event.body) ||
                             (log != nullptr && log->kind == LogKind::ToolResult && changesWork(log->tool)) ||
                             (log != nullptr && log->kind == LogKind::ToolUse && changesWork(log->tool));
        if (matters)
            m_delay.start(askDelayMs);
    }
}

void WorkStrip::ask()
{
    if (m_agent.isNull() || (parentWidget() != nullptr && !parentWidget()->isVisible()))
        return;
    const QJsonObject params{{QStringLiteral("agent_id"), m_agent.toString()}};
    m_todosAsked = m_host.query(QStringLiteral("todos"), params);
    if (m_isDriven)
        m_tasksAsked = m_host.query(QStringLiteral("tasks"), params);
}

void WorkStrip::onReplied(const Reply& reply)
{
    if (m_todosAsked != 0 && reply.id == m_todosAsked) {
        m_todosAsked = 0;
        m_todos->setText(todoText(reply.result.value(QLatin1String("todos")).toArray(), shownTodos));
        showTasks();
    } else if (m_tasksAsked != 0 && reply.id == m_tasksAsked) {
        m_tasksAsked = 0;
        m_tasks = reply.result.value(QLatin1String("tasks")).toArray();
        showTasks();
        const bool runs = std::any_of(m_tasks.begin(), m_tasks.end(),
                                      [](const QJsonValue& task) { return isRunning(task.toObject()); });
        if (runs && !m_delay.isActive())
            m_delay.start(runningDelayMs);
    } else if (m_stopAsked != 0 && reply.id == m_stopAsked) {
        m_stopAsked = 0;
        m_problem->setText(plain(tr("Not stopped: %1").arg(reply.error)));
        m_problem->setVisible(!reply.error.isEmpty());
    } else if (m_outputAsked != 0 && reply.id == m_outputAsked) {
        m_outputAsked = 0;
        const QString text = reply.error.isEmpty() ? json::text(reply.result, "output")
                                                   : tr("The output cannot be read: %1").arg(reply.error);
        ReadingPane::openWindow(
            m_host, {m_outputTitle, text.isEmpty() ? tr("(no output yet)") : text, false, {}, -1, 0},
            window());
    }
}

void WorkStrip::showTasks()
{
    clearLayout(*m_rows);
    // Those that run, and the last of the others.
    qsizetype shown = 0;
    for (const bool running : {true, false}) {
        for (qsizetype i = m_tasks.size() - 1; i >= 0 && shown < shownTasks; --i) {
            const QJsonObject task = m_tasks.at(i).toObject();
            if (isRunning(task) != running)
                continue;
            addTask(task);
            ++shown;
        }
    }
    m_todos->setVisible(!m_todos->text().isEmpty());
    setVisible(m_rows->count() > 0 || !m_todos->text().isEmpty());
}

void WorkStrip::addTask(const QJsonObject& task)
{
    auto* row = new QWidget(this);
    auto* layout = new QHBoxLayout(row);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(grid(font(), 1));
    const QString name = oneLine(json::text(task, "kind"), 20) + QStringLiteral(": ") +
                         oneLine(json::text(task, "description"), 200);
    auto* label = new ElidedLabel(row);
    label->setWholeText(json::text(task, "state") + QStringLiteral(" · ") + name);
    layout->addWidget(label, 1);
    const QString id = json::text(task, "id");
    const auto add = [&](const QString& text) {
        auto* button = new QToolButton(row);
        button->setText(text);
        button->setAccessibleName(text + QStringLiteral(" ") + name);
        layout->addWidget(button);
        return button;
    };
    connect(add(tr("Output")), &QToolButton::clicked, this, [this, id, name] {
        m_outputTitle = name;
        m_outputAsked =
            m_host.query(QStringLiteral("task_output"),
                         {{QStringLiteral("agent_id"), m_agent.toString()}, {QStringLiteral("task_id"), id}});
    });
    if (isRunning(task)) {
        QToolButton* stop = add(tr("Stop"));
        stop->setEnabled(m_mayStop);
        connect(stop, &QToolButton::clicked, this, [this, id] {
            m_problem->hide();
            m_stopAsked =
                m_host.query(QStringLiteral("stop_task"), {{QStringLiteral("agent_id"), m_agent.toString()},
                                                           {QStringLiteral("task_id"), id}});
            m_delay.start(askDelayMs);
        });
    }
    m_rows->addWidget(row);
    row->show();
}

void WorkStrip::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    updateLook();
}

void WorkStrip::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        updateLook();
}

void WorkStrip::updateLook()
{
    tint(m_todos, Theme::of(palette()).text);
    tint(m_problem, Theme::of(palette()).attentionText);
}

} // namespace plimsoll
