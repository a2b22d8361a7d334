// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/headless.h"
#include "app/options.h"
#include "app/orchestrator.h"
#include "app/quitsignals.h"
#include "app/replayhost.h"
#include "app/statuscommand.h"
#include "app/tokens/catalogue.h"
#include "app/tokenscommand.h"
#include "app/watch/procinfo.h"
#include "models/settings.h"
#include "ui/mainwindow.h"
#include "ui/screenshots.h"

#include <QApplication>
#include <QDir>
#include <QFile>
#include <QLoggingCategory>

#include <cstdio>
#include <ctime>
#include <malloc.h>
#include <memory>
#include <optional>
#include <sys/stat.h>
#include <tuple>
#include <unistd.h>

using namespace plimsoll;

namespace {

Q_LOGGING_CATEGORY(lcMain, "plimsoll.main", QtInfoMsg) // --verbose shows the rest

/// False if nobody takes it any more (a closed pipe, a full disk).
bool print(FILE* stream, const QByteArray& text)
{
    const bool written = std::fwrite(text.constData(), 1, size_t(text.size()), stream) == size_t(text.size());
    return std::fflush(stream) == 0 && written;
}

/// For complaints: where standard error is closed there is nobody to complain to.
void complain(const QString& text)
{
    if (!text.isEmpty())
        std::ignore = print(stderr, (text + QLatin1Char('\n')).toUtf8());
}

int refuse(const QString& text)
{
    complain(QStringLiteral("plimsoll: ") + text);
    return 2;
}

/// The built-in catalogue with the user's own entries; a bad file of his is said and left out.
Catalogue loadCatalogue(const Options& options, QString& complaint)
{
    Catalogue catalogue = Catalogue::builtIn();
    QFile file(options.configDir + QStringLiteral("/models.json"));
    constexpr qint64 maxBytes = 4 * 1024 * 1024;
    if (!file.exists())
        return catalogue;
    if (!file.open(QIODevice::ReadOnly) || file.size() > maxBytes)
        complaint = file.fileName() + QStringLiteral(": cannot be read; the built-in catalogue is used");
    else
        complaint = catalogue.applyOverrides(file.readAll(), file.fileName());
    return catalogue;
}

int runTokens(const Options& options)
{
    QString error;
    const std::optional<QByteArray> text = readInput(options.textFile, error);
    if (!text)
        return refuse(error);
    const QList<LogRoot> roots = logRoots(agentHomes(options.home, !options.homeGiven));
    const QByteArray output = tokensOutput(*text, options.model, options.json, roots, options.historyDir);
    if (output.isEmpty())
        return refuse(QStringLiteral("the tokenizers of this program are damaged"));
    return print(stdout, output) ? 0 : 1;
}

std::unique_ptr<Host> makeHost(const Options& options, const Catalogue& catalogue, const Settings& settings)
{
    if (options.replay.isEmpty()) {
        const Retention retention{settings.keepSamplesDays.value(), settings.keepTextDays.value(),
                                  qint64{settings.keepTextMb.value()} * 1'000'000};
        const auto store = options.historyDir.isEmpty()
                               ? std::nullopt
                               : std::optional(StorePlace{options.historyDir, retention});
        return std::make_unique<Orchestrator>(catalogue, options.home,
                                              agentHomes(options.home, !options.homeGiven), store);
    }
    const QString path = options.replay == QLatin1String(":demo") ? ReplayHost::demoPath() : options.replay;
    const auto mode = options.screenshotDir.isEmpty() ? ReplayHost::Mode::Live : ReplayHost::Mode::AtOnce;
    return std::make_unique<ReplayHost>(path, mode);
}

int runHeadless(const Options& options, const Catalogue& catalogue, const QString& complaint)
{
    const Settings settings(options.configDir + QStringLiteral("/settings.ini"));
    const std::unique_ptr<Host> host = makeHost(options, catalogue, settings);
    const Headless headless(*host, [](const QString& line) {
        if (!print(stdout, (line + QLatin1Char('\n')).toUtf8()))
            QCoreApplication::exit(1);
    });
    complain(complaint);
    host->start();
    return QCoreApplication::exec();
}

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

int runWindow(const Options& options, const Catalogue& catalogue, const QString& complaint)
{
    Settings settings(options.configDir + QStringLiteral("/settings.ini"));
    const std::unique_ptr<Host> host = makeHost(options, catalogue, settings);
    if (!options.screenshotDir.isEmpty()) {
        QString error;
        if (!writeScreenshots(*host, options.screenshotDir, &error))
            return refuse(error);
        return 0;
    }
    MainWindow window(*host, settings);
    std::unique_ptr<Host> demoHost;
    std::unique_ptr<MainWindow> demo;
    QObject::connect(&window, &MainWindow::demoWanted, &window, [&] { openDemo(settings, demoHost, demo); });
    QObject::connect(&window, &MainWindow::firstPainted, &window, [] {
        qCDebug(lcMain, "first paint %lld ms after the start of the process", runningForMs());
    });
    window.show();
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
    ::umask(077); // what this program writes is the user's alone
    QStringList arguments;
    for (int i = 0; i < argc; ++i)
        arguments << QString::fromLocal8Bit(argv[i]);
    const auto parsed = parseOptions(arguments, QDir::homePath());
    if (const auto* exit = std::get_if<EarlyExit>(&parsed)) {
        return print(exit->code == 0 ? stdout : stderr, exit->text.toUtf8()) ? exit->code : 1;
    }
    const auto& options = std::get<Options>(parsed);
    if (options.mode == Options::Mode::Tokens)
        return runTokens(options); // needs no folder of its own
    const QString wrong = options.historyDir.isEmpty() ? QString() : prepareDataDir(options.historyDir);
    if (!wrong.isEmpty() && options.dataDirGiven)
        return refuse(wrong); // else the store says what is wrong and tries again
    if (options.verbose)
        QLoggingCategory::setFilterRules(QStringLiteral("plimsoll.*=true"));
    QString complaint;
    const Catalogue catalogue = loadCatalogue(options, complaint);
    if (options.mode == Options::Mode::Status) {
        const QCoreApplication application(argc, argv);
        complain(complaint);
        return print(stdout, statusOf(options, catalogue, complain)) ? 0 : 1;
    }
#ifdef __GLIBC__
    // What the first scan's threads leave behind would else lie scattered over a heap for each of them.
    ::mallopt(M_ARENA_MAX, 1);
#endif
    if (options.mode == Options::Mode::Headless) {
        const QCoreApplication application(argc, argv);
        const QuitSignals signalsToQuit;
        return runHeadless(options, catalogue, complaint);
    }
    if (!options.screenshotDir.isEmpty() && qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM"))
        qputenv("QT_QPA_PLATFORM", "offscreen");
    QApplication::setApplicationName(QStringLiteral("plimsoll"));
    QApplication::setApplicationDisplayName(QStringLiteral("Plimsoll"));
    QApplication::setApplicationVersion(QStringLiteral(PLIMSOLL_VERSION));
    QApplication::setDesktopFileName(QStringLiteral("plimsoll"));
    const QApplication application(argc, argv);
    const QuitSignals signalsToQuit;
    return runWindow(options, catalogue, complaint);
}
