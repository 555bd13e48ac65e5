# Started as `python -I -B -c facts.py NAME...`; prints one JSON document of what only the running
# interpreter knows: build variables, exported symbols, expressions.
import json
import sys
import sysconfig

asked = json.loads(sys.argv[1])


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
