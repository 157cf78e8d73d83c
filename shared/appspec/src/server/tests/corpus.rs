//! Every oddity of AppSpecs in use: what is written, and all that is found.

use super::*;

/// What was found, one a line.
fn found(content: impl AsRef<[u8]>) -> String {
    let findings = read_any(content).findings;
    let lines = findings.iter().map(|finding| match finding.severity {
        crate::finding::Severity::Refusal => format!("refused: {finding}"),
        crate::finding::Severity::Warning => format!("warning: {finding}"),
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn every_oddity_in_use_is_read_or_told_with_its_line() {
    let script = |entry: &str| with(&format!("hooks:\n  AfterInstall:\n    - location: a.sh\n{entry}"));
    let file = |entry: &str| with(&format!("files:\n  - {entry}\n"));
    let permission = |entry: &str| with(&format!("permissions:\n  - object: /a\n{entry}"));
    let contents = [
        String::new(),
        "# comments\n".into(),
        "version: \"0.0\"\nos: linux".into(),
        "version: 0.1\nos: linux".into(),
        "version: 1.0.0\nos: linux".into(),
        "os: linux".into(),
        "version: 0\nos: linux".into(),
        "version: 0.0\nos: ubuntu".into(),
        "version: 0.0\nos: Windows Server 2012 R2".into(),
        "version: 0.0\nos: Linux".into(),
        "version: 0.0\nos: linus".into(),
        "version: 0.0\n".into(),
        "version: 0.0\nos: windows\npermissions:\n - object: a".into(),
        with("appid: x\nhook: x\nResources: []\n"),
        with("BeforeInstall:\n  - location: a.sh\nhooks:\n"),
        with("hooks:\n  ApplicatiionStart:\n    - location: a.sh\n  install:\n    - location: a\n  Before Install:\n"),
        with("hooks:\nfiles:\npermissions: ~\n"),
        with("hooks: []\n"),
        with("hooks:\n  - AfterInstall:\n"),
        with("hooks:\n  AfterInstall: a.sh\n"),
        with("hooks:\n  AfterInstall:\n    location: a.sh\n"),
        with("hooks:\n  AfterInstall:\n    - a.sh\n    -\n"),
        with("hooks:\n  AfterInstall:\n    - timeout: 3\n    - location: ''\n    - location: /\n"),
        with(
            "hooks:\n  AfterInstall:\n    - location: ../x.sh\n    - location: scripts\\a.sh\n    - location:  /opt/x.sh --now \n",
        ),
        script("      timeout: 0\n"),
        script("      timeout: -3\n"),
        script("      timeout: soon\n"),
        script("      timeout: 6000\n"),
        script("    - location: b\n"),
        script("      runas: ''\n      sudo: perhaps\n"),
        script("      interpreter: x\n      run_as: y\n"),
        file("{source: /, destination: /a, overwrite: yes, exclude: x, file_exists_behavior: OVERWRITE}"),
        with("files:\n  source: /\n  destination: /a\n"),
        file(""),
        file("x"),
        file("{source: /}"),
        file("{destination: /a}"),
        file("{source: '', destination: ''}"),
        file("{source: ../a, destination: /a}"),
        file("{source: a\\b, destination: /var/www}"),
        file("{source: a, destination: var/www}"),
        file("{source: /, destination: ~/x}"),
        file("{source: /, destination: $HOME/x}"),
        file("{source: /, destination: /a/../b}"),
        with("file_exists_behavior: overwrite\n"),
        with("file_exists_behavior: DISALLOW|OVERWRITE|RETAIN\n"),
        with("file_exists_behavior: RETAIN\n"),
        permission("    pattern: **\n"),
        permission("    pattern: *\n"),
        permission("    mode: 0644\n"),
        permission("    mode: 888\n"),
        permission("    mode: 07777\n"),
        permission("    mode: u+x\n"),
        permission("    type: file\n    except: tmp\n"),
        permission("    type: [dir]\n"),
        permission("    owner: 1000\n    group: 33\n"),
        permission("    acls:\n      -\n    context:\n      user:\n      type:\n      range:\n    except:\n      -\n"),
        permission("    acls: ['u::rwx', 'u:bob:rwz', 'mask:x:7', 'a:b:c:r', 'bob:r', 'u:bob:5', '']\n"),
        permission("    context: {name: x, role: y}\n"),
        with("permissions:\n  - owner: x\n"),
        with("files: []\nfiles:\n"),
        with("hooks:\n  AfterInstall:\n    - location: a\n  AfterInstall:\n    - location: b\n"),
        with("---\nversion: 9\n"),
        format!("---\n{}...\n", with("")),
        format!("\u{feff}{}", with("# ø\n")),
        with("hooks:\n\tAfterInstall:\n"),
        with("hooks:\n  AfterInstall:\n   - location: a\n  - location: b\n"),
        with("files: @x\n"),
        with("files: a: b\n"),
        with("files: !Ref x\n"),
        with("files: &f\n  - &e {source: /, destination: /a}\n  - *e\n"),
        with("files: *nothing\n"),
        "- a".into(),
        "text".into(),
        "[1".into(),
        "? [a]\n: b".into(),
    ];
    let all = contents.iter().map(|content| format!("=== {content:?}\n{}\n", found(content)));
    insta::assert_snapshot!(all.collect::<String>());
}

#[test]
fn what_is_not_utf_8_is_refused_by_its_byte() {
    let expected = "refused: The deployment failed because the AppSpec file cannot be parsed. [line 3: byte 28 is not \
                    UTF-8; save the file as UTF-8]";
    assert_eq!(found(b"version: 0.0\nos: linux\n# caf\xe9\n"), expected);
}
