// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/permissioncard.h"

#include "models/format.h"
#include "models/inputtext.h"
#include "models/jsonparts.h"
#include "models/permissionanswer.h"
#include "ui/questionform.h"
#include "ui/theme.h"
#include "ui/widgets.h"

#include <QAbstractTextDocumentLayout>
#include <QApplication>
#include <QBoxLayout>
#include <QCryptographicHash>
#include <QEvent>
#include <QFontDatabase>
#include <QKeyEvent>
#include <QLineEdit>
#include <QPainter>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QResizeEvent>
#include <QScrollArea>
#include <QScrollBar>

#include <algorithm>

namespace plimsoll {

namespace {

constexpr int maxCommandLines = 10; // beyond it the command scrolls
constexpr int maxMessage = 4000;    // the desk takes 4,096 characters

QString titleOf(PermissionKind kind)
{
    switch (kind) {
    case PermissionKind::Question: return QStringLiteral("Question");
    case PermissionKind::Plan: return QStringLiteral("Plan to approve");
    case PermissionKind::Permission: break;
    }
    return QStringLiteral("Permission needed");
}

/// What the button does that lets the agent go on.
QString allowText(PermissionKind kind)
{
    switch (kind) {
    case PermissionKind::Question: return QStringLiteral("Answer");
    case PermissionKind::Plan: return QStringLiteral("Approve the plan");
    case PermissionKind::Permission: break;
    }
    return QStringLiteral("Allow once");
}

QLatin1String allowEffect(PermissionKind kind)
{
    return QLatin1String(kind == PermissionKind::Question ? "answer" : "allow_once");
}

/// What must have been seen before it is allowed: the input, and before it the text of a plan.
QString shownText(const PermissionAsked& asked)
{
    QString input = inputForReading(asked.input);
    const QString plan = json::text(asked.questions.at(0).toObject(), "plan");
    if (asked.kind != PermissionKind::Plan || plan.isEmpty())
        return input;
    return inputForReading(plan) +
           (input == QLatin1String("{}") ? QString() : QStringLiteral("\n\n") + input);
}

QString refuseText(PermissionKind kind)
{
    switch (kind) {
    case PermissionKind::Question: return QStringLiteral("Do not answer…");
    case PermissionKind::Plan: return QStringLiteral("Keep planning…");
    case PermissionKind::Permission: break;
    }
    return QStringLiteral("Deny…");
}

} // namespace

PermissionCard::PermissionCard(QWidget* parent)
    : QFrame(parent)
    , m_title(plainLabel({}, this))
    , m_when(plainLabel({}, this))
    , m_command(new QPlainTextEdit(this))
    , m_formArea(new QScrollArea(this))
    , m_form(new QuestionForm(m_formArea))
    , m_folder(plainLabel({}, this))
    , m_session(plainLabel({}, this))
    , m_message(new QLineEdit(this))
    , m_advice(plainLabel({}, this))
{
    auto* layout = new QVBoxLayout(this);
    const int side = grid(font(), 3);
    layout->setContentsMargins(side, side, side, side);
    layout->setSpacing(grid(font(), 1.5));
    makeHead(*layout);
    layout->addWidget(m_command);
    layout->addWidget(m_formArea);
    layout->addWidget(m_folder);
    layout->addWidget(m_session);
    layout->addWidget(m_message);
    makeButtons(*layout);
    layout->addWidget(m_advice);
    m_delay.setSingleShot(true);
    m_delay.setInterval(confirmDelayMs);
    connect(&m_delay, &QTimer::timeout, this, [this] {
        noteSeen();
        refresh();
    });
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(titleOf(m_asked.kind));
    m_keyDelay.setSingleShot(true);
    m_keyDelay.setInterval(keyDelayMs);
    connect(&m_keyDelay, &QTimer::timeout, this, [this] { answer(m_keyEffect); });
    connect(qApp, &QApplication::focusChanged, this, [this](const QWidget* /*before*/, const QWidget* now) {
        if (now != this && !isAncestorOf(now))
            cancelKey();
    });
    connectButtons();
    updateLook();
    refresh();
}

PermissionCard::~PermissionCard()
{
    disconnect(qApp, nullptr, this, nullptr); // the focus leaves when its members are gone already
}

void PermissionCard::makeHead(QBoxLayout& column)
{
    QFont bold = font();
    bold.setWeight(QFont::DemiBold);
    m_title->setFont(bold);
    auto* head = new QHBoxLayout;
    head->setSpacing(grid(font(), 1));
    head->addWidget(m_title);
    head->addWidget(m_when, 1);
    column.addLayout(head);
    m_command->setReadOnly(true);
    m_command->setTabChangesFocus(true);
    m_command->setFrameShape(QFrame::NoFrame);
    m_command->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_command->setWordWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
    m_command->setAccessibleName(QStringLiteral("What the agent asks for"));
    m_formArea->setFrameShape(QFrame::NoFrame);
    m_formArea->setWidgetResizable(true);
    m_formArea->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_formArea->setWidget(m_form);
    m_formArea->setAccessibleName(QStringLiteral("Questions of the agent"));
    m_message->setMaxLength(maxMessage);
    m_message->setPlaceholderText(QStringLiteral("Why, in words for the agent"));
    m_message->setAccessibleName(m_message->placeholderText());
    for (QLabel* label : {m_when, m_folder, m_session, m_advice})
        label->setWordWrap(true);
}

QPushButton* PermissionCard::makeButton(const QString& text)
{
    auto* button = new QPushButton(text, this);
    button->setAutoDefault(false);
    button->setAccessibleName(text);
    m_row->addWidget(button);
    return button;
}

void PermissionCard::makeButtons(QBoxLayout& column)
{
    m_row = new QHBoxLayout;
    m_row->setSpacing(grid(font(), 1));
    column.addLayout(m_row);
    m_buttons.allow = makeButton(allowText(m_asked.kind));
    m_buttons.allow->setDefault(true); // the suggested one; in no dialog, so no key reaches it from afar
    m_buttons.refuse = makeButton(refuseText(m_asked.kind));
    m_buttons.session = makeButton(QStringLiteral("Allow for session"));
    m_buttons.deny = makeButton(QStringLiteral("Deny"));
    m_buttons.denyAndStop = makeButton(QStringLiteral("Deny and stop"));
    m_buttons.back = makeButton(QStringLiteral("Back"));
    m_row->addStretch(1);
}

void PermissionCard::connectButtons()
{
    connect(m_buttons.allow, &QPushButton::clicked, this, [this] { answer(allowEffect(m_asked.kind)); });
    connect(m_buttons.session, &QPushButton::clicked, this,
            [this] { answer(QLatin1String("allow_session")); });
    connect(m_buttons.deny, &QPushButton::clicked, this, [this] { answer(QLatin1String("deny")); });
    connect(m_buttons.denyAndStop, &QPushButton::clicked, this,
            [this] { answer(QLatin1String("deny_and_stop")); });
    connect(m_message, &QLineEdit::returnPressed, this, [this] { answer(QLatin1String("deny")); });
    connect(m_buttons.refuse, &QPushButton::clicked, this, [this] { openReason(true); });
    connect(m_buttons.back, &QPushButton::clicked, this, [this] { openReason(false); });
    connect(m_form, &QuestionForm::changed, this, &PermissionCard::refresh);
    connect(m_command->verticalScrollBar(), &QScrollBar::valueChanged, this, &PermissionCard::noteSeen);
    connect(m_command->verticalScrollBar(), &QScrollBar::rangeChanged, this, &PermissionCard::noteSeen);
}

void PermissionCard::ask(const PermissionAsked& asked, qint64 askedMs, const QString& agent)
{
    const bool isNew = asked != m_asked;
    m_asked = asked;
    m_askedMs = askedMs;
    const QString name = oneLine(agent, 100);
    m_folder->setText((name.isEmpty() ? QStringLiteral("in ") : name + QStringLiteral(" in ")) +
                      inputForReading(asked.workingDir));
    m_folder->setVisible(!asked.workingDir.isEmpty());
    if (isNew)
        begin();
}

/// Another request: nothing of the one before counts for it.
void PermissionCard::begin()
{
    m_keyDelay.stop();
    m_problem.clear();
    m_sent = false;
    m_seen = false;
    m_seenLines = 0;
    m_message->clear();
    m_title->setText(titleOf(m_asked.kind));
    m_buttons.allow->setText(allowText(m_asked.kind));
    m_buttons.refuse->setText(refuseText(m_asked.kind));
    m_buttons.allow->setAccessibleName(m_buttons.allow->text());
    m_buttons.refuse->setAccessibleName(m_buttons.refuse->text());
    const bool form = !m_asked.questions.isEmpty() && option(QLatin1String("answer")) != nullptr;
    const QString shown = shownText(m_asked);
    m_command->setPlainText(shown);
    m_command->setVisible(!shown.isEmpty() && !form);
    m_form->ask(form ? m_asked.questions : QJsonArray());
    m_formArea->setVisible(form);
    const PermissionOption* session = option(QLatin1String("allow_session"));
    m_session->setText(session != nullptr ? inputForReading(session->label) : QString());
    m_session->setVisible(session != nullptr);
    setAccessibleName(titleOf(m_asked.kind) + QStringLiteral(": ") + oneLine(m_asked.tool, 60) +
                      QLatin1Char(' ') + oneLine(m_asked.input, 500));
    openReason(false);
    fitCommand();
    fitForm();
    m_delay.start();
    refresh();
}

void PermissionCard::setWaiting(int others)
{
    m_waitingBehind = others;
}

void PermissionCard::setRefusal(const QString& reason)
{
    m_refusal = reason;
    refresh();
}

void PermissionCard::answerFailed(const QString& problem)
{
    m_sent = false;
    m_problem = problem;
    refresh();
}

void PermissionCard::setNow(qint64 nowMs)
{
    QStringList parts;
    if (!m_asked.tool.isEmpty())
        parts << oneLine(m_asked.tool, 60);
    if (m_askedMs > 0)
        parts << ago(m_askedMs, nowMs);
    if (m_waitingBehind > 0)
        parts << QStringLiteral("%1 more behind it").arg(m_waitingBehind);
    m_when->setText(parts.join(QStringLiteral(" · ")));
}

const PermissionOption* PermissionCard::option(QLatin1String effect) const
{
    for (const PermissionOption& one : m_asked.options) {
        if (one.effect == effect)
            return &one;
    }
    return nullptr;
}

/// Only what was on screen counts, from the first line on: who jumps to the end has not seen the middle.
void PermissionCard::noteSeen()
{
    // Before the delay is over the card may not have its size yet.
    if (m_seen || m_delay.isActive() || !m_command->isVisible())
        return;
    const int first = m_command->verticalScrollBar()->value(); // in lines
    if (first <= m_seenLines)
        m_seenLines = std::max(m_seenLines, first + shownLines());
    m_seen = m_seenLines >= commandLines();
    refresh();
}

/// A plain text document measures its height in lines.
int PermissionCard::commandLines() const
{
    return int(m_command->document()->documentLayout()->documentSize().height());
}

/// Whole ones that the command's box has room for.
int PermissionCard::shownLines() const
{
    const int margin = int(m_command->document()->documentMargin()) * 2;
    return (m_command->viewport()->height() - margin) / QFontMetrics(m_command->font()).lineSpacing();
}

void PermissionCard::answer(QLatin1String effect)
{
    const PermissionOption* chosen = option(effect);
    const bool allows = chosen != nullptr && !denies(*chosen);
    if (chosen == nullptr || m_sent || !m_refusal.isEmpty() || (allows && !canAllow()))
        return;
    QJsonObject params{{QStringLiteral("request_id"), m_asked.requestId},
                       {QStringLiteral("option_id"), chosen->id}};
    if (allows) {
        // What runs is what was shown, to the byte; to deny needs no such proof.
        const QByteArray shown = m_asked.input.toUtf8();
        params.insert(QStringLiteral("input_sha256"),
                      QLatin1String(QCryptographicHash::hash(shown, QCryptographicHash::Sha256).toHex()));
    } else if (const QString message = m_message->text().trimmed(); !message.isEmpty()) {
        params.insert(QStringLiteral("message"), message);
    }
    if (effect == QLatin1String("answer"))
        params.insert(QStringLiteral("answers"), m_form->answers());
    m_keyDelay.stop();
    m_sent = true;
    m_problem.clear();
    refresh();
    emit answered(params);
}

void PermissionCard::openReason(bool open)
{
    m_reason = open;
    refresh();
    if (open)
        m_message->setFocus();
}

/// Y and N, while the card has the keyboard. A question needs a choice, a denial may want a reason: those
/// have their own fields.
void PermissionCard::keyPressEvent(QKeyEvent* event)
{
    const bool isBare = event->modifiers() == Qt::NoModifier && !event->isAutoRepeat();
    if (isBare && event->key() == Qt::Key_Y && m_buttons.allow->isVisible() && m_buttons.allow->isEnabled())
        return beginKey(allowEffect(m_asked.kind));
    if (isBare && event->key() == Qt::Key_N && m_buttons.refuse->isVisible() && m_buttons.refuse->isEnabled())
        return beginKey(QLatin1String("deny"));
    if (event->key() == Qt::Key_Escape && m_keyDelay.isActive())
        return cancelKey();
    QFrame::keyPressEvent(event);
}

void PermissionCard::beginKey(QLatin1String effect)
{
    m_keyEffect = effect;
    m_keyDelay.start();
    refreshAdvice();
}

void PermissionCard::cancelKey()
{
    if (!m_keyDelay.isActive())
        return;
    m_keyDelay.stop();
    refreshAdvice();
}

bool PermissionCard::canAllow() const
{
    if (m_delay.isActive())
        return false;
    return m_asked.kind == PermissionKind::Question ? !m_form->answers().isEmpty()
                                                    : m_seen || shownText(m_asked).isEmpty();
}

void PermissionCard::refresh()
{
    const bool may = m_refusal.isEmpty() && !m_sent;
    const auto set = [this, may](QPushButton* button, bool shown, bool works) {
        button->setVisible(shown);
        button->setEnabled(may && works);
        button->setToolTip(plainToolTip(m_refusal));
    };
    const bool asks = !m_asked.options.isEmpty();
    set(m_buttons.allow, !m_reason && option(allowEffect(m_asked.kind)) != nullptr, canAllow());
    set(m_buttons.session, !m_reason && option(QLatin1String("allow_session")) != nullptr, canAllow());
    set(m_buttons.refuse, !m_reason && option(QLatin1String("deny")) != nullptr, true);
    set(m_buttons.deny, m_reason && option(QLatin1String("deny")) != nullptr, true);
    set(m_buttons.denyAndStop, m_reason && option(QLatin1String("deny_and_stop")) != nullptr, true);
    set(m_buttons.back, m_reason && asks, true);
    m_message->setVisible(m_reason);
    m_message->setEnabled(may);
    fitButtons();
    refreshAdvice();
}

void PermissionCard::refreshAdvice()
{
    QString advice;
    if (m_asked.options.isEmpty())
        advice = QStringLiteral("Answer it in the agent's own terminal.");
    else if (!m_refusal.isEmpty())
        advice = m_refusal;
    else if (!m_problem.isEmpty())
        advice = QStringLiteral("Not answered: ") + m_problem;
    else if (m_sent)
        advice = QStringLiteral("Sending the answer…");
    else if (m_keyDelay.isActive())
        advice = m_keyEffect == QLatin1String("deny") ? QStringLiteral("Denying… Escape takes it back.")
                                                      : QStringLiteral("Allowing… Escape takes it back.");
    else if (!m_seen && m_command->isVisible() && !m_reason)
        advice = QStringLiteral("Scroll through all of it to allow it.");
    m_advice->setText(plain(advice));
    m_advice->setVisible(!advice.isEmpty());
}

void PermissionCard::changeEvent(QEvent* event)
{
    QFrame::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange)
        updateLook();
}

