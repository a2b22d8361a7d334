// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/watch/safefile.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QtTest>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

using namespace plimsoll;

namespace {

void writeFile(const QByteArray& path, const QByteArray& bytes)
{
    QFile file(QFile::decodeName(path));
    QVERIFY(file.open(QIODevice::WriteOnly));
    QCOMPARE(file.write(bytes), bytes.size());
}

QList<QByteArray> sortedPaths(const TreeListing& listing)
{
    QList<QByteArray> paths;
    for (const FileEntry& file : listing.files)
        paths.append(file.path);
    std::sort(paths.begin(), paths.end());
    return paths;
}

} // namespace

class TestSafeFile : public QObject
{
    Q_OBJECT

private slots:
    void init()
    {
        m_temp = std::make_unique<QTemporaryDir>();
        QVERIFY(m_temp->isValid());
        m_root = QFile::encodeName(m_temp->path()) + "/root";
        m_outside = QFile::encodeName(m_temp->path()) + "/outside";
        QVERIFY(QDir().mkpath(QFile::decodeName(m_root + "/a/b")));
        QVERIFY(QDir().mkpath(QFile::decodeName(m_outside)));
        writeFile(m_root + "/plain.jsonl", "plain");
        writeFile(m_root + "/a/b/deep.jsonl", "deep");
        writeFile(m_outside + "/secret.jsonl", "secret");
    }

