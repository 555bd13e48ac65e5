# The shims of ftpy come first on PATH, once: what was put before them later stays there.
$env.PATH = (do {|path| if @shims@ in $path { $path } else { $path | prepend @shims@ } } ($env.PATH | split row (char esep)))
$env.FTPY_HOME = @store@
