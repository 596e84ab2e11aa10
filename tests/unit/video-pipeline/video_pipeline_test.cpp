#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "examples/video-pipeline/eco-upload/multipart.h"
#include "examples/video-pipeline/eco-upload/video_store.h"
#include "examples/video-pipeline/job/job.h"
#include "examples/video-pipeline/job/sha256.h"
#include "tests/support/temp_dir.h"

namespace ecokube::video {
namespace {

constexpr std::string_view kEmptySha256 =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

std::size_t files_in(const std::filesystem::path& folder) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

// Goal: a record reads back as the job it was made of.
TEST(JobRecord, ReadsWhatItWrote) {
  const Job job{.job_id = new_job_id(),
                .url = "http://127.0.10.1:8080/videos/x",
                .bytes = 49152,
                .sha256 = sha256_hex("")};
  EXPECT_EQ(job.sha256, kEmptySha256);
  const auto read = parse_record(to_record(job));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, job);
}

// Goal: whatever else stands in the topic is refused, never half taken.
TEST(JobRecord, RefusesWhatIsNoJob) {
  const std::string id(32, 'a');
  const std::string sum(64, 'b');
  const auto record = [](std::string_view job_id, std::string_view url, std::string_view bytes,
                         std::string_view sha256) {
    return R"({"job_id":")" + std::string(job_id) + R"(","url":")" + std::string(url) +
           R"(","bytes":)" + std::string(bytes) + R"(,"sha256":")" + std::string(sha256) + R"("})";
  };
  ASSERT_TRUE(parse_record(record(id, "http://h/v", "1", sum)));
  const std::vector<std::string> bad{
      "",
      "[]",
      "{}",
      "{\"job_id\":",
      record("../../etc/passwd", "http://h/v", "1", sum),
      record(std::string(32, 'A'), "http://h/v", "1", sum),
      record(id, "", "1", sum),
      record(id, "http://h/v", "-1", sum),
      record(id, "http://h/v", "\"1\"", sum),
      record(id, "http://h/v", "1", "b"),
  };
  for (const auto& text : bad) EXPECT_FALSE(parse_record(text)) << text;
}

TEST(Multipart, FindsTheBoundary) {
  EXPECT_EQ(multipart_boundary("multipart/form-data; boundary=abc"), "abc");
  EXPECT_EQ(multipart_boundary("Multipart/Form-Data; charset=utf-8; Boundary=\"a b\""), "a b");
  EXPECT_FALSE(multipart_boundary("application/octet-stream"));
  EXPECT_FALSE(multipart_boundary("multipart/form-data"));
  EXPECT_FALSE(multipart_boundary("multipart/form-data; boundary=" + std::string(71, 'x')));
}

// Goal: the file comes out the same wherever the network cuts the body, also with a delimiter's
// beginning inside the file.
TEST(Multipart, TakesTheFileHoweverItIsCut) {
  const std::string file = "some\r\n--bytes\r\n--limi and \r\n\r\n more";
  const std::string body =
      "--limit\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhello\r\n"
      "--limit\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.mp4\"\r\n"
      "Content-Type: video/mp4\r\n\r\n" +
      file + "\r\n--limit--\r\n";
  for (std::size_t size = 1; size <= body.size(); ++size) {
    MultipartFile multipart("limit");
    std::string out;
    for (std::size_t at = 0; at < body.size(); at += size) {
      const auto piece = multipart.feed(std::string_view(body).substr(at, size));
      ASSERT_TRUE(piece) << piece.error().message;
      out += *piece;
    }
    ASSERT_EQ(out, file) << "pieces of " << size;
    ASSERT_TRUE(multipart.complete());
  }
}

