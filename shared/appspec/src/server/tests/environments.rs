//! Variables of scripts, and what is wrong with them.

use super::*;

#[test]
fn a_script_has_its_own_variables_and_before_them_those_of_all_scripts() {
    let appspec = sound(
        "environment:\n  STAGE: prod\n  MODE: slow\n  PORT: 80\n  EMPTY:\nhooks:\n  AfterInstall:\n    - location: a.sh\n      \
         environment:\n        MODE: fast\n        DB_PASSWORD: ssm:/prod/db:3\n        _KEY: ssm:arn:aws:ssm:eu-west-1:1:parameter/key\n        \
         API: secretsmanager:prod/api#a token\n        ALL: \"secretsmanager:prod/api\"\n    - location: b.sh\n",
    );
    let [first, second] = appspec.scripts("AfterInstall") else { panic!("there are two scripts") };
    let shown = |script: &Script| script.environment.iter().map(ToString::to_string).collect::<Vec<_>>();
    let own = [
        "STAGE",
        "PORT",
        "EMPTY",
        "MODE",
        "DB_PASSWORD (ssm:/prod/db:3)",
        "_KEY (ssm:arn:aws:ssm:eu-west-1:1:parameter/key)",
        "API (secretsmanager:prod/api#a token)",
        "ALL (secretsmanager:prod/api)",
    ];
    assert_eq!(
        (shown(first), shown(second)),
        (own.map(str::to_owned).to_vec(), ["STAGE", "MODE", "PORT", "EMPTY"].map(str::to_owned).to_vec())
    );
    let value = |script: &Script, name: &str| {
        script.environment.iter().find(|known| known.name == name).unwrap().source.clone()
    };
    assert_eq!(value(first, "MODE"), ValueSource::Plain("fast".to_owned()));
    assert_eq!(
        (value(second, "PORT"), value(second, "EMPTY")),
        (ValueSource::Plain("80".to_owned()), ValueSource::Plain(String::new()))
    );
    let api = ValueSource::Secret { id: "prod/api".to_owned(), key: Some("a token".to_owned()) };
    assert_eq!((value(first, "API"), first.environment[3].line), (api, 12));
}

#[test]
fn what_is_wrong_with_a_variable_is_said_with_its_line() {
    let reading = read_any(with(
        "environment: [A]\nhooks:\n  AfterInstall:\n    - location: a.sh\n      sudo: true\n      environment:\n        1ST: x\n        \
         DEPLOYMENT_ID: x\n        A: x\n        A: y\n        B: {C: D}\n        C: \"a\\0b\"\n        D: \"ssm:\"\n        \
         E: ssm:/prod db\n        F: secretsmanager:#a\n        G: secretsmanager:a#\n",
    ));
    assert_eq!(reading.appspec, None);
    let words: Vec<_> = reading.findings.iter().map(ToString::to_string).collect();
    let at = "hooks.AfterInstall[0].environment";
    let expected = [
        "line 3: environment must be a map with a variable each, such as DB_PASSWORD: ssm:/prod/db, not a list"
            .to_owned(),
        format!("line 6: {at} reaches the script only as far as sudo keeps variables; use runas in place of sudo"),
        format!("line 9: {at} has \"1ST\", which is no name of a variable: letters, digits and _"),
        format!("line 10: {at}.DEPLOYMENT_ID is set by the deployment; use another name"),
        format!("line 12: {at}.A stands in line 11 already; this, the last one, counts"),
        format!("line 13: {at}.B must be a text, not a map"),
        format!("line 14: {at}.C has a zero byte, which no variable can have"),
        format!("line 15: {at}.D names \"\", which is no name and no ARN; write it like ssm:/prod/db"),
        format!("line 16: {at}.E names \"/prod db\", which is no name and no ARN; write it like ssm:/prod/db"),
        format!("line 17: {at}.F names \"\", which is no name and no ARN; write it like secretsmanager:prod/db"),
        format!("line 18: {at}.G names no member behind #; write #password, or leave out the #"),
    ];
    assert_eq!(words, expected);
}

#[test]
fn a_script_has_a_hundred_variables_at_most() {
    let many: String = (0..101).map(|n| format!("  A{n}: x\n")).collect();
    let reading = read_any(with(&format!("environment:\n{many}")));
    assert_eq!(reading.findings[0].to_string(), "line 4: environment has 101 variables; it may have 100");
}
