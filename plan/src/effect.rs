//! Effects: what a step may do to the world, and on what.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// The kinds of effects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum EffectKind {
    /// Ask the network; changes nothing there.
    #[serde(rename = "net.read")]
    NetRead,
    /// Change something over the network.
    #[serde(rename = "net.write")]
    NetWrite,
    /// Read a file.
    #[serde(rename = "fs.read")]
    FsRead,
    /// Write, move or delete a file.
    #[serde(rename = "fs.write")]
    FsWrite,
    /// Start a program.
    #[serde(rename = "exec")]
    Exec,
    /// Run SQL on a database.
    #[serde(rename = "sql")]
    Sql,
    /// Ask a model.
    #[serde(rename = "llm")]
    Llm,
    /// Read an environment variable.
    #[serde(rename = "env")]
    Env,
    /// Call a tool of an MCP server.
    #[serde(rename = "mcp")]
    Mcp,
    /// Ask a person.
    #[serde(rename = "human")]
    Human,
    /// Read the clock.
    #[serde(rename = "clock")]
    Clock,
    /// Draw a random number.
    #[serde(rename = "random")]
    Random,
    /// Read a memory store.
    #[serde(rename = "memory.read")]
    MemoryRead,
    /// Write a memory store.
    #[serde(rename = "memory.write")]
    MemoryWrite,
}

impl EffectKind {
    /// Every kind, in order of display.
    pub const ALL: &'static [EffectKind] = &[
        EffectKind::NetRead,
        EffectKind::NetWrite,
        EffectKind::FsRead,
        EffectKind::FsWrite,
        EffectKind::Exec,
        EffectKind::Sql,
        EffectKind::Llm,
        EffectKind::Env,
        EffectKind::Mcp,
        EffectKind::Human,
        EffectKind::Clock,
        EffectKind::Random,
        EffectKind::MemoryRead,
        EffectKind::MemoryWrite,
    ];

    /// The name in missions: `net.read`.
    pub fn name(self) -> &'static str {
        match self {
            EffectKind::NetRead => "net.read",
            EffectKind::NetWrite => "net.write",
            EffectKind::FsRead => "fs.read",
            EffectKind::FsWrite => "fs.write",
            EffectKind::Exec => "exec",
            EffectKind::Sql => "sql",
            EffectKind::Llm => "llm",
            EffectKind::Env => "env",
            EffectKind::Mcp => "mcp",
            EffectKind::Human => "human",
            EffectKind::Clock => "clock",
            EffectKind::Random => "random",
            EffectKind::MemoryRead => "memory.read",
            EffectKind::MemoryWrite => "memory.write",
        }
    }

    /// The kind of a name.
    pub fn from_name(name: &str) -> Option<EffectKind> {
        EffectKind::ALL.iter().copied().find(|k| k.name() == name)
    }

    /// What its patterns are matched as.
    pub fn pattern_syntax(self) -> PatternSyntax {
        match self {
            EffectKind::NetRead | EffectKind::NetWrite => PatternSyntax::Url,
            EffectKind::FsRead | EffectKind::FsWrite | EffectKind::Sql => PatternSyntax::Path,
            EffectKind::Clock | EffectKind::Random | EffectKind::Human => PatternSyntax::Bare,
            _ => PatternSyntax::Name,
        }
    }
}

impl std::fmt::Display for EffectKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// How the patterns of an effect are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatternSyntax {
    /// Scheme, host, port, path; the query only where the pattern has `?`.
    Url,
    /// Segments split at `/`, relative to the project root.
    Path,
    /// A name with dots: a program, a model, a variable, `server.tool`.
    Name,
    /// The effect has no argument.
    Bare,
}

/// What an effect is about, as far as it is known: text in which `*` stands for any text without a
/// separator and `**` for any text; a literal `*` is written `\*`, a literal `\` is `\\`.
/// A request such as `"https://a.example/t?since=${x}"` has the pattern `https://a.example/t?since=**`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Pattern(pub SmolStr);

impl Pattern {
    /// Anything.
    pub fn any() -> Pattern {
        Pattern(SmolStr::new_static("**"))
    }

    /// Exactly this text.
    pub fn literal(text: &str) -> Pattern {
        Pattern(text.replace('\\', "\\\\").replace('*', "\\*").into())
    }

    /// True where it stands for one text only.
    pub fn is_literal(&self) -> bool {
        let mut escaped = false;
        for c in self.0.chars() {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '*' => return false,
                _ => {}
            }
        }
        true
    }
}

/// An effect with what it is about. A bare effect has the pattern `**`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Effect {
    /// The kind.
    pub kind: EffectKind,
    /// What it is about.
    pub pattern: Pattern,
}

impl std::fmt::Display for Effect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.kind.pattern_syntax() {
            PatternSyntax::Bare => write!(f, "{}", self.kind),
            _ => write!(f, "{} {:?}", self.kind, self.pattern.0.as_str()),
        }
    }
}
