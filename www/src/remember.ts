/** What the page remembers between visits: the person's name. Storage may throw in private windows; then nothing is. */

const NAME = "linkspan name";

export function rememberedName(): string {
  try {
    return localStorage.getItem(NAME) ?? "";
  } catch {
    return "";
  }
}

export function rememberName(name: string): void {
  try {
    localStorage.setItem(NAME, name);
  } catch {
    // A private window: the name is asked again next time, which is what the person wants there.
  }
}
