// ecokube-rtc-alarm: one question of the agent about the alarm of the hardware clock, answered
// without any capability: root may write the one file that there is.
#include <unistd.h>

#include <ctime>
#include <optional>
#include <string>
#include <string_view>

#include "node-agent/helpers/one_question.h"
#include "node-agent/helpers/rtc_alarm.h"

namespace {

using namespace ecokube::agent;

std::string answer(std::string_view line) {
  const auto question = parse_rtc_question(line);
  if (!question) return to_line(RtcAnswer{false, std::nullopt, question.error().message});
  return to_line(answer_of(*question, "/sys", std::time(nullptr)));
}

}  // namespace

int main() { return answer_one_question(STDIN_FILENO, answer); }
