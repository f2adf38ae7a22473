//! The table of step types.

use rustchain_transpile::from::yaml::step_types;
use std::collections::BTreeSet;

/// The documented step types of the YAML format.
const DOCUMENTED: &str = "noop create_file edit_file delete_file copy_file move_file read_file list_directory \
    file_search parse_json parse_yaml parse_xml validate_schema csv_process compile_code run_tests format_code \
    lint_code extract_functions generate_docs git_commit git_branch git_merge git_status git_diff process_start \
    process_kill monitor_resources service_health compress sql_query redis_set redis_get db_backup db_migrate \
    websocket_connect ftp_upload ftp_download ssh_execute ping_host generate_embedding similarity_search \
    model_inference command http llm tool rag_query rag_add chain agent";

#[test]
fn every_documented_step_type_is_known() {
    let names: BTreeSet<&str> = step_types().iter().map(|t| t.name).collect();
    assert_eq!(DOCUMENTED.split_whitespace().count(), 51);
    for name in DOCUMENTED.split_whitespace() {
        assert!(names.contains(name), "{name}");
    }
    assert_eq!(names.len(), step_types().len(), "a name stands twice");
}

#[test]
fn a_step_type_without_a_target_says_what_to_use() {
    for kind in step_types().iter().filter(|t| t.target.is_empty()) {
        let composed = ["tool", "chain", "agent", "conditional"].contains(&kind.name);
        assert!(composed || !kind.advice.is_empty(), "{}", kind.name);
    }
}

#[test]
fn no_two_parameters_of_a_step_type_share_a_name() {
    for kind in step_types() {
        let names: Vec<&str> = kind
            .params
            .iter()
            .flat_map(|p| std::iter::once(p.name).chain(p.aliases.iter().copied()))
            .collect();
        let unique: BTreeSet<&str> = names.iter().copied().collect();
        assert_eq!(unique.len(), names.len(), "{}: {names:?}", kind.name);
    }
}
