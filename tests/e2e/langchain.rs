//! LangChain files, read without Python.

use crate::project::Project;

const APP: &str = r#"
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableBranch, RunnableParallel
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from pydantic import BaseModel, Field


class Ticket(BaseModel):
    """A ticket."""

    title: str = Field(description="one line")
    urgency: int = Field(1, ge=1, le=5)


def tidy(text: str) -> str:
    return " ".join(text.split())


@tool
def lookup(name: str, limit: int = 3) -> str:
    """Look a customer up."""
    return name * limit


llm = ChatOpenAI(model="gpt-4o-mini", temperature=0, timeout=30)
kind = ChatPromptTemplate.from_template("bug or wish: {report}") | llm | StrOutputParser() | tidy
route = RunnableBranch(
    (lambda x: "bug" in x["kind"].lower(), ChatPromptTemplate.from_template("Steps for {report}") | llm | StrOutputParser()),
    ChatPromptTemplate.from_template("Thanks for {report}") | llm | StrOutputParser(),
)
desk = {"kind": kind, "report": lambda x: x["report"]} | route
ticket = ChatPromptTemplate.from_template("A ticket of {report}") | llm.with_structured_output(Ticket)
both = RunnableParallel(
    short=ChatPromptTemplate.from_template("Short: {text}") | llm | StrOutputParser(),
    long=ChatPromptTemplate.from_template("Long: {text}") | llm | StrOutputParser(),
)
helper = ChatPromptTemplate.from_messages([("system", "Help."), ("placeholder", "{messages}")]) | llm.bind_tools([lookup])
many = (ChatPromptTemplate.from_template("On {x}") | llm | StrOutputParser()).with_retry(stop_after_attempt=2).map()
"#;

#[test]
fn a_langchain_script_becomes_missions_that_check() {
    let project = Project::with("app.py", APP);
    let ended = project.expect(0, &["transpile", "from-langchain", "app.py", "-o", "out", "--check"]);
    assert!(ended.stderr.contains("1 mission file and 1 Python file"), "{}", ended.stderr);
    assert!(ended.stdout.contains(" 0 lost"), "{}", ended.stdout);
    let text = project.read("out/app.mission");
    for mission in ["desk", "ticket", "both", "helper", "many"] {
        assert!(text.contains(&format!("mission {mission} {{")), "{text}");
    }
}

#[test]
fn a_langchain_file_is_found_by_its_imports() {
    let project = Project::with("app.py", APP);
    let seen = project.json(0, &["inspect", "app.py"]);
    assert_eq!(seen["models"][0]["model"], "gpt-4o-mini");
    assert_eq!(seen["tools"][0]["name"], "lookup");
}

#[test]
fn inspect_reads_default_prompts_from_an_installed_library() {
    let project = Project::with(
        "app.py",
        "from langchain.chains import ConversationChain\nfrom langchain_openai import ChatOpenAI\n\
         talk = ConversationChain(llm=ChatOpenAI(model=\"gpt-4o\"))\n",
    );
    let prompt = "from langchain_core.prompts import PromptTemplate\n\
                  PROMPT = PromptTemplate.from_template(\"{history} then {input}\")\n";
    project.write("site/langchain_classic/chains/conversation/prompt.py", prompt);
    let without = project.json(0, &["inspect", "app.py"]);
    assert_eq!(without["prompts"][0]["library"], "chains.conversation.prompt.PROMPT");
    let with = project.json(0, &["inspect", "--library", "site", "app.py"]);
    assert_eq!(with["prompts"][0]["template"], "{history} then {input}");
}

#[test]
fn what_langchain_loses_is_told_and_fails_unless_allowed() {
    let app = format!(
        "from other import thing\n{APP}\nodd = ChatPromptTemplate.from_template('{{a}}') | thing()\n"
    );
    let project = Project::with("app.py", &app);
    let ended = project.expect(1, &["transpile", "from-langchain", "app.py", "-o", "out"]);
    assert!(ended.stdout.contains("lost (structure)"), "{}", ended.stdout);
    project.expect(0, &["transpile", "from-langchain", "app.py", "-o", "out", "--allow-loss"]);
    project.expect(3, &["transpile", "from-langchain", "missing.py"]);
}
