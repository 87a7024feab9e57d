//! Which file of a crate names which other: Rust as a parser reads it, so that groups, re-exports, `super` and paths
//! inside macros count, and comments do not.
//!
//! A file imports another if it names a path into that one's modules, or one that a `use` on the way leads into it. What
//! declares a module (`mod x;`) names nothing, and what is built for tests only (`#[cfg(test)]`) is not looked at.

use proc_macro2::{TokenStream, TokenTree};
use std::collections::{BTreeMap, BTreeSet};
use syn::visit::{self, Visit};
use syn::{Attribute, Item, UseTree};

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
                Names { module: &mut self.modules[module] }.visit_item(item);
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

/// Collects the paths of one module's items.
struct Names<'a> {
    module: &'a mut Module,
}

impl Names<'_> {
    fn add_use(&mut self, line: usize, tree: &UseTree, before: &[String]) {
        // Each in its own line, also in a group of many.
        let with = |ident: &syn::Ident| [before, &[ident.to_string()]].concat();
        match tree {
            UseTree::Path(path) => {
                self.add_use(path.ident.span().start().line, &path.tree, &with(&path.ident));
            }
            UseTree::Name(name) if name.ident == "self" => {
                let last = before.last().cloned().unwrap_or_default();
                self.add_known(line, last, before.to_vec());
            }
            UseTree::Name(name) => {
                self.add_known(name.ident.span().start().line, name.ident.to_string(), with(&name.ident))
            }
            UseTree::Rename(name) => {
                self.add_known(name.ident.span().start().line, name.rename.to_string(), with(&name.ident));
            }
            UseTree::Glob(_) => {
                self.module.named.push((line, before.to_vec()));
                self.module.all_of.push(before.to_vec());
            }
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.add_use(line, tree, before)),
        }
    }

    fn add_known(&mut self, line: usize, name: String, path: Vec<String>) {
        self.module.named.push((line, path.clone()));
        self.module.known.insert(name, path);
    }

    /// A macro's words are no syntax yet: what looks like a path is taken for one.
    fn add_tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut line = 0;
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Punct(punct) if punct.as_char() == ':' => {
                    colons += 1;
                    continue;
                }
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.module
                            .named
                            .extend((!path.is_empty()).then(|| (line, std::mem::take(&mut path))));
                        line = ident.span().start().line;
                    }
                    path.push(ident.to_string());
                }
                TokenTree::Group(group) => self.add_tokens(group.stream()),
                TokenTree::Punct(_) | TokenTree::Literal(_) => {
                    self.module.named.extend((!path.is_empty()).then(|| (line, std::mem::take(&mut path))));
                }
            }
            colons = 0;
        }
        self.module.named.extend((!path.is_empty()).then_some((line, path)));
    }
}

impl<'ast> Visit<'ast> for Names<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        match item {
            Item::Use(item) if !is_for_tests(&item.attrs) => {
                self.add_use(item.use_token.span.start().line, &item.tree, &[]);
            }
            Item::Fn(item) if is_for_tests(&item.attrs) => {}
            Item::Impl(item) if is_for_tests(&item.attrs) => {}
            Item::Use(_) | Item::Mod(_) => {}
            _ => visit::visit_item(self, item),
        }
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        if !is_for_tests(&function.attrs) {
            visit::visit_impl_item_fn(self, function);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if let Some(first) = path.segments.first() {
            self.module.named.push((first.ident.span().start().line, segments));
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.visit_path(&call.path);
        self.add_tokens(call.tokens.clone());
    }

    /// `pub(in …)` lets somebody in and asks nothing of him; attributes are for the compiler.
    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}
    fn visit_attribute(&mut self, _: &'ast Attribute) {}
}

fn name_of(item: &Item) -> Option<String> {
    let ident = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(ident.to_string())
}

/// `#[cfg(test)]`, also as one of several conditions that must all hold.
fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().filter(|attribute| attribute.path().is_ident("cfg")).any(|attribute| {
        let syn::Meta::List(list) = &attribute.meta else { return false };
        let words: Vec<String> = list.tokens.clone().into_iter().map(|token| token.to_string()).collect();
        match words.as_slice() {
            [word] => word == "test",
            [all, of] => all == "all" && of.contains("test") && !of.contains("not"),
            _ => false,
        }
    })
}

/// With a slash at its end, or empty.
fn folder_of(path: &str) -> String {
    path.rfind('/').map_or_else(String::new, |slash| path[..=slash].to_owned())
}
