"""Runs the scripts of one job of a workflow, as GitHub's runner does.

    workflow.py FILE JOB [NAME=VALUE]...

JOB `action` is the first step of FILE, which is an action.

NAME is what an expression says: `matrix.target`, `needs.check.outputs.version`. Actions (`uses:`)
are left out, each with a line that says so: what they do, the caller does. A step that fails ends
the job. Outputs of steps are printed as `NAME=VALUE` on stdout, everything else goes to stderr.
"""

import os
import re
import subprocess
import sys
import tempfile

import yaml

EXPRESSION = re.compile(r"\$\{\{\s*([a-z0-9._-]+)\s*\}\}", re.IGNORECASE)


def expanded(text, values):
    def value(found):
        name = found.group(1)
        if name not in values:
            sys.exit(f"error: no value for ${{{{ {name} }}}}")
        return values[name]

    return EXPRESSION.sub(value, str(text))


def main(file, job_name, *assignments):
    values = dict(assignment.split("=", 1) for assignment in assignments)
    with open(file, encoding="utf-8") as stream:
        workflow = yaml.safe_load(stream)
    job = {"steps": workflow["runs"]["steps"][:1]} if job_name == "action" else workflow["jobs"][job_name]
    env = {**os.environ, **{name: expanded(text, values) for name, text in job.get("env", {}).items()}}
    for step in job["steps"]:
        name = step.get("name") or step.get("uses") or step["run"].splitlines()[0]
        if "run" not in step:
            print(f"== {job_name}: left out: {name}", file=sys.stderr)
            continue
        print(f"== {job_name}: {name}", file=sys.stderr)
        own = {key: expanded(text, values) for key, text in step.get("env", {}).items()}
        with tempfile.NamedTemporaryFile() as output:
            script = expanded(step["run"], values)
            shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
            done = subprocess.run(
                shell, env={**env, **own, "GITHUB_OUTPUT": output.name}, stdout=sys.stderr
            )
            if done.returncode != 0:
                sys.exit(f"error: {job_name}: {name}: exit code {done.returncode}")
            sys.stdout.write(output.read().decode())


main(*sys.argv[1:])
