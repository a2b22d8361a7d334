// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/detailspanel.h"

#include "models/agentmodel.h"
#include "models/format.h"
#include "models/host.h"
#include "ui/agentactions.h"
#include "ui/agentdetails.h"
#include "ui/conversation.h"
#include "ui/detailtable.h"
#include "ui/permissioncard.h"
#include "ui/promptinput.h"
#include "ui/rights.h"
#include "ui/theme.h"
#include "ui/widgets.h"
#include "ui/workstrip.h"

#include <QApplication>
#include <QClipboard>
#include <QDateTime>
#include <QDesktopServices>
#include <QDir>
#include <QEvent>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QPushButton>
#include <QScrollArea>
#include <QSplitter>
#include <QStackedWidget>
#include <QUrl>
#include <QVBoxLayout>

#include <algorithm>
#include <tuple>
#include <utility>

namespace plimsoll {

namespace {

constexpr int clockMs = 1000;

qint64 currentMs()
{
    return QDateTime::currentMSecsSinceEpoch();
}

} // namespace

DetailsPanel::DetailsPanel(Host& host, AgentModel& agents, QWidget* parent)
    : QWidget(parent)
    , m_host(host)
    , m_agents(agents)
    , m_stack(new QStackedWidget(this))
    , m_nothing(plainLabel(QStringLiteral("Choose an agent to see what it does."), this))
    , m_conversation(new Conversation(host, this))
    , m_work(new WorkStrip(host, this))
    , m_input(new PromptInput(host, this))
{
    m_nothing->setAlignment(Qt::AlignCenter);
    m_nothing->setWordWrap(true);
    m_nothing->setMargin(grid(font(), 6));
    auto* page = new QWidget(this);
    auto* column = new QVBoxLayout(page);
    column->setContentsMargins({});
    column->setSpacing(0);
    column->addWidget(makeHead());
    m_splitter = new QSplitter(Qt::Vertical, page);
    m_splitter->setHandleWidth(1);
    m_splitter->setChildrenCollapsible(false);
    m_splitter->addWidget(makeDetails());
    m_splitter->addWidget(m_conversation);
    m_splitter->setStretchFactor(0, 1);
    m_splitter->setStretchFactor(1, 1);
    m_splitter->setSizes({grid(font(), 60), grid(font(), 80)});
    column->addWidget(m_splitter, 1);
    column->addWidget(m_work);
    column->addWidget(m_input);
    m_stack->addWidget(m_nothing);
    m_stack->addWidget(page);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->addWidget(m_stack);
    m_clock.setInterval(clockMs);
    connect(&m_clock, &QTimer::timeout, this, &DetailsPanel::refreshTime);
    connect(&m_host, &Host::replied, this, &DetailsPanel::onReplied);
    connect(&m_host, &Host::capabilitiesChanged, this, &DetailsPanel::refreshRights);
    connect(m_card, &PermissionCard::answered, this, &DetailsPanel::sendAnswer);
    addOwnActions();
    updateLook();
    refreshRights();
    refresh();
}

QWidget* DetailsPanel::makeHead()
{
    auto* head = new QWidget(this);
    m_name = new ElidedLabel(head);
    QFont bold = resized(font(), 1);
    bold.setWeight(QFont::DemiBold);
    m_name->setFont(bold);
    m_headline = new ElidedLabel(head);
    m_headline->setFont(numberFont(font()));
    m_state = plainLabel({}, head);
    m_state->setWordWrap(true);
    m_summary = plainLabel({}, head);
    m_summary->setWordWrap(true);
    m_card = new PermissionCard(head);
    m_card->hide();
    auto* layout = new QVBoxLayout(head);
    const int side = grid(font(), 3);
    layout->setContentsMargins(side, side, side, side);
    layout->setSpacing(grid(font(), 1));
    layout->addWidget(m_name);
    layout->addWidget(m_headline);
    layout->addWidget(m_state);
    layout->addWidget(m_summary);
    layout->addSpacing(grid(font(), 1));
    layout->addWidget(m_card);
    layout->addWidget(makeButtons());
    return head;
}

QWidget* DetailsPanel::makeButtons()
{
    auto* row = new QWidget(this);
    m_folder = new QPushButton(QStringLiteral("Open folder"), row);
    m_copy = new QPushButton(QStringLiteral("Copy resume command"), row);
    m_folder->setAccessibleName(m_folder->text());
    m_copy->setAccessibleName(m_copy->text());
    m_buttons = new QHBoxLayout(row);
    m_buttons->setContentsMargins(0, grid(font(), 1), 0, 0);
    m_buttons->setSpacing(grid(font(), 1));
    m_buttons->addWidget(m_folder);
    m_buttons->addWidget(m_copy);
    m_buttons->addStretch(1);
    connect(m_folder, &QPushButton::clicked, this, &DetailsPanel::openFolder);
    connect(m_copy, &QPushButton::clicked, this, [this] {
        if (!m_resume.command.isEmpty())
            QApplication::clipboard()->setText(m_resume.command);
    });
    return row;
}

QWidget* DetailsPanel::makeDetails()
{
    auto* inside = new QWidget(this);
    m_notes = plainLabel({}, inside);
    m_notes->setWordWrap(true);
    m_numbers = new DetailTable(QStringLiteral("Numbers"), inside);
    m_events = new DetailTable(QStringLiteral("Events"), inside);
    m_models = new DetailTable(QStringLiteral("By model"), inside);
    m_compactions = new DetailTable(QStringLiteral("Compactions"), inside);
    m_session = new DetailTable(QStringLiteral("Session"), inside);
    m_session->setElideMode(Qt::ElideMiddle);
    auto* layout = new QVBoxLayout(inside);
    const int side = grid(font(), 3);
    layout->setContentsMargins(side, grid(font(), 2), side, side);
    layout->setSpacing(grid(font(), 3));
    layout->addWidget(m_notes);
    layout->addWidget(m_numbers);
    layout->addWidget(m_events);
    layout->addWidget(m_models);
    layout->addWidget(m_compactions);
    layout->addWidget(m_session);
    layout->addStretch(1);
    auto* scroll = new QScrollArea(this);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setWidget(inside);
    scroll->setAccessibleName(QStringLiteral("Details of the agent"));
    return scroll;
}

void DetailsPanel::setAgent(const AgentId& id)
{
    if (m_id == id)
        return;
    m_id = id;
    m_events->setRows({});
    askCounts();
    refresh();
}

/// Counted in the log when the agent is chosen and whenever it rests.
void DetailsPanel::askCounts()
{
    m_countsAsked =
        m_agents.agent(m_id) == nullptr
            ? 0
            : m_host.query(QStringLiteral("counts"), {{QStringLiteral("agent_id"), m_id.toString()}});
}

void DetailsPanel::apply(const Events& events)
{
    noteQuestions(events);
    m_conversation->apply(events);
    m_work->apply(events);
    bool touched = false;
    for (const Event& event : events) {
        const auto* state = std::get_if<StateChanged>(&event.body);
        if (state != nullptr && event.agent == m_id && !isAtWork(state->state))
            askCounts();
        const Agent* agent = m_agents.agent(event.agent);
        touched = touched || event.agent == m_id || (agent != nullptr && agent->info.parentId == m_id);
    }
    if (touched)
        refresh();
}

void DetailsPanel::reset()
{
    m_questions.clear();
    m_answering.clear();
    m_conversation->setAgent({}, {});
    refresh();
}

void DetailsPanel::noteQuestions(const Events& events)
{
    const auto drop = [this](const AgentId& agent, const QString& requestId) {
        m_questions[agent].removeIf([&](const Asked& one) { return one.what.requestId == requestId; });
    };
    for (const Event& event : events) {
        if (const auto* asked = std::get_if<PermissionAsked>(&event.body)) {
            drop(event.agent, asked->requestId);
            m_questions[event.agent].append({*asked, event.atMs});
        } else if (const auto* answered = std::get_if<PermissionAnswered>(&event.body)) {
            drop(event.agent, answered->requestId);
        } else if (std::holds_alternative<AgentRemoved>(event.body)) {
            m_questions.remove(event.agent);
        }
    }
}

void DetailsPanel::sendAnswer(const QJsonObject& params)
{
    const quint64 id = m_host.query(QStringLiteral("answer_permission"), params);
    m_answering.insert(id, params.value(QLatin1String("request_id")).toString());
}

/// What was taken is told by PermissionAnswered; a refusal stands on the card that is still there.
void DetailsPanel::onReplied(const Reply& reply)
{
    if (m_countsAsked != 0 && reply.id == m_countsAsked) {
        m_countsAsked = 0;
        return m_events->setRows(eventRows(reply.result));
    }
    if (!m_answering.contains(reply.id))
        return;
    const QString requestId = m_answering.take(reply.id);
    if (!reply.error.isEmpty() && m_card->requestId() == requestId)
        m_card->answerFailed(reply.error);
}

void DetailsPanel::refreshRights()
{
    m_card->setRefusal(refusalOf(m_host.capabilities(), QLatin1String("answer_permission"),
                                 QStringLiteral("It cannot be answered from here.")));
}

void DetailsPanel::refresh()
{
    const Agent* agent = m_id.isNull() ? nullptr : m_agents.agent(m_id);
    m_stack->setCurrentIndex(agent != nullptr ? 1 : 0);
    if (agent == nullptr) {
        m_clock.stop();
        m_conversation->setAgent({}, {});
        return;
    }
    const Agent* parent = agent->info.parentId.isNull() ? nullptr : m_agents.agent(agent->info.parentId);
    m_name->setWholeText(agent->info.name);
    m_headline->setWholeText(headline(*agent));
    m_summary->setText(oneLine(agent->info.summary));
    m_summary->setVisible(!agent->info.summary.isEmpty() && agent->state != AgentState::Blocked);
    m_notes->setText(plain(agent->info.notes.join(QLatin1Char('\n'))));
    m_notes->setVisible(!agent->info.notes.isEmpty());
    m_numbers->setRows(
        numberRows(*agent, agent->usage.reportedTreeCostPico ? treeCost(m_agents.agents(), m_id) : Count()));
    m_models->setRows(modelRows(*agent));
    m_compactions->setRows(compactionRows(*agent));
    m_session->setRows(sessionRows(*agent, parent != nullptr ? parent->info.name : QString()));
    refreshCard(*agent);
    refreshButtons(*agent);
    refreshTime();
    m_conversation->setAgent(m_id, agent->info.name);
    m_work->setAgent(*agent);
    m_input->setAgent(*agent);
}

void DetailsPanel::refreshCard(const Agent& agent)
{
    const QList<Asked> waiting = m_questions.value(agent.id);
    // What can be answered is shown for as long as it waits, whatever the state says meanwhile.
    const bool waits = agent.state == AgentState::Blocked ||
                       (!waiting.isEmpty() && !waiting.constFirst().what.options.isEmpty());
    m_card->setVisible(waits);
    if (!waits) {
        m_clock.stop();
        return;
    }
    // Where the log does not tell what is asked, the reason is all there is.
    const Asked asked =
        !waiting.isEmpty()
            ? waiting.constFirst()
            : Asked{{{}, PermissionKind::Permission, {}, agent.stateReason, agent.info.workingDir},
                    agent.stateSinceMs};
    m_card->ask(asked.what, asked.atMs, agent.info.name);
    m_card->setWaiting(int(std::max<qsizetype>(waiting.size() - 1, 0)));
    if (isVisible())
        m_clock.start();
}

void DetailsPanel::refreshButtons(const Agent& agent)
{
    const QString& folder = agent.info.workingDir;
    // Asked once per agent and folder: a disk may be slow, and this runs with every number.
    if (m_checkedFolder != std::make_pair(agent.id, folder)) {
        m_checkedFolder = {agent.id, folder};
        const bool there = QDir::isAbsolutePath(folder) && QFileInfo(folder).isDir();
        m_folder->setEnabled(there);
        m_folder->setToolTip(there ? plainToolTip(folder)
                             : folder.isEmpty()
                                 ? QStringLiteral("The log does not name a folder")
                                 : plainToolTip(folder + QStringLiteral("\nis not on this machine")));
    }
    m_resume =
        resumeCommand(agent, agent.info.parentId.isNull() ? nullptr : m_agents.agent(agent.info.parentId));
    m_copy->setEnabled(!m_resume.command.isEmpty());
    m_copy->setToolTip(plainToolTip(m_resume.command.isEmpty() ? m_resume.reason : m_resume.command));
}

void DetailsPanel::refreshTime()
{
    const Agent* agent = m_agents.agent(m_id);
    if (agent == nullptr || !isVisible())
        return m_clock.stop();
    const qint64 nowMs = currentMs();
    m_state->setText(oneLine(stateSentence(*agent, nowMs)));
    m_card->setNow(nowMs);
}

AgentActions& DetailsPanel::actions()
{
    const Agent* agent = m_agents.agent(m_id);
    for (const auto& [action, button] :
         {std::pair(m_own.folder, m_folder), std::pair(m_own.resume, m_copy)}) {
        action->setEnabled(agent != nullptr && button->isEnabled());
        action->setToolTip(button->toolTip());
    }
    m_own.session->setEnabled(agent != nullptr && !agent->info.sessionId.isEmpty());
    return m_input->actions();
}

/// What needs no agent that is driven.
void DetailsPanel::addOwnActions()
{
    QMenu* menu = m_input->actions().menu();
    menu->addSeparator();
    m_own.folder = menu->addAction(m_folder->text(), m_folder, &QPushButton::click);
    m_own.resume = menu->addAction(m_copy->text(), m_copy, &QPushButton::click);
    m_own.session = menu->addAction(QStringLiteral("Copy session id"), this, [this] {
        if (const Agent* agent = m_agents.agent(m_id))
            QApplication::clipboard()->setText(agent->info.sessionId);
    });
    connect(menu, &QMenu::aboutToShow, this, [this] { std::ignore = actions(); });
}

void DetailsPanel::openFolder()
{
    const Agent* agent = m_agents.agent(m_id);
    if (agent == nullptr || !QFileInfo(agent->info.workingDir).isDir())
        return;
    if (!QDesktopServices::openUrl(QUrl::fromLocalFile(agent->info.workingDir))) {
        m_folder->setToolTip(QStringLiteral("The desktop has no program that opens folders"));
        m_folder->setEnabled(false);
    }
}

void DetailsPanel::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        updateLook();
}

void DetailsPanel::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    const int beside = m_folder->sizeHint().width() + m_copy->sizeHint().width() + grid(font(), 7);
    m_buttons->setDirection(width() < beside ? QBoxLayout::TopToBottom : QBoxLayout::LeftToRight);
}

void DetailsPanel::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    updateLook(); // a style sheet takes colours back when widgets are moved into one another
    refresh();
}

void DetailsPanel::updateLook()
{
    const Theme& theme = Theme::of(palette());
    tint(m_nothing, theme.dimText);
    tint(m_headline, theme.dimText);
    tint(m_state, theme.dimText);
    tint(m_notes, theme.attentionText);
    m_folder->setIcon(glyph(Glyph::Folder, theme.text));
    m_copy->setIcon(glyph(Glyph::Copy, theme.text));
}

} // namespace plimsoll
