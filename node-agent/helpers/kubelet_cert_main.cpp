// ecokube-kubelet-cert: one question of the agent, until when the kubelet's certificate is valid.
// Its file is root's and has the key in it, too, so the agent itself may not read it.
#include <unistd.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "node-agent/helpers/kubelet_cert.h"
#include "node-agent/helpers/one_question.h"

namespace {

using namespace ecokube::agent;

std::string answer(std::string_view line, const std::vector<std::filesystem::path>& files) {
  if (line == "until") return to_line(kubelet_cert_in(files));
  return to_line(KubeletCertAnswer{{}, "ask \"until\""});
}

}  // namespace

/// Another file than the usual ones may be given in the unit: whoever asks can't name it.
int main(int argc, char** argv) {
  const auto files = argc > 1 ? std::vector<std::filesystem::path>{argv[1]} : kubelet_cert_files();
  return answer_one_question(STDIN_FILENO,
                             [&](std::string_view line) { return answer(line, files); });
}
