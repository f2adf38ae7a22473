//! `functools`, `itertools`, `operator`, `dataclasses`.

use crate::python::host::Host;
use crate::python::machine::{Eval, Machine};
use crate::python::syntax::ast::Operator;
use crate::python::value::{Args, Object, Site, Value};

impl<H: Host> Machine<'_, H> {
    pub(super) fn call_functional(&mut self, path: &str, args: &Args, site: Site) -> Eval<Option<Value>> {
        let span = site.span;
        let first = args.pos.first().cloned();
        Ok(match path {
            "functools.partial" => match first {
                Some(function) => {
                    let mut rest = args.clone();
                    rest.pos.remove(0);
                    Some(self.alloc(Object::Partial(function, rest)))
                }
                None => None,
            },
            // Decorators that leave what they decorate as it is, for our purposes.
            "functools.wraps"
            | "functools.lru_cache"
            | "functools.cache"
            | "functools.singledispatch"
            | "functools.total_ordering"
            | "dataclasses.dataclass()"
            | "typing.cast()"
            | "contextlib.contextmanager"
            | "abc.abstractmethod"
            | "typing.no_type_check"
            | "typing.final"
            | "enum.unique"
            | "typing.runtime_checkable"
            | "typing.override"
            | "identity()" => match first {
                Some(value)
                    if args.pos.len() == 1 && path != "functools.wraps" && self.is_callable(&value) =>
                {
                    Some(value)
                }
                _ => Some(Value::External("identity()".into())),
            },
            "functools.cached_property" | "functools.cached_property()" => {
                first.map(|f| self.alloc(Object::Wrapped("property", f)))
            }
            "dataclasses.dataclass"
            | "attr.s"
            | "attrs.define"
            | "attr.define"
            | "pydantic.dataclasses.dataclass" => match first {
                Some(class) => {
                    self.make_dataclass(&class);
                    Some(class)
                }
                None => Some(Value::External("dataclasses.dataclass".into())),
            },
            "functools.reduce" => {
                let (Some(function), Some(source)) = (first, args.pos.get(1)) else { return Ok(None) };
                if source.is_symbol() || self.is_dirty(source) {
                    return Ok(None);
                }
                let Some(items) = self.iterate(source, span)? else { return Ok(None) };
                let mut items = items.into_iter();
                let start = match args.pos.get(2) {
                    Some(start) => Some(start.clone()),
                    None => items.next(),
                };
                let Some(mut total) = start else { return Ok(None) };
                for item in items {
                    total = self.call(&function, Args::of(vec![total, item]), site)?;
                }
                Some(total)
            }
            "itertools.chain" => self.flatten(&args.pos, span)?,
            "itertools.chain.from_iterable" => match first {
                Some(outer) => match self.iterate(&outer, span)? {
                    Some(lists) => self.flatten(&lists, span)?,
                    None => None,
                },
                None => None,
            },
            "itertools.product" => self.product(args, site)?,
            "itertools.islice" => {
                let (Some(source), Some(Value::Int(n))) = (first, args.pos.get(1)) else { return Ok(None) };
                let take = usize::try_from(*n).unwrap_or(0);
                self.iterate(&source, span)?.map(|items| {
                    let items = items.into_iter().take(take).collect();
                    self.list(items)
                })
            }
            "itertools.pairwise" | "more_itertools.pairwise" | "airflow.utils.helpers.pairwise" => {
                let Some(source) = first else { return Ok(None) };
                let Some(items) = self.iterate(&source, span)? else { return Ok(None) };
                self.charge(items.len() * 96, span)?;
                let pairs: Vec<Value> = items.windows(2).map(|w| self.tuple(w.to_vec())).collect();
                Some(self.list(pairs))
            }
            "itertools.zip_longest" | "itertools.groupby" | "itertools.count" | "itertools.cycle" => None,
            "operator.add" | "operator.rshift" | "operator.lshift" => {
                let [a, b] = args.pos.as_slice() else { return Ok(None) };
                let op = match path {
                    "operator.add" => Operator::Add,
                    "operator.rshift" => Operator::RShift,
                    _ => Operator::LShift,
                };
                Some(self.binary(op, a, b, span)?)
            }
            "operator.itemgetter" | "operator.attrgetter" => {
                let mut rest = args.clone();
                rest.pos.truncate(1);
                let inner = Value::External(format!("{path}()").into());
                Some(self.alloc(Object::Partial(inner, rest)))
            }
            "operator.itemgetter()" => match args.pos.as_slice() {
                [key, base] => Some(self.item(base, key, span)?),
                _ => None,
            },
            "operator.attrgetter()" => match args.pos.as_slice() {
                [Value::Str(name), base] => Some(self.attr(base, name, span)?),
                _ => None,
            },
            "typing.cast" => args.pos.get(1).cloned(),
            "typing.TypeVar" | "typing.NewType" | "typing.ParamSpec" => {
                Some(Value::External("typing.Any".into()))
            }
            _ => None,
        })
    }

    fn is_callable(&self, value: &Value) -> bool {
        matches!(
            self.object_of(value),
            Some(
                Object::Function(_)
                    | Object::Class(_)
                    | Object::Bound(..)
                    | Object::Partial(..)
                    | Object::Wrapped(..)
            )
        )
    }

    fn flatten(&mut self, lists: &[Value], span: rustchain_grammar::Span) -> Eval<Option<Value>> {
        let mut out = Vec::new();
        let mut dirty = false;
        for list in lists {
            dirty |= list.is_symbol() || self.is_dirty(list);
            match self.iterate(list, span)? {
                Some(items) => out.extend(items),
                None => return Ok(None),
            }
        }
        let list = self.list(out);
        if let (true, Value::Obj(id)) = (dirty, &list) {
            self.dirty.insert(*id);
        }
        Ok(Some(list))
    }

    fn product(&mut self, args: &Args, site: Site) -> Eval<Option<Value>> {
        let mut rows: Vec<Vec<Value>> = vec![Vec::new()];
        let repeat = match args.named("repeat") {
            Some(Value::Int(n)) => usize::try_from(*n).unwrap_or(1).min(16),
            _ => 1,
        };
        for _ in 0..repeat {
            for column in &args.pos {
                let Some(items) = self.iterate(column, site.span)? else { return Ok(None) };
                self.charge(rows.len().saturating_mul(items.len()).saturating_mul(96), site.span)?;
                rows = rows
                    .iter()
                    .flat_map(|row| {
                        items.iter().map(move |item| {
                            let mut next = row.clone();
                            next.push(item.clone());
                            next
                        })
                    })
                    .collect();
            }
        }
        let rows: Vec<Value> = rows.into_iter().map(|row| self.tuple(row)).collect();
        Ok(Some(self.list(rows)))
    }
}
