// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QSettings>
#include <QString>
#include <QVariant>

#include <algorithm>

namespace plimsoll {

enum class ThemeChoice : quint8 { System, Light, Dark };
enum class PlotRange : quint8 { QuarterHour, ThreeHours, Day, All };
enum class MotionChoice : quint8 { System, Reduced, Full };

// Enums are stored by name; an unknown name reads as the fallback.
[[nodiscard]] QString settingName(ThemeChoice choice);
[[nodiscard]] QString settingName(PlotRange range);
[[nodiscard]] QString settingName(MotionChoice choice);
void readSetting(const QVariant& stored, ThemeChoice& value);
void readSetting(const QVariant& stored, PlotRange& value);
void readSetting(const QVariant& stored, MotionChoice& value);
void readSetting(const QVariant& stored, bool& value);
void readSetting(const QVariant& stored, int& value);
[[nodiscard]] inline QVariant settingName(bool value)
{
    return value;
}
[[nodiscard]] inline QVariant settingName(int value)
{
    return value;
}

/// One setting: its key, its fallback and, for numbers, its limits. A value equal to the fallback is not
/// written.
template <typename T>
class Setting
{
public:
    Setting(QSettings& store, const char* key, T fallback, T lowest = {}, T highest = {})
        : m_store(store)
        , m_key(QString::fromLatin1(key))
        , m_fallback(fallback)
        , m_lowest(lowest)
        , m_highest(highest)
    {
    }

    [[nodiscard]] T value() const
    {
        T result = m_fallback;
        readSetting(m_store.value(m_key), result);
        return bounded(result);
    }

    void set(T value)
    {
        value = bounded(value);
        if (value == m_fallback)
            m_store.remove(m_key);
        else
            m_store.setValue(m_key, settingName(value));
    }

private:
    [[nodiscard]] T bounded(T value) const
    {
        return m_lowest < m_highest ? std::clamp(value, m_lowest, m_highest) : value;
    }

    QSettings& m_store;
    QString m_key;
    T m_fallback;
    T m_lowest;
    T m_highest;
};

/// What the operator has chosen, in one file; unknown keys stay in it. Does not tell of changes: who sets a
/// value applies it. GUI thread. The window's geometry stands in a file of its own beside it, so that moving
/// a window never touches the options.
class Settings
{
    QSettings m_store;
    QSettings m_window;

public:
    /// \param path of the options' INI file; the window's file is "window.ini" in the same folder
    explicit Settings(const QString& path);

    // clang-format off
    Setting<ThemeChoice>  theme{m_store, "view/theme", ThemeChoice::System};
    Setting<MotionChoice> motion{m_store, "view/motion", MotionChoice::System};
    Setting<PlotRange>    plotRange{m_store, "view/plotRange", PlotRange::ThreeHours};
    Setting<bool>         finishedCollapsed{m_store, "view/finishedCollapsed", true};
    Setting<bool>         notifyNeedsYou{m_store, "notify/needsYou", true};
    Setting<bool>         notifyLevel{m_store, "notify/level", true};           ///< crossed 80 or 90 %
    Setting<bool>         notifyCompaction{m_store, "notify/compaction", true};
    Setting<bool>         notifyFinished{m_store, "notify/finished", true};     ///< after more than notifyFinishedAfterS
    Setting<int>          notifyFinishedAfterS{m_store, "notify/finishedAfterS", 60, 0, 86'400}; ///< seconds
    Setting<bool>         notifyFailed{m_store, "notify/failed", true};
    Setting<bool>         trayIcon{m_store, "view/trayIcon", true};
    Setting<int>          keepTextDays{m_store, "history/keepTextDays", 90, 0, 36'500};       ///< days, 0 = for ever
    Setting<int>          keepTextMb{m_store, "history/keepTextMb", 1000, 0, 1'000'000};      ///< MB, 0 = without bound
    Setting<int>          keepSamplesDays{m_store, "history/keepSamplesDays", 0, 0, 36'500};  ///< days after a log is gone, 0 = for ever
    // clang-format on

    /// What a widget's saveGeometry() or saveState() gave; empty = none.
    [[nodiscard]] QByteArray windowState(const QString& name) const;
    void setWindowState(const QString& name, const QByteArray& state);
};

} // namespace plimsoll
