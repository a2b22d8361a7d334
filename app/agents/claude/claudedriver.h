// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/agents/claude/claudebook.h"
#include "app/agents/claude/claudestream.h"
#include "app/agents/driver.h"

#include <QHash>
#include <QTimer>

namespace plimsoll {

/// Drives Claude Code by stream-json and its control protocol (CLAUDE_CODE.md §1–3). Counts nothing: the
/// session's log does. Lives in the engine thread and owns its process.
class ClaudeDriver : public Driver
{
    Q_OBJECT

public:
    explicit ClaudeDriver(QObject* parent = nullptr);

    [[nodiscard]] QString start(const DriveSetup& setup) override;
    [[nodiscard]] bool send(const DriveMessage& message) override;
    [[nodiscard]] bool ask(DriveAsk what, const QString& subject, quint64 ticket) override;
    [[nodiscard]] bool interrupt() override;
    [[nodiscard]] bool compact() override;
    [[nodiscard]] bool answer(const QString& requestId, const DriveAnswer& answer) override;
    [[nodiscard]] QJsonObject menu() const override { return m_book.menu(); }
    [[nodiscard]] QJsonArray tasks() const override { return m_book.tasks(); }
    [[nodiscard]] QJsonArray waitingMessages() const override { return m_book.waitingMessages(); }
    void stop() override;
    void letGo() override { m_child.letGo(); }

    /// How the client is called; public for tests.
    [[nodiscard]] static QStringList argumentsFor(const DriveSetup& setup);

private:
    struct Request
    {
        QString subtype;
        quint64 ticket = 0; ///< 0 = nobody waits for the answer
        QString subject{};  ///< of set_model and set_permission_mode: older clients do not repeat it
    };

    void takeLine(QByteArrayView line);
    void take(const ClaudeFrame& frame);
    void takeState(const QString& state);
    void takeReply(const ClaudeFrame& frame);
    void takeQuestion(const ClaudeFrame& frame);
    void askPlan(DriveQuestion question, const QString& plan);
    void takeResult(const ClaudeFrame& frame);
    void takeSession(const QString& session);
    void takeAnswer(const Request& asked, const ClaudeFrame& frame);
    [[nodiscard]] bool request(const QString& subtype, QJsonObject fields = {}, quint64 ticket = 0);
    [[nodiscard]] bool write(const QJsonObject& line);
    void askWindow();
    void setState(AgentState state, const QString& reason);
    void streamOn();
    void endStream();

    ChildProcess m_child;
    DriveSetup m_setup;
    struct Plan
    {
        QString toolUseId;
        QString text;
    };
    Plan m_plan;                             ///< the last that was told
    std::optional<DriveQuestion> m_planless; ///< waits for the text of its plan
    QHash<QString, QJsonArray> m_rules;      ///< by open question: what "for the session" means
    QHash<QString, Request> m_requests;      ///< ours that wait for a reply, by id
    ClaudeBook m_book;
    QString m_text; ///< streamed, not handed on yet
    QTimer m_frame; ///< runs while m_text waits
    AgentState m_state = AgentState::Unknown;
    QString m_reason;
    quint64 m_lastRequest = 0;
    bool m_streaming = false;
    bool m_turnRuns = false;
    bool m_stopping = false;
};

} // namespace plimsoll
