// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace plimsoll::bench {

/// Many WebSocket clients of one server of this machine in one thread, made to cost little beside it: they
/// look for a marker in what comes and parse nothing else. Aborts the benchmark where a connection fails.
class FanoutClient
{
public:
    struct Setup
    {
        uint16_t port = 0;
        std::string path = "/ws";
        std::string token; ///< empty = none is sent
        std::string hello; ///< sent once the connection stands; empty = nothing
    };

    /// \param marker stands once in each message that is counted
    FanoutClient(Setup setup, std::string marker);
    ~FanoutClient();
    FanoutClient(const FanoutClient&) = delete;
    FanoutClient& operator=(const FanoutClient&) = delete;
    FanoutClient(FanoutClient&&) = delete;
    FanoutClient& operator=(FanoutClient&&) = delete;

    /// Opens `count` more, one after the other. \return ms from connect() to the first frame, of each
    std::vector<double> open(int count);
    /// The last `count` of them read nothing from here on.
    void stopReading(int count);
    /// Reads until `messages` have come, nothing has come for `silence`, or `most` is over. \return how many
    /// have come
    int64_t receive(int64_t messages, std::chrono::milliseconds silence,
                    std::chrono::milliseconds most = std::chrono::minutes(2));
    /// Reads for so long, and forgets it.
    void drain(std::chrono::milliseconds time);

    /// From the µs of the steady clock that stand behind the marker to now, in ms, since the last call; only
    /// where they stand there.
    [[nodiscard]] std::vector<double> takeLags();
    [[nodiscard]] int64_t bytes() const { return m_bytes; }

private:
    struct Connection
    {
        int fd = -1;
        std::string rest; ///< of the last read: a marker may be cut
    };

    void handshake(Connection& connection) const;
    int64_t read(Connection& connection);
    int64_t count(std::string_view text);

    const Setup m_setup;
    const std::string m_marker;
    std::vector<Connection> m_connections;
    std::vector<double> m_lags;
    std::vector<char> m_buffer;
    int m_epoll = -1;
    int64_t m_bytes = 0;
};

/// µs of the clock that takeLags() compares with.
[[nodiscard]] int64_t steadyUs();

/// The smallest value that `share` (0 to 1) of them do not exceed; 0 of none.
[[nodiscard]] double percentile(std::vector<double> values, double share);

} // namespace plimsoll::bench
