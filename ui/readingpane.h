// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class QPlainTextEdit;
class QToolButton;

namespace plimsoll {

class ElidedLabel;
class Host;
struct Reply;

/// What a pane is asked to show: the text at hand and where the rest of it stands.
struct ReadingText
{
    QString title; ///< "api-migration · tool · 14:41:05"
    QString text;  ///< plain, foreign
    bool truncated = false;
    QString file; ///< absolute path
    qint64 offset = -1;
    int block = 0;
    bool operator==(const ReadingText&) const = default;
};

/// Shows one text whole, plain and in equal width, and copies it. Asks the host for the rest where the text
/// at hand was cut. GUI thread; the host belongs to the caller and must live longer.
class ReadingPane : public QWidget
{
    Q_OBJECT

public:
    explicit ReadingPane(Host& host, QWidget* parent = nullptr);

    void read(const ReadingText& text);
    [[nodiscard]] QString shownText() const;

    /// A window of its own that deletes itself when closed.
    static void openWindow(Host& host, const ReadingText& text, QWidget* parent);

signals:
    void closeWanted();

protected:
    void changeEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    void onReplied(const Reply& reply);
    void updateLook();

    Host& m_host;
    ElidedLabel* m_title = nullptr;
    ElidedLabel* m_note = nullptr;
    QToolButton* m_copy = nullptr;
    QToolButton* m_close = nullptr;
    QPlainTextEdit* m_text = nullptr;
    ReadingText m_shown;
    quint64 m_asked = 0; ///< the query whose answer is awaited; 0 = none
};

} // namespace plimsoll
