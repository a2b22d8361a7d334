// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/agents/claude/claudeline.h"
#include "app/agents/reader.h"

#include <unordered_map>

namespace plimsoll {

/// Reads a Claude Code transcript: a session's file or a subagent's. See reader.h for what a reader promises.
/// Rules: one response counts once by (message.id, requestId), whatever lines repeat it; the context is what
/// the last main-thread response took in; subagents nested in `agent_progress` lines are threads of their
/// own.
class ClaudeReader : public LogReader
{
public:
    /// \param sessionId row that the file belongs to, by its path; empty = taken from the lines
    /// \param agentId not empty for a subagent's file
    ClaudeReader(std::string sessionId, std::string agentId);

    void settle() override;
    void restart() override;
    void save(StatePacker& packer) override;
    [[nodiscard]] bool load(StateUnpacker& unpacker) override;

protected:
    [[nodiscard]] bool takeLine(std::string_view text, int64_t offset, ReaderSink& sink) override;

private:
    /// A tool call that has not answered yet. Kept raw until settle(): most are gone before anybody looks.
    struct OpenTool
    {
        uint64_t id = 0;
        std::string name; ///< raw
        std::string input;
        bool inWords = false; ///< `input` is what people read, no more raw
    };
    /// What a thread needs between lines beyond its facts.
    struct ThreadState
    {
        std::vector<OpenTool> openTools;
        std::string lastText;        ///< head of the last text block or prompt
        OpenTool answered;           ///< the last call that left none open
        bool textInWords = false;    ///< `lastText` is one line for people, no more raw
        bool lastIsTool = false;     ///< the last thing worth telling is the newest open tool
        bool lastIsAnswered = false; ///< … or `answered`
        bool changed = false;
    };
    template <typename Archive>
    friend void fields(Archive& archive, OpenTool& tool);
    template <typename Archive>
    friend void fields(Archive& archive, ThreadState& state);
    template <typename Archive>
    void archive(Archive& archive);

    void readAssistant(uint32_t thread, const ClaudeMessage& message, bool countsForContext,
                       ReaderSink& sink);
    void readResponse(uint32_t thread, const ClaudeMessage& message, bool countsForContext, ReaderSink& sink);
    void readUser(uint32_t thread, const ClaudeMessage& message);
    void readPromptText(uint32_t thread, std::string_view raw);
    void readSystem(ReaderSink& sink);
    void readCompaction(ReaderSink& sink);
    void readNested(ReaderSink& sink);
    void readState();
    void readCommon();
    void logLine(uint32_t thread, const ClaudeMessage& message, bool assistant, ReaderSink& sink) const;
    void logText(uint32_t thread, LogKind kind, std::string_view raw, int block, ReaderSink& sink) const;
    void logBlock(uint32_t thread, const ClaudeBlock& block, int index, bool assistant,
                  ReaderSink& sink) const;

    void setPhase(uint32_t thread, TurnPhase phase);
    void setTitle(int rank, std::string_view raw);
    void setLastText(uint32_t thread, std::string_view raw);
    void openTool(uint32_t thread, const ClaudeBlock& block);
    void closeTool(uint32_t thread, std::string_view id);
    void takeBackInput(uint32_t thread);
    void settleThread(uint32_t thread);
    static void settleTool(OpenTool& tool);
    static void settleText(ThreadState& state);
    void touch(uint32_t thread);
    [[nodiscard]] uint32_t modelIndex(std::string_view raw);
    [[nodiscard]] uint32_t threadOf(std::string_view rawAgentId);

    ClaudeLine* m_line = nullptr; ///< the line being read; only in takeLine()
    int64_t m_atMs = 0;           ///< ms UTC of the line being read, 0 = it has no time
    int64_t m_offset = 0;
    const bool m_sessionFromLines;
    std::vector<ThreadState> m_states{1};
    std::unordered_map<std::string, uint32_t> m_threadByAgent;
    std::string m_rawCwd; ///< as it stood in the last line, to unescape only what changed
    std::string m_rawBranch;
    int m_titleRank = 0;
    int64_t m_responseLines = 0;
    int64_t m_finishedLines = 0; ///< of them, with a stop reason: their output is final
};

} // namespace plimsoll
