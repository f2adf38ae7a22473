//! What LangChain would hold after a file has run, as plain data.

use super::graph::{Graph, Routine};
use crate::from::callable::Callable;
pub use crate::from::callable::Origin;
use std::sync::Arc;

/// A value that an object was given.
#[derive(Clone, Debug)]
pub enum Data {
    /// `None`.
    Null,
    /// A bool.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A float.
    Float(f64),
    /// Text.
    Str(String),
    /// A list, tuple or set.
    List(Vec<Data>),
    /// A dict; its keys as text.
    Dict(Vec<(String, Data)>),
    /// An environment variable and its default.
    Env(String, Option<Box<Data>>),
    /// A class.
    Type(String),
    /// A function.
    Function(Code),
    /// Another object.
    Op(Node),
    /// Not known: why.
    Unknown(String),
}

impl Data {
    /// The text, where it is text or an environment variable whose default is text.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Data::Str(s) => Some(s),
            Data::Env(_, Some(default)) => default.as_str(),
            _ => None,
        }
    }
}

/// A shared object. Two places that hold the same Python object hold the same `Arc`.
pub type Node = Arc<Op>;

/// An object of LangChain.
#[derive(Debug)]
pub struct Op {
    /// What it is.
    pub kind: OpKind,
    /// Where it was made.
    pub origin: Origin,
}

/// What an object is and what it is made of.
#[derive(Debug)]
pub enum OpKind {
    /// A prompt template.
    Prompt(Prompt),
    /// A language model.
    Model(Model),
    /// An output parser, by class.
    Parser(Parser),
    /// A tool.
    Tool(Tool),
    /// A function as a runnable.
    Lambda(Lambda),
    /// `a | b | c`.
    Seq(Vec<Node>),
    /// A dict of runnables.
    Parallel(Vec<(String, Node)>),
    /// `RunnablePassthrough.assign(…)`.
    Assign(Vec<(String, Node)>),
    /// `.pick(…)`; one key gives the value itself.
    Pick {
        /// The keys.
        keys: Vec<String>,
        /// A single key, not a list.
        single: bool,
    },
    /// `RunnablePassthrough()`.
    Passthrough,
    /// `RunnableBranch`: condition and branch, then the default.
    Branch {
        /// In order.
        cases: Vec<(Node, Node)>,
        /// Where no condition holds.
        default: Node,
    },
    /// `.with_fallbacks(…)`.
    Fallbacks {
        /// Tried first.
        primary: Node,
        /// Then these.
        fallbacks: Vec<Node>,
        /// The key that the exception is passed in.
        exception_key: Data,
        /// Names of the exceptions that are handled.
        exceptions: Vec<String>,
    },
    /// `.with_retry(…)`.
    Retry {
        /// What is retried.
        bound: Node,
        /// Attempts in all.
        max_attempts: Data,
        /// Whether the wait has jitter.
        jitter: Data,
    },
    /// `.bind(…)`, `.bind_tools(…)`, `.with_config(…)`.
    Bind(Bind),
    /// `.map()`.
    Map(Node),
    /// `configurable_fields` and `configurable_alternatives`.
    Configurable(Configurable),
    /// `RunnableWithMessageHistory`.
    History {
        /// What gets the history.
        bound: Node,
        /// `input_messages_key`.
        input_key: Data,
        /// `history_messages_key`.
        history_key: Data,
        /// `output_messages_key`.
        output_key: Data,
    },
    /// A retriever.
    Retriever(Retriever),
    /// A legacy chain.
    Chain(Chain),
    /// `AgentExecutor` and what `initialize_agent` makes.
    Executor(Executor),
    /// A LangGraph graph.
    Graph(Graph),
    /// `ToolNode`.
    ToolNode(Vec<Node>),
    /// Something of a library that is not modelled, but known to be an object: its class.
    Opaque {
        /// The class.
        class: String,
        /// What it was given.
        args: Vec<(String, Data)>,
    },
    /// Not known: why.
    Unknown(String),
}

/// How placeholders are written in a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TemplateFormat {
    /// `{name}`.
    FString,
    /// `{{name}}`.
    Mustache,
    /// Jinja2.
    Jinja2,
}

impl TemplateFormat {
    /// The name that LangChain uses.
    pub fn name(self) -> &'static str {
        match self {
            TemplateFormat::FString => "f-string",
            TemplateFormat::Mustache => "mustache",
            TemplateFormat::Jinja2 => "jinja2",
        }
    }
}

