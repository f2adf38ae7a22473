//! What entries of the fidelity report are about: objects of a file.

use crate::from::Subject;

/// An object, by its name in the file; `None`: the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ObjectSubject(pub Option<String>);

impl Subject for ObjectSubject {
    fn members(&self) -> Vec<(&'static str, Option<&str>)> {
        vec![("object", self.0.as_deref())]
    }

    fn shown(&self) -> Option<String> {
        self.0.clone()
    }
}
