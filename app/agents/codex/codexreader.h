// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/agents/codex/codexline.h"
#include "app/agents/codex/codextotals.h"
#include "app/agents/reader.h"

#include <optional>
#include <string>
#include <vector>

namespace plimsoll {

/// Reads one rollout of Codex (formats of 0.50 to 0.169). See reader.h for what a reader promises.
/// Rules: the thread is the first session_meta's; what a fork or a child copied from another thread counts
/// for nothing; spend is the growth of total_token_usage, or the usage records once the file has them.
class CodexReader : public LogReader
{
public:
    /// \param fileName of the rollout; its thread id stands in where no line tells one
    explicit CodexReader(std::string_view fileName);

    void settle() override;
    void restart() override;
    void save(StatePacker& packer) override;
    [[nodiscard]] bool load(StateUnpacker& unpacker) override;

protected:
    [[nodiscard]] bool takeLine(std::string_view text, int64_t offset, ReaderSink& sink) override;

private:
    /// A call kept as it stood in its line: most are gone before anybody looks.
    struct Call
    {
        uint64_t id = 0;
        std::string name;
        std::string input;
        bool inputIsJson = false;
    };

    void readOwn(ReaderSink& sink);
    void readMeta();
    void readTurn();
    void readTokenCount(ReaderSink& sink);
    void readRecord(ReaderSink& sink);
    void readPrompt();
    void readText();
    void readCall();
    void readCallOutput();
    void readCompaction();
    void readLimits();
    void settleLimits();

    [[nodiscard]] bool isInherited();
    void setContext(int64_t tokens, Basis basis, ReaderSink& sink);
    void setPhase(TurnPhase phase);
    void setWindow();
    void countUsage(const CodexUsage& usage, uint64_t key, ReaderSink& sink);
    void countUntold(const CodexUsage& usage, uint64_t key, ReaderSink& sink);
    [[nodiscard]] uint32_t modelIndex();

    void logLine(std::string_view text, ReaderSink& sink);
    void logTexts(LogKind kind, ReaderSink& sink) const;
    void logCall(ReaderSink& sink) const;
    void logOutput(const std::string& tool, ReaderSink& sink) const;
    void logOne(LogItem item, ReaderSink& sink) const;

    /// What the lines so far have left behind, beyond the facts; forgotten when the file begins anew.
    struct State
    {
        bool hasMeta = false;
        int64_t metaAtMs = 0;
        int64_t historyStart = -1; ///< ordinals below it are copied, -1 = not told
        bool inCopy = false;       ///< in a copied history whose end is not told by an ordinal
        bool hasOwn = false;       ///< something of this thread itself was met

        bool hasRecords = false;
        bool hasModel = false;
        uint32_t model = 0;
        std::string rawModel; ///< as it stood in the last turn_context
        std::string rawCwd;
        bool marksTurns = false; ///< the client writes task_started and task_complete (from about 0.100)
        bool titleByPerson = false;
        std::optional<size_t> openCompaction; ///< waits for its new fill
        CodexLimit primary;
        CodexLimit secondary;
        std::string rawPlan;
        int64_t limitsSinceMs = 0;  ///< ms UTC of the line that told them first
        int64_t limitsAtMs = 0;     ///< … and last
        bool limitsChanged = false; ///< settle() has them to make

        std::vector<Call> openCalls;
        std::string closedTool;       ///< name of the tool whose output the line holds
        std::optional<Call> lastCall; ///< until settle() has made words of it
        std::string rawText;          ///< head of the last text
        bool lastIsCall = false;
        bool changed = false; ///< settle() has work
    };
    template <typename Archive>
    friend void fields(Archive& archive, Call& call);
    template <typename Archive>
    friend void fields(Archive& archive, State& state);
    template <typename Archive>
    void archive(Archive& archive);

    const std::string m_idFromName;
    CodexLine* m_line = nullptr; ///< the line being read; only in takeLine()
    int64_t m_atMs = 0;          ///< ms UTC of the line being read, 0 = it has no time
    int64_t m_offset = 0;
    State m_state;
    CodexTotals m_totals;
    std::string m_idBeforeRestart;
};

} // namespace plimsoll
