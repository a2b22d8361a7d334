// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/agents/childprocess.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QPointer>
#include <QSocketNotifier>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <memory>
#include <spawn.h>
#include <sys/wait.h>
#include <tuple>
#include <unistd.h>
#include <vector>

namespace plimsoll {

namespace {

constexpr qint64 readAtOnce = qint64{64} * 1024;
constexpr qint64 readPerBreath = qint64{512} * 1024; ///< from one child; others must have their turn too
constexpr int breathMs = 20;
constexpr qsizetype keptErrors = qsizetype{4} * 1024;
constexpr int collectMs = 1200; ///< the reaper needs less than a second

QString errorText(int error)
{
    return QString::fromLocal8Bit(std::strerror(error)); // NOLINT(concurrency-mt-unsafe)
}

/// Writing to a child that has gone is an error, not the end of this program.
void ignoreBrokenPipes()
{
    if (std::signal(SIGPIPE, SIG_IGN) == SIG_ERR)
        qWarning("SIGPIPE keeps its default");
}

/// Null-terminated pointers into `texts`, as exec wants them.
std::vector<char*> pointersTo(std::vector<QByteArray>& texts)
{
    std::vector<char*> pointers;
    pointers.reserve(texts.size() + 1);
    for (QByteArray& text : texts)
        pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
}

} // namespace

QString ChildEnd::text() const
{
    if (!startError.isEmpty())
        return startError;
    QString text = signal != 0 ? QStringLiteral("ended by signal %1 (%2)")
                                     .arg(signal)
                                     .arg(QString::fromLocal8Bit(::strsignal(signal))) // NOLINT
                   : exitCode >= 0 ? QStringLiteral("ended with code %1").arg(exitCode)
                                   : QStringLiteral("ended, nobody knows how");
    if (!lastWords.isEmpty())
        text += QStringLiteral(": ") + lastWords.section(QLatin1Char('\n'), -1).right(500);
    return text;
}

/// Ends of pipes, ours and the child's.
struct ChildProcess::Pipes
{
    std::array<UniqueFd, 5> ours;   ///< input, output, errors, commands, words
    std::array<UniqueFd, 5> theirs; ///< in the same order

