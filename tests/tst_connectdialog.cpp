// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/connectdialog.h"
#include "ui/theme.h"

#include <QCheckBox>
#include <QFileInfo>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using namespace plimsoll;

namespace {

const QByteArray pin(32, '\x5a');

QString linkText()
{
    return QStringLiteral("https://desk:7431/#pair=c0de&fp=") + QString::fromLatin1(pin.toHex());
}

struct Desk
{
    QTemporaryDir folder;
    Places places{folder.filePath(QStringLiteral("places.json"))};
    RemotePlace known{QUrl(QStringLiteral("wss://known:7431")), QStringLiteral("kn0wn"), pin,
                      QStringLiteral("<b>Shelf</b>")};
};

QLineEdit* field(const QDialog& dialog, const char* name)
{
    const auto edits = dialog.findChildren<QLineEdit*>();
    for (QLineEdit* edit : edits) {
        if (edit->accessibleName().startsWith(QLatin1String(name)))
            return edit;
    }
    return nullptr;
}

QPushButton* button(const QDialog& dialog, const char* text)
{
    const auto buttons = dialog.findChildren<QPushButton*>();
    for (QPushButton* candidate : buttons) {
        if (candidate->text() == QLatin1String(text))
            return candidate;
    }
    return nullptr;
}

bool says(const QDialog& dialog, const char* text)
{
    const auto labels = dialog.findChildren<QLabel*>();
    for (const QLabel* label : labels) {
        if (label->isVisible() && label->text().contains(QLatin1String(text)))
            return true;
    }
    return false;
}

void click(QPushButton* target)
{
    QTest::mouseClick(target, Qt::LeftButton);
}

} // namespace

