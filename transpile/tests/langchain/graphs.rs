//! Graphs of files that run a conversation, check their surroundings, or leave the building to others.

use crate::{files, losses, text};
use rustchain_transpile::from::langchain::{Graph, LangChainFile, OpKind};

const HEAD: &str = "from langgraph.graph import StateGraph, MessagesState, START, END\n";

/// The graphs of a file, those of global names first: nodes, then edges.
fn graphs(file: &LangChainFile) -> Vec<String> {
    let ops = file.objects.iter().map(|o| &o.op).chain(file.inner.iter().map(|i| &i.op));
    ops.filter_map(|op| match &op.kind {
        OpKind::Graph(graph) => Some(line(graph)),
        _ => None,
    })
    .collect()
}

fn line(graph: &Graph) -> String {
    let edge = |e: &rustchain_transpile::from::langchain::GraphEdge| {
        format!("{}{}{}", e.source, if e.conditional { "~" } else { "-" }, e.target)
    };
    graph.edges.iter().map(edge).collect::<Vec<_>>().join(" ")
}

fn of(source: &str) -> LangChainFile {
    text("a.py", &format!("{HEAD}{source}"))
}

const CHAIN: &str = "
def build(name):
    b = StateGraph(MessagesState)
    b.add_node(name, lambda s: s)
    b.add_edge(START, name)
    return b.compile()
";

#[test]
fn a_conversation_without_end_does_not_end_the_reading() {
    let file = of(&format!(
        "{CHAIN}
while True:
    line = input('> ')
    if line in ('q', 'quit'):
        break
    print(line)
while True:
    pass
last = build('x')
"
    ));
    assert_eq!(graphs(&file), ["__start__-x"]);
    assert!(losses(&file).contains("a loop that nothing in the file ends"), "{}", losses(&file));
}

