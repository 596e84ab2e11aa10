// What it costs on this machine to wake once a second and do nothing: the least that any agent with
// a sample each second takes, and a measure of the machine's day. Until it is told to end.
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <cstdint>

int main() {
  const int timer = ::timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  const itimerspec each_second{{1, 0}, {1, 0}};
  epoll_event readable{};
  readable.events = EPOLLIN;
  if (timer < 0 || epoll < 0 || ::timerfd_settime(timer, 0, &each_second, nullptr) != 0 ||
      ::epoll_ctl(epoll, EPOLL_CTL_ADD, timer, &readable) != 0) {
    return 1;
  }
  for (;;) {
    epoll_event event{};
    std::uint64_t ticks = 0;
    if (::epoll_wait(epoll, &event, 1, -1) == 1 && ::read(timer, &ticks, sizeof ticks) < 0) {
      return 1;
    }
  }
}
