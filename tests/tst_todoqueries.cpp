// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/watch/todoqueries.h"

#include <QDir>
#include <QFile>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QtTest>

using namespace plimsoll;

namespace {

QStringList lines(const QJsonArray& todos)
{
    QStringList lines;
    for (const auto& todo : todos)
        lines << todo.toObject().value(QStringLiteral("state")).toString() + QLatin1Char(' ') +
                     todo.toObject().value(QStringLiteral("text")).toString();
    return lines;
}

bool put(const QString& path, const QByteArray& bytes)
{
    QFile file(path);
    return QDir().mkpath(QFileInfo(path).path()) && file.open(QIODevice::WriteOnly) &&
           file.write(bytes) == bytes.size();
}

const QString session = QStringLiteral("3350066c-0000-4000-8000-000000000001");

} // namespace

class TestTodoQueries : public QObject
{
    Q_OBJECT

private slots:
    void ofTools()
    {
        QCOMPARE(lines(todosOfTool(
                     QStringLiteral("TodoWrite"),
                     QStringLiteral(
                         R"({"todos":[{"content":"read","status":"completed","activeForm":"x"},)"
                         R"({"content":"write","status":"in_progress"},{"content":"","status":"x"},5]})"))),
                 QStringList({QStringLiteral("completed read"), QStringLiteral("in_progress write")}));
        QCOMPARE(lines(todosOfTool(QStringLiteral("update_plan"),
                                   QStringLiteral(R"({"plan":[{"step":"test","status":"odd"}]})"))),
                 QStringList({QStringLiteral("pending test")}));
        QVERIFY(todosOfTool(QStringLiteral("Bash"), QStringLiteral(R"({"todos":[{"content":"read"}]})"))
                    .isEmpty());
        QVERIFY(todosOfTool(QStringLiteral("TodoWrite"), QStringLiteral("{cut")).isEmpty());
    }

    void ofFilesInOrder()
    {
        const QTemporaryDir config;
        const QString folder = config.filePath(QStringLiteral("tasks/") + session);
        QVERIFY(
            put(folder + QStringLiteral("/10.json"), R"({"id":"10","subject":"last","status":"pending"})"));
        QVERIFY(
            put(folder + QStringLiteral("/2.json"), R"({"id":"2","subject":"first","status":"completed"})"));
        QVERIFY(put(folder + QStringLiteral("/x.json"), R"({"subject":"no number","status":"pending"})"));
        QVERIFY(put(folder + QStringLiteral("/3.json"), "{half"));
        QVERIFY(put(config.filePath(QStringLiteral("secret")), R"({"subject":"outside"})"));
        QVERIFY(QFile::link(config.filePath(QStringLiteral("secret")), folder + QStringLiteral("/4.json")));
        QCOMPARE(lines(todosOfFiles(config.path(), session)),
                 QStringList({QStringLiteral("completed first"), QStringLiteral("pending last")}));
        QVERIFY(todosOfFiles(config.path(), QStringLiteral("../tasks/") + session).isEmpty());
        QVERIFY(todosOfFiles(QStringLiteral("/nowhere"), session).isEmpty());
    }
};

QTEST_GUILESS_MAIN(TestTodoQueries)
#include "tst_todoqueries.moc"
