// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/options.h"
#include "app/tokens/catalogue.h"

#include <QByteArray>
#include <QString>

#include <cstdio>
#include <memory>
#include <variant>

namespace plimsoll {

class Host;
class Settings;
class ShareService;

/// What the two programs, `plimsoll` and its window, do alike between their start and their event loop.

/// Reads the command line of this process; from here on what it writes is the user's alone.
/// \return what is asked for, or the code to exit with after help, version or a mistake were printed
[[nodiscard]] std::variant<Options, int> launchOptions(int argc, char** argv);

/// Creates the data folder and sets up logging. \return false: a folder that was asked for cannot be had, and
/// that was said
[[nodiscard]] bool prepareToRun(const Options& options);

/// Before the first thread: what the first scan's threads leave behind would else lie scattered over a heap
/// for each of them.
void keepOneHeap();

/// The built-in catalogue with the user's own entries; a bad file of his is said in `complaint` and left out.
[[nodiscard]] Catalogue loadCatalogue(const Options& options, QString& complaint);

/// This machine's agents, or the recording that was asked for.
[[nodiscard]] std::unique_ptr<Host> makeHost(const Options& options, const Catalogue& catalogue,
                                             const Settings& settings);

/// What shares this host once it is switched on: its tokens are in the data folder, which is made here where
/// something is shared at once. Ends before the host.
[[nodiscard]] std::unique_ptr<ShareService> makeSharing(Host& host, const Options& options);

/// False if nobody takes it any more (a closed pipe, a full disk).
bool print(std::FILE* stream, const QByteArray& text);

/// A line for people on standard error; where that is closed there is nobody to complain to.
void complain(const QString& text);

/// Complains. \return the code to exit with
int refuse(const QString& text);

} // namespace plimsoll
