// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/screenshots.h"

#include "models/host.h"
#include "models/settings.h"
#include "ui/mainwindow.h"
#include "ui/plotcanvas.h"

#include <QApplication>
#include <QDir>
#include <QElapsedTimer>
#include <QEventLoop>
#include <QFontDatabase>
#include <QImage>
#include <QPainter>
#include <QTemporaryDir>

#include <array>

namespace plimsoll {

namespace {

constexpr int longestWaitMs = 10'000;
// Longer than any timer of the views (the plot's 200 ms): what has not changed for so long stands still.
constexpr int stillMs = 450;
constexpr QSize fullSize(1440, 900);
constexpr QSize smallSize(1024, 640);

/// A machine on which no agent has run yet.
class QuietHost : public Host
{
public:
    using Host::Host;
    [[nodiscard]] quint64 lastSeq() const override { return 0; }
    [[nodiscard]] HostCapabilities capabilities() const override
    {
        return {QStringLiteral("This machine"),
                false,
                {QStringLiteral("/home/ada/.claude/projects"), QStringLiteral("/home/ada/.codex/sessions")}};
    }
    void start() override {}
    void cancelScan() override {}
    quint64 query(const QString& /*method*/, const QJsonObject& /*params*/) override { return 0; }
};

QImage grab(QWidget& window, int scale)
{
    // A plot keeps its own picture of itself: it must be as fine as ours.
    const auto plots = window.findChildren<PlotCanvas*>();
    for (PlotCanvas* plot : plots)
        plot->setPixelRatio(scale);
    QImage image(window.size() * scale, QImage::Format_RGB32);
    image.setDevicePixelRatio(scale);
    window.render(&image);
    return image;
}

QImage grabWhenStill(MainWindow& window, const Host& host, int scale)
{
    QElapsedTimer whole;
    whole.start();
    QElapsedTimer still;
    still.start();
    QImage last;
    while (whole.elapsed() < longestWaitMs) {
        QApplication::processEvents(QEventLoop::AllEvents | QEventLoop::WaitForMoreEvents, 20);
        QImage next = grab(window, scale);
        if (next != last || window.shownSeq() < host.lastSeq()) {
            last = std::move(next);
            still.restart();
        } else if (still.elapsed() >= stillMs) {
            break;
        }
    }
    return last;
}

void useCleanFont()
{
    const QStringList families = QFontDatabase::families();
    for (const auto& family :
         {QStringLiteral("Noto Sans"), QStringLiteral("Inter"), QStringLiteral("DejaVu Sans")}) {
        if (families.contains(family)) {
            QApplication::setFont(QFont(family, 10));
            return;
        }
    }
}

struct Picture
{
    const char* name;
    ThemeChoice theme;
    QSize size;
    int scale;
};

} // namespace

bool writeScreenshots(Host& host, const QString& folder, QString* error)
{
    const QTemporaryDir scratch;
    if (!scratch.isValid() || !QDir().mkpath(folder)) {
        *error = QStringLiteral("cannot make the folder %1").arg(folder);
        return false;
    }
    useCleanFont();
    Settings settings(scratch.filePath(QStringLiteral("options.ini")));
    settings.motion.set(MotionChoice::Reduced);
    const auto write = [&folder, error](const QImage& image, const char* name) {
        const QString path = QDir(folder).filePath(QString::fromLatin1(name));
        if (image.save(path))
            return true;
        *error = QStringLiteral("cannot write %1").arg(path);
        return false;
    };
    constexpr std::array<Picture, 4> pictures{{{"main-dark.png", ThemeChoice::Dark, fullSize, 1},
                                               {"main-light.png", ThemeChoice::Light, fullSize, 1},
                                               {"main-dark-200.png", ThemeChoice::Dark, fullSize, 2},
                                               {"main-small.png", ThemeChoice::Light, smallSize, 1}}};
    settings.theme.set(pictures.front().theme);
    MainWindow window(host, settings);
    window.show();
    host.start();
    for (const Picture& picture : pictures) {
        settings.theme.set(picture.theme);
        window.applyLook();
        window.resize(picture.size);
        if (!write(grabWhenStill(window, host, picture.scale), picture.name))
            return false;
    }
    QuietHost quiet;
    settings.theme.set(ThemeChoice::Dark);
    MainWindow empty(quiet, settings);
    empty.resize(fullSize);
    empty.show();
    return write(grabWhenStill(empty, quiet, 1), "empty.png");
}

} // namespace plimsoll
