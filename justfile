# Shortcuts; `.ci/run` is what decides.

# Format, lints, unit tests: under a minute on a warm tree.
check:
    cargo fmt --all --check
    cargo clippy --locked --workspace --all-targets -- -D warnings
    cargo test --locked --workspace --lib

# The tests that need no network.
test:
    cargo test --locked --workspace

# The manual, in target/manual.
manual:
    python3 -m venv target/docs
    target/docs/bin/pip install --quiet --requirement docs/requirements.txt
    target/docs/bin/mkdocs build --config-file docs/mkdocs.yml
    target/docs/bin/typos

# Everything.
ci:
    .ci/run
