//! Packages, which are deployed as they are, here and on AWS.

use std::fs::{self, File};
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;
use spillway_tests::template::{functions, root};
use tokio::io::{AsyncBufReadExt, BufReader};
use zip::ZipArchive;

use super::in_cloud;
use super::processes::{everything, lab, signal};
use super::programs::{sam, scrubbed, written};

/// Writes a package of development builds into a folder. The cloud that all tests share has built `lab` and the functions.
async fn write_into(folder: &Path) {
    let mut command = tokio::process::Command::new(lab());
    let command = command.args(["package", "--profile", "dev", "--out"]).arg(folder).kill_on_drop(true);
    let said = written("lab package", &command.output().await.unwrap());
    assert_eq!(said.trim(), folder.to_str().unwrap(), "it prints the folder alone");
}

#[test]
fn a_package_has_a_zip_for_each_function_and_a_template_that_sam_calls_valid() {
    in_cloud(async |_| {
        let folder = tempfile::tempdir().unwrap();
        write_into(folder.path()).await;
        let text = fs::read_to_string(folder.path().join("template.yaml")).unwrap();
        let template: Value = serde_saphyr::from_str(&text).unwrap();
        for function in functions() {
            let name = function.name;
            let camel: String = name.split('-').map(|word| word[..1].to_uppercase() + &word[1..]).collect();
            let code = &template["Resources"][format!("{camel}Function")]["Properties"]["CodeUri"];
            assert_eq!(*code, format!("{name}.zip"));
            let mut zip = ZipArchive::new(File::open(folder.path().join(format!("{name}.zip"))).unwrap()).unwrap();
            let entry = zip.by_index(0).unwrap();
            let (what, mode) = (entry.name().unwrap().into_owned(), entry.unix_mode().unwrap());
            assert_eq!((what == "bootstrap", mode & 0o111), (name != "expand-sam", 0o111), "{name}: {what} {mode:o}");
        }
        let home = tempfile::tempdir().unwrap();
        let mut validate = scrubbed(sam().await.program("sam"));
        validate.args(["validate", "--lint", "--region", "us-east-1", "--template-file"]);
        validate.arg(folder.path().join("template.yaml"));
        validate.current_dir(home.path()).env("HOME", home.path()).env("SAM_CLI_TELEMETRY", "0");
        let said = written("sam validate", &validate.output().await.unwrap());
        assert!(said.trim().ends_with("is a valid SAM Template"), "{said}");
    });
}

#[test]
fn the_local_cloud_deploys_a_package() {
    in_cloud(async |_| {
        let folder = tempfile::tempdir_in(root().join("target")).unwrap();
        write_into(folder.path()).await;
        let mut said = tempfile::tempfile().unwrap();
        let mut command = tokio::process::Command::new(lab());
        command.args(["local", "--port", "0", "--package"]).arg(folder.path());
        command.stdout(Stdio::piped()).stderr(said.try_clone().unwrap()).kill_on_drop(true);
        let mut process = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).await.unwrap();
        let endpoints: Result<Value, _> = serde_json::from_str(&line);
        let endpoints =
            endpoints.unwrap_or_else(|_| panic!("it printed {line:?} and said:\n{}", everything(&mut said)));
        let codedeploy = aws_sdk_codedeploy::Client::new(&spillway_lab::local::sdk_config(
            endpoints["codedeploy"].as_str().unwrap(),
        ));
        assert_eq!(codedeploy.list_applications().send().await.unwrap().applications(), [] as [String; 0]);
        signal(&process, "-TERM").await;
        assert!(process.wait().await.unwrap().success());
        let built = everything(&mut said);
        assert!(!built.contains("functions"), "nothing is built for it:\n{built}");
    });
}
