/* Viewers that only count: one epoll loop, raw sockets, no message objects.
 *
 *     sink --port P --viewers N --messages FILE [--rate R] [--addresses A] [--older K] [--pause S]
 *          [--warmup S] [--seconds S] [--limit S] [--every S] [--churn R] [--stall S]
 *          [--first F --step K] [--reconnect] [--pid P]
 *
 * The same client for every server that is measured, so that its cost and its delay are the same in
 * each: what it sees later than it should is lateness of the server and of this loop together.
 *
 * Opens N sockets, R a second (0: all at once), sends each one message of FILE (its subscribe; 4
 * bytes of length, little-endian, then the masked WebSocket frame), and reads. Frames and whole
 * gaps must tile; what does not is counted as a hole or a double. The lateness of a frame is its
 * arrival less the moment that the newest `clock` gives for its first sample. A report goes out for
 * each viewer every 30 s, as a browser sends it, and pings are answered.
 *
 * The window begins S seconds after all are streaming (--warmup), or with --older when the others
 * come: the first K viewers are opened first, and the rest --pause seconds after these stream. It
 * ends --seconds after all are streaming and the window has begun, or after --limit in all.
 *
 * --pid: the server's CPU in the window and its memory too. --stall: S seconds after all are
 * streaming nobody reads any more. --churn: R a second leave, and others come in their place.
 * --reconnect: who was sent away comes back, as the protocol says. --first and --step: stairs; F
 * viewers, a window, K more, another window, and so on up to N.
 *
 * Says a JSON object a line, {"event": ...}: `streaming` each time that all are (with --churn the
 * first time), `begin` when the window
 * does; and with all figures `so_far` every --every seconds, `level` for each step of stairs
 * but the last, `stalled`, and `end` at last.
 */
#define _GNU_SOURCE
#include "common.h"
#include "histogram.h"
#include "msgpack.h"
#include "process.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    BUFFER = 1 << 18,
    EVENTS = 512,
    OPENED_MOST = 200, /* in one turn, so that what arrives meanwhile is not read late */
    CODES = 5000,
    REPORT_S = 30,
    OLDER_A_SECOND = 500,
};
static const double BACKOFF_S = 0.5, BACKOFF_MOST_S = 30;

enum stage { AWAY, CONNECTING, UPGRADING, GREETED, SUBSCRIBED, STREAMING };

struct viewer {
    uint8_t *kept; /* of a message that is not all here yet */
    uint64_t next; /* sample that must come next */
    double sample, time, rate;
    double back; /* when to come (back): s; 0 = not by itself */
    double retry;
    uint32_t held; /* bytes kept */
    int fd;
    uint8_t stage, attempts;
};

static struct {
    int port, viewers, older, addresses, pid, first, step;
    double rate, pause, warmup, seconds, limit, every, churn, stall;
    bool reconnect;
} ask = {.addresses = 1, .warmup = 3, .seconds = 10, .limit = 120, .stall = -1};

static struct viewer *viewers;
static int wanted;  /* of them now: all, but on stairs */
static double next; /* when the next one comes, s; 0: nobody is to come */
static uint8_t **messages;
static int message_count, epoll_fd;
static uint8_t buffer[BUFFER];
static volatile sig_atomic_t stopped;

/* The account. */
static struct {
    uint64_t holes, doubles, held, events, errors, refused, lost, opened, code[CODES];
} account;

static struct histogram all_late, older_late; /* in the window */

static struct {
    bool open, over;
    double begun, ended;
    double pause; /* longest time between two turns of this loop, s */
    uint64_t frames, bytes;
    uint64_t cpu, own_cpu; /* ns; when it began, and once it is over, what was used in it */
    long rss_before, rss;
} window;

/* How many have come so far at least. */
static int count(enum stage least)
{
    int n = 0;
    for (int i = 0; i < wanted; i++)
        n += viewers[i].stage >= least;
    return n;
}

