// SPDX-License-Identifier: GPL-3.0-or-later
// 1,000 agents at work and 10,000 usage updates a second: what the GUI thread costs, and its longest frame;
// beside it a plain tree view whose model changes as often. bench_frames [SECONDS]
#include "app/recorder.h"
#include "models/settings.h"
#include "tests/fleet.h"
#include "ui/agentview.h"
#include "ui/mainwindow.h"

#include <QAbstractEventDispatcher>
#include <QApplication>
#include <QStandardItemModel>
#include <QTemporaryDir>
#include <QThread>
#include <QTimer>
#include <QTreeView>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <thread>

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

constexpr int agentCount = 1000;
constexpr int updatesPerSecond = 10'000;

double clockMs(clockid_t clock)
{
    timespec now = {};
    ::clock_gettime(clock, &now);
    return double(now.tv_sec) * 1e3 + double(now.tv_nsec) / 1e6;
}

/// Watches the event loop of its thread: a frame is what it does from waking up to sleeping.
class FrameClock : public QObject
{
public:
    FrameClock()
    {
        auto* loop = QAbstractEventDispatcher::instance();
        connect(loop, &QAbstractEventDispatcher::awake, this, [this] {
            if (m_wallMs < 0) {
                m_wallMs = clockMs(CLOCK_MONOTONIC);
                m_cpuMs = clockMs(CLOCK_THREAD_CPUTIME_ID);
            }
        });
        connect(loop, &QAbstractEventDispatcher::aboutToBlock, this, [this] {
            if (m_wallMs < 0)
                return;
            m_wall.push_back(clockMs(CLOCK_MONOTONIC) - m_wallMs);
            m_cpu.push_back(clockMs(CLOCK_THREAD_CPUTIME_ID) - m_cpuMs);
            m_wallMs = -1;
        });
    }

    void begin()
    {
        m_wall.clear();
        m_cpu.clear();
        m_beginWallMs = clockMs(CLOCK_MONOTONIC);
        m_beginCpuMs = clockMs(CLOCK_THREAD_CPUTIME_ID);
    }

    void print(const char* name)
    {
        const double percent = 100 * (clockMs(CLOCK_THREAD_CPUTIME_ID) - m_beginCpuMs) /
                               (clockMs(CLOCK_MONOTONIC) - m_beginWallMs);
        std::printf("frames_%s_gui_thread %.1f %%\n", name, percent);
        std::printf("frames_%s_count %zu frames\n", name, m_wall.size());
        std::printf("frames_%s_longest %.1f ms\n", name, largest(m_wall));
        std::printf("frames_%s_longest_cpu %.1f ms\n", name, largest(m_cpu));
        std::fflush(stdout);
    }

private:
    static double largest(const std::vector<double>& values)
    {
        return values.empty() ? 0 : *std::max_element(values.begin(), values.end());
    }

    double m_wallMs = -1;
    double m_cpuMs = 0;
    double m_beginWallMs = 0;
    double m_beginCpuMs = 0;
    std::vector<double> m_wall;
    std::vector<double> m_cpu;
};

/// Counts how often a widget is painted: a window that shows nothing would look cheap.
class PaintCount : public QObject
{
public:
    explicit PaintCount(QWidget* widget) { widget->installEventFilter(this); }
    int paints = 0;

protected:
    bool eventFilter(QObject* /*watched*/, QEvent* event) override
    {
        paints += event->type() == QEvent::Paint ? 1 : 0;
        return false;
    }
};

void wait(int milliseconds)
{
    QEventLoop loop;
    QTimer::singleShot(milliseconds, &loop, &QEventLoop::quit);
    loop.exec();
}

