//! Time and memory that the importers take for hostile and huge files, one process a file. Files whose names begin with
//! `lc_` are LangChain's, all others Airflow's.
//!
//! usage: import_speed [NAME]…; without names all. Exits with 1 where a file takes more than 2 s or 200 MB.

use rustchain_transpile::from::airflow::{AirflowOptions, import};
use rustchain_transpile::from::{Fate, Import, langchain};
use rustchain_transpile::vfs::DiskVfs;
use std::error::Error;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

/// Most seconds and most bytes that a file may take.
const BOUNDS: (f64, u64) = (2.0, 200_000_000);

const HEAD: &str =
    "from airflow.sdk import DAG\nfrom airflow.providers.standard.operators.bash import BashOperator\n\n";

type File = (&'static str, &'static str, fn() -> Vec<u8>);

const LANGCHAIN: &str = "from typing import TypedDict\nfrom langchain_core.prompts import PromptTemplate, ChatPromptTemplate\n\
    from langchain_core.runnables import RunnableParallel, RunnablePassthrough\nfrom langchain_openai import ChatOpenAI\n\
    from langgraph.graph import StateGraph, START, END\n";

/// Name, ending and content of each file.
const FILES: &[File] = &[
    ("while_true", "py", || dag("    while True:\n        pass\n")),
    ("endless_tasks", "py", || {
        dag(
            "    n = 0\n    while True:\n        BashOperator(task_id=f't{n}', bash_command='x')\n        n += 1\n",
        )
    }),
    ("huge_range", "py", || {
        dag("    for n in range(10**15):\n        BashOperator(task_id=f't{n}', bash_command='x')\n")
    }),
    ("huge_list", "py", || dag("    x = list(range(10**9))\n    y = [0] * 10**12\n    z = 'a' * 10**12\n")),
    ("growing_text", "py", || dag("    x = 'a'\n    while True:\n        x += x\n")),
    ("growing_list", "py", || dag("    x = []\n    while True:\n        x.append([x] * 1000)\n")),
    ("deep_recursion", "py", || dag("    def f(n):\n        return f(n + 1)\n    f(0)\n")),
    ("deep_lists", "py", || dag("    x = []\n    while True:\n        x = [x, x]\n")),
    ("product", "py", || {
        dag("    import itertools\n    x = list(itertools.product(range(1000), repeat=9))\n")
    }),
    ("complete_graph", "py", || {
        dag(
            "    ts = [BashOperator(task_id=f't{n}', bash_command='x') for n in range(1500)]\n    for n, t in enumerate(ts):\n        t >> ts[n + 1:]\n",
        )
    }),
    ("chain_of_tasks", "py", || {
        dag(
            "    last = None\n    for n in range(20_000):\n        t = BashOperator(task_id=f't{n}', bash_command=f'echo {n}')\n        if last: last >> t\n        last = t\n",
        )
    }),
    ("groups_in_groups", "py", || {
        dag(
            "    from airflow.sdk import TaskGroup\n    def f(n):\n        with TaskGroup(f'g{n}'):\n            BashOperator(task_id='t', bash_command='x')\n            f(n + 1)\n    f(0)\n",
        )
    }),
    ("many_dags", "py", || {
        (HEAD.to_owned()
            + "for n in range(20_000):\n    with DAG(f'd{n}', schedule=None):\n        BashOperator(task_id='t', bash_command='x')\n")
            .into_bytes()
    }),
    ("lines_3_mib", "py", || dag(&"    x = 1\n".repeat(300_000))),
    ("tasks_3_mib", "py", || {
        let lines = (0..30_000).map(|n| {
            format!("    t{n} = BashOperator(task_id='t{n}', bash_command='echo {n} and some more text to fill the line')\n")
        });
        dag(&lines.collect::<String>())
    }),
    ("functions_3_mib", "py", || {
        let lines = (0..25_000).map(|n| {
            format!("    def f{n}(a, b=1, *, c: int = 2) -> int:\n        return a + b + c + {n}\n")
        });
        dag(&lines.collect::<String>())
    }),
    ("one_expression", "py", || dag(&format!("    x = [{}]\n", "1, ".repeat(900_000)))),
    ("one_dict", "py", || {
        let members: String = (0..120_000).map(|n| format!("'key {n}': [{n}, 'x'], ")).collect();
        dag(&format!("    x = {{{members}}}\n"))
    }),
    ("one_text", "py", || dag(&format!("    x = '{}'\n", "a".repeat(3_000_000)))),
    ("open_brackets", "py", || dag(&format!("    x = {}\n", "(".repeat(2_900_000)))),
    ("minus_signs", "py", || dag(&format!("    x = {}1\n", "-".repeat(2_900_000)))),
    ("template", "py", || {
        let command = "{{ ds }} {{ params.x }} ".repeat(100_000);
        dag(&format!("    BashOperator(task_id='t', bash_command='{command}')\n"))
    }),
    ("mapped", "py", || {
        dag(
            "    BashOperator.partial(task_id='t').expand(bash_command=[f'echo {n}' for n in range(100_000)])\n",
        )
    }),
    ("source_4_mib", "py", || dag(&"    x = 1\n".repeat(419_000))),
    ("source_10_mb", "py", || dag(&"    x = 1\n".repeat(1_000_000))),
    ("not_utf_8", "py", || [&dag("    x = 1\n")[..], &[0xff; 1000]].concat()),
    ("nul_bytes", "py", || dag(&"\0".repeat(1_000_000))),
    ("serialised_chain", "json", || serialised(20_000, |n| vec![n + 1])),
    ("serialised_fan", "json", || {
        serialised(20_000, |n| if n == 0 { (1..20_000).collect() } else { Vec::new() })
    }),
    ("serialised_dense", "json", || serialised(1_500, |n| (n + 1..1_500).step_by(8).collect())),
    ("lc_prompts", "py", || {
        chain(
            (0..40_000)
                .map(|n| format!("p{n} = PromptTemplate.from_template('hello {{x}} {n}')\n"))
                .collect(),
        )
    }),
    ("lc_chains", "py", || {
        chain(
            (0..15_000)
                .map(|n| {
                    format!("c{n} = PromptTemplate.from_template('{{x}} {n}') | ChatOpenAI(model='m')\n")
                })
                .collect(),
        )
    }),
    ("lc_endless_chain", "py", || {
        chain("c = RunnablePassthrough()\nwhile True:\n    c = c | RunnablePassthrough()\n".into())
    }),
    ("lc_deep_parallel", "py", || {
        chain("c = RunnablePassthrough()\nwhile True:\n    c = RunnableParallel(a=c, b=c)\n".into())
    }),
    ("lc_endless_nodes", "py", || {
        chain("class S(TypedDict):\n    x: str\n\ng = StateGraph(S)\nn = 0\nwhile True:\n    g.add_node(f'n{n}', lambda s: s)\n    n += 1\n".into())
    }),
    ("lc_long_graph", "py", || {
        chain(
            "class S(TypedDict):\n    x: str\n\ndef f(s):\n    return {'x': s['x'] + '!'}\n\ng = StateGraph(S)\ng.add_edge(START, 'n0')\n\
             for n in range(3000):\n    g.add_node(f'n{n}', f)\n    g.add_edge(f'n{n}', f'n{n + 1}' if n < 2999 else END)\napp = g.compile()\n".into(),
        )
    }),
    ("lc_messages", "py", || {
        chain(format!(
            "p = ChatPromptTemplate.from_messages([{}])\n",
            "('human', '{x} and {y}'), ".repeat(90_000)
        ))
    }),
    ("lc_notebook_50_mb", "ipynb", || {
        let picture = "A".repeat(1_000_000);
        let cell = format!(
            "{{\"cell_type\":\"code\",\"metadata\":{{}},\"source\":[\"x = 1\\n\"],\"outputs\":[{{\"data\":{{\"image/png\":\"{picture}\"}}}}]}}"
        );
        format!(
            "{{\"nbformat\":4,\"nbformat_minor\":5,\"metadata\":{{}},\"cells\":[{}]}}",
            vec![cell; 50].join(",")
        )
        .into_bytes()
    }),
    ("lc_deep_json", "json", || {
        [
            r#"{"lc":1,"type":"constructor","id":["x"],"kwargs":{"a":"#.repeat(100_000),
            "1".into(),
            "}}".repeat(100_000),
        ]
        .concat()
        .into_bytes()
    }),
    ("deep_json", "json", || ["[".repeat(1_000_000), "]".repeat(1_000_000)].concat().into_bytes()),
];