    void opensWhatIsPlain()
    {
        const OpenedFile file = openRegular(m_root, "a/b/deep.jsonl");
        QVERIFY(file.fd.isOpen());
        QCOMPARE(file.fault, OpenFault::None);
        QCOMPARE(file.size, 4);
        QVERIFY(file.inode != 0 && file.mtimeMs > 0);
        QCOMPARE(::fcntl(file.fd.get(), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    }

    void stampTellsWhatOpeningTells()
    {
        const OpenedFile file = openRegular(m_root, "a/b/deep.jsonl");
        const UniqueFd root = openRoot(m_root);
        QCOMPARE(stampOf(root.get(), "a/b/deep.jsonl"), (FileStamp{file.size, file.mtimeMs}));
        QVERIFY(!stampOf(root.get(), "none.jsonl"));
        QVERIFY(!stampOf(openRoot(m_root + "/none").get(), "plain.jsonl"));
    }

    void refuses_data()
    {
        QTest::addColumn<QByteArray>("path");
        QTest::addColumn<int>("fault");
        const auto row = [](const char* name, const QByteArray& path, OpenFault fault) {
            QTest::newRow(name) << path << int(fault);
        };
        row("link to a file outside", "out.jsonl", OpenFault::LeadsOut);
        row("link to a file inside", "in.jsonl", OpenFault::LeadsOut);
        row("link to a folder outside", "outdir/secret.jsonl", OpenFault::LeadsOut);
        row("link to a folder inside", "indir/deep.jsonl", OpenFault::LeadsOut);
        row("dangling link", "dangling.jsonl", OpenFault::LeadsOut);
        row("link to itself", "loop.jsonl", OpenFault::LeadsOut);
        row("dot dot", "a/../../outside/secret.jsonl", OpenFault::LeadsOut);
        row("dot dot that stays inside", "a/../plain.jsonl", OpenFault::LeadsOut);
        row("absolute", "/etc/passwd", OpenFault::LeadsOut);
        row("empty", "", OpenFault::LeadsOut);
        row("NUL", QByteArray("plain.jsonl\0x", 13), OpenFault::LeadsOut);
        row("very long", QByteArray(5000, 'x'), OpenFault::LeadsOut);
        row("below a file", "plain.jsonl/x", OpenFault::LeadsOut);
        row("missing", "none.jsonl", OpenFault::Missing);
        row("fifo", "fifo.jsonl", OpenFault::NotRegular);
        row("socket", "socket.jsonl", OpenFault::NotRegular);
        row("directory", "a", OpenFault::NotRegular);
    }

    void refuses()
    {
        QFETCH(const QByteArray, path);
        QFETCH(const int, fault);
        plantTricks();
        const OpenedFile file = openRegular(m_root, path);
        QVERIFY(!file.fd.isOpen());
        QCOMPARE(int(file.fault), fault);
    }

    void bothWaysAgree_data() { refuses_data(); }

    void bothWaysAgree()
    {
        QFETCH(const QByteArray, path);
        plantTricks();
        const UniqueFd root = openRoot(m_root);
        QVERIFY(root.isOpen());
        constexpr int flags = O_RDONLY | O_NONBLOCK | O_CLOEXEC;
        const UniqueFd components = openByComponents(root.get(), path, flags);
        const UniqueFd kernel = openByKernel(root.get(), path, flags);
        if (!kernel.isOpen() && errno == ENOSYS)
            QSKIP("this kernel has no openat2");
        QCOMPARE(components.isOpen(), kernel.isOpen());
        QVERIFY(openByComponents(root.get(), "a/b/deep.jsonl", flags).isOpen());
        QVERIFY(openByKernel(root.get(), "a/b/deep.jsonl", flags).isOpen());
    }

    void refusesDevices()
    {
        if (::geteuid() != 0)
            QSKIP("only root can make a device");
        const QByteArray path = m_root + "/device.jsonl";
        if (::mknod(path.constData(), S_IFCHR | 0600, makedev(1, 3)) != 0)
            QSKIP("no devices can be made here");
        const OpenedFile file = openRegular(m_root, "device.jsonl");
        QVERIFY(!file.fd.isOpen());
        QVERIFY(file.fault == OpenFault::NotRegular ||
                file.fault == OpenFault::Denied); // denied on nodev mounts
        QVERIFY(!sortedPaths(listTree(m_root)).contains("device.jsonl"));
    }

    void refusesFilesOfOthers()
    {
        if (::geteuid() != 0)
            QSKIP("only root can give a file away");
        QCOMPARE(::chown((m_root + "/plain.jsonl").constData(), 65534, 65534), 0);
        QCOMPARE(openRegular(m_root, "plain.jsonl").fault, OpenFault::NotOurs);
        QVERIFY(!sortedPaths(listTree(m_root)).contains("plain.jsonl"));
    }

    void rootMayBeALink()
    {
        const QByteArray link = QFile::encodeName(m_temp->path()) + "/link";
        QCOMPARE(::symlink(m_root.constData(), link.constData()), 0);
        QVERIFY(openRegular(link, "plain.jsonl").fd.isOpen());
        QCOMPARE(sortedPaths(listTree(link)), QList<QByteArray>({"a/b/deep.jsonl", "plain.jsonl"}));
    }

    void missingRoot()
    {
        const QByteArray none = m_root + "/none";
        QCOMPARE(openRegular(none, "plain.jsonl").fault, OpenFault::Missing);
        const TreeListing listing = listTree(none);
        QVERIFY(listing.files.isEmpty() && listing.directories.isEmpty());
        QCOMPARE(listing.unreadable, 0);
    }

    void listsOnlyWhatMayBeRead()
    {
        plantTricks();
        writeFile(m_root + "/other.txt", "x");
        const TreeListing listing = listTree(m_root, {.suffixes = {".jsonl"}});
        QCOMPARE(sortedPaths(listing), QList<QByteArray>({"a/b/deep.jsonl", "plain.jsonl"}));
        QCOMPARE(listing.directories, QList<QByteArray>({"", "a", "a/b"}));
        QVERIFY(!listing.truncated);
        const auto deep = std::find_if(listing.files.begin(), listing.files.end(), [](const FileEntry& file) {
            return file.path.endsWith("deep.jsonl");
        });
        const OpenedFile opened = openRegular(m_root, deep->path);
        QCOMPARE(deep->size, 4);
        QCOMPARE(deep->inode, opened.inode);
        QCOMPARE(deep->dev, opened.dev);
        QCOMPARE(deep->mtimeMs, opened.mtimeMs);
    }

    void listingIsBounded()
    {
        const TreeListing shallow = listTree(m_root, {.depth = 1});
        QCOMPARE(shallow.directories, QList<QByteArray>({"", "a"}));
        QCOMPARE(sortedPaths(shallow), QList<QByteArray>({"plain.jsonl"}));
        QVERIFY(shallow.truncated);

        for (int i = 0; i < 50; ++i)
            writeFile(m_root + "/a/" + QByteArray::number(i), "x");
        const TreeListing few = listTree(m_root, {.entries = 10});
        QVERIFY(few.truncated);
        QVERIFY(few.files.size() <= 10);
    }

    void listingOfOneFolder()
    {
        plantTricks();
        const TreeListing listing = listTree(m_root, {}, "a/b");
        QCOMPARE(sortedPaths(listing), QList<QByteArray>{"a/b/deep.jsonl"});
        QCOMPARE(listing.directories, QList<QByteArray>{"a/b"});
        QVERIFY(listTree(m_root, {.depth = 1}, "a/b").truncated);
        QVERIFY(listTree(m_root, {}, "outdir").directories.isEmpty()); // a link
        QVERIFY(listTree(m_root, {}, "../outside").directories.isEmpty());
    }

    void markTellsOtherBytesAtTheSamePlace()
    {
        const QByteArray path = m_root + "/plain.jsonl";
        const ReadMark before = markBefore(openRegular(m_root, "plain.jsonl").fd.get(), 5);
        QCOMPARE(int(before.length), 5);
        writeFile(path, "plain and more");
        QCOMPARE(markBefore(openRegular(m_root, "plain.jsonl").fd.get(), 5), before);
        writeFile(path, "plane and more");
        QVERIFY(markBefore(openRegular(m_root, "plain.jsonl").fd.get(), 5) != before);
        QCOMPARE(markBefore(openRegular(m_root, "plain.jsonl").fd.get(), 100), ReadMark());
        QCOMPARE(markBefore(openRegular(m_root, "plain.jsonl").fd.get(), 0), ReadMark());
    }

    void identitySurvivesGrowth()
    {
        const QByteArray path = m_root + "/grow.jsonl";
        writeFile(path, "short");
        const FileIdentity known = *identify(openRegular(m_root, "grow.jsonl").fd.get());
        QCOMPARE(known.headLength, quint16(5));
        QFile file(QFile::decodeName(path));
        QVERIFY(file.open(QIODevice::Append));
        file.write(QByteArray(1000, 'x'));
        file.close();
        const OpenedFile grown = openRegular(m_root, "grow.jsonl");
        QVERIFY(isSameFile(grown.fd.get(), known));
        QCOMPARE(identify(grown.fd.get())->headLength, FileIdentity::maxHead);
    }

    void identityEnds()
    {
        const QByteArray path = m_root + "/file.jsonl";
        writeFile(path, "{\"first\":1}");
        const FileIdentity known = *identify(openRegular(m_root, "file.jsonl").fd.get());
        writeFile(path, "{\"other\":1}"); // same inode, rewritten
        QVERIFY(!isSameFile(openRegular(m_root, "file.jsonl").fd.get(), known));
        writeFile(path, "{\"fi"); // truncated
        QVERIFY(!isSameFile(openRegular(m_root, "file.jsonl").fd.get(), known));
        writeFile(m_root + "/new", "{\"first\":1}"); // replaced by an equal one
        QCOMPARE(::rename((m_root + "/new").constData(), path.constData()), 0);
        QVERIFY(!isSameFile(openRegular(m_root, "file.jsonl").fd.get(), known));
    }

    void identityOfAnEmptyFileSurvivesItsFirstBytes()
    {
        writeFile(m_root + "/empty", "");
        const FileIdentity known = *identify(openRegular(m_root, "empty").fd.get());
        writeFile(m_root + "/empty", "now");
        QVERIFY(isSameFile(openRegular(m_root, "empty").fd.get(), known));
    }

private:
    void plantTricks()
    {
        const auto link = [this](const QByteArray& target, const QByteArray& name) {
            QCOMPARE(::symlink(target.constData(), (m_root + '/' + name).constData()), 0);
        };
        link(m_outside + "/secret.jsonl", "out.jsonl");
        link("plain.jsonl", "in.jsonl");
        link(m_outside, "outdir");
        link("a/b", "indir");
        link("nowhere", "dangling.jsonl");
        link("loop.jsonl", "loop.jsonl");
        QCOMPARE(::mkfifo((m_root + "/fifo.jsonl").constData(), 0600), 0);
        const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        QVERIFY(socket >= 0);
        sockaddr_un address = {};
        address.sun_family = AF_UNIX;
        const QByteArray path = m_root + "/socket.jsonl";
        QVERIFY(size_t(path.size()) < sizeof(address.sun_path));
        std::memcpy(&address.sun_path, path.constData(), size_t(path.size()));
        QCOMPARE(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
        ::close(socket);
    }

    std::unique_ptr<QTemporaryDir> m_temp;
    QByteArray m_root;
    QByteArray m_outside;
};

QTEST_GUILESS_MAIN(TestSafeFile)
#include "tst_safefile.moc"
