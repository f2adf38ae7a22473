//! Scripts: what they build.

use crate::{files, fixture, losses, text};
use rustchain_transpile::from::langchain::{LangChainFile, inspect, op_json};
use serde_json::{Value, json};

/// The object of a name, as JSON.
fn object(file: &LangChainFile, name: &str) -> Value {
    let found = file.objects.iter().find(|o| o.name == name);
    op_json(&found.unwrap_or_else(|| panic!("no `{name}`: {}", losses(file))).op)
}

/// An overview of a fixture: everything that `inspect` prints, without absolute paths.
fn overview(name: &str) -> String {
    let text = format!("{:#}", inspect(&fixture(name)));
    text.replace(&format!("{}/tests/fixtures/langchain/", env!("CARGO_MANIFEST_DIR")), "")
}

#[test]
fn a_support_desk_of_all_runnables() {
    insta::assert_snapshot!(overview("support_desk.py"));
}

#[test]
fn tools_get_the_schemas_that_langchain_makes() {
    insta::assert_snapshot!(overview("tools.py"));
}

#[test]
fn a_notebook_is_read_cell_by_cell() {
    insta::assert_snapshot!(overview("notebook.ipynb"));
}

#[test]
fn prompts_join_and_grow() {
    let file = text(
        "a.py",
        r#"
from langchain_core.prompts import ChatPromptTemplate, PromptTemplate, MessagesPlaceholder
from langchain_core.messages import SystemMessage
a = PromptTemplate.from_template("Say {x}. ") + "In {y}."
b = SystemMessage(content="Short.") + MessagesPlaceholder("h", optional=True) + "{q}"
c = ChatPromptTemplate([("system", "S {s}")], partial_variables={"s": "1"})
c.append(("human", "{z}"))
d = PromptTemplate(template="{{ a }} {% for i in items %}{{ i }}{% endfor %}", template_format="jinja2")
"#,
    );
    assert_eq!(object(&file, "a")["template"], "Say {x}. In {y}.");
    assert_eq!(object(&file, "a")["input_variables"], json!(["x", "y"]));
    assert_eq!(object(&file, "b")["messages"][2]["role"], "human");
    assert_eq!(object(&file, "b")["partial"], json!(["h"]));
    assert_eq!(object(&file, "c")["input_variables"], json!(["z"]));
    assert_eq!(object(&file, "d")["input_variables"], json!(["a", "items"]));
    assert_eq!(losses(&file), "");
}

#[test]
fn a_model_has_its_name_its_parameters_and_no_keys() {
    let file = text(
        "a.py",
        r#"
import os
from langchain_openai import ChatOpenAI
from langchain_anthropic import ChatAnthropic
from langchain.chat_models import init_chat_model
a = ChatOpenAI(model_name=os.environ.get("M", "gpt-4o"), temperature=1, openai_api_key="sk-1", max_completion_tokens=5)
b = ChatAnthropic(model="claude-3-opus-20240229")
c = init_chat_model("anthropic:claude-3-5-haiku-latest", temperature=0)
d = init_chat_model("gpt-4o-mini")
"#,
    );
    let model = |name: &str| object(&file, name);
    assert_eq!(model("a")["model"], "gpt-4o");
    assert_eq!(model("a")["params"], json!({ "temperature": 1.0, "max_tokens": 5 }));
    assert_eq!(model("b")["params"], json!({ "max_tokens": 4096 }));
    assert_eq!(model("c")["class"], "ChatAnthropic");
    assert_eq!(model("d")["package"], "langchain_openai");
    assert!(!format!("{:?}", inspect(&file)).contains("sk-1"));
}

#[test]
fn structured_output_follows_method_and_provider() {
    let file = text(
        "a.py",
        r#"
from pydantic import BaseModel
from typing_extensions import TypedDict
from langchain_openai import ChatOpenAI
from langchain_anthropic import ChatAnthropic
class P(BaseModel):
    x: int
class D(TypedDict):
    x: int
a = ChatOpenAI().with_structured_output(P)
b = ChatOpenAI().with_structured_output(P, method="function_calling")
c = ChatOpenAI().with_structured_output(D)
d = ChatAnthropic(model="m").with_structured_output(P)
e = ChatOpenAI().with_structured_output(P, method="json_mode")
"#,
    );
    let last = |name: &str| object(&file, name)["steps"][1].clone();
    assert_eq!(last("a")["op"], "bind");
    assert_eq!(last("b")["class"], "PydanticToolsParser");
    assert_eq!(last("c")["class"], "JsonOutputParser");
    assert_eq!(last("d")["class"], "PydanticToolsParser");
    assert_eq!(last("e")["class"], "PydanticOutputParser");
    let schema = &object(&file, "a")["steps"][0]["schema"];
    assert_eq!(schema["json"]["properties"], json!({ "x": { "type": "integer" } }));
}

