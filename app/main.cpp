// SPDX-License-Identifier: GPL-3.0-or-later
// All but the window: the libraries of windows cost 8 MB and 8 ms, which those who need none do not pay.
#include "app/headless.h"
#include "app/launch.h"
#include "app/quitsignals.h"
#include "app/shareservice.h"
#include "app/statuscommand.h"
#include "app/tokencommand.h"
#include "app/tokenscommand.h"
#include "models/host.h"
#include "models/settings.h"

#include <QCoreApplication>
#include <QFile>
#include <QFileInfo>
#include <QJsonDocument>
#include <QJsonObject>

#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <tuple>
#include <unistd.h>
#include <variant>

using namespace plimsoll;

namespace {

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

int runAccess(const Options& options)
{
    const AccessTexts texts{[](const QString& text) { std::ignore = print(stdout, text.toUtf8()); },
                            [](const QString& text) { std::ignore = print(stderr, text.toUtf8()); }};
    const QString fault = runTokenCommand(options.access, options.json, options.dataDir, texts);
    return fault.isEmpty() ? 0 : refuse(fault);
}

int runStatus(const Options& options)
{
    QString complaint;
    const Catalogue catalogue = loadCatalogue(options, complaint);
    complain(complaint);
    return print(stdout, statusOf(options, catalogue, complain)) ? 0 : 1;
}

/// The fleet is read once it is known that it can be shared.
void serveHeadless(ShareService& sharing, Host& host, const Options& options)
{
    QObject::connect(&sharing, &ShareService::listening, &host,
                     [&](const QString& url, const QString& tokenFile) {
                         const QJsonObject line{{QStringLiteral("listening"), url},
                                                {QStringLiteral("token_file"), tokenFile}};
                         if (!print(stdout, QJsonDocument(line).toJson(QJsonDocument::Compact) + '\n'))
                             QCoreApplication::exit(1);
                         if (options.showLink)
                             sharing.makeLaunchLink();
                         host.start();
                     });
    QObject::connect(&sharing, &Sharing::stateChanged, &host, [](const SharingState& state) {
        if (!state.problem.isEmpty())
            QCoreApplication::exit(refuse(state.problem));
    });
    QObject::connect(&sharing, &Sharing::linkMade, &host, [](const QString& link) {
        complain(QStringLiteral(
                     "Open this in a browser within a minute, once (another one: plimsoll token link):\n  ") +
                 link);
    });
    QObject::connect(&sharing, &Sharing::failed, &host, [](const QString& text) { complain(text); });
    sharing.switchOn(options.place);
}

int runHeadless(const Options& options)
{
    QString complaint;
    const Catalogue catalogue = loadCatalogue(options, complaint);
    const Settings settings(options.configDir + QStringLiteral("/settings.ini"));
    RemotePlace place;
    const QString wrong = takeRemotePlace(options, place);
    if (!wrong.isEmpty())
        return refuse(wrong);
    const std::unique_ptr<Host> host = makeHost(options, catalogue, settings, place);
    const Headless headless(*host, [](const QString& line) {
        if (!print(stdout, (line + QLatin1Char('\n')).toUtf8()))
            QCoreApplication::exit(1);
    });
    complain(complaint);
    if (!options.serve) {
        host->start();
        return QCoreApplication::exec();
    }
    const std::unique_ptr<ShareService> sharing = makeSharing(*host, options);
    serveHeadless(*sharing, *host, options);
    return QCoreApplication::exec();
}

/// Becomes the program with the window, which reads the same arguments; returns only where it cannot.
int becomeWindow(char** argv)
{
    const QFileInfo self(QFile::symLinkTarget(QStringLiteral("/proc/self/exe")));
    QByteArray path;
    for (const char* place : {"/plimsoll-window", "/" PLIMSOLL_WINDOW_FROM_BIN}) { // built, installed
        path = QFile::encodeName(self.path()) + place;
        if (::access(path.constData(), X_OK) == 0)
            break;
    }
    ::execv(path.constData(), argv);
    return refuse(QStringLiteral("the window cannot be started: %1: %2; without it: plimsoll --headless")
                      .arg(QFile::decodeName(path), QString::fromLocal8Bit(std::strerror(errno))));
}

} // namespace

int main(int argc, char** argv)
{
    const auto asked = launchOptions(argc, argv);
    if (const int* code = std::get_if<int>(&asked))
        return *code;
    const auto& options = std::get<Options>(asked);
    if (options.mode == Options::Mode::Window)
        return becomeWindow(argv);
    if (options.mode == Options::Mode::Tokens)
        return runTokens(options); // needs no folder of its own
    if (!prepareToRun(options))
        return 2;
    if (options.mode == Options::Mode::Access)
        return runAccess(options);
    if (options.mode == Options::Mode::Status) {
        const QCoreApplication application(argc, argv);
        return runStatus(options);
    }
    keepOneHeap();
    const QCoreApplication application(argc, argv);
    const QuitSignals signalsToQuit;
    return runHeadless(options);
}
