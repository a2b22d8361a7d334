// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/promptchips.h"
#include "ui/promptedit.h"

#include <QAbstractItemView>
#include <QApplication>
#include <QBuffer>
#include <QClipboard>
#include <QCompleter>
#include <QDir>
#include <QImage>
#include <QJsonArray>
#include <QJsonObject>
#include <QMimeData>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>
#include <QUrl>

using namespace plimsoll;

namespace {

QJsonArray commands()
{
    return {QJsonObject{{QStringLiteral("name"), QStringLiteral("compact")},
                        {QStringLiteral("description"), QStringLiteral("Frees the window")},
                        {QStringLiteral("hint"), QStringLiteral("[hint]")}},
            QJsonObject{{QStringLiteral("name"), QStringLiteral("clear")}},
            QJsonObject{{QStringLiteral("name"), 7}}};
}

QStringList offered(const PromptEdit& edit)
{
    const auto* completer = edit.findChild<QCompleter*>();
    QStringList words;
    if (!completer->popup()->isVisible())
        return words;
    for (int i = 0; i < completer->completionModel()->rowCount(); ++i)
        words << completer->completionModel()->index(i, 0).data(completer->completionRole()).toString();
    return words;
}

bool touch(const QString& path, const QByteArray& bytes = "x")
{
    QFile file(path);
    return QDir().mkpath(QFileInfo(path).path()) && file.open(QIODevice::WriteOnly) &&
           file.write(bytes) == bytes.size();
}

QByteArray png()
{
    QByteArray bytes;
    QBuffer buffer(&bytes);
    QImage image(4, 4, QImage::Format_RGB32);
    image.fill(Qt::red);
    return buffer.open(QIODevice::WriteOnly) && image.save(&buffer, "PNG") ? bytes : QByteArray();
}

void paste(PromptEdit& edit, QMimeData* data)
{
    QApplication::clipboard()->setMimeData(data);
    edit.paste();
}

} // namespace

class TestPromptEdit : public QObject
{
    Q_OBJECT

private slots:
    void init()
    {
        m_edit = std::make_unique<PromptEdit>();
        m_edit->setCommands(commands());
        m_edit->show();
        m_edit->activateWindow();
        m_edit->setFocus();
        QVERIFY(QTest::qWaitForWindowActive(m_edit.get()));
    }
    void cleanup() { m_edit.reset(); }

    void wordsThatAreCompleted()
    {
        QCOMPARE(completedFrom(QStringLiteral("/co"), 3), 0);
        QCOMPARE(completedFrom(QStringLiteral("a /co"), 5), -1); // a command is the whole message
        QCOMPARE(completedFrom(QStringLiteral("see @src/a"), 10), 4);
        QCOMPARE(completedFrom(QStringLiteral("ada@example"), 11), -1);
        QCOMPARE(completedFrom(QStringLiteral("see "), 4), -1);
        QCOMPARE(completedFrom({}, 0), -1);
    }

    void commandsAreCompleted()
    {
        QTest::keyClicks(m_edit.get(), QStringLiteral("/c"));
        QCOMPARE(offered(*m_edit), QStringList({QStringLiteral("/compact"), QStringLiteral("/clear")}));
        QTest::keyClicks(m_edit.get(), QStringLiteral("l"));
        QCOMPARE(offered(*m_edit), QStringList({QStringLiteral("/clear")}));
        QTest::keyClick(m_edit.get(), Qt::Key_Tab);
        QCOMPARE(m_edit->toPlainText(), QStringLiteral("/clear "));
        QVERIFY(offered(*m_edit).isEmpty());
    }

    void escapeClosesAndEnterBreaksTheLineAgain()
    {
        QTest::keyClicks(m_edit.get(), QStringLiteral("/co"));
        QVERIFY(!offered(*m_edit).isEmpty());
        QTest::keyClick(m_edit.get(), Qt::Key_Escape);
        QVERIFY(offered(*m_edit).isEmpty());
        QTest::keyClick(m_edit.get(), Qt::Key_Return);
        QCOMPARE(m_edit->toPlainText(), QStringLiteral("/co\n"));
    }

    void filesOfTheFolderAreCompleted()
    {
        const QTemporaryDir folder;
        QVERIFY(touch(folder.filePath(QStringLiteral("src/cart.ts"))));
        QVERIFY(touch(folder.filePath(QStringLiteral("src/my cart.ts"))));
        QVERIFY(touch(folder.filePath(QStringLiteral("node_modules/cart.js"))));
        QVERIFY(touch(folder.filePath(QStringLiteral(".git/cart"))));
        QVERIFY(QFile::link(QStringLiteral("/"), folder.filePath(QStringLiteral("root"))));
        m_edit->setFolder(folder.path());
        QTest::keyClicks(m_edit.get(), QStringLiteral("see @cart"));
        QTRY_COMPARE(offered(*m_edit),
                     QStringList({QStringLiteral("@src/cart.ts"), QStringLiteral("@\"src/my cart.ts\"")}));
        QTest::keyClick(m_edit.get(), Qt::Key_Return);
        QCOMPARE(m_edit->toPlainText(), QStringLiteral("see @src/cart.ts "));
    }

