// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/mainwindow.h"

#include "models/format.h"
#include "ui/agentactions.h"
#include "ui/agentview.h"
#include "ui/detailspanel.h"
#include "ui/emptystate.h"
#include "ui/header.h"
#include "ui/linkstrip.h"
#include "ui/livepage.h"
#include "ui/mainmenu.h"
#include "ui/newagentdialog.h"
#include "ui/oldersessions.h"
#include "ui/palettedialog.h"
#include "ui/rights.h"
#include "ui/sharedialog.h"
#include "ui/statusstrip.h"
#include "ui/theme.h"
#include "ui/tray.h"
#include "ui/veil.h"

#include <QApplication>
#include <QCloseEvent>
#include <QDateTime>
#include <QHBoxLayout>
#include <QLabel>
#include <QScreen>
#include <QShortcut>
#include <QSplitter>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>

namespace plimsoll {

namespace {

constexpr int refreshMs = 33;
constexpr int minuteMs = 60 * 1000;

QString geometryName()
{
    return QStringLiteral("main");
}

QString panesName()
{
    return QStringLiteral("panes");
}

qint64 nowMs()
{
    return QDateTime::currentMSecsSinceEpoch();
}

qint64 midnightMs()
{
    return QDate::currentDate().startOfDay().toMSecsSinceEpoch();
}

} // namespace

MainWindow::MainWindow(Host& host, Settings& settings, QWidget* parent)
    : QWidget(parent)
    , m_host(host)
    , m_settings(settings)
    , m_rows(m_agents)
{
    applyLook();
    // Collapsed is how it begins; to say so once more would count as the operator's hand.
    if (!m_settings.finishedCollapsed.value())
        m_rows.setCollapsed(AgentProxy::Finished, false);
    build();
    addTray();
    connectHost();
    connectViews();
    onCapabilities();
    addShortcuts();
    m_refreshTimer.setSingleShot(true);
    m_refreshTimer.setInterval(refreshMs);
    m_minuteTimer.setInterval(minuteMs);
    m_minuteTimer.setTimerType(Qt::VeryCoarseTimer);
    connect(&m_refreshTimer, &QTimer::timeout, this, &MainWindow::refresh);
    connect(&m_minuteTimer, &QTimer::timeout, this, [this] { refreshSoon(MoneyPart); });
    restoreState();
    updateLook();
    m_empty->setFocus();
    refreshSoon(EveryPart);
}

MainWindow::~MainWindow()
{
    // The views hold pointers into models that are members of this: they go first.
    delete m_older;
    delete m_list;
    delete m_live;
    delete m_details;
}

void MainWindow::build()
{
    const HostCapabilities host = m_host.capabilities();
    setWindowIcon(applicationIcon());
    setMinimumSize(820, 480);
    m_header = new Header(this);
    m_header->installEventFilter(this);
    m_linkStrip = new LinkStrip(this);
    m_banner = new QLabel(this);
    m_banner->setTextFormat(Qt::PlainText);
    m_banner->setText(tr("%1: what you see was recorded, nothing of it runs now.").arg(plain(host.label)));
    m_banner->setVisible(host.recording);
    m_banner->setAutoFillBackground(true);
    m_empty = new EmptyState(this);
    m_panes = new QSplitter(this);
    m_panes->setHandleWidth(1);
    m_panes->setChildrenCollapsible(false);
    buildList(*m_panes);
    m_strip = new StatusStrip(this);
    m_pages = new QStackedWidget(this);
    m_pages->addWidget(m_empty);
    m_pages->addWidget(m_panes);
    m_veil = new Veil(m_pages);

    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_header);
    layout->addWidget(m_linkStrip);
    layout->addWidget(m_banner);
    layout->addWidget(m_pages, 1);
    layout->addWidget(m_strip);
    onLink(m_host.link());
}

