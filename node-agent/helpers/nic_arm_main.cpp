// ecokube-nic-arm: one question of the agent about one NIC, answered with one right, CAP_NET_ADMIN.
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "node-agent/helpers/arm_nic.h"
#include "node-agent/helpers/one_question.h"

namespace {

using namespace ecokube::agent;

/// Says what it sets: its owner may want to know. Severity 5 is notice.
class ToldDriver final : public WakeOnLanDriver {
 public:
  ecokube::Result<WakeOnLan> get(const std::string& nic) override { return kernel_->get(nic); }
  ecokube::Result<void> set(const std::string& nic, const WakeOnLan& wanted) override {
    std::fprintf(stderr, "<5>%s: setting Wake-on-LAN to %s\n", nic.c_str(),
                 wake_letters(wanted.enabled).c_str());
    return kernel_->set(nic, wanted);
  }

 private:
  std::unique_ptr<WakeOnLanDriver> kernel_ = make_kernel_driver(STDIN_FILENO);
};

std::string answer(std::string_view line) {
  const auto question = parse_nic_question(line);
  if (!question) return to_line(NicAnswer{false, 0, 0, Wakeup::none, question.error().message});
  ToldDriver driver;
  return to_line(answer_of(*question, driver, "/sys"));
}

}  // namespace

int main() { return answer_one_question(STDIN_FILENO, answer); }