#[test]
fn what_is_not_known_is_a_located_loss() {
    let file = text(
        "a.py",
        "from langchain_core.prompts import ChatPromptTemplate\nfrom other import make_model, TEXT\n\
         prompt = ChatPromptTemplate.from_template(TEXT)\nchain = prompt | make_model()\n",
    );
    let shown = losses(&file);
    assert!(shown.contains("3: "), "{shown}");
    assert!(shown.contains("4: "), "{shown}");
    assert_eq!(object(&file, "chain")["steps"][1]["op"], "unknown");
}

#[test]
fn a_statement_that_raises_does_not_end_the_file() {
    let file = text(
        "a.py",
        "from langchain_openai import ChatOpenAI\nx = {}['missing']\nllm = ChatOpenAI(model='m')\n",
    );
    assert_eq!(object(&file, "llm")["model"], "m");
    assert!(losses(&file).starts_with("2: this raises KeyError"), "{}", losses(&file));
}

#[test]
fn modules_of_the_folder_are_read() {
    let file = files(
        "app/main.py",
        &[
            (
                "app/main.py",
                "from parts import llm\nfrom langchain_core.prompts import PromptTemplate as P\nc = P.from_template('{a}') | llm\n",
            ),
            ("app/parts.py", "from langchain_ollama import ChatOllama\nllm = ChatOllama(model='m')\n"),
        ],
    );
    assert_eq!(object(&file, "c")["steps"][1]["class"], "ChatOllama");
}

#[test]
fn default_prompts_of_the_library_are_named_and_read_where_it_is_installed() {
    let script = "from langchain.chains import RetrievalQA\nfrom langchain_openai import OpenAI\n\
                  qa = RetrievalQA.from_chain_type(OpenAI(), retriever=None)\n";
    let file = text("a.py", script);
    assert!(losses(&file).contains("`chains.question_answering.stuff_prompt.prompt`"), "{}", losses(&file));
    let vfs = rustchain_transpile::vfs::MemoryVfs {
        files: [
            ("a.py".to_owned(), script.to_owned()),
            (
                "site/langchain/chains/question_answering/stuff_prompt.py".to_owned(),
                "from langchain_core.prompts import PromptTemplate\nPROMPT = PromptTemplate.from_template('{context} ? {question}')\n".to_owned(),
            ),
        ]
        .into(),
    };
    let options = rustchain_transpile::from::langchain::LangChainOptions {
        library: Some("site".into()),
        ..Default::default()
    };
    let file = rustchain_transpile::from::langchain::read(&vfs, "a.py", &options);
    assert_eq!(losses(&file), "");
    assert!(file.prompts.iter().any(|p| op_json(p)["template"] == "{context} ? {question}"));
}

#[test]
fn a_missing_key_does_not_end_the_reading() {
    let file = text(
        "a.py",
        "import os\nfrom langchain_openai import ChatOpenAI\n\ndef make():\n    key = os.getenv('OPENAI_API_KEY')\n    \
         if not key:\n        raise ValueError('no key')\n    return ChatOpenAI(model='m', api_key=key)\n\nllm = make()\n\
         llm.temperature = 1\n",
    );
    assert_eq!(object(&file, "llm")["model"], "m");
    assert_eq!(object(&file, "llm")["params"], json!({ "temperature": 1.0 }));
}

const PROMPT: &str = "from langchain_core.prompts import PromptTemplate\nPROMPT = PromptTemplate.from_template('Sort {ticket}')\n";

/// A folder is a package where the file in it imports from it by its name, also without an `__init__.py`.
#[test]
fn a_file_imports_from_its_own_folder_by_name() {
    let script = "from app.prompts import PROMPT\nchain = PROMPT\n";
    let read = files("src/app/graph.py", &[("src/app/graph.py", script), ("src/app/prompts.py", PROMPT)]);
    assert_eq!(read.prompts.len(), 1, "{}", losses(&read));
    // Nothing else of the folder above is read.
    let script = "import app\nfrom prompts import PROMPT\nchain = PROMPT\n";
    let read = files("src/app/graph.py", &[("src/app/graph.py", script), ("src/prompts.py", PROMPT)]);
    assert_eq!(read.prompts.len(), 0);
}

#[test]
fn a_relative_import_goes_up_in_the_package() {
    let script = "from ..texts.prompts import PROMPT\nchain = PROMPT\n";
    let read = files(
        "src/team/agents/graph.py",
        &[
            ("src/team/agents/graph.py", script),
            ("src/team/agents/__init__.py", ""),
            ("src/team/__init__.py", ""),
            ("src/team/texts/__init__.py", ""),
            ("src/team/texts/prompts.py", PROMPT),
        ],
    );
    assert_eq!(read.prompts.len(), 1, "{}", losses(&read));
}

