// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/agents/statecodec.h"

#include "models/masking.h"

#include <cstring>

namespace plimsoll {

namespace {

/// Small numbers of either sign become small unsigned ones.
uint64_t folded(int64_t value)
{
    return (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63);
}

int64_t unfolded(uint64_t value)
{
    return static_cast<int64_t>(value >> 1) ^ -static_cast<int64_t>(value & 1);
}

} // namespace

void StatePacker::number(int64_t value)
{
    uint64_t rest = folded(value);
    for (; rest >= 0x80; rest >>= 7)
        m_bytes.push_back(static_cast<char>(rest | 0x80));
    m_bytes.push_back(static_cast<char>(rest));
}

void StatePacker::word(uint64_t value)
{
    for (unsigned shift = 0; shift < 64; shift += 8)
        m_bytes.push_back(static_cast<char>(value >> shift & 0xff));
}

void StatePacker::text(std::string_view value)
{
    number(static_cast<int64_t>(value.size()));
    m_bytes.append(value);
}

void StatePacker::maskedText(const std::string& value)
{
    text(maskSecrets(QString::fromStdString(value)).toStdString());
}

void StatePacker::pack(double& value)
{
    int64_t bits = 0;
    std::memcpy(&bits, &value, sizeof bits);
    number(bits);
}

int64_t StateUnpacker::number()
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && !m_rest.empty(); shift += 7) {
        const auto byte = static_cast<unsigned char>(m_rest.front());
        m_rest.remove_prefix(1);
        value |= uint64_t{byte & 0x7fU} << shift;
        if (byte < 0x80)
            return unfolded(value);
    }
    m_ok = false;
    m_rest = {};
    return 0;
}

uint64_t StateUnpacker::word()
{
    if (m_rest.size() < sizeof(uint64_t)) {
        m_ok = false;
        m_rest = {};
        return 0;
    }
    uint64_t value = 0;
    for (unsigned i = 0; i < sizeof value; ++i)
        value |= uint64_t{static_cast<unsigned char>(m_rest[i])} << (8 * i);
    m_rest.remove_prefix(sizeof value);
    return value;
}

std::string_view StateUnpacker::text()
{
    const int64_t length = number();
    if (length < 0 || static_cast<uint64_t>(length) > m_rest.size()) {
        m_ok = false;
        m_rest = {};
        return {};
    }
    const std::string_view value = m_rest.substr(0, static_cast<size_t>(length));
    m_rest.remove_prefix(value.size());
    return value;
}

void StateUnpacker::unpack(double& value)
{
    const int64_t bits = number();
    std::memcpy(&value, &bits, sizeof value);
}

QString StateUnpacker::toQString(std::string_view utf8)
{
    return QString::fromUtf8(utf8.data(), static_cast<qsizetype>(utf8.size()));
}

} // namespace plimsoll
