// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/sharedialog.h"

#include <QCheckBox>
#include <QComboBox>
#include <QGroupBox>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QTest>
#include <QTreeWidget>

#include <algorithm>

using namespace plimsoll;

namespace {

/// Notes what it is asked for.
class FakeSharing : public Sharing
{
public:
    [[nodiscard]] SharingState state() const override { return now; }
    void switchOn(const SharingPlace& place) override
    {
        asked << QStringLiteral("on %1:%2 %3").arg(place.address).arg(place.port).arg(place.tls ? 1 : 0);
    }
    void switchOff() override { asked << QStringLiteral("off"); }
    void makeLaunchLink() override { asked << QStringLiteral("link"); }
    void makePairingLink() override { asked << QStringLiteral("pair"); }
    void addToken(const QString& name, AccessRole role, const QStringList& origins) override
    {
        asked << QStringLiteral("add %1 %2 %3").arg(name, toName(role), origins.join(u','));
    }
    void setRole(const QString& tokenId, AccessRole role) override
    {
        asked << QStringLiteral("role %1 %2").arg(tokenId, toName(role));
    }
    void revoke(const QString& tokenId) override { asked << QStringLiteral("revoke ") + tokenId; }
    void decide(const QString& pairingId, bool accepted, AccessRole role) override
    {
        asked << QStringLiteral("%1 %2 %3").arg(pairingId).arg(accepted ? 1 : 0).arg(toName(role));
    }

    void become(const SharingState& state)
    {
        now = state;
        emit stateChanged(now);
    }

    SharingState now;
    QStringList asked;
};

SharingState onState()
{
    SharingState state;
    state.url = QStringLiteral("http://127.0.0.1:7431");
    state.tokens = {
        {QStringLiteral("t1"), QStringLiteral("<b>operator</b>"), AccessRole::Operator, {}, 1, 0, 1}};
    state.viewers = {{QStringLiteral("operator"), QStringLiteral("127.0.0.1"), AccessRole::Operator, 1}};
    return state;
}

QPushButton* button(QWidget& dialog, const char* text)
{
    const auto buttons = dialog.findChildren<QPushButton*>();
    for (QPushButton* one : buttons) {
        if (one->text() == QLatin1String(text))
            return one;
    }
    return nullptr;
}

} // namespace

class TestShareDialog : public QObject
{
    Q_OBJECT

private slots:
    void switches()
    {
        FakeSharing sharing;
        ShareDialog dialog(sharing, nullptr);
        QVERIFY(!button(dialog, "Add a token")->isEnabled());
        auto* on = dialog.findChild<QCheckBox*>();
        on->click();
        QCOMPARE(sharing.asked.takeLast(), QStringLiteral("on 127.0.0.1:7431 0"));
        sharing.become(onState());
        QVERIFY(on->isChecked());
        QVERIFY(button(dialog, "Add a token")->isEnabled());
        on->click();
        QCOMPARE(sharing.asked.takeLast(), QStringLiteral("off"));
    }

    void badAddressIsSaidAndChangesNothing()
    {
        FakeSharing sharing;
        ShareDialog dialog(sharing, nullptr);
        dialog.findChild<QLineEdit*>()->setText(QStringLiteral("no address"));
        dialog.findChild<QCheckBox*>()->click();
        QVERIFY(sharing.asked.isEmpty());
        QVERIFY(!dialog.findChild<QCheckBox*>()->isChecked());
    }

    void tokens()
    {
        FakeSharing sharing;
        sharing.now = onState();
        ShareDialog dialog(sharing, nullptr);
        auto* list = dialog.findChild<QTreeWidget*>();
        QCOMPARE(list->topLevelItemCount(), 1);
        QCOMPARE(list->topLevelItem(0)->text(0), QStringLiteral("<b>operator</b>")); // as it stands
        auto* role = qobject_cast<QComboBox*>(list->itemWidget(list->topLevelItem(0), 2));
        QVERIFY(role);
        QCOMPARE(role->currentText(), QStringLiteral("operator"));
        QTest::keyClick(role, Qt::Key_Up);
        QCOMPARE(sharing.asked.takeLast(), QStringLiteral("role t1 approver"));
        list->topLevelItem(0)->setSelected(true);
        button(dialog, "Revoke")->click();
        QCOMPARE(sharing.asked.takeLast(), QStringLiteral("revoke t1"));
    }

