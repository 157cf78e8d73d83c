//! Configurations as operators write them.

use proptest::prelude::*;
use proptest::sample::select;

use super::*;

const SERVICE: &str = ":deploy_control_endpoint: https://abc.lambda-url.eu-west-1.on.aws/\n";

fn read(text: &str) -> Result<Settings, String> {
    Settings::parse(text, Path::new("/etc/agent.yml")).map_err(|unusable| unusable.to_string())
}

#[test]
fn what_is_not_said_has_the_values_of_codedeploys_agent() {
    let settings = read(SERVICE).unwrap();
    assert_eq!(settings.root, Path::new("/opt/codedeploy-agent/deployment-root"));
    assert_eq!((settings.wait_between_runs.as_secs(), settings.max_revisions), (30, 5));
    assert_eq!((settings.kill_wait.as_secs(), settings.read_timeout.as_secs()), (7_200, 80));
    assert_eq!(settings.on_premises_file, Path::new("/etc/codedeploy-agent/conf/codedeploy.onpremises.yml"));
    assert_eq!(settings.service.to_string(), "https://abc.lambda-url.eu-west-1.on.aws");
    assert_eq!(settings.metadata.to_string(), "http://169.254.169.254");
    assert!(settings.s3.is_none() && settings.proxy.is_none() && settings.warnings.is_empty());
    assert!(settings.github.is_none() && settings.github_token_file.is_none());
    assert!(settings.ssm.is_none() && settings.secrets_manager.is_none());
}

#[test]
fn the_file_of_the_official_package_is_read_and_what_means_nothing_here_is_said() {
    let text = "---\n:log_aws_wire: false\n:log_dir: '/var/log/aws/codedeploy-agent/'\n:pid_dir: '/opt/x/.pid/'\n\
                :program_name: codedeploy-agent\n:root_dir: '/opt/codedeploy-agent/deployment-root'\n:verbose: false\n\
                :wait_between_runs: 1\n:proxy_uri: http://user:secret@proxy:3128\n:max_revisions: 3\n:max_revision: 4\n\
                :kill_agent_max_wait_time_seconds: 60\n:http_read_timeout: 20\n:s3_endpoint_override: http://[::1]:9000\n\
                :on_premises_config_file: /etc/host.yml\nimds_endpoint: http://127.0.0.1:1338\n:wait_between_run: 2\n\
                :github_endpoint: https://code.example.com/api/v3\n:github_token_file: /etc/github-token\n";
    let settings = read(&format!("{text}{SERVICE}")).unwrap();
    assert_eq!((settings.wait_between_runs.as_secs(), settings.max_revisions), (1, 3));
    assert_eq!((settings.kill_wait.as_secs(), settings.read_timeout.as_secs()), (60, 20));
    assert_eq!(settings.s3.as_ref().unwrap().to_string(), "http://[::1]:9000");
    assert_eq!(settings.metadata.to_string(), "http://127.0.0.1:1338");
    assert_eq!(settings.github.as_ref().unwrap().to_string(), "https://code.example.com/api/v3");
    assert_eq!(settings.github_token_file.as_deref(), Some(Path::new("/etc/github-token")));
    assert!(
        settings.proxy_to(settings.github.as_ref()).is_some() && settings.proxy_to(Some(&settings.metadata)).is_none()
    );
    insta::assert_snapshot!("package_file", settings.warnings.join("\n"));
}

#[test]
fn all_bad_values_are_told_at_once_with_what_is_expected() {
    let text = ":root_dir: deployments\n:wait_between_runs: soon\n:max_revisions: 0\n:proxy_uri: ftp://user:secret@x\n\
                :kill_agent_max_wait_time_seconds: -1\n:on_premises_config_file: host.yml\n:http_read_timeout: 1\n\
                :deploy_control_endpoint: http://agents.example.com\n:s3_endpoint_override: x\n\
                :imds_endpoint: http://10.0.0.1\n:github_endpoint: http://code.example.com\n:github_token_file: token\n\
                :ssm_endpoint: ssm\n:secretsmanager_endpoint: http://10.0.0.1\n";
    insta::assert_snapshot!("bad_values", read(text).unwrap_err());
}

#[test]
fn a_configuration_that_cannot_be_used_says_what_to_write() {
    let missing = Settings::read(Path::new("/no/such/file.yml")).unwrap_err().to_string();
    let all = [missing, read("").unwrap_err(), read("- a\n").unwrap_err(), read(":a: 'b\n").unwrap_err()];
    insta::assert_snapshot!("unusable", all.join("\n"));
}

const KEYS: [&str; 9] = [
    ":deploy_control_endpoint:",
    "deploy_control_endpoint:",
    ":root_dir:",
    ":max_revisions:",
    ":proxy_uri:",
    ":s3_endpoint_override:",
    ":imds_endpoint:",
    ":unknown:",
    "- list:",
];
const VALUES: [&str; 12] = [
    "https://agents.example.com",
    "http://10.0.0.1",
    "http://127.0.0.1:80",
    "https://user:hunter2@agents.example.com",
    "ftp://user:hunter2@proxy",
    "http://user:hunter2@proxy:3128",
    "/srv/deployments",
    "../deployments",
    "7",
    "-1",
    "'unfinished",
    "[1, {a: b}]",
];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_a_configuration_says_it_is_refused_with_words_or_keeps_to_the_rules_and_no_password_is_shown(
        lines in proptest::collection::vec((select(&KEYS[..]), select(&VALUES[..])), 0..8),
        odd in proptest::option::of("\\PC{0,20}"),
    ) {
        let mut text = lines.iter().map(|(key, value)| format!("{key} {value}\n")).collect::<String>();
        text.extend(odd);
        match read(&text) {
            Err(words) => prop_assert!(words.contains("/etc/agent.yml") && !words.contains("hunter2"), "{words}"),
            Ok(settings) => {
                let is_safe = |endpoint: &Endpoint| endpoint.is_loopback() || endpoint.to_string().starts_with("https://");
                prop_assert!(settings.root.is_absolute() && is_safe(&settings.service));
                prop_assert!(settings.s3.as_ref().is_none_or(is_safe));
                let told = format!("{} {}", settings.warnings.join(" "), settings.service);
                prop_assert!(!told.contains("hunter2"), "{told}");
            }
        }
    }
}
