//! `fs.*` on real files.

use crate::support::{Project, allow};
use rustchain_plan::{EffectKind, ErrorKind, Value};
use serde_json::json;
use std::os::unix::fs::{PermissionsExt, symlink};

#[tokio::test]
async fn text_is_written_whole_and_read_back() {
    let project = Project::new();
    let write = json!({ "path": "a/b/c.txt", "text": "grüße" });
    assert_eq!(project.call("fs.write", write).json().await.unwrap(), "a/b/c.txt");
    let read = project.call("fs.read", json!({ "path": "./a/b/../b/c.txt" }));
    assert_eq!(read.json().await.unwrap(), "grüße");
    let names: Vec<_> =
        std::fs::read_dir(project.path("a/b")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names, ["c.txt"], "no temporary file stays");
}

#[tokio::test]
async fn append_adds_and_replace_keeps_the_mode() {
    let project = Project::new();
    project.write("run.sh", "a");
    std::fs::set_permissions(project.path("run.sh"), PermissionsExt::from_mode(0o750)).unwrap();
    let add = json!({ "path": "run.sh", "text": "b", "append": true });
    project.call("fs.write", add).run().await.unwrap();
    assert_eq!(project.text("run.sh"), "ab");
    project.call("fs.write", json!({ "path": "run.sh", "text": "c" })).run().await.unwrap();
    assert_eq!(project.text("run.sh"), "c");
    assert_eq!(std::fs::metadata(project.path("run.sh")).unwrap().permissions().mode() & 0o777, 0o750);
}

#[tokio::test]
async fn errors_name_the_path_and_the_kind() {
    let project = Project::new();
    project.write("bytes", [0xff, 0xfe]);
    project.write("dir/x", "");
    let cases = [
        ("none", ErrorKind::NotFound, "reading `none`: No such file or directory (os error 2)"),
        ("bytes", ErrorKind::ParseError, "`bytes`: the text is no UTF-8 at byte 0"),
        ("dir", ErrorKind::Io, "`dir` is a folder"),
    ];
    for (path, kind, message) in cases {
        let error = project.call("fs.read", json!({ "path": path })).error().await;
        assert_eq!((error.kind, error.message.as_str()), (kind, message));
    }
    let error =
        project.call("fs.write", json!({ "path": "/dev/full", "text": "x", "append": true })).error().await;
    assert_eq!(error.kind, ErrorKind::Io);
    assert!(error.message.starts_with("writing `/dev/full`: No space left on device"), "{error}");
}

#[tokio::test]
async fn exists_tells_what_is_there() {
    let project = Project::new();
    project.write("dir/file", "");
    for (path, there) in [("dir", true), ("dir/file", true), ("dir/other", false), ("dir/file/below", false)]
    {
        let exists = project.call("fs.exists", json!({ "path": path })).run().await.unwrap();
        assert_eq!(exists, Value::Bool(there), "{path}");
    }
}

#[tokio::test]
async fn edits_count_what_they_replace() {
    let project = Project::new();
    project.write("f", "x x x");
    let error =
        project.call("fs.edit", json!({ "path": "f", "old": "x", "new": "y", "count": 1 })).error().await;
    assert_eq!(
        (error.kind, error.message.as_str()),
        (ErrorKind::Invalid, "`f` holds the text 3 times, not 1 times")
    );
    let count = project.call("fs.edit", json!({ "path": "f", "old": "x", "new": "yy" })).run().await.unwrap();
    assert_eq!((count, project.text("f").as_str()), (Value::Int(3), "yy yy yy"));
}

#[tokio::test]
async fn a_link_out_of_the_root_is_decided_by_where_it_leads() {
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("secret"), "s").unwrap();
    let link = |project: &Project| symlink(outside.path(), project.path("link")).unwrap();

    let refused = Project::new();
    link(&refused);
    for (callee, args) in [
        ("fs.read", json!({ "path": "link/secret" })),
        ("fs.write", json!({ "path": "link/new", "text": "" })),
        ("fs.list", json!({ "path": "link" })),
        ("fs.find", json!({ "path": "link" })),
        ("fs.delete", json!({ "path": "link/secret" })),
        ("fs.copy", json!({ "from": "link/secret", "to": "here" })),
        ("fs.make_dir", json!({ "path": "link/dir" })),
        ("fs.edit", json!({ "path": "link/secret", "old": "s", "new": "t" })),
    ] {
        let error = refused.call(callee, args).error().await;
        assert_eq!(error.kind, ErrorKind::Refused, "{callee}: {error}");
    }
    assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 1);

    let real = outside.path().canonicalize().unwrap();
    let pattern = format!("{}/**", real.display());
    let allowed = Project::with(|plan| plan.policy = allow(&[(EffectKind::FsRead, &pattern)]));
    link(&allowed);
    assert_eq!(allowed.call("fs.read", json!({ "path": "link/secret" })).json().await.unwrap(), "s");
}

