/**
 * A page translator puts elements in the place of texts, again whenever one changes. Preact would go on writing into a
 * text that nobody sees any more, and put new elements beside one that has gone, which ends the page. So it never has
 * a text among its nodes: an element's text is its property, and a text beside elements has an element of its own.
 */
import { type ComponentChildren, createElement, options, type VNode } from "preact";

/** Call before anything is drawn. */
export function outliveTranslators(): void {
  // Nothing else hears of new nodes here: hooks use other options.
  options.vnode = (vnode: VNode<Props>) => {
    if (typeof vnode.type === "string") own(vnode);
  };
}

interface Props {
  children?: ComponentChildren;
  textContent?: string;
}

function own(vnode: { props: Props }): void {
  const { children, ...rest } = vnode.props;
  if (isText(children)) vnode.props = { ...rest, textContent: String(children) };
  else if (Array.isArray(children)) {
    const shown = children.filter((child) => child !== null && child !== undefined && typeof child !== "boolean");
    if (shown.length > 0 && shown.every(isText)) vnode.props = { ...rest, textContent: shown.join("") };
    else vnode.props = { ...rest, children: children.map(wrapped) };
  }
}

/** Spaces between elements stay as they are: nobody translates them, and they never change. */
function wrapped(child: ComponentChildren): ComponentChildren {
  if (Array.isArray(child)) return child.map(wrapped);
  return isText(child) && String(child).trim() !== "" ? createElement("span", { textContent: String(child) }) : child;
}

function isText(child: unknown): child is string | number {
  return typeof child === "string" || typeof child === "number";
}
