//! Every step kind of the standard library, one line each, sorted by name.

use crate::step::{Run, StepKind};
use crate::steps;

/// The step kinds. An asynchronous one is written `async_kind("http.get", |call| Box::pin(steps::http::get(call)))`.
pub static STEP_KINDS: &[StepKind] = &[
    async_kind("archive.pack", |call| Box::pin(steps::archive::pack(call))),
    async_kind("archive.unpack", |call| Box::pin(steps::archive::unpack(call))),
    async_kind("ask", |call| Box::pin(steps::ask::ask(call))),
    async_kind("chat.append", |call| Box::pin(steps::chat::append(call))),
    async_kind("chat.call", |call| Box::pin(steps::chat::call(call))),
    async_kind("chat.read", |call| Box::pin(steps::chat::read(call))),
    inline_kind("clock.now", steps::clock::now),
    inline_kind("csv.parse", steps::csv::parse),
    inline_kind("csv.render", steps::csv::render),
    async_kind("embed", |call| Box::pin(steps::ask::embed(call))),
    async_kind("exec.bash", |call| Box::pin(steps::exec::bash(call))),
    async_kind("exec.kill", |call| Box::pin(steps::exec::kill(call))),
    async_kind("exec.run", |call| Box::pin(steps::exec::run(call))),
    async_kind("exec.start", |call| Box::pin(steps::exec::start(call))),
    inline_kind("fail", steps::fail::run),
    async_kind("fs.copy", |call| Box::pin(steps::fs::copy(call))),
    async_kind("fs.delete", |call| Box::pin(steps::fs::delete(call))),
    async_kind("fs.edit", |call| Box::pin(steps::fs::edit(call))),
    async_kind("fs.exists", |call| Box::pin(steps::fs::exists(call))),
    async_kind("fs.find", |call| Box::pin(steps::fs::find(call))),
    async_kind("fs.list", |call| Box::pin(steps::fs::list(call))),
    async_kind("fs.make_dir", |call| Box::pin(steps::fs::make_dir(call))),
    async_kind("fs.move", |call| Box::pin(steps::fs::move_(call))),
    async_kind("fs.read", |call| Box::pin(steps::fs::read(call))),
    async_kind("fs.read_bytes", |call| Box::pin(steps::fs::read_bytes(call))),
    async_kind("fs.write", |call| Box::pin(steps::fs::write(call))),
    async_kind("git.branch", |call| Box::pin(steps::git::branch(call))),
    async_kind("git.commit", |call| Box::pin(steps::git::commit(call))),
    async_kind("git.diff", |call| Box::pin(steps::git::diff(call))),
    async_kind("git.log", |call| Box::pin(steps::git::log(call))),
    async_kind("git.merge", |call| Box::pin(steps::git::merge(call))),
    async_kind("git.status", |call| Box::pin(steps::git::status(call))),
    async_kind("git.tag", |call| Box::pin(steps::git::tag(call))),
    async_kind("hash.file", |call| Box::pin(steps::hash::file(call))),
    async_kind("http.delete", |call| Box::pin(steps::http::delete(call))),
    async_kind("http.download", |call| Box::pin(steps::http::download(call))),
    async_kind("http.get", |call| Box::pin(steps::http::get(call))),
    async_kind("http.patch", |call| Box::pin(steps::http::patch(call))),
    async_kind("http.post", |call| Box::pin(steps::http::post(call))),
    async_kind("http.put", |call| Box::pin(steps::http::put(call))),
    async_kind("http.request", |call| Box::pin(steps::http::request(call))),
    async_kind("human.approve", |call| Box::pin(steps::human::approve(call))),
    async_kind("human.ask", |call| Box::pin(steps::human::ask(call))),
    inline_kind("log.debug", steps::log::debug),
    inline_kind("log.info", steps::log::info),
    inline_kind("log.warn", steps::log::warn),
    async_kind("memory.add", |call| Box::pin(steps::memory::add(call))),
    async_kind("memory.search", |call| Box::pin(steps::memory::search(call))),
    async_kind("net.reachable", |call| Box::pin(steps::http::reachable(call))),
    inline_kind("noop", steps::noop::run),
    inline_kind("random.int", steps::random::int),
    inline_kind("random.uuid", steps::random::uuid),
    inline_kind("regex.find", steps::regex::find),
    inline_kind("regex.replace", steps::regex::replace),
    inline_kind("schema.validate", steps::schema::validate),
    async_kind("sql.execute", |call| Box::pin(steps::sql::execute(call))),
    async_kind("sql.insert", |call| Box::pin(steps::sql::insert(call))),
    async_kind("sql.query", |call| Box::pin(steps::sql::query(call))),
    inline_kind("system.resources", steps::system::resources),
    inline_kind("toml.parse", steps::toml::parse),
    inline_kind("toml.render", steps::toml::render),
    async_kind("wait.sleep", |call| Box::pin(steps::wait::sleep(call))),
    async_kind("wait.until", |call| Box::pin(steps::wait::until(call))),
    inline_kind("xml.parse", steps::xml::parse),
    inline_kind("xml.render", steps::xml::render),
    inline_kind("yaml.parse", steps::yaml::parse),
    inline_kind("yaml.render", steps::yaml::render),
];

/// What runs a `tool … = python(…)`; `StepCall::callee` is the key of `Plan::tools`.
pub static TOOL: Option<Run> = Some(Run::Async(|call| Box::pin(crate::python::call(call))));

/// What runs an agent; `StepCall::callee` is the key of `Plan::agents`.
pub static AGENT: Option<Run> = Some(Run::Async(|call| Box::pin(crate::agent::call(call))));

/// The step kind of a name.
pub fn find(name: &str) -> Option<&'static StepKind> {
    STEP_KINDS.binary_search_by(|kind| kind.name.cmp(name)).ok().and_then(|at| STEP_KINDS.get(at))
}

const fn inline_kind(name: &'static str, run: crate::step::InlineFn) -> StepKind {
    StepKind { name, run: Run::Inline(run) }
}

const fn async_kind(name: &'static str, run: crate::step::AsyncFn) -> StepKind {
    StepKind { name, run: Run::Async(run) }
}

#[cfg(test)]
mod tests {
    use super::STEP_KINDS;

    #[test]
    fn the_registry_is_sorted_and_names_are_unique() {
        assert!(STEP_KINDS.windows(2).all(|pair| pair[0].name < pair[1].name));
    }
}
