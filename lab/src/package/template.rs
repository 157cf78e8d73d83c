//! The template of a package: that of the checkout, with the zips in place of what is built.

use anyhow::{Context, ensure};

use super::Architecture;

const BUILT_FROM: &str = "    CodeUri: .\n";
const BINARY: &str = "      BuildProperties: {Binary: ";
const PYTHON: &str = "      CodeUri: functions/";
const ARCHITECTURE: &str = "    Default: arm64\n    AllowedValues: [arm64, x86_64]\n";

/// The text of the template, in which nothing else changes, so that it can be compared.
pub(super) fn packaged(template: &str, architecture: Architecture) -> anyhow::Result<String> {
    ensure!(template.contains(BUILT_FROM) && template.contains(ARCHITECTURE), "template.yaml is not as it was");
    let name = architecture.name();
    let only = format!("    Default: {name}\n    AllowedValues: [{name}]\n");
    let template = template.replacen(BUILT_FROM, "", 1).replacen(ARCHITECTURE, &only, 1);
    let (mut text, mut binary) = (String::with_capacity(template.len()), None);
    for line in template.lines() {
        if let Some(rest) = line.strip_prefix(BINARY) {
            binary = Some(rest.trim_end_matches('}').to_owned());
        }
        if let Some(path) = line.strip_prefix(PYTHON) {
            let name = path.rsplit('/').next().context("a function in Python has a folder")?;
            text += &format!("      CodeUri: {name}.zip\n");
            continue;
        }
        text += line;
        text += "\n";
        if line == "    Properties:"
            && let Some(name) = binary.take()
        {
            text += &format!("      CodeUri: {name}.zip\n");
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_is_its_zip_and_the_processors_are_settled() {
        let template = "\
Parameters:
  Architecture:
    Default: arm64
    AllowedValues: [arm64, x86_64]
Globals:
  Function:
    CodeUri: .
Resources:
  DecideFunction:
    Metadata:
      BuildProperties: {Binary: decide}
    Properties:
      Role: r
  ExpandSamFunction:
    Properties:
      CodeUri: functions/stack/expand-sam
";
        let expected = "\
Parameters:
  Architecture:
    Default: x86_64
    AllowedValues: [x86_64]
Globals:
  Function:
Resources:
  DecideFunction:
    Metadata:
      BuildProperties: {Binary: decide}
    Properties:
      CodeUri: decide.zip
      Role: r
  ExpandSamFunction:
    Properties:
      CodeUri: expand-sam.zip
";
        assert_eq!(packaged(template, Architecture::X86_64).unwrap(), expected);
        assert!(packaged("Resources: {}\n", Architecture::Arm64).is_err());
    }
}
