#include "node-agent/shutdown/limits.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "common/config_file.h"

namespace ecokube::agent {
namespace {

constexpr int kMinutesPerHour = 60;
constexpr int kHoursPerDay = 24;
constexpr std::int64_t kDay = 24 * 3600;

std::optional<int> minute_of(std::string_view text) {
  const auto digit = [&](std::size_t i) { return text[i] - '0'; };
  const auto is_digit = [&](std::size_t i) { return text[i] >= '0' && text[i] <= '9'; };
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  if (!is_digit(0) || !is_digit(1) || !is_digit(3) || !is_digit(4)) return std::nullopt;
  const int hour = digit(0) * 10 + digit(1);
  const int minute = digit(3) * 10 + digit(4);
  const bool in_day = hour < kHoursPerDay || (hour == kHoursPerDay && minute == 0);
  if (!in_day || minute >= kMinutesPerHour) return std::nullopt;
  return hour * kMinutesPerHour + minute;
}

std::optional<Limits::Hours> hours_of(std::string_view text) {
  const auto dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto from = minute_of(text.substr(0, dash));
  const auto until = minute_of(text.substr(dash + 1));
  if (!from || !until || *from == *until) return std::nullopt;
  return Limits::Hours{*from, *until};
}

bool holds(const Limits::Hours& hours, int minute) {
  if (hours.from < hours.until) return minute >= hours.from && minute < hours.until;
  return minute >= hours.from || minute < hours.until;
}

// The folder counts too: who may write there can put another file in its place.
Result<void> check_owner(const std::filesystem::path& path, uid_t owner) {
  struct stat facts{};
  if (::stat(path.c_str(), &facts) != 0) {
    return fail(Errc::io, "cannot look at " + path.string() + ": " + std::strerror(errno));
  }
  if (facts.st_uid == owner && (facts.st_mode & (S_IWGRP | S_IWOTH)) == 0) return {};
  return fail(Errc::config, path.string() + " may be changed by others than user " +
                                std::to_string(owner) + "; run: chown root and chmod go-w on it");
}

}  // namespace

Result<Limits> read_limits(const std::filesystem::path& file, uid_t owner) {
  struct stat facts{};
  if (::lstat(file.c_str(), &facts) != 0 && errno == ENOENT) return Limits{};
  for (const auto& path : {file, file.parent_path()}) {
    if (auto owned = check_owner(path, owner); !owned) return std::unexpected(owned.error());
  }
  auto read = ConfigFile::read(file);
  if (!read) return std::unexpected(read.error());
  Limits limits;
  auto root = read->root();
  constexpr std::int64_t kOffsMax = 1000;
  limits.never_off = root.boolean("never_off", false);
  if (root.has("offs_per_day_max")) {
    limits.offs_per_day_max = root.integer("offs_per_day_max", 0, 0, kOffsMax);
  }
  for (const auto& text : root.texts("allowed_hours")) {
    const auto hours = hours_of(text);
    if (hours) limits.allowed_hours.push_back(*hours);
    if (!hours) root.report("allowed_hours", "'" + text + "': write \"20:00-06:00\"");
  }
  if (auto finished = read->finish(); !finished) return std::unexpected(finished.error());
  return limits;
}

std::string limit_reached(const Limits& limits, const std::vector<std::int64_t>& offs,
                          std::int64_t now, int minute_of_day) {
  if (limits.never_off) return "never_off is set: this machine is not powered off for anybody";
  const auto today = std::count_if(offs.begin(), offs.end(), [&](auto off) {
    return off > now - kDay;  // one in the future too: the clock was set back
  });
  if (limits.offs_per_day_max && today >= *limits.offs_per_day_max) {
    return "it was powered off " + std::to_string(today) + " times in 24 hours; offs_per_day_max " +
           "is " + std::to_string(*limits.offs_per_day_max);
  }
  const auto& allowed = limits.allowed_hours;
  const bool in_hours = allowed.empty() ||
                        std::any_of(allowed.begin(), allowed.end(),
                                    [&](const auto& hours) { return holds(hours, minute_of_day); });
  return in_hours ? "" : "it is outside of allowed_hours";
}

}  // namespace ecokube::agent
