/** Web addresses in what people say: where they begin and end, where they lead, and how long hostile text may take. */
import { describe, expect, it } from "vitest";
import { pieces } from "./addresses";

/** The links in `text`. */
const links = (text: string) => pieces(text).flatMap(({ href }) => (href === null ? [] : [href]));
/** Where each link leads, if it reads like another place. */
const hosts = (text: string) => pieces(text).filter(({ href }) => href !== null).map(({ host }) => host);

describe("an address in a message", () => {
  it("ends where the person meant it to", () => {
    for (const address of [
      "https://en.wikipedia.org/wiki/Kok_(surname)", "https://en.wikipedia.org/wiki/Duff's_device", "https://example.org/a?b[]=1&c=(2)",
      "https://example.org/a--b/c_d~e", "http://[::1]:8080/a", "https://localhost:8443/#AVn3_-abc-", "HTTPS://EXAMPLE.org/A", "https://intranet/wiki",
    ]) {
      expect(links(address)).toEqual([address]);
      expect(links(`see ${address}, and (${address}). "${address}"!`), address).toEqual([address, address, address]);
    }
    expect(links("(https://example.org/a)")).toEqual(["https://example.org/a"]);
    expect(links("https://example.org/a…")).toEqual(["https://example.org/a"]);
    expect(links("<https://example.org/a>")).toEqual(["https://example.org/a"]);
  });

  it("is cut out of the sentence without its punctuation", () => {
    expect(pieces("see https://a.example/x?y=1).")).toEqual([
      { text: "see ", href: null, host: null },
      { text: "https://a.example/x?y=1", href: "https://a.example/x?y=1", host: null },
      { text: ").", href: null, host: null },
    ]);
  });

  it("needs no space before it where none is written", () => {
    expect(links("请看https://example.org/a。谢谢")).toEqual(["https://example.org/a"]);
    expect(links("见：https://example.org/路径（注）")).toEqual(["https://example.org/路径"]);
    expect(links("and/https://example.org/a")).toEqual(["https://example.org/a"]);
    expect(links("xhttps://example.org/")).toEqual([]);
  });

  it("may leave out its scheme if it begins with www.", () => {
    expect(pieces("see www.example.org/a_(b), or Www.example.org.")).toEqual([
      { text: "see ", href: null, host: null },
      { text: "www.example.org/a_(b)", href: "https://www.example.org/a_(b)", host: null },
      { text: ", or ", href: null, host: null },
      { text: "Www.example.org", href: "https://Www.example.org", host: null },
      { text: ".", href: null, host: null },
    ]);
    expect(hosts("www.exаmple.org")).toEqual(["www.xn--exmple-4nf.org"]);
    for (const text of ["www.", "www. example.org", "awww.example.org", "me@www.example.org", "ftp://www.example.org", "www./a"]) {
      expect(links(text), text).toEqual([]);
    }
  });

  it("is of the web only", () => {
    for (const text of [
      "javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "https://", "http://?", "mailto:a@b.example", "ftp://a.example/", "//a.example/",
      "a.example", "javascript://https:/a", "view-source:file:///", "vbscript:x",
    ]) {
      expect(links(text), text).toEqual([]);
    }
    expect(links("javascript:https://example.org/")).toEqual(["https://example.org/"]);
  });

  it("makes links of the first 32 and leaves the rest as it is", () => {
    const text = Array.from({ length: 33 }, (_, number) => `https://example.org/${number}`).join(" ");
    expect(links(text)).toHaveLength(32);
    expect(pieces(text).map((piece) => piece.text).join("")).toBe(text);
  });

  it("loses no character of the text", () => {
    for (const text of ["a https://x.example/ü b http://y.example. c\n", "https://a.example https://b.example", ""]) {
      expect(pieces(text).map((piece) => piece.text).join("")).toBe(text);
    }
  });
});

describe("an address that reads like another place", () => {
  it("says where it leads", () => {
    expect(hosts("https://аррӏе.com/")).toEqual(["xn--80ak6aa92e.com"]);
    expect(hosts("https://pаypal.example/")).toEqual(["xn--pypal-4ve.example"]);
    expect(hosts("https://exam\u00adple.org/")).toEqual(["example.org"]);
  });

  it("says where it leads if a sign in its host looks like the host's end", () => {
    for (const sign of ["\u2044", "\u2215", "\u29f8", "\u2571", "\ua789", "\u3033", "\u30ce", "\u4e3f"]) {
      const [host] = hosts(`https://google.com${sign}login.evil.example/x`);
      expect(host === undefined || host?.endsWith(".evil.example"), sign).toBe(true);
    }
  });

  it("leads where it reads", () => {
    expect(hosts("https://example.org/ https://münchen.example/ü https://пример.example/ https://例え.example/")).toEqual([null, null, null, null]);
    // What stands before an @ is a name for the server, and could be taken for the server's own.
    for (const href of links("https://bank.example@evil.example/")) expect(new URL(href).host).toBe("bank.example");
    expect(links("https://user:word@evil.example/").map((href) => new URL(href).host)).not.toContain("evil.example");
  });
});

describe("hostile text as long as a message can be", () => {
  it("costs no more than other text of that length", () => {
    const fill = (piece: string, before = "") => before + piece.repeat(Math.ceil(8192 / piece.length)).slice(0, 8192 - before.length);
    const texts = [
      fill("https://"), fill("https://a/"), fill("https:/"), fill("http"), fill("https://["), fill("https://a/([{\"'"), fill("https://a:1@"),
      fill("(", "https://a.b/"), fill("()", "https://a.b/"), fill("([", "https://a.b/"), fill("a.", "https://"), fill("a-", "https://"), fill("-", "https://"),
      fill("?", "https://a/"), fill("www."), fill("www.a."), fill("www.a "), fill("..-", "https://a/"), fill("'a", "https://a/"), fill("\u0301", "https://a"), fill("а", "https://"),
    ];
    // Each is looked through often enough that a cost which grows with the square of the length would end the test's time.
    for (const text of texts) for (let times = 0; times < 5; times += 1) expect(pieces(text).map((piece) => piece.text).join("")).toBe(text);
  });
});
