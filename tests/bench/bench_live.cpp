// SPDX-License-Identifier: GPL-3.0-or-later
// From a line in a log to dataChanged of the list, with the whole window shown; beside it the time to the
// wake-up of a bare inotify reader. 100 sessions that grow 10 lines/s each, then 10,000 of which 1,000 grow.
// bench_live [SECONDS]
#include "app/orchestrator.h"
#include "models/settings.h"
#include "tests/bench/livehome.h"
#include "ui/mainwindow.h"

#include <QApplication>
#include <QDir>
#include <QTemporaryDir>
#include <QTimer>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <poll.h>
#include <sys/inotify.h>
#include <thread>

using namespace plimsoll;
using namespace plimsoll::bench;

namespace {

using Clock = std::chrono::steady_clock;

double ms(Clock::duration time)
{
    return std::chrono::duration<double, std::milli>(time).count();
}

/// When which line was written, shared between the writer and who waits for it.
class Diary
{
public:
    explicit Diary(int sessions)
        : m_written(size_t(sessions))
        , m_seen(size_t(sessions), 0)
    {
    }

    /// Before the line is there: the first times stand at index 0.
    void noteWriting(int session)
    {
        const std::lock_guard lock(m_mutex);
        m_written[size_t(session)].push_back(Clock::now());
    }

    /// Everything up to line `number` has been seen now.
    void noteSeen(int session, qint64 number)
    {
        const Clock::time_point now = Clock::now();
        const std::lock_guard lock(m_mutex);
        const std::vector<Clock::time_point>& written = m_written[size_t(session)];
        qint64& seen = m_seen[size_t(session)];
        for (; seen < std::min(number, qint64(written.size())); ++seen)
            m_lags.push_back(ms(now - written[size_t(seen)]));
    }

    [[nodiscard]] std::vector<double> lags() const
    {
        std::vector<double> sorted = m_lags;
        std::sort(sorted.begin(), sorted.end());
        return sorted;
    }
    [[nodiscard]] qint64 missing() const
    {
        qint64 sum = -qint64(m_lags.size());
        for (const auto& written : m_written)
            sum += qint64(written.size());
        return sum;
    }

private:
    std::mutex m_mutex;
    std::vector<std::vector<Clock::time_point>> m_written;
    std::vector<qint64> m_seen;
    std::vector<double> m_lags;
};

/// What the kernel alone needs: watches the same folders and only reads events.
class BareReader
{
public:
    explicit BareReader(const LiveHome& home)
        : m_fd(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC))
    {
        for (int i = 0; i < std::min(40, home.sessions()); ++i) {
            const QString folder = QFileInfo(home.pathOf(i)).path();
            ::inotify_add_watch(m_fd, QFile::encodeName(folder).constData(), IN_MODIFY);
        }
        m_thread = std::thread([this] { run(); });
    }
    ~BareReader()
    {
        m_stop = true;
        m_thread.join();
        ::close(m_fd);
    }
    Q_DISABLE_COPY_MOVE(BareReader)

    void noteWriting() { m_writtenNs = Clock::now().time_since_epoch().count(); }
    [[nodiscard]] std::vector<double> lags() const
    {
        std::vector<double> sorted = m_lags;
        std::sort(sorted.begin(), sorted.end());
        return sorted;
    }

private:
    void run()
    {
        std::vector<char> buffer(size_t{64} * 1024);
        pollfd wait{m_fd, POLLIN, 0};
        while (!m_stop) {
            if (::poll(&wait, 1, 100) <= 0)
                continue;
            const qint64 writtenNs = m_writtenNs;
            const qint64 nowNs = Clock::now().time_since_epoch().count();
            if (::read(m_fd, buffer.data(), buffer.size()) > 0)
                m_lags.push_back(double(nowNs - writtenNs) / 1e6);
        }
    }

    int m_fd;
    std::thread m_thread;
    std::atomic<bool> m_stop = false;
    std::atomic<qint64> m_writtenNs = 0;
    std::vector<double> m_lags; ///< of the thread until it has ended
};

