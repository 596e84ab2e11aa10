#include "examples/video-pipeline/eco-upload/video_store.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>

#include "examples/video-pipeline/job/job.h"

namespace ecokube::video {
namespace fs = std::filesystem;
namespace {

constexpr mode_t kFileMode = 0640;

std::unexpected<Error> io_failed(const std::string& doing, const fs::path& file) {
  const int why = errno;
  return fail(Errc::io, doing + " " + file.string() + ": " + std::strerror(why));
}

Result<void> write_all(int fd, std::string_view bytes, const fs::path& file) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return io_failed("writing", file);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

// A new name is on the disk only when its folder is.
Result<void> sync_folder(const fs::path& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return io_failed("opening", folder);
  const bool synced = ::fsync(fd) == 0;
  auto failed = io_failed("syncing", folder);
  ::close(fd);
  if (!synced) return failed;
  return {};
}

Result<int> create_file(const fs::path& file) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kFileMode);
  if (fd < 0) return io_failed("creating", file);
  return fd;
}

}  // namespace

IncomingVideo::IncomingVideo(int fd, fs::path file, std::string job_id)
    : fd_(fd), file_(std::move(file)), job_id_(std::move(job_id)) {}

IncomingVideo::~IncomingVideo() {
  ::close(fd_);
  if (!file_.empty()) ::unlink(file_.c_str());
}

Result<void> IncomingVideo::append(std::string_view bytes) {
  sum_.add(bytes);
  bytes_ += bytes.size();
  return write_all(fd_, bytes, file_);
}

VideoStore::VideoStore(const fs::path& dir)
    : incoming_(dir / "incoming"), videos_(dir / "videos"), results_(dir / "results") {}

Result<std::unique_ptr<VideoStore>> VideoStore::open(const fs::path& dir) {
  auto store = std::unique_ptr<VideoStore>(new VideoStore(dir));
  std::error_code error;
  fs::remove_all(store->incoming_, error);
  for (const auto& folder : {store->incoming_, store->videos_, store->results_}) {
    fs::create_directories(folder, error);
    if (error || ::access(folder.c_str(), W_OK) != 0) {
      return fail(Errc::config, "data folder " + folder.string() + " can not be written: " +
                                    (error ? error.message() : std::strerror(errno)));
    }
  }
  for (const auto& entry : fs::directory_iterator(store->results_, error)) {
    if (is_job_id(entry.path().filename().string())) ++store->result_count_;
  }
  return store;
}

Result<std::unique_ptr<IncomingVideo>> VideoStore::begin() const {
  auto job_id = new_job_id();
  auto file = incoming_ / job_id;
  const auto fd = create_file(file);
  if (!fd) return std::unexpected(fd.error());
  return std::make_unique<IncomingVideo>(*fd, std::move(file), std::move(job_id));
}

Result<KeptVideo> VideoStore::keep(IncomingVideo& video) const {
  if (::fsync(video.fd_) != 0) return io_failed("syncing", video.file_);
  const auto file = video_file(video.job_id_);
  if (::rename(video.file_.c_str(), file.c_str()) != 0) return io_failed("renaming to", file);
  video.file_.clear();
  if (auto synced = sync_folder(videos_); !synced) {
    remove(video.job_id_);
    return std::unexpected(synced.error());
  }
  return KeptVideo{.job_id = video.job_id_, .bytes = video.bytes_, .sha256 = video.sum_.hex()};
}

void VideoStore::remove(const std::string& job_id) const { ::unlink(video_file(job_id).c_str()); }

bool VideoStore::has_video(const std::string& job_id) const {
  return ::access(video_file(job_id).c_str(), R_OK) == 0;
}

fs::path VideoStore::video_file(const std::string& job_id) const { return videos_ / job_id; }

Result<void> VideoStore::store_result(const std::string& job_id, std::string_view result) {
  const auto file = results_ / job_id;
  const auto part = incoming_ / (job_id + "." + new_job_id() + ".result");
  const auto fd = create_file(part);
  if (!fd) return std::unexpected(fd.error());
  auto written = write_all(*fd, result, part);
  if (written && ::fsync(*fd) != 0) written = io_failed("syncing", part);
  ::close(*fd);
  // Unlike rename, link never replaces: of two workers' results exactly one comes to be.
  if (written && ::link(part.c_str(), file.c_str()) != 0) {
    written = errno == EEXIST ? fail(Errc::conflict, "job " + job_id + " has a result already")
                              : io_failed("linking", file);
  }
  ::unlink(part.c_str());
  if (!written) return written;
  ++result_count_;
  return sync_folder(results_);
}

Result<std::string> VideoStore::result(const std::string& job_id) const {
  std::ifstream in(results_ / job_id, std::ios::binary);
  if (!in) return fail(Errc::not_found, "no result of job " + job_id);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

std::vector<std::string> VideoStore::result_ids(std::size_t limit) const {
  std::vector<std::string> ids;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(results_, ignored)) {
    if (ids.size() >= limit) break;
    if (auto name = entry.path().filename().string(); is_job_id(name)) ids.push_back(name);
  }
  return ids;
}

}  // namespace ecokube::video
