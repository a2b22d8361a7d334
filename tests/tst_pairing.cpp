// SPDX-License-Identifier: GPL-3.0-or-later
// From one machine to another with nothing made up: the share dialog's link, the connect dialog, the
// operator's answer, and the fleet on the other side, over TLS with the pinned certificate.
#include "app/pairingclient.h"
#include "app/remotehost.h"
#include "tests/servedfleet.h"
#include "ui/connectdialog.h"
#include "ui/sharedialog.h"

#include <QGroupBox>
#include <QLineEdit>
#include <QPushButton>
#include <QTest>

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

QPushButton* button(const QWidget& dialog, const char* text)
{
    const auto buttons = dialog.findChildren<QPushButton*>();
    for (QPushButton* one : buttons) {
        if (one->text() == QString::fromUtf8(text))
            return one;
    }
    return nullptr;
}

/// The link that the share dialog shows; empty as long as it shows none.
QString shownLink(const ShareDialog& dialog)
{
    const auto edits = dialog.findChildren<QLineEdit*>();
    for (const QLineEdit* edit : edits) {
        if (edit->isReadOnly() && edit->text().contains(QLatin1String("#pair=")))
            return edit->text();
    }
    return {};
}

} // namespace

class TestPairing : public QObject
{
    Q_OBJECT

private slots:
    void init()
    {
        m_fleet = std::make_unique<ServedFleet>(ServerLimits(), true);
        m_fleet->host.send({added(agentOf(1, QStringLiteral("one"), AgentState::Executing, 50'000,
                                          QDateTime::currentMSecsSinceEpoch()))});
        m_share = std::make_unique<ShareDialog>(m_fleet->share, nullptr);
        m_folder = std::make_unique<QTemporaryDir>();
        m_places = std::make_unique<Places>(m_folder->filePath(QStringLiteral("places.json")));
        m_connect = std::make_unique<ConnectDialog>(*m_places);
        m_client = std::make_unique<PairingClient>();
        connect(m_connect.get(), &ConnectDialog::pairingWanted, m_client.get(), &PairingClient::pair);
        connect(m_client.get(), &PairingClient::paired, m_connect.get(), &ConnectDialog::takePaired);
        connect(m_client.get(), &PairingClient::failed, m_connect.get(), &ConnectDialog::takePairingFailed);
    }
    void cleanup()
    {
        m_client.reset();
        m_connect.reset();
        m_share.reset();
        m_fleet.reset();
    }

    void aDeviceIsLetInAndSeesTheFleet()
    {
        QSignalSpy chosen(m_connect.get(), &ConnectDialog::placeChosen);
        QVERIFY(ask());
        button(*m_share, "Let it in")->click();
        QTRY_COMPARE(chosen.size(), 1);
        const auto place = chosen.constFirst().constFirst().value<RemotePlace>();
        QVERIFY(!place.token.isEmpty());
        QCOMPARE(place.fingerprintSha256.size(), 32);
        QCOMPARE(m_places->list().size(), 1); // remembered

        RemoteHost host(place);
        QList<Agent> fleet;
        connect(&host, &Host::reset, this, [&fleet](const QList<Agent>& agents) { fleet = agents; });
        host.start();
        QTRY_COMPARE(fleet.size(), 1);
        QCOMPARE(fleet.constFirst().info.name, QStringLiteral("one"));
    }

    void aDeviceIsRefused()
    {
        QSignalSpy chosen(m_connect.get(), &ConnectDialog::placeChosen);
        QSignalSpy failed(m_client.get(), &PairingClient::failed);
        QVERIFY(ask());
        button(*m_share, "Refuse")->click();
        QTRY_COMPARE(failed.size(), 1);
        QVERIFY(chosen.isEmpty());
        QVERIFY(m_places->list().isEmpty());
    }

    void anotherCertificateGetsNothing()
    {
        button(*m_share, "Pair another device…")->click();
        QTRY_VERIFY(!shownLink(*m_share).isEmpty());
        std::optional<PairingLink> link = pairingLinkFromText(shownLink(*m_share));
        QVERIFY(link);
        link->fingerprintSha256[0] = char(link->fingerprintSha256.at(0) ^ 1); // somebody is in between
        QSignalSpy failed(m_client.get(), &PairingClient::failed);
        m_client->pair(*link, QStringLiteral("laptop"));
        QTRY_COMPARE(failed.size(), 1);
        QVERIFY(m_fleet->share.state().pairings.isEmpty());
    }

private:
    /// Up to where the operator is asked.
    bool ask()
    {
        button(*m_share, "Pair another device…")->click();
        if (!QTest::qWaitFor([this] { return !shownLink(*m_share).isEmpty(); }, 10'000))
            return false;
        m_connect->findChild<QLineEdit*>()->setText(shownLink(*m_share));
        button(*m_connect, "Pair")->click();
        return QTest::qWaitFor([this] { return button(*m_share, "Let it in") != nullptr; }, 10'000);
    }

    std::unique_ptr<ServedFleet> m_fleet;
    std::unique_ptr<ShareDialog> m_share;
    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<Places> m_places;
    std::unique_ptr<ConnectDialog> m_connect;
    std::unique_ptr<PairingClient> m_client;
};

QTEST_MAIN(TestPairing)
#include "tst_pairing.moc"