/// A chat loop ends where a person ends it: what follows is read.
#[test]
fn what_follows_a_chat_loop_is_read() {
    let script = r#"
import sys
from langchain_core.prompts import PromptTemplate
count = 0
while True:
    question = input("> ")
    count += 1
    if question == "exit":
        break
    print(question)
after = PromptTemplate.from_template("after {x}")
counted = PromptTemplate.from_template(f"counted {count}")
while True:
    if input() == "q":
        sys.exit()
last = PromptTemplate.from_template("last {x}")
steps = []
while len(steps) < 100:
    steps.append("s")
known = PromptTemplate.from_template(str(len(steps)))
"#;
    let file = text("a.py", script);
    let template = |name: &str| object(&file, name)["template"].clone();
    assert_eq!(template("after"), "after {x}");
    assert_eq!(template("last"), "last {x}");
    assert_eq!(template("known"), "100");
    let shown = losses(&file);
    assert!(shown.contains("13: a loop that nothing in the file ends"), "{shown}");
}

#[test]
fn a_statement_that_asks_for_too_much_does_not_end_the_file() {
    let script = "from langchain_openai import ChatOpenAI\nn = 0\nwhile True:\n    n += 1\nllm = ChatOpenAI(model='m')\n";
    let file = text("a.py", script);
    assert_eq!(object(&file, "llm")["model"], "m");
    assert!(losses(&file).contains("the file asks for more than"), "{}", losses(&file));
}

/// A choice by an environment variable is made as its default says, also where it returns early.
#[test]
fn a_helper_that_returns_early_gives_what_the_default_chooses() {
    let script = r#"
import os
from langchain_openai import ChatOpenAI
from langchain_anthropic import ChatAnthropic
def get_llm(provider, **kwargs):
    if provider == "openai":
        return ChatOpenAI(model="o", **kwargs)
    elif provider == "anthropic":
        return ChatAnthropic(model="a", **kwargs)
    raise ValueError(provider)
llm = get_llm(os.getenv("PROVIDER", "anthropic"), temperature=float(os.getenv("T", "0.3")))
"#;
    let file = text("a.py", script);
    assert_eq!(object(&file, "llm")["class"], "ChatAnthropic", "{}", losses(&file));
    assert_eq!(object(&file, "llm")["params"]["temperature"], 0.3);
}

#[test]
fn one_of_two_alike_objects_is_that_object_and_one_of_two_others_is_told() {
    let script = r#"
import os
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from langchain_anthropic import ChatAnthropic
from langchain_chroma import Chroma
from langchain_core.prompts import ChatPromptTemplate
if os.path.exists("index"):
    store = Chroma(persist_directory="index", embedding_function=OpenAIEmbeddings(model="e"))
else:
    store = Chroma.from_texts(["a"], OpenAIEmbeddings(model="e"))
retriever = store.as_retriever(search_kwargs={"k": 3})
def choose(name):
    if name == "a":
        return ChatAnthropic(model="a")
    return ChatOpenAI(model="o")
alike = retriever | ChatPromptTemplate.from_template("{x}")
other = ChatPromptTemplate.from_template("{x}") | choose(input())
late = None
if os.path.exists("key"):
    late = ChatOpenAI(model="late")
model = ChatOpenAI(model="x") if os.path.exists("x") else ChatOpenAI(model="x")
"#;
    let file = text("a.py", script);
    assert_eq!(object(&file, "retriever")["embeddings"]["model"], "e");
    assert_eq!(object(&file, "alike")["steps"][0]["vectorstore"], "Chroma");
    assert_eq!(object(&file, "other")["steps"][1]["model"], "a");
    assert_eq!(object(&file, "late")["model"], "late");
    assert_eq!(object(&file, "model")["model"], "x");
    let shown = losses(&file);
    let told: Vec<&str> = shown.lines().filter(|l| l.contains("one of two objects")).collect();
    assert_eq!(told.len(), 2, "{shown}");
}

#[test]
fn instances_of_own_classes_are_what_their_bases_are() {
    let script = r#"
from langchain_core.retrievers import BaseRetriever
from langchain_core.language_models.llms import LLM
from langchain_core.output_parsers import BaseOutputParser
from langchain_core.runnables import Runnable, RunnablePassthrough
from langchain.prompts import StringPromptTemplate
from langchain_openai import ChatOpenAI
class Notes(BaseRetriever):
    k: int = 3
    def _get_relevant_documents(self, query): return []
class Echo(LLM):
    model_name: str = "echo-1"
    def _call(self, prompt, stop=None): return prompt
class Router(ChatOpenAI):
    def __init__(self, **kwargs):
        super().__init__(base_url="https://example.com", **kwargs)
class Lines(BaseOutputParser):
    def parse(self, text): return text.split()
class Upper(Runnable):
    def invoke(self, input, config=None): return input
class Wrapped(StringPromptTemplate):
    template: str
    def format(self, **kwargs): return self.template
notes = Notes()
chain = {"notes": notes, "q": RunnablePassthrough()} | Wrapped(template="{q}", input_variables=["q"]) | Echo() | Lines()
router = Router(model="r", temperature=0.5)
bound = router.bind(stop=["x"]) | Upper()
"#;
    let file = text("a.py", script);
    assert_eq!(object(&file, "notes")["class"], "Notes");
    let chain = object(&file, "chain");
    let ops: Vec<&str> = chain["steps"].as_array().unwrap().iter().filter_map(|s| s["op"].as_str()).collect();
    assert_eq!(ops, ["parallel", "prompt", "model", "parser"]);
    assert_eq!(chain["steps"][1]["input_variables"], json!(["q"]));
    assert_eq!(chain["steps"][2]["model"], "echo-1");
    assert_eq!(object(&file, "router")["model"], "r");
    assert_eq!(object(&file, "router")["params"], json!({ "temperature": 0.5 }));
    assert_eq!(object(&file, "bound")["steps"][0]["bound"]["class"], "Router");
    assert_eq!(file.models.len(), 2);
    assert_eq!(losses(&file), "");
}