    [[nodiscard]] bool open()
    {
        constexpr std::array<bool, 5> weWrite{true, false, false, true, false};
        for (size_t i = 0; i < ours.size(); ++i) {
            std::array<int, 2> ends{};
            if (::pipe2(ends.data(), O_CLOEXEC) != 0)
                return false;
            ours[i].reset(ends[weWrite[i] ? 1 : 0]);
            theirs[i].reset(ends[weWrite[i] ? 0 : 1]);
            if (::fcntl(ours[i].get(), F_SETFL, O_NONBLOCK) != 0)
                return false;
        }
        return true;
    }
};

ChildProcess::ChildProcess(QObject* parent)
    : QObject(parent)
    , m_lines([this](QByteArrayView line) { emit lineRead(line); })
    , m_breath(this)
    , m_grace(this)
{
    m_breath.setSingleShot(true);
    m_breath.setInterval(breathMs);
    connect(&m_breath, &QTimer::timeout, this, [this] {
        m_readNow = 0;
        for (QSocketNotifier* notifier : {m_outputReady, m_errorsReady}) {
            if (notifier != nullptr)
                notifier->setEnabled(true);
        }
    });
    m_grace.setSingleShot(true);
    m_grace.setInterval(graceMs);
    connect(&m_grace, &QTimer::timeout, this, &ChildProcess::endOn);
}

ChildProcess::~ChildProcess()
{
    letGo();
    if (m_reaperPid == 0 || m_keep)
        return;
    // At the end of the program, or of an agent that was ended by force: not in the course of things.
    constexpr timespec moment{0, 2'000'000};
    for (int ms = 0; ms < collectMs && ::waitpid(m_reaperPid, nullptr, WNOHANG) == 0; ms += 2)
        ::nanosleep(&moment, nullptr);
}

QString ChildProcess::start(const ChildSetup& setup)
{
    if (!QDir::isAbsolutePath(setup.program) || !QFileInfo(setup.program).isExecutable())
        return QStringLiteral("%1 is no program that can be run").arg(setup.program);
    if (!QFileInfo(setup.reaper).isExecutable())
        return QStringLiteral("the helper %1 is missing").arg(setup.reaper);
    if (!QDir::isAbsolutePath(setup.workingDir) || !QFileInfo(setup.workingDir).isDir())
        return QStringLiteral("%1 is no folder").arg(setup.workingDir);
    ignoreBrokenPipes();
    Pipes pipes;
    if (!pipes.open())
        return QStringLiteral("no pipe can be opened: ") + errorText(errno);
    QString error = spawn(setup, pipes);
    if (!error.isEmpty())
        return error;
    m_keep = setup.keepRunning;
    m_running = true;
    m_input = std::move(pipes.ours[0]);
    m_output = std::move(pipes.ours[1]);
    m_errors = std::move(pipes.ours[2]);
    m_commands = std::move(pipes.ours[3]);
    m_words = std::move(pipes.ours[4]);
    listen();
    return {};
}

QString ChildProcess::spawn(const ChildSetup& setup, Pipes& pipes)
{
    std::vector<QByteArray> arguments{QByteArrayLiteral("plimsoll-reaper")};
    if (setup.keepRunning)
        arguments.push_back(QByteArrayLiteral("--keep"));
    arguments.push_back(QFile::encodeName(setup.workingDir));
    arguments.push_back(QFile::encodeName(setup.program));
    for (const QString& argument : setup.arguments)
        arguments.push_back(argument.toUtf8());
    std::vector<QByteArray> environment;
    for (const QString& variable : setup.environment)
        environment.push_back(variable.toUtf8());

    // dup2 clears the flag that closes them; numbers that others still have are moved out of the way first.
    std::vector<int> wanted;
    for (const UniqueFd& fd : pipes.theirs)
        wanted.push_back(fd.get());
    if (setup.keepRunning) {
        wanted.push_back(pipes.ours[1].get());
        wanted.push_back(pipes.ours[2].get());
    }
    std::vector<UniqueFd> moved;
    for (int& fd : wanted) {
        moved.emplace_back(::fcntl(fd, F_DUPFD_CLOEXEC, 16));
        fd = moved.back().get();
        if (fd < 0)
            return QStringLiteral("no pipe can be opened: ") + errorText(errno);
    }
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    if (::posix_spawn_file_actions_init(&actions) != 0 || ::posix_spawnattr_init(&attributes) != 0)
        return QStringLiteral("out of memory");
    int error = 0;
    for (size_t i = 0; i < wanted.size() && error == 0; ++i)
        error = ::posix_spawn_file_actions_adddup2(&actions, wanted[i], int(i));
    sigset_t none;
    sigset_t all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setsigdefault(&attributes, &all);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    if (error == 0) {
        error = ::posix_spawn(&m_reaperPid, QFile::encodeName(setup.reaper).constData(), &actions,
                              &attributes, pointersTo(arguments).data(), pointersTo(environment).data());
    }
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
    if (error == 0)
        return {};
    m_reaperPid = 0;
    return QStringLiteral("%1 cannot be started: %2").arg(setup.program, errorText(error));
}

void ChildProcess::listen()
{
    m_inputReady = new QSocketNotifier(m_input.get(), QSocketNotifier::Write, this);
    m_inputReady->setEnabled(false);
    m_outputReady = new QSocketNotifier(m_output.get(), QSocketNotifier::Read, this);
    m_errorsReady = new QSocketNotifier(m_errors.get(), QSocketNotifier::Read, this);
    m_wordsReady = new QSocketNotifier(m_words.get(), QSocketNotifier::Read, this);
    connect(m_inputReady, &QSocketNotifier::activated, this, &ChildProcess::writeOn);
    connect(m_outputReady, &QSocketNotifier::activated, this, &ChildProcess::readOutput);
    connect(m_errorsReady, &QSocketNotifier::activated, this, &ChildProcess::readErrors);
    connect(m_wordsReady, &QSocketNotifier::activated, this, &ChildProcess::readWords);
}

/// Counts what was read, and stops reading for a moment once it is enough: the child's pipe fills and slows
/// it.
void ChildProcess::countRead(qint64 bytes)
{
    m_readNow += bytes;
    if (m_readNow < readPerBreath || m_breath.isActive())
        return;
    for (QSocketNotifier* notifier : {m_outputReady, m_errorsReady}) {
        if (notifier != nullptr)
            notifier->setEnabled(false);
    }
    m_breath.start();
}

/// False: nothing was there.
bool ChildProcess::readOutput()
{
    std::array<char, readAtOnce> bytes; // NOLINT(cppcoreguidelines-pro-type-member-init)
    const ssize_t count = ::read(m_output.get(), bytes.data(), bytes.size());
    if (count <= 0) {
        if (count == 0 || (errno != EAGAIN && errno != EINTR))
            closeOne(m_output, m_outputReady);
        return false;
    }
    countRead(count);
    m_lines.feed(QByteArrayView(bytes.data(), count));
    return true;
}

/// False: nothing was there.
bool ChildProcess::readErrors()
{
    std::array<char, 8 * 1024> bytes; // NOLINT(cppcoreguidelines-pro-type-member-init)
    const ssize_t count = ::read(m_errors.get(), bytes.data(), bytes.size());
    if (count <= 0) {
        if (count == 0 || (errno != EAGAIN && errno != EINTR))
            closeOne(m_errors, m_errorsReady);
        return false;
    }
    countRead(count);
    m_lastErrors = (m_lastErrors + QByteArray(bytes.data(), count)).right(keptErrors);
    return true;
}

void ChildProcess::readWords()
{
    std::array<char, 64> bytes; // NOLINT(cppcoreguidelines-pro-type-member-init)
    const ssize_t count = ::read(m_words.get(), bytes.data(), bytes.size());
    if (count < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (count <= 0)
        return finish();
    m_wordsBegun.append(bytes.data(), count);
    for (qsizetype end = m_wordsBegun.indexOf('\n'); end >= 0; end = m_wordsBegun.indexOf('\n')) {
        const QByteArray word = m_wordsBegun.first(end);
        m_wordsBegun.remove(0, end + 1);
        takeWord(word);
    }
}

void ChildProcess::takeWord(const QByteArray& word)
{
    const int number = word.mid(1).toInt();
    switch (word.isEmpty() ? '\0' : word.front()) {
    case 'P':
        m_pid = number;
        emit started(m_pid);
        return;
    case 'E': m_end.startError = QStringLiteral("cannot be started: ") + errorText(number); return;
    case 'X': m_end.exitCode = number; return;
    case 'S': m_end.signal = number; return;
    default: return;
    }
}

bool ChildProcess::write(const QByteArray& bytes)
{
    if (!m_running || m_closeInput || !m_input.isOpen() || m_unsent.size() + bytes.size() > maxUnsent)
        return false;
    m_unsent.append(bytes);
    writeOn();
    return m_input.isOpen();
}

void ChildProcess::writeOn()
{
    while (!m_unsent.isEmpty()) {
        const ssize_t count = ::write(m_input.get(), m_unsent.constData(), size_t(m_unsent.size()));
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0 && errno == EAGAIN)
            return m_inputReady->setEnabled(true);
        if (count < 0) { // it has closed its input
            m_unsent.clear();
            m_closeInput = true;
            break;
        }
        m_unsent.remove(0, count);
    }
    if (m_inputReady != nullptr)
        m_inputReady->setEnabled(false);
    if (m_closeInput)
        closeOne(m_input, m_inputReady);
}

void ChildProcess::closeInput()
{
    if (!std::exchange(m_closeInput, true) && m_input.isOpen())
        writeOn();
}

void ChildProcess::stop()
{
    if (!m_running || m_stopStep > 0)
        return;
    closeInput();
    m_stopStep = 1;
    m_grace.start();
}

void ChildProcess::endOn()
{
    command(m_stopStep == 1 ? 'T' : 'K');
    if (m_stopStep++ == 1)
        m_grace.start();
}

void ChildProcess::kill()
{
    m_stopStep = 3;
    m_grace.stop();
    command('K');
}

void ChildProcess::command(char letter)
{
    if (m_commands.isOpen())
        std::ignore = ::write(m_commands.get(), &letter, 1); // else the reaper is gone, and all with it
}

/// The reaper has ended: nothing is left that could print.
void ChildProcess::finish()
{
    m_running = false;
    m_grace.stop();
    m_breath.stop();
    // What still stands in the pipes; bounded, for a child that may outlive us may have left others printing.
    const QPointer<ChildProcess> alive = this;
    for (int i = 0; i < 64 && alive && m_output.isOpen() && readOutput(); ++i)
        continue;
    if (!alive)
        return;
    for (int i = 0; i < 64 && m_errors.isOpen() && readErrors(); ++i)
        continue;
    m_breath.stop();
    if (m_reaperPid != 0) {
        while (::waitpid(m_reaperPid, nullptr, 0) < 0 && errno == EINTR) // it is about to end
            continue;
        m_reaperPid = 0;
    }
    closeAll();
    m_end.lastWords = QString::fromUtf8(m_lastErrors).trimmed();
    emit ended(m_end);
}

void ChildProcess::letGo()
{
    m_running = false;
    m_grace.stop();
    m_breath.stop();
    closeAll();
}

void ChildProcess::closeAll()
{
    closeOne(m_input, m_inputReady);
    closeOne(m_output, m_outputReady);
    closeOne(m_errors, m_errorsReady);
    closeOne(m_words, m_wordsReady);
    m_commands.reset();
}

/// The notifier first: it must not listen to a number that may become another file's.
void ChildProcess::closeOne(UniqueFd& fd, QSocketNotifier*& notifier)
{
    if (notifier != nullptr) {
        notifier->setEnabled(false);
        std::exchange(notifier, nullptr)->deleteLater(); // it may be what has called
    }
    fd.reset();
}

} // namespace plimsoll
