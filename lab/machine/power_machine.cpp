#include "lab/machine/power_machine.h"

#include <utility>

namespace ecokube::lab {

using Kind = Happening::Kind;

std::string_view to_string(PowerState state) {
  switch (state) {
    case PowerState::off: return "off";
    case PowerState::booting: return "booting";
    case PowerState::on: return "on";
    case PowerState::dying: return "dying";
  }
  return "unknown";
}

std::string_view to_string(Kind kind) {
  switch (kind) {
    case Kind::packet_valid: return "packet_valid";
    case Kind::lost_packet: return "lost_packet";
    case Kind::powered_on: return "powered_on";
    case Kind::boot_done: return "boot_done";
    case Kind::power_off_asked: return "power_off_asked";
    case Kind::powered_off: return "powered_off";
  }
  return "unknown";
}

PowerMachine::Happenings PowerMachine::tick(TimePoint now) {
  Happenings out;
  if (!until_ || now < *until_) return out;
  until_.reset();
  if (state_ == PowerState::booting) {
    out.push_back({Kind::boot_done, state_, ""});
    state_ = PowerState::on;
  } else if (state_ == PowerState::dying) {
    out.push_back({Kind::powered_off, state_, "asked"});
    state_ = PowerState::off;
  }
  return out;
}

PowerMachine::Happenings PowerMachine::packet(TimePoint now) {
  Happenings out = tick(now);
  out.push_back({Kind::packet_valid, state_, ""});
  if (settings_.ignore_packets > 0) {
    --settings_.ignore_packets;
    out.push_back({Kind::lost_packet, state_, "lost on the way"});
  } else if (state_ == PowerState::dying) {
    out.push_back({Kind::lost_packet, state_, "still dying"});
  } else if (state_ == PowerState::off && !wake_armed_) {
    out.push_back({Kind::lost_packet, state_, "not armed"});
  } else if (state_ == PowerState::off && dead()) {
    out.push_back({Kind::lost_packet, state_, "dead"});
  } else if (state_ == PowerState::off) {
    start_boot(now, "packet", out);
  }
  return out;
}

PowerMachine::Happenings PowerMachine::power_on(TimePoint now, std::string cause) {
  Happenings out = tick(now);
  if (state_ == PowerState::off && !dead()) start_boot(now, std::move(cause), out);
  return out;
}

PowerMachine::Happenings PowerMachine::ask_off(TimePoint now) {
  Happenings out = tick(now);
  if (state_ != PowerState::on && state_ != PowerState::booting) return out;
  out.push_back({Kind::power_off_asked, state_, ""});
  state_ = PowerState::dying;
  until_ = now + settings_.die;
  return out;
}

PowerMachine::Happenings PowerMachine::cut(TimePoint now) {
  Happenings out = tick(now);
  if (state_ == PowerState::off) return out;
  out.push_back({Kind::powered_off, state_, "cut"});
  state_ = PowerState::off;
  until_.reset();
  return out;
}

void PowerMachine::start_boot(TimePoint now, std::string cause, Happenings& out) {
  out.push_back({Kind::powered_on, state_, std::move(cause)});
  state_ = PowerState::booting;
  --settings_.boots_max;
  until_ = now + settings_.boot * settings_.boot_slow_factor;
}

}  // namespace ecokube::lab
