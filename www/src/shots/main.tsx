/** Shows one state of the page, `?state=NAME`, from a made-up list of events. Never part of the page itself. */
import { render } from "preact";
import "qr"; // At hand, so that a picture with a code need not wait for it.
import { reduce } from "../reduce";
import { fileKey, initial } from "../state";
import { App } from "../view/App";
import { outliveTranslators } from "../view/translated";
import { longScripts, scripts } from "./scripts";

const name = new URLSearchParams(location.search).get("state") ?? "";
const script = scripts[name] ?? longScripts[name]?.();
outliveTranslators();
const root = document.getElementById("app");
if (root === null) throw new Error("shots.html has a place for the page");

if (script === undefined) {
  render(
    <ul>
      {Object.keys(scripts).map((each) => (
        <li key={each}>
          <a href={`?state=${each}`}>{each}</a>
        </li>
      ))}
    </ul>,
    root,
  );
} else {
  const here = { address: "https://linkspan.example/", loopback: false, byLink: false, wasInside: false, somebodyElse: false, keepsNothing: false, ...script.here };
  const state = reduce(initial(here, script.interrupted), script.events);
  const missing = script.events.some((event) => event.type === "FileChanged" && state.room?.files.has(fileKey(event.file)) === false);
  if (missing) throw new Error(`${name}: an event about a file that is not on the shelf`);
  const draw = (shown = state) => render(<App state={shown} send={() => undefined} />, root);
  draw();
  // Long enough for a knock's buttons to arm.
  setTimeout(() => {
    for (const label of script.press ?? []) {
      const found = [...document.querySelectorAll<HTMLElement>("button, summary")].find((each) => (each.ariaLabel ?? each.textContent).startsWith(label));
      if (found === undefined) throw new Error(`${name}: no button ${label}`);
      found.click();
    }
    document.documentElement.dataset["ready"] = "true";
  }, 700);
}
