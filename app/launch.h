// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/options.h"
#include "app/tokens/catalogue.h"
#include "models/places.h"

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

/// Where the places are remembered that one connects to.
[[nodiscard]] QString placesPath(const Options& options);

/// The place of --connect, with a token: that of --token-file, else of PLIMSOLL_TOKEN (taken out of the
/// environment, so that no child of this process gets it), else the remembered one.
/// \return empty, or what is wrong
[[nodiscard]] QString takeRemotePlace(const Options& options, RemotePlace& place);

/// This machine's agents, or the recording or the place that was asked for.
/// \param place of --connect
[[nodiscard]] std::unique_ptr<Host> makeHost(const Options& options, const Catalogue& catalogue,
                                             const Settings& settings, const RemotePlace& place = {});

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
