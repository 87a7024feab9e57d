import { describe, expect, it } from "vitest";
import { verdictOf } from "./verdict";

describe("a verdict", () => {
  it("is given of what runs, leads elsewhere, holds macros, passes for a page or is a disk", () => {
    const kinds = ["setup.exe", "Setup.EXE", "run.js", "a.ps1", "old.scr", "start.desktop", "here.lnk", "plan.docm", "form.html", "logo.svg", "tools.iso"].map(
      (name) => verdictOf(name)?.kind,
    );
    expect(kinds).toEqual(["program", "program", "program", "program", "program", "shortcut", "shortcut", "macros", "page", "page", "disk"]);
    expect(verdictOf("Setup.EXE")).toEqual({ kind: "program", ending: "exe" });
  });

  it("is not given of documents, pictures, films, archives, unknown endings and none", () => {
    for (const name of ["survey.pdf", "IMG_0001.JPG", "film.mkv", "backup.tar.gz", "data.parquet", "README", ".gitignore", "a.", "", "v1.2.3", "пакет.данные"]) {
      expect(verdictOf(name), name).toBeNull();
    }
  });

  it("says what a file is that is named like a document", () => {
    expect(verdictOf("invoice.pdf.exe")).toEqual({ kind: "double", ending: "exe", like: "pdf" });
    expect(verdictOf("invoice.pdf              .exe"), "pushed out of view").toEqual({ kind: "double", ending: "exe", like: "pdf" });
    expect(verdictOf("photo.jpg.html")).toEqual({ kind: "double", ending: "html", like: "jpg" });
    expect(verdictOf("invoice.рdf.exe"), "with a Cyrillic р").toEqual({ kind: "double", ending: "exe", like: "pdf" });
    expect(verdictOf("library.min.js"), "no document before it").toEqual({ kind: "program", ending: "js" });
    expect(verdictOf("run.exe.js"), "nor one that hides it").toEqual({ kind: "program", ending: "js" });
  });

  it("is not escaped by what Windows drops at the end of a name", () => {
    for (const name of ["setup.exe.", "setup.exe ", "setup.exe . .", "setup.exe\u00a0"]) expect(verdictOf(name)?.kind, name).toBe("program");
  });

  it("is given of an ending in letters that only look like another's", () => {
    expect(verdictOf("invoice.рdf"), "Cyrillic р").toEqual({ kind: "look-alike", like: "pdf" });
    expect(verdictOf("setup.ехе"), "Cyrillic е and х").toEqual({ kind: "look-alike", like: "exe" });
    expect(verdictOf("setup.ｅｘｅ"), "wide letters").toEqual({ kind: "look-alike", like: "exe" });
    expect(verdictOf("plan.d0c"), "a nought").toEqual({ kind: "look-alike", like: "doc" });
    expect(verdictOf("plan.pdf\u200b"), "and something unseen").toEqual({ kind: "look-alike", like: "pdf" });
  });
});
