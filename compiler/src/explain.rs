//! The page of each diagnostic code: `explain/RCnnnn.md`. A page is `# RCnnnn: title`, then `## What`,
//! `## Why`, `## Bad` with a mission that gives the code, `## Good` with one that does not; both are run
//! as tests.

/// A page.
#[derive(Debug)]
pub struct Page {
    /// `RCnnnn`.
    pub code: &'static str,
    text: &'static str,
}

static PAGES: &[Page] = include!(concat!(env!("OUT_DIR"), "/pages.rs"));

/// The page of a code, upper or lower case.
pub fn explain(code: &str) -> Option<&'static Page> {
    let code = code.to_ascii_uppercase();
    PAGES.binary_search_by(|page| page.code.cmp(code.as_str())).ok().map(|i| &PAGES[i])
}

/// Every page, by code.
pub fn pages() -> &'static [Page] {
    PAGES
}

impl Page {
    /// The title without the code.
    pub fn title(&self) -> &'static str {
        let first = self.text.lines().next().unwrap_or_default();
        first.split_once(':').map_or(first, |(_, title)| title.trim())
    }

    /// The whole page, Markdown.
    pub fn text(&self) -> &'static str {
        self.text
    }

    /// The fenced blocks of a section (`Bad`, `Good`), each with the words after its opening fence.
    pub fn examples(&self, section: &str) -> Vec<(&'static str, &'static str)> {
        let heading = format!("## {section}");
        let Some((_, after)) = self.text.split_once(&heading) else { return Vec::new() };
        let body = after.split("\n## ").next().unwrap_or_default();
        let mut blocks = body.split("\n```");
        blocks.next();
        blocks
            .step_by(2)
            .filter_map(|block| block.split_once('\n'))
            .map(|(info, code)| (info.trim(), code))
            .collect()
    }
}
