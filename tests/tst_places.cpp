// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/places.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <sys/stat.h>

using namespace plimsoll;

namespace {

const QByteArray pin =
    QByteArray::fromHex("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");

RemotePlace place(const QString& url, const QString& token = QStringLiteral("t0k3n"))
{
    return {QUrl(url), token, pin, QStringLiteral("Desk")};
}

} // namespace

class TestPlaces : public QObject
{
    Q_OBJECT

private slots:
    void init();
    void addresses_data();
    void addresses();
    void aRefusalNeverRepeatsAToken();
    void pairingLinks();
    void fingerprints();
    void tokens();
    void placesAreRemembered();
    void theFileIsPrivate();
    void aDamagedFileHoldsNone();
    void whatCannotBeWrittenIsSaid();

private:
    [[nodiscard]] QString path() const { return m_folder->filePath(QStringLiteral("new/places.json")); }
    void spoil(const QByteArray& bytes) const;

    std::unique_ptr<QTemporaryDir> m_folder;
};

void TestPlaces::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
    QVERIFY(m_folder->isValid());
}

void TestPlaces::addresses_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("url"); // empty = refused
    const auto row = [](const char* text, const char* url) {
        QTest::newRow(text) << QString::fromLatin1(text) << QString::fromLatin1(url);
    };
    row("wss://desk:7431", "wss://desk:7431");
    row(" https://desk/ ", "wss://desk:7431");
    row("https://192.168.1.7:9000/ws", "wss://192.168.1.7:9000");
    row("ws://127.0.0.1:7431", "ws://127.0.0.1:7431");
    row("http://localhost", "ws://localhost:7431");
    row("ws://[::1]:9", "ws://[::1]:9");
    row("wss://[fe80::1]:9", "wss://[fe80::1]:9");
    row("ws://desk:7431", "");
    row("http://127.evil.example:7431", "");
    row("http://127.0.0.1.evil.example", "");
    row("desk:7431", "");
    row("ftp://desk", "");
    row("wss://", "");
    row("", "");
    row("wss://desk:0", "");
    row("wss://desk:7431/api/agents", "");
    row("wss://user:secret@desk:7431", "");
    row("wss://desk:7431/?token=secret", "");
    row("http://127.0.0.1:7431/#code=secret", "");
    row("https://desk:7431/#pair=secret&fp=00", "");
}

void TestPlaces::addresses()
{
    QFETCH(QString, text);
    QFETCH(QString, url);
    QString problem;
    const auto got = placeUrlFromText(text, problem);
    QCOMPARE(got ? got->toString() : QString(), url);
    QCOMPARE(problem.isEmpty(), !url.isEmpty());
}

void TestPlaces::aRefusalNeverRepeatsAToken()
{
    for (const char* text : {"wss://user:secret@desk:7431", "wss://desk:7431/?token=secret",
                             "http://127.0.0.1:7431/#code=secret", "wss://desk/secret"}) {
        QString problem;
        QVERIFY(!placeUrlFromText(QLatin1String(text), problem));
        QVERIFY(!problem.isEmpty() && !problem.contains(QLatin1String("secret")));
    }
    QString problem;
    QVERIFY(!placeUrlFromText(QStringLiteral("ws://desk:7431"), problem));
    QVERIFY2(problem.contains(QLatin1String("wss://desk:7431")), qPrintable(problem));
}

void TestPlaces::pairingLinks()
{
    const QString good =
        QStringLiteral("https://192.168.1.7:7431/#pair=Xb3-_z&fp=") + QString::fromLatin1(pin.toHex());
    const auto link = pairingLinkFromText(good);
    QVERIFY(link);
    QCOMPARE(link->url.toString(), QStringLiteral("wss://192.168.1.7:7431"));
    QCOMPARE(link->code, QStringLiteral("Xb3-_z"));
    QCOMPARE(link->fingerprintSha256, pin);
    QVERIFY(!pairingLinkFromText(good.left(good.size() - 2)));
    QVERIFY(!pairingLinkFromText(QString(good).replace(QLatin1String("https"), QLatin1String("http"))));
    QVERIFY(!pairingLinkFromText(QStringLiteral("wss://desk:7431")));
    QVERIFY(
        !pairingLinkFromText(QStringLiteral("https://desk:7431/#fp=") + QString::fromLatin1(pin.toHex())));
    QVERIFY(!pairingLinkFromText(QString(5000, u'x')));
}