#[test]
fn names_that_come_with_a_star_are_found() {
    let file = text("a.py", "from langchain.prompts import *\np = PromptTemplate.from_template('{x}')\n");
    assert_eq!(object(&file, "p")["template"], "{x}");
}

#[test]
fn chains_inside_chains_and_steps_over_messages() {
    let script = r#"
from langchain_openai import ChatOpenAI
from langchain_core.messages import trim_messages
from langchain_core.prompts import PromptTemplate
from langchain.chains import LLMChain, StuffDocumentsChain, create_sql_query_chain
from langchain.chains.router.llm_router import LLMRouterChain
model = ChatOpenAI(model="m")
trim = trim_messages(max_tokens=9, token_counter=model) | model
inner = LLMChain(llm=model, prompt=PromptTemplate.from_template("{docs}"))
stuff = StuffDocumentsChain(llm_chain=inner, document_variable_name="docs")
route = LLMRouterChain.from_llm(model, PromptTemplate.from_template("{input}"))
sql = create_sql_query_chain(model, None, PromptTemplate.from_template("{input} {table_info} {top_k}"))
"#;
    let file = text("a.py", script);
    assert_eq!(object(&file, "trim")["steps"][0]["function"], "trim_messages");
    assert_eq!(object(&file, "stuff")["parts"]["document_prompt"]["template"], "{page_content}");
    assert_eq!(object(&file, "route")["parts"]["llm_chain"]["parts"]["llm"]["model"], "m");
    assert_eq!(object(&file, "sql")["steps"][3]["kwargs"]["stop"], json!(["\nSQLResult:"]));
    assert_eq!(losses(&file), "");
}

#[test]
fn arguments_of_the_command_line_have_their_defaults() {
    let script = r#"
import argparse
from langchain_openai import ChatOpenAI
from langchain_core.prompts import PromptTemplate
parser = argparse.ArgumentParser()
parser.add_argument("-m", "--model-name", default="o")
parser.add_argument("--texts", nargs="+")
parser.add_argument("path")
commands = parser.add_subparsers(dest="command")
run = commands.add_parser("run")
run.add_argument("--temperature", type=float, default="0.5")
args, rest = parser.parse_known_args()
llm = ChatOpenAI(model=args.model_name, temperature=args.temperature)
prompt = PromptTemplate.from_template((args.texts or ["{a}"])[0])
unknown = ChatOpenAI(model=args.path)
"#;
    let file = text("a.py", script);
    assert_eq!(object(&file, "llm")["model"], "o");
    assert_eq!(object(&file, "llm")["params"], json!({ "temperature": 0.5 }));
    assert_eq!(object(&file, "prompt")["template"], "{a}");
    assert_eq!(losses(&file), "15: the name of the model is not known: the argument `path`\n");
}

/// The inventory holds what handlers, methods and helpers make that the file itself does not call, and says what of it
/// only their callers know.
#[test]
fn functions_that_are_not_called_belong_to_the_inventory() {
    let script = r#"
from fastapi import FastAPI
from langchain_openai import ChatOpenAI
from langchain_core.prompts import ChatPromptTemplate, PromptTemplate
from langchain_core.tools import tool
app = FastAPI()
class Bot:
    def __init__(self, name="o"):
        self.llm = ChatOpenAI(model=name)
    async def answer(self, text):
        if not text:
            raise ValueError("nothing")
        chain = ChatPromptTemplate.from_template("answer {q}") | self.llm
        return await chain.ainvoke({"q": text})
@app.post("/ask")
async def ask(question: str):
    llm = ChatOpenAI(model="handler", temperature=0)
    return llm.invoke(PromptTemplate.from_template("ask {q}").format(q=question))
def tools():
    @tool
    def look(word: str) -> str:
        """Looks."""
        return word
    return [look]
def given(template):
    return PromptTemplate.from_template(template)
def called():
    return ChatOpenAI(model="called")
once = called()
"#;
    let vfs = rustchain_transpile::vfs::MemoryVfs { files: [("a.py".to_owned(), script.to_owned())].into() };
    let options =
        rustchain_transpile::from::langchain::LangChainOptions { uncalled: true, ..Default::default() };
    let file = rustchain_transpile::from::langchain::read(&vfs, "a.py", &options);
    let names = |nodes: &[rustchain_transpile::from::langchain::Node], key: &str| -> Vec<String> {
        let mut all: Vec<String> =
            nodes.iter().map(|n| op_json(n)[key].as_str().unwrap_or_default().to_owned()).collect();
        all.sort();
        all
    };
    assert_eq!(names(&file.models, "model"), ["called", "handler", "o"]);
    assert_eq!(names(&file.tools, "name"), ["look"]);
    assert_eq!(names(&file.prompts, "class"), ["ChatPromptTemplate", "PromptTemplate", "PromptTemplate"]);
    assert_eq!(file.objects.len(), 1);
    let [chain] = file.inner_chains.as_slice() else { panic!("{:?}", file.inner_chains) };
    assert_eq!(chain.function.as_deref(), Some("answer"));
    assert_eq!(op_json(&chain.op)["steps"][1]["model"], "o");
    assert!(losses(&file).starts_with("26: the text of the prompt is not known"), "{}", losses(&file));
    // A conversion is about what the file itself does.
    assert_eq!(text("a.py", script).models.len(), 1);
}

