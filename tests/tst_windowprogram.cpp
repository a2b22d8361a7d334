// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/childprocess.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <memory>

/// `plimsoll` becomes `plimsoll-window` where a window is wanted; here a script stands in for it.
class TestWindowProgram : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase() { NEEDS_PROGRAM(); }

    void init()
    {
        m_temp = std::make_unique<QTemporaryDir>();
        QVERIFY(m_temp->isValid());
        QVERIFY(QDir(m_temp->path()).mkpath(QStringLiteral("bin")));
        QVERIFY(QFile::copy(QStringLiteral(PLIMSOLL_PROGRAM), program()));
    }

    void isFoundBesideAndWhereItIsInstalled_data()
    {
        QTest::addColumn<QString>("folder");
        QTest::newRow("built") << QStringLiteral("bin");
        QTest::newRow("installed") << QStringLiteral("libexec/plimsoll");
    }

    void isFoundBesideAndWhereItIsInstalled()
    {
        QFETCH(const QString, folder);
        layWindow(folder);
        QCOMPARE(start({QStringLiteral("--replay"), QStringLiteral(":demo"), QStringLiteral("--verbose")}),
                 7);
        QCOMPARE(m_out, QByteArray("--replay :demo --verbose\n"));
        QCOMPARE(m_err, QByteArray());
    }

    void theProgramMayBeALink()
    {
        layWindow(QStringLiteral("bin"));
        QVERIFY(QFile::link(program(), m_temp->filePath(QStringLiteral("link"))));
        QCOMPARE(start({}, QStringLiteral("link")), 7);
    }

    void onlyAWindowNeedsIt()
    {
        QCOMPARE(start({QStringLiteral("--version")}), 0);
        QCOMPARE(start({QStringLiteral("status"), QStringLiteral("--home"), m_temp->path()}), 0);
        QCOMPARE(start({QStringLiteral("--unknown")}), 2);
    }

    void isSaidToBeMissing()
    {
        QCOMPARE(start({}), 2);
        QCOMPARE(m_out, QByteArray());
        QCOMPARE(m_err.count('\n'), 1);
        QVERIFY2(m_err.contains("plimsoll-window") && m_err.contains("--headless"), m_err.constData());
    }

private:
    [[nodiscard]] QString program() const { return m_temp->filePath(QStringLiteral("bin/plimsoll")); }

    void layWindow(const QString& folder)
    {
        QVERIFY(QDir(m_temp->path()).mkpath(folder));
        QFile script(m_temp->filePath(folder + QStringLiteral("/plimsoll-window")));
        QVERIFY(script.open(QIODevice::WriteOnly));
        script.write("#!/bin/sh\necho \"$@\"\nexit 7\n");
        QVERIFY(script.setPermissions(QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner));
    }

    /// \return the code that it exits with, -1 = it did not
    int start(const QStringList& arguments, const QString& name = QStringLiteral("bin/plimsoll"))
    {
        QProcess process;
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert(QStringLiteral("HOME"), m_temp->path());
        process.setProcessEnvironment(environment);
        process.start(m_temp->filePath(name), arguments);
        const bool ended = process.waitForFinished() && process.exitStatus() == QProcess::NormalExit;
        m_out = process.readAllStandardOutput();
        m_err = process.readAllStandardError();
        return ended ? process.exitCode() : -1;
    }

    std::unique_ptr<QTemporaryDir> m_temp;
    QByteArray m_out;
    QByteArray m_err;
};

QTEST_GUILESS_MAIN(TestWindowProgram)
#include "tst_windowprogram.moc"
