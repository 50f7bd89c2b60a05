"""Prints what stands in hub.env and in proxy.env, a line each, for the secrets.yaml on stdin; deploy.sh runs it."""

import json
import re
import sys

import yaml

variable, class_name, trait = sys.argv[1:]
hub = (yaml.safe_load(sys.stdin.buffer) or {}).get("hub") or {}
config = {name: dict(traits) for name, traits in (hub.get("config") or {}).items() if traits}
text = json.dumps(config, separators=(",", ":"), ensure_ascii=True)
# Nothing is left in it that a reader of such files acts on.
escaped = re.sub(r'[^A-Za-z0-9{}\[\]":,._/+\\-]', lambda found: f"\\u{ord(found[0]):04x}", text)
sys.stdout.write(f"{variable}={escaped}\nCONFIGPROXY_AUTH_TOKEN={config.get(class_name, {}).get(trait, '')}\n")