#[test]
fn settings_of_pydantic_and_single_instances_hold_what_they_hold() {
    let script = r#"
from pydantic import Field
from pydantic_settings import BaseSettings
from langchain_openai import ChatOpenAI
class Settings(BaseSettings):
    model: str = Field("o", description="name")
    temperature: float = Field(default=0.25)
    others: list = Field(default_factory=lambda: ["p"])
class Models:
    _one = None
    def __new__(cls, *args):
        if cls._one is None:
            cls._one = super().__new__(cls)
            cls._one.ready = False
        return cls._one
    def __init__(self, settings):
        if not self.ready:
            self.llm = ChatOpenAI(model=settings.model, temperature=settings.temperature)
            self.ready = True
settings = Settings()
first = Models(settings).llm
second = Models(settings).llm
other = ChatOpenAI(model=settings.others[0])
"#;
    let file = text("a.py", script);
    assert_eq!(object(&file, "first")["model"], "o");
    assert_eq!(object(&file, "first")["params"], json!({ "temperature": 0.25 }));
    assert_eq!(file.objects[0].aliases, ["second"]);
    assert_eq!(object(&file, "other")["model"], "p");
    assert_eq!(losses(&file), "");
}

/// Pages, servers and chat apps keep their chains on objects of their frameworks.
#[test]
fn what_is_kept_on_objects_of_other_libraries_is_found_again() {
    let script = r#"
import os
import chainlit as cl
import streamlit as st
from fastapi import FastAPI
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from langchain_community.vectorstores import FAISS
from langchain_core.prompts import ChatPromptTemplate
if "store" not in st.session_state:
    st.session_state.store = FAISS.from_texts(["a"], OpenAIEmbeddings(model="e"))
    st.session_state["llm"] = ChatOpenAI(model="page")
app = FastAPI()
app.state.llm = ChatOpenAI(model="server")
cl.user_session.set("llm", ChatOpenAI(model="chat"))
os.environ["MODEL"] = "set"
prompt = ChatPromptTemplate.from_template("{x}")
page = st.session_state.store.as_retriever() | prompt | st.session_state.llm
server = prompt | app.state.llm
chat = prompt | cl.user_session.get("llm")
variable = ChatOpenAI(model=os.getenv("MODEL", "other"))
"#;
    let file = text("a.py", script);
    assert_eq!(object(&file, "page")["steps"][0]["embeddings"]["model"], "e");
    assert_eq!(object(&file, "page")["steps"][2]["model"], "page");
    assert_eq!(object(&file, "server")["steps"][1]["model"], "server");
    assert_eq!(object(&file, "chat")["steps"][1]["model"], "chat");
    assert_eq!(object(&file, "variable")["model"], "set");
    assert_eq!(losses(&file), "");
}

#[test]
fn a_key_is_not_shown_wherever_the_file_has_it() {
    let script = r#"
import os
import openai
from langchain_openai import ChatOpenAI
os.environ["OPENAI_API_KEY"] = "sk-in-the-environment"
openai.api_key = "sk-on-a-module"
direct = ChatOpenAI(model="a", api_key="sk-as-a-parameter", default_headers={"Authorization": "Bearer sk-as-a-header"})
kept = ChatOpenAI(model="b", default_headers={"X-One": os.environ["OPENAI_API_KEY"], "X-Two": openai.api_key})
given = ChatOpenAI(model="c", default_headers={"api-key": os.getenv("THE_KEY", "sk-by-default")})
"#;
    let shown = inspect(&text("a.py", script));
    assert!(!shown.to_string().contains("sk-"), "{shown:#}");
    assert_eq!(
        object(&text("a.py", script), "kept")["params"]["default_headers"]["X-One"]["$env"],
        "OPENAI_API_KEY"
    );
}

