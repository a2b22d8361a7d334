// SPDX-License-Identifier: GPL-3.0-or-later

// plimsoll-reaper: stands between Plimsoll and one agent, so that nothing of the agent outlives Plimsoll.
//
//   plimsoll-reaper [--keep] FOLDER PROGRAM [ARGUMENT…]
//
// Runs PROGRAM in FOLDER, in a process group of its own, and adopts whatever it starts, however that hides
// (setsid, nohup, double fork). When the other end of descriptor 3 is closed — Plimsoll has ended, killed or
// not — the agent gets a moment to notice the end of its input, then SIGTERM, then everything SIGKILL: all is
// over within a second. When PROGRAM ends by itself, what it left behind ends too. With --keep both are left
// to run: the reaper then reads away what the agent prints once nobody else does, so that it does not break.
//
// Descriptors: 0, 1, 2 the agent's own; 3 commands in ('T' = SIGTERM to the agent's group, 'K' = end all);
// 4 words out ("P<pid>" started, "E<errno>" could not be started, "X<code>" or "S<signal>" has ended), one
// per line; with --keep 5 and 6 the reading ends of the agent's output. No Qt, one thread, nothing on the
// heap before the fork that the agent could inherit. Ends with 0.

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <string>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <tuple>
#include <unistd.h>
#include <utility>
#include <vector>

namespace {

constexpr int commandFd = 3;
constexpr int wordFd = 4;
constexpr std::array<int, 2> drainFds{5, 6};
constexpr int termAfterMs = 200; ///< from the end of Plimsoll; an idle agent ends by itself before
constexpr int killAfterMs = 500;

using Clock = std::chrono::steady_clock;

void say(char what, int number)
{
    std::array<char, 16> word{};
    const int length = std::snprintf(word.data(), word.size(), "%c%d\n", what, number);
    std::ignore = ::write(wordFd, word.data(), size_t(length)); // nobody listens any more: nothing to be done
}

/// In the child: becomes the agent. Returns only if that fails.
void becomeAgent(pid_t reaper, const sigset_t& signals, char** arguments)
{
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != reaper)
        ::_exit(127);
    for (const int signal : {SIGINT, SIGHUP, SIGQUIT, SIGPIPE, SIGTERM})
        std::ignore = ::signal(signal, SIG_DFL);
    ::sigprocmask(SIG_SETMASK, &signals, nullptr);
    ::umask(022); // Plimsoll's own files are private, an agent's files are as everybody's
    if (::chdir(arguments[0]) == 0)
        ::execv(arguments[1], arguments + 1);
}

/// pid → parent of every process that has not ended.
std::vector<std::pair<pid_t, pid_t>> processes()
{
    std::vector<std::pair<pid_t, pid_t>> found;
    DIR* const proc = ::opendir("/proc");
    if (proc == nullptr)
        return found;
    while (const dirent* entry = ::readdir(proc)) { // NOLINT(concurrency-mt-unsafe)
        const long pid = std::strtol(entry->d_name, nullptr, 10);
        if (pid <= 0)
            continue;
        std::array<char, 512> text{};
        const std::string path = "/proc/" + std::to_string(pid) + "/stat";
        const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
        const ssize_t length = fd < 0 ? 0 : ::read(fd, text.data(), text.size() - 1);
        if (fd >= 0)
            ::close(fd);
        // The name, in brackets, may hold anything.
        const char* const name = length > 0 ? std::strrchr(text.data(), ')') : nullptr;
        if (name == nullptr || std::strlen(name) < 5 || name[2] == 'Z')
            continue;
        found.emplace_back(pid_t(pid), pid_t(std::strtol(name + 4, nullptr, 10)));
    }
    ::closedir(proc);
    return found;
}

/// All that run below this process, nearest first.
std::vector<pid_t> descendants()
{
    const auto all = processes();
    std::vector<pid_t> tree{::getpid()};
    for (size_t i = 0; i < tree.size(); ++i) {
        for (const auto& [pid, parent] : all) {
            if (parent == tree[i] && std::find(tree.begin(), tree.end(), pid) == tree.end())
                tree.push_back(pid);
        }
    }
    tree.erase(tree.begin());
    return tree;
}

void signalAll(int signal)
{
    for (const pid_t pid : descendants())
        ::kill(pid, signal);
}

/// Stops all before it kills them: else those that start others could outrun it.
void killAll()
{
    size_t before = 0;
    for (int round = 0; round < 5; ++round) {
        const std::vector<pid_t> tree = descendants();
        for (const pid_t pid : tree)
            ::kill(pid, SIGSTOP);
        if (tree.size() == before)
            break;
        before = tree.size();
    }
    signalAll(SIGKILL);
}

class Reaper
{
public:
    Reaper(pid_t agent, bool keep, int signalFd)
        : m_agent(agent)
        , m_keep(keep)
        , m_polled{{{commandFd, POLLIN, 0}, {signalFd, POLLIN, 0}, {-1, POLLIN, 0}, {-1, POLLIN, 0}}}
    {
    }

    void run()
    {
        while (!m_done) {
            if (::poll(m_polled.data(), m_polled.size(), timeout()) < 0 && errno != EINTR)
                return killAll();
            if (m_polled[1].revents != 0)
                takeSignals();
            if (m_polled[0].revents != 0)
                takeCommand();
            for (size_t i = 0; i < drainFds.size(); ++i) {
                if (m_polled[2 + i].revents != 0)
                    drain(m_polled[2 + i]);
            }
            collect();
            if (m_ending)
                endOn();
        }
    }

private:
    [[nodiscard]] int timeout() const { return m_ending ? 10 : -1; }

