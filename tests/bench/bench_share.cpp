// SPDX-License-Identifier: GPL-3.0-or-later
// What sharing costs and how soon viewers are told, over real sockets with raised limits, by a server in a
// process of its own:
//  - fan-out: messages delivered per second of the server's CPU, beside FastAPI on uvicorn and websockets
//    (Debian's), which sends messages of the same size to the same client;
//  - 1,000 viewers of which 100 never read: delay and memory;
//  - 100 viewers beside a window that paints 1,000 agents of which 1,000 a second change: delay of lines and
//    of numbers;
//  - from connect() to the greeting;
//  - a day in small: 10^6 events while 10^4 connections come and go (PLIMSOLL_EVENTS, PLIMSOLL_CONNECTIONS):
//  what
//    memory, threads and descriptors have grown after the first tenth.
// bench_share [fanout | crowd | window | flat]
#include "models/settings.h"
#include "tests/bench/fanoutclient.h"
#include "tests/bench/watchedchild.h"
#include "tests/servedfleet.h"
#include "ui/mainwindow.h"

#include <QApplication>
#include <QDeadlineTimer>
#include <QDir>
#include <QProcess>
#include <QSocketNotifier>
#include <QStandardPaths>
#include <QTcpSocket>
#include <QThread>
#include <QTimer>

#include <cstdio>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

using namespace plimsoll;
using namespace plimsoll::test;
using namespace plimsoll::bench;
using namespace std::chrono_literals;

