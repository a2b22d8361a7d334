// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/notices.h"

#include <QIcon>
#include <QMenu>
#include <QObject>
#include <QSystemTrayIcon>

namespace plimsoll {

/// The icon in the desktop's tray: a ring that fills with the fullest agent, a badge when someone needs you.
[[nodiscard]] QIcon trayIcon(const TrayState& state);

/// Shows the fleet's state and notifications where the desktop has a tray; elsewhere it does nothing. Decides
/// nothing (NoticeRules does). GUI thread.
class Tray : public QObject
{
    Q_OBJECT

public:
    explicit Tray(QObject* parent = nullptr);

    [[nodiscard]] static bool isAvailable() { return QSystemTrayIcon::isSystemTrayAvailable(); }

    void setVisible(bool visible);
    void setState(const TrayState& state);
    void show(const QList<Notice>& notices);

signals:
    void windowWanted();
    void agentWanted(const plimsoll::AgentId& id); ///< its notification was clicked
    void quitWanted();

private:
    QMenu m_menu;
    QSystemTrayIcon m_icon;
    TrayState m_state;
    AgentId m_told; ///< the agent of the notification on screen
};

} // namespace plimsoll
