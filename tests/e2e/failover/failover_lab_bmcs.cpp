// The management controllers of the lab's machines.
#include <fmt/format.h>

#include "lab/bmc/machine_chassis.h"
#include "lab/bmc/simulated_bmc.h"
#include "tests/e2e/failover/failover_lab.h"
#include "tests/support/must.h"

namespace ecokube::test {

std::string system_uuid(int number) {
  return fmt::format("ec0c0be0-0000-4000-8000-{:012x}", number);
}

void FailoverLab::make_bmc(const std::string& name, int number) {
  lab::SimulatedBmcOptions options;
  options.folder = dir_ / (name + "/bmc");
  options.port = bmc_ports_.at(name);
  options.password = "s3cret-" + name;
  options.guid = system_uuid(number);
  std::erase(options.guid, '-');
  options.chassis =
      must(lab::write_machine_chassis(options.folder, program("lab-power"), dir_ / name));
  options.dcmi_module = ECOKUBE_DCMI_MODULE;
  options.dcmi = dir_.write(name + "/bmc/dcmi", "212 184 activated");
  bmcs_.push_back(must(lab::start_simulated_bmc(io_.get_executor(), options)));
  must(lab::write_password_file(dir_ / (name + ".bmc"), options.password));
}

std::string FailoverLab::bmc_configuration() const {
  if (bmc_ports_.empty() && other_bmcs_.empty()) return "";
  std::string text = R"([ipmi]
poll_s = 0.5
poll_close_s = 0.2
order_spacing_s = 0
call_limit_s = 1
backoff_s = 0.5
backoff_max_s = 0.5
)";
  for (const auto& [name, port] : bmc_ports_) {
    text += fmt::format(R"([[node]]
name = "{0}"
bmc_address = "127.0.0.1"
bmc_port = {1}
bmc_user = "power"
bmc_password_file = "{2}/{0}.bmc"
bmc_cipher_suite = 3
)",
                        name, port, dir_.path().string());
  }
  return text + other_bmcs_;
}

void FailoverLab::make_redfish(const std::string& name, int number) {
  const auto made = must(lab::make_certificate(
      dir_.path(), ca_, {.file_stem = name + "-bmc", .sans = {"IP:127.0.0.1"}}));
  lab::RedfishServiceOptions options;
  options.certificate = made.certificate;
  options.key = made.key;
  options.password = "s3cret-" + name;
  options.uuid = system_uuid(number);
  options.chassis = {
      must(lab::write_machine_chassis(dir_ / (name + "/bmc"), program("lab-power"), dir_ / name))};
  options.takes_basic = false;
  options.asynchronous = true;
  must(lab::write_password_file(dir_ / (name + ".bmc"), options.password));
  redfish_ = must(lab::RedfishService::start(io_.get_executor(), std::move(options)));
  other_bmcs_ +=
      fmt::format(R"([[node]]
name = "{0}"
bmc_protocol = "redfish"
bmc_address = "127.0.0.1"
bmc_port = {1}
bmc_user = "power"
bmc_password_file = "{2}/{0}.bmc"
bmc_auth = "session"
bmc_ca = "{3}"
)",
                  name, redfish_->port(), dir_.path().string(), ca_.certificate.string());
}

void FailoverLab::make_power_program(const std::string& name, int number) {
  const auto chassis =
      must(lab::write_machine_chassis(dir_ / (name + "/bmc"), program("lab-power"), dir_ / name));
  const auto file = dir_.write(name + "/power", R"sh(#!/bin/sh
case "$1" in
  status)
    if [ "$("$CHASSIS" get power)" = power:1 ]; then echo "on $UUID"; else echo "off $UUID"; fi ;;
  on) "$CHASSIS" set power 1 ;;
  *) exit 6 ;;
esac
)sh");
  std::filesystem::permissions(file, std::filesystem::perms(0700));
  other_bmcs_ += fmt::format(R"([[node]]
name = "{}"
exec_program = "{}"
exec_env = {{ CHASSIS = "{}", UUID = "{}" }}
)",
                             name, file.string(), chassis, system_uuid(number));
}

}  // namespace ecokube::test