void PermissionCard::resizeEvent(QResizeEvent* event)
{
    QFrame::resizeEvent(event);
    fitButtons();
    if (event->size().width() != event->oldSize().width())
        m_seenLines = 0; // the lines are others now
    fitCommand();
    fitForm();
}

/// One below the other where they do not fit beside one another.
void PermissionCard::fitButtons()
{
    int beside = grid(font(), 6);
    for (const QPushButton* button : findChildren<QPushButton*>()) {
        if (!button->isHidden())
            beside += button->sizeHint().width() + grid(font(), 1);
    }
    m_row->setDirection(width() < beside ? QBoxLayout::TopToBottom : QBoxLayout::LeftToRight);
}

void PermissionCard::showEvent(QShowEvent* event)
{
    QFrame::showEvent(event);
    fitCommand();
    noteSeen();
}

void PermissionCard::paintEvent(QPaintEvent* /*event*/)
{
    const Theme& theme = Theme::of(palette());
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(theme.warning, 1));
    painter.setBrush(Qt::NoBrush);
    painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8);
}

void PermissionCard::fitCommand()
{
    const int line = QFontMetrics(m_command->font()).lineSpacing();
    const int margin = int(m_command->document()->documentMargin()) * 2;
    m_command->setFixedHeight(std::clamp(commandLines(), 1, maxCommandLines) * line + margin + 2);
}

void PermissionCard::fitForm()
{
    const int wanted = m_form->hasHeightForWidth() ? m_form->heightForWidth(std::max(1, m_form->width()))
                                                   : m_form->sizeHint().height();
    m_formArea->setFixedHeight(std::clamp(wanted, 1, grid(font(), 75)));
}

void PermissionCard::updateLook()
{
    const Theme& theme = Theme::of(palette());
    QFont fixed = QFontDatabase::systemFont(QFontDatabase::FixedFont);
    fixed.setPointSizeF(font().pointSizeF());
    m_command->setFont(fixed);
    m_command->document()->setDocumentMargin(grid(font(), 2));
    tint(m_title, theme.attentionText);
    for (QLabel* label : {m_when, m_folder, m_session, m_advice})
        tint(label, theme.dimText);
    fitCommand();
    update();
}

} // namespace plimsoll
