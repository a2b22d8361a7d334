// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/options.h"

#include <QCommandLineParser>
#include <QDir>
#include <QFile>
#include <QFileInfo>

namespace plimsoll {

namespace {

EarlyExit mistake(const QString& text)
{
    return {2, QStringLiteral("plimsoll: ") + text + QStringLiteral(" (see plimsoll --help)\n")};
}

QString absolutePath(const QString& path)
{
    return QDir::cleanPath(QDir::current().absoluteFilePath(path));
}

/// `variable` if it holds an absolute path, else `fallback` below the home; the XDG base folders.
QString baseFolder(const char* variable, const QString& home, const char* fallback)
{
    const QString fromEnvironment = qEnvironmentVariable(variable);
    const QString base = QDir::isAbsolutePath(fromEnvironment)
                             ? fromEnvironment
                             : home + QLatin1Char('/') + QLatin1String(fallback);
    return base + QStringLiteral("/plimsoll");
}

struct OptionSet
{
    QCommandLineOption help{{QStringLiteral("h"), QStringLiteral("help")},
                            QStringLiteral("Shows this help.")};
    QCommandLineOption version{QStringLiteral("version"), QStringLiteral("Shows the version.")};
    QCommandLineOption headless{QStringLiteral("headless"),
                                QStringLiteral("No window: prints the fleet, then each change as a line.")};
    QCommandLineOption home{QStringLiteral("home"), QStringLiteral("Looks for sessions in this home folder."),
                            QStringLiteral("DIR")};
    QCommandLineOption dataDir{QStringLiteral("data-dir"),
                               QStringLiteral("Keeps settings and data in this folder."),
                               QStringLiteral("DIR")};
    QCommandLineOption replay{
        QStringLiteral("replay"),
        QStringLiteral("Plays a recording instead of watching; \":demo\" is the built-in one."),
        QStringLiteral("FILE")};
    QCommandLineOption screenshot{
        QStringLiteral("screenshot"),
        QStringLiteral("With --replay: writes pictures of the window to this folder."),
        QStringLiteral("DIR")};
    QCommandLineOption verbose{QStringLiteral("verbose"), QStringLiteral("Says more on standard error.")};
    QCommandLineOption json{QStringLiteral("json"), QStringLiteral("With status or tokens: prints JSON.")};
    QCommandLineOption model{QStringLiteral("model"),
                             QStringLiteral("With tokens: counts as this model does."),
                             QStringLiteral("MODEL")};
};

/// What goes together and exists; empty = good.
QString conflict(const Options& options, const QCommandLineParser& parser, const OptionSet& set)
{
    const bool isStatus = options.mode == Options::Mode::Status;
    const bool isTokens = options.mode == Options::Mode::Tokens;
    if (options.json && !isStatus && !isTokens)
        return QStringLiteral("--json goes with status or tokens");
    if (parser.isSet(set.model) && !isTokens)
        return QStringLiteral("--model goes with tokens");
    if (isStatus || isTokens) {
        for (const QCommandLineOption* other : {&set.headless, &set.replay, &set.screenshot}) {
            if (parser.isSet(*other)) {
                return QStringLiteral("--%1 does not go with %2")
                    .arg(other->names().constLast(), parser.positionalArguments().constFirst());
            }
        }
    }
    if (isTokens && options.dataDirGiven)
        return QStringLiteral("--data-dir does not go with tokens");
    if (!options.screenshotDir.isEmpty() && options.replay.isEmpty())
        return QStringLiteral("--screenshot needs --replay FILE");
    if (!options.screenshotDir.isEmpty() && options.mode == Options::Mode::Headless)
        return QStringLiteral("--screenshot does not go with --headless");
    if (options.homeGiven && !QFileInfo(options.home).isDir())
        return QStringLiteral("--home %1: no such folder").arg(options.home);
    if (!options.replay.isEmpty() && options.replay != QLatin1String(":demo") &&
        !QFileInfo(options.replay).isFile())
        return QStringLiteral("--replay %1: no such file").arg(options.replay);
    return {};
}

/// Qt knows the program's name only where there is an application object; options are read before that.
QString helpText(const QCommandLineParser& parser)
{
    return parser.helpText().replace(QStringLiteral("<executable_name>"), QStringLiteral("plimsoll"));
}

QString emptyValue(const QCommandLineParser& parser, const OptionSet& set)
{
    for (const QCommandLineOption* option :
         {&set.home, &set.dataDir, &set.replay, &set.screenshot, &set.model}) {
        if (parser.isSet(*option) && parser.value(*option).isEmpty())
            return QStringLiteral("--%1 needs a value").arg(option->names().constLast());
    }
    return {};
}

/// Which command, and what belongs to it; empty = good.
QString takeCommand(const QCommandLineParser& parser, const OptionSet& set, Options& options)
{
    const QStringList positional = parser.positionalArguments();
    const QString command = positional.value(0);
    if (command.isEmpty() && positional.isEmpty()) {
        options.mode = parser.isSet(set.headless) ? Options::Mode::Headless : Options::Mode::Window;
        return {};
    }
    qsizetype most = 1;
    if (command == QLatin1String("status")) {
        options.mode = Options::Mode::Status;
    } else if (command == QLatin1String("tokens")) {
        options.mode = Options::Mode::Tokens;
        options.model = parser.value(set.model);
        options.textFile = positional.value(1, QStringLiteral("-"));
        if (options.textFile.isEmpty())
            return QStringLiteral("the name of the file is empty");
        most = 2;
    } else {
        return QStringLiteral("unknown command \"%1\"").arg(command);
    }
    if (positional.size() > most)
        return QStringLiteral("too many arguments: \"%1\"").arg(positional.at(most));
    return {};
}

} // namespace

std::variant<Options, EarlyExit> parseOptions(const QStringList& arguments, const QString& environmentHome)
{
    QCommandLineParser parser;
    const OptionSet set;
    parser.setApplicationDescription(QStringLiteral(
        "The load line for AI agents: every Claude Code and Codex session, live.\n\n"
        "plimsoll status [--json] prints all sessions and exits.\n"
        "plimsoll tokens [--model MODEL] [--json] [FILE|-] counts the tokens of a text and exits."));
    parser.addPositionalArgument(QStringLiteral("status"), QStringLiteral("Prints all sessions and exits."),
                                 QStringLiteral("[status | tokens [FILE|-]]"));
    parser.addPositionalArgument(QStringLiteral("tokens"),
                                 QStringLiteral("Counts the tokens of a file or of standard input."),
                                 QString(QLatin1Char(' ')));
    parser.addOptions({set.help, set.version, set.headless, set.home, set.dataDir, set.replay, set.screenshot,
                       set.verbose, set.json, set.model});
    if (!parser.parse(arguments))
        return mistake(parser.errorText().simplified());
    if (parser.isSet(set.help))
        return EarlyExit{0, helpText(parser)};
    if (parser.isSet(set.version))
        return EarlyExit{0, QStringLiteral("plimsoll " PLIMSOLL_VERSION "\n")};
    const QString empty = emptyValue(parser, set);
    if (!empty.isEmpty())
        return mistake(empty);

    Options options;
    const QString wrongCommand = takeCommand(parser, set, options);
    if (!wrongCommand.isEmpty())
        return mistake(wrongCommand);
    options.json = parser.isSet(set.json);
    options.verbose = parser.isSet(set.verbose);
    options.homeGiven = parser.isSet(set.home);
    options.home = options.homeGiven ? absolutePath(parser.value(set.home)) : environmentHome;
    options.dataDirGiven = parser.isSet(set.dataDir);
    options.dataDir = options.dataDirGiven ? absolutePath(parser.value(set.dataDir))
                                           : baseFolder("XDG_DATA_HOME", environmentHome, ".local/share");
    // The history of this person's own home is not mixed with that of another one.
    options.historyDir = options.homeGiven && !options.dataDirGiven ? QString() : options.dataDir;
    options.configDir = baseFolder("XDG_CONFIG_HOME", environmentHome, ".config");
    if (parser.isSet(set.replay)) {
        options.replay = parser.value(set.replay);
        if (options.replay != QLatin1String(":demo"))
            options.replay = absolutePath(options.replay);
    }
    if (parser.isSet(set.screenshot))
        options.screenshotDir = absolutePath(parser.value(set.screenshot));
    const QString wrong = conflict(options, parser, set);
    if (!wrong.isEmpty())
        return mistake(wrong);
    return options;
}

QString prepareDataDir(const QString& path)
{
    const QFileInfo info(path);
    if (info.exists() && !info.isDir())
        return QStringLiteral("data folder %1 is a file").arg(path);
    if (info.isDir())
        return {};
    if (!QDir().mkpath(path))
        return QStringLiteral("cannot create the data folder %1; give another one with --data-dir").arg(path);
    if (!QFile::setPermissions(path, QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner))
        return QStringLiteral("cannot make the data folder %1 private").arg(path);
    return {};
}

} // namespace plimsoll