    void aTokenForAWebPage()
    {
        FakeSharing sharing;
        sharing.now = onState();
        ShareDialog dialog(sharing, nullptr);
        const auto field = [&dialog](const char* name) {
            const auto edits = dialog.findChildren<QLineEdit*>();
            return *std::find_if(edits.begin(), edits.end(), [name](const QLineEdit* edit) {
                return edit->accessibleName() == QLatin1String(name);
            });
        };
        field("Name of the new token")->setText(QStringLiteral("board"));
        field("Origins of the new token")->setText(QStringLiteral(" http://a.test:1  http://b.test "));
        button(dialog, "Add a token")->click();
        QCOMPARE(sharing.asked.takeLast(), QStringLiteral("add board viewer http://a.test:1,http://b.test"));
        emit sharing.failed(QStringLiteral("no"));
        QCOMPARE(field("Name of the new token")->text(), QStringLiteral("board")); // to be mended
        emit sharing.tokenMade(QStringLiteral("board"), QStringLiteral("secret"));
        QVERIFY(field("Name of the new token")->text().isEmpty());
    }

    void whatSomebodyChoosesStays()
    {
        FakeSharing sharing;
        ShareDialog dialog(sharing, nullptr);
        SharingState state = onState();
        state.pairings = {{QStringLiteral("p7"), QStringLiteral("phone"), QStringLiteral("10.0.0.2"), 1}};
        sharing.become(state);
        auto* letIn = button(dialog, "Let it in");
        state.viewers.clear(); // somebody goes meanwhile
        sharing.become(state);
        QCOMPARE(button(dialog, "Let it in"), letIn);
    }

    void aDeviceAsks()
    {
        FakeSharing sharing;
        ShareDialog dialog(sharing, nullptr);
        SharingState state = onState();
        state.pairings = {{QStringLiteral("p7"), QStringLiteral("phone"), QStringLiteral("10.0.0.2"), 1}};
        sharing.become(state);
        button(dialog, "Let it in")->click();
        QCOMPARE(sharing.asked.takeLast(), QStringLiteral("p7 1 viewer"));
        sharing.become(onState());
        QVERIFY(!button(dialog, "Let it in"));
    }

    void badge()
    {
        QCOMPARE(sharingText({}), QString());
        QCOMPARE(sharingText(onState()), QStringLiteral("Shared on 127.0.0.1:7431 · 1 viewer"));
        SharingState state = onState();
        state.beyondLoopback = true;
        state.viewers.clear();
        QCOMPARE(sharingText(state),
                 QStringLiteral("Shared with the network on 127.0.0.1:7431 · nobody watches"));
    }

    void places()
    {
        QCOMPARE(sharingPlaceFromText(QStringLiteral("0.0.0.0:80")).value().port, quint16(80));
        QCOMPARE(sharingPlaceFromText(QStringLiteral("[::1]:80")).value().address, QStringLiteral("::1"));
        QCOMPARE(sharingPlaceFromText(QStringLiteral(":0")).value().port, quint16(0));
        QCOMPARE(sharingPlaceFromText(QStringLiteral("192.168.1.2")).value().port, quint16(7431));
        for (const char* bad : {"evil.test:80", "127.0.0.1:", "127.0.0.1:99999", "a b", "[::1", "1:2:3:x"})
            QVERIFY2(!sharingPlaceFromText(QString::fromLatin1(bad)), bad);
    }
};

QTEST_MAIN(TestShareDialog)
#include "tst_sharedialog.moc"
