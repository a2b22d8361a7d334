// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/readingpane.h"

#include "models/format.h"
#include "models/host.h"
#include "ui/theme.h"
#include "ui/widgets.h"

#include <QApplication>
#include <QClipboard>
#include <QDialog>
#include <QEvent>
#include <QFontDatabase>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QPlainTextEdit>
#include <QToolButton>
#include <QVBoxLayout>

namespace plimsoll {

ReadingPane::ReadingPane(Host& host, QWidget* parent)
    : QWidget(parent)
    , m_host(host)
    , m_title(new ElidedLabel(this))
    , m_note(new ElidedLabel(this))
    , m_copy(new QToolButton(this))
    , m_close(new QToolButton(this))
    , m_text(new QPlainTextEdit(this))
{
    m_copy->setText(QStringLiteral("Copy"));
    m_copy->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_copy->setAccessibleName(QStringLiteral("Copy the whole text"));
    m_close->setAccessibleName(QStringLiteral("Close the reading pane"));
    m_close->setToolTip(QStringLiteral("Close (Esc)"));
    m_text->setReadOnly(true);
    m_text->setTabChangesFocus(true);
    m_text->setFrameShape(QFrame::NoFrame);
    m_text->setAccessibleName(QStringLiteral("Whole text"));
    auto* head = new QHBoxLayout;
    head->addWidget(m_title, 1);
    head->addWidget(m_copy);
    head->addWidget(m_close);
    auto* layout = new QVBoxLayout(this);
    const int side = grid(font(), 3);
    layout->setContentsMargins(side, grid(font(), 1), side, grid(font(), 2));
    layout->setSpacing(grid(font(), 1));
    layout->addLayout(head);
    layout->addWidget(m_note);
    layout->addWidget(m_text, 1);
    m_note->hide();
    connect(m_copy, &QToolButton::clicked, this, [this] { QApplication::clipboard()->setText(shownText()); });
    connect(m_close, &QToolButton::clicked, this, &ReadingPane::closeWanted);
    connect(&m_host, &Host::replied, this, &ReadingPane::onReplied);
    setAutoFillBackground(true);
    updateLook();
}

void ReadingPane::read(const ReadingText& text)
{
    if (text == m_shown)
        return;
    m_shown = text;
    m_title->setWholeText(text.title);
    m_text->setPlainText(plain(text.text));
    m_asked = 0;
    m_note->setVisible(text.truncated);
    if (!text.truncated)
        return;
    if (text.file.isEmpty() || text.offset < 0) {
        m_note->setWholeText(QStringLiteral("Only the beginning is at hand."));
        return;
    }
    m_note->setWholeText(QStringLiteral("Reading the rest…"));
    m_asked = m_host.query(QStringLiteral("text"), {{QStringLiteral("file"), text.file},
                                                    {QStringLiteral("offset"), text.offset},
                                                    {QStringLiteral("block"), text.block}});
}

QString ReadingPane::shownText() const
{
    return m_shown.text;
}

void ReadingPane::openWindow(Host& host, const ReadingText& text, QWidget* parent)
{
    auto* dialog = new QDialog(parent);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(oneLine(text.title, 100));
    auto* pane = new ReadingPane(host, dialog);
    auto* layout = new QVBoxLayout(dialog);
    layout->setContentsMargins({});
    layout->addWidget(pane);
    connect(pane, &ReadingPane::closeWanted, dialog, &QDialog::close);
    pane->read(text);
    dialog->resize(grid(dialog->font(), 190), grid(dialog->font(), 130));
    dialog->show();
}

void ReadingPane::onReplied(const Reply& reply)
{
    if (m_asked == 0 || reply.id != m_asked)
        return;
    m_asked = 0;
    if (!reply.error.isEmpty()) {
        m_note->setWholeText(QStringLiteral("Only the beginning is at hand: ") + reply.error);
        return;
    }
    m_note->hide();
    m_shown.text = reply.result.value(QLatin1String("text")).toString();
    m_text->setPlainText(plain(m_shown.text));
}

void ReadingPane::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange)
        updateLook();
}

void ReadingPane::keyPressEvent(QKeyEvent* event)
{
    if (event->key() == Qt::Key_Escape)
        emit closeWanted();
    else
        QWidget::keyPressEvent(event);
}

void ReadingPane::updateLook()
{
    const Theme& theme = Theme::of(palette());
    QFont fixed = QFontDatabase::systemFont(QFontDatabase::FixedFont);
    fixed.setPointSizeF(font().pointSizeF());
    m_text->setFont(fixed);
    tint(m_title, theme.dimText);
    tint(m_note, theme.attentionText);
    m_copy->setIcon(glyph(Glyph::Copy, theme.text));
    m_close->setIcon(glyph(Glyph::Close, theme.text));
}

} // namespace plimsoll
