// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/agentmodel.h"
#include "models/agentproxy.h"
#include "models/host.h"
#include "models/settings.h"
#include "ui/notices.h"

#include <QMap>
#include <QTimer>
#include <QWidget>

#include <optional>

class QLabel;
class QSplitter;
class QStackedWidget;

namespace plimsoll {

class AgentView;
class DetailsPanel;
class EmptyState;
class Header;
class LinkStrip;
class LivePage;
class MainMenu;
class OlderSessions;
class ShareDialog;
class Sharing;
class StatusStrip;
class Tray;
class Veil;

/// The window over one host: agents left, live page in the centre, details right. Wires the host's events to
/// the models and the models to the views; decides nothing itself. Host and settings belong to the caller,
/// must live longer and are used from the GUI thread only. The caller starts the host after making the
/// window.
class MainWindow : public QWidget
{
    Q_OBJECT

public:
    MainWindow(Host& host, Settings& settings, QWidget* parent = nullptr);
    ~MainWindow() override;

    /// The last event that the views have taken.
    [[nodiscard]] quint64 shownSeq() const { return m_shownSeq; }

    [[nodiscard]] AgentModel& agents() { return m_agents; }

    /// Offers to share what this window shows. \param sharing of the same host; must live longer
    void setSharing(Sharing& sharing);

    /// Gives the application the theme that the settings name.
    void applyLook();

signals:
    void connectWanted(); ///< the caller asks where to and opens a window of its own
    void demoWanted();    ///< the caller opens the demo recording in a window of its own
    void firstPainted();  ///< once: the first picture is on screen

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;
    void changeEvent(QEvent* event) override;
    void closeEvent(QCloseEvent* event) override;

private:
    /// What must be brought up to date; any cause sets bits, one slot does each once.
    enum Part : unsigned {
        CountsPart = 1U << 0U,
        MoneyPart = 1U << 1U, ///< spend and limits
        TrayPart = 1U << 2U,
        PagePart = 1U << 3U, ///< empty state or agents, and who is selected
        EveryPart = CountsPart | MoneyPart | TrayPart | PagePart,
    };

    void build();
    void buildList(QSplitter& panes);
    void connectHost();
    void connectViews();
    void addShortcuts();
    void addTray();
    void openShareDialog();
    void openNewAgentDialog();
    void openPalette();
    void openRowMenu(const QPoint& position);
    void restoreState();

    void onRecorded(const Events& events);
    void onReset(const QList<Agent>& agents, quint64 seq);
    void onProgressed(const Progress& progress);
    void onLink(const LinkState& link);
    void onCapabilities();
    void select(const AgentId& id);

    void refreshSoon(unsigned parts);
    void refresh();
    void refreshMoney();
    void refreshPage();

    void updateLook();
    void updateVeil();
    void raiseWindow();
    void focusPane(QWidget* pane);
    void focusNextPane(int step);
    [[nodiscard]] QList<QWidget*> panes() const;
    [[nodiscard]] NoticeSwitches wantedNotices() const;

    Host& m_host;
    Settings& m_settings;
    AgentModel m_agents;
    AgentProxy m_rows;
    NoticeRules m_rules;
    Progress m_progress;
    QMap<AgentKind, LimitsChanged> m_limits;
    std::optional<QList<SpendSlot>> m_spend;
    quint64 m_shownSeq = 0;
    bool m_followFirst =
        true; ///< nobody has chosen an agent yet: the first row stays selected while rows fill in
    bool m_isStale = false;
    bool m_selecting = false; ///< the selection is being changed from here

    QTimer m_refreshTimer;
    QTimer m_minuteTimer; ///< money per hour falls while nothing happens
    unsigned m_stale = 0;

    Header* m_header = nullptr;
    MainMenu* m_menu = nullptr;
    LinkStrip* m_linkStrip = nullptr;
    QLabel* m_banner = nullptr;
    QStackedWidget* m_pages = nullptr;
    EmptyState* m_empty = nullptr;
    QSplitter* m_panes = nullptr;
    Veil* m_veil = nullptr; ///< over the pages while what they show is stale
    AgentView* m_list = nullptr;
    OlderSessions* m_older = nullptr;
    LivePage* m_live = nullptr;
    DetailsPanel* m_details = nullptr;
    StatusStrip* m_strip = nullptr;
    Sharing* m_sharing = nullptr; ///< null where nothing can be shared
    ShareDialog* m_shareDialog = nullptr;
    Tray* m_tray = nullptr; ///< null without a tray, and for a recording
};

} // namespace plimsoll
