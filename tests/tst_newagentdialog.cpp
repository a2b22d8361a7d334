// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/askedhost.h"
#include "ui/newagentdialog.h"

#include <QComboBox>
#include <QJsonArray>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTest>

#include <algorithm>

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

template <typename Widget>
Widget* named(const QWidget& dialog, const char* name)
{
    const auto all = dialog.findChildren<Widget*>();
    const auto found = std::find_if(all.begin(), all.end(), [name](const Widget* one) {
        return one->accessibleName() == QLatin1String(name);
    });
    return found == all.end() ? nullptr : *found;
}

QPushButton* startButton(const QWidget& dialog)
{
    const auto all = dialog.findChildren<QPushButton*>();
    return *std::find_if(all.begin(), all.end(), [](const QPushButton* one) { return one->isDefault(); });
}

bool shows(const QWidget& dialog, const QString& text)
{
    const auto labels = dialog.findChildren<QLabel*>();
    return std::any_of(labels.begin(), labels.end(),
                       [&text](const QLabel* label) { return label->text() == text && !label->isHidden(); });
}

} // namespace

class TestNewAgentDialog : public QObject
{
    Q_OBJECT

private slots:
    void whatIsWrittenIsAskedFor()
    {
        AskedHost host;
        NewAgentDialog dialog(host);
        QSignalSpy created(&dialog, &NewAgentDialog::created);
        named<QLineEdit>(dialog, "Name")->setText(QStringLiteral("harbour"));
        dialog.setFolder(QStringLiteral("/home/ada/api"));
        named<QPlainTextEdit>(dialog, "First prompt")->setPlainText(QStringLiteral("draw it"));
        named<QLineEdit>(dialog, "Allowed tools")
            ->setText(QStringLiteral("Read, Bash(git log:*, a b)  Edit"));
        named<QSpinBox>(dialog, "At most turns")->setValue(7);
        startButton(dialog)->click();
        QVERIFY(!startButton(dialog)->isEnabled()); // not twice
        const auto asked = host.askedFor(QStringLiteral("create_agent"));
        QCOMPARE(asked.size(), 1);
        const QJsonObject wanted{{QStringLiteral("kind"), QStringLiteral("claude-code")},
                                 {QStringLiteral("name"), QStringLiteral("harbour")},
                                 {QStringLiteral("working_dir"), QStringLiteral("/home/ada/api")},
                                 {QStringLiteral("prompt"), QStringLiteral("draw it")},
                                 {QStringLiteral("allowed_tools"),
                                  QJsonArray{QStringLiteral("Read"), QStringLiteral("Bash(git log:*, a b)"),
                                             QStringLiteral("Edit")}},
                                 {QStringLiteral("budget"), QJsonObject{{QStringLiteral("turns"), 7}}}};
        QCOMPARE(asked.constFirst().params, wanted);
        const AgentId id = AgentId::fromString(QStringLiteral("5e0c2d1e-9a4e-4c0e-8b0a-000000000001"));
        host.answer(asked.constFirst().id, {{QStringLiteral("agent_id"), id.toString()}});
        QCOMPARE(created.size(), 1);
        QCOMPARE(created.constFirst().constFirst().value<AgentId>(), id);
        QCOMPARE(dialog.result(), int(QDialog::Accepted));
    }

    void aRefusalStandsBelowItsField()
    {
        AskedHost host;
        NewAgentDialog dialog(host);
        named<QLineEdit>(dialog, "Name")->setText(QStringLiteral("harbour"));
        startButton(dialog)->click();
        const QString why = QStringLiteral("there is no such folder");
        emit host.replied({host.askedFor(QStringLiteral("create_agent")).constFirst().id,
                           {{QStringLiteral("field"), QStringLiteral("working_dir")}},
                           why});
        QVERIFY(shows(dialog, why));
        QVERIFY(startButton(dialog)->isEnabled());
        QCOMPARE(named<QLineEdit>(dialog, "Name")->text(), QStringLiteral("harbour")); // nothing is lost
        startButton(dialog)->click();
        QVERIFY(!shows(dialog, why));
        host.refuse(host.askedFor(QStringLiteral("create_agent")).constLast().id,
                    QStringLiteral("no client"));
        QVERIFY(shows(dialog, QStringLiteral("no client")));
    }

    void templatesOfTheFolder()
    {
        AskedHost host;
        NewAgentDialog dialog(host);
        dialog.setFolder(QStringLiteral("/home/ada"));
        const auto asked = host.askedFor(QStringLiteral("templates"));
        QCOMPARE(asked.constLast().params.value(QStringLiteral("working_dir")),
                 QJsonValue(QStringLiteral("/home/ada")));
        host.answer(asked.constLast().id,
                    {{QStringLiteral("templates"), QJsonArray{QStringLiteral("reviewer")}}});
        auto* choice = named<QComboBox>(dialog, "Template");
        QCOMPARE(choice->count(), 2);
        choice->setCurrentIndex(1);
        startButton(dialog)->click();
        QCOMPARE(host.askedFor(QStringLiteral("create_agent"))
                     .constFirst()
                     .params.value(QStringLiteral("template")),
                 QJsonValue(QStringLiteral("reviewer")));
    }
};

QTEST_MAIN(TestNewAgentDialog)
#include "tst_newagentdialog.moc"
