# Started as `python -I -B -c facts.py NAME...`; prints one JSON document of what only the running
# interpreter knows: build variables, exported symbols, expressions.
import json
import re
import sys
import sysconfig

asked = json.loads(sys.argv[1])


def makefile(pattern):
    """Whether a line of the Makefile begins so: what `make` makes is no variable of it."""
    with open(sysconfig.get_makefile_filename(), encoding="utf-8") as file:
        return re.search(f"^(?:{pattern})", file.read(), re.MULTILINE) is not None


def has_symbol(name):
    import ctypes

    return hasattr(ctypes.CDLL(None), name)


print(
    json.dumps(
        {
            "variables": {
                name: str(sysconfig.get_config_var(name)) for name in asked["variables"]
            },
            "symbols": {name: has_symbol(name) for name in asked["symbols"]},
            "attributes": {text: bool(eval(text)) for text in asked["attributes"]},
        }
    )
)