class TestConnectDialog : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase() { applyTheme(true); }

    void anAddressAndAToken()
    {
        Desk desk;
        ConnectDialog dialog(desk.places);
        QSignalSpy chosen(&dialog, &ConnectDialog::placeChosen);
        dialog.show();
        QVERIFY(!dialog.findChild<QListWidget*>()->isVisible());
        field(dialog, "Address")->setText(QStringLiteral("https://desk"));
        field(dialog, "Token")->setText(QStringLiteral(" t0k3n "));
        field(dialog, "Fingerprint")->setText(fingerprintText(pin));
        QCOMPARE(field(dialog, "Token")->echoMode(), QLineEdit::Password);
        click(button(dialog, "Connect"));
        QCOMPARE(chosen.size(), 1);
        const RemotePlace place{QUrl(QStringLiteral("wss://desk:7431")), QStringLiteral("t0k3n"), pin};
        QVERIFY(chosen.first().first().value<RemotePlace>() == place);
        QVERIFY(!dialog.isVisible());
        QCOMPARE(desk.places.list(), QList<RemotePlace>{place});
    }

    void whatIsNotToBeRememberedIsNot()
    {
        Desk desk;
        ConnectDialog dialog(desk.places);
        dialog.show();
        field(dialog, "Address")->setText(QStringLiteral("wss://desk"));
        field(dialog, "Token")->setText(QStringLiteral("t"));
        dialog.findChild<QCheckBox*>()->setChecked(false);
        click(button(dialog, "Connect"));
        QVERIFY(!dialog.isVisible());
        QVERIFY(!QFileInfo::exists(desk.folder.filePath(QStringLiteral("places.json"))));
    }

    void mistakesAreSaid_data()
    {
        QTest::addColumn<QString>("address");
        QTest::addColumn<QString>("token");
        QTest::addColumn<QString>("print");
        QTest::addColumn<QString>("text");
        const QString good = QStringLiteral("wss://desk");
        QTest::newRow("nothing") << QString() << QString() << QString() << QStringLiteral("must look like");
        QTest::newRow("plain") << QStringLiteral("ws://desk") << QString() << QString()
                               << QStringLiteral("use wss://desk:7431");
        QTest::newRow("secret") << QStringLiteral("wss://desk/?token=x") << QString() << QString()
                                << QStringLiteral("no token belongs");
        QTest::newRow("no token") << good << QString() << QString() << QStringLiteral("A token is needed");
        QTest::newRow("bad token") << good << QStringLiteral("a b") << QString()
                                   << QStringLiteral("no spaces");
        QTest::newRow("print") << good << QStringLiteral("t") << QStringLiteral("12")
                               << QStringLiteral("64 digits");
    }

    void mistakesAreSaid()
    {
        QFETCH(QString, address);
        QFETCH(QString, token);
        QFETCH(QString, print);
        QFETCH(QString, text);
        Desk desk;
        ConnectDialog dialog(desk.places);
        const QSignalSpy chosen(&dialog, &ConnectDialog::placeChosen);
        dialog.show();
        field(dialog, "Address")->setText(address);
        field(dialog, "Token")->setText(token);
        field(dialog, "Fingerprint")->setText(print);
        click(button(dialog, "Connect"));
        QVERIFY(says(dialog, qPrintable(text)));
        QVERIFY(dialog.isVisible());
        QCOMPARE(chosen.size(), 0);
        field(dialog, "Address")->setText(QStringLiteral("x"));
        QVERIFY(!says(dialog, qPrintable(text)));
    }

    void rememberedPlacesAreOneKeyAway()
    {
        Desk desk;
        QCOMPARE(desk.places.remember(desk.known), QString());
        ConnectDialog dialog(desk.places);
        QSignalSpy chosen(&dialog, &ConnectDialog::placeChosen);
        dialog.show();
        auto* list = dialog.findChild<QListWidget*>();
        QVERIFY(list->isVisible());
        QVERIFY(list->item(0)->text().startsWith(QStringLiteral("<b>Shelf</b>"))); // foreign, as it stands
        QVERIFY(field(dialog, "Token")->text().isEmpty());                         // a secret stays one
        QTest::keyClick(list, Qt::Key_Return);
        QCOMPARE(chosen.size(), 1);
        QVERIFY(chosen.first().first().value<RemotePlace>() == desk.known);
    }

    void aPinIsNotLostOnTheWay()
    {
        Desk desk;
        QCOMPARE(desk.places.remember(desk.known), QString());
        ConnectDialog dialog(desk.places);
        QSignalSpy chosen(&dialog, &ConnectDialog::placeChosen);
        dialog.show();
        field(dialog, "Token")->setText(QStringLiteral("newer"));
        field(dialog, "Fingerprint")->clear();
        click(button(dialog, "Connect"));
        QCOMPARE(chosen.size(), 1);
        const auto place = chosen.first().first().value<RemotePlace>();
        QCOMPARE(place.token, QStringLiteral("newer"));
        QCOMPARE(place.fingerprintSha256, pin);
    }

    void placesAreForgotten()
    {
        Desk desk;
        QCOMPARE(desk.places.remember(desk.known), QString());
        ConnectDialog dialog(desk.places);
        dialog.show();
        click(button(dialog, "Forget"));
        QVERIFY(desk.places.list().isEmpty());
        QVERIFY(!dialog.findChild<QListWidget*>()->isVisible());
        QVERIFY(field(dialog, "Address")->text().isEmpty());
    }

    void aPairingLinkIsConfirmed()
    {
        Desk desk;
        ConnectDialog dialog(desk.places);
        QSignalSpy wanted(&dialog, &ConnectDialog::pairingWanted);
        QSignalSpy chosen(&dialog, &ConnectDialog::placeChosen);
        dialog.show();
        field(dialog, "Address")->setText(linkText());
        QVERIFY(!field(dialog, "Token")->isVisible());
        QVERIFY(says(dialog, qPrintable(fingerprintText(pin))));
        field(dialog, "Name")->setText(QStringLiteral(" Ada's laptop "));
        click(button(dialog, "Pair"));
        QCOMPARE(wanted.size(), 1);
        QVERIFY(wanted.first().at(0).value<PairingLink>() == *pairingLinkFromText(linkText()));
        QCOMPARE(wanted.first().at(1).toString(), QStringLiteral("Ada's laptop"));
        QVERIFY(says(dialog, "Waiting"));
        QVERIFY(!button(dialog, "Pair")->isEnabled());

        dialog.takePairingFailed(QStringLiteral("refused there"));
        QVERIFY(says(dialog, "refused there"));
        QVERIFY(button(dialog, "Pair")->isEnabled());
        click(button(dialog, "Pair"));
        const RemotePlace place{QUrl(QStringLiteral("wss://desk:7431")), QStringLiteral("new"), pin};
        dialog.takePaired(place);
        QCOMPARE(chosen.size(), 1);
        QVERIFY(!dialog.isVisible());
        QCOMPARE(desk.places.list(), QList<RemotePlace>{place});
    }

    void whoClosesItWaitsNoLonger()
    {
        Desk desk;
        ConnectDialog dialog(desk.places);
        const QSignalSpy cancelled(&dialog, &ConnectDialog::pairingCancelled);
        dialog.show();
        field(dialog, "Address")->setText(linkText());
        click(button(dialog, "Pair"));
        dialog.reject();
        QCOMPARE(cancelled.size(), 1);
        dialog.reject();
        QCOMPARE(cancelled.size(), 1);
    }

    void everyFieldHasAName()
    {
        Desk desk;
        const ConnectDialog dialog(desk.places);
        const auto edits = dialog.findChildren<QLineEdit*>();
        QCOMPARE(edits.size(), 4);
        for (const QLineEdit* edit : edits)
            QVERIFY(!edit->accessibleName().isEmpty());
    }
};

QTEST_MAIN(TestConnectDialog)
#include "tst_connectdialog.moc"
