#include "node-agent/helpers/wake_on_lan.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>

namespace ecokube::agent {
namespace {

static_assert(kWakeMagic == WAKE_MAGIC);
static_assert(std::tuple_size_v<decltype(WakeOnLan::secure_on)> == SOPASS_MAX);

Errc code_of(int error) {
  switch (error) {
    case EOPNOTSUPP: return Errc::unsupported;
    case ENODEV: return Errc::not_found;
    case EPERM: return Errc::forbidden;
    default: return Errc::io;
  }
}

class KernelDriver final : public WakeOnLanDriver {
 public:
  explicit KernelDriver(int socket) : socket_(socket) {}

  Result<WakeOnLan> get(const std::string& nic) override {
    ethtool_wolinfo info{};
    info.cmd = ETHTOOL_GWOL;
    if (auto done = call(nic, info); !done) return std::unexpected(std::move(done.error()));
    WakeOnLan wol;
    wol.supported = info.supported;
    wol.enabled = info.wolopts;
    std::copy(std::begin(info.sopass), std::end(info.sopass), wol.secure_on.begin());
    return wol;
  }

  Result<void> set(const std::string& nic, const WakeOnLan& wanted) override {
    ethtool_wolinfo info{};
    info.cmd = ETHTOOL_SWOL;
    info.wolopts = wanted.enabled;
    std::copy(wanted.secure_on.begin(), wanted.secure_on.end(), std::begin(info.sopass));
    return call(nic, info);
  }

 private:
  [[nodiscard]] Result<void> call(const std::string& nic, ethtool_wolinfo& info) const {
    ifreq request{};
    if (nic.size() >= sizeof request.ifr_name) return fail(Errc::invalid, "its name is too long");
    std::copy(nic.begin(), nic.end(), std::begin(request.ifr_name));
    request.ifr_data = reinterpret_cast<char*>(&info);
    if (::ioctl(socket_, SIOCETHTOOL, &request) == 0) return {};
    return fail(code_of(errno), std::strerror(errno));
  }

  int socket_;
};

}  // namespace

std::unique_ptr<WakeOnLanDriver> make_kernel_driver(int socket) {
  return std::make_unique<KernelDriver>(socket);
}

}  // namespace ecokube::agent
