#include "node-agent/shutdown/last_end.h"

#include <sstream>
#include <utility>

#include "common/durable_file.h"
#include "common/log.h"
#include "common/whole_file.h"

namespace ecokube::agent {

LastEnd::LastEnd(const std::filesystem::path& state_dir, std::string boot_id)
    : file_(state_dir / "last-end"), boot_id_(std::move(boot_id)) {
  // "<boot id> runs|ends after-crash|after-end"
  std::string boot, word, before;
  if (const auto text = read_whole_file(file_)) std::istringstream(*text) >> boot >> word >> before;
  const bool this_boot = boot == boot_id_;
  crash_ = this_boot ? before == "after-crash" : word == "runs";
  stays();
}

void LastEnd::write(const char* word) const {
  const auto text =
      boot_id_ + " " + word + (crash_ ? " after-crash" : " after-end") + std::string("\n");
  const auto written = replace_synced(file_, text, FileMode::owner_only);
  if (!written) log::warn("this boot's end is not on disk why=\"{}\"", written.error().message);
}

}  // namespace ecokube::agent
