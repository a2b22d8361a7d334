// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/questionform.h"

#include "models/inputtext.h"
#include "models/jsonparts.h"
#include "ui/theme.h"
#include "ui/widgets.h"

#include <QButtonGroup>
#include <QCheckBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QRadioButton>
#include <QVBoxLayout>

namespace plimsoll {

namespace {

constexpr int maxAnswer = 4000; // the desk takes 4,096 characters

/// A button takes no lines of text, so its words stand beside it; a click on them is one on the button.
class Words : public QLabel
{
public:
    Words(const QString& text, QAbstractButton* button, QWidget* parent)
        : QLabel(parent)
        , m_button(button)
    {
        setTextFormat(Qt::PlainText);
        setWordWrap(true);
        setText(text);
    }

protected:
    void mouseReleaseEvent(QMouseEvent* /*event*/) override { m_button->click(); }

private:
    QAbstractButton* m_button;
};

} // namespace

QuestionForm::QuestionForm(QWidget* parent)
    : QWidget(parent)
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
}

void QuestionForm::ask(const QJsonArray& questions)
{
    delete m_inside;
    m_questions.clear();
    m_complete = questions.size() <= maxQuestions;
    m_inside = new QWidget(this);
    auto* column = new QVBoxLayout(m_inside);
    column->setContentsMargins({});
    column->setSpacing(grid(font(), 2));
    for (qsizetype i = 0; i < std::min<qsizetype>(questions.size(), maxQuestions); ++i)
        addQuestion(questions.at(i).toObject(), *column);
    layout()->addWidget(m_inside);
    emit changed();
}

void QuestionForm::addQuestion(const QJsonObject& sent, QVBoxLayout& column)
{
    Question question;
    question.text = json::text(sent, "question");
    question.many = sent.value(QLatin1String("multiSelect")).toBool();
    const QString head = json::text(sent, "header");
    auto* text = plainLabel(
        inputForReading(head.isEmpty() ? question.text : head + QStringLiteral(": ") + question.text),
        m_inside);
    text->setWordWrap(true);
    column.addWidget(text);
    auto* choices = new QVBoxLayout;
    choices->setSpacing(grid(font(), 1));
    const QJsonArray options = sent.value(QLatin1String("options")).toArray();
    m_complete = m_complete && options.size() <= maxQuestions && !question.text.isEmpty();
    auto* group = question.many ? nullptr : new QButtonGroup(m_inside);
    for (qsizetype i = 0; i < std::min<qsizetype>(options.size(), maxQuestions); ++i) {
        addChoice(options.at(i).toObject(), question, *choices);
        if (group != nullptr)
            group->addButton(question.choices.constLast().button);
    }
    question.own = new QLineEdit(m_inside);
    question.own->setPlaceholderText(options.isEmpty() ? tr("Your answer") : tr("Or an answer of your own"));
    question.own->setMaxLength(maxAnswer);
    question.own->setAccessibleName(tr("Answer of your own to: ") + text->text());
    connect(question.own, &QLineEdit::textChanged, this, &QuestionForm::changed);
    choices->addWidget(question.own);
    column.addLayout(choices);
    m_questions.append(question);
}

void QuestionForm::addChoice(const QJsonObject& option, Question& question, QVBoxLayout& column)
{
    Choice choice;
    choice.label = json::text(option, "label");
    choice.button = question.many ? static_cast<QAbstractButton*>(new QCheckBox(m_inside))
                                  : static_cast<QAbstractButton*>(new QRadioButton(m_inside));
    const QString label = inputForReading(choice.label);
    const QString description = inputForReading(json::text(option, "description"));
    choice.button->setAccessibleName(description.isEmpty() ? label
                                                           : label + QStringLiteral(", ") + description);
    connect(choice.button, &QAbstractButton::toggled, this, &QuestionForm::changed);
    auto* words = new QVBoxLayout;
    words->setSpacing(0);
    words->addWidget(new Words(label, choice.button, m_inside));
    if (!description.isEmpty()) {
        auto* more = new Words(description, choice.button, m_inside);
        more->setForegroundRole(QPalette::PlaceholderText);
        words->addWidget(more);
    }
    auto* row = new QHBoxLayout;
    row->setSpacing(grid(font(), 1));
    row->addWidget(choice.button, 0, Qt::AlignTop);
    row->addLayout(words, 1);
    column.addLayout(row);
    question.choices.append(choice);
}

QString QuestionForm::answerTo(const Question& question)
{
    QStringList answers;
    const QString own = question.own->text().trimmed();
    for (const Choice& choice : question.choices) {
        if (choice.button->isChecked() && (question.many || own.isEmpty()))
            answers << choice.label;
    }
    if (!own.isEmpty())
        answers << own;
    return answers.join(QStringLiteral(", "));
}

QJsonObject QuestionForm::answers() const
{
    QJsonObject answers;
    for (const Question& question : m_questions) {
        const QString answer = answerTo(question);
        if (answer.isEmpty() || !m_complete)
            return {};
        answers.insert(question.text, answer);
    }
    return answers;
}

} // namespace plimsoll
