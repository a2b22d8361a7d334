// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QJsonArray>
#include <QJsonObject>
#include <QList>
#include <QWidget>

class QAbstractButton;
class QLineEdit;
class QVBoxLayout;

namespace plimsoll {

/// The questions of an agent with their choices, each with a line for an answer of one's own. Foreign text
/// stands plain. Sends nothing. GUI thread.
class QuestionForm : public QWidget
{
    Q_OBJECT

public:
    static constexpr int maxQuestions = 20; ///< and choices of one; what is beyond cannot be answered here

    explicit QuestionForm(QWidget* parent = nullptr);

    /// \param questions as in PermissionAsked; forgets what was chosen before
    void ask(const QJsonArray& questions);

    /// Question → answer, several choices joined by ", "; empty until every question has one.
    [[nodiscard]] QJsonObject answers() const;

signals:
    void changed();

private:
    struct Choice
    {
        QAbstractButton* button = nullptr;
        QString label; ///< as the agent has sent it
    };
    struct Question
    {
        QString text; ///< as the agent has sent it
        bool many = false;
        QList<Choice> choices;
        QLineEdit* own = nullptr;
    };

    void addQuestion(const QJsonObject& question, QVBoxLayout& column);
    void addChoice(const QJsonObject& option, Question& question, QVBoxLayout& column);
    [[nodiscard]] static QString answerTo(const Question& question);

    QWidget* m_inside = nullptr;
    QList<Question> m_questions;
    bool m_complete = false; ///< every question that was sent stands here
};

} // namespace plimsoll
