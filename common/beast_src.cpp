// Beast's own functions, compiled once for the whole project.
#include <boost/beast/src.hpp>
