// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/statusstrip.h"

#include "models/format.h"
#include "ui/theme.h"

#include <QCoreApplication>
#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QPainter>
#include <QProgressBar>
#include <QPushButton>

#include <algorithm>

namespace plimsoll {

namespace {

constexpr int barSteps = 1000;

QString tr(const char* text)
{
    return QCoreApplication::translate("plimsoll::StatusStrip", text);
}

QString bytes(qint64 count)
{
    return QLocale::c().formattedDataSize(count, 1, QLocale::DataSizeSIFormat);
}

int barValue(const Progress& progress)
{
    // By bytes: one file can be a thousand times as long as another.
    if (progress.bytesTotal > 0)
        return int(double(barSteps) * double(progress.bytesDone) / double(progress.bytesTotal));
    return progress.filesTotal > 0 ? int(barSteps * progress.filesDone / progress.filesTotal) : 0;
}

QLabel* plainLabel(QWidget* parent)
{
    auto* label = new QLabel(parent);
    label->setTextFormat(Qt::PlainText);
    return label;
}

} // namespace

QString progressText(const Progress& progress)
{
    if (progress.running) {
        QString text = tr("Reading %1 of %2 session files").arg(progress.filesDone).arg(progress.filesTotal);
        if (progress.bytesTotal > 0)
            text += tr(" · %1 of %2").arg(bytes(progress.bytesDone), bytes(progress.bytesTotal));
        return text;
    }
    if (progress.cancelled)
        return tr("Reading was stopped: %1 of %2 session files")
            .arg(progress.filesDone)
            .arg(progress.filesTotal);
    if (progress.filesTotal <= 0)
        return {};
    return progress.filesTotal == 1 ? tr("watching 1 session file")
                                    : tr("watching %1 session files").arg(progress.filesTotal);
}

StatusStrip::StatusStrip(QWidget* parent)
    : QWidget(parent)
    , m_text(plainLabel(this))
    , m_bar(new QProgressBar(this))
    , m_cancel(new QPushButton(tr("Cancel"), this))
    , m_problem(plainLabel(this))
    , m_store(plainLabel(this))
    , m_sharing(new QPushButton(this))
    , m_host(plainLabel(this))
{
    m_bar->setRange(0, barSteps);
    m_bar->setTextVisible(false);
    m_bar->setAccessibleName(tr("First reading of the session files"));
    m_cancel->setAccessibleName(tr("Stop reading the session files"));
    m_cancel->setAutoDefault(false);
    m_problem->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    connect(m_cancel, &QPushButton::clicked, this, &StatusStrip::cancelWanted);
    m_sharing->setAccessibleName(tr("Sharing"));
    m_sharing->setFlat(true);
    m_sharing->setAutoDefault(false);
    m_sharing->hide();
    connect(m_sharing, &QPushButton::clicked, this, &StatusStrip::sharingClicked);

    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(grid(font(), 4), 1, grid(font(), 4), 0);
    layout->setSpacing(grid(font(), 3));
    layout->addWidget(m_text);
    layout->addWidget(m_bar);
    layout->addWidget(m_cancel);
    layout->addWidget(m_problem, 1);
    layout->addWidget(m_store);
    layout->addWidget(m_sharing);
    layout->addWidget(m_host);
    updateLook();
    setProgress({});
}

void StatusStrip::setProgress(const Progress& progress)
{
    m_text->setText(progressText(progress));
    m_bar->setVisible(progress.running);
    m_cancel->setVisible(progress.running);
    m_bar->setValue(std::clamp(barValue(progress), 0, barSteps));
}

void StatusStrip::setHost(const HostCapabilities& host)
{
    m_host->setText(plain(host.label));
}

void StatusStrip::setProblem(const QString& text)
{
    m_said = text;
    showProblem();
}

void StatusStrip::setStore(const StoreState& state)
{
    m_store->setText(state.kept ? tr("history %1").arg(bytes(state.sizeBytes)) : QString());
    m_store->setToolTip(state.kept ? tr("What is kept of the sessions, on the disk") : QString());
    m_storeProblem = state.problem;
    showProblem();
}

void StatusStrip::setSharing(const QString& text, bool loud)
{
    m_sharing->setText(text);
    m_sharing->setVisible(!text.isEmpty());
    m_loud = loud;
    updateLook();
}

/// What is wrong now goes before what once went wrong.
void StatusStrip::showProblem()
{
    const QString& text = m_storeProblem.isEmpty() ? m_said : m_storeProblem;
    m_problem->setText(oneLine(text));
    m_problem->setToolTip(Qt::convertFromPlainText(plain(text), Qt::WhiteSpaceNormal));
}

void StatusStrip::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange)
        updateLook();
}

void StatusStrip::paintEvent(QPaintEvent* /*event*/)
{
    QPainter painter(this);
    const Theme& theme = Theme::of(palette());
    painter.fillRect(rect(), theme.panel);
    painter.fillRect(QRect(0, 0, width(), 1), theme.border);
}

void StatusStrip::updateLook()
{
    const Theme& theme = Theme::of(palette());
    QPalette warning = palette();
    warning.setColor(QPalette::WindowText, theme.attentionText);
    m_problem->setPalette(warning);
    QPalette quiet = palette();
    quiet.setColor(QPalette::WindowText, theme.dimText);
    m_host->setPalette(quiet);
    QPalette shared = palette();
    shared.setColor(QPalette::ButtonText, m_loud ? theme.dangerText : theme.accentText);
    m_sharing->setPalette(shared);
    m_store->setPalette(quiet);
    const QFont small = resized(font(), -0.8);
    for (QWidget* child :
         {static_cast<QWidget*>(m_text), static_cast<QWidget*>(m_cancel), static_cast<QWidget*>(m_problem),
          static_cast<QWidget*>(m_store), static_cast<QWidget*>(m_sharing), static_cast<QWidget*>(m_host)})
        child->setFont(child == m_text ? numberFont(small) : small);
    m_bar->setFixedSize(grid(font(), 30), grid(font(), 1.5));
    setMinimumHeight(grid(font(), 6.5));
}

} // namespace plimsoll
