// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/promptinput.h"

#include "models/format.h"
#include "ui/rights.h"
#include "ui/theme.h"
#include "ui/widgets.h"

#include <QAction>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QMenu>
#include <QMessageBox>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTextBlock>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace plimsoll {

namespace {

constexpr qsizetype maxHistory = 100;
constexpr int shownLines = 3;

bool isAtWork(AgentState state)
{
    return state == AgentState::Executing || state == AgentState::Blocked || state == AgentState::Waiting;
}

/// How much of what still fits into the window a text takes.
FillLevel levelOf(qint64 tokens, const Usage& usage)
{
    if (!usage.contextWindow)
        return FillLevel::Unknown;
    const qint64 left = std::max<qint64>(0, *usage.contextWindow - usage.contextTokens.value_or(0));
    if (double(tokens) >= 0.95 * double(left))
        return FillLevel::Critical;
    return double(tokens) >= 0.8 * double(left) ? FillLevel::Warning : FillLevel::Calm;
}

} // namespace

PromptInput::PromptInput(Host& host, QWidget* parent)
    : QWidget(parent)
    , m_host(host)
    , m_edit(new QPlainTextEdit(this))
    , m_tokens(plainLabel({}, this))
    , m_problem(plainLabel({}, this))
    , m_more(new QToolButton(this))
    , m_interrupt(new QPushButton(tr("Interrupt"), this))
    , m_steer(new QPushButton(tr("Steer"), this))
    , m_send(new QPushButton(tr("Send"), this))
    , m_resume(new QPushButton(tr("Resume"), this))
{
    build();
    makeMenu();
    m_countDelay.setSingleShot(true);
    m_countDelay.setInterval(countDelayMs);
    connect(&m_countDelay, &QTimer::timeout, this, &PromptInput::count);
    connect(m_edit, &QPlainTextEdit::textChanged, this, &PromptInput::onEdited);
    connect(m_send, &QPushButton::clicked, this, [this] { send(QStringLiteral("queue")); });
    connect(m_steer, &QPushButton::clicked, this, [this] { send(QStringLiteral("steer")); });
    connect(m_interrupt, &QPushButton::clicked, this, [this] { act(QStringLiteral("interrupt_agent")); });
    connect(m_resume, &QPushButton::clicked, this, [this] { act(QStringLiteral("resume_agent")); });
    connect(&m_host, &Host::replied, this, &PromptInput::onReplied);
    connect(&m_host, &Host::capabilitiesChanged, this, &PromptInput::refresh);
    updateLook();
    hide();
}

void PromptInput::build()
{
    m_edit->setPlaceholderText(tr("Say something to it; Ctrl+Enter sends"));
    m_edit->setObjectName(QStringLiteral("field")); // for the style sheet: it has a border like a line's
    m_edit->setTabChangesFocus(true);
    m_edit->setAccessibleName(tr("Message to the agent"));
    m_edit->installEventFilter(this);
    m_problem->setWordWrap(true);
    m_send->setDefault(true);
    m_steer->setToolTip(tr("Into the turn that runs, where it pauses next"));
    m_interrupt->setToolTip(tr("Ends the turn that runs (Ctrl+.)"));
    m_more->setText(QStringLiteral("⋯"));
    m_more->setToolTip(tr("Compact, end, delete"));
    m_more->setAccessibleName(tr("More commands for the agent"));
    m_more->setPopupMode(QToolButton::InstantPopup);
    for (QPushButton* button : {m_interrupt, m_steer, m_send, m_resume})
        button->setAccessibleName(button->text());
    auto* row = new QHBoxLayout;
    row->setSpacing(grid(font(), 1));
    row->addStretch(1);
    row->addWidget(m_more);
    for (QPushButton* button : {m_interrupt, m_steer, m_send, m_resume})
        row->addWidget(button);
    auto* layout = new QVBoxLayout(this);
    const int side = grid(font(), 3);
    layout->setContentsMargins(side, grid(font(), 1), side, side);
    layout->setSpacing(grid(font(), 1));
    layout->addWidget(m_problem);
    layout->addWidget(m_edit);
    layout->addWidget(m_tokens);
    layout->addLayout(row);
}

void PromptInput::makeMenu()
{
    auto* menu = new QMenu(m_more);
    menu->setToolTipsVisible(true);
    m_compact = menu->addAction(tr("Compact its context"));
    m_end = menu->addAction(tr("End it"));
    m_delete = menu->addAction(tr("Delete…"));
    connect(m_compact, &QAction::triggered, this, [this] { act(QStringLiteral("compact_agent")); });
    connect(m_end, &QAction::triggered, this, [this] { act(QStringLiteral("stop_agent")); });
    connect(m_delete, &QAction::triggered, this, &PromptInput::askBeforeDelete);
    m_more->setMenu(menu);
}

