/* The floor: what sending the same frames costs a program that does nothing else.
 *
 *     floor FRAMES BYTES COUNT [random]
 *
 * epoll, one timer wheel and send(), as tightly as C allows. FRAMES is a file of ready-made W12
 * frames of BYTES each, WebSocket header included, as the product encodes them: COUNT consecutive
 * ones of one record, then COUNT of the next. Viewer i watches record i modulo the number of
 * records, from its first frame on, or from a random one. All viewers of a record are sent the
 * same memory. Prints `listening PORT`.
 *
 * It leaves out whatever is not sending: the upgrade is answered without looking at it (the client
 * does not check its key), the first message of a viewer is taken for its subscribe, all others
 * are thrown away, and there are no heartbeats, since a frame comes every 200 ms.
 */
#define _GNU_SOURCE
#include "common.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum {
    SLOT_MS = 5,     /* as the product's wheel: fired at its end, so that nothing leaves early */
    SLOTS = 64,      /* more than FRAME_MS / SLOT_MS: a viewer is filed one frame ahead */
    LATE_SLOTS = 4,  /* fired in one turn at most, so that accepts go on */
    EVENTS = 512,
};

enum stage { UPGRADING, WELCOMED, STREAMING };

struct viewer {
    struct viewer *next; /* in its slot */
    double anchor;       /* s; its k-th frame is due at anchor + k * 200 ms */
    uint64_t due, sent;  /* frames */
    uint32_t record, first;
    uint32_t offset; /* bytes sent of the frame that is being sent */
    int fd;
    uint8_t stage, matched; /* of the blank line that ends the request */
    bool dead, waiting;     /* for EPOLLOUT */
};

struct slot {
    struct viewer *first, **last;
};

static const uint8_t *frames;
static uint32_t frame_bytes, frame_count, records;
static bool at_random;
static struct slot wheel[SLOTS];
static int64_t turn; /* the slot that is fired next */
static int epoll_fd;
static uint32_t arrived;

static int64_t slot_of(double due)
{
    double slots = due * 1000 / SLOT_MS;
    int64_t slot = (int64_t)slots;
    return slot + ((double)slot < slots);
}

static void file(struct viewer *v, double due)
{
    int64_t number = slot_of(due); /* may be past, where the server does not keep up */
    struct slot *slot = &wheel[(number < turn ? turn : number) % SLOTS];
    v->next = NULL;
    *slot->last = v;
    slot->last = &v->next;
}

static void listen_for(struct viewer *v, int how, uint32_t events)
{
    struct epoll_event e = {.events = events, .data.ptr = v};
    epoll_ctl(epoll_fd, how, v->fd, &e);
}

/* A small event with a clock, as one WebSocket message: {type, next, clock: {sample, time, rate}} */
static void say(struct viewer *v, const char *type, uint64_t next, double time)
{
    uint8_t message[160] = {0x82, 0}, *p = message + 2;
    p = mempcpy(p, "\x83\xa4type", 6);
    *p++ = (uint8_t)(0xa0 | strlen(type));
    p = mempcpy(p, type, strlen(type));
    p = mempcpy(p, "\xa4next\xcf", 6);
    p = put_be(p, next, 8);
    p = mempcpy(p, "\xa5" "clock\x83\xa6sample\xcf", 15);
    p = put_be(p, next, 8);
    p = mempcpy(p, "\xa4time\xcb", 6);
    p = put_be(p, bits_of(time), 8);
    p = mempcpy(p, "\xa4rate\xcb", 6);
    p = put_be(p, bits_of(FS), 8);
    message[1] = (uint8_t)(p - message - 2);
    /* Some bytes between frames: a socket that has no room for them is not worth a queue here. */
    (void)!send(v->fd, message, (size_t)(p - message), MSG_NOSIGNAL);
}

static void leave(struct viewer *v)
{
    close(v->fd);
    if (v->stage == STREAMING)
        v->dead = true; /* freed when its slot comes */
    else
        free(v);
}

