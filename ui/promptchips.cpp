// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/promptchips.h"

#include "models/format.h"
#include "models/jsonparts.h"
#include "ui/theme.h"
#include "ui/widgets.h"

#include <QBuffer>
#include <QHBoxLayout>
#include <QImageReader>
#include <QToolButton>
#include <QVBoxLayout>

namespace plimsoll {

namespace {

constexpr qsizetype maxChips = 8; ///< more are counted

/// Its first picture, small; a file that claims to be large is not unpacked.
QIcon thumbnail(const QByteArray& bytes, int side)
{
    QBuffer buffer;
    buffer.setData(bytes);
    QImageReader reader(&buffer);
    const QSize size = reader.size();
    if (!size.isValid() || qint64(size.width()) * size.height() > 50'000'000)
        return {};
    reader.setScaledSize(size.scaled(side, side, Qt::KeepAspectRatio));
    return {QPixmap::fromImage(reader.read())};
}

} // namespace

PromptChips::PromptChips(QWidget* parent)
    : QWidget(parent)
    , m_rows(new QVBoxLayout(this))
{
    m_rows->setContentsMargins(0, 0, 0, 0);
    m_rows->setSpacing(grid(font(), 1));
    hide();
}

void PromptChips::setImages(const QList<PromptImage>& images)
{
    m_images = images;
    rebuild();
}

void PromptChips::setWaiting(const QJsonArray& messages, const QString& refusal)
{
    if (messages == m_waiting && refusal == m_refusal)
        return;
    m_waiting = messages;
    m_refusal = refusal;
    rebuild();
}

void PromptChips::rebuild()
{
    clearLayout(*m_rows);
    const auto add = [this](const QString& text, const QString& tip) {
        auto* chip = new QToolButton(this);
        chip->setText(QString(text).replace(QLatin1Char('&'), QStringLiteral("&&")));
        chip->setToolTip(plainToolTip(tip));
        chip->setAccessibleName(text + QStringLiteral(". ") + tip);
        chip->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
        chip->setIconSize(QSize(grid(font(), 8), grid(font(), 8)));
        m_rows->addWidget(chip);
        chip->show();
        return chip;
    };
    for (int i = 0; i < int(m_images.size()); ++i) {
        const PromptImage& image = m_images.at(i);
        QToolButton* chip = add(oneLine(image.name, 60) + QStringLiteral("  ✕"),
                                tr("Goes with the message; press to leave it out"));
        chip->setIcon(thumbnail(image.bytes, grid(font(), 8)));
        connect(chip, &QToolButton::clicked, this, [this, i] { emit imageRemoved(i); });
    }
    for (const auto& value : std::as_const(m_waiting)) {
        if (m_rows->count() >= maxChips + m_images.size())
            break;
        const QJsonObject message = value.toObject();
        const bool steers = json::text(message, "mode") == QLatin1String("steer");
        QToolButton* chip = add((steers ? tr("Steers: ") : tr("Queued: ")) +
                                    oneLine(json::text(message, "text"), 60) + QStringLiteral("  ✕"),
                                m_refusal.isEmpty() ? tr("Not taken yet; press to withdraw it") : m_refusal);
        chip->setEnabled(m_refusal.isEmpty());
        connect(chip, &QToolButton::clicked, this,
                [this, id = json::text(message, "message_id")] { emit withdrawn(id); });
    }
    setVisible(m_rows->count() > 0);
}

} // namespace plimsoll