void PromptInput::setAgent(const Agent& agent)
{
    const bool isOther = agent.id != m_agent.id;
    if (isOther)
        m_said[m_agent.id].draft = m_edit->toPlainText();
    m_agent = agent;
    if (isOther) {
        m_historyAt = -1;
        m_failure.clear();
        m_edit->setPlainText(m_said.value(agent.id).draft);
    }
    refresh();
}

bool PromptInput::offers(const char* method) const
{
    return m_agent.info.commands.contains(QLatin1String(method));
}

/// Why this window may not; empty = it may.
QString PromptInput::refusal(const char* method) const
{
    return refusalOf(m_host.capabilities(), QLatin1String(method), tr("It takes no commands from here."));
}

void PromptInput::refresh()
{
    setVisible(!m_agent.info.commands.isEmpty());
    const bool runs = offers("command_agent");
    const bool works = isAtWork(m_agent.state);
    const QString refused = refusal(runs ? "command_agent" : "resume_agent");
    const bool hasText = !m_edit->toPlainText().trimmed().isEmpty();
    const auto sending = [this](const Asked& one) { return one.agent == m_agent.id && !one.text.isEmpty(); };
    const bool isSending = std::any_of(m_asked.cbegin(), m_asked.cend(), sending);
    const bool canSend = refused.isEmpty() && hasText && !isSending;
    m_edit->setVisible(runs);
    m_tokens->setVisible(runs && !m_tokens->text().isEmpty());
    m_edit->setReadOnly(!refused.isEmpty() || isSending);
    m_edit->setToolTip(plainToolTip(refused));
    m_send->setText(works ? tr("Queue") : tr("Send"));
    m_send->setAccessibleName(m_send->text());
    m_send->setVisible(runs);
    m_send->setEnabled(canSend);
    m_steer->setVisible(runs && works);
    m_steer->setEnabled(canSend);
    m_interrupt->setVisible(runs);
    m_interrupt->setEnabled(works && refusal("interrupt_agent").isEmpty());
    m_resume->setVisible(offers("resume_agent"));
    m_resume->setEnabled(refusal("resume_agent").isEmpty());
    const auto set = [this](QAction* action, const char* method) {
        action->setVisible(offers(method));
        action->setEnabled(refusal(method).isEmpty());
        action->setToolTip(plainToolTip(refusal(method)));
    };
    set(m_compact, "compact_agent");
    set(m_end, "stop_agent");
    set(m_delete, "delete_agent");
    const QString said = refused.isEmpty() ? m_failure : refused;
    m_problem->setText(plain(said));
    m_problem->setVisible(!said.isEmpty());
}

void PromptInput::send(const QString& mode)
{
    const QString text = m_edit->toPlainText();
    if (m_send->isEnabled() && !text.trimmed().isEmpty())
        ask(QStringLiteral("command_agent"), {{QStringLiteral("text"), text}, {QStringLiteral("mode"), mode}},
            text);
}

void PromptInput::act(const QString& method)
{
    ask(method, {}, {});
}

void PromptInput::ask(const QString& method, QJsonObject params, const QString& text)
{
    params.insert(QStringLiteral("agent_id"), m_agent.id.toString());
    m_failure.clear();
    const quint64 id = m_host.query(method, params);
    m_asked.insert(id, {m_agent.id, method, text});
    refresh();
}

void PromptInput::askBeforeDelete()
{
    auto* box = new QMessageBox(QMessageBox::Question, tr("Delete the agent"), {},
                                QMessageBox::Cancel | QMessageBox::Discard, window());
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setTextFormat(Qt::PlainText);
    box->setText(tr("Delete %1?").arg(oneLine(m_agent.info.name, 100)));
    box->setInformativeText(tr("It is ended if it runs, and its row goes. Its log and its files stay."));
    box->button(QMessageBox::Discard)->setText(tr("Delete"));
    const AgentId meant = m_agent.id;
    connect(box, &QMessageBox::finished, this, [this, meant](int answer) {
        if (answer == QMessageBox::Discard && meant == m_agent.id)
            act(QStringLiteral("delete_agent"));
    });
    box->open();
}

