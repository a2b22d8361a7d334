// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/options.h"

#include "models/places.h"

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
    QCommandLineOption connect{
        QStringLiteral("connect"),
        QStringLiteral("Shows another machine's agents: wss://host:7431. The token comes from --token-file, "
                       "PLIMSOLL_TOKEN or a remembered place."),
        QStringLiteral("URL")};
    QCommandLineOption tokenFile{QStringLiteral("token-file"),
                                 QStringLiteral("With --connect: reads the token from this file."),
                                 QStringLiteral("FILE")};
    QCommandLineOption screenshot{
        QStringLiteral("screenshot"),
        QStringLiteral("With --replay: writes pictures of the window to this folder."),
        QStringLiteral("DIR")};
    QCommandLineOption serve{QStringLiteral("serve"),
                             QStringLiteral("Shares the fleet on this address; without one on "
                                            "127.0.0.1:7431. Beyond this machine only with --tls."),
                             QStringLiteral("ADDR:PORT")};
    QCommandLineOption tls{QStringLiteral("tls"),
                           QStringLiteral("With --serve: speaks TLS with a certificate of its own.")};
    QCommandLineOption link{
        QStringLiteral("link"),
        QStringLiteral("With --serve: prints a link that opens the page in a browser, once.")};
    QCommandLineOption role{QStringLiteral("role"),
                            QStringLiteral("With token add or pair: viewer, approver, operator or agent."),
                            QStringLiteral("ROLE")};
    QCommandLineOption origin{
        QStringLiteral("origin"),
        QStringLiteral("With token add: pages of this origin may use it; may be repeated."),
        QStringLiteral("ORIGIN")};
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
    const bool isAccess = options.mode == Options::Mode::Access;
    if (options.json && !isStatus && !isTokens && !isAccess)
        return QStringLiteral("--json goes with status, token or tokens");
    if (!options.serve && (parser.isSet(set.tls) || parser.isSet(set.link)))
        return QStringLiteral("--tls and --link go with --serve");
    if (!isAccess && (parser.isSet(set.role) || parser.isSet(set.origin)))
        return QStringLiteral("--role and --origin go with token");
    if (options.serve && !options.screenshotDir.isEmpty())
        return QStringLiteral("--serve does not go with --screenshot");
    if (parser.isSet(set.model) && !isTokens)
        return QStringLiteral("--model goes with tokens");
    if (isStatus || isTokens || isAccess) {
        for (const QCommandLineOption* other :
             {&set.headless, &set.replay, &set.screenshot, &set.connect, &set.serve}) {
            if (parser.isSet(*other)) {
                return QStringLiteral("--%1 does not go with %2")
                    .arg(other->names().constLast(), parser.positionalArguments().constFirst());
            }
        }
    }
    if (isTokens && options.dataDirGiven)
        return QStringLiteral("--data-dir does not go with tokens");
    if (parser.isSet(set.tokenFile) && options.connect.isEmpty())
        return QStringLiteral("--token-file goes with --connect");
    if (!options.connect.isEmpty() && (!options.replay.isEmpty() || options.homeGiven || options.serve))
        return QStringLiteral("--connect does not go with --replay, --home or --serve");
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
         {&set.home, &set.dataDir, &set.replay, &set.connect, &set.tokenFile, &set.screenshot, &set.model,
          &set.serve, &set.role, &set.origin}) {
        if (parser.isSet(*option) && parser.value(*option).isEmpty())
            return QStringLiteral("--%1 needs a value").arg(option->names().constLast());
    }
    return {};
}

/// What follows `token`; empty = good.
QString takeAccess(const QCommandLineParser& parser, const OptionSet& set, AccessCommand& access)
{
    using Verb = AccessCommand::Verb;
    const QStringList words = parser.positionalArguments();
    const QString verb = words.value(1, QStringLiteral("list"));
    const bool takesName = verb == QLatin1String("add") || verb == QLatin1String("revoke");
    if (verb == QLatin1String("list"))
        access.verb = Verb::List;
    else if (verb == QLatin1String("add"))
        access.verb = Verb::Add;
    else if (verb == QLatin1String("revoke"))
        access.verb = Verb::Revoke;
    else if (verb == QLatin1String("link"))
        access.verb = Verb::Link;
    else if (verb == QLatin1String("pair"))
        access.verb = Verb::Pair;
    else
        return QStringLiteral("unknown command \"token %1\": it is list, add NAME, revoke ID, link or pair")
            .arg(verb);
    access.name = words.value(2);
    if (takesName && access.name.isEmpty())
        return verb == QLatin1String("add") ? QStringLiteral("token add needs a name")
                                            : QStringLiteral("token revoke needs the id of a token");
    const qsizetype most = takesName ? 3 : 2;
    if (words.size() > most)
        return QStringLiteral("too many arguments: \"%1\"").arg(words.at(most));
    const bool takesRole = access.verb == Verb::Add || access.verb == Verb::Pair;
    if ((parser.isSet(set.role) && !takesRole) || (parser.isSet(set.origin) && access.verb != Verb::Add))
        return QStringLiteral("--role goes with token add and token pair, --origin with token add");
    if (parser.isSet(set.role)) {
        const std::optional<AccessRole> role = accessRoleFromName(parser.value(set.role));
        if (!role || *role == AccessRole::Admin)
            return QStringLiteral("--role must be viewer, approver, operator or agent");
        access.role = *role;
    }
    access.origins = parser.values(set.origin);
    return {};
}

