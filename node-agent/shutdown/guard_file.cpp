#include "node-agent/shutdown/guard_file.h"

#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <string>
#include <string_view>

#include "common/durable_file.h"
#include "common/whole_file.h"

namespace ecokube::agent {
namespace {

constexpr std::string_view kFileName = "shutdown-guard";
constexpr std::string_view kFirstLine = "ecokube-shutdown-guard 1";
constexpr std::string_view kFenceKey = "fence ";
constexpr std::string_view kCommandKey = "command ";
constexpr std::string_view kOffKey = "off ";
constexpr std::string_view kLastLine = "end";  // tells a whole file from a cut one

std::unexpected<Error> io_failure(const std::string& doing, const std::filesystem::path& file) {
  return fail(Errc::io, doing + " " + file.string() + ": " + std::strerror(errno));
}

std::string to_text(const GuardMemory& memory) {
  std::string text(kFirstLine);
  text += "\n" + std::string(kFenceKey) + std::to_string(memory.fence_highest) + "\n";
  for (const auto& id : memory.commands) text += std::string(kCommandKey) + id + "\n";
  for (const auto off : memory.offs) text += std::string(kOffKey) + std::to_string(off) + "\n";
  text += std::string(kLastLine) + "\n";
  return text;
}

// Of a whole line, and not negative.
std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  const auto end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  if (parsed.ec != std::errc{} || parsed.ptr != end || value < 0) return std::nullopt;
  return value;
}

std::optional<GuardMemory> from_text(std::string_view text) {
  GuardMemory memory;
  const auto line = [&]() -> std::string_view {
    const auto taken = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), taken.size() + 1));
    return taken;
  };
  if (line() != kFirstLine) return std::nullopt;
  const auto fence = line();
  if (!fence.starts_with(kFenceKey)) return std::nullopt;
  const auto highest = number(fence.substr(kFenceKey.size()));
  if (!highest) return std::nullopt;
  memory.fence_highest = *highest;
  for (auto next = line(); next != kLastLine; next = line()) {
    if (next.starts_with(kCommandKey)) {
      memory.commands.emplace_back(next.substr(kCommandKey.size()));
      continue;
    }
    if (!next.starts_with(kOffKey)) return std::nullopt;
    const auto off = number(next.substr(kOffKey.size()));
    if (!off) return std::nullopt;
    memory.offs.push_back(*off);
  }
  return memory;
}

}  // namespace

Result<GuardMemory> load_guard_memory(const std::filesystem::path& state_dir) {
  const auto file = state_dir / kFileName;
  if (::access(file.c_str(), F_OK) != 0 && errno == ENOENT) return GuardMemory{};
  const auto text = read_whole_file(file);
  if (!text) return io_failure("cannot read", file);
  if (auto memory = from_text(*text)) return std::move(*memory);
  return fail(Errc::io, file.string() +
                            " is damaged: the highest fence is lost; remove the file once no old "
                            "coordinator can speak to this machine any more");
}

Result<void> save_guard_memory(const std::filesystem::path& state_dir, const GuardMemory& memory) {
  std::error_code error;
  std::filesystem::create_directories(state_dir, error);
  const auto file = state_dir / kFileName;
  return replace_synced(file, to_text(memory), FileMode::owner_only);
}

}  // namespace ecokube::agent
