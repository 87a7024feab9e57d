//! The paths that the items of one module name.

use super::Module;
use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, Item, UseTree};

/// Collects the paths of one module's items.
pub(super) struct Names<'a> {
    module: &'a mut Module,
}

impl<'a> Names<'a> {
    pub(super) fn of(module: &'a mut Module) -> Self {
        Self { module }
    }

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

/// What an item is called; none for what has no name or none of its own.
pub(super) fn name_of(item: &Item) -> Option<String> {
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
pub(super) fn is_for_tests(attributes: &[Attribute]) -> bool {
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
