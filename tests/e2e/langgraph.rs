//! LangGraph applications, imported: the mission asks what the application asked and ends in the state that LangGraph
//! ended in. What LangGraph did is recorded by `tests/ecosystem/langchain/record.py`; here nothing of it is needed.

use crate::langchain_requests::{Case, plain};
use crate::project::{Project, repository};
use serde_json::Value;

/// The application as a mission that runs.
fn imported(case: &Case) -> Project {
    let project = Project::with("app.py", &case.app);
    project.expect(0, &["transpile", "from-langchain", "app.py", "-o", "."]);
    project
}

fn same(name: &str) {
    let case = Case::of("graphs", name);
    let project = imported(&case);
    let text = project.read("app.mission");
    let entry = case.drive["entry"].as_str().expect("an entry");
    let (ended, server) = case.run_in(project, &format!("app.mission#{entry}"));
    let said = format!("{}\n{}\n{}\n{text}", server.differences().join("\n"), ended.stdout, ended.stderr);
    assert_eq!((ended.code, server.differences().len()), (0, 0), "{name}\n{said}");
    let got: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    assert_eq!(plain(&got["outputs"]), plain(&case.result), "{name}\n{text}");
}

macro_rules! graphs {
    ($($name:ident),* $(,)?) => {
        $(#[test]
        fn $name() {
            same(stringify!($name).trim_start_matches("the_graph_"));
        })*
    };
}

graphs!(
    the_graph_as_python,
    the_graph_bare_routes,
    the_graph_branches_ask,
    the_graph_by_hand,
    the_graph_by_hand_tasks,
    the_graph_chain_nodes,
    the_graph_command_or_edge,
    the_graph_count_up,
    the_graph_debate,
    the_graph_deferred,
    the_graph_diamond,
    the_graph_entry_choice,
    the_graph_fallen_back,
    the_graph_given_again,
    the_graph_graded,
    the_graph_handoff,
    the_graph_in_rounds,
    the_graph_limited,
    the_graph_line,
    the_graph_map_reduce,
    the_graph_merged,
    the_graph_agent_node,
    the_graph_models_state,
    the_graph_own_reducers,
    the_graph_parallel_models,
    the_graph_prompts,
    the_graph_python_models,
    the_graph_python_nodes,
    the_graph_python_packets,
    the_graph_react,
    the_graph_rounds,
    the_graph_subgraph,
    the_graph_tasks,
    the_graph_tools,
    the_graph_two_branches,
    the_graph_uneven,
);

const WAITING: &str = r#"
from typing import TypedDict
from langgraph.graph import END, START, StateGraph


class State(TypedDict):
    n: int


def draft(state):
    return {"n": state["n"] + 1}


g = StateGraph(State)
g.add_node("draft", draft)
g.add_node("publish", lambda state: {"n": 0})
g.add_edge(START, "draft")
g.add_edge("draft", "publish")
g.add_edge("publish", END)
app = g.compile(interrupt_before=["publish"])
"#;

/// An application that waits for a person is imported; its run is refused before anything runs, and says where it waits.
fn waits(app: &str, asked: &[&str]) -> Project {
    let project = Project::with("app.py", app);
    project.expect(0, &["transpile", "from-langchain", "app.py", "-o", ".", "--check"]);
    let ended = project.run(&["run", "app.mission", "-i", "n=1"]);
    assert_eq!(ended.code, 4, "{}", ended.stderr);
    assert!(
        ended.stderr.contains("nobody can be asked in this run, and a person must answer"),
        "{}",
        ended.stderr
    );
    for asked in asked {
        assert!(ended.stderr.contains(asked), "{asked}\n{}", ended.stderr);
    }
    assert!(!project.has(".rustchain/runs"), "nothing ran: {}", ended.stderr);
    project
}

#[test]
fn a_graph_that_waits_before_a_node_is_refused_before_it_runs() {
    waits(WAITING, &["Run the node publish?"]);
}

#[test]
fn a_graph_that_waits_after_a_node_is_refused_before_it_runs() {
    let app = WAITING
        .replace("interrupt_before=[\"publish\"]", "interrupt_after=[\"draft\"], interrupt_before=\"*\"");
    let asked = ["Go on after the node draft?", "Run the node draft?", "Run the node publish?"];
    let project = waits(&app, &asked);
    let inspected = project.expect(0, &["inspect", "app.py"]);
    assert!(inspected.stdout.contains("\"interrupt_after\": ["), "{}", inspected.stdout);
}

