// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/promptinput.h"

#include "models/format.h"
#include "ui/agentactions.h"
#include "ui/promptchips.h"
#include "ui/promptedit.h"
#include "ui/rights.h"
#include "ui/theme.h"
#include "ui/widgets.h"

#include <QApplication>
#include <QHBoxLayout>
#include <QJsonArray>
#include <QKeyEvent>
#include <QMenu>
#include <QMessageBox>
#include <QPushButton>
#include <QTextBlock>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace plimsoll {

namespace {

constexpr qsizetype maxHistory = 100;
constexpr int shownLines = 3;
constexpr int waitingDelayMs = 700;
constexpr qsizetype maxImages = 8;

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
    , m_edit(new PromptEdit(this))
    , m_chips(new PromptChips(this))
    , m_tokens(plainLabel({}, this))
    , m_problem(plainLabel({}, this))
    , m_more(new QToolButton(this))
    , m_interrupt(new QPushButton(tr("Interrupt"), this))
    , m_steer(new QPushButton(tr("Steer"), this))
    , m_send(new QPushButton(tr("Send"), this))
    , m_resume(new QPushButton(tr("Resume"), this))
    , m_actions(new AgentActions(host, this))
{
    build();
    m_more->setMenu(m_actions->menu());
    connect(m_actions, &AgentActions::deleteWanted, this, &PromptInput::askBeforeDelete);
    connect(m_actions, &AgentActions::wanted, this,
            [this](const QString& method, const QJsonObject& params) { ask(method, params, {}); });
    connect(m_actions->menu(), &QMenu::aboutToShow, this, &PromptInput::askOffers);
    m_countDelay.setSingleShot(true);
    m_countDelay.setInterval(countDelayMs);
    connect(&m_countDelay, &QTimer::timeout, this, &PromptInput::count);
    m_waitingDelay.setSingleShot(true);
    m_waitingDelay.setInterval(waitingDelayMs);
    connect(&m_waitingDelay, &QTimer::timeout, this, &PromptInput::askWaiting);
    connect(m_edit, &QPlainTextEdit::textChanged, this, &PromptInput::onEdited);
    connect(m_edit, &PromptEdit::imageGiven, this, &PromptInput::takeImage);
    connect(m_edit, &PromptEdit::refused, this, [this](const QString& why) {
        m_failure = why;
        refresh();
    });
    connect(m_chips, &PromptChips::imageRemoved, this, [this](int index) {
        QList<PromptImage>& images = m_said[m_agent.id].images;
        if (index < images.size())
            images.removeAt(index);
        m_chips->setImages(images);
    });
    connect(m_chips, &PromptChips::withdrawn, this, [this](const QString& id) {
        ask(QStringLiteral("withdraw_message"), {{QStringLiteral("message_id"), id}}, {});
    });
    connect(m_send, &QPushButton::clicked, this, [this] { send(QStringLiteral("queue")); });
    connect(m_steer, &QPushButton::clicked, this, [this] { send(QStringLiteral("steer")); });
    connect(m_interrupt, &QPushButton::clicked, this,
            [this] { ask(QStringLiteral("interrupt_agent"), {}, {}); });
    connect(m_resume, &QPushButton::clicked, this, [this] { ask(QStringLiteral("resume_agent"), {}, {}); });
    connect(&m_host, &Host::replied, this, &PromptInput::onReplied);
    connect(&m_host, &Host::capabilitiesChanged, this, &PromptInput::refresh);
    updateLook();
    hide();
}

void PromptInput::build()
{
    m_edit->setPlaceholderText(tr("Say something to it; Ctrl+Enter sends, / is for commands, @ for files"));
    m_edit->setObjectName(QStringLiteral("field")); // for the style sheet: it has a border like a line's
    m_edit->setTabChangesFocus(true);
    m_edit->setAccessibleName(tr("Message to the agent"));
    m_edit->installEventFilter(this);
    m_problem->setWordWrap(true);
    m_send->setDefault(true);
    m_steer->setToolTip(tr("Into the turn that runs, where it pauses next"));
    m_interrupt->setToolTip(tr("Ends the turn that runs (Ctrl+.)"));
    m_more->setText(QStringLiteral("⋯"));
    m_more->setToolTip(tr("What else can be done with it"));
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
    layout->addWidget(m_chips);
    layout->addWidget(m_edit);
    layout->addWidget(m_tokens);
    layout->addLayout(row);
}

void PromptInput::setAgent(const Agent& agent)
{
    const bool isOther = agent.id != m_agent.id;
    const bool wasRunning = offers("command_agent") && !isOther;
    if (isOther)
        m_said[m_agent.id].draft = m_edit->toPlainText();
    m_agent = agent;
    if (isOther) {
        m_historyAt = -1;
        m_failure.clear();
        m_edit->setPlainText(m_said.value(agent.id).draft);
        m_edit->setCommands({});
        m_chips->setImages(m_said.value(agent.id).images);
        m_chips->setWaiting({}, {});
    }
    const bool isHere = m_host.link().phase == LinkState::Phase::Near && !m_host.capabilities().recording;
    m_edit->setFolder(isHere ? agent.info.workingDir : QString());
    m_actions->setAgent(agent);
    askWaiting();
    if (offers("command_agent") && !wasRunning)
        askOffers();
    refresh();
}

/// Of what was said from anywhere. Only while a turn runs there can be something that waits.
void PromptInput::askWaiting()
{
    if (!offers("withdraw_message"))
        return m_chips->setWaiting({}, {});
    if (!isAtWork(m_agent.state) && m_waitingAsked == 0)
        return m_chips->setWaiting({}, {});
    if (m_waitingAsked == 0 && isAtWork(m_agent.state))
        m_waitingAsked =
            m_host.query(QStringLiteral("waiting"), {{QStringLiteral("agent_id"), m_agent.id.toString()}});
}

void PromptInput::takeImage(const PromptImage& image)
{
    QList<PromptImage>& images = m_said[m_agent.id].images;
    if (images.size() >= maxImages)
        m_failure = tr("At most %1 pictures go with a message.").arg(maxImages);
    else
        images.append(image);
    m_chips->setImages(images);
    refresh();
}

void PromptInput::askOffers()
{
    if (offers("command_agent"))
        m_offersAsked =
            m_host.query(QStringLiteral("agent_menu"), {{QStringLiteral("agent_id"), m_agent.id.toString()}});
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
    const QString said = refused.isEmpty() ? m_failure : refused;
    m_problem->setText(plain(said));
    m_problem->setVisible(!said.isEmpty());
}

void PromptInput::send(const QString& mode)
{
    const QString text = m_edit->toPlainText();
    if (!m_send->isEnabled() || text.trimmed().isEmpty())
        return;
    QJsonObject params{{QStringLiteral("text"), text}, {QStringLiteral("mode"), mode}};
    QJsonArray images;
    for (const PromptImage& image : std::as_const(m_said[m_agent.id].images))
        images.append(QJsonObject{{QStringLiteral("media_type"), image.mediaType},
                                  {QStringLiteral("data"), QString::fromLatin1(image.bytes.toBase64())}});
    if (!images.isEmpty())
        params.insert(QStringLiteral("images"), images);
    ask(QStringLiteral("command_agent"), params, text);
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
            ask(QStringLiteral("delete_agent"), {}, {});
    });
    box->open();
}

void PromptInput::onReplied(const Reply& reply)
{
    if (m_counting != 0 && reply.id == m_counting)
        return showCount(reply);
    if (m_offersAsked != 0 && reply.id == m_offersAsked) {
        m_offersAsked = 0;
        m_edit->setCommands(reply.result.value(QLatin1String("commands")).toArray());
        return m_actions->setOffers(reply.result);
    }
    if (m_waitingAsked != 0 && reply.id == m_waitingAsked) {
        m_waitingAsked = 0;
        const QJsonArray waiting = reply.result.value(QLatin1String("messages")).toArray();
        m_chips->setWaiting(waiting, refusal("withdraw_message"));
        if (!waiting.isEmpty())
            m_waitingDelay.start(); // until they are taken
        return;
    }
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
        said.images.clear();
        m_historyAt = -1;
        if (isShown) {
            m_edit->clear();
            m_chips->setImages({});
        }
    }
    if (isShown && (!asked.text.isEmpty() || asked.method == QLatin1String("withdraw_message")))
        askWaiting();
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
    if (watched != m_edit || event->type() != QEvent::KeyPress ||
        QApplication::activePopupWidget() != nullptr)
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
