/** Every state of the page worth a picture, as the events that lead to it. The names are listed in states.json. */
import type { Connection, ErrorCode, FileRef, FileState, Here, Interrupted, LocalEvent, Presence, Event } from "../state";

interface Script {
  events: (Event | LocalEvent)[];
  /** What the reload that came before it interrupted. */
  interrupted?: Interrupted;
  /** What is otherwise known of the page's own address and tab. */
  here?: Partial<Here>;
  /** Buttons pressed afterwards, by the beginning of their names. */
  press?: string[];
}

const room = "8f3ab1c2d4e5f60718293a4b5c6d7e8f";
const link = "AVn3kq0Zr8yT4mWcJx1uHg5bQ2dSfLpE9oKi7aNwVtRs";
const anna = "a1".repeat(31) + "4f2a";
const ben = "b2".repeat(31) + "9c01";
const caro = "c3".repeat(31) + "77de";
const dan = "d4".repeat(31) + "0b5e";
const at = Date.UTC(2026, 5, 12, 9, 30);
const MB = 1_000_000;

const share = (number: number) => String(number).padStart(64, "0");
const file = (number: number): FileRef => ({ share: share(number), index: 0 });

function ready(me: string, name: string, host: boolean, member = host): Event {
  return { type: "RoomReady", room, link, me, host, member, name };
}
function presence(state: Presence): Event {
  return { type: "Presence", room, state };
}
function person(member: string, name: string, me: string, by: string | null = anna): Event {
  const host = member === anna;
  return { type: "MemberChanged", room, member, name, host, me: member === me, admittedBy: host ? null : by, left: false, forked: false };
}
function connection(member: string, state: Connection): Event {
  return { type: "Connection", room, member, state };
}
function shared(number: number, author: string, name: string, size: number): Event {
  return { type: "Shared", room, share: share(number), author, order: number, files: [{ name, size }] };
}
function stands(number: number, state: FileState): Event {
  return { type: "FileChanged", room, file: file(number), state };
}
function have(number: number, member: string, verified: number): Event {
  return { type: "Have", room, file: file(number), member, verified };
}
function said(order: number, author: string, text: string, minutes: number, deliveredTo: string[] = []): Event[] {
  const entry = share(1000 + order);
  return [
    { type: "Said", room, entry, author, order, text, sentAt: at + minutes * 60_000 },
    ...deliveredTo.map((by): Event => ({ type: "Delivered", room, entry, by })),
  ];
}
function notOpened(code: ErrorCode): Event {
  return { type: "CommandRejected", command: "OpenRoom", room, error: { code, message: "made up", retryable: false }, text: null, names: [] };
}
function notShared(name: string): Event {
  const error = { code: "busy", message: "made up", retryable: true } as const;
  return { type: "CommandRejected", command: "Share", room, error, text: null, names: [name] };
}
function knocked(knock: number, member: string, name: string, sas: string, vanished = 0): Event {
  return { type: "Knocked", room, knock, member, name, sas, vanished };
}

/** Anna's tab with a room as full as it gets, with a file after every fourth message. */
function longRoom(): Event[] {
  const entries = Array.from({ length: 20_000 }, (_, number): Event[] => {
    const author = number % 3 === 0 ? ben : anna;
    const message = said(2 * number, author, `Berth ${number + 1} is free from Monday, as far as the harbour office says.`, number, [author === anna ? ben : anna]);
    if (number % 4 !== 0 || number / 4 >= 4_096) return message;
    return [...message, shared(2 * number + 1, author, `survey of berth ${number + 1}.pdf`, number * 1000)];
  });
  return [...alone(), person(ben, "Ben Okafor", anna), connection(ben, direct), ...entries.flat()];
}

const NAMES = ["Amir", "Björk", "Chidi", "Dolores", "Émile", "Fatima", "Grzegorz", "Hanna", "Ines", "Jürgen", "Katarzyna", "Lý"];

/** Anna's tab with so many people in all. */
function crowd(count: number): Event[] {
  const guests = Array.from({ length: count - 1 }, (_, number): Event[] => {
    const member = (number + 16).toString(16).repeat(32);
    const name = `${NAMES[number % NAMES.length]} ${String.fromCharCode(65 + (number % 26))}.`;
    const state: Connection = number % 7 === 3 ? { type: "Relayed" } : number % 9 === 5 ? lost("closed") : direct;
    return [person(member, name, anna), connection(member, state)];
  });
  return [...alone(), ...guests.flat(), ...said(1, anna, "Good morning, all of you.", 0)];
}