static void print(const char *event)
{
    double now = now_s(), until = window.over ? window.ended : now;
    double seconds = window.begun ? until - window.begun : 0;
    const struct {
        const char *name;
        uint64_t value;
    } numbers[] = {
        {"connected", (uint64_t)count(GREETED)},
        {"streaming", (uint64_t)count(STREAMING)},
        {"opened", account.opened},
        {"refused", account.refused},
        {"lost", account.lost},
        {"holes", account.holes},
        {"doubles", account.doubles},
        {"held", account.held},
        {"errors", account.errors},
        {"events", account.events},
        {"frames", window.frames},
        {"bytes", window.bytes},
        {"cpu_ns", window.over ? window.cpu : 0},
        {"rss_before", (uint64_t)window.rss_before},
        {"rss", (uint64_t)window.rss},
    };
    printf("{\"event\": \"%s\", \"at\": %.6f, \"seconds\": %.6f, \"own_cpu\": %.4f, "
           "\"pause_ms\": %.3f",
           event, now, seconds, window.over ? (double)window.own_cpu / 1e9 / seconds : 0.0,
           window.pause * 1000);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        printf(", \"%s\": %llu", numbers[i].name, (unsigned long long)numbers[i].value);
    const char *comma = "";
    printf(", \"codes\": {");
    for (int code = 0; code < CODES; code++)
        if (account.code[code]) {
            printf("%s\"%d\": %llu", comma, code, (unsigned long long)account.code[code]);
            comma = ", ";
        }
    printf("}");
    print_lateness("late_ms", &all_late);
    if (ask.older)
        print_lateness("older_ms", &older_late);
    printf("}\n");
    fflush(stdout);
}

/* A viewer's life. */

static void open_one(struct viewer *v)
{
    int index = (int)(v - viewers);
    struct sockaddr_in from = {.sin_family = AF_INET}, to = {.sin_family = AF_INET};
    const int yes = 1;
    v->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (v->fd < 0)
        die("no more sockets after %d", count(CONNECTING));
    setsockopt(v->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (ask.addresses > 1) {
        setsockopt(v->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
        from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + (uint32_t)(index % ask.addresses));
        if (bind(v->fd, (void *)&from, sizeof from))
            die("no address to come from");
    }
    to.sin_port = htons((uint16_t)ask.port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    v->stage = CONNECTING;
    v->back = 0;
    account.opened++;
    struct epoll_event e = {.events = EPOLLOUT, .data.ptr = v};
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, v->fd, &e);
    if (connect(v->fd, (void *)&to, sizeof to) && errno != EINPROGRESS)
        die("cannot connect");
}

static void leave(struct viewer *v, int code, bool may_return)
{
    if (code)
        account.code[code < CODES ? code : 0]++;
    if (v->stage <= UPGRADING && code)
        account.refused++;
    else if (code)
        account.lost++;
    close(v->fd);
    free(v->kept);
    v->kept = NULL;
    v->held = 0;
    v->fd = -1;
    v->stage = AWAY;
    if (may_return && ask.reconnect) {
        /* Full jitter, or what the server said. */
        double most = BACKOFF_S * (1 << (v->attempts < 6 ? v->attempts : 6));
        if (most > BACKOFF_MOST_S)
            most = BACKOFF_MOST_S;
        v->attempts += v->attempts < 6;
        v->back = now_s() + (v->retry ? v->retry : drand48() * most);
        v->retry = 0;
    }
}

static void send_all(struct viewer *v, const void *bytes, size_t size)
{
    /* Little and seldom: the send buffer always has room for it, or the server reads nothing. */
    (void)!send(v->fd, bytes, size, MSG_NOSIGNAL);
}

static void upgrade(struct viewer *v)
{
    char request[400];
    int size = snprintf(request, sizeof request,
                        "GET /api/v1/stream HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
                        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                        "Sec-WebSocket-Protocol: ecgstream.v1\r\n\r\n",
                        ask.port);
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = v};
    epoll_ctl(epoll_fd, EPOLL_CTL_MOD, v->fd, &e);
    v->stage = UPGRADING;
    send_all(v, request, (size_t)size);
}

static void subscribe(struct viewer *v)
{
    const uint8_t *message = messages[(v - viewers) % message_count];
    uint32_t size;
    memcpy(&size, message, 4);
    v->stage = GREETED;
    send_all(v, message + 4, size);
}

static void report(struct viewer *v)
{
    uint8_t m[64] = {0x82, 0x80}, *p = m + 6; /* masked with 0 */
    p = mempcpy(p, "\x83\xa2op\xa6report\xa3sid\x01\xa5shown\xcf", 23);
    p = put_be(p, v->next ? v->next - 1 : 0, 8);
    m[1] = (uint8_t)(0x80 | (p - m - 6));
    send_all(v, m, (size_t)(p - m));
}

