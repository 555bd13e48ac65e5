# The shims of ftpy come first on PATH, once: what was put before them later stays there.
contains -- @shims@ $PATH
or set -gx PATH @shims@ $PATH
set -gx FTPY_HOME @store@
