#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <filesystem>
#include <memory>

#include "coordinator/identity.h"
#include "coordinator/ports.h"

namespace ecokube {

class CoordinatorStore : public Store, public IdentityStore {};

/// The store in one SQLite file, behind one worker thread. Coroutines resume on `executor`. Errors
/// say what is wrong with the file and what to do; the file is ours alone while the store lives.
[[nodiscard]] Result<std::unique_ptr<CoordinatorStore>> make_store(
    boost::asio::any_io_executor executor, const std::filesystem::path& file);

}  // namespace ecokube
