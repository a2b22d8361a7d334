// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/agents/streamlines.h"
#include "app/agents/uniquefd.h"

#include <QByteArray>
#include <QObject>
#include <QString>
#include <QStringList>
#include <QTimer>

class QSocketNotifier;

namespace plimsoll {

/// What is to run. Never a shell: a program and a list of arguments.
struct ChildSetup
{
    QString reaper;           ///< absolute path of plimsoll-reaper
    QString program;          ///< absolute path
    QStringList arguments;    ///< without the program's name
    QString workingDir;       ///< absolute path, must exist
    QStringList environment;  ///< "NAME=value"; nothing else is inherited
    bool keepRunning = false; ///< it may outlive this program
};

/// How a child has ended.
struct ChildEnd
{
    QString startError; ///< for people: it never ran; empty = it did
    int exitCode = -1;  ///< -1 = by a signal, or nobody knows
    int signal = 0;     ///< 0 = none
    QString lastWords;  ///< the end of what it wrote to standard error, trimmed; foreign text

    [[nodiscard]] bool isClean() const { return startError.isEmpty() && exitCode == 0; }
    [[nodiscard]] QString text() const; ///< one line for people: "ended with code 1: last words"
};

/// One agent's process: starts it behind plimsoll-reaper, reads its lines, writes to it, ends it. A child
/// that prints faster than it is read is slowed by its pipe; one that does not read what is written to it is
/// cut off at maxUnsent. Understands no line. Lives in one thread with an event loop; owns the process: when
/// this object goes, the process and all that it started are gone within a second (unless `keepRunning`).
class ChildProcess : public QObject
{
    Q_OBJECT

public:
    static constexpr qsizetype maxUnsent = qsizetype{32} * 1024 * 1024; ///< pictures are large
    static constexpr int graceMs = 3000;                                ///< between the steps of stop()

    explicit ChildProcess(QObject* parent = nullptr);
    ~ChildProcess() override;

    /// Empty = it is being started, and ended() will come; else why not, for people. Once per object.
    [[nodiscard]] QString start(const ChildSetup& setup);

    /// False: it does not read, has closed its input, or has ended. Nothing of `bytes` is sent then.
    [[nodiscard]] bool write(const QByteArray& bytes);

    /// No more input, once what was written is sent.
    void closeInput();

    /// closeInput(), then SIGTERM, then SIGKILL to all of it, each after graceMs. Again: nothing more.
    void stop();

    /// \param ms in place of graceMs
    void setGrace(int ms) { m_grace.setInterval(ms); }

    /// Ends all of it at once.
    void kill();

    /// Begins the end without waiting for it, as the destructor does: for many at once.
    void letGo();

    [[nodiscard]] bool isRunning() const { return m_running; }
    [[nodiscard]] qint64 pid() const { return m_pid; } ///< of the child itself; 0 = has not started yet
    [[nodiscard]] const StreamLines& lines() const { return m_lines; }

signals:
    void started(qint64 pid);
    void lineRead(QByteArrayView line); ///< of standard output, without its newline; valid during the call
    void ended(const plimsoll::ChildEnd& end);

private:
    struct Pipes;

    [[nodiscard]] QString spawn(const ChildSetup& setup, Pipes& pipes);
    void listen();
    bool readOutput();
    bool readErrors();
    void readWords();
    void takeWord(const QByteArray& word);
    void writeOn();
    void endOn();
    void command(char letter);
    void finish();
    void countRead(qint64 bytes);
    void closeAll();
    static void closeOne(UniqueFd& fd, QSocketNotifier*& notifier);

    StreamLines m_lines;
    UniqueFd m_input;
    UniqueFd m_output;
    UniqueFd m_errors;
    UniqueFd m_commands;
    UniqueFd m_words;
    QSocketNotifier* m_inputReady = nullptr;
    QSocketNotifier* m_outputReady = nullptr;
    QSocketNotifier* m_errorsReady = nullptr;
    QSocketNotifier* m_wordsReady = nullptr;
    QTimer m_breath; ///< nothing is read until it is over
    QTimer m_grace;
    QByteArray m_unsent;
    QByteArray m_lastErrors;
    QByteArray m_wordsBegun;
    ChildEnd m_end;
    qint64 m_readNow = 0; ///< bytes since the last breath
    qint64 m_pid = 0;
    int m_reaperPid = 0; ///< 0 = none to be collected
    int m_stopStep = 0;
    bool m_running = false;
    bool m_closeInput = false;
    bool m_keep = false;
};

} // namespace plimsoll
