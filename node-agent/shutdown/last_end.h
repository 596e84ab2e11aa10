#pragma once

#include <filesystem>
#include <string>

namespace ecokube::agent {

/// Whether this machine's last boot came to a proper end, as `<state_dir>/last-end` tells: written
/// when a boot begins to be watched, and once more when its end is begun. A power cut, a hard off
/// or a crash leaves no second word. What can't be read or written counts as a proper end, since
/// nothing but a proof of waking hangs on it.
class LastEnd {
 public:
  /// `boot_id` of the boot that runs.
  LastEnd(const std::filesystem::path& state_dir, std::string boot_id);

  /// The boot before this one had no proper end.
  [[nodiscard]] bool was_a_crash() const { return crash_; }
  /// The machine is about to end, or stays after all.
  void ends() { write("ends"); }
  void stays() { write("runs"); }

 private:
  void write(const char* word) const;

  std::filesystem::path file_;
  std::string boot_id_;
  bool crash_ = false;
};

}  // namespace ecokube::agent
