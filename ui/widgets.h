// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QComboBox>
#include <QLabel>
#include <QLayout>
#include <QString>

namespace plimsoll {

/// A tool tip is taken for rich text where it looks like some: this shows foreign text as it stands.
[[nodiscard]] QString plainToolTip(const QString& text);

/// A label for foreign text: never rich, control characters visible.
[[nodiscard]] QLabel* plainLabel(const QString& text, QWidget* parent);

/// Colours a label by the theme; call again when the palette changes.
void tint(QWidget* widget, const QColor& color);

/// Takes all widgets out of a layout. They are hidden at once and go when control is back in the event loop,
/// for one of them may have called.
void clearLayout(QLayout& layout);

/// One line of plain text, cut in the middle or at the end where there is no room; the whole stands in the
/// tool tip then. Takes as little width as it is given.
class ElidedLabel : public QLabel
{
    Q_OBJECT

public:
    explicit ElidedLabel(QWidget* parent = nullptr);

    void setWholeText(const QString& text);
    void setElideMode(Qt::TextElideMode mode);
    void setTip(const QString& tip); ///< plain; shown above the whole text

    [[nodiscard]] QSize minimumSizeHint() const override;
    [[nodiscard]] QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    void updateToolTip();

    Qt::TextElideMode m_mode = Qt::ElideRight;
    QString m_tip;
};

/// A choice that looks like a word until the pointer is over it: "All agents ▾".
class FlatChoice : public QComboBox
{
    Q_OBJECT

public:
    using QComboBox::QComboBox;

    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;
};

} // namespace plimsoll