#[test]
fn what_classes_of_models_make_of_their_fields() {
    let script = r#"
from langchain_openai import ChatOpenAI
from langchain_groq import ChatGroq
from langchain_google_genai import GoogleGenerativeAI
from langchain.llms import HuggingFaceHub
groq = ChatGroq(model="g", temperature=0)
o1 = ChatOpenAI(model="o1-mini")
five = ChatOpenAI(model="gpt-5", temperature=0)
chat = ChatOpenAI(model="gpt-5-chat-latest", temperature=0)
quiet = ChatOpenAI(model="gpt-5.1", temperature=0, reasoning_effort="none")
gemini = GoogleGenerativeAI(model="gemini-pro", temperature="0.5")
hub = HuggingFaceHub(repo_id="google/flan-t5-xl", model_kwargs={"temperature": 0.5})
sent = ChatOpenAI(model="m", model_kwargs={"top_p": 0.5})
"#;
    let file = text("a.py", script);
    let temperature = |name: &str| object(&file, name)["params"]["temperature"].clone();
    assert_eq!(temperature("groq"), json!(1e-8));
    assert_eq!(temperature("o1"), json!(1.0));
    assert_eq!(temperature("five"), Value::Null);
    assert_eq!(temperature("chat"), json!(0.0));
    assert_eq!(temperature("quiet"), json!(0.0));
    assert_eq!(temperature("gemini"), json!(0.5));
    assert_eq!(object(&file, "gemini")["model"], "models/gemini-pro");
    assert_eq!(object(&file, "hub")["model"], "google/flan-t5-xl");
    assert_eq!(object(&file, "hub")["params"], json!({ "model_kwargs": { "temperature": 0.5 } }));
    assert_eq!(object(&file, "sent")["params"], json!({ "top_p": 0.5 }));
}

#[test]
fn coroutines_and_decorators_that_change_nothing_are_followed() {
    let script = r#"
import asyncio
import streamlit as st
from langsmith import traceable
from langchain_openai import ChatOpenAI
from langchain_core.tools import Tool
@traceable(run_type="chain")
async def build(name):
    return ChatOpenAI(model=name)
@st.cache_resource(show_spinner=False)
def cached():
    return ChatOpenAI(model="c")
a = asyncio.run(build("a"))
b = asyncio.get_event_loop().run_until_complete(build("b"))
c = cached()
async def both():
    return await asyncio.gather(build("d"), build("e"))
d, e = asyncio.run(both())
tool = Tool.from_function(lambda text: text, "look", "Looks.")
"#;
    let file = text("a.py", script);
    for name in ["a", "b", "c", "d", "e"] {
        assert_eq!(object(&file, name)["model"], name);
    }
    assert_eq!(object(&file, "tool")["name"], "look");
    assert_eq!(object(&file, "tool")["description"], "Looks.");
    assert_eq!(losses(&file), "");
}

#[test]
fn prompts_agents_and_tools_that_others_hold_are_named() {
    let script = r#"
from langchain import hub
from langchain_openai import ChatOpenAI
from langchain_community.agent_toolkits import create_sql_agent
from langchain.agents import load_tools, initialize_agent
llm = ChatOpenAI(model="m")
chain = hub.pull("rlm/rag-prompt") | llm
sql = create_sql_agent(llm, agent_type="openai-tools")
tools = load_tools(["llm-math", "wikipedia"], llm=llm)
agent = initialize_agent(tools, llm)
"#;
    let file = text("a.py", script);
    assert_eq!(object(&file, "chain")["steps"][0]["library"], "hub:rlm/rag-prompt");
    let sql = object(&file, "sql");
    assert_eq!(sql["agent"]["steps"][1]["library"], "agents.create_sql_agent");
    assert_eq!(sql["agent"]["steps"][2]["op"], "bind");
    assert_eq!(object(&file, "agent")["tools"][0]["name"], "Calculator");
    assert_eq!(object(&file, "agent")["tools"][1]["name"], "wikipedia");
    assert_eq!(losses(&file).lines().count(), 4, "{}", losses(&file));
}

/// A prompt whose text is not known is a prompt all the same.
#[test]
fn prompts_whose_text_is_not_known_stay_prompts() {
    let script = r#"
from datetime import datetime
from langchain_openai import ChatOpenAI
from langchain_core.prompts import ChatPromptTemplate, PromptTemplate
today = PromptTemplate(template=f"Today is {datetime.now()}. {{question}}", input_variables=["question"])
chat = ChatPromptTemplate.from_messages(load()) | ChatOpenAI(model="m")
"#;
    let file = text("a.py", script);
    assert_eq!(object(&file, "today")["op"], "prompt");
    assert_eq!(object(&file, "today")["input_variables"], json!(["question"]));
    assert_eq!(object(&file, "chat")["steps"][0]["reason"], "a prompt whose messages are not known");
    assert_eq!(losses(&file).lines().count(), 2, "{}", losses(&file));
}

