// SPDX-License-Identifier: GPL-3.0-or-later
// The program `plimsoll-window`: `plimsoll` becomes it where a window is wanted. The one file that sees both
// the engine and the windows.
#include "app/launch.h"
#include "app/quitsignals.h"
#include "app/replayhost.h"
#include "app/shareservice.h"
#include "app/watch/procinfo.h"
#include "models/settings.h"
#include "ui/mainwindow.h"
#include "ui/screenshots.h"

#include <QApplication>
#include <QLoggingCategory>

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

/// Opens the demo recording in a window of its own, once.
void openDemo(Settings& settings, std::unique_ptr<Host>& host, std::unique_ptr<MainWindow>& window)
{
    if (!window) {
        host = std::make_unique<ReplayHost>(ReplayHost::demoPath(), ReplayHost::Mode::Live);
        window = std::make_unique<MainWindow>(*host, settings);
        host->start();
    }
    window->show();
    window->raise();
    window->activateWindow();
}

int runWindow(const Options& options)
{
    QString complaint;
    const Catalogue catalogue = loadCatalogue(options, complaint);
    Settings settings(options.configDir + QStringLiteral("/settings.ini"));
    const std::unique_ptr<Host> host = makeHost(options, catalogue, settings);
    if (!options.screenshotDir.isEmpty()) {
        QString error;
        if (!writeScreenshots(*host, options.screenshotDir, &error))
            return refuse(error);
        return 0;
    }
    // The window goes before what it shows, so it is made last.
    const std::unique_ptr<ShareService> sharing = makeSharing(*host, options);
    MainWindow window(*host, settings);
    window.setSharing(*sharing);
    std::unique_ptr<Host> demoHost;
    std::unique_ptr<MainWindow> demo;
    QObject::connect(&window, &MainWindow::demoWanted, &window, [&] { openDemo(settings, demoHost, demo); });
    QObject::connect(&window, &MainWindow::firstPainted, &window, [] {
        qCDebug(lcMain, "first paint %lld ms after the start of the process", runningForMs());
    });
    window.show();
    if (options.serve)
        sharing->switchOn(options.place);
    host->start();
    if (!complaint.isEmpty())
        emit host->failed(complaint);
    const int code = QApplication::exec();
    demo.reset();
    return code;
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
