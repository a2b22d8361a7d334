// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/fanoutclient.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <tuple>
#include <unistd.h>
#include <utility>

namespace plimsoll::bench {

namespace {

constexpr size_t bufferBytes = size_t{256} * 1024;
constexpr size_t numberBytes = 20; ///< so much follows a marker in its message

[[noreturn]] void fail(const char* what)
{
    std::perror(what);
    std::exit(1);
}

void writeAll(int fd, const std::string& bytes)
{
    size_t done = 0;
    while (done < bytes.size()) {
        const ssize_t now = ::write(fd, bytes.data() + done, bytes.size() - done);
        if (now <= 0)
            fail("write");
        done += size_t(now);
    }
}

/// A masked text frame, with a mask of zeros; at most 125 bytes.
std::string frameOf(const std::string& text)
{
    std::string frame{char(0x81), char(0x80U | text.size())};
    return frame + std::string(4, '\0') + text;
}

} // namespace

int64_t steadyUs()
{
    using std::chrono::duration_cast;
    return duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

double percentile(std::vector<double> values, double share)
{
    if (values.empty())
        return 0;
    const auto at = size_t(std::ceil(share * double(values.size()))) - 1;
    std::nth_element(values.begin(), values.begin() + std::ptrdiff_t(at), values.end());
    return values[at];
}

FanoutClient::FanoutClient(Setup setup, std::string marker)
    : m_setup(std::move(setup))
    , m_marker(std::move(marker))
    , m_buffer(bufferBytes)
    , m_epoll(::epoll_create1(EPOLL_CLOEXEC))
{
    if (m_epoll < 0)
        fail("epoll_create1");
}

FanoutClient::~FanoutClient()
{
    for (const Connection& connection : m_connections)
        ::close(connection.fd);
    ::close(m_epoll);
}

std::vector<double> FanoutClient::open(int count)
{
    std::vector<double> ready;
    for (int i = 0; i < count; ++i) {
        Connection connection;
        const int64_t before = steadyUs();
        connection.fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(m_setup.port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::connect(connection.fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
            fail("connect");
        handshake(connection);
        ready.push_back(double(steadyUs() - before) / 1000);
        if (!m_setup.hello.empty())
            writeAll(connection.fd, frameOf(m_setup.hello));
        epoll_event wanted{};
        wanted.events = EPOLLIN;
        wanted.data.u64 = m_connections.size();
        if (::epoll_ctl(m_epoll, EPOLL_CTL_ADD, connection.fd, &wanted) != 0)
            fail("epoll_ctl");
        m_connections.push_back(std::move(connection));
    }
    return ready;
}

/// Until a frame has come behind the head of the answer.
void FanoutClient::handshake(Connection& connection) const
{
    std::string head = "GET " + m_setup.path +
                       " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(m_setup.port) +
                       "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                       "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    if (!m_setup.token.empty())
        head += "Authorization: Bearer " + m_setup.token + "\r\n";
    writeAll(connection.fd, head + "\r\n");
    std::string answer;
    std::array<char, 4096> buffer{};
    size_t end = std::string::npos;
    while (end == std::string::npos || answer.size() <= end + 4) {
        const ssize_t got = ::read(connection.fd, buffer.data(), buffer.size());
        if (got <= 0)
            fail("the server ended a handshake");
        answer.append(buffer.data(), size_t(got));
        end = answer.find("\r\n\r\n");
        if (!answer.starts_with("HTTP/1.1 101")) {
            std::fprintf(stderr, "refused: %s\n", answer.c_str());
            std::exit(1);
        }
    }
}

void FanoutClient::stopReading(int count)
{
    for (size_t i = m_connections.size() - size_t(count); i < m_connections.size(); ++i) {
        if (::epoll_ctl(m_epoll, EPOLL_CTL_DEL, m_connections[i].fd, nullptr) != 0)
            fail("epoll_ctl");
    }
}

int64_t FanoutClient::receive(int64_t messages, std::chrono::milliseconds silence,
                              std::chrono::milliseconds most)
{
    const int64_t endUs = steadyUs() + most.count() * 1000;
    int64_t received = 0;
    std::array<epoll_event, 256> events{};
    while (received < messages && steadyUs() < endUs) {
        const int ready = ::epoll_wait(m_epoll, events.data(), int(events.size()), int(silence.count()));
        if (ready <= 0)
            break;
        for (int i = 0; i < ready; ++i)
            received += read(m_connections[events[size_t(i)].data.u64]);
    }
    return received;
}

void FanoutClient::drain(std::chrono::milliseconds time)
{
    std::ignore = receive(INT64_MAX, time, time);
    m_lags.clear();
}

int64_t FanoutClient::read(Connection& connection)
{
    const size_t kept = connection.rest.size();
    std::copy(connection.rest.begin(), connection.rest.end(), m_buffer.begin());
    const ssize_t got = ::recv(connection.fd, m_buffer.data() + kept, m_buffer.size() - kept, MSG_DONTWAIT);
    if (got <= 0) {
        if (::epoll_ctl(m_epoll, EPOLL_CTL_DEL, connection.fd, nullptr) != 0)
            fail("epoll_ctl");
        return 0;
    }
    m_bytes += got;
    const std::string_view text(m_buffer.data(), kept + size_t(got));
    const size_t whole = m_marker.size() + numberBytes;
    const int64_t found = count(text);
    connection.rest.assign(text.substr(text.size() - std::min(text.size(), whole - 1)));
    return found;
}

/// Markers with their number; one that may be cut comes again with what follows it.
int64_t FanoutClient::count(std::string_view text)
{
    int64_t found = 0;
    const int64_t now = steadyUs();
    for (size_t at = text.find(m_marker); at != std::string_view::npos; at = text.find(m_marker, at)) {
        at += m_marker.size();
        if (at + numberBytes > text.size())
            break;
        ++found;
        int64_t sentUs = 0;
        if (std::from_chars(text.data() + at, text.data() + text.size(), sentUs).ptr != text.data() + at)
            m_lags.push_back(double(now - sentUs) / 1000);
    }
    return found;
}

std::vector<double> FanoutClient::takeLags()
{
    return std::exchange(m_lags, {});
}

} // namespace plimsoll::bench