#[test]
fn a_node_that_waits_for_an_answer_is_refused_before_it_runs() {
    let body = "answer = interrupt({\"n\": state[\"n\"]})\n    return {\"n\": int(answer) + 1}";
    let app = WAITING.replace("return {\"n\": state[\"n\"] + 1}", body);
    let app = app.replace("interrupt_before=[\"publish\"]", "");
    let app = format!("from langgraph.types import interrupt\n{app}");
    let project = waits(&app, &["the node `draft` waits for an answer"]);
    assert!(project.read("tasks/app.py").contains("answer = interrupt({\"n\": state[\"n\"]})"));
}

/// The graph with another body of its node `draft`; what the import says.
fn with_draft(body: &str, head: &str) -> (Project, String) {
    let text = WAITING.replace("return {\"n\": state[\"n\"] + 1}", body);
    let project = Project::with("app.py", &format!("{head}{text}"));
    let ended = project.run(&["transpile", "from-langchain", "app.py", "-o", "."]);
    (project, format!("{}{}{}", ended.code, ended.stdout, ended.stderr))
}

#[test]
fn a_node_with_a_loop_is_carried_as_python() {
    let body = "for _ in range(3):\n        state[\"n\"] += 1\n    return state";
    let (project, said) = with_draft(body, "");
    assert!(said.starts_with('0') && said.contains("`draft` is carried as Python: it has a loop"), "{said}");
    assert!(project.read("tasks/app.py").contains("for _ in range(3):"), "{said}");
}

#[test]
fn a_node_without_a_counterpart_is_told() {
    let head = "from langchain_openai import ChatOpenAI\nllm = ChatOpenAI(model=\"m\")\n";
    let body = "try:\n        llm.invoke(\"go\")\n    except ValueError:\n        pass\n    return {}";
    let (_, said) = with_draft(body, head);
    let why = "the node `draft`: it handles exceptions, and as a Python tool it cannot have `llm`";
    assert!(said.starts_with('1') && said.contains(why), "{said}");

    let body = "for _ in range(3):\n        trim_messages([])\n    return {}";
    let (_, said) = with_draft(body, "from langchain_core.messages import trim_messages\n");
    let why = "it calls something whose result it does not use, and as a Python tool it needs `trim_messages` of `langchain_core.messages`";
    assert!(said.starts_with('1') && said.contains(why), "{said}");
}

#[test]
fn a_loop_without_a_counterpart_is_told() {
    let head = "from langchain_openai import ChatOpenAI\nllm = ChatOpenAI(model=\"m\")\n";
    for (body, why) in [
        (
            "for a, b in [(1, 2)]:\n        n = llm.invoke(\"go\").content\n    return {}",
            "it iterates over pairs",
        ),
        (
            "while True:\n        n = llm.invoke(\"go\").content\n        if n:\n            text = n\n            break\n    return {\"n\": len(text)}",
            "it reads `text`, which a round of a loop may not have set",
        ),
        (
            "for n in range(3):\n        n = llm.invoke(\"go\").content\n    return {}",
            "it sets the element of its own loop",
        ),
        (
            "while True:\n        n = llm.invoke(\"go\").content\n        break\n    else:\n        n = 1\n    return {}",
            "it has a loop with `else`",
        ),
    ] {
        let (_, said) = with_draft(body, head);
        let why = format!("the node `draft`: {why}, and as a Python tool it cannot have `llm`");
        assert!(said.starts_with('1') && said.contains(&why), "{said}");
    }
}

#[test]
fn a_model_that_is_asked_in_one_of_two_cases_is_told() {
    let head = "from langchain_openai import ChatOpenAI\nllm = ChatOpenAI(model=\"m\")\n";
    for value in [
        "state[\"n\"] or len(llm.invoke(\"go\").content)",
        "1 if state[\"n\"] else len(llm.invoke(\"go\").content)",
    ] {
        let (_, said) = with_draft(&format!("return {{\"n\": {value}}}"), head);
        assert!(said.starts_with('1') && said.contains("it asks a model in one of two cases"), "{said}");
    }
}

