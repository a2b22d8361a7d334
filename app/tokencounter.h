// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/agents/kinds.h"
#include "app/tokens/tokencount.h"
#include "app/watch/handover.h"
#include "app/watch/ratiosamples.h"

#include <QHash>
#include <QObject>

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

namespace plimsoll {

/// Counts tokens in a thread of its own, one text after the other. Loads tokenizers, and learns ratios from
/// the logs, when they are first needed; keeps both. Belongs to its creator's thread and never makes it wait,
/// but for the end of its destructor, which cancels what runs.
class TokenCounter : public QObject
{
    Q_OBJECT

public:
    /// \param roots of the logs that ratios are learned from; may be empty
    explicit TokenCounter(QList<LogRoot> roots, QObject* parent = nullptr);
    ~TokenCounter() override;

    /// What an earlier run has learned, and when (ms UTC). What is older than a day is learned again, and
    /// kept where there is less to learn from now.
    void setKnown(TokenRatios ratios, qint64 atMs);

    /// Asks; answered by one counted() with this id. \param id of the caller's choosing, not under way
    void count(quint64 id, const QString& text, const QString& model);

    /// Ends a count early, if it is still under way; it is answered all the same.
    void cancel(quint64 id);

signals:
    /// Nothing: it was cancelled.
    void counted(quint64 id, const std::optional<plimsoll::TokenCount>& count);
    /// Worth keeping for the next run. \param atMs ms UTC
    void learned(const plimsoll::TokenRatios& ratios, qint64 atMs);

private:
    using Flag = std::shared_ptr<std::atomic<bool>>;
    struct Answer
    {
        quint64 id = 0;
        std::optional<TokenCount> count;
        std::optional<KnownRatios> learned; ///< for this count
    };
    /// What the counting thread keeps; touched by nobody else.
    struct Kept
    {
        QList<LogRoot> roots;
        Tokenizers tokenizers;
        KnownRatios known;
    };

    using Job = std::function<void(Kept& kept)>;
    /// What waits for the counting thread: Qt's pool would carry it where ThreadSanitizer cannot follow.
    struct Jobs
    {
        std::mutex mutex;
        std::deque<Job> waiting; // guarded by mutex
        bool running = false;    // guarded by mutex: a thread will look at them
    };

    void start(Job job);
    static void work(Kept& kept, const QString& text, const QString& model,
                     const std::atomic<bool>& cancelled, Answer& answer);

    QHash<quint64, Flag> m_running; ///< by id
    Handover<Answer> m_answers;
    Kept m_kept;
    Jobs m_jobs;
    std::thread m_thread; ///< there while something is to be done
};

} // namespace plimsoll
