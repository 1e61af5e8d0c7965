// The client of the benchmark: a closed loop over keep-alive connections that checks every answer.
//
//     load PORT CONNECTIONS WARM_SECONDS SECONDS REQUEST EVENTS BYTES
//
// Sends the bytes of the file REQUEST on every connection, reads the answer whole, and sends again. An answer must have
// status 200, EVENTS server-sent events (0: it is no stream), at least BYTES of body and the length of the first one.
// Prints one JSON object; times are in microseconds. Latencies count after WARM_SECONDS; `all` is every answer.
#include <fcntl.h>
#include <sys/epoll.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "wire.h"

using Clock = std::chrono::steady_clock;
using Time = Clock::time_point;

struct Connection {
    int fd = -1;
    std::string in, body;
    size_t at = 0;       // how far a chunked body is decoded
    size_t length = 0;   // of a body with a content length
    bool head = false, chunked = false;
    Time sent, first;
};

struct Expected {
    size_t events, bytes;
};

static double micros(Time from, Time to) { return std::chrono::duration<double, std::micro>(to - from).count(); }

static int connected(int port) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address = loopback(port);
    if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address)) fail("load: cannot connect");
    no_delay(fd);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

static void ask(Connection& c, const std::string& request) {
    c.in.clear();
    c.body.clear();
    c.at = 0;
    c.head = false;
    c.first = Time{};
    c.sent = Clock::now();
    if (write(c.fd, request.data(), request.size()) != static_cast<ssize_t>(request.size())) fail("load: short write");
}

static void read_head(Connection& c) {
    size_t end = c.in.find("\r\n\r\n");
    if (end == c.in.npos) return;
    std::string_view head = std::string_view(c.in).substr(0, end + 2);
    if (head.substr(0, 12) != "HTTP/1.1 200") fail("load: answered " + c.in.substr(0, 600));
    c.head = true;
    c.chunked = header(head, "transfer-encoding") == "chunked";
    c.length = number(header(head, "content-length"), 10);
    c.at = end + 4;
}

// Decodes what has come of a chunked body; true at its end.
static bool decode(Connection& c) {
    while (true) {
        size_t line = c.in.find("\r\n", c.at);
        if (line == c.in.npos) return false;
        size_t size = number(std::string_view(c.in).substr(c.at, line - c.at), 16);
        if (c.in.size() < line + 2 + size + 2) return false;
        c.body.append(c.in, line + 2, size);
        c.at = line + 2 + size + 2;
        if (size == 0) return true;
    }
}

// Takes the bytes that have come; true when the answer is whole.
static bool take(Connection& c) {
    char buffer[65536];
    while (true) {
        ssize_t got = read(c.fd, buffer, sizeof buffer);
        if (got == 0) fail("load: the server closed a connection");
        if (got < 0) break;
        c.in.append(buffer, static_cast<size_t>(got));
        if (static_cast<size_t>(got) < sizeof buffer) break;
    }
    if (c.first == Time{}) c.first = Clock::now();
    if (!c.head) read_head(c);
    if (!c.head) return false;
    if (c.chunked) return decode(c);
    if (c.in.size() < c.at + c.length) return false;
    c.body.assign(c.in, c.at, c.length);
    return true;
}

static void check(const Connection& c, const Expected& expected) {
    static size_t usual = c.body.size();
    size_t events = 0;
    for (size_t at = c.body.find("data: "); at != std::string::npos; at = c.body.find("\n\ndata: ", at)) events++, at++;
    if (c.body.size() != usual || c.body.size() < expected.bytes || (expected.events && events != expected.events))
        fail("load: " + std::to_string(events) + " events, " + std::to_string(c.body.size()) + " bytes: " + c.body);
}

static double quantile(std::vector<double>& values, double q) {
    if (values.empty()) return 0;
    size_t index = std::min(values.size() - 1, static_cast<size_t>(q * static_cast<double>(values.size())));
    std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(index), values.end());
    return values[index];
}

int main(int count, char** words) {
    if (count != 8) fail("usage: load PORT CONNECTIONS WARM_SECONDS SECONDS REQUEST EVENTS BYTES");
    const std::string request = file(words[5]);
    const Expected expected{number(words[6], 10), number(words[7], 10)};
    std::vector<Connection> connections(number(words[2], 10));
    int poll = epoll_create1(0);
    for (Connection& c : connections) {
        c.fd = connected(std::atoi(words[1]));
        epoll_event wanted{EPOLLIN, {.ptr = &c}};
        epoll_ctl(poll, EPOLL_CTL_ADD, c.fd, &wanted);
    }
    const Time begin = Clock::now(), warm = begin + std::chrono::microseconds(int64_t(1e6 * std::atof(words[3])));
    const Time over = warm + std::chrono::microseconds(int64_t(1e6 * std::atof(words[4])));
    for (Connection& c : connections) ask(c, request);
    size_t all = 0, running = connections.size();
    std::vector<double> whole, first;
    epoll_event ready[256];
    while (running) {
        int found = epoll_wait(poll, ready, 256, 10000);
        if (found == 0) fail("load: no answer for 10 seconds");
        for (int i = 0; i < found; i++) {
            Connection& c = *static_cast<Connection*>(ready[i].data.ptr);
            if (!take(c)) continue;
            Time now = Clock::now();
            check(c, expected);
            all++;
            if (now >= warm && now < over) {
                whole.push_back(micros(c.sent, now));
                first.push_back(micros(c.sent, c.first));
            }
            if (now < over) ask(c, request);
            else running--;
        }
    }
    std::printf("{\"all\":%zu,\"answers\":%zu,\"seconds\":%.6f,\"p50\":%.2f,\"p99\":%.2f,\"first_p50\":%.2f}\n", all,
                whole.size(), micros(warm, over) / 1e6, quantile(whole, .5), quantile(whole, .99), quantile(first, .5));
}
