// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/mainmenu.h"

#include "ui/theme.h"

#include <QActionGroup>
#include <QMessageBox>

#include <array>

namespace plimsoll {

MainMenu::MainMenu(Settings& settings, const Offers& offers, QWidget* parent)
    : QMenu(parent)
    , m_settings(settings)
{
    setToolTipsVisible(true);
    if (offers.demo) {
        m_newAgent = addAction(tr("New agent…"));
        m_newAgent->setShortcut(QKeySequence(Qt::CTRL | Qt::Key_N));
        connect(m_newAgent, &QAction::triggered, this, &MainMenu::newAgentWanted);
        addSeparator();
    }
    addThemes();
    QAction* motion = addAction(tr("Reduce motion"));
    motion->setCheckable(true);
    motion->setChecked(m_settings.motion.value() == MotionChoice::Reduced);
    connect(motion, &QAction::toggled, this, [this](bool on) {
        m_settings.motion.set(on ? MotionChoice::Reduced : MotionChoice::System);
        emit motionChosen();
    });
    if (offers.tray)
        addNotifications();
    addSeparator();
    connect(addAction(tr("Connect…")), &QAction::triggered, this, &MainMenu::connectWanted);
    if (offers.demo)
        connect(addAction(tr("Play the demo recording")), &QAction::triggered, this, &MainMenu::demoWanted);
    connect(addAction(tr("About Plimsoll")), &QAction::triggered, this, &MainMenu::about);
    QAction* quit = addAction(tr("Quit"));
    quit->setShortcut(QKeySequence(Qt::CTRL | Qt::Key_Q));
    connect(quit, &QAction::triggered, this, &MainMenu::quitWanted);
}

void MainMenu::offerSharing()
{
    auto* share = new QAction(tr("Share…"), this);
    connect(share, &QAction::triggered, this, &MainMenu::shareWanted);
    insertAction(actions().value(0), share);
    insertSeparator(actions().value(1));
}

void MainMenu::setNewAgentRefusal(const QString& refusal)
{
    if (m_newAgent == nullptr)
        return;
    m_newAgent->setEnabled(refusal.isEmpty());
    m_newAgent->setToolTip(refusal);
}

void MainMenu::addThemes()
{
    struct Entry
    {
        QString text;
        ThemeChoice choice;
    };
    const std::array<Entry, 3> entries{{{tr("As the desktop"), ThemeChoice::System},
                                        {tr("Light"), ThemeChoice::Light},
                                        {tr("Dark"), ThemeChoice::Dark}}};
    QMenu* menu = addMenu(tr("Theme"));
    auto* group = new QActionGroup(this);
    for (const Entry& entry : entries) {
        QAction* action = menu->addAction(entry.text);
        action->setCheckable(true);
        action->setActionGroup(group);
        action->setChecked(m_settings.theme.value() == entry.choice);
        connect(action, &QAction::triggered, this, [this, choice = entry.choice] {
            m_settings.theme.set(choice);
            emit themeChosen();
        });
    }
}

void MainMenu::addNotifications()
{
    struct Entry
    {
        QString text;
        Setting<bool> Settings::*setting;
    };
    const std::array<Entry, 5> entries{{{tr("An agent needs you"), &Settings::notifyNeedsYou},
                                        {tr("A context passes 80 or 90 %"), &Settings::notifyLevel},
                                        {tr("A context was compacted"), &Settings::notifyCompaction},
                                        {tr("An agent has finished a long turn"), &Settings::notifyFinished},
                                        {tr("An agent has failed"), &Settings::notifyFailed}}};
    QMenu* menu = addMenu(tr("Notify me when"));
    for (const Entry& entry : entries) {
        QAction* action = menu->addAction(entry.text);
        action->setCheckable(true);
        action->setChecked((m_settings.*entry.setting).value());
        connect(action, &QAction::toggled, this,
                [this, setting = entry.setting](bool on) { (m_settings.*setting).set(on); });
    }
    QAction* icon = addAction(tr("Icon in the tray"));
    icon->setToolTip(tr("Without the icon there are no notifications"));
    icon->setCheckable(true);
    icon->setChecked(m_settings.trayIcon.value());
    connect(icon, &QAction::toggled, this, [this](bool on) {
        m_settings.trayIcon.set(on);
        emit trayChosen();
    });
}

void MainMenu::about()
{
    auto* box = new QMessageBox(parentWidget());
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setWindowTitle(tr("About Plimsoll"));
    box->setIconPixmap(applicationIcon().pixmap(64, 64));
    box->setTextFormat(Qt::PlainText);
    box->setText(tr("Plimsoll %1\nThe load line for AI agents").arg(QLatin1String(PLIMSOLL_VERSION)));
    box->setInformativeText(
        tr("Reads the logs of Claude Code and Codex on this machine; sends nothing anywhere\n"
           "unless you share it.\n"
           "Free software under the GNU GPL, version 3 or later.\nBuilt with Qt %1.")
            .arg(QLatin1String(qVersion())));
    box->open();
}

} // namespace plimsoll
