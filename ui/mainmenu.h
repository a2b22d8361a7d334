// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/settings.h"

#include <QMenu>

class QActionGroup;

namespace plimsoll {

/// The ☰ menu: new agents, sharing, look, notifications, other machines, demo, about, quit. Writes the
/// settings; who shows them listens. Holds nothing that does not work here: without a tray there is no word
/// of notifications. GUI thread.
class MainMenu : public QMenu
{
    Q_OBJECT

public:
    struct Offers
    {
        bool demo = false; ///< this window is not the demo itself
        bool tray = false; ///< the desktop has a tray
    };

    MainMenu(Settings& settings, const Offers& offers, QWidget* parent);

    /// The fleet of this window can be shared.
    void offerSharing();
    /// \param refusal why no agent can be started here, for people; empty = one can
    void setNewAgentRefusal(const QString& refusal);

signals:
    void themeChosen();
    void motionChosen();
    void trayChosen();
    void newAgentWanted();
    void connectWanted();
    void demoWanted();
    void shareWanted();
    void quitWanted();

private:
    void addThemes();
    void addNotifications();
    void about();

    Settings& m_settings;
    QAction* m_newAgent = nullptr; ///< null in the demo
};

} // namespace plimsoll