static void tile(struct viewer *v, uint64_t start, uint64_t stop)
{
    account.holes += start > v->next;
    account.doubles += start < v->next;
    v->next = stop;
}

static void take_frame(struct viewer *v, const uint8_t *p, uint64_t bytes, double now)
{
    uint64_t sid, start, samples;
    p = number(p + 1, &sid);
    p = number(p, &start);
    number(p, &samples);
    tile(v, start, start + samples);
    v->stage = STREAMING;
    v->attempts = 0;
    if (!window.open || window.over)
        return;
    window.frames++;
    window.bytes += bytes;
    if (v->rate > 0) {
        double late = now - (v->time + ((double)start - v->sample) / v->rate);
        note(&all_late, late);
        if (v - viewers < ask.older)
            note(&older_late, late);
    }
}

static void take_event(struct viewer *v, const uint8_t *p)
{
    const uint8_t *type = value_of(p, "type"), *clock, *found;
    uint64_t start, stop;
    account.events++;
    if (is(type, "welcome")) {
        subscribe(v);
    } else if (is(type, "subscribed") || is(type, "state")) {
        number(value_of(p, "next"), &v->next);
        clock = value_of(p, "clock");
        v->sample = real(value_of(clock, "sample"));
        v->time = real(value_of(clock, "time"));
        v->rate = real(value_of(clock, "rate"));
        /* A clock that is held puts off what is due: no loss, but no pace either. */
        found = value_of(p, "why");
        account.held += found && (is(found, "behind") || is(found, "loading"));
        if (v->stage < SUBSCRIBED)
            v->stage = SUBSCRIBED;
    } else if (is(type, "gap") && (!(found = value_of(p, "leads")) || *found == 0xc0)) {
        number(value_of(p, "start"), &start);
        number(value_of(p, "stop"), &stop);
        tile(v, start, stop);
    } else if (is(type, "bye")) {
        found = value_of(p, "retry_after_ms");
        v->retry = found && *found != 0xc0 ? real(found) / 1000 : 0;
    } else if (is(type, "error")) {
        if (!account.errors++)
            fprintf(stderr, "sink: %.*s\n", (int)(skip(p) - p), p);
    }
}

/* One WebSocket frame. Returns false where the viewer left. */
static bool take(struct viewer *v, uint8_t *head, uint8_t *payload, uint64_t size, double now)
{
    switch (head[0] & 15) {
    case 8:
        leave(v, size >= 2 ? (int)get_be(payload, 2) : 1005, true);
        return false;
    case 9: {
        uint8_t pong[131] = {0x8a, (uint8_t)(0x80 | size)};
        memcpy(pong + 6, payload, size);
        send_all(v, pong, 6 + size);
        return true;
    }
    case 2:
        if (payload[0] == 0x94)
            take_frame(v, payload, size + (uint64_t)(payload - head), now);
        else
            take_event(v, payload);
    }
    return true;
}

/* The answer to the upgrade. Returns the bytes of it, 0 where it is not whole, -1 for a refusal. */
static long take_upgrade(struct viewer *v, uint8_t *from, size_t size)
{
    uint8_t *end = memmem(from, size, "\r\n\r\n", 4);
    if (!end)
        return 0;
    if (memcmp(from, "HTTP/1.1 101", 12)) {
        static const char name[] = "\"retry_after_ms\":";
        uint8_t *retry = memmem(from, size, name, sizeof name - 1);
        v->retry = retry ? atof((char *)retry + sizeof name - 1) / 1000 : 0;
        leave(v, atoi((char *)from + 9), true);
        return -1;
    }
    v->stage = GREETED;
    return end + 4 - from;
}

static void hear(struct viewer *v)
{
    if (v->held)
        memcpy(buffer, v->kept, v->held);
    ssize_t n = recv(v->fd, buffer + v->held, sizeof buffer - v->held - 1, 0);
    if (n <= 0) {
        if (n == 0 || errno != EAGAIN)
            leave(v, 1006, true);
        return;
    }
    double now = now_s();
    uint8_t *p = buffer, *end = buffer + v->held + n;
    *end = 0;
    if (v->stage == UPGRADING) {
        long taken = take_upgrade(v, p, (size_t)(end - p));
        if (taken < 0)
            return;
        p += taken;
    }
    while (v->stage >= GREETED && end - p >= 2) {
        uint64_t size = p[1] & 127;
        int wide = size == 126 ? 2 : size == 127 ? 8 : 0;
        if (end - p < 2 + wide)
            break;
        if (wide)
            size = get_be(p + 2, wide);
        if ((uint64_t)(end - p) < 2 + (uint64_t)wide + size) {
            if (size > sizeof buffer / 2)
                die("a message of %llu bytes", (unsigned long long)size);
            break;
        }
        if (!take(v, p, p + 2 + wide, size, now))
            return;
        p += 2 + (uint64_t)wide + size;
    }
    size_t left = (size_t)(end - p);
    if (left > v->held || !left) {
        free(v->kept);
        v->kept = left ? malloc(left) : NULL;
    }
    if (left)
        memcpy(v->kept, p, left);
    v->held = (uint32_t)left;
}