static void flush(struct viewer *v)
{
    while (v->sent < v->due && !v->dead) {
        uint64_t at = (v->first + v->sent) % frame_count;
        if (!at && v->sent && !v->offset)
            say(v, "state", 0, v->anchor + (double)v->sent * FRAME_MS / 1000);
        const uint8_t *frame = frames + (v->record * (uint64_t)frame_count + at) * frame_bytes;
        ssize_t n = send(v->fd, frame + v->offset, frame_bytes - v->offset, MSG_NOSIGNAL);
        if (n < 0 && errno != EAGAIN)
            return; /* epoll says so too */
        v->offset += n > 0 ? (uint32_t)n : 0;
        if (v->offset < frame_bytes) {
            if (!v->waiting)
                listen_for(v, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
            v->waiting = true;
            return;
        }
        v->offset = 0;
        v->sent++;
    }
    if (v->waiting)
        listen_for(v, EPOLL_CTL_MOD, EPOLLIN);
    v->waiting = false;
}

static void fire(void)
{
    struct slot *slot = &wheel[turn++ % SLOTS];
    struct viewer *v = slot->first, *next;
    slot->first = NULL;
    slot->last = &slot->first;
    for (; v; v = next) {
        next = v->next;
        if (v->dead) {
            free(v);
            continue;
        }
        v->due++;
        flush(v);
        file(v, v->anchor + (double)v->due * FRAME_MS / 1000);
    }
}

static void hear(struct viewer *v)
{
    static const char accepted[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                                   "Connection: Upgrade\r\n\r\n\x82\x0e\x81\xa4type\xa7welcome";
    uint8_t heard[4096];
    ssize_t n = recv(v->fd, heard, sizeof heard, 0);
    if (n <= 0) {
        if (n == 0 || errno != EAGAIN)
            leave(v);
        return;
    }
    if (v->stage == UPGRADING) {
        for (ssize_t i = 0; i < n && v->matched < 4; i++)
            v->matched = heard[i] == "\r\n\r\n"[v->matched] ? v->matched + 1 : heard[i] == '\r';
        if (v->matched < 4)
            return;
        v->stage = WELCOMED;
        if (send(v->fd, accepted, sizeof accepted - 1, MSG_NOSIGNAL) < 0)
            leave(v);
    } else if (v->stage == WELCOMED) {
        v->stage = STREAMING;
        v->anchor = now_s();
        v->first = at_random ? (uint32_t)random() % frame_count : 0;
        say(v, "subscribed", (uint64_t)v->first * FRAME_SAMPLES, v->anchor);
        file(v, v->anchor);
    }
}

static void welcome_all(int listening)
{
    const int yes = 1;
    for (int i = 0; i < 64; i++) {
        int fd = accept4(listening, NULL, NULL, SOCK_NONBLOCK);
        if (fd < 0)
            return;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        struct viewer *v = calloc(1, sizeof *v);
        v->fd = fd;
        v->record = arrived++ % records;
        listen_for(v, EPOLL_CTL_ADD, EPOLLIN);
    }
}

static int listening_socket(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (bind(fd, (void *)&at, size) || listen(fd, 4096) || getsockname(fd, (void *)&at, &size))
        die("cannot listen");
    printf("listening %d\n", ntohs(at.sin_port));
    fflush(stdout);
    return fd;
}

static int slot_timer(void)
{
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    double first = (double)(slot_of(now_s()) + 1) * SLOT_MS / 1000;
    struct itimerspec when = {.it_interval.tv_nsec = SLOT_MS * 1000000};
    when.it_value.tv_sec = (time_t)first;
    when.it_value.tv_nsec = (long)((first - (double)when.it_value.tv_sec) * 1e9);
    timerfd_settime(fd, TFD_TIMER_ABSTIME, &when, NULL);
    return fd;
}

int main(int argc, char **argv)
{
    struct stat about;
    if (argc < 4)
        die("usage: floor FRAMES BYTES COUNT [random]");
    int fd = open(argv[1], O_RDONLY);
    if (fd < 0 || fstat(fd, &about))
        die("%s", argv[1]);
    frame_bytes = (uint32_t)atoi(argv[2]);
    frame_count = (uint32_t)atoi(argv[3]);
    at_random = argc > 4;
    records = (uint32_t)(about.st_size / frame_bytes / frame_count);
    frames = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    if (frames == MAP_FAILED || !records)
        die("%s: no frames", argv[1]);

    for (int i = 0; i < SLOTS; i++)
        wheel[i].last = &wheel[i].first;
    epoll_fd = epoll_create1(0);
    int listening = listening_socket(), timer = slot_timer();
    struct viewer listener = {.fd = listening}, clock = {.fd = timer};
    listen_for(&listener, EPOLL_CTL_ADD, EPOLLIN);
    listen_for(&clock, EPOLL_CTL_ADD, EPOLLIN);

    struct epoll_event events[EVENTS];
    turn = slot_of(now_s());
    for (bool behind = false;;) {
        int n = epoll_wait(epoll_fd, events, EVENTS, behind ? 0 : -1);
        for (int i = 0; i < n; i++) {
            struct viewer *v = events[i].data.ptr;
            uint64_t ticks;
            if (v == &listener)
                welcome_all(listening);
            else if (v == &clock)
                (void)!read(timer, &ticks, sizeof ticks);
            else if (events[i].events & EPOLLOUT)
                flush(v);
            else
                hear(v);
        }
        int fired = 0;
        while (fired < LATE_SLOTS && (double)turn * SLOT_MS / 1000 <= now_s()) {
            fire();
            fired++;
        }
        behind = fired == LATE_SLOTS;
    }
}
