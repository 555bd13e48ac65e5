//! A kernel of ftpy, started by Jupyter's own client.

use crate::live_daily::twins;
use crate::support::sandbox::{Sandbox, finished};
use crate::support::shims::output;
use std::path::Path;
use std::process::Command;

/// Starts a kernel by its name, runs one line in it, and prints what the line printed.
const CLIENT: &str = "import sys
from jupyter_client.manager import start_new_kernel
manager, client = start_new_kernel(kernel_name=sys.argv[1], startup_timeout=60)
def show(message):
    if message['msg_type'] == 'stream':
        print(message['content']['text'], end='')
reply = client.execute_interactive(sys.argv[2], timeout=60, output_hook=show)
client.stop_channels()
manager.shutdown_kernel(now=True)
sys.exit(reply['content']['status'] != 'ok')
";

fn pip(python: &Path, packages: &[&str]) {
    let mut pip = Command::new(python);
    pip.args(["-m", "pip", "install", "-q", "--disable-pip-version-check"]);
    let said = finished(output(pip.args(packages)));
    assert_eq!(said.code, Some(0), "{said:?}");
}

/// What the client prints for a line in a kernel.
fn executed(sandbox: &Sandbox, client: &Path, kernel: &str, line: &str) -> String {
    let mut command = Command::new(client);
    command
        .args(["-c", CLIENT, kernel, line])
        .env("HOME", sandbox.home())
        .env_remove("JUPYTER_DATA_DIR")
        .env_remove("JUPYTER_PATH")
        .env_remove("XDG_DATA_HOME");
    let said = finished(output(&mut command));
    assert_eq!(said.code, Some(0), "{said:?}");
    said.stdout
}

#[test]
#[ignore = "live: needs the interpreters in ../shared/pythons and the package index"]
fn live_pythons_jupyter_starts_the_kernels_of_an_environment_and_of_an_installation() {
    let sandbox = twins();
    let own = sandbox.ok(&["which", "3.14t"]).stdout;
    let client = Path::new(own.trim_end());
    // ipykernel depends on jupyter_client.
    pip(client, &["ipykernel"]);
    sandbox.ok(&["kernel", "install", "3.14t", "--name", "fast"]);
    let line = "import sys; print(sys._is_gil_enabled(), sys.prefix)";
    let said = executed(&sandbox, client, "fast", line);
    assert!(said.starts_with("False "), "{said}");
    let store = sandbox.store.display().to_string();
    assert!(said.contains(&store), "{said}");
    let arguments = ["--system-site-packages", "--without-pip", "web"];
    sandbox.ok(&[&["venv", "-p", "3.14t"][..], &arguments].concat());
    sandbox.ok(&["kernel", "install", "--venv", "web"]);
    let web = sandbox.home().join("web");
    assert_eq!(
        executed(&sandbox, client, "web", line),
        format!("False {}\n", web.display())
    );
    sandbox.ok(&["kernel", "uninstall", "fast", "web"]);
    assert_eq!(sandbox.ok(&["kernel", "list"]).stdout, "");
}
