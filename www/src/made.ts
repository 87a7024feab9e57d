/** Made-up events, of which the page's tests tell their stories. Never part of the page itself. */
import { reduce } from "./reduce";
import { type Event, type FileRef, type FileState, initial, type LocalEvent, type State } from "./state";

export const room = "room";
export const share = "s1";
export const file: FileRef = { share, index: 0 };
export const here = { address: "https://page.example/", loopback: false, byLink: false, wasInside: false, somebodyElse: false, keepsNothing: false };
export const played = (events: (Event | LocalEvent)[], from: State = initial(here)) => reduce(from, events);

export const hosting = { type: "RoomReady", room, link: "L1", me: "anna", host: true, member: true, name: "" } satisfies Event;
export const joining = { type: "RoomReady", room, link: "L1", me: "ben", host: false, member: false, name: "Ben" } satisfies Event;
export const member = (id: string, me: string, left = false): Event => ({
  type: "MemberChanged", room, member: id, name: id, host: id === "anna", me: id === me, admittedBy: null, left, forked: false,
});
export const connection = (id: string, state: Extract<Event, { type: "Connection" }>["state"]): Event => ({ type: "Connection", room, member: id, state });
export const direct = (id: string) => connection(id, { type: "Direct" });
export const shared = (author: string, size = 100): Event => ({ type: "Shared", room, share, author, order: 1, files: [{ name: "a.bin", size }] });
export const stands = (state: FileState): Event => ({ type: "FileChanged", room, file, state });
export const have = (id: string, verified: number): Event => ({ type: "Have", room, file, member: id, verified });
export const said = (entry: string, order: number, author = "anna"): Event => ({ type: "Said", room, entry, author, order, text: entry, sentAt: 0 });

/** Ben's tab in Anna's room, one file of hers on the shelf. */
export const inside = [joining, { type: "Admitted", room } as Event, member("anna", "ben"), member("ben", "ben"), direct("anna"), shared("anna")];
/** Anna's tab, Ben let in, one file of hers on the shelf. */
export const serving = [hosting, member("anna", "anna"), member("ben", "anna"), direct("ben"), shared("anna")];

export const the = (state: State) => {
  const found = state.room?.files.get("s1/0");
  if (found === undefined) throw new Error("the file is on the shelf");
  return found;
};
