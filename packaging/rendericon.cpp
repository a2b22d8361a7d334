// SPDX-License-Identifier: GPL-3.0-or-later
// Makes one of the package's icons while building: rendericon FROM.svg TO.png PIXELS
#include <QImage>
#include <QPainter>
#include <QSvgRenderer>

#include <cstdio>
#include <tuple>

int main(int argc, char** argv)
{
    const int side = argc == 4 ? QByteArray(argv[3]).toInt() : 0;
    constexpr int maxSide = 1024;
    if (side < 1 || side > maxSide) {
        std::ignore = std::fputs("rendericon FROM.svg TO.png PIXELS\n", stderr);
        return 2;
    }
    QSvgRenderer svg(QString::fromLocal8Bit(argv[1]));
    QImage image(side, side, QImage::Format_ARGB32_Premultiplied);
    image.fill(Qt::transparent);
    QPainter painter(&image);
    svg.render(&painter);
    painter.end();
    if (svg.isValid() && image.save(QString::fromLocal8Bit(argv[2])))
        return 0;
    std::ignore = std::fprintf(stderr, "cannot make %s of %s\n", argv[2], argv[1]);
    return 1;
}
