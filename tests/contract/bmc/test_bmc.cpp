#include "tests/contract/bmc/test_bmc.h"

#include <csignal>
#include <stdexcept>

#include "coordinator/power/ipmitool.h"
#include "tests/support/must.h"
#include "tests/support/run.h"

namespace ecokube::test {
namespace {

constexpr const char* kChassis = R"(#!/bin/sh
cd "$1" || exit 1
while [ -e hang ]; do sleep 0.02; done
if [ "$2" = get ]; then
  printf r >>reads
  power=$(cat power)
  if [ "$power" = 0 ] && [ -s late ]; then
    late=$(cat late); printf %s "${late#x}" >late; power=1
  fi
  echo "power:$power"
  exit 0
fi
echo "set $3 $4" >>orders
[ -e lie ] && exit 0
case "$3 $4" in
  "power 1") echo 1 >power;;
  "power 0" | "shutdown 1") echo 0 >power;;
  *) exit 1;;
esac
)";

}  // namespace

TestBmc::TestBmc(boost::asio::io_context& io) : io_(io) {
  const auto chassis = dir_.write("chassis", kChassis);
  std::filesystem::permissions(chassis, std::filesystem::perms(0700));
  set_on(false);
  options_.folder = dir_.path();
  options_.port = must(lab::free_udp_port());
  options_.password = "s3cret-1";
  options_.guid = kGuid;
  options_.chassis = chassis.string() + " " + dir_.path().string();
  if (auto done = lab::write_password_file(dir_ / "password", options_.password); !done) {
    throw std::runtime_error(done.error().message);
  }
  start();
}

IpmiAccess TestBmc::access() const {
  return {{"127.0.0.1", options_.port}, options_.user, dir_ / "password", 3};
}

void TestBmc::start() {
  sim_ = must(lab::start_simulated_bmc(io_.get_executor(), options_));
  constexpr int kTries = 10;
  for (int i = 0; i < kTries; ++i) {
    const auto answer =
        run(io_, call_ipmitool(io_.get_executor(), access(), BmcVerb::guid, kRunLimit));
    if (answer) return;
  }
  throw std::runtime_error("ipmi_sim does not answer: " + read_text(dir_ / "sim.log"));
}

void TestBmc::kill() {
  sim_->signal_group(SIGKILL);
  (void)run(io_, sim_->wait(kRunLimit));
}

}  // namespace ecokube::test
