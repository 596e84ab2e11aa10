#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/error.h"

namespace ecokube::video {

/// One upload to be worked on: the record in the topic, `{job_id, url, bytes, sha256}`.
struct Job {
  std::string job_id;
  std::string url;
  std::uint64_t bytes = 0;
  std::string sha256;
  bool operator==(const Job&) const = default;
};

/// 32 lower-case hex digits, so that an id is a safe file name and path segment.
[[nodiscard]] bool is_job_id(std::string_view text);
[[nodiscard]] std::string new_job_id();

[[nodiscard]] std::string to_record(const Job& job);
/// Errc::invalid for what is no job; fields it does not know are left alone.
[[nodiscard]] Result<Job> parse_record(std::string_view record);

}  // namespace ecokube::video