void MainWindow::buildList(QSplitter& panes)
{
    auto* column = new QWidget(&panes);
    column->setMinimumWidth(grid(font(), 62));
    m_list = new AgentView(m_agents, m_rows, column);
    m_older = new OlderSessions(m_host, m_agents, column);
    auto* columnLayout = new QVBoxLayout(column);
    columnLayout->setContentsMargins(0, 0, 0, 0);
    columnLayout->setSpacing(0);
    columnLayout->addWidget(m_list, 1);
    auto* below = new QHBoxLayout;
    below->setContentsMargins(grid(font(), 3), grid(font(), 1), grid(font(), 3), grid(font(), 1));
    below->addWidget(m_older);
    columnLayout->addLayout(below);
    m_list->setReducedMotion(m_settings.motion.value() == MotionChoice::Reduced);
    m_live = new LivePage(m_host, m_agents, m_settings, &panes);
    m_details = new DetailsPanel(m_host, m_agents, &panes);
    m_details->setMinimumWidth(grid(font(), 66));
    panes.addWidget(column);
    panes.addWidget(m_live);
    panes.addWidget(m_details);
    panes.setStretchFactor(0, 1); // in a small window the sides give way too
    panes.setStretchFactor(1, 4);
    panes.setStretchFactor(2, 1);
    panes.setSizes({grid(font(), 86), grid(font(), 180), grid(font(), 93)});
}

void MainWindow::connectHost()
{
    connect(&m_host, &Host::recorded, this, &MainWindow::onRecorded);
    connect(&m_host, &Host::reset, this, &MainWindow::onReset);
    connect(&m_host, &Host::progressed, this, &MainWindow::onProgressed);
    connect(&m_host, &Host::linkChanged, this, &MainWindow::onLink);
    connect(&m_host, &Host::capabilitiesChanged, this, &MainWindow::onCapabilities);
    connect(&m_host, &Host::failed, m_strip, &StatusStrip::setProblem);
    connect(&m_host, &Host::storeChanged, m_strip, &StatusStrip::setStore);
}

void MainWindow::connectViews()
{
    connect(m_header, &Header::filterChanged, &m_rows, &AgentProxy::setFilterText);
    connect(m_header, &Header::searchLeft, this, [this] { focusPane(m_list); });
    connect(m_linkStrip, &LinkStrip::retryWanted, this, [this] { m_host.retryLink(); });
    connect(m_empty, &EmptyState::demoWanted, this, &MainWindow::demoWanted);
    connect(m_empty, &EmptyState::newAgentWanted, this, &MainWindow::openNewAgentDialog);
    connect(m_strip, &StatusStrip::cancelWanted, this, [this] { m_host.cancelScan(); });
    connect(m_list, &AgentView::agentSelected, this, &MainWindow::select);
    m_list->setContextMenuPolicy(Qt::CustomContextMenu);
    connect(m_list, &QWidget::customContextMenuRequested, this, &MainWindow::openRowMenu);
    connect(m_live, &LivePage::agentPicked, this, [this](const AgentId& id) { m_list->setCurrentAgent(id); });
    connect(&m_rows, &AgentProxy::countsChanged, this,
            [this] { refreshSoon(CountsPart | TrayPart | PagePart); });
    connect(&m_rows, &QAbstractItemModel::rowsInserted, this, [this] { refreshSoon(PagePart); });

    m_menu = new MainMenu(m_settings, {!m_host.capabilities().recording, m_tray != nullptr}, this);
    m_header->setMenu(m_menu);
    connect(m_menu, &MainMenu::themeChosen, this, &MainWindow::applyLook);
    connect(m_menu, &MainMenu::motionChosen, this,
            [this] { m_list->setReducedMotion(m_settings.motion.value() == MotionChoice::Reduced); });
    connect(m_menu, &MainMenu::trayChosen, this, [this] { m_tray->setVisible(m_settings.trayIcon.value()); });
    connect(m_menu, &MainMenu::newAgentWanted, this, &MainWindow::openNewAgentDialog);
    connect(m_menu, &MainMenu::connectWanted, this, &MainWindow::connectWanted);
    connect(m_menu, &MainMenu::demoWanted, this, &MainWindow::demoWanted);
    connect(m_menu, &MainMenu::quitWanted, this, [] { QApplication::closeAllWindows(); });
}

