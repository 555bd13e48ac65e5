# The shims of ftpy come first on PATH, once: what was put before them later stays there.
case ":${PATH-}:" in
    *:@shims@:*) ;;
    *) export PATH=@shims@"${PATH:+:${PATH}}" ;;
esac
export FTPY_HOME=@store@
