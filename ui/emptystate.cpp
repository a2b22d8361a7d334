// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/emptystate.h"

#include "models/format.h"
#include "ui/theme.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace plimsoll {

namespace {

QLabel* centred(QWidget* parent)
{
    auto* label = new QLabel(parent);
    label->setTextFormat(Qt::PlainText);
    label->setAlignment(Qt::AlignCenter);
    label->setWordWrap(true);
    return label;
}

} // namespace

EmptyState::EmptyState(QWidget* parent)
    : QWidget(parent)
    , m_mark(centred(this))
    , m_title(centred(this))
    , m_text(centred(this))
    , m_folders(centred(this))
    , m_newAgent(new QPushButton(tr("New agent…"), this))
    , m_demo(new QPushButton(tr("Play the demo recording"), this))
    , m_demoText(centred(this))
{
    m_mark->setAccessibleName(tr("Plimsoll"));
    m_demo->setAccessibleName(tr("Play the demo recording"));
    m_demo->setDefault(true);
    m_demoText->setText(
        tr("The demo is a recording in a window of its own: nothing in it runs on this machine."));
    m_folders->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_folders->setAccessibleName(tr("Watched folders"));
    m_newAgent->setAccessibleName(tr("New agent"));
    connect(m_newAgent, &QPushButton::clicked, this, &EmptyState::newAgentWanted);
    connect(m_demo, &QPushButton::clicked, this, &EmptyState::demoWanted);

    auto* column = new QWidget(this);
    column->setMaximumWidth(grid(font(), 150));
    auto* outer = new QHBoxLayout(this);
    outer->addWidget(column);
    auto* layout = new QVBoxLayout(column);
    layout->setSpacing(grid(font(), 3));
    layout->addStretch(3);
    for (QLabel* label : {m_mark, m_title, m_text, m_folders})
        layout->addWidget(label, 0);
    layout->addSpacing(grid(font(), 3));
    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(grid(font(), 2));
    buttons->addStretch(1);
    buttons->addWidget(m_newAgent);
    buttons->addWidget(m_demo);
    buttons->addStretch(1);
    layout->addLayout(buttons);
    layout->addWidget(m_demoText, 0);
    layout->addStretch(4);
    setAutoFillBackground(true);
    setBackgroundRole(QPalette::Base);
    setFocusProxy(m_demo);
    setScanning(false);
    updateLook();
}

void EmptyState::setHost(const HostCapabilities& host)
{
    m_folders->setText(plain(host.watched.join(QLatin1Char('\n'))));
    m_folders->setVisible(!host.watched.isEmpty());
    m_demo->setVisible(!host.recording);
    m_demoText->setVisible(!host.recording);
}

void EmptyState::setNewAgentRefusal(const QString& refusal)
{
    m_newAgent->setVisible(refusal.isEmpty());
}

void EmptyState::setScanning(bool scanning)
{
    m_isScanning = scanning;
    updateText();
}

void EmptyState::setLink(const LinkState& link)
{
    m_link = link;
    updateText();
}

void EmptyState::updateText()
{
    switch (m_link.phase) {
    case LinkState::Phase::Near:
        m_title->setText(m_isScanning ? tr("Looking for sessions…") : tr("No session of an agent yet"));
        m_text->setText(
            tr("Plimsoll reads what Claude Code and Codex write about their sessions. Start one in a "
               "terminal: it appears here by itself. These folders are watched:"));
        break;
    case LinkState::Phase::Connected:
        m_title->setText(tr("No session of an agent yet"));
        m_text->setText(
            tr("The other machine shows no agent. One that starts there appears here by itself."));
        break;
    case LinkState::Phase::Connecting:
    case LinkState::Phase::Lost:
        m_title->setText(tr("Connecting…"));
        m_text->setText(plain(m_link.text));
        break;
    case LinkState::Phase::Failed:
        m_title->setText(tr("Not connected"));
        m_text->setText(plain(m_link.text));
        break;
    }
}

void EmptyState::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange)
        updateLook();
}

void EmptyState::updateLook()
{
    const Theme& theme = Theme::of(palette());
    QFont large = resized(font(), 6);
    large.setWeight(QFont::DemiBold);
    m_title->setFont(large);
    const int mark = grid(font(), 16);
    m_mark->setPixmap(applicationIcon().pixmap(QSize(mark, mark), devicePixelRatioF()));
    m_demo->setIcon(glyph(Glyph::Play, theme.onButton));
    QPalette quiet = palette();
    quiet.setColor(QPalette::Text, theme.dimText); // the role that goes with the background below
    for (QLabel* label : {m_text, m_demoText})
        label->setPalette(quiet);
    m_folders->setFont(numberFont(font()));
}

} // namespace plimsoll
