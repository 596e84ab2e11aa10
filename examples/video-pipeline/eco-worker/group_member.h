#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "common/error.h"

namespace ecokube::video {

struct Record {
  std::int32_t partition = -1;
  std::int64_t offset = -1;
  std::string value;
};

struct MemberSettings {
  std::string bootstrap;
  std::string topic;
  std::string group;
  std::string client_id;
  std::chrono::milliseconds session_timeout{45000};
  std::chrono::milliseconds metadata_refresh{5000};
};

/// One member of a consumer group. All calls but wake_up() on one thread; the callbacks are called
/// from poll() and leave(), on that thread.
class GroupMember {
 public:
  struct Callbacks {
    std::function<void()> lost;  ///< all partitions are taken away; what is uncommitted is others'
    std::function<void(Result<void>)> committed;  ///< the answer to commit()
  };
  virtual ~GroupMember() = default;

  /// The next record, or nothing within `limit`.
  [[nodiscard]] virtual std::optional<Record> poll(std::chrono::milliseconds limit) = 0;
  /// Ends a poll() that waits. From any thread.
  virtual void wake_up() = 0;
  /// While on hold no more records come, also from partitions assigned meanwhile.
  virtual void hold(bool on) = 0;
  /// Everything of `partition` before `next_offset` is done. One at a time; answered by poll().
  virtual void commit(std::int32_t partition, std::int64_t next_offset) = 0;
  /// Leaves the group, so that others get the partitions at once and not by time-out.
  virtual void leave(std::chrono::milliseconds limit) = 0;
};

[[nodiscard]] Result<std::unique_ptr<GroupMember>> join_group(const MemberSettings& settings,
                                                              GroupMember::Callbacks callbacks);

}  // namespace ecokube::video
