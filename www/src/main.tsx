/** The page's wiring: engine → events → state → view, and back by actions. No rule of the protocol is here. */
import { render } from "preact";
import type { Action, Send } from "./action";
import { here, options, signalingBeside, WAS_INSIDE, wasSeen } from "./config";
import * as engine from "./engine";
import { named } from "./filenames";
import { installGestures } from "./gestures";
import { handOver } from "./handover";
import { heardFrom } from "./heard";
import { knockerOf } from "./names";
import { check, overlong } from "./offer";
import { reduce } from "./reduce";
import { becomeSomebodyElse, rememberedName, rememberedOnTheWay, rememberName, rememberOnTheWay, rememberSomebodyElse, somebodyElse } from "./remember";
import { namesHere, onTheWay, toGoOn } from "./select";
import { addressOf, type Command, type Copy, type Event, initial, type LocalEvent, type Problem, type State } from "./state";
import { notifyKnock, showAround } from "./surroundings";
import { App } from "./view/App";
import { outliveTranslators } from "./view/translated";

outliveTranslators();
const root = document.getElementById("app");
if (root === null) throw new Error("index.html has a place for the page");

let taken = initial(here(), rememberedOnTheWay());
/** What was heard and is not in the state yet: it is taken in at once when somebody looks, with every table copied once. */
let heard: (Event | LocalEvent)[] = [];
let drawing = false;
/** Only a part of what the engine tells together is heard: what follows from all of it waits. */
let partly = false;
/** Whether the browser put this tab away before, and that is still to be said. Chromium only, others keep what is open. */
let { wasDiscarded = false } = document as { wasDiscarded?: boolean };
let toldOfPrompt = false;

/** The state, with everything in it that was heard. */
function state(): State {
  const events = heard;
  heard = [];
  if (events.length > 0) taken = reduce(taken, events);
  return taken;
}

function tell(events: readonly (Event | LocalEvent)[]): void {
  for (const event of events) heard.push(event);
  if (drawing) return;
  drawing = true;
  // Many events, one drawing; a hidden tab has no frames, but its title must still say that somebody knocks.
  if (document.hidden) queueMicrotask(draw);
  else requestAnimationFrame(draw);
}

function draw(): void {
  drawing = false;
  goOn();
  const shown = state();
  render(<App state={shown} send={perform} />, root as HTMLElement);
  showAround(shown);
}

/** What a reload interrupted begins anew without being asked for again; what was asked for and is complete is handed over. */
function goOn(): void {
  const { room, place, arrived, early, asking } = state();
  if (arrived.length > 0) give(arrived);
  if (place.at === "door" && asking !== null) perform({ type: "JoinRoom", link: place.link, name: asking });
  if (room === null || room.ended || partly) return;
  if (place.at === "room" && early.length > 0) {
    tell([{ type: "Early", files: [] }]);
    for (const file of named(early, namesHere(room))) command({ type: "Share", room: room.id, files: [file] });
  }
  for (const { file } of toGoOn(state())) command({ type: "Fetch", room: room.id, file });
  rememberOnTheWay(onTheWay(state()));
}

function give(copies: readonly Copy[]): void {
  tell([{ type: "HandedOver", files: copies.map(({ file }) => file) }]);
  const mayBeAsked = copies.map(handOver).includes(true);
  // Once is enough: who has dismissed it knows.
  if (mayBeAsked && !toldOfPrompt) {
    toldOfPrompt = true;
    tell([{ type: "Problem", problem: { kind: "may-be-asked" } }]);
  }
}

