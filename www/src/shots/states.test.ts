/** A state that is not on the list gets no picture, and nobody checks it for people who hear the page. */
import { expect, it } from "vitest";
import { scripts } from "./scripts";
import states from "./states.json";

it("every state that is made up is on the list that pictures and accessibility checks go by", () => {
  expect(states).toEqual(Object.keys(scripts));
});
