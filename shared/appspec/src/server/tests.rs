mod corpus;
mod environments;
mod properties;

use super::*;

fn read_any(content: impl AsRef<[u8]>) -> Reading {
    read(content.as_ref(), &Expected::default())
}

/// An AppSpec that is sound but for what is added.
fn with(rest: &str) -> String {
    format!("version: 0.0\nos: linux\n{rest}")
}

fn sound(rest: &str) -> ServerAppSpec {
    read_any(with(rest)).into_result().expect("it is read").0
}

#[test]
fn the_typical_file_is_read_whole() {
    let appspec = sound(
        "files:\n  - source: /\n    destination: /var/www/shop\n  - source: ./etc//shop.conf\n    destination: /etc/shop\n\
         file_exists_behavior: OVERWRITE\n\
         permissions:\n  - object: /var/www\n    pattern: \"**\"\n    except: [\"/var/www/tmp\"]\n    owner: shop\n    \
         group: www\n    mode: \"0640\"\n    type: [file]\n    acls: [\"u:bob:r-x\", \"d:group::7\"]\n    \
         context: { user: system_u, type: httpd_sys_content_t, range: s0 }\n\
         hooks:\n  AfterInstall:\n    - location: /scripts/migrate.sh\n      timeout: 300\n      runas: root\n    \
         - location: scripts/warm.sh\n",
    );
    assert_eq!(appspec.os, Os::Linux);
    let files: Vec<_> = appspec.files.iter().map(|file| (file.source.as_str(), file.destination.as_str())).collect();
    assert_eq!(files, [("", "/var/www/shop"), ("etc/shop.conf", "/etc/shop")]);
    assert_eq!(appspec.file_exists_behavior, Some(FileExistsBehavior::Overwrite));
    let bob = AclEntry { default: false, kind: AclKind::User, name: Some("bob".to_owned()), bits: 5 };
    let group = AclEntry { default: true, kind: AclKind::Group, name: None, bits: 7 };
    let context = Context {
        user: Some("system_u".to_owned()),
        kind: "httpd_sys_content_t".to_owned(),
        range: Some("s0".to_owned()),
    };
    let permission = Permission {
        line: 10,
        object: "/var/www".to_owned(),
        pattern: "**".to_owned(),
        except: vec!["/var/www/tmp".to_owned()],
        kinds: vec![PathKind::File],
        owner: Some("shop".to_owned()),
        group: Some("www".to_owned()),
        mode: Some(0o640),
        acls: vec![bob, group],
        context: Some(context),
    };
    assert_eq!(appspec.permissions, [permission]);
    let scripts = appspec.scripts("AfterInstall");
    let migrate = Script {
        line: 21,
        written: "/scripts/migrate.sh".to_owned(),
        location: "scripts/migrate.sh".to_owned(),
        timeout_seconds: 300,
        run_as: Some("root".to_owned()),
        sudo: false,
        environment: Vec::new(),
    };
    assert_eq!(scripts[0], migrate);
    assert_eq!(scripts[1].timeout_seconds, DEFAULT_TIMEOUT_SECONDS);
    assert_eq!(appspec.scripts("ApplicationStop"), []);
}

#[test]
fn json_is_read_as_yaml_is_also_where_tabs_indent_it() {
    let json = "{\n\t\"version\": 0.0,\n\t\"os\": \"linux\",\n\t\"hooks\": {\n\t\t\"AfterInstall\": [{\"location\": \"a.sh\"}]\n\t}\n}\n";
    let (appspec, findings) = read_any(json).into_result().unwrap();
    assert_eq!(appspec.scripts("AfterInstall")[0].location, "a.sh");
    assert_eq!(findings, []);
}

#[test]
fn the_text_of_a_mode_counts_and_not_its_number() {
    for (written, mode) in [("0644", 0o644), ("644", 0o644), ("\"0755\"", 0o755), ("7", 0o7), ("'1777'", 0o1777)] {
        let appspec = sound(&format!("permissions: [{{object: /a, mode: {written}}}]"));
        assert_eq!(appspec.permissions[0].mode, Some(mode), "{written}");
    }
}

#[test]
fn timeouts_are_read_as_the_official_agent_reads_them() {
    for (written, seconds) in [("", 3600), ("~", 3600), ("\"\"", 3600), ("\"60\"", 60), ("2.9", 2), ("300", 300)] {
        let appspec = sound(&format!("hooks: {{AfterInstall: [{{location: a.sh, timeout: {written}}}]}}"));
        assert_eq!(appspec.scripts("AfterInstall")[0].timeout_seconds, seconds, "{written}");
    }
}

#[test]
fn sudo_is_said_in_all_words_of_yaml() {
    for (written, sudo) in [("yes", true), ("On", true), ("true", true), ("no", false), ("false", false), ("", false)] {
        let appspec = sound(&format!("hooks: {{AfterInstall: [{{location: a.sh, sudo: {written}}}]}}"));
        assert_eq!(appspec.scripts("AfterInstall")[0].sudo, sudo, "{written}");
    }
}

#[test]
fn all_that_is_wrong_is_said_at_once_in_the_order_of_the_lines() {
    let reading = read_any(
        "version: \"0.0\"\nos: ubuntu\nfiles:\n  source: /\nhooks:\n  AfterInstal:\n    - location: a.sh\n      timeout: 0\n  \
         AfterInstall: x.sh\n",
    );
    assert_eq!(reading.appspec, None);
    let lines: Vec<_> = reading.findings.iter().map(|finding| finding.line.unwrap()).collect();
    assert_eq!(lines, [1, 2, 4, 6, 8, 9]);
}

#[test]
fn an_appspec_for_the_other_system_is_refused_by_a_host_and_read_without_one() {
    let content = "version: 0.0\nos: windows\nfiles:\n  - source: \\app\n    destination: C:\\app\n";
    assert_eq!(read_any(content).findings, []);
    let expected = Expected { os: Some(Os::Linux), events: None };
    let finding = &read(content.as_bytes(), &expected).findings[0];
    assert_eq!(
        finding.to_string(),
        "The deployment failed because the application specification file specifies an unsupported operating system \
         (windows). [line 2: the AppSpec is for windows, and this host runs linux]"
    );
}

#[test]
fn with_a_list_of_events_an_event_that_is_not_in_it_is_refused() {
    let events: Vec<String> =
        HOOKS.iter().chain(&["DownloadBundle", "Install"]).map(|event| (*event).to_owned()).collect();
    let expected = Expected { os: None, events: Some(&events) };
    let content = with("hooks:\n  AfterInstall:\n    - location: a.sh\n  Weird:\n    - location: b.sh\n");
    let reading = read(content.as_bytes(), &expected);
    let texts: Vec<_> = reading.findings.iter().map(ToString::to_string).collect();
    let refusal = "appspec.yml file contains unknown lifecycle events: [\"Weird\"] [line 6: Weird is not a lifecycle \
                   event of this deployment]";
    assert_eq!(texts, [refusal]);
    let events = ["Weird".to_owned(), "AfterInstall".to_owned()];
    let expected = Expected { os: None, events: Some(&events) };
    assert_eq!(read(content.as_bytes(), &expected).findings, []);
}