void TestPlaces::fingerprints()
{
    QCOMPARE(fingerprintFromText(fingerprintText(pin)).value_or(QByteArray()), pin);
    QVERIFY(fingerprintText(pin).startsWith(QStringLiteral("0011 2233 4455")));
    QCOMPARE(fingerprintFromText(QString::fromLatin1(pin.toHex(':').toUpper())).value_or(QByteArray()), pin);
    QVERIFY(!fingerprintFromText({}));
    QVERIFY(!fingerprintFromText(QStringLiteral("00112233")));
    QVERIFY(!fingerprintFromText(QString(64, u'g')));
    QVERIFY(fingerprintText({}).isEmpty());
}

void TestPlaces::tokens()
{
    QVERIFY(isToken(QStringLiteral("abc-_.~")));
    QVERIFY(!isToken({}));
    QVERIFY(!isToken(QStringLiteral("a b")));
    QVERIFY(!isToken(QStringLiteral("a\r\nX: y")));
    QVERIFY(!isToken(QStringLiteral("ü")));
    QVERIFY(!isToken(QString(513, u'x')));
}

void TestPlaces::placesAreRemembered()
{
    const Places places(path());
    QVERIFY(places.list().isEmpty());
    const RemotePlace first = place(QStringLiteral("wss://desk:7431"));
    RemotePlace second = place(QStringLiteral("ws://127.0.0.1:9"));
    second.fingerprintSha256.clear();
    QCOMPARE(places.remember(first), QString());
    QCOMPARE(places.remember(second), QString());
    QCOMPARE(places.list(), (QList<RemotePlace>{second, first}));
    RemotePlace renewed = first;
    renewed.token = QStringLiteral("other");
    QCOMPARE(places.remember(renewed), QString());
    QCOMPARE(Places(path()).list(), (QList<RemotePlace>{renewed, second}));
    QCOMPARE(places.find(second.url), std::optional(second));
    QCOMPARE(places.forget(second.url), QString());
    QCOMPARE(places.forget(second.url), QString());
    QCOMPARE(places.list(), QList<RemotePlace>{renewed});
    for (int i = 0; i < Places::maxPlaces + 5; ++i)
        QCOMPARE(places.remember(place(QStringLiteral("wss://desk:%1").arg(i + 1))), QString());
    QCOMPARE(places.list().size(), Places::maxPlaces);
}

void TestPlaces::theFileIsPrivate()
{
    const mode_t before = ::umask(0);
    QCOMPARE(Places(path()).remember(place(QStringLiteral("wss://desk:7431"))), QString());
    ::umask(before);
    struct stat info = {};
    QCOMPARE(::stat(QFile::encodeName(path()).constData(), &info), 0);
    QCOMPARE(info.st_mode & 0777U, 0600U);
}

void TestPlaces::spoil(const QByteArray& bytes) const
{
    QFile file(path());
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(bytes);
}

void TestPlaces::aDamagedFileHoldsNone()
{
    const Places places(path());
    QCOMPARE(places.remember(place(QStringLiteral("wss://desk:7431"))), QString());
    for (const QByteArray& bytes :
         {QByteArray(), QByteArray("{"), QByteArray("[]"),
          QByteArray(R"({"places":[7,{"url":"ws://desk"}]})"),
          QByteArray(R"({"places":[{"url":"wss://desk","fingerprint":"00"}]})"), QByteArray(300'000, ' ')}) {
        spoil(bytes);
        QVERIFY(places.list().isEmpty());
    }
    spoil(R"({"places":[{"url":"wss://desk","token":"a\nb"}]})");
    QCOMPARE(places.list().value(0).token, QString());
}

void TestPlaces::whatCannotBeWrittenIsSaid()
{
    const QString problem =
        Places(QStringLiteral("/proc/none/places.json")).remember(place(QStringLiteral("wss://desk:7431")));
    QVERIFY(problem.contains(QStringLiteral("/proc/none")));
}

QTEST_GUILESS_MAIN(TestPlaces)
#include "tst_places.moc"