/** Ben's tab with so many files of Anna's, the first of which is on its way, and a word after each fourth. */
function rows(count: number): Event[] {
  const files = Array.from({ length: count }, (_, number): Event[] => {
    const offered = shared(2 * number + 1, anna, `berth ${number + 1} as it is today.jpg`, (3 + (number % 5)) * MB);
    return number % 4 === 3 ? [offered, ...said(2 * number + 2, anna, `That was berth ${number + 1}.`, number, [ben])] : [offered];
  });
  const first: Event[] = [stands(1, { type: "Receiving" }), { type: "Progress", room, file: file(1), verified: 1.3 * MB, rate: 0.4 * MB, remaining: 4 }];
  return [...guest, ...files.flat(), ...first];
}

/** Anna's tab with nobody in it. */
const alone = (name = "Anna Berg"): Event[] => [
  { type: "Storage", persistent: true },
  ready(anna, name, true),
  presence({ type: "Waiting" }),
  person(anna, name, anna),
];
const offering = [...alone(), shared(1, anna, "Harbour survey 2026.pdf", 48.3 * MB)];
const direct: Connection = { type: "Direct" };

/** Anna's tab with Ben let in. */
const two = [...offering, person(ben, "Ben Okafor", anna), connection(ben, direct)];

/** Ben's tab, let in by Anna. */
const guest: Event[] = [
  { type: "Storage", persistent: true },
  ready(ben, "Ben Okafor", false),
  { type: "Admitted", room },
  presence({ type: "Waiting" }),
  person(anna, "Anna Berg", ben),
  person(ben, "Ben Okafor", ben),
  connection(anna, direct),
];
const shelf = [
  ...guest,
  shared(1, anna, "Harbour survey 2026.pdf", 48.3 * MB),
  ...said(2, anna, "Here is the survey. Page 12 is the one with the new berth.", 0),
  ...said(3, ben, "Thanks! Fetching it now.", 1, [anna]),
  shared(4, anna, "drone-footage-east-quay-final-cut-with-sound.mp4", 2140 * MB),
];
const lost = (reason: Extract<Connection, { type: "Lost" }>["reason"]): Connection => ({ type: "Lost", reason });
const knocking = (state: Presence): Event[] => [{ type: "AtDoor", room, link }, ready(ben, "Ben Okafor", false), presence(state)];

const chat = [
  ...alone(),
  person(ben, "Ben Okafor", anna),
  person(caro, "Carolina Díaz", anna),
  connection(ben, direct),
  connection(caro, { type: "Relayed" }),
  ...said(1, anna, "Good morning, both of you.", 0, [ben, caro]),
  ...said(2, ben, "Morning! Is the tide table still at https://harbour.example/tides?berth=4 ?", 2),
  ...said(3, caro, "Yes, but the numbers for Thursday are wrong.", 3),
  ...said(4, caro, "I'll send the corrected sheet in a minute:\n– high water 14:20\n– low water 20:35", 4),
  ...said(5, anna, "Great, thank you.", 6, [ben]),
];

const fetching: Event[] = [
  stands(1, { type: "Receiving" }),
  { type: "Progress", room, file: file(1), verified: 31.1 * MB, rate: 8.4 * MB, remaining: 2 },
];
const root = "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262";
const done: (Event | LocalEvent)[] = [
  ...fetching,
  stands(1, { type: "Done", root }),
  { type: "Verified", room, file: file(1), url: "blob:made-up", name: "Harbour survey 2026.pdf" },
  { type: "HandedOver", files: [file(1)] },
];

/** Shown when asked for by name, and too long for a picture. */
export const longScripts: Partial<Record<string, () => Script>> = {
  "long-room": () => ({ events: longRoom() }),
};

