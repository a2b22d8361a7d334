// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/permissioncard.h"

#include "models/format.h"
#include "ui/theme.h"
#include "ui/widgets.h"

#include <QAbstractTextDocumentLayout>
#include <QEvent>
#include <QFontDatabase>
#include <QHBoxLayout>
#include <QPainter>
#include <QPlainTextEdit>
#include <QVBoxLayout>

#include <algorithm>

namespace plimsoll {

namespace {

constexpr int maxCommandLines = 8; // beyond it the command scrolls

QString titleOf(PermissionKind kind)
{
    switch (kind) {
    case PermissionKind::Question: return QStringLiteral("Question");
    case PermissionKind::Plan: return QStringLiteral("Plan to approve");
    case PermissionKind::Permission: break;
    }
    return QStringLiteral("Permission needed");
}

} // namespace

PermissionCard::PermissionCard(QWidget* parent)
    : QFrame(parent)
    , m_title(plainLabel({}, this))
    , m_when(plainLabel({}, this))
    , m_command(new QPlainTextEdit(this))
    , m_folder(plainLabel({}, this))
    , m_advice(plainLabel(QStringLiteral("Answer it in the agent's own terminal."), this))
{
    QFont bold = font();
    bold.setWeight(QFont::DemiBold);
    m_title->setFont(bold);
    m_command->setReadOnly(true);
    m_command->setTabChangesFocus(true);
    m_command->setFrameShape(QFrame::NoFrame);
    m_command->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_command->setWordWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
    m_command->setAccessibleName(QStringLiteral("What the agent asks for"));
    m_folder->setWordWrap(true);
    m_advice->setWordWrap(true);
    auto* head = new QHBoxLayout;
    head->setSpacing(grid(font(), 1));
    head->addWidget(m_title);
    head->addWidget(m_when, 1);
    auto* layout = new QVBoxLayout(this);
    const int side = grid(font(), 3);
    layout->setContentsMargins(side, side, side, side);
    layout->setSpacing(grid(font(), 1.5));
    layout->addLayout(head);
    layout->addWidget(m_command);
    layout->addWidget(m_folder);
    layout->addWidget(m_advice);
    updateLook();
}

void PermissionCard::ask(const PermissionAsked& asked, qint64 askedMs)
{
    m_title->setText(titleOf(asked.kind));
    m_tool = asked.tool;
    m_askedMs = askedMs;
    const QString command = plain(asked.input);
    if (m_command->toPlainText() != command)
        m_command->setPlainText(command);
    m_command->setVisible(!command.isEmpty());
    m_folder->setText(QStringLiteral("in ") + oneLine(asked.workingDir, 1000));
    m_folder->setVisible(!asked.workingDir.isEmpty());
    setAccessibleName(titleOf(asked.kind) + QStringLiteral(": ") + asked.tool + QLatin1Char(' ') +
                      asked.input.left(500));
    fitCommand();
}

void PermissionCard::setNow(qint64 nowMs)
{
    QStringList parts;
    if (!m_tool.isEmpty())
        parts << oneLine(m_tool, 60);
    if (m_askedMs > 0)
        parts << ago(m_askedMs, nowMs);
    m_when->setText(parts.join(QStringLiteral(" · ")));
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
    fitCommand();
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
    // A plain text document measures its height in lines.
    const int lines = int(m_command->document()->documentLayout()->documentSize().height());
    const int line = QFontMetrics(m_command->font()).lineSpacing();
    const int margin = int(m_command->document()->documentMargin()) * 2;
    m_command->setFixedHeight(std::clamp(lines, 1, maxCommandLines) * line + margin + 2);
}

void PermissionCard::updateLook()
{
    const Theme& theme = Theme::of(palette());
    QFont fixed = QFontDatabase::systemFont(QFontDatabase::FixedFont);
    fixed.setPointSizeF(font().pointSizeF());
    m_command->setFont(fixed);
    m_command->document()->setDocumentMargin(grid(font(), 2));
    tint(m_title, theme.attentionText);
    tint(m_when, theme.dimText);
    tint(m_folder, theme.dimText);
    tint(m_advice, theme.dimText);
    fitCommand();
    update();
}

} // namespace plimsoll