#[test]
fn a_check_of_arguments_that_raises_is_passed_where_nobody_calls() {
    let file = of("
def build(folder=None, store=None):
    if folder is None and store is None:
        raise ValueError('one of the two')
    b = StateGraph(MessagesState)
    b.add_node('x', lambda s: s)
    b.add_edge(START, 'x')
    return b.compile()
");
    assert_eq!(graphs(&file), ["__start__-x"]);
}

#[test]
fn what_a_function_raises_that_nobody_calls_is_told() {
    let file = of("
def build(a):
    b = StateGraph(MessagesState)
    b.add_node('x', {}['node'])
    return b.compile()
");
    assert!(losses(&file).contains("raises KeyError"), "{}", losses(&file));
}

#[test]
fn a_module_that_raises_keeps_its_other_names() {
    let main = format!(
        "from nodes import first\n{HEAD}b = StateGraph(MessagesState)\nb.add_node(first)\nb.add_edge(START, 'first')\ng = b.compile()\n"
    );
    let nodes = "settings = {}['model']\ndef first(state):\n    return state\n";
    let file = files("app/main.py", &[("app/main.py", &main), ("app/nodes.py", nodes)]);
    assert_eq!(graphs(&file), ["__start__-first"]);
    assert!(losses(&file).contains("this raises KeyError"), "{}", losses(&file));
}

#[test]
fn an_instance_that_decides_has_no_targets_for_langgraph() {
    let file = of("
from typing import Literal
class Decide:
    def __call__(self, state) -> Literal['x']:
        return 'x'
b = StateGraph(MessagesState)
b.add_node('x', lambda s: s)
b.add_conditional_edges(START, Decide())
g = b.compile()
");
    assert_eq!(graphs(&file), ["__start__~*"]);
}

const AGENT: &str = "
from langchain.agents import create_agent
from langchain.agents.middleware import AgentMiddleware, SummarizationMiddleware, PIIMiddleware, TodoListMiddleware
from langchain.agents.middleware import after_model, before_agent, dynamic_prompt, hook_config
from langchain.agents.structured_output import ProviderStrategy, ToolStrategy
from pydantic import BaseModel

class Answer(BaseModel):
    text: str

def look(x: int) -> int:
    'looks'
    return x
";

/// The edges are those that LangChain 1.4 builds.
#[test]
fn middleware_of_an_agent_becomes_nodes() {
    let file = of(&format!(
        "{AGENT}
@before_agent(can_jump_to=['end'])
def gate(state, runtime):
    return None

@after_model
def check(state, runtime):
    return None

@dynamic_prompt
def prompt(request):
    return 'p'

class Log(AgentMiddleware):
    def before_model(self, state, runtime):
        return None
    @hook_config(can_jump_to=['end', 'model'])
    async def aafter_agent(self, state, runtime):
        return None

a = create_agent('openai:m', [look], middleware=[gate, check])
b = create_agent('openai:m', [look], middleware=[Log(), SummarizationMiddleware(model='m'), PIIMiddleware('email')])
c = create_agent('openai:m', middleware=[TodoListMiddleware()])
d = create_agent('openai:m', [look], middleware=[prompt])
"
    ));
    assert_eq!(losses(&file), "");
    let [a, b, c, d] = graphs(&file).try_into().unwrap();
    assert_eq!(
        a,
        "__start__-gate.before_agent tools~model check.after_model~tools check.after_model~__end__ \
         check.after_model~model gate.before_agent~model gate.before_agent~__end__ model-check.after_model"
    );
    assert_eq!(
        b,
        "__start__-Log.before_model tools~Log.before_model PIIMiddleware[email].after_model~tools \
         PIIMiddleware[email].after_model~Log.after_agent PIIMiddleware[email].after_model~Log.before_model \
         Log.before_model-SummarizationMiddleware.before_model \
         SummarizationMiddleware.before_model-PIIMiddleware[email].before_model \
         PIIMiddleware[email].before_model~model PIIMiddleware[email].before_model~Log.after_agent \
         model-PIIMiddleware[email].after_model Log.after_agent~__end__ Log.after_agent~Log.after_agent \
         Log.after_agent~Log.before_model"
    );
    assert_eq!(
        c,
        "__start__-model tools~model TodoListMiddleware.after_model~tools TodoListMiddleware.after_model~__end__ \
         TodoListMiddleware.after_model~model model-TodoListMiddleware.after_model"
    );
    assert_eq!(d, "__start__-model tools~model model~tools model~__end__ model~model");
    let is_todos = |t: &OpKind| matches!(t, OpKind::Tool(t) if t.name.as_str() == Some("write_todos"));
    assert!(file.tools.iter().any(|t| is_todos(&t.kind)));
}

#[test]
fn an_agent_whose_answer_has_a_form_may_ask_again() {
    let file = of(&format!(
        "{AGENT}
a = create_agent('openai:m', [look], response_format=Answer)
b = create_agent('openai:m', [], response_format=ToolStrategy(Answer))
c = create_agent('openai:m', [], response_format=ProviderStrategy(Answer))
"
    ));
    assert_eq!(
        graphs(&file),
        [
            "__start__-model tools~model tools~__end__ model~tools model~__end__ model~model",
            "__start__-model model~model model~__end__",
            "__start__-model model-__end__",
        ]
    );
}

#[test]
fn middleware_that_is_not_known_is_told() {
    let file = of(&format!(
        "{AGENT}\nfrom other import Guard\na = create_agent('openai:m', [look], middleware=[Guard()])\n"
    ));
    assert!(losses(&file).contains("middleware of the agent is not known"), "{}", losses(&file));
}

#[test]
fn names_that_come_with_a_star_are_found_in_their_module() {
    let file = text(
        "a.py",
        "from typing import *\nfrom langgraph.graph import *\nfrom langchain_openai import *\n\
         from langgraph.prebuilt import *\n\nclass S(TypedDict):\n    x: int\n\n\
         b = StateGraph(S)\nb.add_node('n', lambda s: s)\nb.add_edge(START, 'n')\nb.add_edge('n', END)\n\
         g = b.compile()\nr = create_react_agent(ChatOpenAI(model='m'), [])\n",
    );
    assert_eq!(losses(&file), "");
    assert_eq!(graphs(&file), ["__start__-n n-__end__", "__start__-agent"]);
}

#[test]
fn tools_that_hand_over_are_tools_and_their_router_is_read() {
    let file = of("from langchain_openai import ChatOpenAI
from langgraph.prebuilt import create_react_agent
from langgraph_swarm import create_handoff_tool, add_active_agent_router, SwarmState
from langgraph_supervisor import create_supervisor
llm = ChatOpenAI(model='m')
ada = create_react_agent(llm, [create_handoff_tool(agent_name='Bob Ross')], name='ada')
bob = create_react_agent(llm, [], name='Bob Ross')
b = StateGraph(SwarmState)
b.add_node('ada', ada, destinations=('Bob Ross',))
b.add_node('Bob Ross', bob)
b = add_active_agent_router(builder=b, route_to=['ada', 'Bob Ross'], default_active_agent='ada')
app = b.compile()
team = create_supervisor([ada, bob], model=llm).compile()
");
    assert_eq!(losses(&file), "");
    let shown = graphs(&file);
    assert!(shown.contains(&"__start__~Bob Ross __start__~ada ada~Bob Ross".to_owned()), "{shown:?}");
    let name = |t: &OpKind| match t {
        OpKind::Tool(tool) => tool.name.as_str().map(str::to_owned),
        _ => None,
    };
    let mut names: Vec<String> = file.tools.iter().filter_map(|t| name(&t.kind)).collect();
    names.sort();
    assert_eq!(names, ["transfer_to_ada", "transfer_to_bob_ross", "transfer_to_bob_ross"]);
}

#[test]
fn a_graph_that_an_unknown_function_gets_is_told() {
    let file = of("from helpers import wire
b = StateGraph(MessagesState)
b.add_node('a', lambda s: s)
b.add_edge(START, 'a')
wire(b)
app = b.compile()
");
    assert!(losses(&file).contains("`helpers.wire` gets the graph that is being built"), "{}", losses(&file));
}

#[test]
fn a_class_that_the_file_uses_is_not_built_again() {
    let file = of("
class Flow:
    def __init__(self, steps=('a', 'b')):
        self.steps = steps
        self.app = self.graph().compile()
    def graph(self):
        b = StateGraph(MessagesState)
        last = START
        for step in self.steps:
            b.add_node(step, lambda s: s)
            b.add_edge(last, step)
            last = step
        return b
flow = Flow()
");
    assert_eq!(losses(&file), "");
    assert_eq!(graphs(&file), ["__start__-a a-b"]);
}
