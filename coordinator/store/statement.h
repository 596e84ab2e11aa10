#pragma once

#include <SQLiteCpp/Statement.h>

namespace ecokube {

/// Runs a statement that gives no rows, and makes it ready for the next time.
inline void run(SQLite::Statement& statement) {
  statement.exec();
  statement.reset();
}

}  // namespace ecokube