/// Chains of attributes and of calls stand beside the objects; what is a part of another, or its beginning, does not.
#[test]
fn chains_without_a_global_name_are_listed_once() {
    let script = r#"
from langchain_openai import ChatOpenAI
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.output_parsers import StrOutputParser
llm = ChatOpenAI(model="m")
prompt = ChatPromptTemplate.from_template("{x}")
held = prompt | llm
class Page:
    def __init__(self):
        self.chain = {"x": prompt | llm | StrOutputParser()} | prompt | llm
page = Page()
answer = (prompt | llm | StrOutputParser()).invoke({"x": 1})
def first():
    return (prompt | llm).invoke({"x": 1})
def second():
    return (prompt | llm).invoke({"x": 2})
"#;
    let vfs = rustchain_transpile::vfs::MemoryVfs { files: [("a.py".to_owned(), script.to_owned())].into() };
    let options =
        rustchain_transpile::from::langchain::LangChainOptions { uncalled: true, ..Default::default() };
    let file = rustchain_transpile::from::langchain::read(&vfs, "a.py", &options);
    let found: Vec<(Option<&str>, usize)> =
        file.inner_chains.iter().map(|c| (c.function.as_deref(), c.op.origin.line)).collect();
    let (first, second) = (Some("first"), Some("second"));
    assert_eq!(found, [(Some("__init__"), 10), (None, 12), (first, 14), (second, 16)]);
    assert_eq!(losses(&file), "");
}

#[test]
fn templates_of_enums_clean_texts_and_days_that_are_past() {
    let script = r#"
import datetime
import inspect
from enum import Enum
from langchain_openai import ChatOpenAI
from langchain_core.prompts import PromptTemplate
class Texts(str, Enum):
    ASK = "ask {x}"
ask = PromptTemplate.from_template(Texts.ASK)
clean = PromptTemplate.from_template(inspect.cleandoc("""
    clean {x}
      more
"""))
if datetime.datetime.now().date() > datetime.date(2024, 6, 12):
    name = "new"
else:
    name = "old"
llm = ChatOpenAI(model=name)
"#;
    let file = text("a.py", script);
    assert_eq!(object(&file, "ask")["template"], "ask {x}");
    assert_eq!(object(&file, "clean")["template"], "clean {x}\n  more");
    assert_eq!(object(&file, "llm")["model"], "new");
    assert_eq!(losses(&file), "");
}

#[test]
fn tools_of_fields_chains_and_made_classes() {
    let script = r#"
from pydantic import Field, create_model
from langchain_openai import ChatOpenAI
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.tools import BaseTool
class Own(BaseTool):
    name: str = Field(default="own")
    description: str = Field("Does it.")
    def _run(self, x: str) -> str: return x
own = Own()
chain = ChatPromptTemplate.from_template("sum {text}") | ChatOpenAI(model="m")
tool = chain.as_tool(name="sum", description="Sums.")
made = ChatOpenAI(model="m").with_structured_output(create_model("Made", x=(int, 1)))
"#;
    let file = text("a.py", script);
    assert_eq!(object(&file, "own")["name"], "own");
    assert_eq!(object(&file, "own")["description"], "Does it.");
    assert_eq!(object(&file, "tool")["args_schema"]["properties"], json!({ "text": { "type": "string" } }));
    assert_eq!(object(&file, "made")["steps"][1]["op"], "bind");
    let schema = &object(&file, "made")["steps"][0]["schema"];
    assert_eq!(schema["json"]["properties"], json!({ "x": { "type": "integer", "default": 1 } }));
    assert_eq!(losses(&file), "");
}

/// A chat loop that only asks changes nothing of what the file holds; one that makes objects is told.
#[test]
fn a_loop_that_makes_nothing_is_no_loss() {
    let script = |body: &str| {
        format!(
            "from langchain_openai import ChatOpenAI\nllm = ChatOpenAI(model='m')\nwhile True:\n    \
             q = input()\n    if q == 'exit':\n        break\n    {body}\n"
        )
    };
    assert_eq!(losses(&text("a.py", &script("print(llm.invoke(q).content)"))), "");
    let made = text("a.py", &script("other = ChatOpenAI(model=q)"));
    assert!(losses(&made).contains("3: depends on how often a loop repeats"), "{}", losses(&made));
}

fn tool_schema(file: &LangChainFile, name: &str) -> Value {
    let all = file.tools.iter().map(|t| op_json(t));
    all.into_iter().find(|t| t["name"] == name).unwrap_or_default()["args_schema"].clone()
}

#[test]
fn classes_made_by_create_model_have_their_fields() {
    let file = text(
        "a.py",
        "from typing import Literal, Optional\nfrom pydantic import BaseModel, Field, create_model\n\
         from langchain_core.tools import StructuredTool\nfrom elsewhere import Odd\n\n\
         class Point(BaseModel):\n    x: int\n\n\
         Args = create_model('Args', __base__=Point, city=(str, Field(description='where')), days=(int, 3), \
         tags=(Optional[list[str]], None), kind=(Literal['a', 'b'], ...), odd=(Odd, ...))\n\
         def go(**kw):\n    return 1\n\n\
         t = StructuredTool.from_function(func=go, name='go', description='goes', args_schema=Args)\n",
    );
    let schema = tool_schema(&file, "go");
    assert_eq!(
        schema["properties"],
        json!({
            "x": { "type": "integer" },
            "city": { "type": "string", "description": "where" },
            "days": { "type": "integer", "default": 3 },
            "tags": { "anyOf": [{ "type": "array", "items": { "type": "string" } }, { "type": "null" }], "default": null },
            "kind": { "type": "string", "enum": ["a", "b"] },
            "odd": {},
        })
    );
    assert_eq!(schema["required"], json!(["x", "city", "kind", "odd"]));
    assert!(
        losses(&file).contains("the type of the field `odd` of `Args` is not known"),
        "{}",
        losses(&file)
    );
}

