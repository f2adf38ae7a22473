//! `argparse`: the arguments of a command line have their defaults.

use crate::python::dict::Dict;
use crate::python::host::Host;
use crate::python::machine::{Eval, Machine};
use crate::python::value::{Args, Object, Site, SymbolKind, Value};

const PARSER: &str = "argparse.ArgumentParser";
const NAMESPACE: &str = "argparse.Namespace";

impl<H: Host> Machine<'_, H> {
    /// `argparse.ArgumentParser(…)`, whose attributes are the arguments so far.
    pub(in crate::python) fn call_arguments(&mut self, path: &str) -> Option<Value> {
        let is_parser = path == PARSER;
        is_parser.then(|| self.alloc(Object::Instance(Value::External(PARSER.into()), Dict::new())))
    }

    /// A method of a parser. Its groups and the parsers of its commands add to the same arguments.
    pub(in crate::python) fn parser_method(
        &mut self,
        receiver: &Value,
        name: &str,
        args: &Args,
        site: Site,
    ) -> Eval<Option<Value>> {
        let Some(Object::Instance(Value::External(class), arguments)) = self.object_of(receiver) else {
            return Ok(None);
        };
        if &**class != PARSER {
            return Ok(None);
        }
        let arguments = arguments.clone();
        Ok(Some(match name {
            "add_argument" => {
                self.add_argument(receiver, args, site)?;
                Value::None
            }
            "add_argument_group" | "add_mutually_exclusive_group" | "add_parser" => receiver.clone(),
            "add_subparsers" => {
                if let Some(dest) = args.named("dest").and_then(Value::as_str) {
                    let command = self.symbol(SymbolKind::Input("argument", dest.into()), None, site.span);
                    self.set_plain_attr(receiver, dest, command);
                }
                receiver.clone()
            }
            "set_defaults" => {
                for (name, value) in &args.kw {
                    self.set_plain_attr(receiver, name, value.clone());
                }
                Value::None
            }
            "parse_args" | "parse_known_args" => {
                self.charge(arguments.len() * 96, site.span)?;
                let parsed = self.alloc(Object::Instance(Value::External(NAMESPACE.into()), arguments));
                if name == "parse_args" {
                    return Ok(Some(parsed));
                }
                let rest = self.list(Vec::new());
                self.tuple(vec![parsed, rest])
            }
            _ => Value::None,
        }))
    }

    fn add_argument(&mut self, parser: &Value, args: &Args, site: Site) -> Eval<()> {
        let flags: Vec<&str> = args.pos.iter().filter_map(Value::as_str).collect();
        let long = flags.iter().find(|f| f.starts_with("--")).or(flags.first());
        let given = args.named("dest").and_then(Value::as_str);
        let Some(name) = given.or(long.map(|f| f.trim_start_matches('-'))) else { return Ok(()) };
        let name = name.replace('-', "_");
        let is_positional = !flags.iter().any(|f| f.starts_with('-'));
        let is_needed = is_positional || matches!(args.named("required"), Some(Value::Bool(true)));
        let action = args.named("action").and_then(Value::as_str);
        let default = match (args.named("default"), action) {
            (Some(Value::Str(text)), _) => {
                // A default that is text is converted as an argument is.
                let text = Value::Str(text.clone());
                match args.named("type").cloned() {
                    Some(convert) => Some(self.call(&convert, Args::of(vec![text]), site)?),
                    None => Some(text),
                }
            }
            (Some(default), _) => Some(default.clone()),
            (None, Some("store_true")) => Some(Value::Bool(false)),
            (None, Some("store_false")) => Some(Value::Bool(true)),
            (None, _) if is_needed => None,
            (None, _) => Some(Value::None),
        };
        let kind = SymbolKind::Input("argument", name.as_str().into());
        let value = self.symbol(kind, default.and_then(|d| d.assumed()), site.span);
        self.set_plain_attr(parser, &name, value);
        Ok(())
    }
}