namespace {

constexpr auto marker = "sent at ";
constexpr int shownAgents = 1000;
constexpr int changedAgents = 100; ///< of them, ten times a second

ServerLimits raisedLimits()
{
    ServerLimits limits;
    limits.connections = 2000;
    limits.unauthenticated = 2000;
    limits.loopbackNewPerSecond = 100'000;
    limits.helloMs = 60'000;
    return limits;
}

double ownCpuSec()
{
    rusage usage{};
    if (::getrusage(RUSAGE_SELF, &usage) != 0)
        return 0;
    return double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

Event spokenNow(int number)
{
    Logged line;
    line.kind = LogKind::Text;
    line.text = QLatin1String(marker) + QString::number(steadyUs());
    return {0, QDateTime::currentMSecsSinceEpoch(), idOf(number), line};
}

/// The child: shares a fleet and does what its standard input says, as fanout.py does.
class ServerSide : public QObject
{
public:
    explicit ServerSide(bool withWindow)
        : m_fleet(raisedLimits())
    {
        const int agents = withWindow ? shownAgents : 1;
        Events events;
        for (int i = 1; i <= agents; ++i)
            events << added(agentOf(i, QStringLiteral("agent %1").arg(i), AgentState::Executing, 50'000,
                                    QDateTime::currentMSecsSinceEpoch()));
        m_fleet.host.send(events);
        if (withWindow)
            showWindow();
        connect(&m_input, &QSocketNotifier::activated, this, &ServerSide::obey);
        connect(&m_rounds, &QTimer::timeout, this, &ServerSide::round);
        m_rounds.setTimerType(Qt::PreciseTimer);
        std::printf("%d %s\n", int(m_fleet.port()), m_fleet.token.constData());
        std::ignore = std::fflush(stdout);
    }

private:
    void showWindow()
    {
        m_settings = std::make_unique<Settings>(m_folder.filePath(QStringLiteral("settings.ini")));
        m_window = std::make_unique<MainWindow>(m_fleet.host, *m_settings);
        m_window->resize(1440, 900);
        m_window->show();
        connect(&m_busy, &QTimer::timeout, this, [this] {
            Events events;
            for (int n = 0; n < changedAgents; ++n) {
                const int i = 1 + (m_beat * changedAgents + n) % shownAgents;
                UsageChanged changed;
                changed.usage =
                    agentOf(i, {}, AgentState::Executing, 50'000 + m_beat * 100 % 100'000, 0).usage;
                changed.usage.outputTokens = steadyUs(); // for the numbers' delay
                events << Event{0, QDateTime::currentMSecsSinceEpoch(), idOf(i), changed};
            }
            ++m_beat;
            m_fleet.host.send(events);
        });
        m_busy.start(100);
    }

    /// An agent comes, works and goes.
    void liveOnce()
    {
        const int number = 1000 + m_beat++ % 50;
        const qint64 now = QDateTime::currentMSecsSinceEpoch();
        const Agent agent =
            agentOf(number, QStringLiteral("guest %1").arg(m_beat), AgentState::Executing, m_beat, now);
        UsageChanged changed;
        changed.usage = agent.usage;
        changed.usage.contextTokens = 1000 + m_beat;
        m_fleet.host.send({added(agent),
                           {0, now, agent.id, changed},
                           {0, now, agent.id, StateChanged{AgentState::Idle, StateSource::Log, {}, now}},
                           {0, now, agent.id, AgentRemoved{}}});
    }

    void obey()
    {
        QByteArray bytes(4096, '\0');
        const ssize_t got = ::read(STDIN_FILENO, bytes.data(), size_t(bytes.size()));
        if (got <= 0)
            return QCoreApplication::quit();
        const QByteArrayList words = bytes.first(got).trimmed().split(' ');
        if (words.first() == "cpu") {
            std::printf("%.6f\n", ownCpuSec());
            std::ignore = std::fflush(stdout);
            return;
        }
        m_hasGuests = words.first() == "live";
        m_left = words.value(1).toInt();
        m_perRound = words.value(2).toInt();
        m_rounds.start(words.value(3).toInt());
    }

    void round()
    {
        Events events;
        for (int i = 0; i < m_perRound; ++i)
            events << spokenNow(1);
        m_fleet.host.send(events);
        if (m_hasGuests)
            liveOnce();
        if (--m_left > 0)
            return;
        m_rounds.stop();
    }

    QTemporaryDir m_folder;
    ServedFleet m_fleet;
    std::unique_ptr<Settings> m_settings;
    std::unique_ptr<MainWindow> m_window;
    QSocketNotifier m_input{STDIN_FILENO, QSocketNotifier::Read};
    QTimer m_rounds;
    QTimer m_busy;
    int m_left = 0;
    int m_perRound = 0;
    int m_beat = 0;
    bool m_hasGuests = false; ///< agents come and go in each round
};

/// A child that serves, as its parent sees it.
class Served
{
public:
    Served(const QString& program, const QStringList& arguments)
    {
        m_process.setProcessChannelMode(QProcess::ForwardedErrorChannel);
        m_process.start(program, arguments);
        const QByteArrayList said = line().split(' ');
        port = said.value(0).toUShort();
        token = said.value(1).toStdString();
        if (port == 0)
            qFatal("the server does not start: %s", qPrintable(program));
    }
    ~Served()
    {
        m_process.closeWriteChannel();
        if (!m_process.waitForFinished(3000))
            m_process.kill();
        m_process.waitForFinished();
    }
    Served(const Served&) = delete;
    Served& operator=(const Served&) = delete;
    Served(Served&&) = delete;
    Served& operator=(Served&&) = delete;

    void go(int rounds, int events, int intervalMs, int bytes)
    {
        say(QStringLiteral("go %1 %2 %3 %4\n").arg(rounds).arg(events).arg(intervalMs).arg(bytes));
    }
    /// go(), while agents come and go.
    void live(int rounds, int events, int intervalMs)
    {
        say(QStringLiteral("live %1 %2 %3\n").arg(rounds).arg(events).arg(intervalMs));
    }
    double cpuSec()
    {
        say(QStringLiteral("cpu\n"));
        return line().toDouble();
    }
    [[nodiscard]] double residentMb() const { return accountOf(m_process.processId()).residentMb; }
    /// \param what "fd" or "task"
    [[nodiscard]] int count(const QString& what) const
    {
        const QDir dir(QStringLiteral("/proc/%1/%2").arg(m_process.processId()).arg(what));
        return int(dir.entryList(QDir::AllEntries | QDir::System | QDir::NoDotAndDotDot).size());
    }
    [[nodiscard]] FanoutClient::Setup setup(bool batch) const
    {
        const char* hello = batch ? R"({"type":"hello","batch":true})" : R"({"type":"hello"})";
        return {port, "/ws", token, token.empty() ? "" : hello};
    }

    uint16_t port = 0;
    std::string token;

private:
    void say(const QString& text)
    {
        m_process.write(text.toUtf8());
        m_process.waitForBytesWritten();
    }
    QByteArray line()
    {
        while (!m_process.canReadLine() && m_process.waitForReadyRead(30'000)) {
        }
        return m_process.readLine().trimmed();
    }

    QProcess m_process;
};

QString self()
{
    return QCoreApplication::applicationFilePath();
}

struct Load
{
    int viewers;
    int rounds;
    int events; ///< in each round
    int intervalMs;
};

struct Delivered
{
    double perCpuSecond = 0;
    double bytes = 0; ///< of each message, framing and all
};

Delivered deliver(Served& server, const Load& load, int bytes)
{
    FanoutClient client(server.setup(load.events > 1), marker);
    std::ignore = client.open(load.viewers);
    client.drain(1000ms);
    const double before = server.cpuSec();
    const int64_t bytesBefore = client.bytes();
    server.go(load.rounds, load.events, load.intervalMs, bytes);
    const int64_t wanted = int64_t(load.viewers) * load.rounds * load.events;
    const int64_t got = client.receive(wanted, 5000ms);
    if (got < wanted)
        std::printf("share_lost_messages %lld messages\n", static_cast<long long>(wanted - got));
    const double cpu = server.cpuSec() - before;
    return {double(got) / cpu, double(client.bytes() - bytesBefore) / double(got)};
}

void fanout()
{
    constexpr std::array loads{Load{100, 300, 1, 10}, Load{100, 100, 20, 50}, Load{1000, 100, 1, 50},
                               Load{1000, 20, 20, 500}};
    const QString python = QStringLiteral("/usr/bin/python3");
    QProcess probe;
    probe.start(python, {QStringLiteral("-c"), QStringLiteral("import fastapi, uvicorn, websockets")});
    const bool hasBaseline = probe.waitForFinished() && probe.exitCode() == 0;
    if (!hasBaseline)
        std::printf(
            "# no baseline: python3-fastapi, python3-uvicorn and python3-websockets are not installed\n");
    for (const Load& load : loads) {
        const QByteArray name = "share_" + QByteArray::number(load.viewers) + "_viewers_" +
                                QByteArray::number(load.events) + "_a_frame";
        Served ours(self(), {QStringLiteral("--serve")});
        const Delivered own = deliver(ours, load, 0);
        std::printf("%s_per_cpu_second %.0f messages\n", name.constData(), own.perCpuSecond);
        std::printf("%s_bytes %.0f B\n", name.constData(), own.bytes);
        if (!hasBaseline)
            continue;
        Served theirs(python, {QStringLiteral(BENCH_DIR "/fanout.py")});
        const Delivered other = deliver(theirs, load, int(own.bytes));
        std::printf("%s_fastapi_per_cpu_second %.0f messages\n", name.constData(), other.perCpuSecond);
        std::printf("%s_ratio %.2f x\n", name.constData(), own.perCpuSecond / other.perCpuSecond);
    }
}

void printLags(const char* name, const std::vector<double>& lags)
{
    std::printf("%s_p50 %.1f ms\n%s_p99 %.1f ms\n", name, percentile(lags, 0.5), name,
                percentile(lags, 0.99));
}

void crowd()
{
    Served server(self(), {QStringLiteral("--serve")});
    const double before = server.residentMb();
    FanoutClient client(server.setup(true), marker);
    const std::vector<double> ready = client.open(1000);
    std::printf("share_ready_p99 %.1f ms\n", percentile(ready, 0.99));
    client.stopReading(100);
    client.drain(1000ms);
    server.go(1000, 1, 10, 0);
    const int64_t wanted = int64_t{900} * 1000;
    std::printf("share_crowd_received %.4f of_all\n",
                double(client.receive(wanted, 5000ms)) / double(wanted));
    printLags("share_crowd_delay", client.takeLags());
    std::printf("share_crowd_memory %.1f MB\n", server.residentMb() - before);
}

void besideWindow()
{
    Served server(self(), {QStringLiteral("--serve"), QStringLiteral("--window")});
    for (const bool numbers : {false, true}) {
        FanoutClient client(server.setup(true), numbers ? "\"output_tokens\":" : marker);
        const std::vector<double> ready = client.open(100);
        if (!numbers)
            std::printf("share_ready_1000_agents_p99 %.1f ms\n", percentile(ready, 0.99));
        client.drain(1500ms); // the snapshots hold old numbers
        const double cpu = server.cpuSec();
        const int64_t begunUs = steadyUs();
        if (!numbers)
            server.go(500, 1, 10, 0);
        std::ignore = client.receive(numbers ? INT64_MAX : 100 * 500, 2000ms, 6000ms);
        printLags(numbers ? "share_window_numbers_delay" : "share_window_line_delay", client.takeLags());
        std::printf("share_window_cpu%s %.0f %%_of_a_core\n", numbers ? "_numbers" : "",
                    (server.cpuSec() - cpu) / (double(steadyUs() - begunUs) / 1e6) * 100);
    }
}

/// Some that are no viewers: a request, a head that does not end, a WebSocket that is torn off.
void comeAndGo(const Served& server, int count)
{
    const QByteArray token = QByteArray::fromStdString(server.token);
    const QByteArray begin = "GET /%1 HTTP/1.1\r\nHost: 127.0.0.1:" + QByteArray::number(server.port) +
                             "\r\nAuthorization: Bearer " + token + "\r\n";
    for (int i = 0; i < count; ++i) {
        QTcpSocket socket;
        socket.connectToHost(QHostAddress::LocalHost, server.port);
        if (!socket.waitForConnected())
            continue;
        switch (i % 3) {
        case 0: socket.write(QByteArray(begin).replace("%1", "api/agents") + "\r\n"); break;
        case 1: socket.write("GET / HT"); break;
        default:
            socket.write(QByteArray(begin).replace("%1", "ws") +
                         "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
        }
        std::ignore = socket.waitForBytesWritten();
        if (i % 3 != 1)
            std::ignore = socket.waitForReadyRead(5000);
        socket.abort();
    }
}

int fromEnvironment(const char* name, int usual)
{
    const int wanted = qEnvironmentVariableIntValue(name);
    return wanted > 0 ? wanted : usual;
}

void flat()
{
    constexpr int waves = 100;
    constexpr int rounds = 10;
    const int viewers = fromEnvironment("PLIMSOLL_CONNECTIONS", 10'000) / waves / 2;
    const int events = fromEnvironment("PLIMSOLL_EVENTS", 1'000'000) / waves / rounds;
    Served server(self(), {QStringLiteral("--serve")});
    const int descriptors = server.count(QStringLiteral("fd"));
    const int threads = server.count(QStringLiteral("task"));
    double memory = 0;
    int64_t heard = 0;
    for (int wave = 1; wave <= waves; ++wave) {
        {
            FanoutClient client(server.setup(true), marker);
            std::ignore = client.open(viewers);
            server.live(rounds, events, 5);
            comeAndGo(server, viewers);
            heard += client.receive(int64_t{rounds} * events * viewers, 500ms);
        }
        const QDeadlineTimer patience(10'000);
        while (server.count(QStringLiteral("fd")) > descriptors && !patience.hasExpired())
            QThread::msleep(10);
        if (wave == waves / 10)
            memory = server.residentMb();
    }
    std::printf("share_flat_events %d events\nshare_flat_connections %d connections\n",
                waves * rounds * events, waves * viewers * 2);
    std::printf("share_flat_received %lld messages\n", static_cast<long long>(heard));
    std::printf("share_flat_memory_after_a_tenth %.1f MB\nshare_flat_memory_growth %.1f MB\n", memory,
                server.residentMb() - memory);
    std::printf("share_flat_threads_growth %d threads\n", server.count(QStringLiteral("task")) - threads);
    std::printf("share_flat_descriptors_growth %d descriptors\n",
                server.count(QStringLiteral("fd")) - descriptors);
}

} // namespace

int main(int argc, char** argv)
{
    if (qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM"))
        qputenv("QT_QPA_PLATFORM", "offscreen");
    rlimit descriptors{};
    if (::getrlimit(RLIMIT_NOFILE, &descriptors) == 0) {
        descriptors.rlim_cur = descriptors.rlim_max;
        std::ignore = ::setrlimit(RLIMIT_NOFILE, &descriptors);
    }
    const QApplication app(argc, argv);
    QStandardPaths::setTestModeEnabled(true);
    const QStringList arguments = QCoreApplication::arguments();
    if (arguments.contains(QLatin1String("--serve"))) {
        const ServerSide server(arguments.contains(QLatin1String("--window")));
        return QApplication::exec();
    }
    const auto isWanted = [&arguments](const char* name) {
        return arguments.size() == 1 || arguments.contains(QLatin1String(name));
    };
    if (isWanted("fanout"))
        fanout();
    if (isWanted("crowd"))
        crowd();
    if (isWanted("window"))
        besideWindow();
    if (isWanted("flat"))
        flat();
    return 0;
}
