//! Types of state fields and expressions.

/// A record of the file with its fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its name in the mission.
    pub name: String,
    /// Fields: name in Python, name in the mission, type.
    pub fields: Vec<(String, String, Ty)>,
}

impl Record {
    /// A record without a name of its own.
    pub fn plain(fields: Vec<(String, String, Ty)>) -> Record {
        let types: Vec<String> = fields.iter().map(|(_, id, ty)| format!("{id}: {}", ty.text())).collect();
        Record { name: format!("{{ {} }}", types.join(", ")), fields }
    }

    /// Has it no name of its own?
    pub fn is_plain(&self) -> bool {
        self.name.starts_with('{')
    }

    /// The type of a value that is one of two plain records: any JSON where their fields differ.
    pub fn joined(self, other: Record) -> Ty {
        let same = self.fields.len() == other.fields.len();
        let fields = self.fields.into_iter().zip(other.fields).map(|((name, id, ty), (second, _, other))| {
            let ty = super::print::joined(ty, other).ok().filter(|_| same && name == second)?;
            Some((name, id, ty))
        });
        fields.collect::<Option<_>>().map_or(Ty::Json, |fields| Ty::Record(Record::plain(fields)))
    }
}

/// A type of the mission language, as far as expressions need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ty {
    String,
    Int,
    Float,
    Bool,
    Json,
    Message,
    Null,
    /// A call of a tool that a message asks for.
    Call,
    /// An enum of the file, by name.
    Enum(String),
    /// A structured answer.
    Record(Record),
    List(Box<Ty>),
    Map(Box<Ty>),
    Optional(Box<Ty>),
}

impl Ty {
    /// The type of a Python annotation.
    pub fn of_annotation(text: &str) -> Ty {
        let text = text.trim().trim_matches(['"', '\'']);
        let short =
            text.rsplit_once('.').filter(|(head, _)| !head.contains('[')).map_or(text, |(_, last)| last);
        match short {
            "str" => return Ty::String,
            "int" => return Ty::Int,
            "float" => return Ty::Float,
            "bool" => return Ty::Bool,
            "list" | "List" => return Ty::List(Box::new(Ty::Json)),
            "AnyMessage" | "BaseMessage" | "HumanMessage" | "AIMessage" | "ToolMessage" => {
                return Ty::Message;
            }
            "ToolCall" => return Ty::Call,
            _ => {}
        }
        if let Some(inner) = text.strip_suffix("| None") {
            return Ty::of_annotation(inner).optional();
        }
        let Some((name, rest)) = text.split_once('[') else { return Ty::Json };
        let Some(inner) = rest.strip_suffix(']') else { return Ty::Json };
        match name.rsplit('.').next().unwrap_or(name) {
            "list" | "List" | "Sequence" | "Iterable" => Ty::List(Box::new(Ty::of_annotation(inner))),
            "dict" | "Dict" | "Mapping" => match inner.split_once(',') {
                Some(("str", value)) => Ty::Map(Box::new(Ty::of_annotation(value))),
                _ => Ty::Json,
            },
            "Optional" => Ty::of_annotation(inner).optional(),
            "Required" | "NotRequired" => Ty::of_annotation(inner),
            "Literal" if inner.starts_with(['"', '\'']) => Ty::String,
            _ => Ty::Json,
        }
    }

    /// `T?`.
    pub fn optional(self) -> Ty {
        match self {
            Ty::Optional(_) | Ty::Null | Ty::Json => self,
            other => Ty::Optional(Box::new(other)),
        }
    }

    /// As the mission writes it.
    pub fn text(&self) -> String {
        match self {
            Ty::String => "string".to_owned(),
            Ty::Int => "int".to_owned(),
            Ty::Float => "float".to_owned(),
            Ty::Bool => "bool".to_owned(),
            Ty::Json | Ty::Null => "json".to_owned(),
            Ty::Message => "Message".to_owned(),
            Ty::Call => "ToolCall".to_owned(),
            Ty::Enum(name) => name.clone(),
            Ty::Record(record) => record.name.clone(),
            Ty::List(item) => format!("list<{}>", item.text()),
            Ty::Map(item) => format!("map<string, {}>", item.text()),
            Ty::Optional(inner) => format!("{}?", inner.text()),
        }
    }

    /// The value that stands where Python would fail for want of one.
    pub fn zero(&self) -> &'static str {
        match self {
            Ty::String => "\"\"",
            Ty::Int => "0",
            Ty::Float => "0.0",
            Ty::Bool => "false",
            Ty::List(_) => "[]",
            Ty::Map(_) => "{}",
            _ => "null",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Ty;

    #[test]
    fn annotations_have_types() {
        for (python, mission) in [
            ("str", "string"),
            ("list[str]", "list<string>"),
            ("typing.List[int]", "list<int>"),
            ("Optional[float]", "float?"),
            ("str | None", "string?"),
            ("dict[str, int]", "map<string, int>"),
            ("list[AnyMessage]", "list<Message>"),
            ("Literal[\"a\", \"b\"]", "string"),
            ("list", "list<json>"),
            ("Whatever", "json"),
        ] {
            assert_eq!(Ty::of_annotation(python).text(), mission, "{python}");
        }
    }
}