void MainWindow::setSharing(Sharing& sharing)
{
    m_sharing = &sharing;
    m_menu->offerSharing();
    connect(m_menu, &MainMenu::shareWanted, this, &MainWindow::openShareDialog);
    connect(m_strip, &StatusStrip::sharingClicked, this, &MainWindow::openShareDialog);
    connect(m_sharing, &Sharing::stateChanged, this, [this](const SharingState& state) {
        m_strip->setSharing(sharingText(state), state.beyondLoopback);
        if (!state.problem.isEmpty())
            m_strip->setProblem(state.problem);
        if (!state.pairings.isEmpty())
            openShareDialog(); // a device waits for an answer
    });
    connect(m_sharing, &Sharing::failed, m_strip, &StatusStrip::setProblem);
}

void MainWindow::openShareDialog()
{
    if (m_shareDialog == nullptr)
        m_shareDialog = new ShareDialog(*m_sharing, this);
    m_shareDialog->open();
    m_shareDialog->raise();
}

/// Those that no entry of the menu has: a key with two owners does nothing.
void MainWindow::addShortcuts()
{
    const auto add = [this](const QKeySequence& keys, auto action) {
        connect(new QShortcut(keys, this), &QShortcut::activated, this, action);
    };
    add(QKeySequence(Qt::CTRL | Qt::Key_K), [this] { openPalette(); });
    add(QKeySequence(Qt::CTRL | Qt::Key_F), [this] { m_header->focusSearch(); });
    add(QKeySequence(Qt::Key_F6), [this] { focusNextPane(1); });
    add(QKeySequence(Qt::SHIFT | Qt::Key_F6), [this] { focusNextPane(-1); });
    add(QKeySequence(Qt::CTRL | Qt::Key_1), [this] { focusPane(m_list); });
    add(QKeySequence(Qt::CTRL | Qt::Key_2), [this] { focusPane(m_live); });
    add(QKeySequence(Qt::CTRL | Qt::Key_3), [this] { focusPane(m_details); });
}

void MainWindow::addTray()
{
    // A recording must never ring: nothing in it happens now.
    if (m_host.capabilities().recording || !Tray::isAvailable())
        return;
    m_tray = new Tray(this);
    m_tray->setVisible(m_settings.trayIcon.value());
    connect(m_tray, &Tray::windowWanted, this, &MainWindow::raiseWindow);
    connect(m_tray, &Tray::agentWanted, this, [this](const AgentId& id) {
        raiseWindow();
        m_list->setCurrentAgent(id);
    });
    connect(m_tray, &Tray::quitWanted, this, [] { QApplication::closeAllWindows(); });
}

void MainWindow::restoreState()
{
    resize(grid(font(), 360), grid(font(), 225));
    if (const QByteArray geometry = m_settings.windowState(geometryName()); !geometry.isEmpty())
        restoreGeometry(geometry);
    if (const QByteArray sizes = m_settings.windowState(panesName()); !sizes.isEmpty())
        m_panes->restoreState(sizes);
}

void MainWindow::onRecorded(const Events& events)
{
    m_agents.apply(events);
    m_live->apply(events);
    m_details->apply(events);
    unsigned stale = TrayPart;
    for (const Event& event : events) {
        m_shownSeq = std::max(m_shownSeq, event.seq);
        if (const auto* limits = std::get_if<LimitsChanged>(&event.body))
            m_limits.insert(limits->kind, *limits);
        else if (const auto* spend = std::get_if<SpendChanged>(&event.body))
            m_spend = spend->slotList;
        else
            continue;
        stale |= MoneyPart;
    }
    const auto notices = m_rules.take(events, m_agents, wantedNotices(), nowMs());
    if (m_tray != nullptr)
        m_tray->show(notices);
    refreshSoon(stale);
}

void MainWindow::onReset(const QList<Agent>& agents, quint64 seq)
{
    m_agents.reset(agents);
    m_rules.reset(agents);
    m_older->reset();
    m_live->reset();
    m_details->reset();
    m_limits.clear();
    m_spend.reset();
    m_shownSeq = seq;
    m_followFirst = true;
    refreshSoon(EveryPart);
}

