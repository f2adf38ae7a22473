//! Scripts as missions.

use rustchain_transpile::from::langchain::{LangChainImport, LangChainOptions, import};
use rustchain_transpile::vfs::{DiskVfs, MemoryVfs};

fn of_fixture(name: &str) -> LangChainImport {
    let path = format!("{}/tests/fixtures/langchain/{name}", env!("CARGO_MANIFEST_DIR"));
    import(&DiskVfs::default(), &[path], &LangChainOptions::default())
}

fn of_text(source: &str) -> LangChainImport {
    let vfs = MemoryVfs { files: [("app.py".to_owned(), source.to_owned())].into() };
    import(&vfs, &["app.py".to_owned()], &LangChainOptions::default())
}

/// Everything that is written and told, without absolute paths.
fn shown(made: &LangChainImport) -> String {
    let mut out = String::new();
    for file in made.missions.iter().chain(&made.python_files) {
        out.push_str(&format!("=== {}\n{}\n", file.path, file.text));
    }
    out.push_str(&format!("=== report\n{}", made.report.to_text()));
    out.replace(&format!("{}/tests/fixtures/langchain/", env!("CARGO_MANIFEST_DIR")), "")
}

#[test]
fn a_script_becomes_missions() {
    insta::assert_snapshot!(shown(&of_fixture("support_desk.py")));
}

#[test]
fn agents_and_old_chains_become_missions() {
    insta::assert_snapshot!(shown(&of_fixture("agents.py")));
}

/// Tools do not run unasked: a person is asked before them, or the agent stays a hole.
#[test]
fn an_interrupted_agent_asks_before_its_tools() {
    insta::assert_snapshot!(shown(&of_fixture("interrupted_agents.py")));
}

#[test]
fn steps_know_their_place() {
    let made = of_fixture("support_desk.py");
    let (path, source) = &made.sources[0];
    let mission = &made.missions[0];
    assert!(!mission.origins.is_empty());
    for origin in &mission.origins {
        assert_eq!(&origin.file, path);
        assert!(source.get(origin.there.range()).is_some_and(|t| !t.is_empty()));
        let step = mission.text.get(origin.here.range()).unwrap_or_default();
        assert!(step.trim_start().starts_with("step "), "{step}");
    }
}

#[test]
fn a_lambda_that_cannot_be_translated_leaves_no_inputs_behind() {
    let made = of_text(
        "from langchain_core.runnables import RunnableLambda\nfrom langchain_openai import ChatOpenAI\n\
         chain = RunnableLambda(lambda x: x['a'].split(x['b'])[0]) | ChatOpenAI(model='m')\n",
    );
    let text = &made.missions[0].text;
    assert!(text.contains("input a: json") && text.contains("input b: json"), "{text}");
    assert!(made.python_files[0].text.contains("x['a'].split(x['b'])[0]"));
}

#[test]
fn a_model_without_a_vendor_is_a_hole() {
    let made = of_text(
        "from langchain_core.prompts import PromptTemplate\nfrom langchain_google_genai import ChatGoogleGenerativeAI\n\
         chain = PromptTemplate.from_template('{a}') | ChatGoogleGenerativeAI(model='gemini-pro')\n",
    );
    assert!(made.report.has_loss());
    assert!(made.missions[0].text.contains("hole<string>("), "{}", made.missions[0].text);
    assert!(made.diagnostics.iter().any(|d| d.message.contains("ChatGoogleGenerativeAI")));
}

/// A hole is a step of its own, also where a part of a prompt is not known.
#[test]
fn a_prompt_that_is_not_known_is_a_step_of_its_own() {
    let made = of_text(
        "from langchain import hub\nfrom langchain_openai import ChatOpenAI\nfrom other import TEXT\n\
         from langchain_core.prompts import ChatPromptTemplate\nllm = ChatOpenAI(model='m')\n\
         pulled = hub.pull('owner/name') | llm\n\
         given = ChatPromptTemplate.from_messages([('system', TEXT), ('human', '{x}')]) | llm\n",
    );
    let text = &made.missions[0].text;
    assert!(
        text.contains("step hole_ = hole<string>(kind: \"langchain\", source: \"hub:owner/name\""),
        "{text}"
    );
    assert!(!text.contains("prompt: hole<") && !text.contains("content: hole<"), "{text}");
    assert_eq!(text.matches("= hole<string>(").count(), 2, "{text}");
}