    [[nodiscard]] int endingForMs() const
    {
        return int(
            std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - m_endingSince).count());
    }

    void beginEnd(int alreadyMs)
    {
        if (!m_ending)
            m_endingSince = Clock::now() - std::chrono::milliseconds(alreadyMs);
        m_ending = true;
    }

    void endOn()
    {
        const int ms = endingForMs();
        if (ms >= killAfterMs)
            killAll();
        else if (ms >= termAfterMs && !std::exchange(m_asked, true))
            signalAll(SIGTERM);
    }

    void takeSignals()
    {
        signalfd_siginfo info{};
        while (::read(m_polled[1].fd, &info, sizeof info) == ssize_t(sizeof info)) {
            if (info.ssi_signo == SIGTERM)
                beginEnd(termAfterMs);
        }
    }

    void takeCommand()
    {
        std::array<char, 16> commands{};
        const ssize_t count = ::read(commandFd, commands.data(), commands.size());
        if (count < 0 && (errno == EINTR || errno == EAGAIN))
            return;
        if (count <= 0)
            return plimsollIsGone();
        for (const char command : std::string(commands.data(), size_t(count))) {
            if (command == 'T' && m_agent > 0)
                ::kill(-m_agent, SIGTERM);
            if (command == 'K')
                beginEnd(killAfterMs);
        }
    }

    void plimsollIsGone()
    {
        m_polled[0].fd = -1;
        if (!m_keep)
            return beginEnd(0);
        for (size_t i = 0; i < drainFds.size(); ++i)
            m_polled[2 + i].fd = drainFds[i];
    }

    static void drain(pollfd& polled)
    {
        std::array<char, 16 * 1024> bytes{};
        const ssize_t count = ::read(polled.fd, bytes.data(), bytes.size());
        if (count == 0 || (count < 0 && errno != EINTR && errno != EAGAIN))
            polled.fd = -1;
    }

    /// Collects whoever has ended, the agent and those that were adopted.
    void collect()
    {
        int status = 0;
        pid_t pid = 0;
        while ((pid = ::waitpid(-1, &status, WNOHANG)) > 0) {
            if (pid != m_agent)
                continue;
            m_agent = 0;
            say(WIFSIGNALED(status) ? 'S' : 'X',
                WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
            if (m_keep && !m_ending)
                m_done = true; // what it has started may go on
            else
                beginEnd(termAfterMs);
        }
        if (pid < 0 && errno == ECHILD)
            m_done = true;
    }

    pid_t m_agent; ///< its group has the same number; 0 = has ended, and its number may be another's
    const bool m_keep;
    std::array<pollfd, 4> m_polled;
    Clock::time_point m_endingSince;
    bool m_ending = false;
    bool m_asked = false;
    bool m_done = false;
};

/// Lets go of the agent's descriptors: it alone decides when they are closed.
void becomeNobody()
{
    const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    for (const int fd : {0, 1, 2})
        ::dup2(nothing, fd);
}

} // namespace

int main(int argc, char** argv)
{
    const bool keep = argc > 1 && std::strcmp(argv[1], "--keep") == 0;
    char** const arguments = argv + (keep ? 2 : 1);
    if (argc - (keep ? 2 : 1) < 2 || ::fcntl(commandFd, F_GETFD) < 0 || ::fcntl(wordFd, F_GETFD) < 0) {
        std::ignore = std::fputs("plimsoll-reaper is started by Plimsoll, not by hand\n", stderr);
        return 2;
    }
    ::close_range(keep ? 7 : 5, ~0U, 0);
    for (const int fd : {commandFd, wordFd, drainFds[0], drainFds[1]})
        ::fcntl(fd, F_SETFD, FD_CLOEXEC);
    ::setsid();
    ::prctl(PR_SET_NAME, "plimsoll-reaper");
    if (::prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) {
        say('E', errno);
        return 0;
    }
    for (const int signal : {SIGINT, SIGHUP, SIGQUIT, SIGPIPE})
        std::ignore = ::signal(signal, SIG_IGN);
    sigset_t signals;
    sigset_t before;
    ::sigemptyset(&signals);
    ::sigaddset(&signals, SIGCHLD);
    ::sigaddset(&signals, SIGTERM);
    ::sigprocmask(SIG_BLOCK, &signals, &before);
    const int signalFd = ::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    std::array<int, 2> failure{-1, -1};
    const pid_t self = ::getpid();
    const pid_t agent = signalFd < 0 || ::pipe2(failure.data(), O_CLOEXEC) != 0 ? -1 : ::fork();
    if (agent < 0) {
        say('E', errno);
        return 0;
    }
    if (agent == 0) {
        sigset_t none;
        ::sigemptyset(&none);
        becomeAgent(self, none, arguments);
        const int why = errno;
        std::ignore = ::write(failure[1], &why, sizeof why);
        ::_exit(127);
    }
    ::setpgid(agent, agent);
    ::close(failure[1]);
    becomeNobody();
    int why = 0;
    if (::read(failure[0], &why, sizeof why) == ssize_t(sizeof why)) {
        ::waitpid(agent, nullptr, 0);
        say('E', why);
        return 0;
    }
    ::close(failure[0]);
    say('P', agent);
    Reaper(agent, keep, signalFd).run();
    return 0;
}
