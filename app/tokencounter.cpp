// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/tokencounter.h"

#include "app/watch/ratiosamples.h"

#include <utility>

namespace plimsoll {

TokenCounter::TokenCounter(QList<LogRoot> roots, QObject* parent)
    : QObject(parent)
{
    m_kept.roots = std::move(roots);
    m_answers.connectTo(this, [this](const std::vector<Answer>& answers) {
        for (const Answer& answer : answers) {
            m_running.remove(answer.id);
            if (answer.learned)
                emit learned(answer.learned->ratios, answer.learned->atMs);
            emit counted(answer.id, answer.count);
        }
    });
}

TokenCounter::~TokenCounter()
{
    for (const Flag& flag : std::as_const(m_running))
        *flag = true;
    if (m_thread.joinable())
        m_thread.join();
    m_answers.disconnect();
}

void TokenCounter::count(quint64 id, const QString& text, const QString& model)
{
    const Flag cancelled = std::make_shared<std::atomic<bool>>(false);
    m_running.insert(id, cancelled);
    start([answers = m_answers, cancelled, id, text, model](Kept& kept) mutable {
        Answer answer;
        answer.id = id;
        work(kept, text, model, *cancelled, answer);
        answers.push(std::move(answer));
    });
}

void TokenCounter::setKnown(TokenRatios ratios, qint64 atMs)
{
    start([ratios = std::move(ratios), atMs](Kept& kept) mutable { kept.known = {std::move(ratios), atMs}; });
}

/// One after the other, in a thread that ends when nothing is left.
void TokenCounter::start(Job job)
{
    {
        const std::lock_guard lock(m_jobs.mutex);
        m_jobs.waiting.push_back(std::move(job));
        if (std::exchange(m_jobs.running, true))
            return;
    }
    if (m_thread.joinable())
        m_thread.join(); // it has seen that nothing was left
    m_thread = std::thread([this] {
        for (;;) {
            Job next;
            {
                const std::lock_guard lock(m_jobs.mutex);
                m_jobs.running = !m_jobs.waiting.empty();
                if (!m_jobs.running)
                    return;
                next = std::move(m_jobs.waiting.front());
                m_jobs.waiting.pop_front();
            }
            next(m_kept);
        }
    });
}

void TokenCounter::cancel(quint64 id)
{
    if (const Flag flag = m_running.value(id))
        *flag = true;
}

void TokenCounter::work(Kept& kept, const QString& text, const QString& model,
                        const std::atomic<bool>& cancelled, Answer& answer)
{
    if (cancelled)
        return;
    if (isEstimated(model)) {
        answer.learned = refreshRatios(kept.known, kept.roots, kept.tokenizers, &cancelled);
        if (cancelled)
            return; // half of what there is to learn
        if (answer.learned)
            kept.known = *answer.learned;
    }
    answer.count = countTokens(text.toStdString(), model, kept.tokenizers, kept.known.ratios, &cancelled);
}

} // namespace plimsoll
