// The upstream of the benchmark: answers at once with bytes that are ready, and is never the bottleneck.
//
//     mock WHOLE STREAM      files with the two responses; prints its port
//
// A request whose body holds "stream":true gets STREAM in one write (a burst), any other gets WHOLE.
#include <fcntl.h>
#include <sys/epoll.h>

#include <map>

#include "wire.h"

struct Peer {
    std::string in;
    std::string_view out;  // what is still to be written
};

// The length of the first whole request in `in`; 0 when there is none yet.
static size_t whole(std::string_view in) {
    size_t end = in.find("\r\n\r\n");
    if (end == in.npos) return 0;
    size_t length = end + 4 + number(header(in.substr(0, end + 2), "content-length"), 10);
    return in.size() < length ? 0 : length;
}

static int listening() {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    if (bind(fd, reinterpret_cast<sockaddr*>(&address), size) || listen(fd, 1024)) fail("mock: cannot listen");
    getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
    std::printf("%d\n", ntohs(address.sin_port));
    std::fflush(stdout);
    return fd;
}

// False when the peer is gone.
static bool take(int fd, Peer& peer) {
    char buffer[65536];
    while (true) {
        ssize_t got = read(fd, buffer, sizeof buffer);
        if (got < 0) return errno == EAGAIN;
        if (got == 0) return false;
        peer.in.append(buffer, static_cast<size_t>(got));
        if (static_cast<size_t>(got) < sizeof buffer) return true;
    }
}

static void give(int fd, Peer& peer) {
    ssize_t put = write(fd, peer.out.data(), peer.out.size());
    if (put > 0) peer.out.remove_prefix(static_cast<size_t>(put));
}

int main(int, char** words) {
    const std::string plain = file(words[1]), stream = file(words[2]);
    int server = listening(), poll = epoll_create1(0);
    epoll_event wanted{EPOLLIN, {.fd = server}}, ready[256];
    epoll_ctl(poll, EPOLL_CTL_ADD, server, &wanted);
    std::map<int, Peer> peers;
    while (true) {
        int count = epoll_wait(poll, ready, 256, -1);
        for (int i = 0; i < count; i++) {
            int fd = ready[i].data.fd;
            if (fd == server) {
                while ((fd = accept4(server, nullptr, nullptr, SOCK_NONBLOCK)) >= 0) {
                    no_delay(fd);
                    epoll_event both{EPOLLIN | EPOLLOUT | EPOLLET, {.fd = fd}};
                    epoll_ctl(poll, EPOLL_CTL_ADD, fd, &both);
                    peers[fd];
                }
                continue;
            }
            Peer& peer = peers[fd];
            if (!take(fd, peer)) {
                close(fd);
                peers.erase(fd);
                continue;
            }
            if (!peer.out.empty()) give(fd, peer);
            while (size_t length = peer.out.empty() ? whole(peer.in) : 0) {
                std::string_view request = std::string_view(peer.in).substr(0, length);
                peer.out = request.find("\"stream\":true") == request.npos ? plain : stream;
                peer.in.erase(0, length);
                give(fd, peer);
            }
        }
    }
}
