//! Inputs that are no Python.

use crate::{files, losses, text};
use rustchain_transpile::from::langchain::op_json;
use serde_json::json;

#[test]
fn dumps_with_a_hole_keeps_the_rest() {
    let dump = json!({
        "lc": 1, "type": "constructor", "id": ["langchain", "schema", "runnable", "RunnableSequence"],
        "kwargs": {
            "first": { "lc": 1, "type": "constructor", "id": ["langchain", "prompts", "prompt", "PromptTemplate"],
                       "kwargs": { "template": "Hi {name}", "template_format": "f-string" } },
            "middle": [{ "lc": 1, "type": "not_implemented", "id": ["langchain_core", "runnables", "base", "RunnableLambda"],
                         "repr": "RunnableLambda(f)" }],
            "last": { "lc": 1, "type": "constructor", "id": ["langchain", "chat_models", "openai", "ChatOpenAI"],
                      "kwargs": { "model_name": "gpt-4o", "temperature": 0.5,
                                  "openai_api_key": { "lc": 1, "type": "secret", "id": ["OPENAI_API_KEY"] } } },
        },
    });
    let file = text("chain.lc.json", &dump.to_string());
    let tree = op_json(&file.objects[0].op);
    assert_eq!(tree["steps"][0]["input_variables"], json!(["name"]));
    assert_eq!(tree["steps"][1]["op"], "unknown");
    assert_eq!(tree["steps"][2]["params"], json!({ "temperature": 0.5 }));
    assert!(losses(&file).contains("$.kwargs.middle[0]"), "{}", losses(&file));
}

#[test]
fn objects_that_would_run_code_are_only_names() {
    let dump = json!({ "lc": 1, "type": "constructor", "id": ["os", "system"], "kwargs": { "command": "touch /tmp/x" },
                       "__reduce__": ["os.system", ["touch /tmp/x"]] });
    let file = text("x.json", &dump.to_string());
    assert_eq!(op_json(&file.objects[0].op)["op"], "opaque");
    let pickle = text("x.yaml", "!!python/object/apply:os.system ['touch /tmp/x']\n");
    assert!(pickle.objects.is_empty() && !pickle.losses.is_empty());
}

#[test]
fn legacy_files_read_siblings_and_nothing_else() {
    let all = [
        (
            "p/chain.json",
            r#"{"_type": "llm_chain", "prompt_path": "prompt.yaml", "llm": {"_type": "openai", "model_name": "m"}, "output_key": "text"}"#,
        ),
        ("p/prompt.yaml", "_type: prompt\ninput_variables: [q]\ntemplate_path: t.txt\n"),
        ("p/t.txt", "Answer {q}"),
    ];
    let file = files("p/chain.json", &all);
    assert_eq!(losses(&file), "");
    assert_eq!(op_json(&file.objects[0].op)["parts"]["prompt"]["template"], "Answer {q}");
    for path in ["../secret", "/etc/passwd", "a/../../secret"] {
        let prompt = json!({ "_type": "prompt", "template_path": path }).to_string();
        let file = files("p/x.json", &[("p/x.json", &prompt), ("secret", "token"), ("/etc/passwd", "token")]);
        assert!(losses(&file).contains("leads out of the folder"), "{path}: {}", losses(&file));
        assert!(!format!("{file:?}").contains("token"));
    }
}

#[test]
fn a_file_that_names_itself_ends() {
    let prompt = r#"{"_type": "llm_chain", "prompt_path": "x.json"}"#;
    let file = files("x.json", &[("x.json", prompt)]);
    assert!(losses(&file).contains("nested too deeply"), "{}", losses(&file));
}

#[test]
fn a_project_names_its_graphs() {
    let all = [
        (
            "app/langgraph.json",
            r#"{"graphs": {"agent": "./src/graph.py:agent", "out": "../x.py:g", "odd": "nothing"}, "dependencies": ["."]}"#,
        ),
        (
            "app/src/graph.py",
            "from langchain.agents import create_agent\nagent = create_agent('openai:gpt-4o', tools=[])\n",
        ),
    ];
    let file = files("app/langgraph.json", &all);
    assert_eq!(file.objects[0].name, "agent");
    assert_eq!(op_json(&file.objects[0].op)["op"], "graph");
    assert!(losses(&file).contains("leads out of the folder") && losses(&file).contains("FILE:VARIABLE"));
}

#[test]
fn what_is_none_of_the_forms_says_so() {
    for (path, source) in [
        ("a.json", "[]"),
        ("a.json", "{"),
        ("a.ipynb", "{}x"),
        ("a.yaml", "x: *y"),
        ("a.json", "{\"nodes\": 1, \"edges\": 2}"),
    ] {
        let file = text(path, source);
        assert_eq!((file.objects.len(), file.losses.len()), (0, 1), "{path}: {source}");
    }
}
