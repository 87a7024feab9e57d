/**
 * Every word of the page, in one typed place: a translation is another value of type `Text`.
 *
 * House rules: words a person would use; say what happened, what is safe, and the one thing to do next. The names
 * of controls are relied on by tests and by people who cannot see the page.
 */
import { bytes } from "./format";
import type { ErrorCode, FileFailure, StoreFailure } from "./state";

const plural = (count: number, one: string, many: string) => (count === 1 ? one : many);

export const text = {
  name: "Linkspan",
  you: "You",
  them: "Them",
  host: "Host",
  someone: "Somebody",
  /** In place of a name that nobody may go by; `key` is a piece of the person's. */
  guest: (key: string) => `Guest ${key}`,

  quay: {
    title: "Drop a file for someone",
    lead: "Straight from your browser to theirs. Nothing is uploaded, and you say who comes in.",
    chooseFiles: "Choose files",
    chatFirst: "Chat without a file",
    starting: "Opening the room…",
  },

  drag: {
    files: (count: number) => (count === 0 ? "Drop it here" : `Drop ${count} ${plural(count, "file", "files")} here`),
    text: "Drop the text here",
    then: (who: string | null) => (who === null ? "The link is ready" : `For ${who}, straight from this tab`),
    thenText: "It becomes a message",
    onceIn: "They are shared once you are let in",
  },

  link: {
    title: "Send this link to someone",
    field: "Link to this room",
    copy: "Copy link",
    copied: "Copied",
    selected: "Copying is not allowed here. The link is selected: copy it by hand.",
    send: "Send link…",
    showQr: "Show QR code",
    hideQr: "Hide QR code",
    qr: "QR code of the link",
    noQr: "The code could not be loaded. Copy the link instead, or reload this page to try again.",
    keepOpen: "Keep this page open: files go straight from it. Nobody comes in before you say so.",
    loopback: "This address works only on this computer: open it in a second window to try it. Keep this page open: files go straight from it.",
    renew: "Make a new link",
    renewWhat: "The old link stops working at once.",
    renewed: "There is a new link. The old one no longer works.",
  },

  door: {
    opening: "Opening the link…",
    title: "Someone wants to share with you",
    lead: "Straight from their browser to yours. No account, and nothing downloads before you press Save.",
    nameSeenBy: "Until you are let in, only who answers this link sees your name.",
    learn: "What will they learn?",
    learned: "Your name, at once. When they let you in: your network address, because the browsers connect directly. Everybody in the room sees it, and you see theirs.",
    name: "Your name",
    taken: (name: string) => `“${name}” is a word this page uses itself, so nobody may go by it. Choose another name.`,
    longest: "That is as long as a name can be.",
    ask: "Ask to come in",
    asking: (name: string) => `You ask as ${name} as soon as the link is open.`,
    cancel: "Cancel request",
    again: "Try again",
    reaching: "Reaching the meeting server…",
    calling: "Calling the person behind the link…",
    greeting: "Somebody is there. Checking who it is…",
    asked: "Waiting to be let in",
    askedAs: (name: string) => `Asked as ${name}`,
    compare: "Who sent you the link sees the same six digits. If you like, compare them in a call: the same means that nobody is in between.",
    differ: "They are no password; anybody may hear them. If they differ, cancel.",
    admitted: "You are let in. Connecting…",
    digits: (digits: string) => `Six digits: ${digits}`,
    somebodyElse: "Here you are somebody else than in this browser’s other tabs. Reloading keeps that; once this tab is closed, nobody can come back as this person.",
  },

  knock: {
    title: (name: string) => `${name} wants to come in`,
    /** The title without the name, which stands large before it. */
    wants: "wants to come in",
    /** In one piece: a line must not end within it. */
    key: (suffix: string) => `key\u00a0…\u2060${suffix}`,
    compare: "Anybody with the link can use this name. To be sure, let them read you their digits in a call. Same digits: nobody is in between. Other digits: press Deny. The digits are not a password.",
    compareEach: "Anybody with the link can use these names. To be sure, let each read you their digits in a call. Same digits: nobody is in between. Other digits: press Deny.",
    sees: "Who comes in sees all files and messages so far.",
    letIn: "Let in",
    deny: "Deny",
    yourNameWhy: "so that they know who lets them in",
    /** Each such knock shows its sender another six digits. */
    vanished: (count: number) =>
      count === 1 ? "Somebody asked before and went." : `Somebody asked before and went, ${count} times. Let nobody in whose digits you have not compared.`,
    many: (count: number) => `${count} people want to come in`,
    badge: (count: number, name: string) => (count === 1 ? `${name} wants to come in` : `${count} people want to come in`),
  },

  room: {
    files: "Files",
    chat: "Chat",
    people: "People",
    count: (people: number) => `${people} ${plural(people, "person", "people")} in this room`,
    morePeople: (count: number) => `${count} more ${plural(count, "person", "people")}`,
    message: "Message",
    send: "Send",
    share: "Share…",
    menu: "Room",
    hostMark: "host",
    letInBy: (name: string) => `let in by ${name}`,
    empty: "Say hello, or drop a file.",
    unheard: "Nobody hears you yet. What you write or drop here waits for them.",
    end: "End room",
    endFirst: "End room…",
    endSure: "Everybody is disconnected and the link stops working.",
    endKeep: "Keep it open",
    leave: "Leave room",
    rename: "Change name",
    notify: "Tell me when somebody knocks",
    forked: "wrote two different things in one place: what they write from there on is ignored",
    and: (name: string, more: number) => (more === 0 ? name : `${name} and ${more} more`),
    dismiss: "Dismiss",
    close: "Close",
  },

  status: {
    waiting: "waiting",
    connecting: "connecting",
    direct: "direct",
    relayed: "relayed",
    "not connected": "not connected",
    mixed: (direct: number, relayed: number) => `direct to ${direct}, relayed to ${relayed}`,
    relayedMeans: "through a relay that cannot read it",
  },

  message: {
    delivered: "Delivered",
    deliveredTo: (count: number, of: number) => `Delivered to ${count} of ${of}`,
    waiting: "Not delivered yet",
    tooLong: (length: string, most: string) => `${length} is too long for a message (${most} at most).`,
    asFile: "Share it as text.txt",
    fileName: "text.txt",
    leadsTo: (host: string) => `(leads to ${host})`,
  },

  file: {
    save: "Save",
    saveAgain: "Save again",
    pause: "Pause",
    resume: "Resume",
    cancel: "Cancel",
    stop: "Stop sharing",
    choose: "Choose the same file again",
    more: (name: string) => `More about ${name}`,
    several: (count: number) => `${count} files`,
    progress: (name: string) => `${name}, verified`,
    from: (who: string) => `from ${who}`,
    receiving: (part: string, rate: string, left: string | null) =>
      left === null ? `${part} · ${rate}/s` : `${part} · ${rate}/s · ${left.replace(" ", "\u00a0")}\u00a0left`,
    starting: (part: string) => `${part} · starting`,
    paused: (part: string) => `Paused at ${part}`,
    again: "the reload lost what had arrived, so it starts again",
    needs: (who: string) => `Nobody here has it. It can be saved when ${who} is back`,
    lost: "Nobody here has it, and the room has ended. Ask for it another way",
    waitingFor: (who: string) => `Waiting for ${who} to come back. Goes on by itself`,
    mustChoose: (who: string) => `${who} must choose this file again. Then it goes on by itself`,
    done: "Complete and verified",
    handedOver: "Verified · handed to the browser",
    /** Browsers change some names and say nothing: it is said before. */
    onDisk: (name: string) => `saved as “${name}”`,
    cancelled: "Cancelled",
    withdrawn: (who: string) => `${who} no longer shares this`,
    stopped: "You stopped sharing this",
    missing: "Reloading made the browser forget this file.",
    nobodyHas: "Ready",
    have: (have: number, of: number) => (of === 1 ? "They have it all" : `${have} of ${of} have it`),
    going: (who: string, percent: number) => `${who} has ${percent} %`,
    hash: "BLAKE3, as b3sum prints it",
    copyHash: "Copy hash",
  },

  verdict: {
    program: (ending: string) => `“.${ending}” is a program or script. Open it only if you expected one.`,
    shortcut: (ending: string) => `“.${ending}” is a shortcut to something else. Open it only if you expected one.`,
    macros: (ending: string) => `“.${ending}” can hold macros, which are programs. Allow them only if you expected them.`,
    page: (ending: string) => `“.${ending}” opens in your browser and can look like any page. Type no password into it.`,
    disk: (ending: string) => `“.${ending}” is a disk image, which can hold programs. Open it only if you expected one.`,
    double: (ending: string, like: string) => `It is named like a “.${like}” but is a “.${ending}”. Don’t open it before you have asked who sent it.`,
    lookAlike: (like: string) => `Its ending only looks like “.${like}”. Don’t open it before you have asked who sent it.`,
  },

  failure(reason: FileFailure, mine: boolean, who: string, size: number): string {
    switch (reason.type) {
      case "SourceChanged":
        return mine ? "This is no longer what you shared. Choose the file as it was, or stop sharing it and share the new one." : `The file changed at ${who}’s side. Ask them to share it again.`;
      // Browsers do not tell which of these it was.
      case "SourceTouched":
      case "SourceGone":
        return mine
          ? "The file can’t be read as you shared it: it was touched, moved or deleted, or lies in a cloud. Choose the same file again: if its content is the same, it goes on."
          : `${who} can’t read the file just now. What arrived is kept; it goes on when they choose the file again.`;
      case "Contradiction":
        return "What arrived is not what was announced, so it was thrown away. Ask for the file another way.";
      case "Store":
        return store(reason.failure, size);
    }
  },

  trouble: {
    serverUnreachable: "The meeting server can’t be reached. Who is here stays connected; nobody new can come in. It is tried again by itself.",
    serverUnreachableAlone: "The meeting server can’t be reached. Check your internet connection; it is tried again by itself.",
    serverRefuses: "The meeting server is there, but it refuses this address, so nobody can meet here. Tell who runs this page: the server’s log says what to change.",
    noWebSocket: "The meeting server is there, but something before it lets no WebSocket through, so nobody can meet here. Try another network. If that does not help, tell who runs this page.",
    serverFull: "The meeting server is full; nobody new can come in. Who is here stays connected. It is tried again by itself.",
    nobodyThere: "Nobody has answered yet. The room is open only while the sender’s tab is. If they made a new link, ask for that one. It is tried again by itself.",
    notAnswering:
      "Somebody’s page is there but does not answer. It may be the sender’s, in a tab that was put to sleep: ask them to look at it. It is tried again by itself.",
    noAnswer: (who: string) => `Nothing has been heard from ${who} for 15 seconds. Nothing is lost; it goes on by itself when they are back.`,
    needsRelay: (who: string) => `Your network and ${who}’s don’t let the two browsers reach each other; they need a relay. Try the same Wi-Fi or a phone’s hotspot.`,
    noAddress: (who: string) =>
      `This browser lets the page connect from nowhere, so it can’t reach ${who}. A setting (“WebRTC IP handling”; in Firefox “media.peerconnection.ice”) or an add-on against WebRTC does that. Allow it for this page, or open the link in another browser.`,
    noAddressThere: (who: string) =>
      `${who}’s browser can’t be connected to: a setting or an add-on there hides where it is. Their page says what to change.`,
    keptApart: (who: string) =>
      `You and ${who} seem to be in the same network, and it keeps its devices apart, as many guest and office networks do. Try another one: a phone’s hotspot, for instance.`,
    brokeRules: (who: string) => `The connection to ${who} was closed because their page sent something that is not allowed. Nothing of it was kept.`,
    gone: (who: string) => `${who} has closed the page. The link still works for them.`,
    hostGone: (who: string) => `${who} has closed the page. What is finished stays here; the rest goes on when they are back.`,
    hostGoneNeeded: (who: string, file: string, more: number) =>
      more === 0 ? `“${file}” needs ${who} to come back.` : `“${file}” and ${more} more need ${who} to come back.`,
    hostEnded: (who: string | null, toSave: boolean) =>
      `${who ?? "The host"} ended the room.${toSave ? " Save what is finished before you close this tab." : ""}`,
    denied: "They did not let you in. If that was a mistake, tell them and ask again.",
    roomFull: "All places in this room are taken; who has left counts too. Ask for a link to a new room.",
    crowded: "Many people are at the door just now. You need do nothing: it is asked again by itself.",
    version: "The other side uses another version of Linkspan. Reload both pages.",
    doorQuietForAWhile:
      "Somebody knocked and went, again and again, so the door hears nobody for ten minutes. Who is in stays in. A new link opens a new door at once.",
    doorQuiet: "Too many strangers knocked, so the door is closed now. Who is in stays in. A new link opens a new door.",
    reload: "Reload",
    startRoom: "Start a new room",
  },

  stop: {
    insecure: {
      title: "This address can’t keep anything private",
      body: "Browsers allow direct, encrypted sharing only on https pages. Open this page by its https address, or ask who runs it to turn on TLS.",
      button: "Open with https",
    },
    webrtcOff: {
      title: "WebRTC is switched off in this browser",
      body: "It is the part that connects two browsers directly. Turn it on in the settings or in the add-on that blocks it, then reload.",
      button: "Reload",
    },
    unsupported: {
      title: "This browser can’t do it",
      body: "It lacks what direct sharing needs. A current Chrome, Edge or Firefox has it all.",
      missing: "Missing here",
    },
    badLink: {
      title: "This link is not complete",
      body: "Perhaps it was cut when it was copied, or its large letters became small ones. Ask for it once more, or start a room of your own.",
      newer: "This link was made by a newer Linkspan. Reload the page, or start a room of your own.",
      button: "Start a new room",
    },
    /** The `#` of the link became a part of what servers are sent. */
    seen: {
      title: "This link was changed on its way",
      body: "Servers between you and the sender have seen its secret, so it is not used. Ask for a new link, by another way than this one came.",
      button: "Start a new room",
    },
    elsewhere: {
      title: "This room is open in another tab",
      body: "Go on there. When that tab is closed, the room opens here by itself.",
      somebodyElse: "Come in as somebody else",
      somebodyElseWhy: "To try it alone: you are a second person here then, and only until this tab is closed.",
    },
    kept: {
      newer: {
        title: "This page is too old for this room",
        body: "This room was kept by a newer version of this page. Nothing was deleted. Reload the page to get that version.",
        button: "Reload",
      },
      unreadable: {
        title: "This room can’t be opened",
        body: "What this browser kept of this room can’t be read. Nothing was deleted. Reload to try again. If that does not help, open the link in another browser.",
        button: "Reload",
      },
    },
    over: {
      title: "The room is closed",
      body: "The connection is cut and this page keeps nothing. What was handed to the browser is in its downloads, finished or under way.",
      button: "Start a new room",
    },
    crashed: {
      title: "Linkspan has stopped",
      body: "Something went wrong inside this page. Reload it. If this browser kept the room, you come back as the same person and it goes on.",
      button: "Reload",
    },
  },

  early: {
    untilOpen: (name: string, more: number) => `${several(name, more)} shared as soon as the room is open.`,
    untilLetIn: (name: string, more: number) => `${several(name, more)} shared once you are let in.`,
    drop: "Don’t share",
  },

  storage: {
    missing: "This window keeps no files (a private window?). You can share and chat; to receive, or to come back after a reload, open the link in an ordinary window.",
    blocked: "Cookies and site data are blocked in this browser’s settings, so it keeps no files. You can share and chat; to receive, or to come back after a reload, allow them for this address.",
  },

  problem: {
    folder: (name: string) => `“${name}” is a folder, and folders can’t be sent yet. Pack it as a ZIP file and drop that.`,
    tooMany: (most: number) => `At most ${most} files at once. Pack them as a ZIP file, or send them in turns.`,
    unreadable: (name: string) => `“${name}” can’t be read. If it is in a cloud, download it to this device first.`,
    oneCame: "1 file came. If you copied more, choose them here.",
    notFound: (name: string) =>
      `“${name}” can’t be read: this browser does not find a file of that name. It may have been started without UTF-8 (LANG=C.UTF-8 sets it). Or give the file a plain name, then choose it again.`,
    noFiles:
      "The browser handed over no file. Names with letters such as ã are lost where it was started without UTF-8 (LANG=C.UTF-8 sets it). Give the file a plain name, then choose it again.",
    mayBeAsked:
      "Several files were handed to the browser. If it asks whether this page may download several, allow it. If one is missing from your downloads then, press Save again.",
    otherFile: (name: string | null) =>
      name === null ? "That is another file: name and size must be the same." : `That is another file. It must be “${name}”, of the same size.`,
    discarded:
      "The browser had put this tab away to save memory. The room goes on. Files that you share must be chosen again; what was half received starts again.",
    notStored: "This browser could not keep this room. All works, but a reload loses it: keep this tab open.",
    notShared: (name: string, more: number, why: string) => `${several(name, more)} not shared. ${why}`,
    refused(code: ErrorCode): string {
      switch (code) {
        case "bad-name":
          return "A name has 1 to 40 characters.";
        case "bad-text":
          return "That message is empty or too long.";
        case "bad-share":
          return "These files can’t be shared: a name is not usable or there are too many.";
        case "already-fetching":
          return "This file is on its way already.";
        case "full":
          return "The room is full: no more people, messages or files fit in.";
        case "busy":
          return "This device is still writing down what came before. Try again in a moment.";
        case "ended":
          return "The room has ended.";
        default:
          return "That was not possible just now. Nothing has changed.";
      }
    },
  },
};