    void droppedFilesAreNamed()
    {
        const QTemporaryDir folder;
        m_edit->setFolder(folder.path());
        auto* data = new QMimeData;
        data->setUrls({QUrl::fromLocalFile(folder.filePath(QStringLiteral("src/a b.c"))),
                       QUrl::fromLocalFile(QStringLiteral("/etc/hosts")),
                       QUrl(QStringLiteral("https://example.org"))});
        paste(*m_edit, data);
        QCOMPARE(m_edit->toPlainText(), QStringLiteral("@\"src/a b.c\" @/etc/hosts https://example.org"));
    }

    void picturesGoWithTheMessage()
    {
        const QTemporaryDir folder;
        QSignalSpy given(m_edit.get(), &PromptEdit::imageGiven);
        QSignalSpy refused(m_edit.get(), &PromptEdit::refused);
        QVERIFY(touch(folder.filePath(QStringLiteral("a.png")), png()));
        QVERIFY(touch(folder.filePath(QStringLiteral("b.png")), "no picture"));
        QVERIFY(touch(folder.filePath(QStringLiteral("c.png")), QByteArray(5'000'001, 'x')));
        auto* files = new QMimeData;
        files->setUrls({QUrl::fromLocalFile(folder.filePath(QStringLiteral("a.png"))),
                        QUrl::fromLocalFile(folder.filePath(QStringLiteral("b.png"))),
                        QUrl::fromLocalFile(folder.filePath(QStringLiteral("c.png")))});
        paste(*m_edit, files);
        QCOMPARE(given.size(), 1);
        QCOMPARE(refused.size(), 2);
        QVERIFY(refused.at(1).at(0).toString().contains(QStringLiteral("5 MB")));
        auto* picture = new QMimeData;
        picture->setImageData(QImage::fromData(png()));
        paste(*m_edit, picture);
        QCOMPARE(given.size(), 2);
        QCOMPARE(given.at(1).at(0).value<PromptImage>().mediaType, QStringLiteral("image/png"));
        QVERIFY(m_edit->toPlainText().isEmpty());
    }

    void theFirstBytesSayWhatAPictureIs()
    {
        QString fault;
        QCOMPARE(promptImage("\xff\xd8\xff rest", QStringLiteral("a.png"), fault)->mediaType,
                 QStringLiteral("image/jpeg"));
        QVERIFY(!promptImage("RIFF1234WAVE", QStringLiteral("a.webp"), fault));
        QVERIFY(promptImage("RIFF1234WEBP", QStringLiteral("a.webp"), fault));
        QVERIFY(!promptImage({}, QStringLiteral("empty"), fault));
    }

    void chipsAreTakenAway()
    {
        PromptChips chips;
        QSignalSpy removed(&chips, &PromptChips::imageRemoved);
        QSignalSpy withdrawn(&chips, &PromptChips::withdrawn);
        QVERIFY(chips.isHidden());
        chips.setImages({{QStringLiteral("a&b.png"), QStringLiteral("image/png"), png()}});
        chips.setWaiting({QJsonObject{{QStringLiteral("message_id"), QStringLiteral("m1")},
                                      {QStringLiteral("text"), QStringLiteral("<b>mind\nthe tide</b>")},
                                      {QStringLiteral("mode"), QStringLiteral("steer")}}},
                         {});
        QVERIFY(!chips.isHidden());
        QList<QToolButton*> shown;
        for (QToolButton* chip : chips.findChildren<QToolButton*>()) {
            if (!chip->isHidden())
                shown << chip;
        }
        QCOMPARE(shown.size(), 2);
        QVERIFY(shown.at(1)->text().startsWith(QStringLiteral("Steers: <b>mind")));
        shown.at(0)->click();
        QCOMPARE(removed.at(0).at(0).toInt(), 0);
        shown.at(1)->click();
        QCOMPARE(withdrawn.at(0).at(0).toString(), QStringLiteral("m1"));
        chips.setImages({});
        chips.setWaiting({}, {});
        QVERIFY(chips.isHidden());
    }

private:
    std::unique_ptr<PromptEdit> m_edit;
};

QTEST_MAIN(TestPromptEdit)
#include "tst_promptedit.moc"
