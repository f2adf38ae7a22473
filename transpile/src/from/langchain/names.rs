//! Import paths: the libraries move their classes often, the class names stay.

/// A call of something of the LangChain family: `langchain_core.prompts.ChatPromptTemplate.from_template`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Name<'a> {
    /// `langchain_core`.
    pub package: &'a str,
    /// The path before the class or function.
    pub module: &'a str,
    /// `ChatPromptTemplate`, or a function such as `init_chat_model`.
    pub name: &'a str,
    /// `from_template`; empty for the class or function itself.
    pub method: &'a str,
}

/// Splits a path; `None` where it is not of the family.
pub(super) fn parse(path: &str) -> Option<Name<'_>> {
    let package = path.split('.').next()?;
    if !is_family(package) {
        return None;
    }
    let (head, last) = path.rsplit_once('.').unwrap_or(("", path));
    let owner = head.rsplit('.').next().unwrap_or(head);
    let is_class = |s: &str| s.starts_with(|c: char| c.is_ascii_uppercase()) && s != "StringIO";
    if is_class(owner) && !is_class(last) {
        let module = head.rsplit_once('.').map_or("", |(m, _)| m);
        return Some(Name { package, module, name: owner, method: last });
    }
    Some(Name { package, module: head, name: last, method: "" })
}

/// Is this top-level package one of LangChain's?
pub(super) fn is_family(package: &str) -> bool {
    package.starts_with("langchain") || package.starts_with("langgraph") || package == "deepagents"
}

/// The last part of a path.
pub(super) fn last(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_class_method_is_told_from_a_function() {
        let name = parse("langchain_core.prompts.ChatPromptTemplate.from_template").unwrap();
        assert_eq!((name.name, name.method), ("ChatPromptTemplate", "from_template"));
        let name = parse("langchain.chat_models.init_chat_model").unwrap();
        assert_eq!((name.name, name.method), ("init_chat_model", ""));
        assert!(parse("openai.OpenAI").is_none());
    }
}