function several(name: string, more: number): string {
  return more === 0 ? `“${name}” is` : `“${name}” and ${more} more are`;
}

function store(failure: StoreFailure, size: number): string {
  switch (failure.type) {
    case "Full":
      return failure.available === null
        ? `There is not enough room here for ${bytes(size)}. Free some space on this device, then save again.`
        : `This browser can hold ${bytes(failure.available)} here, the file is ${bytes(size)}. Free some space, then save again.`;
    case "Denied":
      return "The browser refused to write the file. Allow storage for this page, then save again.";
    case "Missing":
      return "The browser has thrown away its copy. Save again to fetch it once more.";
    case "Changed":
      return "The copy here was changed by something else. Save again to fetch it once more.";
    case "Unavailable":
      return "This window keeps no files. If cookies are blocked, allow cookies for this address and reload. In a private window nothing is kept: open the link in an ordinary window to receive.";
    case "Failed":
      return "The browser could not write the file. Save again to try once more.";
  }
}

/**
 * The page's words that stand for a person or for itself, by language: whoever went by one could put words into the
 * page's mouth. Those of every language count at once, because two people in a room may read the page in two.
 */
export const PERSON_WORDS = {
  en: [
    text.name, text.you, text.them, text.host, text.someone, text.guest(""), text.room.people,
    "They", "Me", "The host", "The sender", "The server", "The page", "Someone", "Anybody", "Everybody", "Everyone", "Nobody",
  ],
} as const satisfies Record<string, readonly string[]>;

/** What a translation must provide. */
export type Text = typeof text;
