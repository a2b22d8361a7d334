// SPDX-License-Identifier: GPL-3.0-or-later
// The program `plimsoll-window`: `plimsoll` becomes it where a window is wanted. The one file that sees both
// the engine and the windows.
#include "app/launch.h"
#include "app/pairingclient.h"
#include "app/quitsignals.h"
#include "app/remotehost.h"
#include "app/replayhost.h"
#include "app/shareservice.h"
#include "app/watch/procinfo.h"
#include "models/settings.h"
#include "ui/connectdialog.h"
#include "ui/mainwindow.h"
#include "ui/screenshots.h"

#include <QApplication>
#include <QLoggingCategory>
#include <QPointer>

#include <ctime>
#include <memory>
#include <optional>
#include <unistd.h>
#include <variant>

using namespace plimsoll;

namespace {

Q_LOGGING_CATEGORY(lcMain, "plimsoll.main", QtInfoMsg) // --verbose shows the rest

/// \returns ms since this process was started; exact to the clock tick of the kernel
qint64 runningForMs()
{
    timespec now = {};
    const std::optional<ProcessStat> stat = processStat(::getpid());
    const long ticksPerSecond = ::sysconf(_SC_CLK_TCK);
    if (!stat || ticksPerSecond <= 0 || ::clock_gettime(CLOCK_BOOTTIME, &now) != 0)
        return 0;
    return qint64(now.tv_sec) * 1000 + now.tv_nsec / 1'000'000 -
           qint64(stat->startTicks) * 1000 / ticksPerSecond;
}

/// The windows beside the first one, each with its host: the demo recording and other machines.
class Windows : public QObject
{
public:
    Windows(Settings& settings, const QString& pathOfPlaces)
        : m_settings(settings)
        , m_places(pathOfPlaces)
    {
        connect(qApp, &QGuiApplication::applicationStateChanged, this, [this](Qt::ApplicationState state) {
            if (state == Qt::ApplicationActive)
                wake();
        });
        connect(&m_pairing, &PairingClient::paired, this, [this](const RemotePlace& place) {
            if (m_dialog)
                m_dialog->takePaired(place);
        });
        connect(&m_pairing, &PairingClient::failed, this, [this](const QString& text) {
            if (m_dialog)
                m_dialog->takePairingFailed(text);
        });
    }

    ~Windows() override
    {
        delete m_dialog;
        for (const Entry& entry : std::as_const(m_entries))
            delete entry.window;
        for (const Entry& entry : std::as_const(m_entries))
            delete entry.host;
    }

    /// Whatever the menu of a window asks for.
    void serve(MainWindow& window, Host& host)
    {
        connect(&window, &MainWindow::demoWanted, this, &Windows::openDemo);
        connect(&window, &MainWindow::connectWanted, this, [this, &window] { ask(&window); });
        if (auto* remote = qobject_cast<RemoteHost*>(&host)) {
            m_links << remote;
            connect(remote, &Host::capabilitiesChanged, this, [this, remote] { keepName(*remote); });
        }
    }

private:
    struct Entry
    {
        QUrl url; ///< empty for the demo
        QPointer<Host> host;
        QPointer<MainWindow> window;
    };

    void openDemo()
    {
        open({}, [] { return new ReplayHost(ReplayHost::demoPath(), ReplayHost::Mode::Live); });
    }

    /// Raises the window that is there, else makes one.
    template <typename Make>
    void open(const QUrl& url, Make make)
    {
        m_entries.removeIf([](const Entry& entry) { return entry.window.isNull(); });
        for (const Entry& entry : std::as_const(m_entries)) {
            if (entry.url == url)
                return raise(*entry.window);
        }
        Host* host = make();
        auto* window = new MainWindow(*host, m_settings);
        window->setAttribute(Qt::WA_DeleteOnClose);
        connect(window, &QObject::destroyed, host, &QObject::deleteLater);
        m_entries << Entry{url, host, window};
        serve(*window, *host);
        raise(*window);
        host->start();
    }

    static void raise(MainWindow& window)
    {
        window.show();
        window.raise();
        window.activateWindow();
    }

