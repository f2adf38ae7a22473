//! `archive.*`: round trips, and archives that mean harm.

use crate::support::Project;
use rustchain_plan::{ErrorKind, Value};
use serde_json::json;
use std::os::unix::fs::symlink;

#[tokio::test]
async fn every_format_round_trips_and_repeats() {
    let project = Project::new();
    project.write("src/a/b.txt", "b");
    project.write("src/c.txt", "c".repeat(100_000));
    symlink("/etc/passwd", project.path("src/link")).unwrap();
    for format in ["tar", "tar.gz", "zip"] {
        let pack =
            |to: &str| project.call("archive.pack", json!({ "from": "src", "to": to, "format": format }));
        assert_eq!(pack("one").run().await.unwrap(), Value::Int(2), "{format}");
        pack("two").run().await.unwrap();
        assert_eq!(std::fs::read(project.path("one")).unwrap(), std::fs::read(project.path("two")).unwrap());
        let unpack = json!({ "from": "one", "to": format!("out/{format}"), "format": format });
        assert_eq!(project.call("archive.unpack", unpack).run().await.unwrap(), Value::Int(2));
        assert_eq!(project.text(&format!("out/{format}/a/b.txt")), "b");
        assert!(!project.path(&format!("out/{format}/link")).exists());
    }
}

fn tar(project: &Project, name: &str, kind: tar::EntryType) {
    let mut header = tar::Header::new_gnu();
    let bytes = name.as_bytes();
    header.as_old_mut().name[..bytes.len()].copy_from_slice(bytes);
    header.set_entry_type(kind);
    header.set_size(0);
    header.set_link_name("/etc").unwrap();
    header.set_cksum();
    let mut builder = tar::Builder::new(std::fs::File::create(project.path("bad.tar")).unwrap());
    let mut good = tar::Header::new_gnu();
    good.set_size(1);
    builder.append_data(&mut good, "good", b"x".as_slice()).unwrap();
    builder.append(&header, std::io::empty()).unwrap();
    builder.finish().unwrap();
}

#[tokio::test]
async fn members_that_leave_the_folder_are_refused_before_anything_is_written() {
    let project = Project::new();
    let cases = [
        ("../evil", tar::EntryType::Regular),
        ("/abs/evil", tar::EntryType::Regular),
        ("a/../../evil", tar::EntryType::Regular),
        ("link", tar::EntryType::Symlink),
        ("hard", tar::EntryType::Link),
        ("dev", tar::EntryType::Char),
    ];
    for (name, kind) in cases {
        tar(&project, name, kind);
        let args = json!({ "from": "bad.tar", "to": "out", "format": "tar" });
        let error = project.call("archive.unpack", args).error().await;
        assert_eq!(error.kind, ErrorKind::Refused, "{name}: {error}");
        assert!(!project.path("out").exists());
    }
}

#[tokio::test]
async fn a_link_that_is_there_is_not_written_through() {
    let project = Project::new();
    project.write("src/sub/x", "x");
    let pack = json!({ "from": "src", "to": "a.tar.gz" });
    project.call("archive.pack", pack).run().await.unwrap();
    let outside = tempfile::tempdir().unwrap();
    std::fs::create_dir(project.path("out")).unwrap();
    symlink(outside.path(), project.path("out/sub")).unwrap();
    let error = project.call("archive.unpack", json!({ "from": "a.tar.gz", "to": "out" })).error().await;
    assert_eq!(error.kind, ErrorKind::Refused);
    assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn what_is_no_archive_is_a_parse_error() {
    let project = Project::new();
    project.write("x", "no archive, however long this text may be");
    for format in ["tar", "tar.gz", "zip"] {
        let args = json!({ "from": "x", "to": "out", "format": format });
        assert_eq!(
            project.call("archive.unpack", args).error().await.kind,
            ErrorKind::ParseError,
            "{format}"
        );
    }
}
