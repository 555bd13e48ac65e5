# The shims of ftpy come first on PATH, once: what was put before them later stays there.
if (($env:PATH -split [IO.Path]::PathSeparator) -cnotcontains @shims@) {
    $env:PATH = @shims@ + [IO.Path]::PathSeparator + $env:PATH
}
$env:FTPY_HOME = @store@