#[test]
fn tools_of_libraries_have_their_arguments_and_toolkits_their_tools() {
    let file = text(
        "a.py",
        "from langchain_community.tools import TavilySearchResults, SomeNewTool\n\
         from langchain_community.agent_toolkits import SQLDatabaseToolkit, FileManagementToolkit\n\
         from langchain_openai import ChatOpenAI\nfrom langgraph.prebuilt import create_react_agent\n\
         llm = ChatOpenAI(model='m')\nsearch = TavilySearchResults()\nnew = SomeNewTool()\n\
         files = FileManagementToolkit(selected_tools=['read_file', 'list_directory']).get_tools()\n\
         agent = create_react_agent(llm, SQLDatabaseToolkit(db=db, llm=llm).get_tools() + files)\n",
    );
    let names: Vec<Value> = file.tools.iter().map(|t| op_json(t)["name"].clone()).collect();
    let listed = json!(names).to_string();
    for name in [
        "sql_db_query",
        "sql_db_schema",
        "sql_db_list_tables",
        "sql_db_query_checker",
        "read_file",
        "list_directory",
    ] {
        assert!(listed.contains(name), "{listed}");
    }
    assert!(!listed.contains("write_file"), "{listed}");
    // Texts of the library stay there.
    let query = json!({ "query": { "type": "string" } });
    assert_eq!(tool_schema(&file, "tavily_search_results_json")["properties"], query);
    assert!(
        losses(&file).contains("`SomeNewTool` is a tool of a library: its description and arguments are")
    );
    assert!(losses(&file).contains(
        "`TavilySearchResults` is a tool of a library: its description and those of its arguments are"
    ));
}

#[test]
fn a_model_that_may_be_named_by_its_caller_is_not_the_default_one() {
    let file = text(
        "a.py",
        "from langchain_openai import ChatOpenAI\ndef make(**kw):\n    return ChatOpenAI(**kw)\nfrom other import settings\nllm = ChatOpenAI(temperature=0, **settings)\n",
    );
    assert!(object(&file, "llm")["model"]["$unknown"].is_string(), "{}", object(&file, "llm"));
    assert!(losses(&file).contains("some parameters of `ChatOpenAI` are not known"));
}

#[test]
fn agents_of_functions_and_attributes_are_inner_graphs() {
    let script = "from langchain_openai import ChatOpenAI\nfrom langgraph.prebuilt import create_react_agent\n\
                  from langchain.agents import create_agent\nllm = ChatOpenAI(model='m')\n\
                  class Service:\n    def __init__(self):\n        self.agent = create_react_agent(llm, [])\n\n\
                  service = Service()\nby_name = {'a': create_agent(llm)}\nheld = create_react_agent(llm, [])\n\
                  def unused():\n    return create_agent(llm, [])\n";
    let vfs = rustchain_transpile::vfs::MemoryVfs { files: [("a.py".to_owned(), script.to_owned())].into() };
    let options =
        rustchain_transpile::from::langchain::LangChainOptions { uncalled: true, ..Default::default() };
    let file = rustchain_transpile::from::langchain::read(&vfs, "a.py", &options);
    let functions: Vec<Option<&str>> = file.inner.iter().map(|i| i.function.as_deref()).collect();
    assert_eq!(functions, [Some("__init__"), None, Some("unused")]);

    // So are those that are made as nodes of others, and the agent that is a supervisor.
    let script = "from langchain_openai import ChatOpenAI\nfrom langgraph.prebuilt import create_react_agent\n\
                  from langgraph_supervisor import create_supervisor\nfrom langgraph.graph import StateGraph, START\n\
                  llm = ChatOpenAI(model='m')\nb = StateGraph(dict)\nb.add_node('a', create_react_agent(llm, [], name='a'))\n\
                  b.add_edge(START, 'a')\napp = b.compile()\n\
                  team = create_supervisor([create_react_agent(llm, [], name='z')], model=llm).compile()\n";
    let vfs = rustchain_transpile::vfs::MemoryVfs { files: [("a.py".to_owned(), script.to_owned())].into() };
    let file = rustchain_transpile::from::langchain::read(&vfs, "a.py", &options);
    let names: Vec<Value> = file.inner.iter().map(|i| op_json(&i.op)["name"].clone()).collect();
    assert_eq!(names, ["a", "z", "supervisor"]);
}