fn dag(body: &str) -> Vec<u8> {
    format!("{HEAD}with DAG('d', schedule=None) as dag:\n    BashOperator(task_id='first', bash_command='true')\n{body}")
        .into_bytes()
}

fn chain(body: String) -> Vec<u8> {
    (LANGCHAIN.to_owned() + &body).into_bytes()
}

/// A DAG as Airflow writes it: a task a number, with the numbers that follow it.
fn serialised(count: usize, down: fn(usize) -> Vec<usize>) -> Vec<u8> {
    let named = |ids: Vec<usize>| {
        ids.into_iter().filter(|n| *n < count).map(|n| format!("\"t{n}\"")).collect::<Vec<_>>().join(",")
    };
    let tasks = (0..count).map(|n| {
        format!(
            "{{\"__type\":\"operator\",\"__var\":{{\"task_id\":\"t{n}\",\"task_type\":\"BashOperator\",\
             \"_task_module\":\"airflow.providers.standard.operators.bash\",\"bash_command\":\"echo {n}\",\
             \"downstream_task_ids\":[{}]}}}}",
            named(down(n))
        )
    });
    let children = (0..count).map(|n| format!("\"t{n}\":[\"operator\",\"t{n}\"]"));
    format!(
        "{{\"__version\":3,\"dag\":{{\"dag_id\":\"d\",\"timetable\":{{\"__type\":\"airflow.timetables.simple.NullTimetable\",\
         \"__var\":{{}}}},\"task_group\":{{\"_group_id\":null,\"children\":{{{}}}}},\"tasks\":[{}]}}}}",
        children.collect::<Vec<_>>().join(","),
        tasks.collect::<Vec<_>>().join(",")
    )
    .into_bytes()
}

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let [mark, path] = args.as_slice()
        && mark == "--one"
    {
        return one(path);
    }
    let folder = tempfile::tempdir()?;
    let mut slow = 0;
    for (name, ending, content) in
        FILES.iter().filter(|file| args.is_empty() || args.iter().any(|a| a == file.0))
    {
        let path = folder.path().join(format!("{name}.{ending}"));
        std::fs::write(&path, content())?;
        let ended = std::process::Command::new(std::env::current_exe()?).arg("--one").arg(&path).output()?;
        let said = String::from_utf8_lossy(&ended.stdout).into_owned();
        let mut parts = said.splitn(3, ' ');
        let seconds: f64 = parts.next().and_then(|p| p.parse().ok()).unwrap_or(f64::INFINITY);
        let bytes: u64 = parts.next().and_then(|p| p.parse().ok()).unwrap_or(u64::MAX);
        let fits = ended.status.success() && seconds <= BOUNDS.0 && bytes <= BOUNDS.1;
        slow += usize::from(!fits);
        let mark = if fits { "" } else { " TOO MUCH" };
        let rest = parts.next().unwrap_or("").trim_end();
        let line = format!("{name:18} {seconds:6.2} s {:5} MB{mark}  {rest}", bytes / 1_000_000);
        writeln!(std::io::stdout(), "{line}")?;
    }
    if slow > 0 {
        return Err(
            format!("{slow} files take more than {} s or {} MB", BOUNDS.0, BOUNDS.1 / 1_000_000).into()
        );
    }
    Ok(())
}