/// A prompt template.
#[derive(Clone, Debug)]
pub struct Prompt {
    /// `PromptTemplate`, `ChatPromptTemplate`, `FewShotPromptTemplate` …
    pub class: String,
    /// Sorted.
    pub input_variables: Vec<String>,
    /// Names of partial variables and their values.
    pub partial: Vec<(String, Data)>,
    /// Its parts.
    pub body: PromptBody,
}

/// The parts of a prompt template.
#[derive(Clone, Debug)]
pub enum PromptBody {
    /// One text.
    Text {
        /// With placeholders.
        template: String,
        /// How they are written.
        format: TemplateFormat,
    },
    /// Messages.
    Messages(Vec<Message>),
    /// Examples between a prefix and a suffix.
    FewShot(Box<FewShot>),
    /// A default of LangChain's own chains, by its place in the library, or a prompt of its hub (`hub:owner/name`); its
    /// text was not read.
    Library(String),
    /// Its text or its messages are not known: why.
    Unknown(String),
}

/// Examples in a prompt.
#[derive(Clone, Debug)]
pub struct FewShot {
    /// The examples; not a list where a selector chooses them.
    pub examples: Data,
    /// How one example is written.
    pub example_prompt: Option<Node>,
    /// Text before.
    pub prefix: Option<String>,
    /// Text after.
    pub suffix: Option<String>,
    /// Text between.
    pub separator: String,
    /// How placeholders are written.
    pub format: TemplateFormat,
}

/// A message of a chat prompt.
#[derive(Clone, Debug)]
pub enum Message {
    /// A message with placeholders.
    Template {
        /// `system`, `human`, `ai` or a name.
        role: String,
        /// With placeholders.
        template: String,
        /// How they are written.
        format: TemplateFormat,
    },
    /// A message with fixed content.
    Literal {
        /// `system`, `human`, `ai`, `tool` or a name.
        role: String,
        /// Text, or a list of parts.
        content: Data,
    },
    /// `MessagesPlaceholder`.
    Placeholder {
        /// The variable that holds messages.
        variable: String,
        /// It may be missing.
        optional: bool,
    },
    /// A prompt inside, e.g. few-shot examples.
    Nested(Node),
    /// Parts other than one text, e.g. images.
    Parts {
        /// The role.
        role: String,
        /// The parts as written.
        content: Data,
        /// How placeholders are written.
        format: TemplateFormat,
    },
    /// Not known: why.
    Unknown(String),
}

/// A language model.
#[derive(Clone, Debug)]
pub struct Model {
    /// `ChatOpenAI`.
    pub class: String,
    /// `langchain_openai`.
    pub package: String,
    /// `openai-chat`, where known.
    pub llm_type: Option<&'static str>,
    /// Its name.
    pub model: Data,
    /// Parameters that are not at LangChain's default, by the field's own name.
    pub params: Vec<(String, Data)>,
    /// Where it is reached, where the file says so.
    pub base_url: Option<Data>,
}

/// An output parser.
#[derive(Clone, Debug)]
pub struct Parser {
    /// Its class.
    pub class: String,
    /// The schema of what it gives, where it has one.
    pub schema: Option<Schema>,
    /// Its other arguments.
    pub args: Vec<(String, Data)>,
}

/// A schema and the name of the class that it was made from.
#[derive(Clone, Debug)]
pub struct Schema {
    /// The class or title.
    pub name: String,
    /// JSON Schema as LangChain makes it.
    pub json: serde_json::Value,
    /// OpenAI's own client makes the schema that is sent.
    pub strict: bool,
}

/// A tool.
#[derive(Clone, Debug)]
pub struct Tool {
    /// Its name.
    pub name: Data,
    /// Its description.
    pub description: Data,
    /// JSON Schema of its arguments.
    pub args_schema: serde_json::Value,
    /// `StructuredTool`, `Tool`, a class of the file, or `function`.
    pub class: String,
    /// The function behind it.
    pub code: Option<Code>,
    /// The answer of the tool ends the agent.
    pub return_direct: bool,
}

/// A function of a file that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    /// Its name; `<lambda>` for a lambda.
    pub name: String,
    /// Where it stands.
    pub origin: Origin,
}

/// A function as a runnable.
#[derive(Clone, Debug)]
pub enum Lambda {
    /// A function of the file.
    Function(Code),
    /// `itemgetter("a")`.
    ItemGetter(Vec<Data>),
    /// A function of a library or one that LangChain makes, by name.
    Named(String),
}

/// Arguments bound to a runnable.
#[derive(Clone, Debug)]
pub struct Bind {
    /// What they are bound to.
    pub bound: Node,
    /// The arguments.
    pub kwargs: Vec<(String, Data)>,
    /// The configuration.
    pub config: Vec<(String, Data)>,
    /// Tools that a model is given.
    pub tools: Vec<Node>,
    /// The schema of a structured answer.
    pub schema: Option<Schema>,
}