void print(const QByteArray& name, const std::vector<double>& lags)
{
    const auto at = [&lags](double part) {
        return lags.empty() ? -1.0 : lags[std::min(lags.size() - 1, size_t(part * double(lags.size())))];
    };
    std::printf("%s_p50 %.2f ms\n%s_p99 %.2f ms\n%s_max %.2f ms\n", name.constData(), at(0.5),
                name.constData(), at(0.99), name.constData(), at(1));
    std::fflush(stdout);
}

/// Lets `growing` of `sessions` grow for so long. \param linesPerSecond of each
bool run(const QByteArray& name, int sessions, int growing, int linesPerSecond, int seconds)
{
    const QTemporaryDir temporary;
    LiveHome home(temporary.path(), sessions);
    if (!home.isFine() || !QDir().mkpath(temporary.filePath(QStringLiteral("data"))))
        return false;
    Diary diary(growing);
    BareReader bare(home);
    Orchestrator host(Catalogue::builtIn(), temporary.path(), agentHomes(temporary.path(), false),
                      StorePlace{temporary.filePath(QStringLiteral("data")), {}});
    Settings settings(temporary.filePath(QStringLiteral("settings.ini")));
    MainWindow window(host, settings);
    QHash<QString, int> numberOf;
    for (int i = 0; i < growing; ++i)
        numberOf.insert(LiveHome::sessionId(i), i);
    const AgentModel& agents = window.agents();
    const int contextRole = AgentModel::usageRole(&Usage::contextTokens);
    const auto note = [&](int first, int last) {
        for (int row = first; row <= last; ++row) {
            const Agent& agent = agents.at(row);
            const auto number = numberOf.constFind(agent.info.sessionId);
            if (number != numberOf.constEnd())
                diary.noteSeen(*number, agent.usage.contextTokens.value_or(0) - LiveHome::contextOf(0));
        }
    };
    QObject::connect(&agents, &QAbstractItemModel::dataChanged, &window,
                     [&](const QModelIndex& first, const QModelIndex& last, const QList<int>& roles) {
                         if (roles.contains(contextRole))
                             note(first.row(), last.row());
                     });
    // An old session that wakes up comes as a new row.
    QObject::connect(&agents, &QAbstractItemModel::rowsInserted, &window,
                     [&](const QModelIndex&, int first, int last) { note(first, last); });
    window.show();
    QEventLoop loop;
    QObject::connect(&host, &Host::progressed, &loop, [&loop](const Progress& progress) {
        if (!progress.running)
            loop.quit();
    });
    host.start();
    loop.exec();
    QTimer::singleShot(1000, &loop, &QEventLoop::quit);
    loop.exec();

    std::atomic<bool> failed = false;
    std::thread writer([&] {
        const auto step = std::chrono::nanoseconds(1'000'000'000LL / (qint64(growing) * linesPerSecond));
        Clock::time_point next = Clock::now();
        for (qint64 i = 0; i < qint64(growing) * linesPerSecond * seconds; ++i, next += step) {
            std::this_thread::sleep_until(next);
            const int session = int(i % growing);
            bare.noteWriting();
            diary.noteWriting(session);
            failed = failed || home.grow(session) < 0;
        }
        QMetaObject::invokeMethod(
            &loop, [&loop] { QTimer::singleShot(2000, &loop, &QEventLoop::quit); }, Qt::QueuedConnection);
    });
    loop.exec();
    writer.join();
    print("live_" + name + "_bare_inotify", bare.lags());
    print("live_" + name + "_to_data_changed", diary.lags());
    std::printf("live_%s_lost %lld lines\n", name.constData(), diary.missing());
    return !failed && diary.missing() == 0;
}

} // namespace

int main(int argc, char** argv)
{
    if (qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM"))
        qputenv("QT_QPA_PLATFORM", "offscreen");
    const QApplication application(argc, argv);
    QApplication::setQuitOnLastWindowClosed(false);
    const int seconds = argc > 1 ? std::max(1, std::atoi(argv[1])) : 15;
    const bool fine = run("100x10", 100, 100, 10, seconds) && run("10000_files", 10'000, 1000, 1, seconds);
    if (!fine)
        std::fputs("bench_live: lines were lost, or could not be written\n", stderr);
    return fine ? 0 : 1;
}
