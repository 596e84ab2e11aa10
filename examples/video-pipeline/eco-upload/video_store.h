#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.h"
#include "examples/video-pipeline/job/sha256.h"

namespace ecokube::video {

/// An upload on its way to the disk. Gone without a trace unless it is kept.
class IncomingVideo {
 public:
  IncomingVideo(int fd, std::filesystem::path file, std::string job_id);
  ~IncomingVideo();
  IncomingVideo(const IncomingVideo&) = delete;
  IncomingVideo& operator=(const IncomingVideo&) = delete;

  [[nodiscard]] Result<void> append(std::string_view bytes);
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  friend class VideoStore;
  int fd_;
  std::filesystem::path file_;
  std::string job_id_;
  std::uint64_t bytes_ = 0;
  Sha256 sum_;
};

struct KeptVideo {
  std::string job_id;
  std::uint64_t bytes = 0;
  std::string sha256;
};

/// Videos and results as files below one folder. What exists is whole and on the disk: files come
/// into being by a rename or link after fsync. Safe from several threads; all calls may block.
class VideoStore {
 public:
  /// Makes the folders and clears what uploads left half done.
  [[nodiscard]] static Result<std::unique_ptr<VideoStore>> open(const std::filesystem::path& dir);

  [[nodiscard]] Result<std::unique_ptr<IncomingVideo>> begin() const;
  [[nodiscard]] Result<KeptVideo> keep(IncomingVideo& video) const;
  void remove(const std::string& job_id) const;
  [[nodiscard]] bool has_video(const std::string& job_id) const;
  [[nodiscard]] std::filesystem::path video_file(const std::string& job_id) const;

  /// Errc::conflict when there is a result already: the first one stays.
  [[nodiscard]] Result<void> store_result(const std::string& job_id, std::string_view result);
  [[nodiscard]] Result<std::string> result(const std::string& job_id) const;
  [[nodiscard]] std::uint64_t result_count() const { return result_count_; }
  /// At most `limit`, in no order.
  [[nodiscard]] std::vector<std::string> result_ids(std::size_t limit) const;

 private:
  explicit VideoStore(const std::filesystem::path& dir);
  std::filesystem::path incoming_;
  std::filesystem::path videos_;
  std::filesystem::path results_;
  std::atomic<std::uint64_t> result_count_ = 0;
};

}  // namespace ecokube::video
