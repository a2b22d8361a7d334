// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/tray.h"

#include "ui/theme.h"

#include <QPainter>

#include <algorithm>
#include <array>

namespace plimsoll {

namespace {

constexpr int messageMs = 8000;

QPixmap drawIcon(const TrayState& state, int size)
{
    QPixmap pixmap(size, size);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    painter.setRenderHint(QPainter::Antialiasing);
    // Panels are light or dark whatever the windows are: a dark disc carries its own background.
    const Theme& theme = Theme::dark();
    const qreal unit = size / 16.0;
    painter.setPen(Qt::NoPen);
    painter.setBrush(theme.panel);
    painter.drawEllipse(QRectF(0, 0, size, size));
    const QRectF ring(2.5 * unit, 2.5 * unit, 11 * unit, 11 * unit);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(theme.hover.lighter(130), 2.5 * unit));
    painter.drawEllipse(ring);
    if (state.fraction) {
        constexpr int top = 90 * 16;
        constexpr int whole = 360 * 16;
        painter.setPen(QPen(theme.bar(state.level), 2.5 * unit, Qt::SolidLine, Qt::FlatCap));
        painter.drawArc(ring, top, -int(whole * std::clamp(*state.fraction, 0.0, 1.0)));
    }
    painter.setPen(QPen(theme.text, 1.6 * unit, Qt::SolidLine, Qt::RoundCap));
    painter.drawLine(QPointF(4.5 * unit, size / 2.0), QPointF(11.5 * unit, size / 2.0));
    if (state.needsYou > 0) {
        painter.setPen(QPen(theme.panel, unit));
        painter.setBrush(theme.warning);
        painter.drawEllipse(QRectF(8.5 * unit, 0.5 * unit, 7 * unit, 7 * unit));
    }
    return pixmap;
}

} // namespace

QIcon trayIcon(const TrayState& state)
{
    QIcon icon;
    for (const int size : std::array{16, 22, 24, 32, 48, 64})
        icon.addPixmap(drawIcon(state, size));
    return icon;
}

Tray::Tray(QObject* parent)
    : QObject(parent)
    , m_icon(trayIcon({}))
{
    connect(m_menu.addAction(tr("Show Plimsoll")), &QAction::triggered, this, &Tray::windowWanted);
    m_menu.addSeparator();
    connect(m_menu.addAction(tr("Quit")), &QAction::triggered, this, &Tray::quitWanted);
    m_icon.setContextMenu(&m_menu);
    m_icon.setToolTip(trayText({}));
    connect(&m_icon, &QSystemTrayIcon::activated, this, [this](QSystemTrayIcon::ActivationReason reason) {
        if (reason == QSystemTrayIcon::Trigger)
            emit windowWanted();
    });
    connect(&m_icon, &QSystemTrayIcon::messageClicked, this, [this] { emit agentWanted(m_told); });
}

void Tray::setVisible(bool visible)
{
    m_icon.setVisible(visible && isAvailable());
}

void Tray::setState(const TrayState& state)
{
    if (state == m_state)
        return;
    m_state = state;
    m_icon.setIcon(trayIcon(state));
    m_icon.setToolTip(trayText(state));
}

void Tray::show(const QList<Notice>& notices)
{
    if (!m_icon.isVisible())
        return;
    for (const Notice& notice : notices) {
        m_told = notice.agent;
        const bool urgent = notice.kind == NoticeKind::NeedsYou || notice.kind == NoticeKind::Failed;
        m_icon.showMessage(notice.title, notice.text,
                           urgent ? QSystemTrayIcon::Warning : QSystemTrayIcon::Information, messageMs);
    }
}

} // namespace plimsoll
