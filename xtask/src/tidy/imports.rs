//! Which file of a crate names which other: Rust as a parser reads it, so that groups, re-exports, `super` and paths
//! inside macros count, and comments do not.
//!
//! A file imports another if it names a path into that one's modules, or one that a `use` on the way leads into it. What
//! declares a module (`mod x;`) names nothing, and what is built for tests only (`#[cfg(test)]`) is not looked at.

mod names;

use names::{Names, is_for_tests, name_of};
use std::collections::{BTreeMap, BTreeSet};
use syn::visit::Visit;
use syn::{Attribute, Item};

/// `use` leads on to `use` this often at most; deeper means that two of them lead to each other.
const DEEPEST: usize = 16;

/// That one file names something of another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Import {
    /// Who names it.
    pub(super) from: String,
    /// In which line, the first time.
    pub(super) line: usize,
    /// Where it is.
    pub(super) to: String,
    /// `to` declares `from`, or declares who does: a part speaks to its whole.
    pub(super) upward: bool,
}

impl Import {
    /// As it is shown when it breaks a rule.
    pub(super) fn shown(&self) -> String {
        format!("{}:{} names {}", self.from, self.line, self.to)
    }
}

/// All imports between the files of the crate whose first file is `root`, sorted.
///
/// # Panics
/// If a file is not Rust, or a module's file is missing.
pub(super) fn imports(root: &str, files: &BTreeMap<&str, &str>) -> Vec<Import> {
    let mut tree = Tree { files, modules: Vec::new() };
    tree.add_file(root, &folder_of(root), None);
    let mut first: BTreeMap<(&str, &str), (usize, bool)> = BTreeMap::new();
    for (from, module) in tree.modules.iter().enumerate() {
        for (line, path) in &module.named {
            for to in tree.modules_of(from, path, 0) {
                let (here, there) = (module.file.as_str(), tree.modules[to].file.as_str());
                if here == there {
                    continue;
                }
                let import = first.entry((here, there)).or_insert((*line, tree.is_inside(from, to)));
                import.0 = import.0.min(*line);
            }
        }
    }
    let import = |((from, to), (line, upward)): ((&str, &str), _)| Import {
        from: from.to_owned(),
        line,
        to: to.to_owned(),
        upward,
    };
    first.into_iter().map(import).collect()
}

struct Module {
    file: String,
    parent: Option<usize>,
    children: BTreeMap<String, usize>,
    /// What each `use` makes known here, and the path it stands for.
    known: BTreeMap<String, Vec<String>>,
    /// Paths that end in `::*`.
    all_of: Vec<Vec<String>>,
    items: BTreeSet<String>,
    /// Every path, with its line.
    named: Vec<(usize, Vec<String>)>,
}

struct Tree<'a> {
    files: &'a BTreeMap<&'a str, &'a str>,
    modules: Vec<Module>,
}

impl Tree<'_> {
    /// `inside` is the folder that its modules' files stand in.
    fn add_file(&mut self, path: &str, inside: &str, parent: Option<usize>) -> usize {
        let text = self.files.get(path).unwrap_or_else(|| panic!("{path} is a module without a file"));
        let parsed = syn::parse_file(text).unwrap_or_else(|error| panic!("{path}: {error}"));
        self.add(path, inside, parent, &parsed.items)
    }

    fn add(&mut self, file: &str, inside: &str, parent: Option<usize>, items: &[Item]) -> usize {
        let module = self.modules.len();
        self.modules.push(Module {
            file: file.to_owned(),
            parent,
            children: BTreeMap::new(),
            known: BTreeMap::new(),
            all_of: Vec::new(),
            items: BTreeSet::new(),
            named: Vec::new(),
        });
        for item in items {
            if let Item::Mod(child) = item {
                if is_for_tests(&child.attrs) {
                    continue;
                }
                let name = child.ident.to_string();
                let folder = format!("{inside}{name}/");
                let number = match &child.content {
                    Some((_, items)) => self.add(file, &folder, Some(module), items),
                    None => {
                        let path = self.file_of(inside, &name, &child.attrs);
                        let folder = if child.attrs.iter().any(|attribute| attribute.path().is_ident("path"))
                        {
                            folder_of(&path)
                        } else {
                            folder
                        };
                        self.add_file(&path, &folder, Some(module))
                    }
                };
                self.modules[module].children.insert(name, number);
            } else {
                Names::of(&mut self.modules[module]).visit_item(item);
                self.modules[module].items.extend(name_of(item));
            }
        }
        module
    }

    fn file_of(&self, inside: &str, name: &str, attributes: &[Attribute]) -> String {
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("path")) {
            if let syn::Meta::NameValue(pair) = &attribute.meta
                && let syn::Expr::Lit(literal) = &pair.value
                && let syn::Lit::Str(path) = &literal.lit
            {
                return format!("{inside}{}", path.value());
            }
        }
        let beside = format!("{inside}{name}.rs");
        if self.files.contains_key(beside.as_str()) { beside } else { format!("{inside}{name}/mod.rs") }
    }

    /// The modules that `path`, written in `from`, leads through: those whose `use` it needs, and the last.
    fn modules_of(&self, from: usize, path: &[String], depth: usize) -> Vec<usize> {
        let mut at = from;
        let mut rest = path;
        let mut relative = true;
        while let Some(first) = rest.first() {
            match first.as_str() {
                "crate" => at = 0,
                "self" => {}
                "super" => at = self.modules[at].parent.unwrap_or(at),
                _ => break,
            }
            relative = false;
            rest = &rest[1..];
        }
        while let Some(child) = rest.first().and_then(|name| self.modules[at].children.get(name)) {
            at = *child;
            relative = false;
            rest = &rest[1..];
        }
        let Some(name) = rest.first() else { return vec![at] };
        if depth < DEEPEST {
            if let Some(known) = self.modules[at].known.get(name).filter(|known| known.as_slice() != path) {
                let path = [known, &rest[1..]].concat();
                return [vec![at], self.modules_of(at, &path, depth + 1)].concat();
            }
            for all_of in &self.modules[at].all_of {
                let there = self.modules_of(at, all_of, depth + 1);
                if there.last().is_some_and(|module| self.has(*module, name)) {
                    let path = [all_of, rest].concat();
                    return [vec![at], self.modules_of(at, &path, depth + 1)].concat();
                }
            }
        }
        // The name of another crate, or something of this very module.
        if relative { Vec::new() } else { vec![at] }
    }

    fn has(&self, module: usize, name: &str) -> bool {
        let module = &self.modules[module];
        module.items.contains(name) || module.known.contains_key(name) || module.children.contains_key(name)
    }

    /// Whether `outer` is one of those that `module` is a part of.
    fn is_inside(&self, module: usize, outer: usize) -> bool {
        let mut parents = std::iter::successors(self.modules[module].parent, |at| self.modules[*at].parent);
        parents.any(|parent| parent == outer)
    }
}

/// With a slash at its end, or empty.
fn folder_of(path: &str) -> String {
    path.rfind('/').map_or_else(String::new, |slash| path[..=slash].to_owned())
}