/// The parser knows no option whose value may be left out.
QStringList withServeValue(QStringList arguments)
{
    for (qsizetype i = 1; i < arguments.size(); ++i) {
        if (arguments.at(i) != QLatin1String("--serve"))
            continue;
        const QString next = arguments.value(i + 1);
        const bool isPlace = next.contains(QLatin1Char(':')) || next.contains(QLatin1Char('.'));
        if (isPlace && !next.startsWith(QLatin1Char('-')))
            arguments.removeAt(i + 1);
        arguments[i] =
            QStringLiteral("--serve=") +
            (isPlace && !next.startsWith(QLatin1Char('-')) ? next : QStringLiteral("127.0.0.1:7431"));
    }
    return arguments;
}

/// Where to share; empty = good.
QString takePlace(const QCommandLineParser& parser, const OptionSet& set, Options& options)
{
    options.serve = parser.isSet(set.serve);
    options.showLink = parser.isSet(set.link);
    if (!options.serve)
        return {};
    const std::optional<SharingPlace> place = sharingPlaceFromText(parser.value(set.serve));
    if (!place)
        return QStringLiteral("--serve=%1: write it as ADDR:PORT, such as 127.0.0.1:7431")
            .arg(parser.value(set.serve));
    options.place = *place;
    options.place.tls = parser.isSet(set.tls);
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
    } else if (command == QLatin1String("token")) {
        options.mode = Options::Mode::Access;
        return takeAccess(parser, set, options.access);
    } else {
        return QStringLiteral("unknown command \"%1\"").arg(command);
    }
    if (positional.size() > most)
        return QStringLiteral("too many arguments: \"%1\"").arg(positional.at(most));
    return {};
}

/// Where to connect to; empty = good.
QString takeConnection(const QCommandLineParser& parser, const OptionSet& set, Options& options)
{
    if (parser.isSet(set.tokenFile))
        options.tokenFile = absolutePath(parser.value(set.tokenFile));
    if (!parser.isSet(set.connect))
        return {};
    QString problem;
    const std::optional<QUrl> url = placeUrlFromText(parser.value(set.connect), problem);
    if (!url)
        return QStringLiteral("--connect: ") + problem;
    options.connect = url->toString();
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
        "plimsoll tokens [--model MODEL] [--json] [FILE|-] counts the tokens of a text and exits.\n"
        "plimsoll token [list | add NAME | revoke ID | link | pair] says who may see a shared fleet."));
    parser.addPositionalArgument(QStringLiteral("status"), QStringLiteral("Prints all sessions and exits."),
                                 QStringLiteral("[status | token … | tokens [FILE|-]]"));
    parser.addPositionalArgument(QStringLiteral("tokens"),
                                 QStringLiteral("Counts the tokens of a file or of standard input."),
                                 QString(QLatin1Char(' ')));
    parser.addPositionalArgument(QStringLiteral("token"),
                                 QStringLiteral("Makes, lists and revokes the tokens of a shared fleet."),
                                 QString(QLatin1Char(' ')));
    parser.addOptions({set.serve, set.tls, set.link, set.role, set.origin, set.help, set.version,
                       set.headless, set.home, set.dataDir, set.replay, set.connect, set.tokenFile,
                       set.screenshot, set.verbose, set.json, set.model});
    if (!parser.parse(withServeValue(arguments)))
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
    for (const auto take : {takePlace, takeConnection}) {
        const QString wrongPlace = take(parser, set, options);
        if (!wrongPlace.isEmpty())
            return mistake(wrongPlace);
    }
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
