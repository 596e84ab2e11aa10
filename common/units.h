#pragma once

#include <chrono>
#include <compare>
#include <cstdint>

namespace ecokube {

/// Exact integer power. No default constructor: a power nobody measured is an optional, not 0 W.
class Power {
 public:
  static constexpr Power milliwatts(std::int64_t v) { return Power(v); }
  static constexpr Power watts(std::int64_t v) { return Power(v * 1000); }
  [[nodiscard]] constexpr std::int64_t milliwatts() const { return mw_; }
  constexpr auto operator<=>(const Power&) const = default;
  constexpr Power operator+(Power o) const { return Power(mw_ + o.mw_); }
  constexpr Power operator-(Power o) const { return Power(mw_ - o.mw_); }

 private:
  explicit constexpr Power(std::int64_t mw) : mw_(mw) {}
  std::int64_t mw_;
};

/// Exact integer energy, in the unit of powercap's energy_uj.
class Energy {
 public:
  static constexpr Energy microjoules(std::uint64_t v) { return Energy(v); }
  static constexpr Energy joules(std::uint64_t v) { return Energy(v * 1'000'000); }
  [[nodiscard]] constexpr std::uint64_t microjoules() const { return uj_; }
  constexpr auto operator<=>(const Energy&) const = default;
  constexpr Energy operator+(Energy o) const { return Energy(uj_ + o.uj_); }
  constexpr Energy& operator+=(Energy o) { return uj_ += o.uj_, *this; }

 private:
  explicit constexpr Energy(std::uint64_t uj) : uj_(uj) {}
  std::uint64_t uj_;
};

/// 1 mW for 1 ms is 1 µJ. Negative power or time has no energy.
[[nodiscard]] constexpr Energy energy_of(Power power, std::chrono::milliseconds time) {
  if (power.milliwatts() <= 0 || time.count() <= 0) return Energy::microjoules(0);
  return Energy::microjoules(static_cast<std::uint64_t>(power.milliwatts()) *
                             static_cast<std::uint64_t>(time.count()));
}

/// Mean power over a time; `time` must be above zero.
[[nodiscard]] constexpr Power mean_power(Energy energy, std::chrono::milliseconds time) {
  return Power::milliwatts(
      static_cast<std::int64_t>(energy.microjoules() / static_cast<std::uint64_t>(time.count())));
}

/// What a pod asks for or a node offers. CPU in thousandths of a core, memory in bytes.
struct Resources {
  std::int64_t cpu_millicores = 0;
  std::int64_t memory_bytes = 0;
  std::int64_t pods = 0;

  bool operator==(const Resources&) const = default;
  constexpr Resources& operator+=(const Resources& o) {
    cpu_millicores += o.cpu_millicores;
    memory_bytes += o.memory_bytes;
    pods += o.pods;
    return *this;
  }
  constexpr Resources& operator-=(const Resources& o) {
    cpu_millicores -= o.cpu_millicores;
    memory_bytes -= o.memory_bytes;
    pods -= o.pods;
    return *this;
  }
  [[nodiscard]] constexpr bool fits_in(const Resources& room) const {
    return cpu_millicores <= room.cpu_millicores && memory_bytes <= room.memory_bytes &&
           pods <= room.pods;
  }
};

}  // namespace ecokube
