// SPDX-License-Identifier: GPL-3.0-or-later
// The least that a Qt program costs, to set beside Plimsoll: an empty window with a tree view, or with
// --headless an event loop alone. Says "first paint" when it is on screen.
#include <QApplication>
#include <QTreeView>

#include <cstdio>
#include <cstring>

namespace {

class BareWindow : public QTreeView
{
protected:
    void paintEvent(QPaintEvent* event) override
    {
        QTreeView::paintEvent(event);
        QMetaObject::invokeMethod(
            this, [] { std::fputs("first paint\n", stderr); }, Qt::QueuedConnection);
    }
};

} // namespace

int main(int argc, char** argv)
{
    if (argc > 1 && std::strcmp(argv[1], "--headless") == 0) {
        const QCoreApplication application(argc, argv);
        return QCoreApplication::exec();
    }
    const QApplication application(argc, argv);
    BareWindow window;
    window.resize(1440, 900);
    window.show();
    return QApplication::exec();
}
