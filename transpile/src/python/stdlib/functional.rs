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
            | "streamlit.cache_resource"
            | "streamlit.cache_data"
            | "streamlit.cache"
            | "streamlit.experimental_singleton"
            | "streamlit.experimental_memo"
            | "langsmith.traceable"
            | "langfuse.observe"
            | "langfuse.decorators.observe"
            | "tenacity.retry"
            | "identity()" => match first {
                Some(value)
                    if args.pos.len() == 1 && path != "functools.wraps" && self.is_callable(&value) =>
                {
                    Some(value)
                }
                _ => Some(Value::External("identity()".into())),
            },
            // What a coroutine gives is what its function returns.
            "asyncio.run" | "asyncio.create_task" | "asyncio.ensure_future" | "asyncio.wait_for" => first,
            "asyncio.gather" => Some(self.list(args.pos.clone())),
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
                let (Some(source), bounds) = (first, args.pos.get(1..).unwrap_or_default()) else {
                    return Ok(None);
                };
                let number = |v: &Value| match v {
                    Value::Int(n) => usize::try_from(*n).ok(),
                    _ => None,
                };
                let (start, stop, step) = match bounds {
                    [stop] => (Some(0), stop, Some(1)),
                    [start, stop] => (number(start), stop, Some(1)),
                    [start, stop, step] => (number(start), stop, number(step).filter(|s| *s > 0)),
                    _ => return Ok(None),
                };
                let stop = if matches!(stop, Value::None) { Some(usize::MAX) } else { number(stop) };
                let (Some(start), Some(stop), Some(step)) = (start, stop, step) else { return Ok(None) };
                self.known_items(&source, span)?.map(|items| {
                    let items = items.into_iter().take(stop).skip(start).step_by(step).collect();
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
            "itertools.zip_longest" => self.zip_longest(args, span)?,
            "itertools.groupby" => self.group_by(args, site)?,
            "itertools.accumulate" => self.accumulate(args, site)?,
            "itertools.combinations" | "itertools.permutations" => self.choose(path, args, span)?,
            "itertools.repeat" => match (first, args.pos.get(1)) {
                (Some(value), Some(Value::Int(n))) => {
                    let n = usize::try_from(*n).unwrap_or(0);
                    self.charge(n.saturating_mul(24), span)?;
                    Some(self.list(vec![value; n]))
                }
                _ => None,
            },
            "itertools.count" | "itertools.cycle" => None,
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

    /// The items of a value that is certain.
    fn known_items(&mut self, source: &Value, span: rustchain_grammar::Span) -> Eval<Option<Vec<Value>>> {
        if source.is_symbol() || self.is_dirty(source) {
            return Ok(None);
        }
        self.iterate(source, span)
    }

    fn zip_longest(&mut self, args: &Args, span: rustchain_grammar::Span) -> Eval<Option<Value>> {
        let fill = args.named("fillvalue").cloned().unwrap_or(Value::None);
        let mut columns = Vec::new();
        for column in &args.pos {
            let Some(items) = self.known_items(column, span)? else { return Ok(None) };
            columns.push(items);
        }
        let rows = columns.iter().map(Vec::len).max().unwrap_or(0);
        self.charge(rows.saturating_mul(columns.len() + 2).saturating_mul(24), span)?;
        let rows: Vec<Value> = (0..rows)
            .map(|i| {
                let row = columns.iter().map(|c| c.get(i).unwrap_or(&fill).clone()).collect();
                self.tuple(row)
            })
            .collect();
        Ok(Some(self.list(rows)))
    }

    fn group_by(&mut self, args: &Args, site: Site) -> Eval<Option<Value>> {
        let Some(source) = args.pos.first() else { return Ok(None) };
        let Some(items) = self.known_items(source, site.span)? else { return Ok(None) };
        let key = args.get(1, "key").filter(|k| !matches!(k, Value::None)).cloned();
        let mut groups: Vec<(Value, Vec<Value>)> = Vec::new();
        for item in items {
            let by = match &key {
                Some(key) => self.call(key, Args::of(vec![item.clone()]), site)?,
                None => item.clone(),
            };
            let same = match groups.last() {
                Some((last, _)) => self.equal(last, &by),
                None => Some(false),
            };
            match (same, groups.last_mut()) {
                (Some(true), Some((_, group))) => group.push(item),
                (Some(false), _) => groups.push((by, vec![item])),
                _ => return Ok(None),
            }
        }
        let pairs = groups
            .into_iter()
            .map(|(key, group)| {
                let group = self.list(group);
                self.tuple(vec![key, group])
            })
            .collect();
        Ok(Some(self.list(pairs)))
    }

    fn accumulate(&mut self, args: &Args, site: Site) -> Eval<Option<Value>> {
        let Some(source) = args.pos.first() else { return Ok(None) };
        let Some(items) = self.known_items(source, site.span)? else { return Ok(None) };
        let function = args.get(1, "func").cloned();
        let mut out: Vec<Value> = Vec::new();
        let mut total = args.named("initial").filter(|i| !matches!(i, Value::None)).cloned();
        out.extend(total.clone());
        for item in items {
            let next = match (total, &function) {
                (None, _) => item,
                (Some(total), Some(function)) => self.call(function, Args::of(vec![total, item]), site)?,
                (Some(total), None) => self.binary(Operator::Add, &total, &item, site.span)?,
            };
            out.push(next.clone());
            total = Some(next);
        }
        Ok(Some(self.list(out)))
    }

    fn choose(&mut self, path: &str, args: &Args, span: rustchain_grammar::Span) -> Eval<Option<Value>> {
        let Some(source) = args.pos.first() else { return Ok(None) };
        let Some(items) = self.known_items(source, span)? else { return Ok(None) };
        let ordered = path.ends_with("combinations");
        let size = match args.get(1, "r") {
            Some(Value::Int(n)) => usize::try_from(*n).unwrap_or(0),
            None if !ordered => items.len(),
            _ => return Ok(None),
        };
        let mut picks: Vec<Vec<usize>> = vec![Vec::new()];
        for _ in 0..size {
            self.charge(picks.len().saturating_mul(items.len()).saturating_mul(96), span)?;
            picks = picks
                .iter()
                .flat_map(|pick| {
                    let first = if ordered { pick.last().map_or(0, |l| l + 1) } else { 0 };
                    (first..items.len())
                        .filter(|i| !pick.contains(i))
                        .map(|i| [pick.as_slice(), &[i]].concat())
                })
                .collect();
        }
        let rows: Vec<Value> = picks
            .into_iter()
            .map(|pick| {
                let row = pick.iter().filter_map(|i| items.get(*i).cloned()).collect();
                self.tuple(row)
            })
            .collect();
        Ok(Some(self.list(rows)))
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
