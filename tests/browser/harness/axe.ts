/** What a machine can find of what keeps people out: WCAG A and AA, and the best practices that axe knows. */
import { expect, type Page } from "@playwright/test";
import axe from "axe-core";

/** Fails if axe has anything to report on what the page shows now. */
export async function accessible(page: Page, state: string): Promise<void> {
  // Everything has faded in, or its contrast would be measured half way. What repeats for ever never finishes.
  await page.evaluate(async () => {
    const finite = document.getAnimations().filter((one) => one.effect?.getComputedTiming().endTime !== Infinity);
    await Promise.allSettled(finite.map((one) => one.finished));
  });
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => window.axe.run());
  const found = violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${help}\n  ${html}\n  ${failureSummary ?? ""}`),
  );
  expect(found, state).toEqual([]);
}

declare global {
  interface Window {
    axe: typeof axe;
  }
}
