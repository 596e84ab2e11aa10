#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/http_server.h"
#include "common/json_lines.h"
#include "examples/video-pipeline/eco-upload/record_publisher.h"
#include "examples/video-pipeline/eco-upload/video_store.h"

namespace ecokube::video {

struct UploadSettings {
  std::string public_url;  ///< "http://host:port": what workers fetch from
  std::uint64_t size_limit_bytes = 0;
};

/// The routes of eco-upload. A video that was answered with 201 is on the disk and its record in
/// the topic; whatever was answered otherwise leaves nothing behind.
class UploadService {
 public:
  UploadService(UploadSettings settings, VideoStore& store, RecordPublisher& publisher,
                JsonLines events);

  [[nodiscard]] boost::asio::awaitable<void> handle(HttpExchange& exchange);

 private:
  using Answer = boost::asio::awaitable<HttpResponse>;
  [[nodiscard]] Answer route(HttpExchange& exchange);
  [[nodiscard]] Answer upload(HttpExchange& exchange);
  [[nodiscard]] boost::asio::awaitable<Result<void>> receive(HttpExchange& exchange,
                                                             IncomingVideo& video) const;
  [[nodiscard]] Answer announce(KeptVideo video);
  [[nodiscard]] Answer put_result(HttpExchange& exchange, std::string job_id);
  [[nodiscard]] boost::asio::awaitable<void> send_video(HttpExchange& exchange,
                                                        std::string job_id) const;
  [[nodiscard]] HttpResponse get_result(const std::string& job_id) const;
  [[nodiscard]] HttpResponse list_results() const;
  [[nodiscard]] HttpResponse failed(const Error& error) const;

  UploadSettings settings_;
  VideoStore& store_;
  RecordPublisher& publisher_;
  JsonLines events_;
  boost::asio::thread_pool disk_;  // fsync takes its time; other requests go on meanwhile
};

/// The page of GET /.
[[nodiscard]] std::string_view upload_page();

}  // namespace ecokube::video
