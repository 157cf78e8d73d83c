//! The template, as those see it who look over templates: translated, since they do not see all of it in SAM's form.

use std::fs;
use std::path::Path;

use spillway_tests::template::root;

use super::block_on;
use super::programs::{sam, scrubbed, tools, written};

#[test]
fn cfn_lint_and_checkov_have_nothing_to_say_of_the_translated_template() {
    block_on(async {
        let tools = tools().await;
        let folder = tempfile::tempdir().unwrap();
        let script = root().join("tests/src/cloud/translate.py");
        let mut translate = scrubbed(tools.python());
        let translated = translate.arg(script).arg(root().join("template.yaml")).output().await.unwrap();
        let path = folder.path().join("template.json");
        fs::write(&path, written("the translation", &translated)).unwrap();

        assert!(look_over(&path, folder.path()).await > 30);
    });
}

/// The pipeline of the examples is no template of SAM, so nothing translates it.
#[test]
fn cfn_lint_and_checkov_have_nothing_to_say_of_the_pipeline_of_the_examples() {
    block_on(async {
        let folder = tempfile::tempdir().unwrap();
        assert!(look_over(&root().join("examples/pipeline/template.yaml"), folder.path()).await > 10);
    });
}

/// Has cfn-lint and checkov look over a template, of which they say nothing; how many checks it has passed.
async fn look_over(template: &Path, folder: &Path) -> u64 {
    let tools = tools().await;
    // cfn-lint goes a call deeper with every line of a state machine, which SAM makes the parts of one Fn::Join.
    const DEEP: &str = "import runpy, sys; sys.setrecursionlimit(20_000); runpy.run_path(sys.argv.pop(1), \
                        run_name='__main__')";
    let mut lint = scrubbed(tools.python());
    lint.args(["-c", DEEP]).arg(tools.program("cfn-lint")).arg(template).current_dir(folder);
    assert_eq!(written("cfn-lint", &lint.output().await.unwrap()), "");

    let mut checkov = scrubbed(tools.python());
    checkov.arg(tools.program("checkov")).args(["--framework", "cloudformation", "--quiet", "--compact"]);
    checkov.arg("--config-file").arg(root().join(".checkov.yaml"));
    checkov.args(["--skip-download", "--output", "json", "--file"]).arg(template).current_dir(folder);
    let found = written("checkov", &checkov.env("HOME", folder).output().await.unwrap());
    let found: serde_json::Value = serde_json::from_str(&found).unwrap();
    assert_eq!(found["summary"]["failed"], 0, "{found:#}");
    found["summary"]["passed"].as_u64().unwrap()
}

#[test]
fn sam_calls_the_template_and_the_examples_valid() {
    block_on(async {
        let sam = sam().await;
        let home = tempfile::tempdir().unwrap();
        for template in ["template.yaml", "examples/shop/template.yaml"] {
            let mut validate = scrubbed(sam.program("sam"));
            validate
                .args(["validate", "--lint", "--region", "us-east-1", "--template-file"])
                .arg(root().join(template));
            validate.current_dir(home.path()).env("HOME", home.path()).env("SAM_CLI_TELEMETRY", "0");
            let said = written("sam validate", &validate.output().await.unwrap());
            assert!(said.trim().ends_with("template.yaml is a valid SAM Template"), "{said}");
        }
    });
}

#[test]
fn whatever_checkov_skips_has_its_reason() {
    let template = spillway_tests::template::template();
    let mut skips = 0;
    for (name, resource) in template["Resources"].as_object().unwrap() {
        for skip in resource["Metadata"]["checkov"]["skip"].as_array().into_iter().flatten() {
            let id = skip["id"].as_str().unwrap();
            assert!(skip["comment"].as_str().is_some_and(|why| why.len() > 20), "{name} skips {id} without a reason");
            skips += 1;
        }
    }
    assert!(skips > 0, "the skips are found");
    let text = fs::read_to_string(root().join(".checkov.yaml")).unwrap();
    let (_, everywhere) = text.split_once("skip-check:\n").unwrap();
    let lines: Vec<&str> = everywhere.lines().map(str::trim).collect();
    for pair in lines.chunks(2) {
        assert!(pair[0].starts_with("# ") && pair[0].len() > 20 && pair[1].starts_with("- CKV_"), "{pair:?}");
    }
}