    void ask(MainWindow* parent)
    {
        if (!m_dialog) {
            m_dialog = new ConnectDialog(m_places, parent);
            m_dialog->setAttribute(Qt::WA_DeleteOnClose);
            connect(m_dialog, &ConnectDialog::pairingWanted, &m_pairing, &PairingClient::pair);
            connect(m_dialog, &ConnectDialog::pairingCancelled, &m_pairing, &PairingClient::cancel);
            connect(m_dialog, &ConnectDialog::placeChosen, this, [this](const RemotePlace& place) {
                closeFailed(place.url);
                open(place.url, [&place] { return new RemoteHost(place); });
            });
        }
        m_dialog->show();
        m_dialog->raise();
        m_dialog->activateWindow();
    }

    /// One that was refused has an old token; who connects anew may have a better one. Later: the dialog that
    /// asks may be its child.
    void closeFailed(const QUrl& url)
    {
        for (Entry& entry : m_entries) {
            if (entry.url != url || !entry.host || entry.host->link().phase != LinkState::Phase::Failed)
                continue;
            entry.window->hide();
            entry.window->deleteLater(); // its host follows
            entry.window.clear();
        }
    }

    void keepName(const RemoteHost& host)
    {
        const QUrl url(host.link().place);
        std::optional<RemotePlace> place = m_places.find(url);
        if (!place || place->name == host.hostName() || host.hostName().isEmpty())
            return;
        place->name = host.hostName();
        const QString problem = m_places.remember(*place);
        if (!problem.isEmpty())
            qCWarning(lcMain, "%s", qPrintable(problem));
    }

    void wake()
    {
        m_links.removeIf([](const QPointer<RemoteHost>& host) { return host.isNull(); });
        for (const QPointer<RemoteHost>& host : std::as_const(m_links))
            host->wake();
    }

    Settings& m_settings;
    Places m_places;
    PairingClient m_pairing;
    QPointer<ConnectDialog> m_dialog;
    QList<Entry> m_entries;
    QList<QPointer<RemoteHost>> m_links;
};

int runWindow(const Options& options)
{
    QString complaint;
    const Catalogue catalogue = loadCatalogue(options, complaint);
    Settings settings(options.configDir + QStringLiteral("/settings.ini"));
    RemotePlace place;
    const QString wrong = takeRemotePlace(options, place);
    if (!wrong.isEmpty())
        return refuse(wrong);
    const std::unique_ptr<Host> host = makeHost(options, catalogue, settings, place);
    if (!options.screenshotDir.isEmpty()) {
        QString error;
        if (!writeScreenshots(*host, options.screenshotDir, &error))
            return refuse(error);
        return 0;
    }
    // The window goes before what it shows, so it is made last.
    const std::unique_ptr<ShareService> sharing = makeSharing(*host, options);
    MainWindow window(*host, settings);
    if (options.connect.isEmpty()) // another machine's agents are shared there
        window.setSharing(*sharing);
    Windows others(settings, placesPath(options));
    others.serve(window, *host);
    QObject::connect(&window, &MainWindow::firstPainted, &window, [] {
        qCDebug(lcMain, "first paint %lld ms after the start of the process", runningForMs());
    });
    window.show();
    if (options.serve)
        sharing->switchOn(options.place);
    host->start();
    if (!complaint.isEmpty())
        emit host->failed(complaint);
    return QApplication::exec();
}

} // namespace

int main(int argc, char** argv)
{
    const auto asked = launchOptions(argc, argv);
    if (const int* code = std::get_if<int>(&asked))
        return *code;
    const auto& options = std::get<Options>(asked);
    if (options.mode != Options::Mode::Window)
        return refuse(QStringLiteral("this is its window alone; start plimsoll in its place"));
    if (!prepareToRun(options))
        return 2;
    keepOneHeap();
    if (!options.screenshotDir.isEmpty() && qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM"))
        qputenv("QT_QPA_PLATFORM", "offscreen");
    QApplication::setApplicationName(QStringLiteral("plimsoll"));
    QApplication::setApplicationDisplayName(QStringLiteral("Plimsoll"));
    QApplication::setApplicationVersion(QStringLiteral(PLIMSOLL_VERSION));
    QApplication::setDesktopFileName(QStringLiteral("plimsoll"));
    const QApplication application(argc, argv);
    const QuitSignals signalsToQuit;
    return runWindow(options);
}
