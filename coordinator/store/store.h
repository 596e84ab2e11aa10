#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <filesystem>
#include <memory>

#include "coordinator/ports.h"

namespace ecokube {

/// The store in one SQLite file, behind one worker thread. Coroutines resume on `executor`. Errors
/// say what is wrong with the file and what to do; the file is ours alone while the store lives.
[[nodiscard]] Result<std::unique_ptr<Store>> make_store(boost::asio::any_io_executor executor,
                                                        const std::filesystem::path& file);

}  // namespace ecokube