/// A runnable with fields that a call may change.
#[derive(Clone, Debug)]
pub struct Configurable {
    /// Without a configuration.
    pub default: Node,
    /// Field and the key that sets it.
    pub fields: Vec<(String, String)>,
    /// Key and alternative; empty for fields.
    pub alternatives: Vec<(String, Node)>,
    /// The key that chooses the alternative.
    pub which: Option<String>,
}

/// A retriever.
#[derive(Clone, Debug)]
pub struct Retriever {
    /// Its class.
    pub class: String,
    /// `similarity`, `mmr` …; for retrievers of a store.
    pub search_type: Option<Data>,
    /// `k`, `score_threshold` …
    pub search_kwargs: Data,
    /// The class of the store.
    pub store: Option<String>,
    /// The embeddings of the store.
    pub embeddings: Option<Embeddings>,
    /// Other parts: an inner retriever, a model.
    pub parts: Vec<(String, Node)>,
}

/// Embeddings.
#[derive(Clone, Debug)]
pub struct Embeddings {
    /// The class.
    pub class: String,
    /// The model.
    pub model: Data,
}

/// A legacy chain.
#[derive(Clone, Debug)]
pub struct Chain {
    /// Its class.
    pub class: String,
    /// What it reads.
    pub input_keys: Vec<String>,
    /// What it gives.
    pub output_keys: Vec<String>,
    /// The class of its memory.
    pub memory: Option<String>,
    /// Its parts: other objects.
    pub parts: Vec<(String, Part)>,
    /// Its other settings.
    pub settings: Vec<(String, Data)>,
}

/// An agent with the loop that runs it.
#[derive(Clone, Debug)]
pub struct Executor {
    /// `RunnableMultiActionAgent`, `ZeroShotAgent` …
    pub agent_class: String,
    /// One turn of the agent: a sequence, or the model where the library makes the rest.
    pub agent: Node,
    /// The tools.
    pub tools: Vec<Node>,
    /// The bound of the loop.
    pub max_iterations: Data,
    /// `handle_parsing_errors`.
    pub handle_parsing_errors: Data,
    /// The class of its memory.
    pub memory: Option<String>,
}

/// A part of a chain.
#[derive(Clone, Debug)]
pub enum Part {
    /// One object.
    One(Node),
    /// A list of objects.
    Many(Vec<Node>),
    /// Objects by name.
    Named(Vec<(String, Node)>),
}

/// What a loss touches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// Steps, edges or objects may be missing.
    Structure,
    /// A prompt, parameter, schema or other setting.
    Setting,
    /// What a function does.
    Body,
}

impl Effect {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Effect::Structure => "structure",
            Effect::Setting => "setting",
            Effect::Body => "body",
        }
    }
}

/// Something that could not be told from the file.
#[derive(Clone, Debug)]
pub struct Loss {
    /// What it touches.
    pub effect: Effect,
    /// A sentence without a final stop.
    pub message: String,
    /// Where.
    pub origin: Origin,
}

/// An object that a global name holds.
#[derive(Clone, Debug)]
pub struct Named {
    /// The first name.
    pub name: String,
    /// Other names of the same object.
    pub aliases: Vec<String>,
    /// The object.
    pub op: Node,
}

/// A graph or chain that no global name holds.
#[derive(Clone, Debug)]
pub struct Inner {
    /// The function it was made in, where it was made in one.
    pub function: Option<String>,
    /// The graph or chain.
    pub op: Node,
}

/// What a file means.
#[derive(Debug, Default)]
pub struct LangChainFile {
    /// Objects of global names, in order of first assignment.
    pub objects: Vec<Named>,
    /// Graphs without a global name.
    pub inner: Vec<Inner>,
    /// Chains without a global name.
    pub inner_chains: Vec<Inner>,
    /// Every prompt that was made.
    pub prompts: Vec<Node>,
    /// Every model that was made.
    pub models: Vec<Node>,
    /// Every tool that was made.
    pub tools: Vec<Node>,
    /// What could not be told.
    pub losses: Vec<Loss>,
    /// The tasks of LangGraph's functional interface, by number; `None`: its function is not in the file.
    pub tasks: Vec<Option<Routine>>,
    /// The functions behind lambdas, tools and tasks, by where they stand.
    pub functions: Vec<Callable>,
    /// Files that were read: path and text.
    pub sources: Vec<(String, String)>,
}
