// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/event.h"

#include <QFrame>
#include <QJsonObject>
#include <QTimer>

class QBoxLayout;
class QLabel;
class QLineEdit;
class QPlainTextEdit;
class QPushButton;
class QScrollArea;

namespace plimsoll {

class QuestionForm;

/// What an agent waits for. What would run stands there whole and plain; what can be answered from here has
/// buttons, and those that allow it work once all of it has been on screen and a moment has passed, so that
/// no card can be pushed under a click. An answer is told by answered(), with the hash of what was shown; the
/// card sends nothing itself. An observed agent is answered in its own terminal. GUI thread.
class PermissionCard : public QFrame
{
    Q_OBJECT

public:
    static constexpr int keyDelayMs =
        1500; ///< from Y or N to the answer; Escape or another focus takes it back
    static constexpr int confirmDelayMs = 600;

    explicit PermissionCard(QWidget* parent = nullptr);
    ~PermissionCard() override;

    /// \param askedMs ms UTC since when it waits, 0 = unknown \param agent its name
    void ask(const PermissionAsked& asked, qint64 askedMs, const QString& agent = {});

    /// How many others of the same agent wait behind it.
    void setWaiting(int others);

    /// \param reason for people, why this window may not answer; empty = it may
    void setRefusal(const QString& reason);

    /// The answer was not taken; the card can be answered again.
    void answerFailed(const QString& problem);

    /// Says again how long it has been waiting.
    void setNow(qint64 nowMs);

    [[nodiscard]] QString requestId() const { return m_asked.requestId; }

signals:
    /// \param params of "answer_permission"
    void answered(const QJsonObject& params);

protected:
    void changeEvent(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void showEvent(QShowEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

private:
    /// The buttons that a kind of request can have.
    struct Answers
    {
        QPushButton* allow = nullptr; ///< once, the plan, or the answers
        QPushButton* session = nullptr;
        QPushButton* refuse = nullptr; ///< opens the line for the reason
        QPushButton* deny = nullptr;
        QPushButton* denyAndStop = nullptr;
        QPushButton* back = nullptr;
    };

    void makeHead(QBoxLayout& column);
    void makeButtons(QBoxLayout& column);
    void connectButtons();
    [[nodiscard]] QPushButton* makeButton(const QString& text);
    [[nodiscard]] const PermissionOption* option(QLatin1String effect) const;
    void begin();
    void noteSeen();
    [[nodiscard]] int commandLines() const;
    [[nodiscard]] int shownLines() const;
    void answer(QLatin1String effect);
    void openReason(bool open);
    void refresh();
    void beginKey(QLatin1String effect);
    void cancelKey();
    void refreshAdvice();
    [[nodiscard]] bool canAllow() const;
    void fitCommand();
    void fitForm();
    void fitButtons();
    void updateLook();

    PermissionAsked m_asked;
    qint64 m_askedMs = 0;
    QString m_refusal;
    QString m_problem;
    int m_waitingBehind = 0;
    int m_seenLines = 0;   ///< from the top, without a gap
    bool m_seen = false;   ///< all of the command has been on screen
    bool m_sent = false;   ///< an answer is on its way
    bool m_reason = false; ///< the line for a reason is open
    QTimer m_keyDelay;     ///< runs between Y or N and the answer
    QLatin1String m_keyEffect;
    QTimer m_delay;

    QLabel* m_title = nullptr;
    QLabel* m_when = nullptr;
    QPlainTextEdit* m_command = nullptr;
    QScrollArea* m_formArea = nullptr;
    QuestionForm* m_form = nullptr;
    QLabel* m_folder = nullptr;
    QLabel* m_session = nullptr; ///< what "for the session" would allow
    QLineEdit* m_message = nullptr;
    QBoxLayout* m_row = nullptr;
    Answers m_buttons;
    QLabel* m_advice = nullptr;
};

} // namespace plimsoll