/* What happens by the clock. */

static void open_window(double now)
{
    window.open = true;
    window.pause = 0;
    window.begun = now;
    window.cpu = ask.pid ? cpu_of(ask.pid) : 0;
    window.own_cpu = own_cpu();
    printf("{\"event\": \"begin\", \"at\": %.6f}\n", now);
    fflush(stdout);
}

static void close_window(double now)
{
    if (window.open) {
        window.over = true;
        window.ended = now;
        window.cpu = ask.pid ? cpu_of(ask.pid) - window.cpu : 0;
        window.own_cpu = own_cpu() - window.own_cpu;
        window.rss = ask.pid ? rss_of(ask.pid) : 0;
    }
    if (stopped || wanted == ask.viewers || !window.open) {
        print("end");
        exit(0);
    }
    print("level");
    wanted += wanted + ask.step < ask.viewers ? ask.step : ask.viewers - wanted;
    long before = window.rss_before;
    memset(&window, 0, sizeof window);
    memset(&all_late, 0, sizeof all_late);
    window.rss_before = before;
}

static void come(double now)
{
    static int opened;
    static double herd; /* when all but the older may come */
    if (ask.older && !herd && count(STREAMING) == ask.older)
        herd = now + ask.pause;
    bool alone = ask.older && !(herd && now >= herd);
    if (ask.older && !alone && !window.open)
        open_window(now);
    int upto = alone ? ask.older : wanted, most = OPENED_MOST;
    double rate = alone ? OLDER_A_SECOND : ask.rate > 0 ? ask.rate : 1e9;
    if (!next)
        next = now;
    /* As people come: at any moment, or the frames would be due at few moments of the 200 ms. */
    for (; opened < upto && next <= now && most; next += 2 * drand48() / rate, most--)
        open_one(&viewers[opened++]);
    if (opened >= upto)
        next = 0;
    for (int i = 0; i < opened && most && (ask.reconnect || ask.churn); i++)
        if (viewers[i].back && viewers[i].back <= now) {
            open_one(&viewers[i]);
            most--;
        }
}

/* Somebody leaves, every other one without a word, and another one comes in the same place. */
static void churn(double now)
{
    static bool word;
    struct viewer *v = &viewers[lrand48() % ask.viewers];
    if (v->stage != STREAMING)
        return;
    if ((word = !word))
        send_all(v, "\x88\x82\0\0\0\0\x03\xe8", 8);
    leave(v, 0, false);
    v->back = now;
}

static void tick(double now)
{
    static double begun, streamed, reported, churned, told;
    static bool whole;
    if (!begun) {
        begun = churned = told = now;
        window.rss_before = ask.pid ? rss_of(ask.pid) : 0;
    }
    come(now);
    /* Counting all is for now and then. */
    static double counted;
    if (now - counted > 0.02) {
        counted = now;
        bool all = count(STREAMING) == wanted;
        if (all && !whole) {
            streamed = streamed && !ask.reconnect ? streamed : now;
            /* Not whenever churn lets them all be there for a moment: nobody reads that. */
            if (!ask.churn || !reported) {
                printf("{\"event\": \"streaming\", \"at\": %.6f, \"took\": %.6f}\n", now,
                       now - begun);
                fflush(stdout);
            }
            if (!reported)
                reported = now;
        }
        whole = all;
    }
    for (; reported && (now - reported) * ask.viewers >= REPORT_S;
         reported += (double)REPORT_S / ask.viewers) {
        static int next;
        struct viewer *v = &viewers[next++ % ask.viewers];
        if (v->stage == STREAMING)
            report(v);
    }
    if (ask.churn && streamed)
        for (; now - churned >= 1 / ask.churn; churned += 1 / ask.churn)
            churn(now);
    else
        churned = now;
    if (streamed && !window.open && now >= streamed + ask.warmup)
        open_window(now);
    if (ask.every && now - told >= ask.every) {
        told = now;
        print("so_far");
    }
    bool stalled = ask.stall >= 0 && streamed && now >= streamed + ask.stall;
    if (stalled) {
        print("stalled");
        pause();
        exit(0);
    }
    double from = window.begun > streamed ? window.begun : streamed;
    bool through = streamed && window.open && now >= from + ask.seconds;
    if (stopped || through || now >= begun + ask.limit) {
        close_window(now);
        streamed = 0;
        whole = false;
    }
}

