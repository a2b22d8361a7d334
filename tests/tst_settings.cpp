// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/settings.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

using namespace plimsoll;

class TestSettings : public QObject
{
    Q_OBJECT

private slots:
    void init();
    void comesBack();
    void fallbackIsNotWritten();
    void badValuesReadAsFallback();
    void unknownKeysStay();
    void limitsHold();
    void windowStateStandsApart();

private:
    [[nodiscard]] QByteArray bytes(const QString& name) const;
    void write(const QByteArray& text) const;

    std::unique_ptr<QTemporaryDir> m_folder;
    QString m_path;
};

void TestSettings::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
    QVERIFY(m_folder->isValid());
    m_path = m_folder->filePath(QStringLiteral("plimsoll.ini"));
}

QByteArray TestSettings::bytes(const QString& name) const
{
    QFile file(m_folder->filePath(name));
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

void TestSettings::write(const QByteArray& text) const
{
    QFile file(m_path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    QCOMPARE(file.write(text), text.size());
}

void TestSettings::comesBack()
{
    {
        Settings settings(m_path);
        settings.theme.set(ThemeChoice::Dark);
        settings.plotRange.set(PlotRange::All);
        settings.motion.set(MotionChoice::Reduced);
        settings.notifyFailed.set(false);
        settings.notifyFinishedAfterS.set(5);
    }
    const Settings settings(m_path);
    QCOMPARE(settings.theme.value(), ThemeChoice::Dark);
    QCOMPARE(settings.plotRange.value(), PlotRange::All);
    QCOMPARE(settings.motion.value(), MotionChoice::Reduced);
    QCOMPARE(settings.notifyFailed.value(), false);
    QCOMPARE(settings.notifyNeedsYou.value(), true);
    QCOMPARE(settings.notifyFinishedAfterS.value(), 5);
    QVERIFY(bytes(QStringLiteral("plimsoll.ini")).contains("theme=dark")); // by name
}

void TestSettings::fallbackIsNotWritten()
{
    {
        Settings settings(m_path);
        settings.finishedCollapsed.set(false);
        settings.finishedCollapsed.set(true);
        settings.theme.set(ThemeChoice::System);
    }
    QVERIFY(!bytes(QStringLiteral("plimsoll.ini")).contains('='));
}

void TestSettings::badValuesReadAsFallback()
{
    write("[view]\ntheme=purple\nplotRange=7\nfinishedCollapsed=perhaps\n[notify]\nfinishedAfterS=soon\n");
    const Settings settings(m_path);
    QCOMPARE(settings.theme.value(), ThemeChoice::System);
    QCOMPARE(settings.plotRange.value(), PlotRange::ThreeHours);
    QCOMPARE(settings.finishedCollapsed.value(), true);
    QCOMPARE(settings.notifyFinishedAfterS.value(), 60);
}

void TestSettings::unknownKeysStay()
{
    write("[future]\nkey=value\n");
    {
        Settings settings(m_path);
        settings.theme.set(ThemeChoice::Light);
    }
    QVERIFY(bytes(QStringLiteral("plimsoll.ini")).contains("key=value"));
}

void TestSettings::limitsHold()
{
    write("[notify]\nfinishedAfterS=-5\n");
    Settings settings(m_path);
    QCOMPARE(settings.notifyFinishedAfterS.value(), 0);
    settings.notifyFinishedAfterS.set(10'000'000);
    QCOMPARE(settings.notifyFinishedAfterS.value(), 86'400);
}

void TestSettings::windowStateStandsApart()
{
    const QByteArray state("\0\1binary\xff", 9);
    {
        Settings settings(m_path);
        settings.setWindowState(QStringLiteral("main"), state);
    }
    const Settings settings(m_path);
    QCOMPARE(settings.windowState(QStringLiteral("main")), state);
    QVERIFY(settings.windowState(QStringLiteral("other")).isEmpty());
    QVERIFY(!QFile::exists(m_path));
    QVERIFY(!bytes(QStringLiteral("window.ini")).isEmpty());
}

QTEST_GUILESS_MAIN(TestSettings)
#include "tst_settings.moc"