#[tokio::test]
async fn a_link_inside_the_root_is_decided_by_its_target() {
    let project = Project::with(|plan| plan.policy = allow(&[(EffectKind::FsRead, "data/**")]));
    project.write("data/x", "1");
    project.write("keys/k", "2");
    symlink("data/x", project.path("good")).unwrap();
    symlink("keys/k", project.path("bad")).unwrap();
    assert_eq!(project.call("fs.read", json!({ "path": "good" })).json().await.unwrap(), "1");
    let error = project.call("fs.read", json!({ "path": "bad" })).error().await;
    assert_eq!(error.kind, ErrorKind::Refused);
    assert!(error.message.contains("keys/k"), "{error}");
}

#[tokio::test]
async fn folders_are_copied_moved_and_deleted_without_following_links() {
    let project = Project::new();
    project.write("keep/k", "k");
    project.write("src/a/b.txt", "b");
    project.write("src/c.txt", "c");
    symlink("../keep", project.path("src/link")).unwrap();
    project.call("fs.copy", json!({ "from": "src", "to": "dst" })).run().await.unwrap();
    assert_eq!(project.text("dst/a/b.txt"), "b");
    assert!(std::fs::symlink_metadata(project.path("dst/link")).unwrap().is_symlink());
    project.call("fs.move", json!({ "from": "dst", "to": "deep/dst" })).run().await.unwrap();
    assert!(!project.path("dst").exists());
    let error = project.call("fs.delete", json!({ "path": "deep" })).error().await;
    assert_eq!(error.message, "the folder `deep` is not empty; say `recursive: true`");
    let delete = || project.call("fs.delete", json!({ "path": "deep", "recursive": true }));
    assert_eq!(delete().run().await.unwrap(), Value::Bool(true));
    assert_eq!(delete().run().await.unwrap(), Value::Bool(false));
    assert_eq!(project.text("keep/k"), "k");
    let error = project.call("fs.copy", json!({ "from": "src", "to": "src/a/again" })).error().await;
    assert_eq!(error.message, "`src/a/again` lies inside `src`");
    let error = project.call("fs.delete", json!({ "path": ".", "recursive": true })).error().await;
    assert_eq!(error.kind, ErrorKind::Invalid);
}

#[tokio::test]
async fn what_is_denied_inside_a_folder_is_not_touched() {
    let deny = allow(&[(EffectKind::FsRead, "src/key"), (EffectKind::FsWrite, "src/key")]).allow;
    let project = Project::with(|plan| plan.policy.deny = deny);
    project.write("src/key", "k");
    project.write("src/open", "o");
    let error = project.call("fs.copy", json!({ "from": "src", "to": "dst" })).error().await;
    assert_eq!(
        (error.kind, error.message.as_str()),
        (ErrorKind::Refused, "the policy denies fs.read of `src/key`")
    );
    let error = project.call("fs.delete", json!({ "path": "src", "recursive": true })).error().await;
    assert_eq!(error.kind, ErrorKind::Refused);
    let found = project.call("fs.find", json!({ "path": "src" })).json().await.unwrap();
    assert_eq!(found.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn listings_are_in_order() {
    let project = Project::new();
    for name in ["d/z.md", "d/a/x.md", "d/a/y.txt", "d/b.md"] {
        project.write(name, "12");
    }
    let paths = |list: serde_json::Value| -> Vec<String> {
        list.as_array().unwrap().iter().map(|e| e["path"].as_str().unwrap().to_owned()).collect()
    };
    let list = project.call("fs.list", json!({ "path": "d" })).json().await.unwrap();
    assert_eq!((list[1]["size"].clone(), list[0]["is_dir"].clone()), (json!(2), json!(true)));
    assert_eq!(paths(list), ["d/a", "d/b.md", "d/z.md"]);
    let find = |pattern: &str| project.call("fs.find", json!({ "path": "d", "pattern": pattern }));
    assert_eq!(paths(find("**/*.md").json().await.unwrap()), ["d/a/x.md", "d/b.md", "d/z.md"]);
    assert_eq!(paths(find("*.md").json().await.unwrap()), ["d/b.md", "d/z.md"]);
    assert_eq!(find("[").error().await.kind, ErrorKind::Invalid);
}