#[test]
fn a_chain_is_a_node_of_a_file_without_functions() {
    let text = r#"
from typing import TypedDict
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableParallel
from langchain_openai import ChatOpenAI
from langgraph.graph import START, StateGraph


class State(TypedDict):
    topic: str
    line: str


told = ChatPromptTemplate.from_template("A line on {topic}") | ChatOpenAI(model="m") | StrOutputParser()
g = StateGraph(State)
g.add_node("tell", RunnableParallel(line=told))
g.add_edge(START, "tell")
app = g.compile()
"#;
    let project = Project::with("app.py", text);
    project.expect(0, &["transpile", "from-langchain", "app.py", "-o", "."]);
    assert!(project.read("app.mission").contains("prompt: \"A line on ${s.topic}\""));
}

#[test]
fn a_tool_as_an_object_is_not_carried_as_python() {
    let head = "from langchain_core.tools import tool\n\n\n@tool\ndef double(n: int) -> int:\n    \"\"\"Doubles.\"\"\"\n    return 2 * n\n\n";
    let body = "for _ in range(3):\n        state[\"n\"] = double.run(state[\"n\"])\n    return state";
    let (_, said) = with_draft(body, head);
    let why = "as a Python tool it uses the tool `double` as an object of LangChain";
    assert!(said.starts_with('1') && said.contains(why), "{said}");
}

#[test]
fn a_reducer_without_a_counterpart_is_told() {
    for (ty, body, why) in [
        (
            "list",
            "for item in new:\n        old.append(item)\n    return old",
            "the reducer of `m`: it has a loop",
        ),
        ("str", "return new.title()", "the reducer of `m`: it calls `.title()`"),
        (
            "Literal[1]",
            "return new",
            "`m` has a reducer of its own, and its type `Literal[1]` has no empty value",
        ),
    ] {
        let head = format!("from typing import Annotated, Literal\n\n\ndef join(old, new):\n    {body}\n\n");
        let text = WAITING.replace("    n: int\n", &format!("    n: int\n    m: Annotated[{ty}, join]\n"));
        let project = Project::with("app.py", &format!("{head}{text}"));
        let ended = project.expect(1, &["transpile", "from-langchain", "app.py", "-o", "."]);
        let said = format!("{}{}", ended.stdout, ended.stderr);
        assert!(said.contains(why), "{said}");
    }
}

#[test]
fn a_branch_after_packets_is_told() {
    let text = r#"
import operator
from typing import Annotated, TypedDict
from langgraph.graph import END, START, StateGraph
from langgraph.types import Send


class State(TypedDict):
    items: list[str]
    done: Annotated[list[str], operator.add]


def one(state):
    return {"done": [state["item"]]}


def go_on(state):
    return "last" if len(state["done"]) > 1 else END


g = StateGraph(State)
g.add_node("one", one)
g.add_node("last", lambda state: {"done": ["last"]})
g.add_conditional_edges(START, lambda state: [Send("one", {"item": item}) for item in state["items"]], ["one"])
g.add_conditional_edges("one", go_on, ["last", END])
g.add_edge("last", END)
app = g.compile()
"#;
    let project = Project::with("app.py", text);
    let ended = project.expect(1, &["transpile", "from-langchain", "app.py", "-o", "."]);
    let said = format!("{}{}", ended.stdout, ended.stderr);
    assert!(said.contains("the branch after `one` decides for each packet on its own"), "{said}");
}

/// An agent with this middleware.
fn agent_with(middleware: &str) -> Project {
    let text = r#"
from langchain.agents import create_agent
from langchain.agents.middleware import HumanInTheLoopMiddleware, ModelCallLimitMiddleware, ModelRetryMiddleware
from langchain.agents.middleware import PIIMiddleware, ToolCallLimitMiddleware, ToolRetryMiddleware, before_model
from langchain_core.tools import tool


@tool
def look(place: str) -> str:
    """Looks."""
    return place


@tool
def open_(place: str) -> str:
    """Opens."""
    return place


app = create_agent("openai:gpt-4o-mini", [look, open_], middleware=[MIDDLEWARE])
"#;
    Project::with("app.py", &text.replace("MIDDLEWARE", middleware))
}

