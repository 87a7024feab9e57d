/**
 * Web addresses in what people say. Where one begins and ends in running text is linkify-it's to know; here is which
 * count, and what is said about those that read like another place. Never HTML.
 */
import { LinkifyIt, REBuilder } from "linkify-it";
import { passesForLatin } from "./names";

export interface Piece {
  readonly text: string;
  readonly href: string | null;
  /** Where `href` leads, if it reads like another place. */
  readonly host: string | null;
}

/** What people leave out, and what is written before it then. */
const WWW = "www.";
const SECURE = "https://";

/** Only the web, and also where no space is written before it: 请看https://… */
class WebOnly extends REBuilder {
  override get_schema_search(): RegExp {
    return (this.cache["schema_search"] ??= /((?<![a-z0-9+.-]))(https?:|(?<![@/])www\.)/gi);
  }
}

/**
 * Everything that is guessed is off: an address begins with its scheme, or with `www.`. What stands before an @ never counts
 * as a host.
 */
const finder = new LinkifyIt({ fuzzyLink: false, fuzzyEmail: false, fuzzyIP: false, urlAuth: false, rebuilder: new WebOnly() });
finder.add(WWW, {
  validate: (text, at, self) => {
    const length = self.testSchemaAt(SECURE + WWW + text.slice(at), "https:", "https:".length);
    return Math.max(0, length - "//".length - WWW.length);
  },
  normalize: (match) => {
    match.url = SECURE + match.url;
  },
});

/** Most addresses of one message that become links: each costs elements, and nobody honest sends more. */
const MOST = 32;

/** A message cut into plain text and web addresses. */
export function pieces(text: string): Piece[] {
  const found: Piece[] = [];
  let end = 0;
  const plain = (until: number) => {
    if (until > end) found.push({ text: text.slice(end, until), href: null, host: null });
  };
  for (const { index, lastIndex, raw, url } of (finder.match(text) ?? []).slice(0, MOST)) {
    if (!URL.canParse(url)) continue;
    plain(index);
    found.push({ text: raw, href: url, host: leadsElsewhere(url) });
    end = lastIndex;
  }
  plain(text.length);
  return found;
}

/**
 * As browsers do it in their address bars, but in every browser alike. A sign in it that is none of a word may look like
 * the end of the host (⁄, ∕, ꞉), as may a Japanese ノ among Latin letters.
 */
function leadsElsewhere(address: string): string | null {
  const written = /^https?:\/\/([^/?#:]*)/i.exec(address)?.[1] ?? "";
  const { hostname } = new URL(address);
  const strange = (label: string) => /[^\p{L}\p{M}\p{N}-]/u.test(label) || mixes(label) || passesForLatin(label);
  return written.split(".").some(strange) ? hostname : null;
}

/** Whether Latin letters stand beside others in one part of a host. */
function mixes(label: string): boolean {
  return /\p{Script=Latin}/u.test(label) && /[^\p{Script=Latin}\p{M}\p{N}-]/u.test(label);
}