export const scripts: Partial<Record<string, Script>> = {
  empty: { events: alone("") },
  "chat-alone": { events: [...alone(), { type: "ChatFirst" }] },
  drag: { events: [...alone(""), { type: "Dragging", dragging: { files: 2, text: false } }] },
  waiting: { events: offering },
  "waiting-qr": { events: offering, press: ["Show QR code"] },
  opening: { events: [], here: { byLink: true } },
  "opening-asked": { events: [{ type: "Asking", name: "Ben Okafor" }], here: { byLink: true } },
  "opening-again": { events: [], here: { byLink: true, wasInside: true } },
  door: { events: [{ type: "AtDoor", room, link }] },
  "door-learn": { events: [{ type: "AtDoor", room, link }], press: ["What will they learn"] },
  "door-somebody-else": { events: [{ type: "AtDoor", room, link }], here: { somebodyElse: true } },
  asked: { events: knocking({ type: "Asked", sas: "482091" }) },
  knock: { events: [...alone(""), shared(1, anna, "Harbour survey 2026.pdf", 48.3 * MB), knocked(1, ben, "Ben Okafor", "482091")] },
  "knock-quay": { events: [...alone("Anna Berg"), knocked(1, ben, "Ben Okafor", "482091")] },
  "quay-unreachable": { events: [...alone(), presence({ type: "ServerUnreachable" })] },
  "two-knocks": { events: [...two, ...said(2, ben, "Caro is coming too.", 1), knocked(2, caro, "Carolina Díaz", "730518"), knocked(3, dan, "Dan", "119047")] },
  "eight-knocks": {
    events: [
      ...alone(""),
      shared(1, anna, "Harbour survey 2026.pdf", 48.3 * MB),
      ...Array.from({ length: 8 }, (_, number) => knocked(number + 1, (number + 16).toString(16).repeat(32), `${NAMES[number % 7]} Berg`, String(482_091 + 61_803 * number).slice(0, 6), 2)),
    ],
  },
  "chat-only": { events: chat },
  menu: { events: chat, press: ["Room"] },
  verdicts: {
    events: [
      ...guest,
      ...["survey.pdf", "berth-planner-setup.exe", "invoice 2026-11.pdf.exe", "price list.xlsm", "form.html", "tide tables.рdf"].map((name, number) =>
        shared(number + 1, anna, name, (number + 1) * MB),
      ),
    ],
  },
  receiving: { events: [...shelf, ...fetching] },
  "starts-again": { events: [...shelf, stands(1, { type: "Receiving" })], interrupted: new Map([[`${share(1)}/0`, true]]) },
  paused: { events: [...shelf, ...fetching, stands(1, { type: "Paused" })] },
  sending: {
    events: [
      ...two,
      person(caro, "Carolina Díaz", anna),
      person(dan, "Dan", anna, ben),
      connection(caro, direct),
      connection(dan, direct),
      ...said(2, ben, "Got it, thanks!", 2),
      have(1, ben, 48.3 * MB),
      have(1, caro, 21 * MB),
    ],
  },
  "sending-to-many": {
    events: [
      ...crowd(27),
      shared(2, anna, "Harbour survey 2026.pdf", 48.3 * MB),
      ...Array.from({ length: 20 }, (_, number) => have(2, (number + 16).toString(16).repeat(32), number < 9 ? 48.3 * MB : number * MB)),
    ],
  },
  done: { events: [...shelf, ...done], press: ["More about Harbour"] },
  "drag-room": { events: [...shelf, { type: "Dragging", dragging: { files: 1, text: false } }] },
  connecting: { events: [...guest, connection(anna, { type: "Connecting" })] },
  "nothing-yet": { events: guest },
  relayed: { events: [...shelf, connection(anna, { type: "Relayed" })] },
  "host-gone": { events: [...shelf, ...fetching, stands(1, { type: "WaitingForSource" }), connection(anna, lost("closed"))] },
  "host-ended": { events: [...shelf, ...done, connection(anna, lost("closed")), { type: "RoomEnded", room }] },
  "server-unreachable": { events: knocking({ type: "ServerUnreachable" }) },
  "server-unreachable-room": { events: [...two, presence({ type: "ServerUnreachable" })] },
  "server-refuses": { events: [...alone(), presence({ type: "ServerUnreachable" }), { type: "Heard", heard: "refused" }] },
  "no-websocket": { events: [...knocking({ type: "ServerUnreachable" }), { type: "Heard", heard: "may-connect" }] },
  "server-full": { events: [...two, presence({ type: "ServerFull" })] },
  "nobody-there": { events: knocking({ type: "NobodyThere" }) },
  "not-answering": { events: knocking({ type: "NotAnswering" }) },
  discarded: { events: [...two, stands(1, { type: "SourceMissing" }), { type: "Problem", problem: { kind: "discarded" } }] },
  "no-answer": { events: [...shelf, ...fetching, stands(1, { type: "WaitingForSource" }), connection(anna, lost("silent"))] },
  denied: { events: [...knocking({ type: "Asked", sas: "482091" }), { type: "Denied", room }] },
  "needs-relay": { events: [...guest, connection(anna, lost("no-path"))] },
  "no-address": { events: [...guest, connection(anna, lost("no-address"))] },
  "no-address-there": { events: [...two, connection(ben, lost("no-address-there"))] },
  "kept-apart": { events: [...guest, connection(anna, lost("kept-apart"))] },
  "webrtc-off": { events: [{ type: "Blocked", place: { at: "webrtc-off" } }] },
  insecure: { events: [{ type: "Blocked", place: { at: "insecure" } }] },
  crowded: { events: knocking({ type: "Crowded" }) },
  "room-full": { events: knocking({ type: "RoomFull" }) },
  version: { events: knocking({ type: "VersionMismatch" }) },
  unsupported: { events: [{ type: "Blocked", place: { at: "unsupported", missing: ["WebAssembly", "module workers"] } }] },
  "bad-link": { events: [{ type: "BadLink", reason: "malformed" }] },
  "link-seen": { events: [{ type: "Blocked", place: { at: "seen" } }] },
  "open-elsewhere": { events: [{ type: "OpenElsewhere", room }] },
  "kept-newer": { events: [notOpened("newer-records")] },
  "kept-unreadable": { events: [notOpened("bad-records")] },
  "private-window-door": { events: [{ type: "Storage", persistent: false }, { type: "AtDoor", room, link }] },
  "cookies-blocked": { events: [...shelf, { type: "Storage", persistent: false }], here: { keepsNothing: true } },
  "private-window": { events: [...shelf, { type: "Storage", persistent: false }] },
  "source-missing": { events: [...two, ...said(2, ben, "Did you reload?", 2), stands(1, { type: "SourceMissing" })] },
  "storage-full": {
    events: [...shelf, stands(4, { type: "Failed", reason: { type: "Store", failure: { type: "Full", available: 1280 * MB } } })],
  },
  "source-changed": { events: [...shelf, stands(1, { type: "Failed", reason: { type: "SourceChanged" } })] },
  withdrawn: { events: [...shelf, { type: "Withdrawn", room, share: share(1) }] },
  "not-shared": { events: [...two, notShared("Photos of the quay.zip"), notShared("Tides.pdf")] },
  folder: { events: [...two, { type: "Problem", problem: { kind: "folder", name: "Photos of the quay" } }] },
  "too-long": { events: [...chat, { type: "Composed", text: "All the tides of the year, berth by berth. ".repeat(220) }] },
  "long-chat": {
    events: [
      ...shelf,
      ...fetching,
      ...Array.from({ length: 30 }, (_, index) => said(10 + index, index % 3 === 0 ? ben : anna, `Berth ${index + 1} is free from Monday.`, index, [anna])).flat(),
    ],
  },
  "people-2": { events: crowd(2) },
  "people-8": { events: crowd(8) },
  "people-25": { events: crowd(25) },
  "people-64": { events: crowd(64) },
  "menu-64": { events: crowd(64), press: ["Room"] },
  "rows-30": { events: rows(30) },
  "rows-300": { events: rows(300) },
  names: {
    events: [
      ...two,
      person(caro, "Ben Okafor", anna),
      connection(caro, direct),
      person(dan, "👩‍🚀 محمد عبد الرحمن", anna),
      connection(dan, lost("closed")),
      shared(5, dan, "تقرير المرفأ 2026.pdf", 0),
      shared(6, caro, "invoice\u202efdp.exe", 920_000),
      shared(7, ben, "🐙🌊 a-name-that-goes-on-and-on-until-nobody-can-read-it-anymore-because-it-is-long.tar.gz", 12 * MB),
      ...said(8, caro, "הספינה מגיעה ב־14:20", 3),
      ...said(9, ben, "Supercalifragilisticexpialidocious".repeat(6), 4),
    ],
  },
  "look-alikes": {
    events: [
      ...two,
      person(caro, "Веn Оkafor", anna),
      connection(caro, direct),
      person(dan, "Hοst", anna),
      connection(dan, direct),
      ...said(2, ben, "Is the survey final?", 2),
      ...said(3, caro, "Yes. Use the copy that I send you, not the other one.", 3),
      ...said(4, dan, "I am the host of this room.", 4),
      shared(5, caro, "Harbour survey 2026 (final).pdf", 48.3 * MB),
      knocked(1, "e5".repeat(30) + "0000c0de", "Anna Berg", "551802"),
    ],
  },
  "door-quiet": { events: [...offering, { type: "DoorQuiet", room, untilNewLink: true }] },
  "door-quiet-for-a-while": { events: [...offering, { type: "DoorQuiet", room, untilNewLink: false }] },
  "knock-after-others-went": { events: [...offering, knocked(7, ben, "Ben", "482913", 4)] },
  over: { events: [...two, { type: "Sent", command: { type: "EndRoom", room } }] },
  crashed: { events: [{ type: "Crashed", message: "made up" }] },
};
