// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/sharing.h"

#include <QString>
#include <QStringList>

#include <variant>

namespace plimsoll {

/// What `plimsoll token …` asks for.
struct AccessCommand
{
    enum class Verb { List, Add, Revoke, Link, Pair };
    Verb verb = Verb::List;
    QString name; ///< of Add: its name; of Revoke: its id
    AccessRole role = AccessRole::Viewer;
    QStringList origins;
};

/// What the command line asks for.
struct Options
{
    enum class Mode { Window, Headless, Status, Tokens, Access };
    Mode mode = Mode::Window;
    bool json = false; ///< of `status` and `tokens`
    bool verbose = false;
    QString home;           ///< absolute path, always set
    bool homeGiven = false; ///< by --home: CLAUDE_CONFIG_DIR and CODEX_HOME do not count then
    QString dataDir;        ///< absolute path, always set
    bool dataDirGiven = false;
    QString historyDir; ///< where history is kept; empty = nowhere: --home without --data-dir
    QString configDir;  ///< absolute path, always set: settings and the user's models.json
    QString model;      ///< of `tokens`; empty = none
    QString textFile;   ///< of `tokens`: path as given, "-" = standard input
    QString replay;     ///< absolute path of a recording (":demo" = the built-in one); empty = none
    QString connect;    ///< "wss://host:port" of another machine's Plimsoll; empty = none
    QString tokenFile;  ///< absolute path, of `connect`; empty = none
    bool serve = false;
    SharingPlace place;    ///< of `serve`
    bool showLink = false; ///< of `serve`: prints a launch link
    AccessCommand access;  ///< of Mode::Access
    QString screenshotDir; ///< absolute path; empty = none
};

/// The program prints `text` and exits: help and version with 0, mistakes with 2.
struct EarlyExit
{
    int code = 0;
    QString text;
};

/// Reads a command line. Pure but for the look whether given folders exist.
/// \param arguments as main() got them, the program's name first
/// \param environmentHome absolute path of the user's home
[[nodiscard]] std::variant<Options, EarlyExit> parseOptions(const QStringList& arguments,
                                                            const QString& environmentHome);

/// Creates the data folder (0700) where it is missing. Empty = good, else one line that says what is wrong.
[[nodiscard]] QString prepareDataDir(const QString& path);

} // namespace plimsoll