/* Starting. */

static void read_messages(const char *name)
{
    struct stat about;
    int fd = open(name, O_RDONLY);
    if (fd < 0 || fstat(fd, &about))
        die("%s", name);
    uint8_t *all = malloc((size_t)about.st_size);
    if (read(fd, all, (size_t)about.st_size) != about.st_size)
        die("%s", name);
    for (uint8_t *p = all; p < all + about.st_size; message_count++) {
        uint32_t size;
        memcpy(&size, p, 4);
        messages = realloc(messages, sizeof *messages * (size_t)(message_count + 1));
        messages[message_count] = p;
        p += 4 + size;
    }
}

static void read_arguments(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const char *name = argv[i];
        if (!strcmp(name, "--reconnect")) {
            ask.reconnect = true;
            continue;
        }
        const char *said = ++i < argc ? argv[i] : "";
        const struct {
            const char *name;
            int *whole;
            double *real;
        } known[] = {
            {"--port", &ask.port, 0},           {"--viewers", &ask.viewers, 0},
            {"--older", &ask.older, 0},         {"--addresses", &ask.addresses, 0},
            {"--pid", &ask.pid, 0},             {"--rate", 0, &ask.rate},
            {"--pause", 0, &ask.pause},         {"--warmup", 0, &ask.warmup},
            {"--seconds", 0, &ask.seconds},     {"--limit", 0, &ask.limit},
            {"--every", 0, &ask.every},         {"--churn", 0, &ask.churn},
            {"--stall", 0, &ask.stall},         {"--first", &ask.first, 0},
            {"--step", &ask.step, 0},
        };
        size_t k = 0, n = sizeof known / sizeof *known;
        while (k < n && strcmp(name, known[k].name))
            k++;
        if (k < n && known[k].whole)
            *known[k].whole = atoi(said);
        else if (k < n)
            *known[k].real = atof(said);
        else if (!strcmp(name, "--messages"))
            read_messages(said);
        else
            die("%s is not known", name);
    }
    if (!ask.port || ask.viewers < 1 || !message_count)
        die("--port, --viewers and --messages are needed");
}

static void stop(int signal)
{
    (void)signal;
    stopped = 1;
}

int main(int argc, char **argv)
{
    struct epoll_event events[EVENTS];
    signal(SIGTERM, stop);
    read_arguments(argc, argv);
    srand48(1); /* the same jitter in every run */
    wanted = ask.first ? ask.first : ask.viewers;
    viewers = calloc((size_t)ask.viewers, sizeof *viewers);
    epoll_fd = epoll_create1(0);
    const struct timespec nap = {.tv_nsec = 500000};
    bool busy = false;
    for (double turned = now_s();;) {
        /* Looks every half millisecond instead of sleeping in epoll_wait: whoever sends to a
         * sleeper pays for waking it up (some 5 us in a virtual machine), on loopback only and
         * the more often the slower it sends. No network has that. */
        if (!busy)
            nanosleep(&nap, NULL);
        int n = epoll_wait(epoll_fd, events, EVENTS, 0);
        busy = n == EVENTS;
        for (int i = 0; i < n; i++) {
            struct viewer *v = events[i].data.ptr;
            if (v->stage == CONNECTING && !(events[i].events & (EPOLLERR | EPOLLHUP)))
                upgrade(v);
            else if (v->stage == CONNECTING)
                leave(v, 1006, true);
            else if (v->stage != AWAY)
                hear(v);
        }
        double now = now_s();
        /* Where a virtual machine stands still, both sides do, and no server is to blame. */
        if (now - turned > window.pause)
            window.pause = now - turned;
        turned = now;
        tick(now);
    }
}