TEST(Multipart, AnEmptyFileAndNoFile) {
  MultipartFile empty("b");
  EXPECT_EQ(*empty.feed("--b\r\nContent-Disposition: x; filename=\"\"\r\n\r\n\r\n--b--"), "");
  EXPECT_TRUE(empty.complete());
  MultipartFile none("b");
  EXPECT_EQ(*none.feed("--b\r\nContent-Disposition: x; name=n\r\n\r\nv\r\n--b--"), "");
  EXPECT_FALSE(none.complete());
  MultipartFile cut("b");
  EXPECT_TRUE(cut.feed("--b\r\nContent-Disposition: x; filename=f\r\n\r\nhalf a fi"));
  EXPECT_FALSE(cut.complete());
}

// Goal: a peer that never gets to the point does not fill our memory.
TEST(Multipart, HeadersAreBounded) {
  MultipartFile no_part("b");
  EXPECT_FALSE(no_part.feed(std::string(10'000, 'x')));
  MultipartFile no_end("b");
  EXPECT_FALSE(no_end.feed("--b\r\n" + std::string(10'000, 'x')));
}

// Goal: what is kept is there, what is not kept leaves nothing, and a restart keeps the first.
TEST(VideoStore, KeepsWholeVideosOnly) {
  const test::TempDir dir;
  std::string job_id;
  {
    auto store = VideoStore::open(dir.path());
    ASSERT_TRUE(store) << store.error().message;
    auto video = (*store)->begin();
    ASSERT_TRUE(video);
    ASSERT_TRUE((*video)->append("abc"));
    const auto kept = (*store)->keep(**video);
    ASSERT_TRUE(kept) << kept.error().message;
    job_id = kept->job_id;
    EXPECT_EQ(kept->bytes, 3U);
    EXPECT_EQ(kept->sha256, sha256_hex("abc"));
    {
      auto dropped = (*store)->begin();
      ASSERT_TRUE((*dropped)->append("half"));
    }
    EXPECT_EQ(files_in(dir / "incoming"), 0U);
    ASSERT_TRUE((*store)->store_result(job_id, "{}"));
  }
  dir.write("incoming/0123", "left by a crash");
  auto again = VideoStore::open(dir.path());
  ASSERT_TRUE(again);
  EXPECT_TRUE((*again)->has_video(job_id));
  EXPECT_EQ(test::read_text((*again)->video_file(job_id)), "abc");
  EXPECT_EQ((*again)->result_count(), 1U);
  EXPECT_EQ(*(*again)->result(job_id), "{}");
  EXPECT_EQ(files_in(dir / "incoming"), 0U);
  (*again)->remove(job_id);
  EXPECT_FALSE((*again)->has_video(job_id));
}

// Goal: of many who store the result of one job at once exactly one succeeds, and its text stays.
TEST(VideoStore, OneResultOfAJob) {
  const test::TempDir dir;
  auto store = VideoStore::open(dir.path());
  ASSERT_TRUE(store);
  const auto job_id = new_job_id();
  std::atomic<int> stored = 0;
  std::atomic<int> winner = -1;
  std::vector<std::thread> workers;
  for (int i = 0; i < 8; ++i) {
    workers.emplace_back([&, i] {
      const auto result = (*store)->store_result(job_id, std::to_string(i));
      if (result) ++stored, winner = i;
      EXPECT_TRUE(result || result.error().code == Errc::conflict);
    });
  }
  for (auto& worker : workers) worker.join();
  EXPECT_EQ(stored, 1);
  EXPECT_EQ(*(*store)->result(job_id), std::to_string(winner));
  EXPECT_EQ((*store)->result_count(), 1U);
  EXPECT_EQ((*store)->result_ids(10), std::vector{job_id});
}

TEST(VideoStore, AFolderItCanNotWriteIsAConfigurationError) {
  const test::TempDir dir;
  dir.write("file", "");
  const auto store = VideoStore::open(dir / "file");
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, Errc::config);
  EXPECT_NE(store.error().message.find((dir / "file").string()), std::string::npos);
}

}  // namespace
}  // namespace ecokube::video