void PromptInput::onReplied(const Reply& reply)
{
    if (m_counting != 0 && reply.id == m_counting)
        return showCount(reply);
    if (!m_asked.contains(reply.id))
        return;
    const Asked asked = m_asked.take(reply.id);
    const bool isShown = asked.agent == m_agent.id;
    if (!reply.error.isEmpty()) {
        if (isShown)
            m_failure = tr("Not done: %1").arg(reply.error);
    } else if (!asked.text.isEmpty()) {
        Said& said = m_said[asked.agent];
        said.history.removeAll(asked.text);
        said.history.append(asked.text);
        if (said.history.size() > maxHistory)
            said.history.removeFirst();
        said.draft.clear();
        m_historyAt = -1;
        if (isShown)
            m_edit->clear();
    }
    refresh();
}

void PromptInput::onEdited()
{
    const bool empty = m_edit->toPlainText().isEmpty();
    m_counting = 0; // what is on its way is of another text
    m_level = FillLevel::Unknown;
    m_tokens->setText(empty ? QString() : tr("counting…"));
    if (empty)
        m_countDelay.stop();
    else
        m_countDelay.start();
    updateLook();
    refresh();
}

void PromptInput::count()
{
    m_counting = m_host.query(QStringLiteral("tokens"), {{QStringLiteral("text"), m_edit->toPlainText()},
                                                         {QStringLiteral("model"), m_agent.info.model}});
}

void PromptInput::showCount(const Reply& reply)
{
    m_counting = 0;
    if (!reply.error.isEmpty()) {
        m_tokens->setText(tr("not counted"));
        m_tokens->setToolTip(plainToolTip(reply.error));
        return;
    }
    const qint64 count = reply.result.value(QLatin1String("tokens")).toInteger();
    const bool guessed = reply.result.value(QLatin1String("basis")).toString() == QLatin1String("estimated");
    m_level = levelOf(count, m_agent.usage);
    QString text = (guessed ? QStringLiteral("~") : QString()) + tokens(count) + tr(" tokens");
    if (m_level == FillLevel::Critical)
        text += tr(" · hardly fits");
    else if (m_level == FillLevel::Warning)
        text += tr(" · fills what is left");
    m_tokens->setText(text);
    m_tokens->setToolTip(guessed ? tr("An estimate: the tokenizer of this model is not public") : QString());
    updateLook();
}

/// \param step -1 = older, 1 = newer
bool PromptInput::stepThroughHistory(int step)
{
    Said& said = m_said[m_agent.id];
    if (m_historyAt < 0) {
        if (step > 0 || said.history.isEmpty())
            return false;
        said.draft = m_edit->toPlainText();
        m_historyAt = said.history.size();
    }
    m_historyAt = std::max<qsizetype>(0, m_historyAt + step);
    const bool isBack = m_historyAt >= said.history.size();
    m_edit->setPlainText(isBack ? said.draft : said.history.at(m_historyAt));
    if (isBack)
        m_historyAt = -1;
    m_edit->moveCursor(QTextCursor::End);
    return true;
}

bool PromptInput::eventFilter(QObject* watched, QEvent* event)
{
    if (watched != m_edit || event->type() != QEvent::KeyPress)
        return QWidget::eventFilter(watched, event);
    const auto* key = static_cast<QKeyEvent*>(event);
    const bool ctrl = key->modifiers() == Qt::ControlModifier;
    const QTextCursor cursor = m_edit->textCursor();
    if (ctrl && (key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter)) {
        send(QStringLiteral("queue"));
        return true;
    }
    if (ctrl && key->key() == Qt::Key_Period) {
        m_interrupt->click();
        return true;
    }
    if (key->modifiers() == Qt::NoModifier && key->key() == Qt::Key_Up && cursor.blockNumber() == 0)
        return stepThroughHistory(-1);
    if (key->modifiers() == Qt::NoModifier && key->key() == Qt::Key_Down && !cursor.block().next().isValid())
        return stepThroughHistory(1);
    return QWidget::eventFilter(watched, event);
}

void PromptInput::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange)
        updateLook();
}

void PromptInput::updateLook()
{
    const Theme& theme = Theme::of(palette());
    const QColor color = m_level == FillLevel::Critical  ? theme.dangerText
                         : m_level == FillLevel::Warning ? theme.attentionText
                                                         : theme.dimText;
    tint(m_tokens, color);
    tint(m_problem, theme.attentionText);
    const int margin = int(m_edit->document()->documentMargin()) * 2;
    m_edit->setFixedHeight(fontMetrics().lineSpacing() * shownLines + margin + grid(font(), 2));
}

} // namespace plimsoll