const perform: Send = (action: Action) => {
  switch (action.type) {
    case "ChatFirst":
    case "Composed":
    case "Overlong":
    case "Early":
    case "Asking":
    case "Problem":
      tell([action]);
      // What a person does is shown at once, what the network does with the next frame.
      draw();
      break;
    case "Offer":
      void offer(action.files, action.maybeMore === true ? { kind: "one-came" } : null);
      break;
    case "HandOver":
      give([action.copy]);
      break;
    case "StartOver":
      location.replace(taken.here.address);
      break;
    case "BeSomebodyElse":
      becomeSomebodyElse();
      location.reload();
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
  tell([{ type: "Sent", command: what }]);
  // The address of a room that is over leads nowhere.
  if ((what.type === "EndRoom" || what.type === "Leave") && state().place.at === "over") {
    history.replaceState(null, "", taken.here.address);
    rememberOnTheWay(new Map());
  }
}

/** One share for each file, so that each can be withdrawn by itself; `said` if they can be shared. */
async function offer(files: readonly File[], said: Problem | null): Promise<void> {
  const checked = await check(files);
  const { room, early } = state();
  if ("problem" in checked) tell([{ type: "Problem", problem: checked.problem }]);
  else if (room?.ended === true) tell([{ type: "Problem", problem: { kind: "refused", code: "ended" } }]);
  // Where there is a room already, the next drawing shares them.
  else tell([{ type: "Problem", problem: said }, { type: "Early", files: [...early, ...checked.files] }]);
}

/** Text given to the page: at the cursor, if the message is being written, else after what stands there. */
function insert(text: string): void {
  perform({ type: "ChatFirst" });
  const long = overlong(text);
  if (long !== null) {
    perform({ type: "Overlong", file: long });
    return;
  }
  const field = document.querySelector("textarea");
  if (field === null) return;
  if (document.activeElement !== field) field.setSelectionRange(field.value.length, field.value.length);
  field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
  perform({ type: "Composed", text: field.value });
  field.focus();
}

function hear(events: readonly Event[], more: boolean): void {
  partly = more;
  tell(events);
  for (const event of events) heed(event);
}

/** What an event means beside the state. */
function heed(event: Event): void {
  switch (event.type) {
    case "RoomReady": {
      const tab = somebodyElse();
      // The address bar holds the link, so that a reload comes back and the person can copy it from there: as it was
      // made, whatever it looked like when it arrived.
      history.replaceState(WAS_INSIDE, "", addressOf(taken.here, event.link));
      if (tab !== null) rememberSomebodyElse(tab);
      if (wasDiscarded && (event.host || event.member)) tell([{ type: "Problem", problem: { kind: "discarded" } }]);
      wasDiscarded = false;
      break;
    }
    case "Presence":
      if (event.state.type === "ServerUnreachable") void listen();
      break;
    case "Knocked": {
      const { room } = state();
      if (room !== null) notifyKnock(knockerOf(room, event));
      break;
    }
    case "Misbehaved":
    case "Crashed":
    case "CommandRejected":
    case "CommandFailed":
      console.warn(event);
      break;
    default:
  }
}

/** What keeps the socket from opening is not told by it; a plain request to the same place may know. */
async function listen(): Promise<void> {
  const address = signalingBeside();
  if (address !== null) tell([{ type: "Heard", heard: await heardFrom(address) }]);
}

function start(): void {
  const missing = engine.missingFeatures();
  const seen = wasSeen();
  // Nor should it be seen over somebody's shoulder, or found in what the browser remembers.
  if (seen) history.replaceState(null, "", taken.here.address);
  if (seen) tell([{ type: "Blocked", place: { at: "seen" } }]);
  else if (missing.includes("secure context")) tell([{ type: "Blocked", place: { at: "insecure" } }]);
  else if (missing.includes("WebRTC")) tell([{ type: "Blocked", place: { at: "webrtc-off" } }]);
  else if (missing.length > 0) tell([{ type: "Blocked", place: { at: "unsupported", missing } }]);
  else {
    engine.onEvents(hear);
    void engine.start(options(rememberedName()));
  }
  draw();
}

installGestures((event) => {
  if (event.type === "Dragging") tell([event]);
  else if (event.type !== "Insert") perform(event);
  else if (state().place.at === "room") insert(event.text);
  else if (state().place.at === "starting") {
    // The field is not there yet.
    const long = overlong(event.text);
    perform({ type: "ChatFirst" });
    perform(long === null ? { type: "Composed", text: state().composed + event.text } : { type: "Overlong", file: long });
  }
});
addEventListener("hashchange", () => {
  // Another link was pasted into the address bar: that room, from the beginning.
  if (location.hash.slice(1) !== state().room?.link) location.reload();
});
document.addEventListener("visibilitychange", () => {
  tell([{ type: "Looking", away: document.hidden }]);
  draw();
});
start();
