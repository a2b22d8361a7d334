// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/settings.h"

#include <QFileInfo>

#include <array>
#include <utility>

namespace plimsoll {

namespace {

template <typename Enum>
using Name = std::pair<Enum, const char*>;

// clang-format off
constexpr std::array<Name<ThemeChoice>, 3> themeNames{{
    {ThemeChoice::System, "system"}, {ThemeChoice::Light, "light"}, {ThemeChoice::Dark, "dark"},
}};
constexpr std::array<Name<PlotRange>, 4> rangeNames{{
    {PlotRange::QuarterHour, "15min"}, {PlotRange::ThreeHours, "3h"}, {PlotRange::Day, "24h"}, {PlotRange::All, "all"},
}};
constexpr std::array<Name<MotionChoice>, 3> motionNames{{
    {MotionChoice::System, "system"}, {MotionChoice::Reduced, "reduced"}, {MotionChoice::Full, "full"},
}};
// clang-format on

template <typename Enum, std::size_t N>
QString nameIn(const std::array<Name<Enum>, N>& table, Enum value)
{
    for (const auto& [entry, name] : table) {
        if (entry == value)
            return QString::fromLatin1(name);
    }
    return {};
}

template <typename Enum, std::size_t N>
void readIn(const std::array<Name<Enum>, N>& table, const QVariant& stored, Enum& value)
{
    const QString text = stored.toString();
    for (const auto& [entry, name] : table) {
        if (text == QLatin1String(name))
            value = entry;
    }
}

} // namespace

// clang-format off
QString settingName(ThemeChoice choice) { return nameIn(themeNames, choice); }
QString settingName(PlotRange range) { return nameIn(rangeNames, range); }
QString settingName(MotionChoice choice) { return nameIn(motionNames, choice); }

void readSetting(const QVariant& stored, ThemeChoice& value) { readIn(themeNames, stored, value); }
void readSetting(const QVariant& stored, PlotRange& value) { readIn(rangeNames, stored, value); }
void readSetting(const QVariant& stored, MotionChoice& value) { readIn(motionNames, stored, value); }
// clang-format on

void readSetting(const QVariant& stored, bool& value)
{
    const QString text = stored.toString();
    if (text == QLatin1String("true") || text == QLatin1String("false"))
        value = text == QLatin1String("true");
}

void readSetting(const QVariant& stored, int& value)
{
    bool good = false;
    const int number = stored.toInt(&good);
    if (good)
        value = number;
}

Settings::Settings(const QString& path)
    : m_store(path, QSettings::IniFormat)
    , m_window(QFileInfo(path).absolutePath() + QStringLiteral("/window.ini"), QSettings::IniFormat)
{
}

QByteArray Settings::windowState(const QString& name) const
{
    return m_window.value(QStringLiteral("state/") + name).toByteArray();
}

void Settings::setWindowState(const QString& name, const QByteArray& state)
{
    m_window.setValue(QStringLiteral("state/") + name, state);
}

} // namespace plimsoll