#[test]
fn an_agent_whose_tools_are_approved_asks_a_person() {
    let project = agent_with("HumanInTheLoopMiddleware(interrupt_on={\"open_\": True, \"look\": False})");
    let ended = project.expect(0, &["transpile", "from-langchain", "app.py", "-o", "."]);
    let said = format!("{}{}", ended.stdout, ended.stderr);
    assert!(said.contains("a person approves or rejects the tools of a turn together"), "{said}");
    let text = project.read("app.mission");
    assert!(text.contains("c.name in [\"open_\"]") && !text.contains("c.name in [\"look\"]"), "{text}");
    project.write("inputs.json", r#"{"messages": [{"role": "user", "content": "go"}]}"#);
    let ended = project.run(&["run", "app.mission#app", "--inputs", "inputs.json"]);
    assert_eq!(ended.code, 4, "{}", ended.stderr);
    assert!(ended.stderr.contains("Tool execution requires approval"), "{}", ended.stderr);
    let asks = agent_with("HumanInTheLoopMiddleware({\"open_\": True}, description_prefix=\"Open it?\")");
    asks.expect(0, &["transpile", "from-langchain", "app.py", "-o", "."]);
    assert!(asks.read("app.mission").contains("subject: \"Open it?\""));
    let inspected = project.expect(0, &["inspect", "app.py"]);
    assert!(inspected.stdout.contains("HumanInTheLoopMiddleware.after_model"), "{}", inspected.stdout);
}

#[test]
fn middleware_without_a_counterpart_is_told() {
    for (middleware, why) in [
        (
            "ToolRetryMiddleware()",
            "the middleware `ToolRetryMiddleware` of `create_agent` is not carried over",
        ),
        (
            "ModelRetryMiddleware()",
            "the middleware `ModelRetryMiddleware` of `create_agent` is not carried over",
        ),
        ("PIIMiddleware(\"email\")", "the middleware `PIIMiddleware` of `create_agent` is not carried over"),
        (
            "ToolCallLimitMiddleware(run_limit=2)",
            "the middleware `ToolCallLimitMiddleware` of `create_agent`",
        ),
        (
            "ModelCallLimitMiddleware(run_limit=2, thread_limit=9)",
            "the `thread_limit` of `ModelCallLimitMiddleware`",
        ),
        ("ModelCallLimitMiddleware(run_limit=len(names))", "without a number of calls of a run"),
        ("HumanInTheLoopMiddleware(names)", "the tools of `HumanInTheLoopMiddleware` are not known"),
        (
            "before_model(lambda state, runtime: None, name=\"log\")",
            "the middleware `log` of the file is not carried over",
        ),
        ("made()", "middleware of the agent is not known"),
    ] {
        let project = agent_with(middleware);
        let ended = project.expect(1, &["transpile", "from-langchain", "app.py", "-o", "."]);
        let said = format!("{}{}", ended.stdout, ended.stderr);
        assert!(said.contains(why), "{middleware}\n{said}");
    }
}

#[test]
fn lists_that_are_changed_under_another_name_are_told() {
    let head = "from langchain_openai import ChatOpenAI\nllm = ChatOpenAI(model=\"m\")\n";
    for (body, why) in [
        (
            "a = []\n    b = a\n    b.append(llm.invoke(\"go\").content)\n    return {\"n\": len(a)}",
            "it changes a list that has another name too",
        ),
        (
            "a = [\"x\"]\n    for b in a:\n        a.append(llm.invoke(b).content)\n    return {\"n\": len(a)}",
            "it changes a list that has another name too",
        ),
        (
            "a = state[\"n\"]\n    a += [llm.invoke(\"go\").content]\n    return {}",
            "it changes `n` of its state in place and gives it in another way",
        ),
    ] {
        let (_, said) = with_draft(body, head);
        assert!(said.starts_with('1') && said.contains(why), "{said}");
    }
}

#[test]
fn messages_that_are_given_again_are_told() {
    let text = r#"
from langchain_openai import ChatOpenAI
from langgraph.graph import START, MessagesState, StateGraph

llm = ChatOpenAI(model="m")


def ask(state):
    BODY


g = StateGraph(MessagesState)
g.add_node("ask", ask)
g.add_edge(START, "ask")
app = g.compile()
"#;
    for body in [
        "return {\"messages\": [llm.invoke(\"go\")] + state[\"messages\"]}",
        "return {\"messages\": [state[\"messages\"][-1], llm.invoke(\"go\")]}",
        "all = state[\"messages\"]\n    for _ in range(2):\n        all = all + [llm.invoke(all)]\n    return {\"messages\": all}",
    ] {
        let project = Project::with("app.py", &text.replace("BODY", body));
        let ended = project.expect(1, &["transpile", "from-langchain", "app.py", "-o", "."]);
        let said = format!("{}{}", ended.stdout, ended.stderr);
        assert!(said.contains("it gives messages again that `messages` holds"), "{said}");
    }
}

#[test]
fn the_bound_of_a_loop_is_told() {
    let head = "from langchain_openai import ChatOpenAI\nllm = ChatOpenAI(model=\"m\")\n";
    let body = "text = \"\"\n    while not text:\n        text = llm.invoke(\"go\").content\n    return {\"n\": len(text)}";
    let (project, said) = with_draft(body, head);
    let why = "the loop ends with an error after 25 rounds: confirm the bound";
    assert!(said.starts_with('0') && said.contains(why), "{said}");
    assert!(project.read("app.mission").contains(" until r.done, max 24 {"), "{said}");
}

#[test]
fn long_chains_of_operators_are_written_once() {
    let chain = |op: &str, term: &str| vec![term; 40].join(op);
    let body = format!(
        "text = {}\n    ok = {}\n    n = {}\n    return {{\"n\": n if ok and text else 0}}",
        chain(" + ", "str(state[\"n\"])"),
        chain(" and ", "state[\"n\"] > 1"),
        chain(" + ", "state[\"n\"]"),
    );
    let (project, said) = with_draft(&body, "");
    assert!(said.starts_with('0'), "{said}");
    let text = project.read("app.mission");
    assert_eq!((text.matches("s.n > 1").count(), text.matches("${s.n}").count()), (40, 40), "{text}");
    project.expect(0, &["check", "app.mission"]);

    let body = format!("n = state[\"n\"]\n{}    return {{\"n\": n}}", "    n = n + n\n".repeat(60));
    let (_, said) = with_draft(&body, "");
    assert!(said.contains("it builds a value that is too large"), "{said}");
}

#[test]
fn a_cache_policy_is_told() {
    let text = WAITING.replace(
        "g.add_node(\"draft\", draft)",
        "g.add_node(\"draft\", draft, cache_policy=CachePolicy(ttl=60))",
    );
    let project = Project::with("app.py", &text);
    let ended = project.expect(1, &["transpile", "from-langchain", "app.py", "-o", "."]);
    let said = format!("{}{}", ended.stdout, ended.stderr);
    assert!(said.contains("the cache policy of the node `draft`: every visit runs it"), "{said}");
}

const FUNCTIONAL: &str = r#"
from langgraph.func import entrypoint, task
from langgraph.types import interrupt


@task
def draft(n: int) -> str:
    return f"draft {n}"


@entrypoint()
def app(n: int) -> dict:
    text = draft(n).result()
    answer = interrupt({"text": text})
    return {"text": text, "answer": answer}
"#;

#[test]
fn an_entrypoint_that_waits_for_an_answer_is_refused_before_it_runs() {
    waits(FUNCTIONAL, &["The run waits for an answer"]);
}

#[test]
fn what_follows_a_wait_in_an_entrypoint_begins_after_it() {
    let body =
        "draft(9).result()\n    answer = interrupt({\"text\": text})\n    sent = draft(n + 1).result()\n";
    let app = FUNCTIONAL.replace("answer = interrupt({\"text\": text})\n", body);
    let text = waits(&app, &["The run waits for an answer"]).read("app.mission");
    let (_, chain) = text.split_once("step draft = draft(n: n)").expect("the first task");
    let expected = [
        "step draft2 = draft(n: 9) with { after [draft] }",
        "step answer = human.ask<json>(",
        "after [draft2]",
        "step draft3 = draft(n: n + 1) with { after [answer] }",
    ];
    let mut rest = chain.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in expected {
        let (_, after) = rest.split_once(part).unwrap_or_else(|| panic!("{part}\n{text}"));
        rest = after.to_owned();
    }
}

#[test]
fn an_entrypoint_without_a_counterpart_is_told_and_the_others_are_missions() {
    let endless =
        "@entrypoint()\ndef endless(n: int) -> int:\n    while n < 9:\n        n = n + 1\n    return n\n";
    let project = Project::with("app.py", &format!("{FUNCTIONAL}\n\n{endless}"));
    let ended = project.expect(1, &["transpile", "from-langchain", "app.py", "-o", "."]);
    let said = format!("{}{}", ended.stdout, ended.stderr);
    assert!(said.contains("the entrypoint `endless`: it has a loop"), "{said}");
    let text = project.read("app.mission");
    assert!(text.contains("step draft = draft(n: n)") && text.contains("mission endless"), "{text}");
}

#[test]
fn every_recorded_graph_has_its_test() {
    let source = include_str!("langgraph.rs");
    for entry in std::fs::read_dir(repository().join("tests/fixtures/langchain/graphs")).expect("a folder") {
        let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
        assert!(source.contains(&format!("the_graph_{name},")), "{name}");
    }
}