/// Calls `update(i)` so often, in a thread of its own, until it is destroyed.
class Stream
{
public:
    explicit Stream(std::function<void(int)> update)
        : m_thread([this, update = std::move(update)] {
            auto next = std::chrono::steady_clock::now();
            for (int i = 0; !m_stop; ++i) {
                update(i);
                next += std::chrono::microseconds(1'000'000 / updatesPerSecond);
                if (i % 10 == 0)
                    std::this_thread::sleep_until(next);
            }
        })
    {
    }
    ~Stream()
    {
        m_stop = true;
        m_thread.join();
    }
    Q_DISABLE_COPY_MOVE(Stream)

private:
    std::atomic<bool> m_stop = false;
    std::thread m_thread; ///< last: it uses what stands above
};

Event usageOf(int i)
{
    const int number = i % agentCount;
    const int step = i / agentCount;
    Agent agent = agentOf(number + 1, QString(), AgentState::Executing, 20'000 + step * 37 + number % 100,
                          QDateTime::currentMSecsSinceEpoch());
    agent.usage.costPico = qint64(step) * 4'000'000'000;
    agent.usage.outputTokens = step * 50;
    return {0, QDateTime::currentMSecsSinceEpoch(), agent.id, UsageChanged{agent.usage}};
}

void runWindow(int seconds)
{
    const QTemporaryDir folder;
    Settings settings(folder.filePath(QStringLiteral("settings.ini")));
    FakeHost host;
    MainWindow window(host, settings);
    Handover<Event> in;
    Handover<Events> out;
    QThread engine;
    auto* recorder = new Recorder(in, QList{out});
    recorder->moveToThread(&engine);
    QObject::connect(&engine, &QThread::started, recorder, &Recorder::start);
    QObject::connect(&engine, &QThread::finished, recorder, &QObject::deleteLater);
    out.connectTo(&host, [&host](const std::vector<Events>& frames) {
        for (const Events& frame : frames)
            host.send(frame);
    });
    engine.start();
    for (int i = 1; i <= agentCount; ++i) {
        in.push({0,
                 0,
                 {},
                 AgentAdded{agentOf(i, QStringLiteral("agent %1").arg(i), AgentState::Executing, 20'000,
                                    QDateTime::currentMSecsSinceEpoch())}});
    }
    window.show();
    FrameClock frames;
    {
        const Stream stream([&in](int i) { in.push(usageOf(i)); });
        wait(3000);
        PaintCount list(window.findChild<AgentView*>()->viewport());
        frames.begin();
        wait(seconds * 1000);
        frames.print("window");
        std::printf("frames_window_list_paints %d times\n", list.paints);
    }
    out.disconnect();
    engine.quit();
    engine.wait();
}

/// A plain view of the same size, that is told as often per frame which cells have changed.
void runTree(int seconds)
{
    QStandardItemModel model(agentCount, 1);
    for (int row = 0; row < agentCount; ++row)
        model.setItem(row, new QStandardItem(QString::number(row)));
    QTreeView view;
    view.setModel(&model);
    view.resize(1440, 900);
    view.show();
    QTimer timer;
    int row = 0;
    int step = 0;
    QObject::connect(&timer, &QTimer::timeout, &view, [&] {
        for (int i = 0; i < updatesPerSecond * Recorder::frameMs / 1000; ++i) {
            model.item(row)->setText(QString::number(++step));
            row = (row + 1) % agentCount;
        }
    });
    timer.setTimerType(Qt::PreciseTimer);
    timer.start(Recorder::frameMs);
    FrameClock frames;
    wait(500);
    frames.begin();
    wait(seconds * 1000);
    frames.print("plain_tree");
}

} // namespace

int main(int argc, char** argv)
{
    if (qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM"))
        qputenv("QT_QPA_PLATFORM", "offscreen");
    qputenv("QT_NO_GLIB", "1"); // only Qt's own event loop says when it goes to sleep and wakes up
    const QApplication application(argc, argv);
    QApplication::setQuitOnLastWindowClosed(false);
    const int seconds = argc > 1 ? std::max(1, std::atoi(argv[1])) : 10;
    runTree(seconds);
    runWindow(seconds);
    return 0;
}
