// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QString>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

// Bytes for plain values that are kept between two runs of the program: numbers as varints, texts and lists
// with their length in front. A struct says its fields once, in a function template `fields(archive, value)`
// that serves both ways. A format only ever grows at its end. Pure, any thread.
namespace plimsoll {

/// Packs values into bytes. Does not change what it packs; it takes them by reference so that one function
/// serves both ways.
class StatePacker
{
public:
    template <typename... Ts>
    void operator()(Ts&... values)
    {
        (pack(values), ...);
    }

    /// Text that people and agents wrote: what is secret in it does not go to the disk.
    template <typename... Ts>
    void prose(Ts&... values)
    {
        (maskedText(values), ...);
    }

    /// For sizes and other numbers that are no member of anything.
    void number(int64_t value);
    /// For hashes, whose every bit counts.
    void word(uint64_t value);

    [[nodiscard]] const std::string& bytes() const { return m_bytes; }
    [[nodiscard]] std::string take() { return std::move(m_bytes); }

private:
    void text(std::string_view value);
    void maskedText(const std::string& value);

    template <typename T>
    void pack(T& value)
    {
        if constexpr (std::is_enum_v<T> || std::is_integral_v<T>)
            number(static_cast<int64_t>(value));
        else if constexpr (std::is_same_v<T, std::string>)
            text(value);
        else if constexpr (std::is_same_v<T, QString>)
            text(value.toStdString());
        else
            fields(*this, value);
    }
    void pack(double& value);

    template <typename T>
    void pack(std::optional<T>& value)
    {
        number(value ? 1 : 0);
        if (value)
            pack(*value);
    }

    template <typename List>
    void packList(List& values)
    {
        number(static_cast<int64_t>(values.size()));
        for (auto& value : values)
            pack(value);
    }
    template <typename T>
    void pack(std::vector<T>& values)
    {
        packList(values);
    }
    template <typename T>
    void pack(QList<T>& values)
    {
        packList(values);
    }

    std::string m_bytes;
};

/// Takes bytes apart again. Total on any bytes: after the first that do not fit, ok() is false and everything
/// else reads as empty. No more memory than a small multiple of the bytes. `bytes` must outlive it.
class StateUnpacker
{
public:
    explicit StateUnpacker(std::string_view bytes)
        : m_rest(bytes)
    {
    }

    template <typename... Ts>
    void operator()(Ts&... values)
    {
        (unpack(values), ...);
    }
    template <typename... Ts>
    void prose(Ts&... values)
    {
        (unpack(values), ...);
    }

    [[nodiscard]] int64_t number();
    [[nodiscard]] uint64_t word();
    [[nodiscard]] bool ok() const { return m_ok; }
    [[nodiscard]] bool atEnd() const { return m_rest.empty(); }

private:
    [[nodiscard]] std::string_view text();

    template <typename T>
    void unpack(T& value)
    {
        if constexpr (std::is_same_v<T, bool>)
            value = number() != 0;
        else if constexpr (std::is_enum_v<T> || std::is_integral_v<T>)
            value = static_cast<T>(number());
        else if constexpr (std::is_same_v<T, std::string>)
            value = text();
        else if constexpr (std::is_same_v<T, QString>)
            value = toQString(text());
        else
            fields(*this, value);
    }
    void unpack(double& value);

    template <typename T>
    void unpack(std::optional<T>& value)
    {
        value.reset();
        if (number() == 0 || !m_ok)
            return;
        T told{};
        unpack(told);
        value = std::move(told);
    }

    template <typename List>
    void unpackList(List& values)
    {
        values.clear();
        // Every element takes at least a byte, so a made-up length ends with the bytes.
        for (int64_t left = number(); left > 0 && m_ok; --left) {
            values.emplace_back();
            unpack(values.back());
        }
    }
    template <typename T>
    void unpack(std::vector<T>& values)
    {
        unpackList(values);
    }
    template <typename T>
    void unpack(QList<T>& values)
    {
        unpackList(values);
    }

    [[nodiscard]] static QString toQString(std::string_view utf8);

    std::string_view m_rest;
    bool m_ok = true;
};

} // namespace plimsoll
