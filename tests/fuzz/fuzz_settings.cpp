// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as a file of settings: every setting reads as one of its own values, within its limits.
#include "models/settings.h"

#include <QFile>
#include <QTemporaryDir>
#include <QtGlobal>

#include <cstddef>
#include <cstdint>

using namespace plimsoll;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

void check(bool good, const char* what)
{
    if (!good)
        qFatal("a setting is out of its limits: %s", what);
}

void readAll(const Settings& settings)
{
    check(settings.theme.value() <= ThemeChoice::Dark, "theme");
    check(settings.motion.value() <= MotionChoice::Full, "motion");
    check(settings.plotRange.value() <= PlotRange::All, "plotRange");
    check(settings.notifyFinishedAfterS.value() >= 0 && settings.notifyFinishedAfterS.value() <= 86'400,
          "notifyFinishedAfterS");
    check(settings.keepTextDays.value() >= 0 && settings.keepTextDays.value() <= 36'500, "keepTextDays");
    check(settings.keepTextMb.value() >= 0 && settings.keepTextMb.value() <= 1'000'000, "keepTextMb");
    check(settings.keepSamplesDays.value() >= 0 && settings.keepSamplesDays.value() <= 36'500,
          "keepSamplesDays");
    check(int(settings.trayIcon.value()) <= 1, "trayIcon");
    (void)settings.windowState(QStringLiteral("main"));
}

} // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    static const QTemporaryDir folder(QStringLiteral("/dev/shm/plimsoll-settings-XXXXXX"));
    // A new name each time: Qt keeps what it has read of a file while its size and time stay.
    static int round = 0;
    const QString path = folder.filePath(QString::number(++round) + QStringLiteral(".ini"));
    QFile file(path);
    check(file.open(QIODevice::WriteOnly) &&
              file.write(reinterpret_cast<const char*>(data), qint64(size)) == qint64(size),
          "the file itself");
    file.close();
    readAll(Settings(path));
    check(file.remove(), "the file itself");
    return 0;
}