void MainWindow::onProgressed(const Progress& progress)
{
    m_progress = progress;
    m_strip->setProgress(progress);
    m_empty->setScanning(progress.running);
    refreshSoon(PagePart);
}

/// What cannot be true any more is pale, and said to be stale to those who hear it.
void MainWindow::onLink(const LinkState& link)
{
    m_linkStrip->setLink(link);
    m_empty->setLink(link);
    m_agents.setStale(link.isStale());
    m_header->setStale(link.isStale());
    m_isStale = link.isStale();
    updateVeil();
}

void MainWindow::updateVeil()
{
    m_veil->setVisible(m_isStale && m_pages->currentWidget() == m_panes);
}

void MainWindow::onCapabilities()
{
    const HostCapabilities host = m_host.capabilities();
    const bool isElsewhere = host.recording || m_host.link().phase != LinkState::Phase::Near;
    setWindowTitle(isElsewhere ? QStringLiteral("Plimsoll – %1").arg(oneLine(host.label, 200))
                               : QStringLiteral("Plimsoll"));
    m_empty->setHost(host);
    m_strip->setHost(host);
    const QString refusal =
        refusalOf(host, QLatin1String("create_agent"), tr("No agents can be started here."));
    m_menu->setNewAgentRefusal(refusal);
    m_empty->setNewAgentRefusal(refusal);
}

void MainWindow::openNewAgentDialog()
{
    auto* dialog = new NewAgentDialog(m_host, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    if (const Agent* agent = m_agents.agent(m_list->currentAgent()))
        dialog->setFolder(agent->info.workingDir);
    connect(dialog, &NewAgentDialog::created, this,
            [this](const AgentId& id) { m_list->setCurrentAgent(id); });
    dialog->open();
}

void MainWindow::openRowMenu(const QPoint& position)
{
    const QModelIndex row = m_list->indexAt(position);
    if (!row.isValid())
        return;
    m_list->setCurrentIndex(row);
    if (!m_list->currentAgent().isNull())
        m_details->actions().menu()->popup(m_list->viewport()->mapToGlobal(position));
}

void MainWindow::openPalette()
{
    QList<PaletteEntry> entries = agentEntries(m_agents.agents());
    for (PaletteEntry& entry : entries)
        entry.run = [this, id = entry.agent] { m_list->setCurrentAgent(id); };
    entries += actionEntries(menuActions(*m_details->actions().menu()));
    entries += actionEntries(menuActions(*m_menu));
    auto* palette = new PaletteDialog(std::move(entries), this);
    palette->setAttribute(Qt::WA_DeleteOnClose);
    palette->adjustSize();
    palette->move(mapToGlobal(QPoint((width() - palette->width()) / 2, m_header->height())));
    palette->open();
}

void MainWindow::select(const AgentId& id)
{
    if (!m_selecting) {
        m_followFirst = false;
        m_rows.keepOpen();
    }
    m_live->setSelectedAgent(id);
    m_details->setAgent(id);
}

void MainWindow::refreshSoon(unsigned parts)
{
    m_stale |= parts;
    if (!m_refreshTimer.isActive())
        m_refreshTimer.start();
}

void MainWindow::refresh()
{
    const unsigned parts = std::exchange(m_stale, 0U);
    if ((parts & CountsPart) != 0)
        m_header->setCounts(m_rows.counts());
    if ((parts & MoneyPart) != 0)
        refreshMoney();
    if ((parts & TrayPart) != 0 && m_tray != nullptr)
        m_tray->setState(trayState(m_agents.agents()));
    if ((parts & PagePart) != 0)
        refreshPage();
}

void MainWindow::refreshMoney()
{
    const qint64 now = nowMs();
    m_header->setSpend(m_spend ? std::optional(spendAt(*m_spend, now, midnightMs())) : std::nullopt);
    m_header->setLimits(m_limits.values(), now);
    const bool changesByItself = m_spend || !m_limits.isEmpty();
    if (changesByItself && !m_minuteTimer.isActive())
        m_minuteTimer.start();
}

void MainWindow::refreshPage()
{
    const bool empty = m_agents.rowCount() == 0;
    QWidget* page = empty ? static_cast<QWidget*>(m_empty) : m_panes;
    const QModelIndex first = m_rows.index(0, 0);
    if (m_followFirst && first.isValid() && !first.data(AgentProxy::CollapsedRole).toBool()) {
        m_selecting = true;
        m_list->setCurrentIndex(first);
        m_selecting = false;
        m_followFirst = m_progress.running;
        if (!m_followFirst)
            m_rows.keepOpen();
    }
    if (m_pages->currentWidget() == page)
        return;
    m_pages->setCurrentWidget(page);
    updateVeil();
    // Arrows move among the agents at once; a search that has begun keeps the keyboard.
    if (m_rows.filterText().isEmpty())
        focusPane(empty ? page : m_list);
}

bool MainWindow::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == m_header && event->type() == QEvent::Paint) {
        m_header->removeEventFilter(this);
        // The rest of the picture is painted in the same go, before anything that is queued.
        QMetaObject::invokeMethod(this, &MainWindow::firstPainted, Qt::QueuedConnection);
    }
    return QWidget::eventFilter(watched, event);
}

