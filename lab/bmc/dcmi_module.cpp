// DCMI's Get Power Reading (DCMI 1.5, 6.6.1) for OpenIPMI's ipmi_sim, which has none of its own: a
// module for its `loadlib`, whose option names the file that SimulatedBmcOptions::dcmi is.
#include <algorithm>
#include <array>
#include <cstdint>
#include <fstream>
#include <optional>
#include <string>

// Its functions are C's, and it does not say so itself.
extern "C" {
#include <OpenIPMI/ipmi_auth.h>
#include <OpenIPMI/mcserv.h>
}

namespace {

constexpr unsigned char kGroupNetfn = 0x2c;
constexpr unsigned char kDcmi = 0xdc;
constexpr unsigned char kGetPowerReading = 0x02;

std::string& file() {
  static std::string path;
  return path;
}

constexpr unsigned char kBusy = 0xc0;

struct Reading {
  std::uint16_t now_watts = 0, average_watts = 0;
  bool active = false, busy = false;
};

/// nullopt: there is none.
std::optional<Reading> reading() {
  std::ifstream in(file());
  Reading read;
  std::string state;
  if (!(in >> read.now_watts >> read.average_watts >> state)) return std::nullopt;
  read.active = state == "activated";
  read.busy = state == "busy";
  return read;
}

unsigned char byte_of(std::uint32_t value, unsigned index) {
  constexpr unsigned kBits = 8;
  return static_cast<unsigned char>(value >> (kBits * index));
}

void answer(lmc_data_t* /*mc*/, msg_t* message, unsigned char* data, unsigned int* length,
            void* /*unused*/) {
  const auto read = reading();
  if (message->cmd != kGetPowerReading || !read) {
    return handle_invalid_cmd(nullptr, data, length);
  }
  if (read->busy) {
    data[0] = kBusy;
    *length = 1;
    return;
  }
  constexpr std::uint32_t kPeriodMs = 3'600'000;
  constexpr unsigned char kActive = 0x40;
  const auto now = read->now_watts;
  const auto mean = read->average_watts;
  const std::array<unsigned char, 19> said{0,  // completed normally
                                           kDcmi,
                                           byte_of(now, 0),
                                           byte_of(now, 1),
                                           1,  // the least and
                                           0,
                                           byte_of(0x7fff, 0),  // the most of the period
                                           byte_of(0x7fff, 1),
                                           byte_of(mean, 0),
                                           byte_of(mean, 1),
                                           0,  // when
                                           0,
                                           0,
                                           0,
                                           byte_of(kPeriodMs, 0),
                                           byte_of(kPeriodMs, 1),
                                           byte_of(kPeriodMs, 2),
                                           byte_of(kPeriodMs, 3),
                                           read->active ? kActive : static_cast<unsigned char>(0)};
  std::copy(said.begin(), said.end(), data);
  *length = static_cast<unsigned int>(said.size());
}

/// What ipmi_sim has no rule for it leaves to administrators; DCMI leaves this to every user.
int may(unsigned char /*privilege*/, unsigned char netfn, unsigned char /*command*/) {
  return netfn == kGroupNetfn ? IPMI_PRIV_PERMITTED : IPMI_PRIV_INVALID;
}

}  // namespace

extern "C" {

int ipmi_sim_module_print_version(sys_data_t* /*system*/, char* /*options*/) { return 0; }

int ipmi_sim_module_init(sys_data_t* /*system*/, const char* options) {
  file() = options;
  ipmi_emu_register_group_extension_handler(kDcmi, answer, nullptr);
  return 0;
}

void ipmi_sim_module_post_init(sys_data_t* system) {
  for (unsigned i = 0; i < IPMI_MAX_CHANNELS; ++i) {
    if (system->chan_set[i] != nullptr) system->chan_set[i]->oem.oem_check_permitted = may;
  }
}

}  // extern "C"
