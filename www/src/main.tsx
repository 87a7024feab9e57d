/** The page's wiring: engine → events → state → view, and back by actions. No rule of the protocol is here. */
import { render } from "preact";
import type { Action, Send } from "./action";
import { here, options } from "./config";
import * as engine from "./engine";
import { installGestures } from "./gestures";
import { check, download } from "./offer";
import { reduce } from "./reduce";
import { rememberedName, rememberedOnTheWay, rememberName, rememberOnTheWay } from "./remember";
import { onTheWay, toGoOn } from "./select";
import { type Command, type Event, fileKey, initial, type LocalEvent } from "./state";
import { notifyKnock, showAround } from "./surroundings";
import { App } from "./view/App";

const root = document.getElementById("app");
if (root === null) throw new Error("index.html has a place for the page");

let state = initial(here(), rememberedOnTheWay());
let drawing = false;

function tell(event: Event | LocalEvent): void {
  state = reduce(state, event);
  if (drawing) return;
  drawing = true;
  // Many events, one drawing; a hidden tab has no frames, but its title must still say that somebody knocks.
  if (document.hidden) queueMicrotask(draw);
  else requestAnimationFrame(draw);
}

function draw(): void {
  drawing = false;
  goOn();
  render(<App state={state} send={perform} />, root as HTMLElement);
  showAround(state);
}

/** What a reload interrupted begins anew without being asked for again. */
function goOn(): void {
  const room = state.room;
  if (room === null || room.ended) return;
  for (const { file } of toGoOn(state)) command({ type: "Fetch", room: room.id, file });
  rememberOnTheWay(onTheWay(state));
}

const perform: Send = (action: Action) => {
  switch (action.type) {
    case "ChatFirst":
    case "Composed":
    case "Problem":
      tell(action);
      // What a person does is shown at once, what the network does with the next frame.
      draw();
      break;
    case "Offer":
      void offer(action.files);
      break;
    case "StartOver":
      location.replace(location.pathname);
      break;
    case "Reload":
      location.reload();
      break;
    case "UseHttps":
      location.protocol = "https:";
      break;
    case "JoinRoom":
    case "CreateRoom":
    case "Rename":
      rememberName(action.name);
      command(action);
      break;
    default:
      command(action);
  }
};

function command(what: Command): void {
  engine.send(what);
  tell({ type: "Sent", command: what });
  // The address of a room that is over leads nowhere.
  if (state.place.at === "over") {
    history.replaceState(null, "", location.pathname);
    rememberOnTheWay(new Map());
  }
}

/** One share for each file, so that each can be withdrawn by itself. */
async function offer(files: readonly File[]): Promise<void> {
  const checked = await check(files);
  const room = state.place.at === "room" ? state.room : null;
  if ("problem" in checked) tell({ type: "Problem", problem: checked.problem });
  else if (room === null || room.ended) tell({ type: "Problem", problem: { kind: "not-yet" } });
  else {
    tell({ type: "Problem", problem: null });
    for (const file of checked.files) command({ type: "Share", room: room.id, files: [file] });
  }
}

function hear(event: Event): void {
  const before = state;
  tell(event);
  switch (event.type) {
    case "RoomReady":
      // The address bar holds the link, so that a reload comes back and the person can copy it from there.
      history.replaceState(null, "", `#${event.link}`);
      break;
    case "Saved":
      // Only what was asked for here; what is found again after a reload waits for *Save again*.
      if (before.room?.files.get(fileKey(event.file))?.wanted === true) download(event.url, event.name);
      break;
    case "Knocked":
      notifyKnock(event.name);
      break;
    case "Misbehaved":
    case "Crashed":
    case "CommandRejected":
    case "CommandFailed":
      console.warn(event);
      break;
    default:
  }
}

function start(): void {
  const missing = engine.missingFeatures();
  if (missing.includes("secure context")) tell({ type: "Blocked", place: { at: "insecure" } });
  else if (missing.includes("WebRTC")) tell({ type: "Blocked", place: { at: "webrtc-off" } });
  else if (missing.length > 0) tell({ type: "Blocked", place: { at: "unsupported", missing } });
  else {
    engine.onEvent(hear);
    void engine.start(options(rememberedName()));
  }
  draw();
}

installGestures((event) => {
  if (event.type === "Dragging") tell(event);
  else if (event.type !== "Insert") perform(event);
  else if (state.place.at === "room") {
    perform({ type: "ChatFirst" });
    perform({ type: "Composed", text: state.composed + event.text });
    document.querySelector("textarea")?.focus();
  }
});
addEventListener("hashchange", () => {
  // Another link was pasted into the address bar: that room, from the beginning.
  if (location.hash.slice(1) !== state.room?.link) location.reload();
});
document.addEventListener("visibilitychange", () => {
  draw();
});
start();
