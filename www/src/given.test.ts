/** One thing in several forms: what the person meant by it. */
import { describe, expect, it } from "vitest";
import { given, plain } from "./given";

const picture = new File(["png"], "image.png", { type: "image/png" });
const copied = (forms: Record<string, string>, ...files: File[]) =>
  given({ files: files as unknown as FileList, getData: (type) => forms[type] ?? "" });

describe("what was copied", () => {
  it("is text where there is some, whatever other forms it has", () => {
    const table = "<table><tr><td>Test 1</td><td>Test 2</td></tr></table>";
    expect(copied({ "text/plain": "Test 1\tTest 2", "text/html": table }, picture)).toEqual({ text: "Test 1\tTest 2" });
    expect(copied({ "text/html": table }, picture), "formatted only").toEqual({ text: "Test 1\tTest 2" });
    const words = '<p>A paragraph <img src="file:///C:/clip_image001.png"> of Word</p>';
    expect(copied({ "text/plain": "A paragraph  of Word\r\n", "text/html": words }, picture)).toEqual({ text: "A paragraph  of Word\r\n" });
    const address = "https://example.org/a";
    expect(copied({ "text/plain": address, "text/html": `<table><td>${address}</table>` }, picture), "a cell with an address").toEqual({ text: address });
    expect(copied({ "text/plain": "a\nb" })).toEqual({ text: "a\nb" });
    expect(copied({ "text/uri-list": address })).toEqual({ text: address });
  });

  it("is the files where the text only names them, or says nothing", () => {
    expect(copied({}, picture)).toEqual({ files: [picture] });
    expect(copied({ "text/html": '<meta charset=utf-8><img src="https://example.org/a.png" alt="x">' }, picture)).toEqual({ files: [picture] });
    expect(copied({ "text/plain": "https://example.org/a.png", "text/html": '<img src="https://example.org/a.png">' }, picture)).toEqual({ files: [picture] });
    expect(copied({ "text/plain": " \r\n", "text/html": '<p><img src="file:///C:/clip_image001.png"></p>' }, picture)).toEqual({ files: [picture] });
    const file = new File(["x"], "a b.txt");
    for (const text of ["/media/stick/a b.txt", "D:\\scans\\a b.txt", "a b.txt", "file:///media/stick/a%20b.txt\r\n"]) {
      expect(copied({ "text/plain": text }, file), text).toEqual({ files: [file] });
    }
    expect(copied({ "text/plain": "read a b.txt, please" }, file)).toEqual({ text: "read a b.txt, please" });
  });

  it("is nothing where there is nothing", () => {
    expect(copied({})).toBeNull();
    expect(copied({ "text/html": "<b></b>" })).toBeNull();
  });
});

describe("formatted text", () => {
  it("is read without its looks", () => {
    expect(plain("<style>p { color: red }</style><!-- <p>no --><p>Fish &amp; <b>chips</b>\n for&nbsp;2&#8364; &#x1F41F;<br>&lt;i&gt; &bogus; &#9999999;</p>")).toBe(
      "Fish & chips for\u00a02€ 🐟\n<i> &bogus; &#9999999;",
    );
    expect(plain("<table> <tr> <td>a</td> <td>b</td> </tr> <tr><td>c</td><td></td></tr></table>")).toBe("a\tb\nc");
    expect(plain("a < b <b")).toBe("a");
    expect(plain("<script>alert(1)")).toBe("");
  });

  it("is read once, however long it is", () => {
    for (const piece of ["<", "<a", "<!--", "<style>", "<style></style>", "</style", "&#", " ", "<td>", "\n "]) expect(plain(piece.repeat(200_000)).length).toBeLessThan(600_000);
  });
});
