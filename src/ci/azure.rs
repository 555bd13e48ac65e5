//! Azure Pipelines: its logging commands.
//!
//! <https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands>. Azure converts
//! the names of variables to upper case for later steps.

use crate::ci::exports::Exports;

/// Lines for stdout.
pub(super) fn lines(exports: &Exports) -> Vec<String> {
    let variables = exports.variables.iter().map(|(name, value)| {
        let properties = [("variable", (*name).to_owned())];
        command("task.setvariable", &properties, value)
    });
    let outputs = exports.output_variables().map(|(name, value)| {
        let properties = [("variable", name), ("isOutput", "true".to_owned())];
        command("task.setvariable", &properties, value)
    });
    // The agent prepends each line, so the last one comes first on PATH.
    let path = exports.path.iter().rev();
    let path = path.map(|directory| command("task.prependpath", &[], directory));
    variables.chain(outputs).chain(path).collect()
}

/// `##vso[task.logissue type=error;]message`
pub(super) fn command(name: &str, properties: &[(&str, String)], message: &str) -> String {
    let properties: String = properties
        .iter()
        .map(|(name, value)| format!("{name}={};", property(value)))
        .collect();
    let space = if properties.is_empty() { "" } else { " " };
    format!("##vso[{name}{space}{properties}]{}", data(message))
}

fn data(text: &str) -> String {
    // The percent sign first, because every escape starts with it.
    text.replace('%', "%AZP25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(';', "%3B").replace(']', "%5D")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ci::exports::example;

    #[test]
    fn variables_outputs_and_path_are_logging_commands() {
        assert_eq!(
            lines(&example()),
            [
                "##vso[task.setvariable variable=pythonLocation;]/s/installs/k",
                "##vso[task.setvariable variable=ODD;]it's $x;%0A50%AZP25]",
                "##vso[task.setvariable variable=FTPY_PYTHON_VERSION;isOutput=true;]3.14.7t",
                "##vso[task.setvariable variable=FTPY_VERSION;isOutput=true;]0.1.0",
                "##vso[task.prependpath]/s/installs/k/bin",
                "##vso[task.prependpath]/s/shims",
            ]
        );
    }

    #[test]
    fn a_property_cannot_terminate_the_command() {
        let properties = [("sourcepath", "a];b".to_owned())];
        assert_eq!(
            command("task.logissue", &properties, "x"),
            "##vso[task.logissue sourcepath=a%5D%3Bb;]x"
        );
    }
}