/// Imports one file and prints its seconds, its most bytes, and what came of it.
fn one(path: &str) -> Result<(), Box<dyn Error>> {
    let started = Instant::now();
    let file = Path::new(path).file_name().unwrap_or_default().to_string_lossy();
    let (written, first) = match file.starts_with("lc_") {
        true => {
            let disk = DiskVfs { max_bytes: 64 << 20 };
            outcome(langchain::import(&disk, &[path.to_owned()], &langchain::LangChainOptions::default()))
        }
        false => outcome(import(&DiskVfs::default(), &[path.to_owned()], &AirflowOptions::default())),
    };
    let seconds = started.elapsed().as_secs_f64();
    writeln!(
        std::io::stdout(),
        "{seconds:.3} {} {written} bytes of mission; {first}",
        peak(Path::new("/proc/self/status"))
    )?;
    Ok(())
}

/// Bytes of missions, and the first thing that was not carried over.
fn outcome<S>(made: Import<S>) -> (usize, String) {
    let written: usize = made.missions.iter().map(|file| file.text.len()).sum();
    let first = made.report.entries.iter().find(|entry| entry.fate != Fate::Carried);
    (written, first.map_or("all carried".to_owned(), |entry| entry.message.chars().take(70).collect()))
}

/// The most memory that this process had, in bytes; 0 where the system does not tell.
fn peak(status: &Path) -> u64 {
    let text = std::fs::read_to_string(status).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kilobytes.unwrap_or_default() * 1024
}
