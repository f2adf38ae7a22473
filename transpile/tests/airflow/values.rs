//! What expressions are worth: `values.txt` holds what CPython 3.11 prints for each.

use rustchain_transpile::from::airflow::{AirflowOptions, Data, read};
use rustchain_transpile::vfs::MemoryVfs;

/// The expressions with their texts.
fn cases() -> Vec<(&'static str, &'static str)> {
    let text = include_str!("../fixtures/python/values.txt");
    text.lines().filter(|l| !l.starts_with('#')).filter_map(|l| l.split_once("\t")).collect()
}

#[test]
fn expressions_are_worth_what_python_says() {
    let cases = cases();
    assert!(cases.len() > 400, "{}", cases.len());
    let mut text = include_str!("../fixtures/python/prelude.py").to_owned();
    for (i, (expression, _)) in cases.iter().enumerate() {
        text.push_str(&format!(
            "try:\n    V = repr(({expression}))\nexcept Exception as e:\n    V = 'raises ' + type(e).__name__\n\
             EmptyOperator(task_id='t{i}', doc_md=V, dag=d)\n"
        ));
    }
    let vfs = MemoryVfs { files: [("d.py".to_owned(), text)].into() };
    let file = read(&vfs, "d.py", &AirflowOptions::default());
    let dag = file.dags.first().unwrap_or_else(|| panic!("a DAG: {:#?}", file.losses));
    let mut wrong = Vec::new();
    for (i, (expression, expected)) in cases.iter().enumerate() {
        let got = dag.task(&format!("t{i}")).and_then(|t| t.arg("doc_md"));
        if !matches!(got, Some(Data::Str(text)) if text == expected) {
            wrong.push(format!("{expression}\n  python: {expected}\n  here:   {got:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}