void MainWindow::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::ThemeChange)
        applyLook();
    else if (event->type() == QEvent::PaletteChange && m_banner != nullptr)
        updateLook();
}

void MainWindow::closeEvent(QCloseEvent* event)
{
    m_settings.setWindowState(geometryName(), saveGeometry());
    m_settings.setWindowState(panesName(), m_panes->saveState());
    m_settings.finishedCollapsed.set(m_rows.isCollapsedByChoice(AgentProxy::Finished));
    QWidget::closeEvent(event);
}

void MainWindow::applyLook()
{
    const ThemeChoice choice = m_settings.theme.value();
    applyTheme(choice == ThemeChoice::Dark || (choice == ThemeChoice::System && desktopIsDark()));
}

void MainWindow::updateLook()
{
    const Theme& theme = Theme::of(QApplication::palette());
    QPalette colors = m_banner->palette();
    colors.setColor(QPalette::Window, theme.raised);
    colors.setColor(QPalette::WindowText, theme.attentionText);
    m_banner->setPalette(colors);
    m_banner->setFont(resized(font(), -0.8));
    m_banner->setContentsMargins(grid(font(), 4), grid(font(), 1), grid(font(), 4), grid(font(), 1));
}

void MainWindow::raiseWindow()
{
    setWindowState(windowState() & ~Qt::WindowMinimized);
    show();
    raise();
    activateWindow();
}

void MainWindow::focusPane(QWidget* pane)
{
    if (!pane->isVisible())
        return;
    if ((pane->focusPolicy() & Qt::TabFocus) != 0) {
        pane->setFocus(Qt::ShortcutFocusReason);
        return;
    }
    for (QWidget* next = pane->nextInFocusChain(); next != pane; next = next->nextInFocusChain()) {
        if (pane->isAncestorOf(next) && (next->focusPolicy() & Qt::TabFocus) != 0 && next->isVisible() &&
            next->isEnabled()) {
            next->setFocus(Qt::ShortcutFocusReason);
            return;
        }
    }
}

void MainWindow::focusNextPane(int step)
{
    const QList<QWidget*> all = panes();
    const QWidget* focused = focusWidget();
    int current = -1;
    for (int i = 0; i < all.size(); ++i) {
        if (focused != nullptr && (all.at(i) == focused || all.at(i)->isAncestorOf(focused)))
            current = i;
    }
    const int count = int(all.size());
    focusPane(all.at(current < 0 ? 0 : (current + step + count) % count));
}

QList<QWidget*> MainWindow::panes() const
{
    if (m_pages->currentWidget() == m_empty)
        return {m_header, m_empty};
    return {m_header, m_list, m_live, m_details};
}

NoticeSwitches MainWindow::wantedNotices() const
{
    return {m_settings.notifyNeedsYou.value(),   m_settings.notifyLevel.value(),
            m_settings.notifyCompaction.value(), m_settings.notifyFinished.value(),
            m_settings.notifyFailed.value(),     m_settings.notifyFinishedAfterS.value()};
}

} // namespace plimsoll
