#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/json/object.hpp>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/child_process.h"
#include "common/http_client.h"
#include "tests/support/temp_dir.h"

namespace ecokube::test {

/// The command of a broker that takes --topic, --partitions and --address-file; `folder` is its
/// own. What this program runs on: embedded_broker.cpp or real_broker.cpp is linked into it.
[[nodiscard]] std::vector<std::string> broker_command(const std::filesystem::path& folder);

/// Uploads one after another, ten a second at most, until `stop`.
struct Uploads {
  std::vector<std::string> accepted;  ///< their job ids
  int refused = 0;
  bool stop = false;
  bool ended = false;
};

/// The sample pipeline as a user runs it: broker, eco-upload and workers as processes of their own.
class Pipeline {
 public:
  Pipeline();

  /// Starts an eco-worker with these further arguments; its id is `name`.
  ChildProcess& start_worker(const std::string& name, std::vector<std::string> arguments);
  /// Returns once it is gone.
  void kill_broker();
  /// Starts the killed one again, on the data it has. The embedded one has none.
  void restart_broker();

  /// Status and body of POST /upload.
  HttpResponse upload(std::string video);
  /// They go on while this class waits for something.
  std::shared_ptr<Uploads> start_uploads();
  /// The job id of an upload that must succeed.
  std::string upload_job(std::string video);
  [[nodiscard]] std::int64_t result_count();
  [[nodiscard]] bool has_result(const std::string& job_id);
  /// What the group has not committed yet, by a reader of its own.
  [[nodiscard]] std::int64_t lag();

  /// Lines of the event log with this event.
  [[nodiscard]] std::vector<boost::json::object> events(std::string_view event) const;
  /// Looks again and again, for at most `limit`.
  bool wait_until(const std::function<bool()>& done,
                  std::chrono::milliseconds limit = std::chrono::seconds(25));
  /// The exit status; -1 when it still runs after 20 s.
  int exit_status(ChildProcess& child);
  [[nodiscard]] const TempDir& dir() const { return dir_; }

 private:
  std::unique_ptr<ChildProcess> start(const std::string& name, std::vector<std::string> argv);
  std::string wait_for_address(const std::string& file);
  HttpResponse ask(std::string method, std::string target, std::string body);

  TempDir dir_;
  boost::asio::io_context io_{1};
  std::vector<std::string> broker_command_;
  std::string bootstrap_;
  std::shared_ptr<HttpClient> client_;
  std::unique_ptr<ChildProcess> broker_;
  std::vector<std::unique_ptr<ChildProcess>> children_;
};

}  // namespace ecokube::test
