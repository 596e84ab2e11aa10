#include "tests/contract/bmc/test_bmc.h"

#include <csignal>
#include <stdexcept>

#include "common/x509.h"
#include "coordinator/power/ipmitool.h"
#include "lab/certificates.h"
#include "tests/support/must.h"
#include "tests/support/run.h"

namespace ecokube::test {
namespace {

constexpr auto kOwnerOnly = std::filesystem::perms(0700);

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
while [ -e slow ]; do sleep 0.02; done
[ -e lie ] && exit 0
case "$3 $4" in
  "power 1") echo 1 >power;;
  "power 0" | "shutdown 1") echo 0 >power;;
  *) exit 1;;
esac
)";

/// What a user may write.
constexpr const char* kProgram = R"sh(#!/bin/sh
[ "$PLUG_PASSWORD" = s3cret-1 ] || { echo "wrong password" >&2; exit 5; }
[ -e "$PLUG/dead" ] && { echo "no route to the plug" >&2; exit 4; }
case "$1" in
  status)
    if [ "$("$PLUG/chassis" "$PLUG" get power)" = power:1 ]; then power=on; else power=off; fi
    echo "the plug was asked for $ECOKUBE_NODE's $ECOKUBE_VERB"
    echo "$power a1234567-89ab-cdef-a123-456789000001";;
  on) "$PLUG/chassis" "$PLUG" set power 1;;
  off) "$PLUG/chassis" "$PLUG" set power 0;;
  *) exit 6;;
esac
)sh";

// Without a default value it can't be the result of a coroutine that is spawned.
boost::asio::awaitable<void> read_watts_into(ManagementController& controller,
                                             std::optional<Result<MeasuredPower>>& said) {
  said = co_await controller.read_watts(kRunLimit);
}

}  // namespace

Result<MeasuredPower> watts_of(boost::asio::io_context& io, ManagementController& controller) {
  std::optional<Result<MeasuredPower>> said;
  run(io, read_watts_into(controller, said));
  return *said;
}

std::string_view to_string(Way way) {
  if (way == Way::exec) return "Exec";
  return way == Way::ipmi ? "Ipmi" : "Redfish";
}

TestBmc::TestBmc() {
  std::filesystem::permissions(dir_.write("chassis", kChassis), kOwnerOnly);
  set_on(false);
}

std::unique_ptr<TestBmc> make_test_bmc(boost::asio::io_context& io, Way way) {
  if (way == Way::exec) return std::make_unique<ExecTestBmc>();
  if (way == Way::redfish) return std::make_unique<RedfishTestBmc>(io);
  return std::make_unique<IpmiTestBmc>(io);
}

IpmiTestBmc::IpmiTestBmc(boost::asio::io_context& io) : io_(io) {
  options_.folder = dir().path();
  options_.port = must(lab::free_udp_port());
  options_.password = "s3cret-1";
  options_.guid = kGuid;
  options_.chassis = chassis().string() + " " + dir().path().string();
  options_.dcmi_module = ECOKUBE_DCMI_MODULE;
  options_.dcmi = dir() / "dcmi";
  must(lab::write_password_file(dir() / "password", options_.password));
  start();
}

IpmiAccess IpmiTestBmc::ipmi() const {
  return {{"127.0.0.1", options_.port}, options_.user, {options_.folder / "password", ""}, 3};
}

BmcAccess IpmiTestBmc::wrong_access() const {
  auto wrong = ipmi();
  wrong.user = "nobody";
  return wrong;
}

void IpmiTestBmc::start() {
  sim_ = must(lab::start_simulated_bmc(io_.get_executor(), options_));
  constexpr int kTries = 10;
  for (int i = 0; i < kTries; ++i) {
    const auto answer =
        run(io_, call_ipmitool(io_.get_executor(), ipmi(), BmcVerb::guid, kRunLimit));
    if (answer) return;
  }
  throw std::runtime_error("ipmi_sim does not answer: " + read_text(dir() / "sim.log"));
}

void IpmiTestBmc::kill() {
  sim_->signal_group(SIGKILL);
  (void)run(io_, sim_->wait(kRunLimit));
}

RedfishTestBmc::RedfishTestBmc(boost::asio::io_context& io) : io_(io) {
  const auto ca = must(lab::make_ca(dir().path(), "ca"));
  const auto made =
      must(lab::make_certificate(dir().path(), ca, {.file_stem = "bmc", .sans = {"IP:127.0.0.1"}}));
  options_.certificate = made.certificate;
  options_.key = made.key;
  options_.password = "s3cret-1";
  options_.uuid = "A1234567-89ab-cdef-a123-456789000001";
  options_.chassis = {chassis().string(), dir().path().string()};
  must(lab::write_password_file(dir() / "password", options_.password + "\n"));
  must(lab::write_password_file(dir() / "wrong", "wrong"));
  start();
}

RedfishAccess RedfishTestBmc::redfish() const {
  const auto folder = chassis().parent_path();
  RedfishAccess access;
  access.address = {"127.0.0.1", options_.port};
  access.user = options_.user;
  access.password.file = folder / "password";
  access.trust.ca = folder / "ca.crt";
  return access;
}

BmcAccess RedfishTestBmc::wrong_access() const {
  auto wrong = redfish();
  wrong.password.file.replace_filename("wrong");
  return wrong;
}

void RedfishTestBmc::start() {
  service_ = must(lab::RedfishService::start(io_.get_executor(), options_));
  options_.port = service_->port();
}

RedfishTestBmc::Fingerprints RedfishTestBmc::fingerprints() const {
  const auto shown = must(parse_certificates(read_text(options_.certificate)));
  return {certificate_hash(shown.front().get()), public_key_hash(shown.front().get())};
}

ExecTestBmc::ExecTestBmc() {
  std::filesystem::permissions(dir().write("plug", kProgram), kOwnerOnly);
}

ExecAccess ExecTestBmc::exec() const {
  const auto folder = chassis().parent_path();
  return {"w1", folder / "plug", {{"PLUG", folder.string()}, {"PLUG_PASSWORD", "s3cret-1"}}, true};
}

BmcAccess ExecTestBmc::wrong_access() const {
  auto wrong = exec();
  wrong.environment.back().second = "wrong";
  return wrong;
}

void ExecTestBmc::kill() { dir().write("dead", ""); }
void ExecTestBmc::start() { std::filesystem::remove(dir() / "dead"); }

}  // namespace ecokube::test
