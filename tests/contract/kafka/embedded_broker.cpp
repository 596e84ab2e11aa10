#include <stdexcept>

#include "lab/broker/mock_broker.h"
#include "tests/contract/kafka/test_broker.h"

namespace ecokube::test {
namespace {

class EmbeddedBroker final : public TestBroker {
 public:
  explicit EmbeddedBroker(std::unique_ptr<lab::MockBroker> mock) : mock_(std::move(mock)) {}

  std::string bootstrap() const override { return mock_->bootstrap(); }
  void create_topic(const std::string& name, int partitions) override {
    auto made = mock_->create_topic(name, partitions);
    if (!made) throw std::runtime_error(made.error().message);
  }
  void refuse_topic(const std::string& name) override { mock_->hide_topic(name); }
  void go_away() override { mock_->set_away(true); }
  void come_back() override { mock_->set_away(false); }

 private:
  std::unique_ptr<lab::MockBroker> mock_;
};

}  // namespace

std::unique_ptr<TestBroker> make_test_broker() {
  auto mock = lab::start_mock_broker();
  if (!mock) throw std::runtime_error(mock.error().message);
  return std::make_unique<EmbeddedBroker>(std::move(*mock));
}

}  // namespace ecokube::test
